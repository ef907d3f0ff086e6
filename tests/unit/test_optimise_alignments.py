"""Alignment: globals that stay aligned, and variables that are."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.translation import DISABLED, instance_of, lifted, module_of, outcome, python
from wasm2py.checking import checked_module
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.ir.cfg import Return
from wasm2py.transpile.ir.expr import LOCAL_GET
from wasm2py.transpile.optimise.aligned_globals import aligned_globals
from wasm2py.transpile.optimise.alignments import find_alignments
from wasm2py.transpile.text import assemble
from wasm2py.transpile.validate import validate

EXAMPLES = Path(__file__).parents[2] / "examples"


def globals_of(*fields: str) -> dict[int, int]:
    return aligned_globals(module_of(f"(module {' '.join(fields)})"))


POINTER = "(global $sp (mut i32) (i32.const 65536))"


def test_stack_pointer_of_a_compiler() -> None:
    frame = """(func (local $fp i32)
        (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 48))))
        (if (local.get $fp) (then (global.set $sp (i32.and (local.get $fp) (i32.const -32)))))
        (global.set $sp (i32.add (local.get $fp) (i32.const 48))))"""
    assert globals_of(POINTER, frame) == {0: 4}


@pytest.mark.parametrize(
    "field",
    [
        '(export "sp" (global $sp))',
        "(func (param i32) (global.set $sp (local.get 0)))",
        "(func (global.set $sp (i32.const 65530)))",
        "(func (result i32) (global.set $sp (call 0)) (i32.const 0))",
        "(func (param i32) (local $x i32) (local.set $x (local.get 0)) (global.set $sp (local.get $x)))",
        "(func (param i32) (loop (global.set $sp (local.get 0)) (br_if 0 (i32.const 0))))",
        "(func (param i32) (select (local.get 0) (i32.const 16) (local.get 0)) (global.set $sp))",
        "(func (param i32) (if (result i32) (local.get 0) (then (i32.const 8)) (else (local.get 0))) (global.set $sp))",
    ],
)
def test_globals_that_need_not_stay_aligned(field: str) -> None:
    assert globals_of(POINTER, field) == {}


@pytest.mark.parametrize(
    "value",
    [
        "(i32.and (local.get 0) (i32.const -16))",
        "(i32.add (i32.and (local.get 0) (i32.const -16)) (i32.sub (i32.const 32) (global.get $sp)))",
        "(i32.sub (local.tee 1 (i32.add (global.get $sp) (i32.const 16))) (local.get 1))",
    ],
)
def test_values_that_are_aligned(value: str) -> None:
    assert globals_of(POINTER, f"(func (param i32) (local i32) (global.set $sp {value}))") == {0: 4}


@pytest.mark.parametrize(
    "value",
    [
        "(i32.and (local.get 0) (i32.const -8))",
        "(i32.add (i32.const 16) (i32.load (i32.const 0)))",
        "(i32.add (call 0 (i32.const 16)) (i32.const 16))",
        "(i32.add (block (result i32) (i32.const 16)) (i32.const 16))",
        "(i32.add (i32.const 16) (i32.mul (i32.const 16) (i32.const 16)))",
    ],
)
def test_values_that_may_not_be_aligned(value: str) -> None:
    function = f"(func (param i32) (result i32) (global.set $sp {value}) (local.get 0))"
    assert globals_of("(memory 1)", POINTER, function) == {}


def test_validation_finds_the_same_on_the_way() -> None:
    for path in sorted(EXAMPLES.rglob("*.wasm")):
        data = path.read_bytes()
        assert checked_module(data).aligned_globals == aligned_globals(decode_module(data))


def test_an_index_may_take_more_bytes_than_it_needs() -> None:
    short = b"\x24\x00\x01\x01"  # global.set 0, nop, nop
    data = assemble(f"(module {POINTER} (func (param i32) (global.set $sp (local.get 0)) nop nop))")
    assert data.count(short) == 1
    for long in (b"\x24\x80\x00\x01", b"\x24\x80\x80\x00"):
        module = decode_module(data.replace(short, long))
        validate(module)
        assert aligned_globals(module) == {}


def test_one_global_that_fails_takes_those_along_that_are_set_from_it() -> None:
    fields = (
        "(global $a (mut i32) (i32.const 16)) (global $b (mut i32) (i32.const 16)) (global $c (mut i32) (i32.const 8))",
        "(func $from_b (global.set $c (global.get $b)))",
        "(func $from_a (global.set $b (global.get $a)))",
        "(func $any (param i32) (global.set $a (local.get 0)))",
    )
    assert globals_of(*fields[:3]) == {0: 4, 1: 4, 2: 3}
    assert globals_of(*fields) == {}


def test_long_chain_of_copies_is_given_up() -> None:
    locals_ = " ".join("i32" for _ in range(50))
    copies = " ".join(f"(local.set {i} (local.get {i + 1}))" for i in range(49))
    assert globals_of(POINTER, f"(func (local {locals_}) {copies} (global.set $sp (local.get 0)))") == {0: 4}
    copies = " ".join(f"(local.set {i} (local.get {i + 1}))" for i in range(1, 50))
    body = f"(func (param i32) (local {locals_}) {copies} (local.set 50 (local.get 0)) (global.set $sp (local.get 1)))"
    assert globals_of(POINTER, body) == {}


def zeros_of_result(wat: str) -> int:
    """What is known of the variable that a function returns."""
    function = lifted(wat)
    find_alignments(function)
    ends = [block.end for block in function.reverse_postorder() if isinstance(block.end, Return)]
    (value,) = ends[-1].exprs
    assert value.op is LOCAL_GET
    return value.zeros


@pytest.mark.parametrize(
    ("value", "zeros"),
    [
        ("(i32.shl (local.get 0) (i32.const 2))", 2),
        ("(i32.and (local.get 0) (i32.const -4))", 2),
        ("(i32.mul (local.get 0) (i32.const 12))", 2),
        ("(i32.add (i32.shl (local.get 0) (i32.const 3)) (i32.const 4))", 2),
        ("(i32.shl (local.get 0) (i32.const 33))", 1),
        ("(i32.add (i32.shl (local.get 0) (i32.const 3)) (i32.const 2))", 1),
        ("(i32.or (i32.const 4) (local.get 0))", 0),
        ("(i32.shr_u (i32.shl (local.get 0) (i32.const 3)) (i32.const 2))", 0),
        ("(select (i32.const 8) (i32.const 20) (local.get 0))", 2),
    ],
)
def test_values(value: str, zeros: int) -> None:
    body = f"(local.set $x {value}) (loop (br_if 0 (local.get 0))) (local.get $x)"
    assert zeros_of_result(f"(module (func (param i32) (result i32) (local $x i32) {body}))") == zeros


@pytest.mark.parametrize(("step", "zeros"), [(4, 2), (3, 0), (6, 1)])
def test_variables_in_a_loop(step: int, zeros: int) -> None:
    wat = f"""(module (func (param $n i32) (result i32) (local $p i32)
        (loop $again
          (local.set $p (i32.add (local.get $p) (i32.const {step})))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $p)))"""
    assert zeros_of_result(wat) == zeros


def test_any_address_will_do() -> None:
    wat = """(module (memory 1) (data (i32.const 0) "\\00\\01\\02\\03\\04\\05\\06\\07\\08\\09\\0a\\0b\\0c")
        (func (export "f") (param $p i32) (result i32)
          (i32.store offset=20 align=1 (local.get $p) (i32.load offset=1 (local.get $p)))
          (i32.add (i32.load offset=20 (local.get $p)) (i32.load16_u align=1 (local.get $p)))))"""
    text = python(wat)
    assert "mem_u32_at_20[p] = mem_u32_at_1[p]" in text and "mem_u32_at_20[p] + mem_u16[p]" in text
    memory = bytes([*range(13), *bytes(65523)])
    for disabled in DISABLED:
        for p in range(9):
            expected = int.from_bytes(memory[p + 1 : p + 5], "little") + int.from_bytes(memory[p : p + 2], "little")
            assert outcome(instance_of(wat, disabled=disabled), "f", p) == expected
        assert outcome(instance_of(wat, disabled=disabled), "f", 65533) == "out of bounds memory access"
