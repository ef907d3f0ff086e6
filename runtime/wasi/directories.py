"""Open directories: listing, and the start of paths."""

from __future__ import annotations

from collections.abc import Iterator

from wasm2py.runtime.wasi.descriptors import Descriptor, Filestat, filestat
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.files import merged_times
from wasm2py.runtime.wasi.hostdirs import DirectoryEntry, HostDir
from wasm2py.runtime.wasi.resolve import Location, resolve
from wasm2py.runtime.wasi.types import DIRENT, RIGHTS_DIRECTORY, RIGHTS_FILE, Filetype

_U64 = 0xFFFFFFFFFFFFFFFF


class Directory(Descriptor):
    """A directory that the guest has open; `preopen` is the guest path (UTF-8) of one that it started with."""

    filetype = Filetype.DIRECTORY
    rights_base = RIGHTS_DIRECTORY
    rights_inheriting = RIGHTS_DIRECTORY | RIGHTS_FILE

    def __init__(self, host: HostDir, read_only: bool, preopen: bytes | None = None) -> None:
        self.host = host
        self.read_only = read_only
        self.preopen = preopen
        self._entries: list[DirectoryEntry] | None = None

    def resolve(self, path: bytes, follow: bool = False) -> Location:
        """Where a path leads that is only looked at."""
        return resolve(self.host, path, follow)

    def resolve_for_change(self, path: bytes, follow: bool = False) -> Location:
        """Where a path leads at which something is to change; ROFS in a read-only directory."""
        if self.read_only:
            raise WasiError(Errno.ROFS)
        return resolve(self.host, path, follow)

    def stat(self) -> Filestat:
        return filestat(self.host.stat(b"."))

    def set_times(self, atim: int | None, mtim: int | None) -> None:
        if self.read_only:
            raise WasiError(Errno.ROFS)
        self.host.utime(b".", merged_times(self.host.stat(b"."), atim, mtim))

    def list_from(self, cookie: int, size: int) -> bytes:
        """`dirent` records with their names from entry `cookie` on, cut off after `size` bytes.

        A cookie is the number of an entry.  The listing is taken when entry 0 is asked for, and later calls go on in
        it, so that what is created or removed meanwhile moves no entry to another cookie.
        """
        if self._entries is None or cookie == 0:
            self._entries = [*self._dots(), *self.host.entries()]
        chunks: list[bytes] = []
        for record in _records(self._entries, cookie):
            chunks.append(record)
            size -= len(record)
            if size <= 0:
                chunks[-1] = record[: len(record) + size]
                break
        return b"".join(chunks)

    def _dots(self) -> list[DirectoryEntry]:
        """`..` has the inode of `.`, for what is above is none of the guest's business."""
        inode = self.host.stat(b".").st_ino
        return [(b".", inode, Filetype.DIRECTORY), (b"..", inode, Filetype.DIRECTORY)]

    def close(self) -> None:
        self.host.close()


def _records(entries: list[DirectoryEntry], cookie: int) -> Iterator[bytes]:
    for number in range(cookie, len(entries)):
        name, inode, filetype = entries[number]
        yield DIRENT.pack(number + 1, inode & _U64, len(name), filetype) + name
