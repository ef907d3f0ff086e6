"""Attempts to leave a preopened directory: every one fails, and changes nothing outside."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wasi.guest import BOTH, CREAT, DIRECTORY, FOLLOW, READ, TRUNC, WRITE, TestGuest, errno

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")

#: Paths that lead outside, given the links and directories that `crowded` makes.
ESCAPES = [
    "..",
    "../",
    "../secret",
    "../secret/file",
    "../root",
    "../root/dir",
    "./../secret/file",
    "dir/../../secret/file",
    "dir/nested/../../../secret/file",
    ".././../secret/file",
    "dir//..//..//secret/file",
    "/",
    "//",
    "/etc/passwd",
    "/dir",
    "up/secret/file",
    "to_up/secret/file",
    "dir/up2/secret/file",
    "dir/up2/root/dir",
    "absolute/file",
    "absolute/.",
    "absolute_slash/etc/passwd",
    "chain1/secret/file",
    "to_dir/../../secret/file",
    "dir/nested/back/../../secret/file",
]

#: Paths that end at a link that leads outside: followed, they fail; else they are only links.
FINAL_LINKS = ["up", "to_up", "dir/up2", "absolute", "absolute_file", "chain1", "link_to_secret"]


@pytest.fixture
def crowded(guest: TestGuest, root: Path, tmp_path: Path) -> TestGuest:
    """The sandbox, full of ways out that somebody else has put there."""
    (root / "dir" / "nested").mkdir(parents=True)
    (root / "dir" / "inside").write_bytes(b"inside")
    links = {
        "up": "..",
        "to_up": "up",
        "dir/up2": "../..",
        "dir/nested/back": "../../dir",
        "to_dir": "dir",
        "absolute": str(tmp_path / "secret"),
        "absolute_file": str(tmp_path / "secret" / "file"),
        "absolute_slash": "/",
        "chain1": "chain2",
        "chain2": "dir/chain3",
        "dir/chain3": "../..",
        "link_to_secret": "../secret/file",
    }
    for name, target in links.items():
        os.symlink(target, root / name)
    return guest


def _census(directory: Path) -> dict[str, tuple[int, int, int]]:
    """Everything under a directory, by path: inode, size, time of change."""
    found: Iterator[tuple[str, list[str], list[str]]] = os.walk(directory)
    paths = [os.path.join(at, name) for at, directories, files in found for name in (*directories, *files, ".")]
    return {path: (s.st_ino, s.st_size, s.st_mtime_ns) for path in paths for s in [os.lstat(path)]}


def _attempts(guest: TestGuest, path: str, flags: int) -> list[tuple[str, Callable[[], object]]]:
    return [
        ("open", lambda: guest.open(path, flags=flags)),
        ("open to write", lambda: guest.open(path, 0, WRITE, flags=flags)),
        ("open to truncate", lambda: guest.open(path, TRUNC, BOTH, flags=flags)),
        ("open to create", lambda: guest.open(path, CREAT, BOTH, flags=flags)),
        ("open a directory", lambda: guest.open(path, DIRECTORY, READ, flags=flags)),
        ("stat", lambda: guest.stat(path, flags)),
        ("set times", lambda: guest.run("path_filestat_set_times", 3, flags, *guest.path(path), 0, 0, 5)),
    ]


def _changes(guest: TestGuest, path: str) -> list[tuple[str, Callable[[], object]]]:
    return [
        ("mkdir", lambda: guest.mkdir(f"{path}/new")),
        ("rmdir", lambda: guest.rmdir(path)),
        ("unlink", lambda: guest.unlink(path)),
        ("rename from", lambda: guest.rename(path, "stolen")),
        ("rename to", lambda: guest.rename("dir/inside", path)),
        ("link from", lambda: guest.link(path, "stolen")),
        ("link to", lambda: guest.link("dir/inside", path)),
        ("symlink", lambda: guest.symlink("x", path)),
        ("readlink", lambda: guest.readlink(path)),
    ]


@pytest.mark.parametrize("path", ESCAPES)
def test_paths_that_lead_outside(crowded: TestGuest, tmp_path: Path, path: str) -> None:
    before = _census(tmp_path)
    attempts = _attempts(crowded, path, 0) + _attempts(crowded, path, FOLLOW) + _changes(crowded, path)
    assert {name: errno(attempt) for name, attempt in attempts} == {name: "PERM" for name, _ in attempts}
    assert _census(tmp_path) == before


@pytest.mark.parametrize("path", FINAL_LINKS)
def test_links_that_lead_outside(crowded: TestGuest, tmp_path: Path, path: str) -> None:
    before = _census(tmp_path / "secret")
    for name, attempt in _attempts(crowded, path, FOLLOW) + _attempts(crowded, f"{path}/", 0):
        assert errno(attempt) == "PERM", name
    assert {errno(crowded.open, path), errno(crowded.open, path, DIRECTORY)} <= {"LOOP", "NOTDIR"}
    assert errno(crowded.open, path, CREAT, BOTH) == "LOOP"
    assert crowded.stat(path).filetype == 7
    crowded.rename(path, "moved")
    crowded.unlink("moved")
    assert _census(tmp_path / "secret") == before


@pytest.mark.parametrize("path", ["absolute", "absolute_file", "absolute_slash"])
def test_targets_that_tell_of_the_host_are_not_shown(crowded: TestGuest, path: str) -> None:
    assert errno(crowded.readlink, path) == "PERM"


def test_paths_that_only_look_as_if(crowded: TestGuest) -> None:
    for path in (
        "dir/../dir/inside",
        "dir/nested/../inside",
        "./dir/./inside",
        "dir//inside",
        "to_dir/inside",
        "to_dir/../dir/inside",
        "dir/nested/back/inside",
        "dir/nested/back/nested/../inside",
    ):
        assert crowded.read(crowded.open(path), 9) == b"inside", path
    for path in ("dir/..", "dir/../", "to_dir/..", "dir/nested/back/.."):
        assert crowded.stat(path) == crowded.fstat(3), path
    assert errno(crowded.open, "..dir") == "NOENT"
    assert errno(crowded.open, "...") == "NOENT"


def test_a_directory_opened_inside_is_a_sandbox_of_its_own(crowded: TestGuest) -> None:
    fd = crowded.open("dir", DIRECTORY)
    for path in ("..", "../dir/inside", "up2", "nested/back"):
        assert errno(crowded.open, path, flags=FOLLOW, fd=fd) == "PERM"
    assert errno(crowded.rename, "inside", "../out", fd=fd, new_fd=fd) == "PERM"
    assert errno(crowded.rename, "inside", "moved", fd=fd, new_fd=3) == "SUCCESS"


def test_links_that_the_guest_makes(crowded: TestGuest, root: Path, tmp_path: Path) -> None:
    for target in ("/", "/etc", str(tmp_path / "secret")):
        assert errno(crowded.symlink, target, "new") == "PERM"
    crowded.symlink("../secret", "new")
    crowded.symlink("dir/new2", "new1")
    crowded.symlink("../new", "dir/new2")
    for path in ("new/file", "new1/file", "dir/new2/file"):
        assert errno(crowded.open, path) == "PERM"
    assert crowded.readlink("new") == b"../secret"


def test_a_link_that_becomes_one_by_moving(crowded: TestGuest) -> None:
    """Where a link leads depends on where it is when it is followed."""
    crowded.symlink("../../dir/inside", "dir/nested/deep")
    assert crowded.read(crowded.open("dir/nested/deep", flags=FOLLOW), 9) == b"inside"
    crowded.rename("dir/nested/deep", "dir/deep")
    assert errno(crowded.open, "dir/deep", flags=FOLLOW) == "PERM"


def test_loops(crowded: TestGuest, root: Path) -> None:
    os.symlink("loop", root / "loop")
    os.symlink("loop2", root / "loop1")
    os.symlink("loop1/x", root / "loop2")
    for path in ("loop/x", "loop1/x", "loop1/../dir"):
        assert errno(crowded.open, path) == "LOOP"
    assert errno(crowded.open, "loop", flags=FOLLOW) == "LOOP"
    assert errno(crowded.stat, "loop1", FOLLOW) == "LOOP"


def test_as_many_links_as_the_system_follows(guest: TestGuest, root: Path) -> None:
    (root / "link0").write_bytes(b"end")
    for n in range(41):
        os.symlink(f"link{n}", root / f"link{n + 1}")
    assert guest.read(guest.open("link40", flags=FOLLOW), 9) == b"end"
    assert errno(guest.open, "link41", flags=FOLLOW) == "LOOP"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"", "NOENT"),
        (b"\0", "INVAL"),
        (b"dir\0/../../secret", "INVAL"),
        (b"dir/inside\0", "INVAL"),
        (b"\xff", "ILSEQ"),
        (b"\xed\xa0\x80", "ILSEQ"),
        (b"\xc0\xae\xc0\xae/secret", "ILSEQ"),
        (b"a/" * 2048, "NAMETOOLONG"),
        (b"./" * 2047, "SUCCESS"),
        (b"x" * 256, "NAMETOOLONG"),
    ],
)
def test_paths_that_are_none(guest: TestGuest, path: bytes, name: str) -> None:
    assert errno(guest.open, path) == name
    if name != "SUCCESS":
        assert errno(guest.stat, path) == errno(guest.rename, path, "new") == errno(guest.mkdir, path) == name


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="directories are held by path on this host")
def test_a_directory_that_the_host_moves_away(root: Path, tmp_path: Path) -> None:
    """What is open stays what it is; another directory at the same path is not the guest's."""
    with TestGuest(preopens={"/": root}) as guest:
        (root / "file").write_bytes(b"mine")
        root.rename(tmp_path / "moved")
        os.symlink(tmp_path / "secret", root)
        assert guest.read(guest.open("file"), 9) == b"mine"
        assert errno(guest.open, "../secret/file") == "PERM"


def test_a_host_path_through_links_is_the_host_s_business(host_kind: str, root: Path, tmp_path: Path) -> None:
    (root / "file").write_bytes(b"data")
    os.symlink(root, tmp_path / "link")
    with TestGuest(preopens={"/": tmp_path / "link"}) as guest:
        assert guest.read(guest.open("file"), 9) == b"data"
        assert errno(guest.open, "../secret/file") == "PERM"
