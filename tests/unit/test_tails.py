"""Tail calls: as many as one likes, in constant space, between functions of all kinds."""

from __future__ import annotations

import pytest
import wasm2py
from unit.translation import python

MUTUAL = """(module
    (type $step (func (param i32 i64) (result i64)))
    (table 2 funcref) (elem (i32.const 0) $sum)
    (func $even (export "even") (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
        (return_call $odd (i32.sub (local.get $n) (i32.const 1))))
    (func $odd (export "odd") (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
        (return_call $even (i32.sub (local.get $n) (i32.const 1))))
    (func $sum (export "sum") (type $step)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $step)
            (i32.sub (local.get 0) (i32.const 1))
            (i64.add (local.get 1) (i64.extend_i32_u (local.get 0)))
            (i32.const 0)))
    (func (export "both") (param i32) (result i32 i64)
        (return_call $pair (local.get 0) (i32.const 5)))
    (func $pair (param i32 i32) (result i32 i64) (local.get 1) (i64.extend_i32_u (local.get 0)))
    (func (export "missing") (result i64)
        (return_call_indirect (type $step) (i32.const 1) (i64.const 2) (i32.const 1)))
    (func $quotient (param i32) (result i32) (return_call $inverse (i32.div_u (i32.const 6) (local.get 0))))
    (func $inverse (param i32) (result i32) (i32.div_u (i32.const 6) (local.get 0)))
    (func (export "divide") (param i32) (result i32) (call $quotient (local.get 0))))"""

SELF = """(module (func $f (export "f") (param $n i32) (param $sum i32) (result i32) (local $local i32)
    (if (i32.eqz (local.get $n)) (then (return (local.get $sum))))
    (local.set $local (i32.add (local.get $local) (i32.const 1)))
    (return_call $f (i32.sub (local.get $n) (local.get $local)) (i32.add (local.get $n) (local.get $sum)))))"""


@pytest.fixture(params=["cpython", "portable"])
def exports(request: pytest.FixtureRequest) -> wasm2py.Exports:
    engine = wasm2py.Engine(wasm2py.Config(cache=None, dialect=request.param))
    return wasm2py.load(MUTUAL, engine=engine).exports


def test_functions_that_end_in_each_other(exports: wasm2py.Exports) -> None:
    assert exports.even(100_001) == 0
    assert exports.odd(100_001) == 1


def test_functions_that_end_in_an_element_of_a_table(exports: wasm2py.Exports) -> None:
    assert exports.sum(100_000, 0) == 100_000 * 100_001 // 2


def test_several_results(exports: wasm2py.Exports) -> None:
    assert exports.both(7) == (5, 7)


def test_traps_name_the_functions_that_have_a_frame(exports: wasm2py.Exports) -> None:
    with pytest.raises(wasm2py.Trap, match="uninitialized element"):
        exports.missing()
    with pytest.raises(wasm2py.Trap, match="integer divide by zero") as caught:
        exports.divide(7)
    assert [frame.function for frame in caught.value.frames] == ["divide", "quotient", "inverse"]


def test_a_function_that_ends_in_itself_is_a_loop() -> None:
    assert "while" in python(SELF)
    assert "tail" not in python(SELF)
    assert wasm2py.load(SELF).exports.f(100_000, 0) == 100_000 * 100_001 // 2 % 2**32


def test_functions_that_make_no_tail_calls_take_what_their_type_says() -> None:
    text = python("(module (func $f (param i32) (result i32) (call $f (local.get 0))))")
    assert "def f(p0):" in text


def test_instances_end_in_each_other() -> None:
    linker = wasm2py.Linker()
    text = """(module {imports} (func $f (export "f") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 3))))
        ({call} (i32.sub (local.get 0) (i32.const 1)))))"""
    imported = '(import "one" "f" (func $g (param i32) (result i32)))'
    linker.define_instance("one", wasm2py.load(text.format(imports="", call="return_call $f")))
    other = linker.instantiate(wasm2py.Module.from_wat(text.format(imports=imported, call="return_call $g")))
    assert other.exports.f(5) == 3


def test_host_functions_may_come_last() -> None:
    linker = wasm2py.Linker()
    linker.define("env", "double", lambda x: 2 * x)
    text = """(module (import "env" "double" (func $double (param i32) (result i32)))
        (func (export "f") (param i32) (result i32) (return_call $double (local.get 0))))"""
    assert linker.instantiate(wasm2py.Module.from_wat(text)).exports.f(21) == 42
