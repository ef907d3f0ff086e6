"""Relaxed vector instructions in the portable dialect, with the results of `runtime.vectors.relaxed`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wasm2py.runtime.vectors.shapes import Helpers
from wasm2py.runtime.vectors.words import bitwise, conversions, floats, integers, lanes, products, widths
from wasm2py.runtime.vectors.words.pairs import LANES, Vector

Binary = Callable[[Vector, Vector], Vector]
Ternary = Callable[[Vector, Vector, Vector], Vector]


def _madd(add: Binary, mul: Binary) -> Ternary:
    def madd(a: Vector, b: Vector, c: Vector) -> Vector:
        """a * b + c."""
        return add(mul(a, b), c)

    return madd


def _nmadd(add: Binary, mul: Binary, neg: Any) -> Ternary:
    def nmadd(a: Vector, b: Vector, c: Vector) -> Vector:
        """-a * b + c."""
        return add(mul(neg(a), b), c)

    return nmadd


_multiply_low: Any = products.HELPERS["i16x8_extmul_low_i8x16_s"]
_multiply_high: Any = products.HELPERS["i16x8_extmul_high_i8x16_s"]
_add_pairs: Any = widths.HELPERS["i32x4_extadd_pairwise_i16x8_s"]
_narrow: Any = widths.HELPERS["i16x8_narrow_i32x4_s"]
_add: Any = integers.HELPERS["i32x4_add"]


def i16x8_relaxed_dot_i8x16_i7x16_s(a: Vector, b: Vector) -> Vector:
    """Multiply as signed numbers, and add the products of neighbours; what does not fit becomes the largest."""
    found: Vector = _narrow(_add_pairs(_multiply_low(a, b)), _add_pairs(_multiply_high(a, b)))
    return found


def i32x4_relaxed_dot_i8x16_i7x16_add_s(a: Vector, b: Vector, c: Vector) -> Vector:
    """The same, the sums of neighbours added once more, and c."""
    found: Vector = _add(_add_pairs(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c)
    return found


HELPERS: Helpers = {
    "i8x16_relaxed_swizzle": lanes.i8x16_swizzle,
    "i32x4_relaxed_trunc_f32x4_s": conversions.HELPERS["i32x4_trunc_sat_f32x4_s"],
    "i32x4_relaxed_trunc_f32x4_u": conversions.HELPERS["i32x4_trunc_sat_f32x4_u"],
    "i32x4_relaxed_trunc_f64x2_s_zero": conversions.HELPERS["i32x4_trunc_sat_f64x2_s_zero"],
    "i32x4_relaxed_trunc_f64x2_u_zero": conversions.HELPERS["i32x4_trunc_sat_f64x2_u_zero"],
    "f32x4_relaxed_madd": _madd(floats.f32x4_add, floats.f32x4_mul),
    "f32x4_relaxed_nmadd": _nmadd(floats.f32x4_add, floats.f32x4_mul, floats.HELPERS["f32x4_neg"]),
    "f64x2_relaxed_madd": _madd(floats.f64x2_add, floats.f64x2_mul),
    "f64x2_relaxed_nmadd": _nmadd(floats.f64x2_add, floats.f64x2_mul, floats.HELPERS["f64x2_neg"]),
    **{f"{name}_relaxed_laneselect": bitwise.v128_bitselect for name in LANES},
    **{
        f"{name}_relaxed_{which}": floats.HELPERS[f"{name}_{which}"]
        for name in ("f32x4", "f64x2")
        for which in ("min", "max")
    },
    "i16x8_relaxed_q15mulr_s": products.HELPERS["i16x8_q15mulr_sat_s"],
    "i16x8_relaxed_dot_i8x16_i7x16_s": i16x8_relaxed_dot_i8x16_i7x16_s,
    "i32x4_relaxed_dot_i8x16_i7x16_add_s": i32x4_relaxed_dot_i8x16_i7x16_add_s,
}
