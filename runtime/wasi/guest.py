"""Guest memory as the functions of preview 1 see it.

Addresses and sizes are raw values, so never negative.  A pointer that is out of bounds, or not aligned to what it
points to, traps (specification: tools/witx-docs.md, Pointers).
"""

from __future__ import annotations

from struct import Struct
from typing import Any, Protocol

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.layouts import U32, U64
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.types import Layout

#: The longest path in bytes, as on Linux.
MAX_PATH = 4095

_IOVEC = Struct("<II")  # buf, buf_len


class LinearMemory(Protocol):
    """What is needed of a memory: a view of its bytes, writable, exactly of its current size."""

    @property
    def data(self) -> memoryview: ...


class Guest:
    """Reads and writes the linear memory of the instance that is being served."""

    __slots__ = ("memory",)

    def __init__(self) -> None:
        self.memory: LinearMemory | None = None

    def _data(self, address: int, size: int, alignment: int = 1) -> memoryview:
        """The whole memory, once it is known that `size` bytes at `address` are in it."""
        if self.memory is None:
            raise Trap("missing memory", "WASI was called before bind(), or the module exports no memory")
        if address & (alignment - 1):
            raise Trap("misaligned pointer", f"address 0x{address:x} is not a multiple of {alignment}")
        data = self.memory.data
        if address + size > len(data):
            raise Trap("out of bounds memory access")
        return data

    def view(self, address: int, size: int) -> memoryview:
        """The bytes themselves; the view must not be kept beyond the call, for it stops the memory from growing."""
        return self._data(address, size)[address : address + size]

    def write(self, address: int, data: bytes | memoryview) -> None:
        self._data(address, len(data))[address : address + len(data)] = data

    def pack(self, layout: Layout, address: int, *values: Any) -> None:
        layout.struct.pack_into(self._data(address, layout.struct.size, layout.alignment), address, *values)

    def set_u32(self, address: int, value: int) -> None:
        U32.pack_into(self._data(address, 4, 4), address, value)

    def set_u64(self, address: int, value: int) -> None:
        U64.pack_into(self._data(address, 8, 8), address, value)

    def records(self, layout: Layout, address: int, count: int) -> list[Any]:
        """`count` records that follow one another, each a tuple of its fields."""
        end = address + layout.struct.size * count
        data = self._data(address, end - address, layout.alignment)
        return list(layout.struct.iter_unpack(data[address:end]))

    def iovecs(self, address: int, count: int) -> list[memoryview]:
        """The buffers of a scatter/gather list, without those that are empty."""
        end = address + _IOVEC.size * count
        data = self._data(address, end - address, 4)
        buffers = []
        for start, size in _IOVEC.iter_unpack(data[address:end]):
            if start + size > len(data):
                raise Trap("out of bounds memory access")
            if size:
                buffers.append(data[start : start + size])
        return buffers

    def path(self, address: int, size: int) -> bytes:
        """A path, which the specification wants to be UTF-8."""
        view = self.view(address, size)
        if size > MAX_PATH:
            raise WasiError(Errno.NAMETOOLONG)
        data = view.tobytes()
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            raise WasiError(Errno.ILSEQ) from None
        return data
