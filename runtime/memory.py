"""Linear memories (spec: Execution / Runtime Structure / Memory Instances).

Generated code reaches a memory's bytes through names in its instance's namespace, which a memory sets there for every
module attached to it, and sets anew when it grows (docs/architecture.md, "The namespace of an instance").  Two kinds
of names are possible:

- *cpython*: a view for each width, of exactly the current size, indexed by address (see `views`); for unsigned bytes
  the storage itself, if that is a bytearray.
- *portable*: the storage itself.

The storage is a `bytearray` of exactly the current size, the quickest that there is for bytes.  It cannot be resized
while it has views, so to grow in place we release ours, and make them anew.  Where somebody else holds one, or where
so much is asked for that a bytearray would take too long to fill with zeros, the bytes move to storage with spare
capacity, of which even the bytes are a view; from then on growth is a matter of new views.  A memory that was once
attached as *portable* is a bytearray in any case, below 1 GiB.

Several threads may use a *shared* memory at once, so its bytes never move, and no view of theirs is ever released: it
gets the address space of its maximum at once, of which what it may use is a view.  Where it grows, every namespace is
given the new views before anyone can learn of the new size; so a thread that has learnt of it finds them there.  PyPy,
whose bytearrays other threads can use while they are extended, goes on with one.
"""

from __future__ import annotations

import re
import sys
import weakref
from collections.abc import Iterable
from struct import Struct
from struct import error as StructError  # noqa: N812
from threading import RLock
from types import ModuleType
from typing import Any, TypeAlias

from wasm2py.runtime.access import load_f32, store_f32
from wasm2py.runtime.atomics import Atomics
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.layouts import F64, I8, I16, I32, I64, U8, U16, U32, U64
from wasm2py.runtime.pages import LARGE, allocate, moved, reserve
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import (
    LARGEST_MEMORY,
    MAX_BYTES,
    PAGE_SIZE,
    PAGE_SIZES,
    IndexType,
    Limits,
    MemoryType,
    max_pages,
)
from wasm2py.runtime.values import to_raw
from wasm2py.runtime.views import LAYOUTS, Views

Buffer: TypeAlias = bytes | bytearray | memoryview

#: What a view shows: items of which width, from which offset on, one at every so many bytes.
Part: TypeAlias = tuple[str, int, int]

_PART_NAME = re.compile(r"mem(\d*)_([uif]\d+)_at_(\d+)(?:_by_(\d+))?")
#: The widths for which the storage itself will do.
_BYTES = ("", "u8")
_FAILED = 0xFFFFFFFF
#: From this size on, every memory is a view of what comes from `mmap`.
_HUGE = 1 << 30
#: From so many bytes on, a view's slice is cheaper than a bytearray's (measured: at 1 KiB the same, at 64 KiB half).
_MANY = 1 << 12
#: On PyPy a byte costs 1.4 ns in a bytearray, 60 ns in a view.
_PORTABLE_FIRST = sys.implementation.name == "pypy"


class Memory(Atomics):
    """A linear memory.

    The methods `grow`, `fill`, `copy`, `copy_from` and `init`, and those of `Atomics`, carry out instructions: they
    take raw values and trap, with nothing written.  The rest is the host's side: addresses are byte offsets from 0, and
    what is out of range, negative addresses included, raises IndexError.
    """

    # _buffer is the bytes, exactly: _storage itself, if that is a bytearray, else a view of it.  _views is what
    # namespaces have been given besides, once any needs it; _attached says under which names.  _lock is held by what
    # changes these, and by atomic accesses; _waiting has the threads that wait, None if the memory is not shared.
    __slots__ = (
        "__weakref__",
        "_attached",
        "_buffer",
        "_index",
        "_lock",
        "_maximum",
        "_page_size",
        "_portable",
        "_storage",
        "_views",
        "_waiting",
    )

    def __init__(
        self,
        minimum: int,
        maximum: int | None = None,
        *,
        index: IndexType = "i32",
        shared: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> None:
        """Make a memory of `minimum` pages, all zero, that can grow to `maximum` pages, of 64 KiB or of one byte.

        `index` is the type of its addresses: "i64" makes it a 64-bit memory, which may have a larger maximum, but not
        more pages. Several threads may use a `shared` memory at once; it needs a maximum. Raises ValueError for limits
        or an index type that no memory type can have, MemoryError if there is not that much memory.
        """
        if index not in MAX_BYTES:
            raise ValueError(f"expected an index type, i32 or i64, got {index}")
        if page_size not in PAGE_SIZES:
            raise ValueError(f"a page has 1 or {PAGE_SIZE} bytes, not {page_size}")
        most = max_pages(index, page_size)
        if not 0 <= minimum <= (most if maximum is None else maximum) <= most:
            raise ValueError(f"memory limits out of range: {Limits(minimum, maximum)}")
        if shared and maximum is None:
            raise ValueError("a shared memory needs a maximum")
        self._maximum: int | None = None
        self._page_size = page_size
        self._index: IndexType = index
        if minimum > self._limit():
            raise MemoryError(f"a memory of {minimum} pages: at most {self._limit()} can be had")
        self._maximum = maximum
        self._attached: list[tuple[weakref.ref[ModuleType], dict[str, Part]]] = []
        self._portable = _PORTABLE_FIRST
        self._views: Views | None = None
        self._lock = RLock()  # a signal handler may use the memory, even from within here
        self._waiting = {} if shared else None
        size = minimum * page_size
        if self._portable if shared else size <= LARGE or (self._portable and size < _HUGE):
            array = bytearray(size)
            self._show(array, array)
        else:
            storage = reserve(self._limit() * page_size) if shared else allocate(size, self._spare(size))
            self._show(storage, memoryview(storage)[:size])

    @classmethod
    def from_type(cls, type_: MemoryType) -> Memory:
        """Make a memory of the type's minimal size."""
        minimum, maximum = type_.limits.minimum, type_.limits.maximum
        return cls(minimum, maximum, index=type_.index, shared=type_.shared, page_size=type_.page_size)

    @property
    def size(self) -> int:
        """The current size in bytes."""
        return len(self._buffer)

    @property
    def pages(self) -> int:
        """The current size in pages (spec: `memory.size`)."""
        return len(self._buffer) // self._page_size

    @property
    def shared(self) -> bool:
        """Whether several threads may use it at once."""
        return self._waiting is not None

    @property
    def type(self) -> MemoryType:
        """The memory's type; its minimum is the current size."""
        return MemoryType(Limits(self.pages, self._maximum), self._index, self.shared, self._page_size)

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
        with self._lock:
            if dialect == "portable" and not self._portable and not self.shared:
                self._portable = True
                self._resize(len(self._buffer))
            self._attached = [entry for entry in self._attached if entry[0]() is not None]
            self._attached.append((weakref.ref(module), _names(index, dialect)))
            if dialect == "cpython" and self._views is None:
                self._views = Views(self._buffer)
            self._name(self._buffer, self._views)

    def show_parts(self, module: ModuleType, parts: dict[str, Part]) -> None:
        """Set further names in an attached namespace, of views that begin at an offset, now and whenever it grows."""
        with self._lock:
            [names, *_] = [names for reference, names in self._attached if reference() is module]
            names.update(parts)
            self._set(module, parts, self._buffer, self._views)

    def grow(self, n: int) -> int:
        """Add n pages (spec: `memory.grow`); returns the previous number of pages, or 0xFFFFFFFF if that is too many
        (also for a 64-bit memory: generated code makes that its -1).

        Raises ValueError if n is negative.
        """
        if n < 0:
            raise ValueError(f"a memory cannot shrink: {n} pages")
        with self._lock:
            pages = self.pages
            if pages + n > self._limit():
                return _FAILED
            if n:
                try:
                    self._resize((pages + n) * self._page_size)
                except (MemoryError, OverflowError):
                    return _FAILED
            return pages

    def _resize(self, size: int) -> None:
        """Change the size in bytes; an exception (no memory, a full call stack) leaves names and bytes in agreement."""
        if self.shared:
            self._widen(size)
            return
        if self._is_array(size):
            if self._buffer is self._storage and self._extend(size):
                return
            if self._portable:
                array = moved(self._buffer, bytearray(size))
                self._show(array, array)
                return
        storage = self._storage
        if size > len(storage) or self._buffer is storage:
            storage = moved(self._buffer, allocate(size, self._spare(size)))
        self._show(storage, memoryview(storage)[:size])

    def _widen(self, size: int) -> None:
        """Change the size of a shared memory: what other threads use stays where it is."""
        storage = self._storage
        if self._buffer is storage:
            storage.extend(bytes(size - len(storage)))
        else:
            self._show(storage, memoryview(storage)[:size])

    def _is_array(self, size: int) -> bool:
        """Whether so many bytes are to be kept in a bytearray, if that can be had."""
        if self._portable:
            return size < _HUGE
        return self._buffer is self._storage and size < _HUGE and size - len(self._storage) <= LARGE

    def _extend(self, size: int) -> bool:
        """Extend the bytearray in place; False if somebody else holds a view of it."""
        array = self._storage
        try:
            self._release()
            array.extend(bytes(size - len(array)))
        except BufferError:
            return False
        finally:
            self._show(array, array)
        return True

    def _release(self) -> None:
        """Let go of our own views."""
        if self._views is not None:
            self._rehearse()
            self._views.release()

    def _rehearse(self) -> None:
        """If the call stack is too full to make new views and to name them, let it be so before the old ones go."""
        self._set(ModuleType(""), {"": ("u32", 1, 2)}, b"", Views(bytearray(8)))

    def _show(self, storage: Any, buffer: Any) -> None:
        """Set the names in every namespace, and make these the bytes."""
        views = None if self._views is None else Views(buffer)
        self._name(buffer, views)
        self._storage: Any = storage
        self._views = views
        self._buffer: Any = buffer

    def _name(self, buffer: Any, shown: Views | None) -> None:
        """Set the names in every namespace."""
        for reference, names in self._attached:
            module = reference()
            if module is not None:
                self._set(module, names, buffer, shown)

    @staticmethod
    def _set(module: ModuleType, names: dict[str, Part], buffer: Any, shown: Views | None) -> None:
        """Set names in one namespace."""
        namespace = module.__dict__
        for name, (width, offset, step) in names.items():
            if shown is None or (width in _BYTES and not offset and step == 1):
                namespace[name] = buffer
            else:
                namespace[name] = shown.part(width, offset, step) if offset or step > 1 else shown.by_width[width]

    def _limit(self) -> int:
        """The most pages that the memory can have.

        To 64-bit code, a number of pages of 2**31 or more would look like a failure to grow.
        """
        most = min(LARGEST_MEMORY // self._page_size, MAX_BYTES["i32"] - 1 if self._index == "i32" else (1 << 31) - 1)
        return most if self._maximum is None else min(self._maximum, most)

    def _spare(self, size: int) -> int:
        """How much storage to take for a size in bytes, so that growing costs no copy each time."""
        return min(2 * size, self._limit() * self._page_size)

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
        source = self._source(n)
        source[d : d + n] = source[s : s + n]

    def copy_from(self, memory: Memory, d: int, s: int, n: int) -> None:
        """Copy n bytes of another memory from s to here from d (spec: `memory.copy`)."""
        memory._check_range(s, n)
        self._check_range(d, n)
        self._buffer[d : d + n] = memory._source(n)[s : s + n]

    def init(self, segment: bytes, d: int, s: int, n: int) -> None:
        """Copy n bytes of a data segment from s to here from d (spec: `memory.init`)."""
        if s + n > len(segment):
            raise Trap("out of bounds memory access")
        self._check_range(d, n)
        self._buffer[d : d + n] = segment[s : s + n]

    def _source(self, n: int) -> Any:
        """The bytes, for a slice of n: a bytearray's is a copy, which is quicker for few."""
        return self._buffer if n < _MANY else memoryview(self._buffer)

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
        return bytes(self._source(size)[address : address + size])

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
        index = "" if self._index == "i32" else f"{self._index} "
        return f"<Memory {index}{self.type.limits} pages{', shared' if self.shared else ''}>"


def _names(index: int, dialect: Dialect) -> dict[str, Part]:
    """The names of memory `index` in a namespace (docs/architecture.md), and for which width of item each is."""
    prefix = f"mem{index or ''}"
    widths = ("u8", *LAYOUTS)
    return {prefix: ("", 0, 1)} if dialect == "portable" else {f"{prefix}_{width}": (width, 0, 1) for width in widths}


def parts_named(names: Iterable[str]) -> dict[int, dict[str, Part]]:
    """By memory index, those among some names that are of views which begin at an offset, and what they show."""
    found: dict[int, dict[str, Part]] = {}
    for name in names:
        if "_at_" in name:
            match = _PART_NAME.fullmatch(name)
            if match is not None:
                index, width, offset, step = match.groups()
                found.setdefault(int(index or 0), {})[name] = (width, int(offset), int(step or 1))
    return found
