"""A guest without wasm: calls the functions of preview 1 as a C library would."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from wasm2py.runtime.memory import Memory
from wasm2py.runtime.wasi import Errno, Wasi

READ = 1 << 1
WRITE = 1 << 6
BOTH = READ | WRITE

CREAT, DIRECTORY, EXCL, TRUNC = 1, 2, 4, 8
APPEND, DSYNC, NONBLOCK, RSYNC, SYNC = 1, 2, 4, 8, 16
FOLLOW = 1
SET, CUR, END = 0, 1, 2

#: Where results go; arguments are laid out from `_ARGUMENTS` on.
RESULT = 16
_ARGUMENTS = 1024


class Stat(NamedTuple):
    dev: int
    ino: int
    filetype: int
    nlink: int
    size: int
    atim: int
    mtim: int
    ctim: int


class Fdstat(NamedTuple):
    filetype: int
    flags: int
    base: int
    inheriting: int


class Entry(NamedTuple):
    next: int
    ino: int
    type: int
    name: bytes


class FailedError(Exception):
    """A function gave an errno other than success."""

    def __init__(self, errno: int) -> None:
        super().__init__(Errno(errno))
        self.errno = errno


class TestGuest:
    """One `Wasi` with a memory of a page; methods raise `FailedError`, `call` and `errno` give the number."""

    __test__ = False

    def __init__(self, *args: Any, **keywords: Any) -> None:
        self.wasi = Wasi(*args, **keywords)
        self.memory = Memory(1)
        self.wasi.bind(self.memory)
        self.functions = {name: function for name, (_, function) in self.wasi.functions().items()}
        self._next = _ARGUMENTS

    def __enter__(self) -> TestGuest:
        return self

    def __exit__(self, *error: object) -> None:
        self.wasi.close()

    def call(self, name: str, *values: int) -> int:
        """The errno; what was put in memory for this call is given up."""
        self._next = _ARGUMENTS
        return self.functions[name](*values)

    def run(self, name: str, *values: int) -> None:
        errno = self.call(name, *values)
        if errno:
            raise FailedError(errno)

    def put(self, data: bytes) -> int:
        address = self._next
        self.memory.write(address, data)
        self._next = (address + len(data) + 7) & ~7
        return address

    def path(self, path: str | bytes) -> tuple[int, int]:
        data = path if isinstance(path, bytes) else path.encode()
        return self.put(data), len(data)

    def u32(self, address: int = RESULT) -> int:
        return self.memory.read_u32(address)

    def u64(self, address: int = RESULT) -> int:
        return self.memory.read_u64(address)

    # Descriptors

    def open(
        self, path: str | bytes, oflags: int = 0, rights: int = READ, fdflags: int = 0, flags: int = 0, fd: int = 3
    ) -> int:
        self.run("path_open", fd, flags, *self.path(path), oflags, rights, 0, fdflags, RESULT)
        return self.u32()

    def close(self, fd: int) -> None:
        self.run("fd_close", fd)

    def iovecs(self, *buffers: tuple[int, int]) -> tuple[int, int]:
        return self.put(b"".join(struct.pack("<II", *buffer) for buffer in buffers)), len(buffers)

    def write(self, fd: int, *pieces: bytes) -> int:
        self.run("fd_write", fd, *self.iovecs(*[self.path(piece) for piece in pieces]), RESULT)
        return self.u32()

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        self.run("fd_pwrite", fd, *self.iovecs(self.path(data)), offset, RESULT)
        return self.u32()

    def read(self, fd: int, *sizes: int) -> bytes:
        buffers = [(self.put(bytes(size)), size) for size in sizes]
        self.run("fd_read", fd, *self.iovecs(*buffers), RESULT)
        return self._gather(buffers)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        buffers = [(self.put(bytes(size)), size)]
        self.run("fd_pread", fd, *self.iovecs(*buffers), offset, RESULT)
        return self._gather(buffers)

    def _gather(self, buffers: list[tuple[int, int]]) -> bytes:
        return b"".join(self.memory.read(*buffer) for buffer in buffers)[: self.u32()]

    def seek(self, fd: int, offset: int, whence: int = SET) -> int:
        self.run("fd_seek", fd, offset, whence, RESULT)
        return self.u64()

    def tell(self, fd: int) -> int:
        self.run("fd_tell", fd, RESULT)
        return self.u64()

    def fdstat(self, fd: int) -> Fdstat:
        self.run("fd_fdstat_get", fd, RESULT)
        return Fdstat(*struct.unpack("<BxH4xQQ", self.memory.read(RESULT, 24)))

    def fstat(self, fd: int) -> Stat:
        self.run("fd_filestat_get", fd, RESULT)
        return self._stat()

    def stat(self, path: str | bytes, flags: int = 0, fd: int = 3) -> Stat:
        self.run("path_filestat_get", fd, flags, *self.path(path), RESULT)
        return self._stat()

    def _stat(self) -> Stat:
        return Stat(*struct.unpack("<QQB7xQQQQQ", self.memory.read(RESULT, 64)))

    def readdir(self, fd: int, size: int = 4096, cookie: int = 0) -> bytes:
        """The bytes as they come."""
        address = self.put(bytes(size))
        self.run("fd_readdir", fd, address, size, cookie, RESULT)
        return self.memory.read(address, self.u32())

    def entries(self, fd: int, size: int = 4096, cookie: int = 0) -> list[Entry]:
        """The entries that are there in full."""
        data, found = self.readdir(fd, size, cookie), []
        while len(data) >= 24:
            next_, ino, length, type_ = struct.unpack_from("<QQIB", data)
            name, data = data[24 : 24 + length], data[24 + length :]
            if len(name) == length:
                found.append(Entry(next_, ino, type_, name))
        return found

    # Paths

    def mkdir(self, path: str | bytes, fd: int = 3) -> None:
        self.run("path_create_directory", fd, *self.path(path))

    def rmdir(self, path: str | bytes, fd: int = 3) -> None:
        self.run("path_remove_directory", fd, *self.path(path))

    def unlink(self, path: str | bytes, fd: int = 3) -> None:
        self.run("path_unlink_file", fd, *self.path(path))

    def rename(self, old: str | bytes, new: str | bytes, fd: int = 3, new_fd: int = 3) -> None:
        self.run("path_rename", fd, *self.path(old), new_fd, *self.path(new))

    def symlink(self, target: str | bytes, path: str | bytes, fd: int = 3) -> None:
        self.run("path_symlink", *self.path(target), fd, *self.path(path))

    def link(self, old: str | bytes, new: str | bytes, flags: int = 0, fd: int = 3, new_fd: int = 3) -> None:
        self.run("path_link", fd, flags, *self.path(old), new_fd, *self.path(new))

    def readlink(self, path: str | bytes, size: int = 256, fd: int = 3) -> bytes:
        address = self.put(bytes(size))
        self.run("path_readlink", fd, *self.path(path), address, size, RESULT)
        return self.memory.read(address, self.u32())


def errno(call: Any, *values: Any, **keywords: Any) -> str:
    """The name of the errno that a call of a guest's method gives."""
    try:
        call(*values, **keywords)
    except FailedError as failed:
        return Errno(failed.errno).name
    return "SUCCESS"
