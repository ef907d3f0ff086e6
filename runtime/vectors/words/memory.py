"""Vectors in memory, in the portable dialect (see `runtime.vectors.memory`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wasm2py.runtime.layouts import I64, U8, U16, U32
from wasm2py.runtime.vectors.shapes import Helpers
from wasm2py.runtime.vectors.words import lanes
from wasm2py.runtime.vectors.words.pairs import F32X4, F64X2, I8X16, I16X8, I32X4, PAIR, Vector, words
from wasm2py.runtime.vectors.words.widths import spreader

_load_pair, _store_pair = PAIR.unpack_from, PAIR.pack_into
_load_f32s, _load_f64s, _store_f64s = F32X4.unpack_from, F64X2.unpack_from, F64X2.pack_into
_load_word = I64.unpack_from
_load_u32 = U32.unpack_from

#: By bits of a lane: what loads one, and what stores one.
_LOADS: dict[int, Callable[[Any, int], tuple[Any, ...]]] = {
    8: U8.unpack_from,
    16: U16.unpack_from,
    32: _load_u32,
    64: _load_word,
}
_NAMES = {8: "i8x16", 16: "i16x8", 32: "i32x4", 64: "i64x2"}


def v128_load(mem: Any, addr: int) -> Vector:
    """Load 16 bytes."""
    return _load_pair(mem, addr)


def f32x4_load(mem: Any, addr: int) -> Vector:
    """Load 16 bytes, as floats."""
    x, y, z, w = _load_f32s(mem, addr)
    if x == x and y == y and z == z and w == w:
        return x, y, z, w
    return _load_pair(mem, addr)


def f64x2_load(mem: Any, addr: int) -> Vector:
    """Load 16 bytes, as floats."""
    x, y = _load_f64s(mem, addr)
    return x, y, None


def v128_store(mem: Any, addr: int, a: Vector) -> None:
    """Store 16 bytes."""
    if len(a) == 3:
        _store_f64s(mem, addr, a[0], a[1])
        return
    low, high = a if len(a) == 2 else words(a)
    _store_pair(mem, addr, low, high)


def _load_wider(spread: Callable[[int], Vector]) -> Callable[[Any, int], Vector]:
    def load(mem: Any, addr: int) -> Vector:
        """Load 8 bytes, as lanes of which each is made twice as wide."""
        return spread(_load_word(mem, addr)[0])

    return load


def _load_splat(bits: int) -> Callable[[Any, int], Vector]:
    load, splat = _LOADS[bits], lanes.HELPERS[f"{_NAMES[bits]}_splat"]

    def load_splat(mem: Any, addr: int) -> Any:
        """Load one lane, the same for all."""
        return splat(load(mem, addr)[0])

    return load_splat


def v128_load32_zero(mem: Any, addr: int) -> Vector:
    """Load lane 0; the others are zero."""
    return _load_u32(mem, addr)[0], 0


def v128_load64_zero(mem: Any, addr: int) -> Vector:
    """Load lane 0; the other is zero."""
    return _load_word(mem, addr)[0], 0


def _load_lane(bits: int) -> Callable[[Any, int, Vector, int], Vector]:
    load, replace = _LOADS[bits], lanes.HELPERS[f"{_NAMES[bits]}_replace_lane"]

    def load_lane(mem: Any, addr: int, a: Vector, lane: int) -> Any:
        """The vector with one lane loaded."""
        return replace(a, lane, load(mem, addr)[0])

    return load_lane


def _store_lane(bits: int) -> Callable[[Any, int, Vector, int], None]:
    layout = {8: U8, 16: U16, 32: U32, 64: I64}[bits]
    store, kind = layout.pack_into, "_u" if bits < 32 else ""
    extract = lanes.HELPERS[f"{_NAMES[bits]}_extract_lane{kind}"]

    def store_lane(mem: Any, addr: int, a: Vector, lane: int) -> None:
        """Store one lane."""
        store(mem, addr, extract(a, lane))

    return store_lane


HELPERS: Helpers = {
    "v128_load": v128_load,
    "f32x4_load": f32x4_load,
    "f64x2_load": f64x2_load,
    "v128_store": v128_store,
    **{
        f"v128_load{shape.bits}x{64 // shape.bits}_{sign}": _load_wider(spreader(shape, sign))
        for shape in (I8X16, I16X8, I32X4)
        for sign in ("s", "u")
    },
    "v128_load32_zero": v128_load32_zero,
    "v128_load64_zero": v128_load64_zero,
    **{f"v128_load{bits}_splat": _load_splat(bits) for bits in _NAMES},
    **{f"v128_load{bits}_lane": _load_lane(bits) for bits in _NAMES},
    **{f"v128_store{bits}_lane": _store_lane(bits) for bits in _NAMES},
}
