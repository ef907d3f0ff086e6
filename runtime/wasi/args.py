"""Arguments and environment (specification: args_get, args_sizes_get, environ_get, environ_sizes_get)."""

from __future__ import annotations

from collections.abc import Sequence

from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.guest import Guest
from wasm2py.runtime.wasi.registry import function


def _write_sizes(guest: Guest, strings: Sequence[bytes], count: int, size: int) -> None:
    guest.set_u32(count, len(strings))
    guest.set_u32(size, sum(len(string) + 1 for string in strings))


def _write_strings(guest: Guest, strings: Sequence[bytes], pointers: int, buffer: int) -> None:
    """Zero-terminated strings one after the other at `buffer`, and at `pointers` the address of each."""
    for index, string in enumerate(strings):
        guest.set_u32(pointers + 4 * index, buffer)
        guest.write(buffer, string + b"\0")
        buffer += len(string) + 1


@function("i32 i32")
def args_sizes_get(context: Context, count: int, size: int) -> None:
    _write_sizes(context.guest, context.args, count, size)


@function("i32 i32")
def args_get(context: Context, argv: int, buffer: int) -> None:
    _write_strings(context.guest, context.args, argv, buffer)


@function("i32 i32")
def environ_sizes_get(context: Context, count: int, size: int) -> None:
    _write_sizes(context.guest, context.environ, count, size)


@function("i32 i32")
def environ_get(context: Context, environ: int, buffer: int) -> None:
    _write_strings(context.guest, context.environ, environ, buffer)
