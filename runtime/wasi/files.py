"""Open regular files (and devices) of the host."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeAlias

from wasm2py.runtime.wasi.descriptors import Descriptor, Filestat, filestat
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.types import (
    EVENT_HANGUP,
    FDFLAGS_APPEND,
    FDFLAGS_DSYNC,
    FDFLAGS_NONBLOCK,
    FDFLAGS_RSYNC,
    FDFLAGS_SYNC,
    MAX_OFFSET,
    RIGHTS_FD_READ,
    RIGHTS_FD_WRITE,
    RIGHTS_FILE,
    Filetype,
    filetype_of,
)

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

#: Host flags for each fdflag; 0 where the host has none.
HOST_FLAGS = {
    FDFLAGS_APPEND: os.O_APPEND,
    FDFLAGS_DSYNC: getattr(os, "O_DSYNC", 0),
    FDFLAGS_NONBLOCK: getattr(os, "O_NONBLOCK", 0),
    FDFLAGS_RSYNC: getattr(os, "O_RSYNC", 0),
    FDFLAGS_SYNC: getattr(os, "O_SYNC", 0),
}

#: The most buffers that hosts take in one vectored call.
_IOV_MAX = 1024
#: What is read at once where it must be copied, however much a guest asks for.
_PIECE = 1 << 20

_Vectored: TypeAlias = Callable[[int, Sequence[memoryview]], int]
_VectoredAt: TypeAlias = Callable[[int, Sequence[memoryview], int], int]


def host_flags(flags: int) -> int:
    """The host's `open` flags for fdflags; NOTSUP where it lacks one that changes what a write promises."""
    result = 0
    for flag, host in HOST_FLAGS.items():
        if flags & flag:
            if not host and flag != FDFLAGS_NONBLOCK:
                raise WasiError(Errno.NOTSUP)
            result |= host
    return result


def _read_each(fd: int, buffers: Sequence[memoryview]) -> int:
    total = 0
    pieces = (buffer[start : start + _PIECE] for buffer in buffers for start in range(0, len(buffer), _PIECE))
    for piece in pieces:
        data = os.read(fd, len(piece))
        piece[: len(data)] = data
        total += len(data)
        if len(data) < len(piece):
            break
    return total


def _write_each(fd: int, buffers: Sequence[memoryview]) -> int:
    total = 0
    for buffer in buffers:
        written = os.write(fd, buffer)
        total += written
        if written < len(buffer):
            break
    return total


def _at_offset(transfer: _Vectored) -> _VectoredAt:
    """Transfer at an offset by moving there and back; Windows and PyPy have nothing better for several buffers."""

    def at_offset(fd: int, buffers: Sequence[memoryview], offset: int) -> int:
        position = os.lseek(fd, 0, os.SEEK_CUR)
        try:
            os.lseek(fd, offset, os.SEEK_SET)
            return transfer(fd, buffers)
        finally:
            os.lseek(fd, position, os.SEEK_SET)

    return at_offset


_readv: _Vectored = getattr(os, "readv", _read_each)
_writev: _Vectored = getattr(os, "writev", _write_each)
_preadv: _VectoredAt = getattr(os, "preadv", _at_offset(_read_each))
_pwritev: _VectoredAt = getattr(os, "pwritev", _at_offset(_write_each))


class File(Descriptor):
    """A host file descriptor that belongs to the guest; closed with it, or when it is forgotten."""

    rights_inheriting = 0

    def __init__(self, host: int, *, readable: bool, writable: bool, read_only: bool = False, flags: int = 0) -> None:
        self._host: int | None = host
        self.flags = flags
        self._read_only = read_only
        self.filetype: Filetype = filetype_of(os.fstat(host).st_mode)
        self.rights_base = RIGHTS_FILE & ~(0 if readable else RIGHTS_FD_READ) & ~(0 if writable else RIGHTS_FD_WRITE)

    @property
    def host(self) -> int:
        if self._host is None:
            raise WasiError(Errno.BADF)
        return self._host

    def _require(self, right: int) -> int:
        if not self.rights_base & right:
            raise WasiError(Errno.BADF)
        return self.host

    def read(self, buffers: Sequence[memoryview]) -> int:
        host = self._require(RIGHTS_FD_READ)
        return _readv(host, buffers[:_IOV_MAX]) if buffers else 0

    def write(self, buffers: Sequence[memoryview]) -> int:
        host = self._require(RIGHTS_FD_WRITE)
        return _writev(host, buffers[:_IOV_MAX]) if buffers else 0

    def pread(self, buffers: Sequence[memoryview], offset: int) -> int:
        host = self._require(RIGHTS_FD_READ)
        return _preadv(host, buffers[:_IOV_MAX], _checked(offset)) if buffers else 0

    def pwrite(self, buffers: Sequence[memoryview], offset: int) -> int:
        host = self._require(RIGHTS_FD_WRITE)
        return _pwritev(host, buffers[:_IOV_MAX], _checked(offset)) if buffers else 0

    def seek(self, offset: int, whence: int) -> int:
        return os.lseek(self.host, offset, whence)

    def set_flags(self, flags: int) -> None:
        """Only APPEND and NONBLOCK can change while a file is open."""
        if (flags ^ self.flags) & ~(FDFLAGS_APPEND | FDFLAGS_NONBLOCK):
            raise WasiError(Errno.INVAL)
        if fcntl is None:
            raise WasiError(Errno.NOTSUP)
        mutable = HOST_FLAGS[FDFLAGS_APPEND] | HOST_FLAGS[FDFLAGS_NONBLOCK]
        current = fcntl.fcntl(self.host, fcntl.F_GETFL)
        fcntl.fcntl(self.host, fcntl.F_SETFL, current & ~mutable | host_flags(flags) & mutable)
        self.flags = flags

    def stat(self) -> Filestat:
        return filestat(os.fstat(self.host))

    def set_size(self, size: int) -> None:
        os.ftruncate(self._writable_host(), _checked(size))

    def _writable_host(self) -> int:
        """As the system does, a file that was not opened for writing is not a valid argument."""
        if not self.rights_base & RIGHTS_FD_WRITE:
            raise WasiError(Errno.INVAL)
        return self.host

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        if os.utime not in os.supports_fd:
            raise WasiError(Errno.NOTSUP)
        if self._read_only:
            raise WasiError(Errno.ROFS)
        os.utime(self.host, ns=merged_times(os.fstat(self.host), atim, mtim))

    def sync(self, data_only: bool) -> None:
        synchronise = getattr(os, "fdatasync", os.fsync) if data_only else os.fsync
        synchronise(self.host)

    def advise(self, offset: int, size: int, advice: int) -> None:
        """Advice is only that: hosts without it do nothing."""
        host = self.host
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(host, _checked(offset), _checked(size), advice)

    def allocate(self, offset: int, size: int) -> None:
        host = self._require(RIGHTS_FD_WRITE)
        if not size:
            raise WasiError(Errno.INVAL)
        end = _checked(offset + size)
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(host, offset, size)
        elif os.fstat(host).st_size < end:
            os.ftruncate(host, end)

    def readable(self) -> tuple[int, int]:
        if not self.rights_base & RIGHTS_FD_READ:
            raise WasiError(Errno.BADF)
        if self.filetype != Filetype.REGULAR_FILE:
            return 1, 0
        left = os.fstat(self.host).st_size - os.lseek(self.host, 0, os.SEEK_CUR)
        return (left, 0) if left > 0 else (0, EVENT_HANGUP)

    def writable(self) -> tuple[int, int]:
        self._require(RIGHTS_FD_WRITE)
        return 1, 0

    def close(self) -> None:
        host, self._host = self._host, None
        if host is not None:
            os.close(host)

    def __del__(self) -> None:
        if getattr(self, "_host", None) is not None:
            self.close()


def merged_times(status: os.stat_result, atim: int | None, mtim: int | None) -> tuple[int, int]:
    """Both times in nanoseconds, the ones that are not to change from `status`."""
    times = (status.st_atime_ns if atim is None else atim, status.st_mtime_ns if mtim is None else mtim)
    if max(times) > MAX_OFFSET:
        raise WasiError(Errno.INVAL)
    return times


def _checked(offset: int) -> int:
    if offset > MAX_OFFSET:
        raise WasiError(Errno.INVAL)
    return offset
