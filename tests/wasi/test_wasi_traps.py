"""What goes wrong below a guest's call, as its caller sees it."""

from __future__ import annotations

import io
import traceback

import pytest
import wasm2py

_MODULE = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\01\\00\\00\\00")
  (func $once (export "once") (param $result i32)
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (local.get $result))))
  (func $deep (export "deep")
    (call $once (i32.const 8))
    (call $deep)))
"""


def _instance(stdout: object) -> wasm2py.Instance:
    engine = wasm2py.Engine(wasm2py.Config(cache=None))
    linker = wasm2py.Linker(engine)
    linker.wasi(stdout=stdout)
    return linker.instantiate(wasm2py.Module.from_wat(_MODULE, engine=engine))


class _Broken:
    """Output that fails in a way that would mean a trap, had it happened in wasm."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def write(self, data: bytes) -> int:
        raise self.error


def test_a_trap_shows_only_wasm_functions_below_its_caller() -> None:
    with pytest.raises(wasm2py.Trap, match="out of bounds memory access") as caught:
        _instance(io.BytesIO()).exports["once"](65536)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[1:] == ["once"]
    assert [frame.function for frame in caught.value.frames] == ["once"]


@pytest.mark.parametrize("error", [IndexError("list index out of range"), ZeroDivisionError(), KeyboardInterrupt()])
def test_the_host_s_exceptions_are_no_traps(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        _instance(_Broken(error)).exports["once"](8)
    assert caught.value is error


def test_a_stack_that_is_full_below_a_system_call() -> None:
    with pytest.raises(wasm2py.StackExhausted):
        _instance(io.BytesIO()).exports["deep"]()
