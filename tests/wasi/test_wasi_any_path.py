"""Any path among any links: what a guest gets is what the host finds there, or nothing."""

from __future__ import annotations

import errno as host_errno
import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wasi.guest import FOLLOW, FailedError, TestGuest
from wasm2py.runtime.wasi import Errno, hostdirs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")

_NAMES = st.sampled_from(["a", "b", "c", "dir", "dir/sub", "dir/sub/a", "file", "dir/file", "dir/a"])
_PARTS = st.sampled_from(["a", "b", "c", "dir", "sub", "file", "..", ".", "", "outside", "root"])
_PATHS = st.lists(_PARTS, min_size=1, max_size=8).map("/".join)
_LINKS = st.dictionaries(_NAMES, _PATHS.filter(bool), max_size=6)


def _populate(top: Path, links: dict[str, str]) -> Path:
    root = top / "root"
    (root / "dir" / "sub").mkdir(parents=True)
    (top / "outside" / "dir").mkdir(parents=True)
    for path in (root / "file", root / "dir" / "file", top / "outside" / "file"):
        path.touch()
    for name, target in links.items():
        parent = (root / name).parent
        if parent.is_dir() and parent.resolve().is_relative_to(root.resolve()) and not os.path.lexists(root / name):
            os.symlink(target, root / name)
    return root


def _host(root: Path, path: str) -> tuple[str, int]:
    """The inode that the host finds, or the name of its error."""
    try:
        return "", os.stat(f"{root}/{path}").st_ino
    except OSError as error:
        return host_errno.errorcode[error.errno or 0].removeprefix("E"), 0


def _guest(guest: TestGuest, path: str) -> tuple[str, int]:
    try:
        return "", guest.stat(path, FOLLOW).ino
    except FailedError as failed:
        return Errno(failed.errno).name, 0


def _may_leave(path: str, links: dict[str, str]) -> bool:
    return any(text.startswith("/") or ".." in text.split("/") for text in (path, *links.values()))


@pytest.mark.parametrize("by_descriptor", [True, False])
@given(links=_LINKS, paths=st.lists(_PATHS, min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_path(by_descriptor: bool, links: dict[str, str], paths: list[str]) -> None:
    make = hostdirs.DescriptorDir.open_path if by_descriptor else hostdirs.PathDir.open_path
    with tempfile.TemporaryDirectory() as top:
        root = _populate(Path(top), links)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("wasm2py.runtime.wasi.open_host_dir", make)
            guest = TestGuest(preopens={"/": root})
        with guest:
            for path in paths:
                found = _guest(guest, path)
                if found[0] == "PERM":
                    assert _may_leave(path, links), path
                elif found[0] == "NOENT" and not path:
                    continue
                else:
                    assert found == _host(root, path), path
                    assert found[0] or Path(root, path).resolve().is_relative_to(root.resolve()), path
