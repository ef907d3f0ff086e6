"""Directories of the host, and what can be done with one name inside them.

No operation here follows a symbolic link, and none takes more than one path component: everything that leads elsewhere
is `resolve`'s business.  Where the system has `openat` and its kin, a directory is an open descriptor, so that what
happens to the path of that directory meanwhile makes no difference; elsewhere (Windows) it is a path.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from abc import ABC, abstractmethod
from typing import Self, TypeAlias

from wasm2py.runtime.wasi.types import Filetype, filetype_of

#: A directory entry: name, inode, file type.
DirectoryEntry: TypeAlias = tuple[bytes, int, Filetype]

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_COMMON = _NOFOLLOW | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
#: How directories on the way to something are opened: O_PATH asks for no right to list them.
_TRAVERSE = getattr(os, "O_PATH", os.O_RDONLY) | _DIRECTORY | _COMMON

#: PyPy 7.3 refuses to link anything (EINVAL) if told not to follow symbolic links.
_PYPY = sys.implementation.name == "pypy"

_REPARSE_POINT = 0x400
_WINDOWS_FORBIDDEN = frozenset(b'<>:"\\|?*') | frozenset(range(32))
_WINDOWS_DEVICES = frozenset(
    [b"CON", b"PRN", b"AUX", b"NUL", b"CONIN$", b"CONOUT$"]
    + [b"%s%d" % (kind, n) for kind in (b"COM", b"LPT") for n in range(10)]
)


class HostDir(ABC):
    """A directory; `name` is one component, neither empty nor `..`, and `.` is the directory itself.

    Methods raise `OSError` as the system does.
    """

    @abstractmethod
    def child(self, name: bytes) -> Self:
        """The directory `name`, to go through; NOTDIR or LOOP where it is something else."""

    @abstractmethod
    def open(self, name: bytes, flags: int) -> int | Self:
        """Open a file as a host descriptor, or a directory for listing; `flags` are the host's."""

    @abstractmethod
    def readlink(self, name: bytes) -> bytes: ...

    @abstractmethod
    def stat(self, name: bytes) -> os.stat_result: ...

    @abstractmethod
    def utime(self, name: bytes, times: tuple[int, int]) -> None:
        """Set access and modification time, in nanoseconds."""

    @abstractmethod
    def mkdir(self, name: bytes) -> None: ...

    @abstractmethod
    def rmdir(self, name: bytes) -> None: ...

    @abstractmethod
    def unlink(self, name: bytes) -> None: ...

    @abstractmethod
    def symlink(self, target: bytes, name: bytes) -> None: ...

    @abstractmethod
    def link(self, name: bytes, other: Self, new_name: bytes) -> None: ...

    @abstractmethod
    def rename(self, name: bytes, other: Self, new_name: bytes) -> None: ...

    @abstractmethod
    def entries(self) -> list[DirectoryEntry]:
        """All entries but `.` and `..`, sorted by name; not for a `child`."""

    @abstractmethod
    def close(self) -> None: ...


class DescriptorDir(HostDir):
    """A directory as an open descriptor."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    @classmethod
    def open_path(cls, path: str | bytes) -> Self:
        return cls(os.open(path, os.O_RDONLY | _DIRECTORY | getattr(os, "O_CLOEXEC", 0)))

    def child(self, name: bytes) -> Self:
        return type(self)(os.open(name, _TRAVERSE, dir_fd=self.fd))

    def open(self, name: bytes, flags: int) -> int | Self:
        fd = os.open(name, flags | _COMMON, 0o666, dir_fd=self.fd)
        return type(self)(fd) if stat.S_ISDIR(os.fstat(fd).st_mode) else fd

    def readlink(self, name: bytes) -> bytes:
        return os.readlink(name, dir_fd=self.fd)

    def stat(self, name: bytes) -> os.stat_result:
        return os.stat(name, dir_fd=self.fd, follow_symlinks=False)

    def utime(self, name: bytes, times: tuple[int, int]) -> None:
        os.utime(name, ns=times, dir_fd=self.fd, follow_symlinks=False)

    def mkdir(self, name: bytes) -> None:
        os.mkdir(name, dir_fd=self.fd)

    def rmdir(self, name: bytes) -> None:
        os.rmdir(name, dir_fd=self.fd)

    def unlink(self, name: bytes) -> None:
        os.unlink(name, dir_fd=self.fd)

    def symlink(self, target: bytes, name: bytes) -> None:
        os.symlink(target, name, dir_fd=self.fd)

    def link(self, name: bytes, other: Self, new_name: bytes) -> None:
        try:
            os.link(name, new_name, src_dir_fd=self.fd, dst_dir_fd=other.fd, follow_symlinks=False)
        except OSError as error:
            if error.errno != errno.EINVAL or not _PYPY or stat.S_ISLNK(self.stat(name).st_mode):
                raise
            os.link(name, new_name, src_dir_fd=self.fd, dst_dir_fd=other.fd)

    def rename(self, name: bytes, other: Self, new_name: bytes) -> None:
        os.rename(name, new_name, src_dir_fd=self.fd, dst_dir_fd=other.fd)

    def entries(self) -> list[DirectoryEntry]:
        with os.scandir(self.fd) as scan:
            return sorted(_entry(entry) for entry in scan)

    def close(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        self.close()


class PathDir(HostDir):
    """A directory as an absolute path without symbolic links, for hosts that cannot do better."""

    def __init__(self, path: str) -> None:
        self.path = path

    @classmethod
    def open_path(cls, path: str | bytes) -> Self:
        real = os.path.realpath(os.fsdecode(path))
        os.scandir(real).close()  # fails as opening the directory would
        return cls(real)

    def _join(self, name: bytes) -> str:
        if name == b".":
            return self.path
        if os.name == "nt" and not is_plain_windows_name(name):
            raise FileNotFoundError(errno.ENOENT, "not a file name")
        return os.path.join(self.path, os.fsdecode(name))

    def child(self, name: bytes) -> Self:
        path = self._join(name)
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode) or getattr(status, "st_file_attributes", 0) & _REPARSE_POINT:
            raise NotADirectoryError(errno.ENOTDIR, "not a directory")
        return type(self)(path)

    def open(self, name: bytes, flags: int) -> int | Self:
        path = self._join(name)
        if os.path.islink(path) and not flags & os.O_EXCL:
            raise OSError(errno.ELOOP, "a symbolic link")
        if os.path.isdir(path):
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                raise IsADirectoryError(errno.EISDIR, "a directory")
            return self.child(name)
        return os.open(path, flags | _COMMON, 0o666)

    def readlink(self, name: bytes) -> bytes:
        return os.fsencode(os.readlink(self._join(name)))

    def stat(self, name: bytes) -> os.stat_result:
        return os.lstat(self._join(name))

    def utime(self, name: bytes, times: tuple[int, int]) -> None:
        if os.utime in os.supports_follow_symlinks:
            os.utime(self._join(name), ns=times, follow_symlinks=False)
        else:
            os.utime(self._join(name), ns=times)

    def mkdir(self, name: bytes) -> None:
        os.mkdir(self._join(name))

    def rmdir(self, name: bytes) -> None:
        os.rmdir(self._join(name))

    def unlink(self, name: bytes) -> None:
        os.unlink(self._join(name))

    def symlink(self, target: bytes, name: bytes) -> None:
        os.symlink(os.fsdecode(target), self._join(name))

    def link(self, name: bytes, other: Self, new_name: bytes) -> None:
        if os.link in os.supports_follow_symlinks and not _PYPY:
            os.link(self._join(name), other._join(new_name), follow_symlinks=False)
        else:
            os.link(self._join(name), other._join(new_name))

    def rename(self, name: bytes, other: Self, new_name: bytes) -> None:
        os.replace(self._join(name), other._join(new_name))

    def entries(self) -> list[DirectoryEntry]:
        with os.scandir(self.path) as scan:
            return sorted(_entry(entry) for entry in scan)

    def close(self) -> None:
        """A path holds nothing."""


def _entry(entry: os.DirEntry[str]) -> DirectoryEntry:
    return os.fsencode(entry.name), entry.inode(), _entry_type(entry)


def _entry_type(entry: os.DirEntry[str]) -> Filetype:
    """The type without asking the system once more, where the listing gave it."""
    if entry.is_symlink():
        return Filetype.SYMBOLIC_LINK
    if entry.is_dir(follow_symlinks=False):
        return Filetype.DIRECTORY
    if entry.is_file(follow_symlinks=False):
        return Filetype.REGULAR_FILE
    return filetype_of(entry.stat(follow_symlinks=False).st_mode)


def is_plain_windows_name(name: bytes) -> bool:
    """Whether Windows takes `name` as one component that names a file: no separator, drive, stream or device."""
    stem = name.split(b".")[0].rstrip(b" ").upper()
    return not (_WINDOWS_FORBIDDEN & set(name) or name[-1:] in (b".", b" ") or stem in _WINDOWS_DEVICES)


_NEEDED = (os.open, os.stat, os.mkdir, os.rmdir, os.unlink, os.rename, os.link, os.symlink, os.readlink, os.utime)
HAS_DIR_FD = os.supports_dir_fd.issuperset(_NEEDED) and os.scandir in os.supports_fd and bool(_NOFOLLOW)


def open_host_dir(path: str | bytes) -> HostDir:
    """The host directory `path`, for listing and as a starting point; `OSError` where there is none."""
    return DescriptorDir.open_path(path) if HAS_DIR_FD else PathDir.open_path(path)
