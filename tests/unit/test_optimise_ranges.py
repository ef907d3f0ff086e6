"""`ranges` and `alignments`: what they say of a variable is true whenever it is read."""

from __future__ import annotations

import ast
from random import Random

import pytest
from unit.integer_functions import Generator
from unit.translation import DISABLED, instance_of, outcome, python
from wasm2py.runtime import numerics
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import INTEGERS, Emitter
from wasm2py.transpile.emit.values import Value
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr
from wasm2py.transpile.ir.intervals import FULL
from wasm2py.transpile.optimise.passes import PASSES


class UntrueError(BaseException):
    """A variable was not what its marks say."""


def _check(value: int, low: int, high: int, zeros: int) -> int:
    if not low <= value <= high or value & (1 << zeros) - 1:
        raise UntrueError(value, low, high, zeros)
    return value


def _checked_read(emitter: Emitter, expr: Expr, line: int) -> Value:
    low, high = expr.range or FULL[expr.type]  # type: ignore[index]
    marks = [nodes.constant(value, line) for value in (low, high, expr.zeros)]
    read: ast.expr = nodes.Name(emitter.variables[expr.imm.index], line)
    return Value(nodes.call("i32_check_", [read, *marks], line), low, high)


@pytest.fixture
def _checking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(numerics.HELPERS, "i32_check_", _check)
    monkeypatch.setitem(INTEGERS, LOCAL_GET, _checked_read)


@pytest.mark.usefixtures("_checking")
@pytest.mark.parametrize("shard", range(4))
def test_marks_are_true(shard: int) -> None:
    for number in range(shard * 1000, shard * 1000 + 40):
        generator = Generator(Random(number))
        wat = generator.wat()
        instance = instance_of(wat, disabled=("signs", "unwrapped"))  # marks are of numbers at rest
        for _ in range(6):
            outcome(instance, "f", *generator.arguments())


@pytest.mark.parametrize("shard", range(4))
def test_passes_change_nothing(shard: int) -> None:
    for number in range(shard * 1000 + 500, shard * 1000 + 520):
        generator = Generator(Random(number))
        wat = generator.wat()
        arguments = [generator.arguments() for _ in range(4)]
        plain = [outcome(instance_of(wat, disabled=tuple(PASSES)), "f", *args) for args in arguments]
        for disabled in ((), DISABLED[1 + number % len(PASSES)]):
            instance = instance_of(wat, disabled=disabled)
            assert [outcome(instance, "f", *args) for args in arguments] == plain, (number, disabled)


def loop(test: str, step: str = "(i32.add (local.get $i) (i32.const 1))", start: str = "") -> str:
    """The Python of a loop with `$i`'s step at its end."""
    return python(
        f"""(module (memory 1) (func (param $n i32) (result i32) (local $i i32) (local $x i32) {start}
            (block $out (loop $again
                (br_if $out {test})
                (local.set $x (i32.add (local.get $x) (i32.load8_u (local.get $i))))
                (local.set $i {step})
                (br $again)))
            (local.get $x)))""",
        disabled=("bulk",),
    )


@pytest.mark.parametrize(
    ("test", "step"),
    [
        ("(i32.ge_u (local.get $i) (local.get $n))", "i += 1"),
        ("(i32.ge_u (local.get $i) (i32.const 1000))", "i += 1"),
        ("(i32.ge_s (local.get $i) (i32.const 1000))", "i += 1"),
        ("(i32.eq (local.get $i) (i32.const 1000))", "i += 1"),
    ],
)
def test_counting_up_to_a_bound_needs_no_mask(test: str, step: str) -> None:
    assert f"{step}\n" in loop(test)


def test_counting_in_steps_that_may_pass_the_end_needs_a_mask() -> None:
    wat = """(module (func (param $n i32) (result i32) (local $i i32)
        (loop (local.set $i (i32.add (local.get $i) (i32.const 3))) (br_if 0 (i32.ne (local.get $i) (local.get $n))))
        (local.get $i)))"""
    assert "i = (i + 3) % 4294967296" in python(wat)


def test_address_that_was_used_can_grow_a_little() -> None:
    assert "i += 1\n" in loop("(local.get $x)")
    assert "i = (i + 70000) % 4294967296" in loop("(local.get $x)", "(i32.add (local.get $i) (i32.const 70000))")


def test_unsigned_bounds_settle_signed_comparisons() -> None:
    wat = """(module (memory 1) (func (param i32) (result i32)
        (local.set 0 (i32.and (local.get 0) (i32.const 1023)))
        (i32.lt_s (local.get 0) (i32.load8_u (i32.const 0)))))"""
    assert "return p0 & 1023 < mem_u8[0]" in python(wat)


def test_first_turn_of_a_loop_counts_too() -> None:
    # on the way in the variable may be anything; only the way back bounds it
    wat = """(module (func (export "f") (param i32) (result i32)
        (loop (local.set 0 (i32.shr_u (local.get 0) (i32.const 1))) (br_if 0 (i32.gt_u (local.get 0) (i32.const 100))))
        (local.get 0)))"""
    assert outcome(instance_of(wat), "f", 0xFFFFFFFF) == 63


@pytest.mark.parametrize(
    ("test", "step", "masked"),
    [
        ("(i32.lt_u (i32.sub (local.get $i) (i32.const 8)) (i32.const 1016))", "(i32.const -4)", False),
        ("(i32.lt_u (i32.sub (local.get $i) (i32.const 8)) (i32.const 1016))", "(i32.const -9)", True),
        ("(i32.ge_u (i32.sub (local.get $i) (i32.const 1024)) (i32.const -1016))", "(i32.const -4)", False),
        ("(i32.gt_u (i32.sub (local.get $i) (i32.const 100)) (i32.const -90))", "(i32.const -11)", False),
        ("(i32.gt_u (i32.sub (local.get $i) (i32.const 100)) (i32.const -90))", "(i32.const -12)", True),
        ("(i32.le_u (i32.add (local.get $i) (i32.const 5)) (i32.const 9))", "(i32.const -1)", True),
    ],
)
def test_wrapped_subtractions_bound_what_is_subtracted_from(test: str, step: str, masked: bool) -> None:
    text = python(
        f"""(module (memory 1) (func (export "f") (param $i i32) (result i32)
            (if {test} (then (return (i32.add (local.get $i) {step})))) (i32.const 0)))"""
    )
    assert ("% 4294967296" in text.split("return")[1]) == masked


def test_a_test_tells_of_what_was_made_from_the_tested_variable() -> None:
    wat = """(module (memory 1) (func (export "f") (param $n i32) (result i32) (local $i i32) (local $next i32)
        (block $out (loop
            (local.set $next (i32.add (local.get $i) (i32.const 1)))
            (br_if $out (i32.gt_u (local.get $i) (i32.const 98)))
            (local.set $i (local.get $next))
            (br_if 0 (i32.ne (i32.load8_u (local.get $next)) (local.get $n)))))
        (local.get $next)))"""
    assert "next_ = i + 1\n" in python(wat)
    assert outcome(instance_of(wat), "f", 7) == 100


def test_a_later_change_is_not_forgotten() -> None:
    wat = """(module (func (export "f") (param $i i32) (result i32) (local $next i32)
        (local.set $next (i32.add (local.get $i) (i32.const 1)))
        (local.set $i (i32.and (local.get $i) (i32.const 255)))
        (if (result i32) (i32.lt_u (local.get $i) (i32.const 99))
            (then (i32.add (local.get $next) (i32.const -1))) (else (i32.const 3)))))"""
    assert outcome(instance_of(wat), "f", 0x100) == 0x100
    assert outcome(instance_of(wat), "f", 0xFFFFFFFF) == 3
    assert outcome(instance_of(wat), "f", 0xFFFFFF00) == 0xFFFFFF00


#: Fills so many bytes from `$p + first` on, then reads at `$p + (x << 2)`.
FILLS = """(module (memory 1) (func (export "f") (param $p i32) (param $x i32) (result i32) (local $i i32)
    (loop
        (i32.store8 offset={offset} (i32.add (local.get $p) (i32.add (local.get $i) (i32.const {first}))) (i32.const 9))
        (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1024))))
    (i32.load8_u (i32.add (local.get $p) (i32.shl (i32.and (local.get $x) (i32.const 255)) (i32.const 2))))))"""


@pytest.mark.parametrize(
    ("first", "offset", "masked"), [(0, 0, False), (-16, 16, True), (16, 0, True), (-16, 0, True), (-4, 8, True)]
)
def test_a_fill_bounds_its_address(first: int, offset: int, masked: bool) -> None:
    wat = FILLS.format(first=first, offset=offset)
    text = python(wat)
    assert "fill_u8" in text
    assert ("% 4294967296" in text.split("return")[1]) == masked
    for p in (0, 3, 4, 8, 15, 16, 64504, 64512, 64513, 64528, 65535, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF):
        plain = instance_of(wat, disabled=("bulk", "ranges"))
        assert outcome(instance_of(wat), "f", p, 7) == outcome(plain, "f", p, 7)


def test_a_counter_settles_at_what_it_is_compared_with() -> None:
    """Among many other constants that branches compare with."""
    others = "".join(
        f"(if (i32.eq (local.get $x) (i32.const {value})) (then (local.set $x (i32.load (i32.const {4 * value})))))"
        for value in range(9, 60, 3)
    )
    wat = f"""(module (memory 1) (func (export "f") (param $n i32) (result i32) (local $i i32) (local $x i32)
        (block $out (loop
            (local.set $x (i32.load8_u (local.get $x)))
            {others}
            (br_if $out (i32.eq (local.get $i) (i32.const 4095)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.ne (local.get $x) (local.get $n)))))
        (local.get $i)))"""
    assert "i += 1\n" in python(wat)
    for n in (0, 1, 77):
        assert outcome(instance_of(wat), "f", n) == outcome(instance_of(wat, disabled=tuple(PASSES)), "f", n)
