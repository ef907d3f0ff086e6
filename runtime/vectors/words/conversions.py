"""Lanes converted between integers and floats, in the portable dialect (see `runtime.vectors.conversions`)."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.floats import f32, f32_from_int, f_promote, i32_trunc_sat_s, i32_trunc_sat_u
from wasm2py.runtime.vectors.shapes import Helpers
from wasm2py.runtime.vectors.words.pairs import MASK_32, Vector, f32s, f64s, words
from wasm2py.runtime.words import int_lshift

Unary = Callable[[Vector], Vector]


def _trunc_f32(truncate: Callable[[float], int]) -> Unary:
    def trunc_sat(a: Vector) -> Vector:
        """Round towards zero, to the nearest integer there is; 0 for NaN."""
        a0, a1, a2, a3 = f32s(a)
        return truncate(a0) | int_lshift(truncate(a1), 32), truncate(a2) | int_lshift(truncate(a3), 32)

    return trunc_sat


def _trunc_f64(truncate: Callable[[float], int]) -> Unary:
    def trunc_sat_zero(a: Vector) -> Vector:
        """Round towards zero, to the nearest integer there is; 0 for NaN, and in the upper two lanes."""
        a0, a1 = f64s(a)
        return truncate(a0) | int_lshift(truncate(a1), 32), 0

    return trunc_sat_zero


def _signed(x: int) -> tuple[int, int]:
    """The two lanes of a word."""
    return (x & MASK_32 ^ 0x80000000) - 0x80000000, x >> 32


def _unsigned(x: int) -> tuple[int, int]:
    """The two lanes of a word."""
    return x & MASK_32, x >> 32 & MASK_32


def _convert_f32(divide: Callable[[int], tuple[int, int]]) -> Unary:
    def convert(a: Vector) -> Vector:
        """Round to the nearest float."""
        low, high = a if len(a) == 2 else words(a)
        a0, a1 = divide(low)
        a2, a3 = divide(high)
        return f32_from_int(a0), f32_from_int(a1), f32_from_int(a2), f32_from_int(a3)

    return convert


def _convert_f64(divide: Callable[[int], tuple[int, int]]) -> Unary:
    def convert_low(a: Vector) -> Vector:
        """The f64s equal to the lower two lanes."""
        low, _ = a if len(a) == 2 else words(a)
        a0, a1 = divide(low)
        return float(a0), float(a1), None

    return convert_low


def f32x4_demote_f64x2_zero(a: Vector) -> Vector:
    """Round to f32; the upper two lanes are zero."""
    a0, a1 = f64s(a)
    return f32(a0), f32(a1), 0.0, 0.0


def f64x2_promote_low_f32x4(a: Vector) -> Vector:
    """The f64s equal to the lower two lanes."""
    a0, a1, _, _ = f32s(a)
    return f_promote(a0), f_promote(a1), None


HELPERS: Helpers = {
    "i32x4_trunc_sat_f32x4_s": _trunc_f32(i32_trunc_sat_s),
    "i32x4_trunc_sat_f32x4_u": _trunc_f32(i32_trunc_sat_u),
    "i32x4_trunc_sat_f64x2_s_zero": _trunc_f64(i32_trunc_sat_s),
    "i32x4_trunc_sat_f64x2_u_zero": _trunc_f64(i32_trunc_sat_u),
    "f32x4_convert_i32x4_s": _convert_f32(_signed),
    "f32x4_convert_i32x4_u": _convert_f32(_unsigned),
    "f64x2_convert_low_i32x4_s": _convert_f64(_signed),
    "f64x2_convert_low_i32x4_u": _convert_f64(_unsigned),
    "f32x4_demote_f64x2_zero": f32x4_demote_f64x2_zero,
    "f64x2_promote_low_f32x4": f64x2_promote_low_f32x4,
}
