"""Relaxed vector instructions (spec: Execution / Numerics / Relaxed Operations).

Where the spec leaves a choice, the deterministic profile's is made, the same everywhere: multiplying and adding rounds
twice, bytes of dot products are signed, and the rest is as in the instructions without *relaxed*.
"""

from __future__ import annotations

import struct
from typing import Any

from wasm2py.runtime.vectors import bitwise, conversions, floats, integers, lanes, products, widths
from wasm2py.runtime.vectors.shapes import I32X4, I64X2, S8, S16, SHAPES, Binary, Helpers, Ternary, from_bytes, to_bytes

_s8s, _from_s16s = S8.unpack, S16.pack


def _madd(add: Binary, mul: Binary) -> Ternary:
    def madd(a: int, b: int, c: int) -> int:
        """a * b + c."""
        return add(mul(a, b), c)

    return madd


def _nmadd(add: Binary, mul: Binary, signs: int) -> Ternary:
    def nmadd(a: int, b: int, c: int) -> int:
        """-a * b + c."""
        return add(mul(a ^ signs, b), c)

    return nmadd


def i16x8_relaxed_dot_i8x16_i7x16_s(a: int, b: int) -> int:
    """Multiply as signed numbers, and add the products of neighbours; what does not fit becomes the largest."""
    found = [x * y for x, y in zip(_s8s(to_bytes(a, 16, "little")), _s8s(to_bytes(b, 16, "little")), strict=True)]
    sums = [found[i] + found[i + 1] for i in range(0, 16, 2)]
    try:
        return from_bytes(_from_s16s(*sums), "little")
    except struct.error:
        return from_bytes(_from_s16s(*[min(x, 32767) for x in sums]), "little")


_extadd: Any = widths.HELPERS["i32x4_extadd_pairwise_i16x8_s"]
_i32x4_add: Any = integers.HELPERS["i32x4_add"]


def i32x4_relaxed_dot_i8x16_i7x16_add_s(a: int, b: int, c: int) -> int:
    """The same, the sums of neighbours added once more, and c."""
    total: int = _i32x4_add(_extadd(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c)
    return total


HELPERS: Helpers = {
    "i8x16_relaxed_swizzle": lanes.i8x16_swizzle,
    "i32x4_relaxed_trunc_f32x4_s": conversions.HELPERS["i32x4_trunc_sat_f32x4_s"],
    "i32x4_relaxed_trunc_f32x4_u": conversions.HELPERS["i32x4_trunc_sat_f32x4_u"],
    "i32x4_relaxed_trunc_f64x2_s_zero": conversions.HELPERS["i32x4_trunc_sat_f64x2_s_zero"],
    "i32x4_relaxed_trunc_f64x2_u_zero": conversions.HELPERS["i32x4_trunc_sat_f64x2_u_zero"],
    "f32x4_relaxed_madd": _madd(floats.f32x4_add, floats.f32x4_mul),
    "f32x4_relaxed_nmadd": _nmadd(floats.f32x4_add, floats.f32x4_mul, I32X4.signs),
    "f64x2_relaxed_madd": _madd(floats.f64x2_add, floats.f64x2_mul),
    "f64x2_relaxed_nmadd": _nmadd(floats.f64x2_add, floats.f64x2_mul, I64X2.signs),
    **{f"{shape.name}_relaxed_laneselect": bitwise.v128_bitselect for shape in SHAPES},
    **{
        f"{name}_relaxed_{which}": floats.HELPERS[f"{name}_{which}"]
        for name in ("f32x4", "f64x2")
        for which in ("min", "max")
    },
    "i16x8_relaxed_q15mulr_s": products.i16x8_q15mulr_sat_s,
    "i16x8_relaxed_dot_i8x16_i7x16_s": i16x8_relaxed_dot_i8x16_i7x16_s,
    "i32x4_relaxed_dot_i8x16_i7x16_add_s": i32x4_relaxed_dot_i8x16_i7x16_add_s,
}
