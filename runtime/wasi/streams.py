"""Standard input, output and error: any binary file objects, or the process's own, taken anew at each use."""

from __future__ import annotations

import codecs
import io
import selectors
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TextIO, TypeAlias

from wasm2py.runtime.wasi.descriptors import Descriptor, Filestat
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.types import (
    FDFLAGS_APPEND,
    FDFLAGS_NONBLOCK,
    RIGHTS_FD_READ,
    RIGHTS_FD_WRITE,
    RIGHTS_POLL_FD_READWRITE,
    Filetype,
)

StandardName: TypeAlias = Literal["stdin", "stdout", "stderr"]

#: The most that is read at once: files make room for all that they are asked for.
_MOST = 1 << 20
#: Only CPython's `read1` leaves what it was not asked for where it is.
_READS_AHEAD = sys.implementation.name != "cpython"

#: Not epoll, which refuses regular files, and select only where it must be: it cannot take large descriptors.
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


def wait_for(interest: Mapping[int, int], seconds: float) -> dict[int, int]:
    """Wait until a host descriptor can be read or written; both maps are from descriptors to `selectors` events."""
    with _Selector() as selector:
        for fd, events in interest.items():
            selector.register(fd, events)
        return {key.fd: events for key, events in selector.select(seconds)}


class TextInput:
    """Makes bytes of a text stream that has no binary layer below it, such as a `StringIO` or a notebook's."""

    def __init__(self, text: TextIO) -> None:
        self.text = text
        self._pending = b""

    def read1(self, size: int) -> bytes:
        self._pending = self._pending or self.text.readline().encode("utf-8", "surrogateescape")
        data, self._pending = self._pending[:size], self._pending[size:]
        return data


class TextOutput:
    """Makes text of bytes for a stream that has no binary layer; a character may come in pieces."""

    def __init__(self, text: TextIO) -> None:
        self.text = text
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, data: bytes) -> int:
        self.text.write(self._decoder.decode(data))
        return len(data)

    def flush(self) -> None:
        self.text.flush()


class Stream(Descriptor):
    """What the three standard streams have in common; `file` None stands for the process's own."""

    def __init__(self, name: StandardName, file: Any = None) -> None:
        if isinstance(file, io.TextIOBase):
            raise TypeError(f"{name} must be a binary file, not {type(file).__name__}")
        self.name: StandardName = name
        self._file = file
        self._adapter: TextInput | TextOutput | None = None

    def file(self) -> Any:
        """The binary file to use now."""
        if self._file is not None:
            return self._file
        text = getattr(sys, self.name)
        if text is None:
            return io.BytesIO()
        if getattr(text, "buffer", None) is not None:
            return text.buffer
        if self._adapter is None or self._adapter.text is not text:
            self._adapter = TextInput(text) if self.name == "stdin" else TextOutput(text)
        return self._adapter

    @property
    def filetype(self) -> Filetype:  # type: ignore[override]
        """A character device for a terminal; anything else is unknown, as what is behind may change."""
        try:
            return Filetype.CHARACTER_DEVICE if self.file().isatty() else Filetype.UNKNOWN
        except (AttributeError, ValueError, OSError):
            return Filetype.UNKNOWN

    def stat(self) -> Filestat:
        return 0, 0, self.filetype, 0, 0, 0, 0, 0

    def set_flags(self, flags: int) -> None:
        if flags & ~(FDFLAGS_APPEND | FDFLAGS_NONBLOCK):
            raise WasiError(Errno.INVAL)
        self.flags = flags

    def pread(self, buffers: Sequence[memoryview], offset: int) -> int:
        raise WasiError(Errno.SPIPE)

    def pwrite(self, buffers: Sequence[memoryview], offset: int) -> int:
        raise WasiError(Errno.SPIPE)

    def seek(self, offset: int, whence: int) -> int:
        raise WasiError(Errno.SPIPE)

    def selectable(self) -> int | None:
        if sys.platform == "win32":  # select() there takes sockets only
            return None
        try:
            fd = self.file().fileno()
        except (AttributeError, ValueError, OSError):
            return None
        return fd if isinstance(fd, int) and fd >= 0 else None


class InputStream(Stream):
    """Standard input: a read gives what there is, and waits only where there is nothing."""

    rights_base = rights_inheriting = RIGHTS_FD_READ | RIGHTS_POLL_FD_READWRITE
    _holds_more = False

    def read(self, buffers: Sequence[memoryview]) -> int:
        if not buffers:
            return 0
        if self.flags & FDFLAGS_NONBLOCK and self._would_block():
            raise WasiError(Errno.AGAIN)
        size = min(len(buffers[0]), _MOST)
        data = self._read_some(size)
        if data is None:
            raise WasiError(Errno.AGAIN)
        buffers[0][: len(data)] = data
        self._holds_more = _READS_AHEAD and len(data) == size
        return len(data)

    def _read_some(self, size: int) -> bytes | None:
        """At most one read of the system below; None where it would block."""
        file = self.file()
        try:
            data: bytes | None = (getattr(file, "read1", None) or file.read)(size)
        except ValueError:  # the host closed the file
            raise WasiError(Errno.IO) from None
        return data

    def _would_block(self) -> bool:
        fd = self.selectable()
        return fd is not None and not wait_for({fd: selectors.EVENT_READ}, 0)

    def selectable(self) -> int | None:
        """None also where the file may have more already than its descriptor shows."""
        return None if self._holds_more else super().selectable()

    def sync(self, data_only: bool) -> None:
        """Nothing is held back on the way in."""

    def readable(self) -> tuple[int, int]:
        return 1, 0


class OutputStream(Stream):
    """Standard output or error: what is written is on its way when the call returns, as with the system call."""

    rights_base = rights_inheriting = RIGHTS_FD_WRITE | RIGHTS_POLL_FD_READWRITE

    def write(self, buffers: Sequence[memoryview]) -> int:
        file = self.file()
        if self._file is None:
            self._flush(getattr(sys, self.name))  # text of the host's that was printed before
        try:
            written = _write_all(file, buffers)
        except ValueError:  # the host closed the file
            raise WasiError(Errno.IO) from None
        self._flush(file)
        return written

    @staticmethod
    def _flush(file: Any) -> None:
        flush = getattr(file, "flush", None)
        if flush is not None:
            flush()

    def sync(self, data_only: bool) -> None:
        self._flush(self.file())

    def writable(self) -> tuple[int, int]:
        return 1, 0


def _write_all(file: Any, buffers: Sequence[memoryview]) -> int:
    """Write copies, for the file may keep what it is given; stops early where it would block."""
    total = 0
    for buffer in buffers:
        try:
            written = file.write(buffer.tobytes())
        except BlockingIOError as error:
            total += error.characters_written
            break
        if written is None:
            written = 0 if isinstance(file, io.RawIOBase) else len(buffer)
        total += written
        if written < len(buffer):
            break
    if buffers and not total:
        raise WasiError(Errno.AGAIN)
    return total
