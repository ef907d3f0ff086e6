"""What is different in `wasi_unstable`, the interface before preview 1 (specification: preview0/witx).

Programs of 2019 import it.  `whence` was numbered differently, `filestat` had a smaller link count, a subscription to
a clock had one field more, and there was no `sock_accept`; all else is as in preview 1.
"""

from __future__ import annotations

from wasm2py.runtime.wasi import fds
from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.descriptors import Filestat
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.paths import path_status
from wasm2py.runtime.wasi.poll import poll
from wasm2py.runtime.wasi.registry import PREVIEW1, Entry, function
from wasm2py.runtime.wasi.types import EventType, Layout, Whence

_WHENCES = (Whence.CUR, Whence.END, Whence.SET)
_FILESTAT = Layout("QQB3xIQQQQ")  # dev, ino, filetype, nlink, size, atim, mtim, ctim (times in ns)
_SUBSCRIPTION = Layout("QB7x40s")  # userdata, tag, union
#: A clock's `identifier` comes before what preview 1 has.
_IDENTIFIER_SIZE = 8

_CHANGED: dict[str, Entry] = {}


@function("i32 i64 i32 i32", table=_CHANGED)
def fd_seek(context: Context, fd: int, offset: int, whence: int, result: int) -> None:
    if whence >= len(_WHENCES):
        raise WasiError(Errno.INVAL)
    fds.fd_seek(context, fd, offset, _WHENCES[whence], result)


def _pack(context: Context, address: int, status: Filestat) -> None:
    dev, ino, filetype, nlink, *rest = status
    context.guest.pack(_FILESTAT, address, dev, ino, filetype, min(nlink, 0xFFFFFFFF), *rest)


@function("i32 i32", table=_CHANGED)
def fd_filestat_get(context: Context, fd: int, result: int) -> None:
    _pack(context, result, context.descriptors[fd].stat())


@function("i32 i32 i32 i32 i32", table=_CHANGED)
def path_filestat_get(context: Context, fd: int, flags: int, path: int, size: int, result: int) -> None:
    _pack(context, result, path_status(context, fd, flags, path, size))


@function("i32 i32 i32 i32", table=_CHANGED)
def poll_oneoff(context: Context, subscriptions: int, events: int, count: int, result: int) -> None:
    records = [
        (userdata, tag, union[_IDENTIFIER_SIZE:] if tag == EventType.CLOCK else union[:-_IDENTIFIER_SIZE])
        for userdata, tag, union in context.guest.records(_SUBSCRIPTION, subscriptions, count)
    ]
    poll(context, records, events, result)


UNSTABLE = {name: entry for name, entry in {**PREVIEW1, **_CHANGED}.items() if name != "sock_accept"}
