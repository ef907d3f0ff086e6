"""Sockets (specification: sock_accept, sock_recv, sock_send, sock_shutdown).

No descriptor is a socket, for nothing in preview 1 opens one and hosts here hand in none.
"""

from __future__ import annotations

from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.registry import function


def _refuse(context: Context, fd: int) -> None:
    context.descriptors[fd]
    raise WasiError(Errno.NOTSOCK)


@function("i32 i32 i32")
def sock_accept(context: Context, fd: int, flags: int, result: int) -> None:
    _refuse(context, fd)


@function("i32 i32 i32 i32 i32 i32")
def sock_recv(context: Context, fd: int, data: int, count: int, flags: int, size: int, flags_out: int) -> None:
    _refuse(context, fd)


@function("i32 i32 i32 i32 i32")
def sock_send(context: Context, fd: int, data: int, count: int, flags: int, size: int) -> None:
    _refuse(context, fd)


@function("i32 i32")
def sock_shutdown(context: Context, fd: int, how: int) -> None:
    _refuse(context, fd)
