"""Process, scheduler, random numbers (specification: proc_exit, proc_raise, sched_yield, random_get)."""

from __future__ import annotations

from wasm2py.runtime.errors import WasiExit
from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.registry import function
from wasm2py.runtime.wasi.types import MAX_SIGNAL

#: Random bytes are asked for in pieces, so that a guest cannot make the host hold its whole memory twice.
_CHUNK = 1 << 20


@function("i32", results="")
def proc_exit(context: Context, code: int) -> None:
    raise WasiExit(code)


@function("i32")
def proc_raise(context: Context, signal: int) -> None:
    """A guest has no signal handlers, and may not signal its host."""
    raise WasiError(Errno.NOTSUP if signal <= MAX_SIGNAL else Errno.INVAL)


@function()
def sched_yield(context: Context) -> None:
    """There is nothing to yield to."""


@function("i32 i32")
def random_get(context: Context, buffer: int, size: int) -> None:
    view = context.guest.view(buffer, size)
    for start in range(0, size, _CHUNK):
        piece = view[start : start + _CHUNK]
        piece[:] = context.random(len(piece))
