"""File descriptors: the table, and what every kind of descriptor answers to."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator, Sequence

from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.types import Filetype, filetype_of

_U64 = 0xFFFFFFFFFFFFFFFF

#: dev, ino, filetype, nlink, size, atim, mtim, ctim
Filestat = tuple[int, int, int, int, int, int, int, int]


def filestat(status: os.stat_result) -> Filestat:
    """The fields of the `filestat` record; times are nanoseconds since 1970, earlier ones are given as 0."""
    times = (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
    atim, mtim, ctim = (min(max(time, 0), _U64) for time in times)
    filetype = filetype_of(status.st_mode)
    return status.st_dev & _U64, status.st_ino & _U64, filetype, status.st_nlink, status.st_size, atim, mtim, ctim


class Descriptor:
    """An open file, directory or stream.

    Every method raises `WasiError(BADF)` where its kind has no such operation, which is what guests get.  Buffers are
    views of guest memory, none of them empty; sizes and offsets are bytes, times nanoseconds.
    """

    filetype = Filetype.UNKNOWN
    flags = 0
    rights_base = 0
    rights_inheriting = 0

    def read(self, buffers: Sequence[memoryview]) -> int:
        raise WasiError(Errno.BADF)

    def write(self, buffers: Sequence[memoryview]) -> int:
        raise WasiError(Errno.BADF)

    def pread(self, buffers: Sequence[memoryview], offset: int) -> int:
        raise WasiError(Errno.BADF)

    def pwrite(self, buffers: Sequence[memoryview], offset: int) -> int:
        raise WasiError(Errno.BADF)

    def seek(self, offset: int, whence: int) -> int:
        raise WasiError(Errno.BADF)

    def set_flags(self, flags: int) -> None:
        raise WasiError(Errno.BADF)

    def stat(self) -> Filestat:
        raise WasiError(Errno.BADF)

    def set_size(self, size: int) -> None:
        raise WasiError(Errno.BADF)

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        """None leaves a time as it is."""
        raise WasiError(Errno.BADF)

    def sync(self, data_only: bool) -> None:
        raise WasiError(Errno.BADF)

    def advise(self, offset: int, size: int, advice: int) -> None:
        raise WasiError(Errno.BADF)

    def allocate(self, offset: int, size: int) -> None:
        raise WasiError(Errno.BADF)

    def readable(self) -> tuple[int, int]:
        """Bytes that can be read at once (at least 1 if unknown), and event flags."""
        raise WasiError(Errno.BADF)

    def writable(self) -> tuple[int, int]:
        """Bytes that can be written at once (1 if unknown), and event flags."""
        raise WasiError(Errno.BADF)

    def selectable(self) -> int | None:
        """A host descriptor to wait for with `select`; None for what never blocks."""
        return None

    def close(self) -> None:
        """Release what the host holds; may be called again."""


class DescriptorTable:
    """The guest's descriptors by number; a new one gets the lowest free number."""

    def __init__(self) -> None:
        self._open: dict[int, Descriptor] = {}
        self._free: list[int] = []

    def __getitem__(self, fd: int) -> Descriptor:
        try:
            return self._open[fd]
        except KeyError:
            raise WasiError(Errno.BADF) from None

    def __iter__(self) -> Iterator[Descriptor]:
        return iter(list(self._open.values()))

    def add(self, descriptor: Descriptor) -> int:
        fd = heapq.heappop(self._free) if self._free else len(self._open)
        self._open[fd] = descriptor
        return fd

    def remove(self, fd: int) -> Descriptor:
        descriptor = self[fd]
        del self._open[fd]
        heapq.heappush(self._free, fd)
        return descriptor

    def renumber(self, fd: int, to: int) -> None:
        """Move `fd` to the number of the open descriptor `to`, which is closed."""
        moved, replaced = self[fd], self[to]
        if fd != to:
            self.remove(fd)
            self._open[to] = moved
            replaced.close()

    def close(self) -> None:
        """Close everything, as the end of a process does."""
        for descriptor in self:
            descriptor.close()
        self._open.clear()
        self._free.clear()
