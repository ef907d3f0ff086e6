"""Open files: reading and writing, offsets, append, flags, sizes, times, opening them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from wasi.guest import (
    APPEND,
    BOTH,
    CREAT,
    CUR,
    DIRECTORY,
    DSYNC,
    END,
    EXCL,
    NONBLOCK,
    READ,
    RESULT,
    RSYNC,
    SET,
    SYNC,
    TRUNC,
    WRITE,
    TestGuest,
    errno,
)
from wasm2py.runtime.wasi import ClockId, Errno, files

REGULAR_FILE = 4
ATIM, ATIM_NOW, MTIM, MTIM_NOW = 1, 2, 4, 8

needs_fcntl = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot change the flags of open files")


@pytest.fixture(params=["vectored", "single"])
def transfers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads and writes of several buffers by one system call, or one by one as on hosts without such calls."""
    if request.param == "single":
        monkeypatch.setattr(files, "_readv", files._read_each)
        monkeypatch.setattr(files, "_writev", files._write_each)
        monkeypatch.setattr(files, "_preadv", files._at_offset(files._read_each))
        monkeypatch.setattr(files, "_pwritev", files._at_offset(files._write_each))


@pytest.mark.usefixtures("transfers")
def test_write_and_read(guest: TestGuest, root: Path) -> None:
    fd = guest.open("file", CREAT, BOTH)
    assert fd == 4
    assert guest.write(fd, b"hello", b"", b" world") == 11
    assert (root / "file").read_bytes() == b"hello world"
    assert guest.tell(fd) == 11
    assert guest.read(fd, 10) == b""
    assert guest.seek(fd, 6) == 6
    assert guest.read(fd, 2, 0, 2) == b"worl"
    assert guest.read(fd, 10, 10) == b"d"
    assert guest.read(fd) == b""
    assert guest.write(fd) == 0


@pytest.mark.usefixtures("transfers")
def test_positioned_reads_and_writes_leave_the_offset(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"0123456789")
    fd = guest.open("file", 0, BOTH)
    guest.seek(fd, 3)
    assert guest.pread(fd, 4, 8) == b"89"
    assert guest.pread(fd, 4, 100) == b""
    assert guest.pwrite(fd, b"ab", 1) == 2
    assert guest.pwrite(fd, b"!", 12) == 1
    assert guest.tell(fd) == 3
    assert (root / "file").read_bytes() == b"0ab3456789\0\0!"


@pytest.mark.usefixtures("transfers")
def test_reads_larger_than_what_is_copied_at_once(
    guest: TestGuest, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PIECE", 3)
    (root / "file").write_bytes(b"0123456789")
    fd = guest.open("file")
    assert guest.read(fd, 4, 100) == b"0123456789"
    assert guest.pread(fd, 5, 2) == b"23456"


def test_offsets_past_what_hosts_have(guest: TestGuest, root: Path) -> None:
    (root / "file").touch()
    fd = guest.open("file", 0, BOTH)
    assert errno(guest.pread, fd, 1, -1) == "INVAL"
    assert errno(guest.pwrite, fd, b"x", 1 << 63) == "INVAL"
    assert guest.call("fd_filestat_set_size", fd, 1 << 63) == Errno.INVAL
    assert guest.call("fd_allocate", fd, (1 << 63) - 1, 1) == Errno.INVAL
    assert guest.call("fd_advise", fd, 1 << 63, 1, 0) in (0, Errno.INVAL)


def test_seek(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"0123456789")
    fd = guest.open("file")
    assert guest.seek(fd, 4, SET) == 4
    assert guest.seek(fd, -1, CUR) == 3
    assert guest.seek(fd, -2, END) == 8
    assert guest.seek(fd, 100, END) == 110
    assert errno(guest.seek, fd, -1, SET) == "INVAL"
    assert errno(guest.seek, fd, -111, CUR) == "INVAL"
    assert guest.tell(fd) == 110
    assert guest.read(fd, 1) == b""


def test_a_file_that_was_opened_for_reading(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"data")
    for rights in (READ, 0):
        fd = guest.open("file", 0, rights)
        assert errno(guest.write, fd, b"x") == "BADF"
        assert errno(guest.pwrite, fd, b"x", 0) == "BADF"
        assert guest.call("fd_filestat_set_size", fd, 0) == Errno.INVAL
        assert guest.call("fd_allocate", fd, 0, 1) == Errno.BADF
        assert guest.read(fd, 10) == b"data"
        assert guest.fdstat(fd).base & BOTH == READ


def test_a_file_that_was_opened_for_writing(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"data")
    fd = guest.open("file", 0, WRITE)
    assert errno(guest.read, fd, 1) == "BADF"
    assert errno(guest.pread, fd, 1, 0) == "BADF"
    assert guest.fdstat(fd).base & BOTH == WRITE


def test_append(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"abc")
    fd = guest.open("file", 0, BOTH, APPEND)
    assert guest.fdstat(fd).flags == APPEND
    assert guest.tell(fd) == 0
    guest.seek(fd, 1)
    assert guest.write(fd, b"de") == 2
    assert guest.tell(fd) == 5
    assert (root / "file").read_bytes() == b"abcde"


@needs_fcntl
def test_append_and_nonblock_change_while_a_file_is_open(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"abc")
    fd = guest.open("file", 0, BOTH)
    assert guest.fdstat(fd).flags == 0
    guest.run("fd_fdstat_set_flags", fd, APPEND | NONBLOCK)
    assert guest.fdstat(fd).flags == APPEND | NONBLOCK
    guest.write(fd, b"d")
    guest.run("fd_fdstat_set_flags", fd, 0)
    guest.seek(fd, 0)
    guest.write(fd, b"A")
    assert (root / "file").read_bytes() == b"Abcd"
    assert guest.call("fd_fdstat_set_flags", fd, SYNC) == Errno.INVAL


@pytest.mark.skipif(not hasattr(os, "O_RSYNC"), reason="this host has no synchronised files")
def test_synchronised_files(guest: TestGuest, root: Path) -> None:
    fd = guest.open("file", CREAT, WRITE, DSYNC | RSYNC | SYNC | NONBLOCK)
    assert guest.fdstat(fd).flags == DSYNC | RSYNC | SYNC | NONBLOCK
    assert guest.write(fd, b"x") == 1
    assert guest.call("fd_fdstat_set_flags", fd, DSYNC | RSYNC | SYNC) == 0


def test_flags_that_the_host_lacks(guest: TestGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(files.HOST_FLAGS, SYNC, 0)
    monkeypatch.setitem(files.HOST_FLAGS, NONBLOCK, 0)
    assert errno(guest.open, "file", CREAT, WRITE, SYNC) == "NOTSUP"
    assert errno(guest.open, "file", CREAT, WRITE, NONBLOCK) == "SUCCESS"


def test_opening(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"data")
    assert errno(guest.open, "none") == "NOENT"
    assert errno(guest.open, "none", CREAT | EXCL) == "SUCCESS"
    assert errno(guest.open, "none", CREAT | EXCL) == "EXIST"
    assert guest.read(guest.open("file", CREAT), 10) == b"data"
    assert errno(guest.open, "file", DIRECTORY) == "NOTDIR"
    assert errno(guest.open, "none/file") == "NOTDIR"
    assert errno(guest.open, "nothing/file", CREAT) == "NOENT"
    assert errno(guest.open, "file/") == "NOTDIR"
    assert errno(guest.open, "new/", CREAT) == "ISDIR"
    assert errno(guest.open, "x" * 300) == "NAMETOOLONG"
    assert errno(guest.open, "file", DIRECTORY | CREAT) == "INVAL"
    assert errno(guest.open, "file", DIRECTORY | TRUNC) == "INVAL"
    assert errno(guest.open, "file", fd=guest.open("file")) == "NOTDIR"
    assert errno(guest.open, "file", fd=77) == "BADF"


def test_truncation(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"data")
    fd = guest.open("file", TRUNC, READ)
    assert (root / "file").read_bytes() == b""
    assert errno(guest.write, fd, b"x") == "BADF"
    assert guest.read(fd, 1) == b""


def test_descriptors_are_used_again(guest: TestGuest) -> None:
    fds = [guest.open("file", CREAT) for _ in range(3)]
    assert fds == [4, 5, 6]
    guest.close(5)
    guest.close(4)
    assert errno(guest.close, 4) == "BADF"
    assert [guest.open("file"), guest.open("file"), guest.open("file")] == [4, 5, 7]
    guest.close(0)
    assert guest.open("file") == 0


def test_renumber(guest: TestGuest, root: Path) -> None:
    (root / "a").write_bytes(b"a")
    (root / "b").write_bytes(b"b")
    a, b = guest.open("a"), guest.open("b")
    guest.run("fd_renumber", a, b)
    assert guest.read(b, 9) == b"a"
    assert errno(guest.read, a, 9) == "BADF"
    assert guest.call("fd_renumber", b, a) == Errno.BADF
    assert guest.call("fd_renumber", a, b) == Errno.BADF
    assert guest.call("fd_renumber", b, b) == 0
    assert guest.tell(b) == 1
    assert guest.open("b") == a


def test_a_preopen_can_be_replaced(guest: TestGuest, root: Path) -> None:
    (root / "a").write_bytes(b"a")
    guest.run("fd_renumber", guest.open("a"), 3)
    assert guest.read(3, 9) == b"a"
    assert guest.call("fd_prestat_get", 3, RESULT) == Errno.BADF


def test_size(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"data")
    fd = guest.open("file", 0, BOTH)
    guest.run("fd_filestat_set_size", fd, 2)
    assert (root / "file").read_bytes() == b"da"
    guest.run("fd_filestat_set_size", fd, 4)
    assert (root / "file").read_bytes() == b"da\0\0"
    guest.run("fd_allocate", fd, 2, 4)
    assert (root / "file").read_bytes() == b"da\0\0\0\0"
    guest.run("fd_allocate", fd, 0, 1)
    assert guest.fstat(fd).size == 6
    assert guest.call("fd_allocate", fd, 0, 0) == Errno.INVAL


def test_status(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"data")
    os.link(root / "file", root / "other")
    host = os.stat(root / "file")
    fd = guest.open("file")
    expected = (host.st_dev, host.st_ino, REGULAR_FILE, 2, 4, host.st_atime_ns, host.st_mtime_ns, host.st_ctime_ns)
    assert guest.fstat(fd) == guest.stat("file") == guest.stat("other") == expected


def test_times(guest: TestGuest, root: Path) -> None:
    (root / "file").touch()
    fd = guest.open("file")
    guest.run("fd_filestat_set_times", fd, 1_000_000_100, 2_000_000_200, ATIM | MTIM)
    assert guest.fstat(fd)[5:7] == (1_000_000_100, 2_000_000_200)
    guest.run("fd_filestat_set_times", fd, 3_000_000_300, 0, ATIM)
    assert guest.fstat(fd)[5:7] == (3_000_000_300, 2_000_000_200)
    guest.run("path_filestat_set_times", 3, 0, *guest.path("file"), 0, 4_000_000_400, MTIM)
    assert guest.fstat(fd)[5:7] == (3_000_000_300, 4_000_000_400)
    guest.run("fd_filestat_set_times", fd, 1, 1, 0)
    assert guest.fstat(fd)[5:7] == (3_000_000_300, 4_000_000_400)


def test_the_time_now_is_the_guest_s(root: Path) -> None:
    (root / "file").touch()
    with TestGuest(preopens={"/": root}, clocks={ClockId.REALTIME: lambda: 5_000_000_500}) as guest:
        fd = guest.open("file")
        guest.run("fd_filestat_set_times", fd, 0, 0, ATIM_NOW | MTIM_NOW)
        assert guest.fstat(fd)[5:7] == (5_000_000_500, 5_000_000_500)


def test_times_that_cannot_be_set(guest: TestGuest, root: Path) -> None:
    (root / "file").touch()
    fd = guest.open("file")
    assert guest.call("fd_filestat_set_times", fd, 0, 0, ATIM | ATIM_NOW) == Errno.INVAL
    assert guest.call("fd_filestat_set_times", fd, 0, 0, MTIM | MTIM_NOW) == Errno.INVAL
    assert guest.call("fd_filestat_set_times", fd, -1, 0, ATIM) == Errno.INVAL


def test_times_before_1970_are_shown_as_1970(guest: TestGuest, root: Path) -> None:
    (root / "file").touch()
    os.utime(root / "file", ns=(-(10**9), -(10**18)))
    assert guest.stat("file")[5:7] == (0, 0)


def test_synchronise_and_advise(guest: TestGuest, root: Path) -> None:
    fd = guest.open("file", CREAT, WRITE)
    for name in ("fd_sync", "fd_datasync"):
        assert guest.call(name, fd) == 0
        assert guest.call(name, 3) == Errno.BADF
    for advice in range(6):
        assert guest.call("fd_advise", fd, 0, 100, advice) == 0
    assert guest.call("fd_advise", 3, 0, 100, 0) == Errno.BADF


def test_rights_cannot_be_changed(guest: TestGuest) -> None:
    assert guest.call("fd_fdstat_set_rights", 3, 0, 0) == Errno.NOTSUP


def test_closing_everything(root: Path) -> None:
    guest = TestGuest(preopens={"/": root})
    fd = guest.open("file", CREAT)
    guest.wasi.close()
    assert errno(guest.read, fd, 1) == "BADF"
    assert errno(guest.stat, "file") == "BADF"
    guest.wasi.close()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="this host does not list a process's descriptors")
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="forgotten objects go at an unknown time")
def test_forgotten_guests_leave_no_host_descriptor_open(host_kind: str, root: Path) -> None:
    before = os.listdir("/proc/self/fd")
    (root / "dir").mkdir()
    guest = TestGuest(preopens={"/": root})
    for path, oflags in (("file", CREAT), ("dir", DIRECTORY), ("dir/../dir/./file", CREAT)):
        guest.open(path, oflags)
    assert errno(guest.open, "dir/none/x") == "NOENT"
    del guest
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="this host has no devices among its files")
@pytest.mark.skipif(sys.platform == "win32", reason="this host has no devices among its files")
def test_devices() -> None:
    with TestGuest(preopens={"/dev": "/dev"}) as guest:
        fd = guest.open("null", 0, BOTH)
        assert guest.fdstat(fd).filetype == 2
        assert guest.write(fd, b"gone") == 4
        assert guest.read(fd, 4) == b""
