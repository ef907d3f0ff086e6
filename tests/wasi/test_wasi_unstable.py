"""What is different in `wasi_unstable`."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from wasi.guest import RESULT, TestGuest
from wasm2py.runtime.wasi import Errno

CUR, END, SET = 0, 1, 2


@pytest.fixture
def old(root: Path) -> Iterator[TestGuest]:
    (root / "file").write_bytes(b"0123456789")
    with TestGuest(preopens={"/": root}, sleep=lambda seconds: None) as guest:
        functions = guest.wasi.functions("wasi_unstable")
        guest.functions = {name: function for name, (_, function) in functions.items()}
        yield guest


def test_whence_was_numbered_differently(old: TestGuest) -> None:
    fd = old.open("file")
    assert old.seek(fd, 4, SET) == 4
    assert old.seek(fd, 1, CUR) == 5
    assert old.seek(fd, -1, END) == 9
    assert old.tell(fd) == 9
    assert old.call("fd_seek", fd, 0, 3, RESULT) == Errno.INVAL


def test_filestat_was_smaller(old: TestGuest, root: Path) -> None:
    host = os.stat(root / "file")
    expected = (host.st_dev, host.st_ino, 4, 1, 10, host.st_atime_ns, host.st_mtime_ns, host.st_ctime_ns)
    old.memory.write(RESULT, b"\xee" * 64)
    old.run("fd_filestat_get", old.open("file"), RESULT)
    assert struct.unpack("<QQB3xIQQQQ", old.memory.read(RESULT, 56)) == expected
    old.run("path_filestat_get", 3, 0, *old.path("file"), RESULT)
    assert struct.unpack("<QQB3xIQQQQ", old.memory.read(RESULT, 56)) == expected
    assert old.memory.read(RESULT + 56, 8) == b"\xee" * 8


def test_subscriptions_to_clocks_were_larger(old: TestGuest) -> None:
    clock = struct.pack("<QB7xQI4xQQH6x", 7, 0, 1234, 1, 10**9, 0, 0)
    file = struct.pack("<QB7xI36x", 8, 1, old.open("file"))
    for subscriptions, count, expected in ((clock + file, 2, (8, 0, 1, 10, 0)), (clock, 1, (7, 0, 0, 0, 0))):
        old.run("poll_oneoff", old.put(subscriptions), 8192, count, RESULT)
        assert old.u32() == 1
        assert struct.unpack("<QHB5xQH6x", old.memory.read(8192, 32)) == expected
    assert old.call("poll_oneoff", 0, 0, 0, RESULT) == Errno.INVAL


def test_the_rest_is_the_same(old: TestGuest) -> None:
    assert old.read(old.open("file"), 4) == b"0123"
    assert [entry.name for entry in old.entries(3)] == [b".", b"..", b"file"]
