"""Counting loops: what their ends prove of the counter, and that results stay those of wrapping arithmetic."""

from __future__ import annotations

import ast

import pytest
import wasm2py
from wasm2py.runtime.program import Options
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.text import assemble
from wasm2py.transpile.translate import PythonTranslator

LOOP = """(module (memory 1) (func (export "f") (param $n i32) (result i32) (local $i i32) (local $sum i32)
  (local.set $i (i32.const {start}))
  (loop
    (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const {base})))))
    (i32.store8 (i32.const 7) (local.get $sum))
    (local.set $i (i32.add (local.get $i) (i32.const {step})))
    (br_if 0 {test}))
  (i32.add (local.get $sum) (local.get $i))))"""


def emitted(text: str, disabled: tuple[str, ...] = ()) -> str:
    module = decode_module(assemble(text))
    translator = PythonTranslator(check=True)
    return ast.unparse(
        translator.function_ast(module, translator.program(module, Options(disabled_passes=disabled)), 0)
    )


def test_a_counter_that_goes_up_to_zero_makes_addresses_that_surely_wrap() -> None:
    text = LOOP.format(start=-64, base=64, step=1, test="(local.get $i)")
    assert "mem_u8[i - 4294967232]" in emitted(text, ("pointers",))
    assert wasm2py.load(text).exports.f(0) == 0


def test_such_a_counter_becomes_the_address() -> None:
    text = emitted(LOOP.format(start=-64, base=64, step=1, test="(local.get $i)"))
    assert "mem_u8[i0]" in text
    assert "for i0 in range(64)" in text


def test_a_counter_that_ends_at_a_constant_needs_no_mask() -> None:
    text = LOOP.format(start=0, base=64, step=4, test="(i32.ne (local.get $i) (i32.const 64))")
    plain = emitted(text, ("pointers", "streams"))
    assert "mem_u8_at_64[i]" in plain
    assert "for i in range(0, 64, 4)" in plain
    assert "i += 4" in emitted(text, ("pointers", "counting"))


@pytest.mark.parametrize(
    ("start", "step", "test"),
    [
        (0, 3, "(i32.ne (local.get $i) (i32.const 64))"),  # steps over its end, and goes all the way round
        (64, 1, "(i32.ne (local.get $i) (i32.const 64))"),  # starts at its end
        (-62, 4, "(local.get $i)"),
        (0, 1, "(i32.ne (local.get $i) (local.get $n))"),  # an end that may be zero
    ],
)
def test_a_counter_that_may_pass_its_end_is_masked(start: int, step: int, test: str) -> None:
    assert "% 4294967296]" in emitted(LOOP.format(start=start, base=-70, step=step, test=test), ("pointers",))
