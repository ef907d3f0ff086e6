"""Linear memories (spec: Execution / Runtime Structure / Memory Instances).

Generated code reaches a memory's bytes through names in its instance's namespace, which a memory sets there for every
module attached to it, and sets anew when it grows (docs/architecture.md, "The namespace of an instance").  Two kinds
of names are possible, and decide what the bytes are kept in:

- *cpython*: `memoryview`s, one for each width, of exactly the current size.  They are cut from storage with spare
  capacity, because storage cannot be resized while it has views; growth is mostly a matter of new views.
- *portable*: a `bytearray` of exactly the current size, extended in place.  A memory that was once attached in this
  way is kept so from then on; views of it remain possible, only growth costs a copy.  From 1 GiB on, where a
  bytearray would have to be filled with zeros, it is a `memoryview` after all.
"""

from __future__ import annotations

import sys
import weakref
from struct import Struct
from struct import error as StructError  # noqa: N812
from types import ModuleType
from typing import Any, Literal, TypeAlias, TypeVar, cast

from wasm2py.runtime.access import load_f32, store_f32
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.layouts import F64, I8, I16, I32, I64, U8, U16, U32, U64
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import LARGEST_MEMORY, MAX_PAGES, PAGE_SIZE, Limits, MemoryType
from wasm2py.runtime.values import to_raw

Buffer: TypeAlias = bytes | bytearray | memoryview
_Storage = TypeVar("_Storage")

_FAILED = 0xFFFFFFFF
#: From this size on, storage comes from `mmap`, which touches no page before it is used; below it, a bytearray is
#: quicker to make (measured: 17 µs for 1 MiB, 1.3 ms for 16 MiB, against 7 µs).
_MMAP_FROM = 1 << 20
#: From this size on, even a portable memory is a view, so that its pages are not touched before they are used.
_HUGE = 1 << 30
#: On PyPy a byte costs 1.4 ns in a bytearray, 60 ns in a view.
_PORTABLE_FIRST = sys.implementation.name == "pypy"

_VIEW_FORMATS: dict[str, Literal["B", "b", "H", "h", "I", "i", "Q", "q", "f", "d"]] = {
    "u8": "B",
    "i8": "b",
    "u16": "H",
    "i16": "h",
    "u32": "I",
    "i32": "i",
    "u64": "Q",
    "i64": "q",
    "f32": "f",
    "f64": "d",
}


class Memory:
    """A linear memory.

    The methods `grow`, `fill`, `copy`, `copy_from` and `init` carry out the instructions of these names: they take raw
    values and trap, with nothing written.  The rest is the host's side: addresses are byte offsets from 0, and
    what is out of range, negative addresses included, raises IndexError.
    """

    # _buffer is the bytes, exactly: a view of _storage, or in a portable memory _storage itself.
    __slots__ = ("__weakref__", "_attached", "_buffer", "_maximum", "_portable", "_storage")

    def __init__(self, minimum: int, maximum: int | None = None) -> None:
        """Make a memory of `minimum` pages of 64 KiB, all zero, that can grow to `maximum` pages.

        Raises ValueError for limits that no memory type can have, MemoryError if there is not that much memory.
        """
        if not 0 <= minimum <= (MAX_PAGES if maximum is None else maximum) <= MAX_PAGES:
            raise ValueError(f"memory limits out of range: {Limits(minimum, maximum)}")
        if minimum > LARGEST_MEMORY:
            raise MemoryError(f"a memory of {minimum} pages: at most {LARGEST_MEMORY} can be had")
        self._maximum = maximum
        self._attached: list[tuple[weakref.ref[ModuleType], int, Dialect]] = []
        self._portable = _PORTABLE_FIRST
        self._storage: Any = bytearray()
        self._buffer: Any = self._storage
        self._resize(minimum * PAGE_SIZE)

    @classmethod
    def from_type(cls, type_: MemoryType) -> Memory:
        """Make a memory of the type's minimal size."""
        return cls(type_.limits.minimum, type_.limits.maximum)

    @property
    def size(self) -> int:
        """The current size in bytes."""
        return len(self._buffer)

    @property
    def pages(self) -> int:
        """The current size in pages of 64 KiB (spec: `memory.size`)."""
        return len(self._buffer) // PAGE_SIZE

    @property
    def type(self) -> MemoryType:
        """The memory's type; its minimum is the current size."""
        return MemoryType(Limits(self.pages, self._maximum))

    @property
    def data(self) -> memoryview:
        """The bytes themselves, to be read and written in place.

        Take it anew after the memory has grown: an older one keeps its size, and may no longer be the memory.
        """
        return memoryview(self._buffer)

    # Storage and namespaces

    def attach(self, module: ModuleType, index: int, dialect: Dialect) -> None:
        """Set the names of memory `index` in an instance's namespace, now and whenever the memory grows.

        The module is not kept alive.  No other names than those for the bytes are set.
        """
        if dialect == "portable" and not self._portable:
            self._portable = True
            self._resize(len(self._buffer))
        attachment = (weakref.ref(module), index, dialect)
        self._attached = [entry for entry in self._attached if entry[0]() is not None]
        self._attached.append(attachment)
        module.__dict__.update(_names(self._buffer, index, dialect))

    def grow(self, n: int) -> int:
        """Add n pages (spec: `memory.grow`); returns the previous number of pages, or 0xFFFFFFFF if that is too many.

        Raises ValueError if n is negative.
        """
        if n < 0:
            raise ValueError(f"a memory cannot shrink: {n} pages")
        pages = self.pages
        if pages + n > self._limit():
            return _FAILED
        if n:
            try:
                self._resize((pages + n) * PAGE_SIZE)
            except (MemoryError, OverflowError):
                return _FAILED
        return pages

    def _resize(self, size: int) -> None:
        """Change the size in bytes; an exception (no memory, a full call stack) leaves names and bytes in agreement."""
        storage, buffer = self._fitted(size)
        updates = [
            (module.__dict__, _names(buffer, index, dialect))
            for reference, index, dialect in self._attached
            if (module := reference()) is not None
        ]
        self._storage, self._buffer = storage, buffer
        for namespace, names in updates:
            namespace.update(names)

    def _fitted(self, size: int) -> tuple[Any, Any]:
        """Storage and buffer for a size in bytes, with the present content."""
        if self._portable and size < _HUGE:
            storage = self._extended(size)
            return storage, storage
        storage = self._storage
        if size > len(storage):
            storage = _moved(self._buffer, _allocate(size, self._spare(size)))
        return storage, memoryview(storage)[:size]

    def _extended(self, size: int) -> bytearray:
        """The storage itself, extended, where that is a bytearray that nobody holds a view of; else a copy."""
        unseen = all(dialect == "portable" for _, _, dialect in self._attached)
        if unseen and self._buffer is self._storage and self._buffer:
            storage: bytearray = self._storage
            try:
                storage.extend(bytes(size - len(storage)))
                return storage
            except BufferError:
                pass
        return _moved(self._buffer, bytearray(size))

    def _limit(self) -> int:
        """The most pages that the memory can have."""
        return LARGEST_MEMORY if self._maximum is None else min(self._maximum, LARGEST_MEMORY)

    def _spare(self, size: int) -> int:
        """How much storage to take for a size in bytes, so that growing costs no copy each time."""
        return min(2 * size, self._limit() * PAGE_SIZE)

    # Instructions

    def fill(self, d: int, value: int, n: int) -> None:
        """Set n bytes from d to the low byte of `value` (spec: `memory.fill`)."""
        self._check_range(d, n)
        value &= 0xFF
        self._buffer[d : d + n] = bytes((value,)) * n if value else bytes(n)

    def copy(self, d: int, s: int, n: int) -> None:
        """Copy n bytes from s to d (spec: `memory.copy`); they may overlap."""
        self._check_range(s, n)
        self._check_range(d, n)
        self._buffer[d : d + n] = self._buffer[s : s + n]

    def copy_from(self, memory: Memory, d: int, s: int, n: int) -> None:
        """Copy n bytes of another memory from s to here from d (spec: `memory.copy`)."""
        memory._check_range(s, n)
        self._check_range(d, n)
        self._buffer[d : d + n] = memory._buffer[s : s + n]

    def init(self, segment: bytes, d: int, s: int, n: int) -> None:
        """Copy n bytes of a data segment from s to here from d (spec: `memory.init`)."""
        if s + n > len(segment):
            raise Trap("out of bounds memory access")
        self._check_range(d, n)
        self._buffer[d : d + n] = segment[s : s + n]

    def _check_range(self, address: int, n: int) -> None:
        if address + n > len(self._buffer):
            raise Trap("out of bounds memory access")

    # Bytes and text

    def __len__(self) -> int:
        return len(self._buffer)

    def __getitem__(self, key: Any) -> Any:
        """One byte as an integer, or the bytes of a slice; a slice must lie within the memory and have no step."""
        if isinstance(key, slice):
            address, size = self._span(key)
            return self.read(address, size)
        return self.read_u8(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Set one byte, or the bytes of a slice to as many bytes."""
        if not isinstance(key, slice):
            self.write_u8(key, value)
            return
        address, size = self._span(key)
        if len(value) != size:
            raise ValueError(f"{len(value)} bytes given for a slice of {size}")
        self.write(address, value)

    def _span(self, key: slice) -> tuple[int, int]:
        """A slice's address and size, not yet checked against the memory."""
        if key.step not in (None, 1):
            raise ValueError("slices of a memory have no step")
        start = 0 if key.start is None else key.start
        stop = len(self._buffer) if key.stop is None else key.stop
        return start, stop - start

    def read(self, address: int, size: int) -> bytes:
        """The `size` bytes from `address`."""
        self._check(address, size)
        return bytes(self._buffer[address : address + size])

    def write(self, address: int, data: Buffer) -> None:
        """Write bytes from `address` on."""
        source = memoryview(data).cast("B")
        self._check(address, len(source))
        self._buffer[address : address + len(source)] = source

    def read_string(self, address: int, length: int, encoding: str = "utf-8") -> str:
        """The text that `length` bytes encode; UnicodeDecodeError if they do not."""
        return self.read(address, length).decode(encoding)

    def read_cstring(self, address: int, encoding: str = "utf-8") -> str:
        """The text that ends before the next zero byte; IndexError if there is none."""
        end = self._find_zero(address)
        return self.read(address, end - address).decode(encoding)

    def _find_zero(self, address: int) -> int:
        self._check(address, 0)
        for start in range(address, len(self._buffer), 4096):
            at = bytes(self._buffer[start : start + 4096]).find(0)
            if at >= 0:
                return start + at
        raise IndexError(f"no zero byte from address {address} to the memory's end at {len(self._buffer)}")

    def write_string(self, address: int, text: str, encoding: str = "utf-8") -> int:
        """Write a text's encoding, with nothing after it; returns how many bytes that took."""
        data = text.encode(encoding)
        self.write(address, data)
        return len(data)

    def _check(self, address: int, size: int) -> None:
        if size < 0:
            raise ValueError(f"negative size {size} at address {address}")
        if address < 0 or address + size > len(self._buffer):
            raise IndexError(f"{size} bytes at address {address} are outside the memory of {len(self._buffer)} bytes")

    # Numbers, little-endian, at any alignment

    def _read(self, codec: Struct, address: int) -> Any:
        self._check(address, codec.size)
        return codec.unpack_from(self._buffer, address)[0]

    def _write(self, codec: Struct, address: int, value: int) -> None:
        self._check(address, codec.size)
        try:
            codec.pack_into(self._buffer, address, value)
        except (StructError, ValueError):  # PyPy has a ValueError for a negative u64
            if not hasattr(type(value), "__index__"):
                raise TypeError(f"expected an integer, got {type(value).__name__}") from None
            kind = "an unsigned" if codec.format[-1].isupper() else "a signed"
            raise OverflowError(f"{value} does not fit {kind} integer of {8 * codec.size} bits") from None

    def read_u8(self, address: int) -> int:
        """An unsigned integer of 1 byte."""
        value: int = self._read(U8, address)
        return value

    def write_u8(self, address: int, value: int) -> None:
        """Write an unsigned integer of 1 byte; OverflowError if it does not fit."""
        self._write(U8, address, value)

    def read_i8(self, address: int) -> int:
        """A signed integer of 1 byte."""
        value: int = self._read(I8, address)
        return value

    def write_i8(self, address: int, value: int) -> None:
        """Write a signed integer of 1 byte; OverflowError if it does not fit."""
        self._write(I8, address, value)

    def read_u16(self, address: int) -> int:
        """An unsigned integer of 2 bytes."""
        value: int = self._read(U16, address)
        return value

    def write_u16(self, address: int, value: int) -> None:
        """Write an unsigned integer of 2 bytes; OverflowError if it does not fit."""
        self._write(U16, address, value)

    def read_i16(self, address: int) -> int:
        """A signed integer of 2 bytes."""
        value: int = self._read(I16, address)
        return value

    def write_i16(self, address: int, value: int) -> None:
        """Write a signed integer of 2 bytes; OverflowError if it does not fit."""
        self._write(I16, address, value)

    def read_u32(self, address: int) -> int:
        """An unsigned integer of 4 bytes."""
        value: int = self._read(U32, address)
        return value

    def write_u32(self, address: int, value: int) -> None:
        """Write an unsigned integer of 4 bytes; OverflowError if it does not fit."""
        self._write(U32, address, value)

    def read_i32(self, address: int) -> int:
        """A signed integer of 4 bytes."""
        value: int = self._read(I32, address)
        return value

    def write_i32(self, address: int, value: int) -> None:
        """Write a signed integer of 4 bytes; OverflowError if it does not fit."""
        self._write(I32, address, value)

    def read_u64(self, address: int) -> int:
        """An unsigned integer of 8 bytes."""
        value: int = self._read(U64, address)
        return value

    def write_u64(self, address: int, value: int) -> None:
        """Write an unsigned integer of 8 bytes; OverflowError if it does not fit."""
        self._write(U64, address, value)

    def read_i64(self, address: int) -> int:
        """A signed integer of 8 bytes."""
        value: int = self._read(I64, address)
        return value

    def write_i64(self, address: int, value: int) -> None:
        """Write a signed integer of 8 bytes; OverflowError if it does not fit."""
        self._write(I64, address, value)

    def read_f32(self, address: int) -> float:
        """A 32-bit float."""
        self._check(address, 4)
        return load_f32(self._buffer, address)

    def write_f32(self, address: int, value: float) -> None:
        """Write a number, rounded to a 32-bit float."""
        self._check(address, 4)
        store_f32(self._buffer, address, to_raw("f32", value))

    def read_f64(self, address: int) -> float:
        """A 64-bit float."""
        value: float = self._read(F64, address)
        return value

    def write_f64(self, address: int, value: float) -> None:
        """Write a number as a 64-bit float."""
        self._check(address, 8)
        F64.pack_into(self._buffer, address, to_raw("f64", value))

    def __repr__(self) -> str:
        return f"<Memory {self.type.limits} pages>"


def _names(buffer: Any, index: int, dialect: Dialect) -> dict[str, Any]:
    """The names of a memory's bytes in a namespace (docs/architecture.md)."""
    prefix = f"mem{index or ''}"
    if dialect == "portable":
        return {prefix: buffer}
    view = memoryview(buffer)
    return {f"{prefix}_{width}": view.cast(format_) for width, format_ in _VIEW_FORMATS.items()}


def _moved(source: Any, storage: _Storage) -> _Storage:
    """Storage that has got the bytes of a smaller or equal source at its start."""
    memoryview(cast(Any, storage))[: len(source)] = source
    return storage


def _allocate(size: int, capacity: int) -> Any:
    """Zeroed storage of `capacity` bytes, or of `size` if there is not so much; MemoryError if there is not that."""
    if capacity < _MMAP_FROM:
        return bytearray(capacity)
    try:
        return _map(capacity)
    except MemoryError:
        return _map(size)


def _map(size: int) -> Any:
    """Zeroed storage of which no page is touched yet; it belongs to this process alone, also after a fork."""
    try:
        import mmap
    except ImportError:  # not on every WebAssembly host
        return bytearray(size)
    try:
        if sys.platform == "win32":
            return mmap.mmap(-1, size)
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, OverflowError) as error:
        raise MemoryError(f"no memory of {size} bytes: {error}") from None
