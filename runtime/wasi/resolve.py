"""Guest paths: from a directory and a path to one name in one host directory, never outside where it began.

A path is walked component by component.  Directories passed through are kept open, so that `..` goes back to where the
walk came from; symbolic links are read and walked here, never by the system.  A path that would leave the directory it
starts at, by `..` or because it is absolute, itself or through a link, is not permitted (PERM, as in wasmtime).
"""

from __future__ import annotations

import os
from types import TracebackType

from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.hostdirs import HostDir

#: How many symbolic links one path may lead through, as on Linux.
MAX_LINKS = 40


class Location:
    """Where a path leads: `name` (`.` for the directory itself) in `parent`; to be used in a `with` statement.

    `must_be_dir` says that the path ended in a slash, so that nothing but a directory will do.
    """

    def __init__(self, base: HostDir, path: bytes) -> None:
        self._opened = [base]
        self._base = base
        self.name = b"."
        self.must_be_dir = path.endswith(b"/")

    @property
    def parent(self) -> HostDir:
        return self._opened[-1]

    def enter(self, name: bytes) -> None:
        self._opened.append(self.parent.child(name))

    def leave(self) -> None:
        if len(self._opened) == 1:
            raise WasiError(Errno.PERM)
        self._opened.pop().close()

    def __enter__(self) -> Location:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the directories that were passed through, but not the one where the path began."""
        for directory in reversed(self._opened[1:]):
            directory.close()
        del self._opened[1:]

    def require_type(self) -> None:
        """Raise NOENT or NOTDIR where the path ends in a slash and does not lead to a directory."""
        if self.must_be_dir:
            self.parent.child(self.name).close()


def resolve(base: HostDir, path: bytes, follow: bool) -> Location:
    """Walk `path` (UTF-8) from `base`; `follow` decides what happens if it ends at a symbolic link.

    The last component need not exist.  Raises `WasiError` or `OSError`.
    """
    check_path(path)
    location = Location(base, path)
    try:
        _walk(location, components(path), follow)
    except BaseException:
        location.close()
        raise
    return location


def check_path(path: bytes) -> None:
    """Refuse what is no path on any host, or starts at the root."""
    if not path:
        raise WasiError(Errno.NOENT)
    if b"\0" in path:
        raise WasiError(Errno.INVAL)
    if path.startswith(b"/"):
        raise WasiError(Errno.PERM)


def components(path: bytes) -> list[bytes]:
    """The components, last one first."""
    return [part for part in reversed(path.split(b"/")) if part]


def _walk(location: Location, todo: list[bytes], follow: bool) -> None:
    links = 0
    while todo:
        name = todo.pop()
        location.name = b"." if name == b".." else name
        if name == b"..":
            location.leave()
        elif name != b".":
            target = _step(location, name, follow) if not todo else _step_into(location, name)
            if target is not None:
                links += 1
                _check_link(target, links)
                location.must_be_dir |= not todo and target.endswith(b"/")
                location.name = b"."
                todo += components(target)


def _step(location: Location, name: bytes, follow: bool) -> bytes | None:
    """At the last component: the target of the link to follow, or None to stay."""
    if not follow:
        return None
    try:
        return location.parent.readlink(name)
    except OSError:  # not a link, or nothing at all: the caller's operation will tell
        return None


def _step_into(location: Location, name: bytes) -> bytes | None:
    """Enter a directory, or give the target if it is a symbolic link."""
    try:
        location.enter(name)
    except OSError:
        try:
            return location.parent.readlink(name)
        except OSError:
            pass
        raise
    return None


def _check_link(target: bytes, links: int) -> None:
    if links > MAX_LINKS:
        raise WasiError(Errno.LOOP)
    if is_absolute(target):
        raise WasiError(Errno.PERM)


def is_absolute(target: bytes) -> bool:
    """Whether a link's target starts at a root or, on Windows, at a drive."""
    return target.startswith(b"/") or (os.name == "nt" and (target.startswith(b"\\") or target[1:2] == b":"))
