"""Arithmetic of f32x4 and f64x2 (spec: Execution / Numerics / Floating-Point Operations, lane by lane).

As in the scalar operators, results of f32 lanes are worked out in f64 and rounded; the signs of zeros and NaNs are
theirs (see `runtime.floats`).  Unpacking may quiet NaNs, so what keeps bit patterns is done to the bits.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from wasm2py.runtime.access import f32_bits
from wasm2py.runtime.floats import (
    f32,
    f_ceil,
    f_div,
    f_floor,
    f_max,
    f_min,
    f_nearest,
    f_sqrt,
    f_trunc,
)
from wasm2py.runtime.vectors.comparisons import f32x4_lt, f64x2_lt
from wasm2py.runtime.vectors.shapes import F32, F64, I32X4, I64X2, Binary, Helpers, Shape, Unary, from_bytes, to_bytes

_f32s, _f64s = F32.unpack, F64.unpack
_from_f32s, _from_f64s = F32.pack, F64.pack


def from_rounded(*lanes: float) -> int:
    """The vector of numbers rounded to f32, some of which may become infinite: `struct` refuses those."""
    return from_bytes(_from_f32s(*[f32(x) for x in lanes]), "little")


def f32x4_make(x: float, y: float, z: float, w: float) -> int:
    """The vector of these, lane 0 first."""
    if x == x and y == y and z == z and w == w:
        return from_bytes(_from_f32s(x, y, z, w), "little")
    return f32_bits(x) | f32_bits(y) << 32 | f32_bits(z) << 64 | f32_bits(w) << 96


def f64x2_make(x: float, y: float) -> int:
    """The vector of these, lane 0 first."""
    return from_bytes(_from_f64s(x, y), "little")


def f32x4_add(a: int, b: int) -> int:
    """Add."""
    a0, a1, a2, a3 = _f32s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3 = _f32s(to_bytes(b, 16, "little"))
    try:
        return from_bytes(_from_f32s(a0 + b0, a1 + b1, a2 + b2, a3 + b3), "little")
    except OverflowError:
        return from_rounded(a0 + b0, a1 + b1, a2 + b2, a3 + b3)


def f32x4_sub(a: int, b: int) -> int:
    """Subtract."""
    a0, a1, a2, a3 = _f32s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3 = _f32s(to_bytes(b, 16, "little"))
    try:
        return from_bytes(_from_f32s(a0 - b0, a1 - b1, a2 - b2, a3 - b3), "little")
    except OverflowError:
        return from_rounded(a0 - b0, a1 - b1, a2 - b2, a3 - b3)


def f32x4_mul(a: int, b: int) -> int:
    """Multiply."""
    a0, a1, a2, a3 = _f32s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3 = _f32s(to_bytes(b, 16, "little"))
    try:
        return from_bytes(_from_f32s(a0 * b0, a1 * b1, a2 * b2, a3 * b3), "little")
    except OverflowError:
        return from_rounded(a0 * b0, a1 * b1, a2 * b2, a3 * b3)


def f32x4_div(a: int, b: int) -> int:
    """Divide."""
    a0, a1, a2, a3 = _f32s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3 = _f32s(to_bytes(b, 16, "little"))
    try:
        return from_bytes(_from_f32s(a0 / b0, a1 / b1, a2 / b2, a3 / b3), "little")
    except (OverflowError, ZeroDivisionError):
        return from_rounded(f_div(a0, b0), f_div(a1, b1), f_div(a2, b2), f_div(a3, b3))


def f64x2_add(a: int, b: int) -> int:
    """Add."""
    a0, a1 = _f64s(to_bytes(a, 16, "little"))
    b0, b1 = _f64s(to_bytes(b, 16, "little"))
    return from_bytes(_from_f64s(a0 + b0, a1 + b1), "little")


def f64x2_sub(a: int, b: int) -> int:
    """Subtract."""
    a0, a1 = _f64s(to_bytes(a, 16, "little"))
    b0, b1 = _f64s(to_bytes(b, 16, "little"))
    return from_bytes(_from_f64s(a0 - b0, a1 - b1), "little")


def f64x2_mul(a: int, b: int) -> int:
    """Multiply."""
    a0, a1 = _f64s(to_bytes(a, 16, "little"))
    b0, b1 = _f64s(to_bytes(b, 16, "little"))
    return from_bytes(_from_f64s(a0 * b0, a1 * b1), "little")


def f64x2_div(a: int, b: int) -> int:
    """Divide."""
    a0, a1 = _f64s(to_bytes(a, 16, "little"))
    b0, b1 = _f64s(to_bytes(b, 16, "little"))
    return from_bytes(_from_f64s(f_div(a0, b0), f_div(a1, b1)), "little")


# What gives numbers that the type has: no rounding.


def _of_one(layout: Struct, function: Callable[[float], float]) -> Unary:
    unpack, pack = layout.unpack, layout.pack

    def apply(a: int) -> int:
        return from_bytes(pack(*map(function, unpack(to_bytes(a, 16, "little")))), "little")

    return apply


def _of_two(layout: Struct, function: Callable[[float, float], float]) -> Binary:
    unpack, pack = layout.unpack, layout.pack

    def apply(a: int, b: int) -> int:
        lanes = map(function, unpack(to_bytes(a, 16, "little")), unpack(to_bytes(b, 16, "little")))
        return from_bytes(pack(*lanes), "little")

    return apply


# What keeps bit patterns


def _neg(shape: Shape) -> Unary:
    signs = shape.signs

    def neg(a: int) -> int:
        """Flip the sign bits."""
        return a ^ signs

    return neg


def _abs(shape: Shape) -> Unary:
    rest = shape.rest

    def magnitude(a: int) -> int:
        """Clear the sign bits."""
        return a & rest

    return magnitude


def _pmin(less: Binary) -> Binary:
    def pmin(a: int, b: int) -> int:
        """Of each two, b where it is less than a, else a."""
        return a ^ (a ^ b) & less(b, a)

    return pmin


def _pmax(less: Binary) -> Binary:
    def pmax(a: int, b: int) -> int:
        """Of each two, b where a is less than it, else a."""
        return a ^ (a ^ b) & less(a, b)

    return pmax


_ROUNDINGS = {"ceil": f_ceil, "floor": f_floor, "trunc": f_trunc, "nearest": f_nearest}


def _of_either_type(name: str, layout: Struct, shape: Shape, less: Binary) -> Helpers:
    """What is alike for both types."""
    return {
        f"{name}_neg": _neg(shape),
        f"{name}_abs": _abs(shape),
        f"{name}_min": _of_two(layout, f_min),
        f"{name}_max": _of_two(layout, f_max),
        f"{name}_pmin": _pmin(less),
        f"{name}_pmax": _pmax(less),
        f"{name}_sqrt": _of_one(layout, f_sqrt),
        **{f"{name}_{how}": _of_one(layout, function) for how, function in _ROUNDINGS.items()},
    }


HELPERS: Helpers = {
    "f32x4_make": f32x4_make,
    "f64x2_make": f64x2_make,
    "f32x4_add": f32x4_add,
    "f32x4_sub": f32x4_sub,
    "f32x4_mul": f32x4_mul,
    "f32x4_div": f32x4_div,
    "f64x2_add": f64x2_add,
    "f64x2_sub": f64x2_sub,
    "f64x2_mul": f64x2_mul,
    "f64x2_div": f64x2_div,
    **_of_either_type("f32x4", F32, I32X4, f32x4_lt),
    **_of_either_type("f64x2", F64, I64X2, f64x2_lt),
}
