"""Directories and paths: listing, creating, removing, renaming, links, read-only directories."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from wasi.guest import APPEND, BOTH, CREAT, DIRECTORY, EXCL, FOLLOW, READ, RESULT, TRUNC, WRITE, TestGuest, errno
from wasm2py.runtime.wasi import Errno, Wasi
from wasm2py.runtime.wasi.hostdirs import is_plain_windows_name

DIRECTORY_TYPE, REGULAR_FILE, SYMBOLIC_LINK = 3, 4, 7

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")


def test_preopens(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with TestGuest(preopens={"/data": str(tmp_path / "a"), "ä/": (tmp_path / "b", True)}) as guest:
        for fd, guest_path in [(3, b"/data"), (4, "ä/".encode())]:
            guest.run("fd_prestat_get", fd, RESULT)
            assert guest.memory.read(RESULT, 8) == b"\0\0\0\0" + bytes([len(guest_path), 0, 0, 0])
            guest.run("fd_prestat_dir_name", fd, 100, len(guest_path))
            assert guest.memory.read(100, len(guest_path)) == guest_path
            assert guest.call("fd_prestat_dir_name", fd, 100, len(guest_path) - 1) == Errno.NAMETOOLONG
        assert guest.call("fd_prestat_get", 5, RESULT) == Errno.BADF
        opened = guest.open(".", DIRECTORY)
        assert guest.call("fd_prestat_get", opened, RESULT) == Errno.BADF
        assert guest.call("fd_prestat_dir_name", opened, 100, 100) == Errno.NOTDIR


def test_a_preopen_that_does_not_exist(host_kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError):
        Wasi(preopens={"/": tmp_path / "none"})
    with pytest.raises(NotADirectoryError):
        Wasi(preopens={"/": tmp_path / "file"})


def test_what_a_directory_is(guest: TestGuest, root: Path) -> None:
    status, host = guest.fstat(3), os.stat(root)
    assert status[:3] == (host.st_dev, host.st_ino, DIRECTORY_TYPE)
    assert guest.stat(".") == guest.fstat(guest.open(".")) == status
    fdstat = guest.fdstat(3)
    assert fdstat.filetype == DIRECTORY_TYPE
    assert fdstat.flags == 0
    assert fdstat.base == 0x7B7FE00
    assert fdstat.inheriting & BOTH == BOTH


def test_what_directories_cannot_do(guest: TestGuest) -> None:
    assert errno(guest.read, 3, 1) == "BADF"
    assert errno(guest.write, 3, b"x") == "BADF"
    assert errno(guest.pread, 3, 1, 0) == "BADF"
    assert errno(guest.pwrite, 3, b"x", 0) == "BADF"
    assert errno(guest.seek, 3, 0) == "BADF"
    assert errno(guest.tell, 3) == "BADF"
    assert guest.call("fd_filestat_set_size", 3, 0) == Errno.BADF
    assert guest.call("fd_allocate", 3, 0, 1) == Errno.BADF
    assert guest.call("fd_fdstat_set_flags", 3, APPEND) == Errno.BADF


def test_readdir(guest: TestGuest, root: Path) -> None:
    (root / "dir").mkdir()
    (root / "a").write_bytes(b"")
    (root / "ü").write_bytes(b"")
    found = guest.entries(3)
    inode = os.stat(root).st_ino
    assert [(entry.name, entry.type, entry.next) for entry in found] == [
        (b".", DIRECTORY_TYPE, 1),
        (b"..", DIRECTORY_TYPE, 2),
        (b"a", REGULAR_FILE, 3),
        (b"dir", DIRECTORY_TYPE, 4),
        ("ü".encode(), REGULAR_FILE, 5),
    ]
    assert [entry.ino for entry in found] == [inode, inode, *[os.stat(root / n).st_ino for n in ("a", "dir", "ü")]]


def test_readdir_goes_on_at_a_cookie(guest: TestGuest, root: Path) -> None:
    (root / "a").touch()
    (root / "b").touch()
    first = guest.entries(3)
    assert guest.entries(3, cookie=2) == first[2:]
    assert guest.entries(3, cookie=4) == []
    assert guest.readdir(3, cookie=4) == b""
    assert guest.readdir(3, cookie=-1) == b""


@pytest.mark.parametrize("size", [0, 1, 23, 24, 25, 26, 49, 50, 51, 52, 80, 200])
def test_readdir_fills_the_buffer_and_cuts_the_last_entry(guest: TestGuest, root: Path, size: int) -> None:
    (root / "somewhat-longer-name").touch()
    whole = guest.readdir(3)
    assert len(whole) == 25 + 26 + 24 + 20
    assert guest.readdir(3, size) == whole[:size]
    guest.memory.write(2000, b"\xee" * 300)
    guest.run("fd_readdir", 3, 2000, size, 0, RESULT)
    assert guest.memory.read(2000 + len(whole[:size]), 50) == b"\xee" * 50


def test_readdir_by_small_buffers_gives_every_entry_once(guest: TestGuest, root: Path) -> None:
    names = [f"file{n:03}" for n in range(50)]
    for name in names:
        (root / name).touch()
    cookie, found = 0, []
    while batch := guest.entries(3, 100, cookie):
        found += batch
        cookie = batch[-1].next
    assert [entry.name.decode() for entry in found] == [".", "..", *names]


def test_a_listing_stays_as_it_was_taken(guest: TestGuest, root: Path) -> None:
    for name in "abc":
        (root / name).touch()
    first = guest.entries(3, 24 + 1 + 24 + 2 + 24 + 1)
    assert [entry.name for entry in first] == [b".", b"..", b"a"]
    guest.unlink("a")
    (root / "aa").touch()
    assert [entry.name for entry in guest.entries(3, cookie=3)] == [b"b", b"c"]
    assert [entry.name for entry in guest.entries(3)] == [b".", b"..", b"aa", b"b", b"c"]


def test_a_directory_can_be_listed_again_and_by_two(guest: TestGuest, root: Path) -> None:
    (root / "dir").mkdir()
    (root / "dir" / "file").touch()
    first, second = guest.open("dir"), guest.open("dir/.")
    for fd in (first, second, first):
        assert [entry.name for entry in guest.entries(fd)] == [b".", b"..", b"file"]


def test_readdir_of_other_things(guest: TestGuest) -> None:
    assert errno(guest.readdir, guest.open("file", CREAT)) == "BADF"


@needs_links
@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 on this host")
def test_names_that_are_not_utf_8(guest: TestGuest, root: Path) -> None:
    open(os.fsencode(root) + b"/\xff", "wb").close()
    assert guest.entries(3)[2].name == b"\xff"
    assert errno(guest.open, b"\xff") == "ILSEQ"


def test_make_and_remove_directories(guest: TestGuest, root: Path) -> None:
    guest.mkdir("dir")
    guest.mkdir("dir/nested/")
    assert (root / "dir" / "nested").is_dir()
    assert errno(guest.mkdir, "dir") == "EXIST"
    assert errno(guest.mkdir, ".") == "EXIST"
    assert errno(guest.mkdir, "none/dir") == "NOENT"
    assert errno(guest.rmdir, "dir") == "NOTEMPTY"
    assert errno(guest.rmdir, "none") == "NOENT"
    guest.rmdir("dir/nested/")
    guest.rmdir("dir")
    assert os.listdir(root) == []
    (root / "file").touch()
    assert errno(guest.rmdir, "file") == "NOTDIR"


def test_unlink(guest: TestGuest, root: Path) -> None:
    (root / "file").touch()
    (root / "dir").mkdir()
    assert errno(guest.unlink, "dir") == "ISDIR"
    assert errno(guest.unlink, "dir/") == "ISDIR"
    assert errno(guest.unlink, "none") == "NOENT"
    assert errno(guest.unlink, "file/") == "NOTDIR"
    guest.unlink("file")
    assert os.listdir(root) == ["dir"]


def test_opening_directories(guest: TestGuest, root: Path) -> None:
    (root / "dir").mkdir()
    (root / "dir" / "file").write_bytes(b"data")
    for path in ("dir", "dir/", "dir/.", "dir/../dir"):
        fd = guest.open(path, DIRECTORY)
        assert guest.read(guest.open("file", fd=fd), 9) == b"data"
    assert errno(guest.open, "dir", 0, WRITE) == "ISDIR"
    assert errno(guest.open, "dir", CREAT, WRITE) == "ISDIR"
    assert guest.fdstat(guest.open("dir")).filetype == DIRECTORY_TYPE


def test_rename(guest: TestGuest, root: Path) -> None:
    (root / "a").write_bytes(b"a")
    (root / "b").write_bytes(b"b")
    (root / "dir").mkdir()
    guest.rename("a", "dir/a")
    guest.rename("b", "dir/a")
    assert (root / "dir" / "a").read_bytes() == b"b"
    guest.rename("dir", "moved")
    fd = guest.open("moved")
    guest.rename("a", "top", fd=fd, new_fd=fd)
    assert sorted(os.listdir(root)) == ["moved"]
    assert os.listdir(root / "moved") == ["top"]
    assert errno(guest.rename, "none", "x") == "NOENT"
    assert errno(guest.rename, "moved/top/", "x") == "NOTDIR"
    assert errno(guest.rename, "moved/top", "x/") == "NOTDIR"
    guest.rename("moved/", "again/")
    assert os.listdir(root) == ["again"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other errors for this")
def test_renaming_over_directories(guest: TestGuest, root: Path) -> None:
    (root / "dir" / "nested").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "file").touch()
    assert errno(guest.rename, "file", "dir") == "ISDIR"
    assert errno(guest.rename, "dir", "file") == "NOTDIR"
    assert errno(guest.rename, "empty", "dir") == "NOTEMPTY"
    assert errno(guest.rename, "dir", "dir/nested/x") == "INVAL"
    guest.rename("dir", "empty")
    assert sorted(os.listdir(root)) == ["empty", "file"]


def test_hard_links(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"data")
    (root / "dir").mkdir()
    guest.link("file", "dir/link")
    assert os.path.samefile(root / "file", root / "dir" / "link")
    assert errno(guest.link, "file", "dir/link") == "EXIST"
    assert errno(guest.link, "file", "new/") == "NOENT"
    assert errno(guest.link, "file", "dir/") == "EXIST"
    assert errno(guest.link, "none", "new") == "NOENT"
    assert errno(guest.link, "file/", "new") == "NOTDIR"
    assert errno(guest.link, "dir", "new") in ("PERM", "ACCES")


@needs_links
def test_symbolic_links(guest: TestGuest, root: Path) -> None:
    (root / "dir").mkdir()
    (root / "dir" / "file").write_bytes(b"data")
    guest.symlink("dir/file", "link")
    guest.symlink("../dir", "dir/up")
    assert os.readlink(root / "link") == "dir/file"
    assert guest.readlink("link") == b"dir/file"
    assert guest.readlink("link", 3) == b"dir"
    assert guest.readlink("dir/up/up/up") == b"../dir"
    assert errno(guest.readlink, "dir") == "INVAL"
    assert errno(guest.readlink, "none") == "NOENT"
    assert errno(guest.symlink, "x", "link") == "EXIST"
    assert errno(guest.symlink, "", "new") == "NOENT"
    assert errno(guest.symlink, "a\0b", "new") == "INVAL"
    assert errno(guest.symlink, "x", "dir/") == "EXIST"
    assert errno(guest.symlink, "x", "new/") == "NOENT"
    assert guest.stat("link").filetype == SYMBOLIC_LINK
    assert guest.stat("link", FOLLOW).filetype == REGULAR_FILE
    assert guest.stat("dir/up/up/file").filetype == REGULAR_FILE
    assert {entry.name: entry.type for entry in guest.entries(3)}[b"link"] == SYMBOLIC_LINK


@needs_links
def test_opening_through_symbolic_links(guest: TestGuest, root: Path) -> None:
    (root / "dir").mkdir()
    (root / "dir" / "file").write_bytes(b"data")
    for target, name in (("dir/file", "link"), ("dir", "to_dir"), ("dir/", "to_dir/"), ("none", "dangling")):
        os.symlink(target, root / name.replace("/", "_"))
    assert guest.read(guest.open("link", flags=FOLLOW), 9) == b"data"
    assert errno(guest.open, "link") == "LOOP"
    assert errno(guest.open, "link", CREAT | EXCL, flags=FOLLOW) == "EXIST"
    assert errno(guest.open, "link/", flags=FOLLOW) == "NOTDIR"
    assert errno(guest.open, "dangling", flags=FOLLOW) == "NOENT"
    assert errno(guest.open, "dangling") == "LOOP"
    assert guest.read(guest.open("to_dir/file"), 9) == b"data"
    assert guest.fdstat(guest.open("to_dir/")).filetype == DIRECTORY_TYPE
    assert guest.fdstat(guest.open("to_dir_", flags=FOLLOW)).filetype == DIRECTORY_TYPE
    assert errno(guest.open, "to_dir") in ("LOOP", "NOTDIR")
    guest.open("dangling", CREAT, WRITE, flags=FOLLOW)
    assert (root / "none").exists()


@needs_links
def test_links_themselves_are_renamed_and_removed(guest: TestGuest, root: Path) -> None:
    (root / "dir").mkdir()
    os.symlink("dir", root / "link")
    guest.rename("link", "moved")
    assert os.readlink(root / "moved") == "dir"
    assert errno(guest.rmdir, "moved") == "NOTDIR"
    assert errno(guest.rmdir, "moved/") == "NOTDIR"
    assert errno(guest.unlink, "moved/") == "NOTDIR"
    guest.unlink("moved")
    assert os.listdir(root) == ["dir"]


@needs_links
@pytest.mark.skipif(sys.implementation.name == "pypy", reason="PyPy 7.3 cannot make hard links to symbolic links")
def test_hard_links_to_symbolic_links(guest: TestGuest, root: Path) -> None:
    os.symlink("../secret/file", root / "link")
    guest.link("link", "hard")
    assert os.path.samestat(os.lstat(root / "hard"), os.lstat(root / "link"))


@needs_links
def test_times_of_links(guest: TestGuest, root: Path) -> None:
    (root / "file").touch()
    os.symlink("file", root / "link")
    if os.utime in os.supports_follow_symlinks:
        guest.run("path_filestat_set_times", 3, 0, *guest.path("link"), 0, 10**9, 4)
        assert os.lstat(root / "link").st_mtime_ns == 10**9
        assert (root / "file").stat().st_mtime_ns != 10**9
    guest.run("path_filestat_set_times", 3, FOLLOW, *guest.path("link"), 0, 2 * 10**9, 4)
    assert (root / "file").stat().st_mtime_ns == 2 * 10**9


def test_times_of_directories(guest: TestGuest, root: Path) -> None:
    guest.run("fd_filestat_set_times", 3, 0, 10**9, 4)
    assert root.stat().st_mtime_ns == 10**9
    assert errno(guest.stat, "none/") == "NOENT"
    assert guest.call("path_filestat_set_times", 3, 0, *guest.path("none"), 0, 0, 4) == Errno.NOENT


def test_a_read_only_directory(reader: TestGuest, root: Path) -> None:
    (root / "dir").mkdir()
    (root / "file").write_bytes(b"data")
    before = os.stat(root / "file")
    changes = [
        (reader.open, "file", 0, WRITE),
        (reader.open, "file", 0, BOTH),
        (reader.open, "file", TRUNC),
        (reader.open, "file", CREAT),
        (reader.open, "new", CREAT),
        (reader.mkdir, "new"),
        (reader.rmdir, "dir"),
        (reader.unlink, "file"),
        (reader.rename, "file", "new"),
        (reader.link, "file", "new"),
        (reader.symlink, "file", "new"),
        (reader.run, "path_filestat_set_times", 3, 0, *reader.path("file"), 0, 0, 8),
        (reader.run, "fd_filestat_set_times", 3, 0, 0, 8),
    ]
    for call, *values in changes:
        assert errno(call, *values) == "ROFS"
    fd = reader.open("file")
    assert reader.read(fd, 9) == b"data"
    assert reader.call("fd_filestat_set_times", fd, 0, 0, 8) == Errno.ROFS
    assert reader.call("fd_filestat_set_size", fd, 0) == Errno.INVAL
    assert [entry.name for entry in reader.entries(3)] == [b".", b"..", b"dir", b"file"]
    nested = reader.open("dir", DIRECTORY)
    assert errno(reader.mkdir, "new", fd=nested) == "ROFS"
    assert errno(reader.open, "new", CREAT, READ, fd=nested) == "ROFS"
    assert sorted(os.listdir(root)) == ["dir", "file"]
    assert os.stat(root / "file").st_mtime_ns == before.st_mtime_ns


def test_nothing_moves_out_of_or_into_a_read_only_directory(host_kind: str, tmp_path: Path) -> None:
    for name in ("writable", "fixed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(name.encode())
    with TestGuest(preopens={"/w": tmp_path / "writable", "/r": (tmp_path / "fixed", True)}) as guest:
        for call in (guest.rename, guest.link):
            assert errno(call, "file", "new", fd=3, new_fd=4) == "ROFS"
            assert errno(call, "file", "new", fd=4, new_fd=3) == "ROFS"
        guest.rename("file", "new", fd=3, new_fd=3)
    assert os.listdir(tmp_path / "fixed") == ["file"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        (b"file.txt", True),
        (b"console", True),
        (b"com10", True),
        ("ä".encode(), True),
        (b"a\\b", False),
        (b"C:", False),
        (b"file:stream", False),
        (b"nul", False),
        (b"NUL.txt", False),
        (b"com1 .x", False),
        (b"CONIN$", False),
        (b"dir.", False),
        (b"dir ", False),
        (b"...", False),
        (b"a\x01", False),
        (b"a*", False),
    ],
)
def test_names_that_mean_something_else_on_windows(name: bytes, plain: bool) -> None:
    assert is_plain_windows_name(name) == plain
