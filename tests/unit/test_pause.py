"""Work without the garbage collector."""

from __future__ import annotations

import gc
import sys

import pytest
from unit.translation import module_of
from wasm2py.runtime.program import Options
from wasm2py.transpile.pause import collector_paused
from wasm2py.transpile.translate import PythonTranslator

LOOPS = """(func (param i32 i32) (result i32)
    (loop $outer
        (loop $inner
            (local.set 0 (i32.add (local.get 0) (i32.load (local.get 1))))
            (br_if $inner (i32.lt_u (local.get 0) (i32.const 100))))
        (local.set 1 (i32.sub (local.get 1) (i32.const 4)))
        (br_if $outer (local.get 1)))
    (local.get 0))"""


def test_the_collector_is_back_afterwards() -> None:
    assert gc.isenabled()
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_is_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), collector_paused():
        _ = 1 / 0
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="counts what CPython's collector finds")
def test_translation_leaves_nothing_to_the_collector() -> None:
    module, translator = module_of(f"(module (memory 1) {LOOPS})"), PythonTranslator()
    program = translator.program(module, Options())
    translator.function_code(module, program, 0)
    gc.collect()
    gc.disable()
    try:
        translator.function_code(module, program, 0)
        assert gc.collect() == 0
    finally:
        gc.enable()
