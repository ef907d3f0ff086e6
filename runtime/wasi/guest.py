"""Guest memory as the functions of preview 1 see it.

Addresses and sizes are raw values, so never negative.  A pointer that is out of bounds, or not aligned to what it
points to, traps (specification: tools/witx-docs.md, Pointers).
"""

from __future__ import annotations

from typing import Any, Protocol

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.types import IOVEC, U32, U64, Layout


class LinearMemory(Protocol):
    """What is needed of a memory: a view of its bytes, writable, exactly of its current size."""

    @property
    def data(self) -> memoryview: ...


class Guest:
    """Reads and writes the linear memory of the instance that is being served."""

    __slots__ = ("memory",)

    def __init__(self) -> None:
        self.memory: LinearMemory | None = None

    def view(self, address: int, size: int) -> memoryview:
        """The bytes themselves; the view must not be kept beyond the call, for it stops the memory from growing."""
        if self.memory is None:
            raise Trap("missing memory", "WASI was called before bind(), or the module exports no memory")
        data = self.memory.data
        if address + size > len(data):
            raise Trap("out of bounds memory access")
        return data[address : address + size]

    def write(self, address: int, data: bytes | memoryview) -> None:
        self.view(address, len(data))[:] = data

    def _record(self, layout: Layout, address: int, count: int = 1) -> memoryview:
        if address & (layout.alignment - 1):
            raise Trap("misaligned pointer", f"address 0x{address:x} is not a multiple of {layout.alignment}")
        return self.view(address, layout.struct.size * count)

    def pack(self, layout: Layout, address: int, *values: Any) -> None:
        layout.struct.pack_into(self._record(layout, address), 0, *values)

    def set_u32(self, address: int, value: int) -> None:
        U32.struct.pack_into(self._record(U32, address), 0, value)

    def set_u64(self, address: int, value: int) -> None:
        U64.struct.pack_into(self._record(U64, address), 0, value)

    def records(self, layout: Layout, address: int, count: int) -> list[tuple[Any, ...]]:
        """`count` records that follow one another."""
        return list(layout.struct.iter_unpack(self._record(layout, address, count)))

    def iovecs(self, address: int, count: int) -> list[memoryview]:
        """The buffers of a scatter/gather list, without those that are empty."""
        return [self.view(buffer, size) for buffer, size in self.records(IOVEC, address, count) if size]

    def path(self, address: int, size: int) -> bytes:
        """A path, which the specification wants to be UTF-8."""
        data = self.view(address, size).tobytes()
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            raise WasiError(Errno.ILSEQ) from None
        return data
