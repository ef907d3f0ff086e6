"""`counting`: loops that are sure to end where they should become `for` loops."""

from __future__ import annotations

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python

SUM = """(memory 1) (data (i32.const 64) "abcdefghijklmnopqrstuvwx")
    (func (export "f") (param $n i32) (result i32) (local $p i32) (local $sum i32)
        (local.set $p (i32.const 64))
        (loop
            (local.set $sum (i32.add (local.get $sum) (i32.load{align} (local.get $p))))
            (local.set $sum (i32.xor (local.get $sum) (i32.load offset=4 (local.get $p))))
            (local.set $p (i32.add (local.get $p) (i32.const {step})))
            (br_if 0 (i32.{test} (local.get $p) (i32.const {end}))))
        (i32.add (local.get $sum) (local.get $p)))"""


def source(step: int = 8, end: int = 88, test: str = "ne") -> str:
    return "(module " + SUM.format(align="", step=step, end=end, test=test) + ")"


def test_a_loop_from_a_constant_to_a_constant_counts() -> None:
    assert "for p in range(64, 88, 8):" in python(source())
    assert "for p in range(64, 88, 6):" in python(source(step=6))


def test_a_loop_that_steps_over_its_end_does_not_count() -> None:
    text = python(source(step=16))
    assert "while True" in text
    assert outcome(instance_of(source(step=16)), "f", 0) == "out of bounds memory access"


@pytest.mark.parametrize("test", ["ne", "lt_u", "lt_s"])
@pytest.mark.parametrize("step", [1, 2, 3, 4, 6, 8, 12, 24])
def test_results_are_the_same(step: int, test: str) -> None:
    wat = source(step=step, test=test)
    plain = instance_of(wat, disabled=("counting", "pointers", "ranges"))
    assert outcome(instance_of(wat), "f", 0) == outcome(plain, "f", 0)


DOWN = """(module (memory 1) (data (i32.const 0) "abcdefgh")
    (func (export "f") (param $n i32) (result i32) (local $i i32) (local $sum i32)
        (local.set $i (i32.add (i32.and (local.get $n) (i32.const 7)) (i32.const 1)))
        (loop
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (i32.load8_u (local.get $i))))
            (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        (local.get $sum)))"""


def test_a_counter_that_goes_down_to_zero_counts() -> None:
    assert ", 0, -1):" in python(DOWN)
    assert outcome(instance_of(DOWN), "f", 3) == outcome(instance_of(DOWN, disabled=("counting",)), "f", 3)


LEFT_EARLY = """(module (memory 1) (data (i32.const 40) "\\01")
    (func (export "f") (param $n i32) (result i32) (local $i i32)
        (block $out (loop
            (br_if $out (i32.load8_u (local.get $i)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.ne (local.get $i) (i32.const 30)))))
        (local.get $i)))"""


def test_a_loop_that_is_left_early_keeps_what_the_counter_was() -> None:
    assert outcome(instance_of(LEFT_EARLY), "f", 0) == 30
    assert outcome(instance_of(LEFT_EARLY.replace("i32.const 30", "i32.const 50")), "f", 0) == 40


UP_TO_ZERO = """(module (func (export "f") (param $n i32) (result i32)
    (local $i i32) (local $zero i32) (local $turns i32)
    (local.set $i (i32.const -12))
    (loop (local.set $turns (i32.add (i32.mul (local.get $turns) (local.get $n)) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br_if 0 (i32.ne (local.get $i) (local.get $zero))))
    (local.get $turns)))"""


def test_a_variable_that_is_zero_as_an_end_stands_for_all_the_way_round() -> None:
    assert outcome(instance_of(UP_TO_ZERO), "f", 5) == (-12 * 25 - 8 * 5 - 4) & 0xFFFFFFFF


TURNS = """(module (memory 1) (func (export "f") (param $n i32) (param $x i32) (result i32) (local $i i32)
    {start} (loop
        (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 3)) {value}))
        (if (i32.eq (local.get $x) (i32.const 3)) (then (return (local.get {left}))))
        (br_if 0 {again}))
    (i32.add (local.get $x) (local.get $i))))"""
TO_ZERO = "(local.tee $i (i32.sub (local.get $i) (i32.const 1)))"
TO_N = "(i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))"


def turns(start: str, again: str, value: str = "(i32.const 7)", left: str = "$x") -> str:
    return TURNS.format(start=f"(local.set $i {start})", again=again, value=value, left=left)


def test_a_counter_that_may_start_at_zero_goes_all_the_way_round() -> None:
    wat = turns("(local.get $n)", TO_ZERO)
    assert "in range(n or 4294967296, 0, -1):" in python(wat)
    plain = instance_of(wat, disabled=("counting",))
    for n in (1, 2, 30):
        assert outcome(instance_of(wat), "f", n, 5) == outcome(plain, "f", n, 5)
    # after 2**32 turns nothing would be left to see: x is 3 in the second
    assert outcome(instance_of(wat), "f", 0, 0x71C71C6F) == outcome(plain, "f", 0, 0x71C71C6F)


def test_a_counter_from_zero_to_what_may_be_zero() -> None:
    start, multiple = "(i32.const 0)", "(local.set $n (i32.and (local.get $n) (i32.const -4)))"
    wat = turns(start, TO_N, "(local.get $i)", "$i").replace("(local.set $i", f"{multiple} (local.set $i", 1)
    assert "in range(0, n or 4294967296, 4):" in python(wat)
    plain = instance_of(wat, disabled=("counting",))
    for n in (4, 5, 64):
        assert outcome(instance_of(wat), "f", n, 5) == outcome(plain, "f", n, 5)
    assert outcome(instance_of(wat), "f", 3, 1) == 0
    assert "range" not in python(turns(start, TO_N))  # $n need not be a multiple of 4


@pytest.mark.parametrize("value", ["(local.get $i)", "(i32.const 7)"])
def test_a_counter_that_is_read_on_its_way_all_round_stays_one(value: str) -> None:
    for left in ("$x", "$i"):
        wat = turns("(local.get $n)", TO_ZERO, value, left)
        assert ("range" in python(wat)) == (value == "(i32.const 7)" and left == "$x")
        plain = instance_of(wat, disabled=("counting",))
        for n in (0, 1, 17):
            x = 0x55555555 if n else 1
            assert n == 0 or outcome(instance_of(wat), "f", n, x) == outcome(plain, "f", n, x)


def test_what_a_loop_starts_from_may_have_left_its_name_to_another() -> None:
    wat = """(module (memory 1) (func (export "f") (param $q i32) (result i32)
        (local $i i32) (local $n i32) (local $u i32) (local $h i32) (local $sum i32)
        (loop (local.set $h (i32.add (local.get $h) (i32.const 2))) (br_if 0 (i32.ne (local.get $h) (i32.const 8))))
        (local.set $n (i32.const 20))
        (local.set $u (local.get $h))
        (local.set $h (i32.const 1))
        (loop
            (if (local.get $q) (then (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $h))))))
            (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
            (local.set $u (i32.add (local.get $u) (i32.const 1)))
            (br_if 0 (i32.ne (local.get $u) (local.get $n))))
        (local.get $sum)))"""
    for dialect in DIALECTS:
        assert outcome(instance_of(wat, dialect), "f", 0) == 12


@pytest.mark.parametrize("start", [0, 0x7FFFFFFFFFFFFFF8, 0xFFFFFFFFFFFFFFF0, 0xFFFFFFFFFFFFFF00])
@pytest.mark.parametrize("end", ["(i64.const {})", "(i64.or (i64.extend_i32_u (local.get $n)) (i64.const {}))"])
def test_words_are_counted_as_they_follow_each_other(start: int, end: str) -> None:
    end = end.format((start + 16) % (1 << 64))
    wat = f"""(module (memory 1) (func (export "f") (param $n i32) (result i32) (local $i i64) (local $sum i32)
        (local.set $i (i64.const {start}))
        (loop
            (local.set $sum (i32.add (local.get $sum) (i32.const 3)))
            (if (i32.gt_u (local.get $sum) (i32.const 200)) (then (return (local.get $sum))))
            (local.set $i (i64.add (local.get $i) (i64.const 1)))
            (br_if 0 (i64.ne (local.get $i) {end})))
        (local.get $sum)))"""
    for n in (0, 5):
        outcomes = [outcome(instance_of(wat, dialect), "f", n) for dialect in DIALECTS]
        assert outcomes[0] == outcomes[1] == outcome(instance_of(wat, disabled=("counting",)), "f", n)
