"""Vectors in memory (spec: Execution / Instructions / Vector Memory Instructions).

As in `runtime.access`, functions take a buffer of bytes of exactly the memory's size and an address
`0 <= addr <= 2**33`; out of range they raise `struct.error`, or `IndexError`, with nothing written.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any

from wasm2py.runtime.layouts import U8, U16, U32, U64
from wasm2py.runtime.vectors import shapes
from wasm2py.runtime.vectors.shapes import I8X16, I16X8, I32X4, Helpers, Shape, Unary
from wasm2py.runtime.vectors.widths import spread_signed, spread_unsigned

Load = Callable[[Any, int], int]

_unpack_halves = shapes.U64.unpack_from
_pack_halves = shapes.U64.pack_into
_unpack_u64 = U64.unpack_from
_SCALARS = {8: U8, 16: U16, 32: U32, 64: U64}


def v128_load(mem: Any, addr: int) -> int:
    """Load 16 bytes."""
    low, high = _unpack_halves(mem, addr)
    vector: int = low | high << 64
    return vector


def v128_store(mem: Any, addr: int, value: int) -> None:
    """Store 16 bytes."""
    _pack_halves(mem, addr, value & 0xFFFFFFFFFFFFFFFF, value >> 64)


def _load_wider(spread: Unary) -> Load:
    def load(mem: Any, addr: int) -> int:
        """Load 8 bytes, as lanes of which each is made twice as wide."""
        return spread(_unpack_u64(mem, addr)[0])

    return load


def _load_wider_all(narrow: Shape) -> Helpers:
    name = f"v128_load{narrow.bits}x{narrow.number // 2}"
    return {
        f"{name}_s": _load_wider(spread_signed(narrow)),
        f"{name}_u": _load_wider(spread_unsigned(narrow)),
    }


def _load_splat(layout: Struct, ones: int) -> Load:
    unpack = layout.unpack_from

    def load_splat(mem: Any, addr: int) -> int:
        """Load one lane, the same for all."""
        number: int = unpack(mem, addr)[0]
        return number * ones

    return load_splat


def _load_zero(layout: Struct) -> Load:
    unpack = layout.unpack_from

    def load_zero(mem: Any, addr: int) -> int:
        """Load lane 0; the others are zero."""
        number: int = unpack(mem, addr)[0]
        return number

    return load_zero


def _load_lane(layout: Struct, bits: int) -> Callable[[Any, int, int, int], int]:
    unpack, mask = layout.unpack_from, (1 << bits) - 1

    def load_lane(mem: Any, addr: int, a: int, lane: int) -> int:
        """The vector with one lane loaded."""
        shift = bits * lane
        number: int = unpack(mem, addr)[0]
        return a & ~(mask << shift) | number << shift

    return load_lane


def _store_lane(layout: Struct, bits: int) -> Callable[[Any, int, int, int], None]:
    pack, mask = layout.pack_into, (1 << bits) - 1

    def store_lane(mem: Any, addr: int, a: int, lane: int) -> None:
        """Store one lane."""
        pack(mem, addr, a >> bits * lane & mask)

    return store_lane


HELPERS: Helpers = {
    "v128_load": v128_load,
    "v128_store": v128_store,
    **{name: helper for shape in (I8X16, I16X8, I32X4) for name, helper in _load_wider_all(shape).items()},
    **{f"v128_load{shape.bits}_splat": _load_splat(_SCALARS[shape.bits], shape.ones) for shape in shapes.SHAPES},
    "v128_load32_zero": _load_zero(U32),
    "v128_load64_zero": _load_zero(U64),
    **{f"v128_load{bits}_lane": _load_lane(layout, bits) for bits, layout in _SCALARS.items()},
    **{f"v128_store{bits}_lane": _store_lane(layout, bits) for bits, layout in _SCALARS.items()},
}
