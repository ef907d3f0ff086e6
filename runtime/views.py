"""Views that are indexed by address: item `a` of the view of u32 is the four bytes from a on, aligned or not.

The items of a `memoryview` may overlap: four bytes long, and one byte apart.  Python itself makes no such view, but C
may describe one (`PyMemoryView_FromBuffer`, of the stable ABI), and ctypes lets us do so.  Then there is no test for
alignment, and no shift from an address to an index (measured on CPython 3.11, a load of u32: 23 ns instead of 53, or of
41 where the address was known to be aligned).

A view made in this way does not by itself keep alive what it shows.  So the bytes are pinned down for as long as the
view exists or until it is released, when using it becomes a ValueError.  Slices of such a view are for use on the spot:
they must not be kept.  Where there is no ctypes, objects of Python stand in for the views, slow, but else the same.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator
from functools import cache
from struct import Struct
from typing import Any

from wasm2py.runtime import layouts
from wasm2py.runtime.floats import f32

#: What there is a view for, besides unsigned bytes → how such an item lies in memory.
LAYOUTS: dict[str, Struct] = {
    "i8": layouts.I8,
    "u16": layouts.U16,
    "i16": layouts.I16,
    "u32": layouts.U32,
    "i32": layouts.I32,
    "u64": layouts.U64,
    "i64": layouts.I64,
    "f32": layouts.F32,
    "f64": layouts.F64,
}
#: C's `Py_buffer`: buf, obj, len, itemsize, readonly, ndim, format, shape, strides, suboffsets, internal.  Behind it
#: stands the one number of the shape, and then that of the strides.
_DESCRIPTION = Struct("@PPnniiPPPPPn")
_NUMBER = Struct("@n")

#: What pins bytes down for views that exist; by the id of the reference that tells when one does no longer.
_PINS: dict[int, tuple[weakref.ref[memoryview], object]] = {}


class Views:
    """One view for each width, in `by_width`, of a buffer that cannot be resized while they are there.

    And others that begin at some offset, and whose items may be further apart: `part` makes them.
    """

    __slots__ = ("_buffer", "_parts", "_pins", "_whole", "by_width")

    def __init__(self, buffer: Any) -> None:
        self._buffer = buffer
        self._whole = memoryview(buffer)
        self._parts: dict[tuple[str, int, int], Any] = {}
        self._pins: list[int] = []
        self.by_width: dict[str, Any] = {}
        interface = _interface() if len(buffer) else None
        if interface is None:
            self.by_width = {width: _StandIn(buffer, width) for width in LAYOUTS}
            return
        pin, address = interface.pin(buffer)
        for width, view in interface.views(address, len(buffer)):
            reference = weakref.ref(view, _unpin)
            _PINS[id(reference)] = (reference, pin)
            self._pins.append(id(reference))
            self.by_width[width] = view

    def part(self, width: str, offset: int, step: int) -> Any:
        """The items that begin at every `step`th byte from an offset on; always the same view."""
        key = width, offset, step
        part = self._parts.get(key)
        if part is None:
            if isinstance(self.by_width["u16"], _StandIn):
                part = _StandIn(self._buffer, width, offset, step)
            else:
                whole: Any = self._whole if width == "u8" else self.by_width[width]
                part = whole[offset::step]
            self._parts[key] = part
        return part

    def release(self) -> None:
        """Make the views useless, and let the buffer go."""
        for view in (*self._parts.values(), *self.by_width.values()):
            view.release()
        self._whole.release()
        self._buffer = b""
        for key in self._pins:
            _PINS.pop(key, None)


def _unpin(reference: weakref.ref[memoryview]) -> None:
    _PINS.pop(id(reference), None)


class _Interface:
    """What is needed of C."""

    def __init__(self) -> None:
        import ctypes

        self._byte, self._address_of, self._argument_error = ctypes.c_char, ctypes.addressof, ctypes.ArgumentError
        self._make: Any = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)(
            ("PyMemoryView_FromBuffer", ctypes.pythonapi)
        )
        formats = bytearray(b"".join(layout.format[1:].encode() + b"\0" for layout in LAYOUTS.values()))
        self._formats, address = self.pin(formats)  # for ever: views keep C's pointers to them
        self._widths = [(width, layout.size, address + 2 * i) for i, (width, layout) in enumerate(LAYOUTS.items())]

    def pin(self, buffer: Any) -> tuple[object, int]:
        """What keeps a buffer where it is, and where that is."""
        first = self._byte.from_buffer(buffer)
        return first, self._address_of(first)

    def views(self, address: int, size: int) -> Iterator[tuple[str, memoryview]]:
        """For each width a view of the items at every address, of so many bytes."""
        description = bytearray(_DESCRIPTION.size + _NUMBER.size)
        pin, at = self.pin(description)
        shape, strides = at + _DESCRIPTION.size - _NUMBER.size, at + _DESCRIPTION.size
        _NUMBER.pack_into(description, _DESCRIPTION.size, 1)
        for width, itemsize, format_ in self._widths:
            count = max(size - itemsize + 1, 0)
            fields = (address, 0, count * itemsize, itemsize, 0, 1, format_, shape, strides, 0, 0, count)
            _DESCRIPTION.pack_into(description, 0, *fields)
            try:
                yield width, self._make(at)
            except self._argument_error:  # so ctypes reports a call stack that is full
                raise RecursionError from None
        del pin

    def works(self) -> bool:
        """Whether views are what they should be."""
        buffer = bytearray(range(8))
        _, address = self.pin(buffer)
        view = dict(self.views(address, len(buffer)))["u32"]
        view[3] = 0x0A0B0C0D
        result = view[1] == 0x0C0D0201 and len(view) == 5 and buffer[3:7] == b"\x0d\x0c\x0b\x0a"
        view.release()
        return result


@cache
def _interface() -> _Interface | None:
    """C's way to views; None where it is not open."""
    if sys.implementation.name != "cpython" or sys.byteorder == "big":
        return None
    try:
        interface = _Interface()
    except (ImportError, AttributeError, OSError):
        return None
    return interface if interface.works() else None


class _StandIn:
    """What can be indexed like a view, of the items at every `step`th byte from an offset on."""

    __slots__ = ("_buffer", "_layout", "_offset", "_step", "_width", "itemsize")

    def __init__(self, buffer: Any, width: str, offset: int = 0, step: int = 1) -> None:
        self._buffer = buffer
        self._offset, self._step = offset, step
        self._width = width
        self._layout = LAYOUTS.get(width, layouts.U8)
        self.itemsize = self._layout.size

    def __len__(self) -> int:
        return max((len(self._buffer) - self.itemsize - self._offset) // self._step + 1, 0)

    def __getitem__(self, address: int | slice) -> Any:
        if isinstance(address, slice):
            return [self[at] for at in range(*address.indices(len(self)))]
        return self._layout.unpack_from(self._buffer, self._place(address))[0]

    def __setitem__(self, address: int, value: Any) -> None:
        place = self._place(address)
        self._layout.pack_into(self._buffer, place, f32(value) if self._width == "f32" else value)

    def _place(self, index: int) -> int:
        place = index * self._step + self._offset
        if index >= len(self):
            raise IndexError(f"no {self._width} at {place}")
        return place

    def release(self) -> None:
        """Show nothing any more."""
        self._buffer = b""
