"""Lanes converted between integers and floats, and between floats (spec: `trunc_sat`, `convert`, …)."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from wasm2py.runtime.floats import f_promote, i32_trunc_sat_s, i32_trunc_sat_u
from wasm2py.runtime.vectors.floats import from_rounded
from wasm2py.runtime.vectors.shapes import F32, F64, S32, U32, Helpers, Unary, from_bytes, to_bytes

#: The lower two lanes of four; the others are dropped, or zero.
_LOW_F32 = Struct("<2f8x")
_LOW_S32 = Struct("<2i8x")
_LOW_U32 = Struct("<2I8x")


def _trunc_sat(floats: Struct, integers: Struct, truncate: Callable[[float], int]) -> Unary:
    unpack, pack = floats.unpack, integers.pack

    def trunc_sat(a: int) -> int:
        """Round towards zero, to the nearest integer there is; 0 for NaN, and in lanes that a has not."""
        return from_bytes(pack(*map(truncate, unpack(to_bytes(a, 16, "little")))), "little")

    return trunc_sat


def _convert(integers: Struct, floats: Struct) -> Unary:
    """No 32-bit integer is too large for an f32, or rounded twice."""
    unpack, pack = integers.unpack, floats.pack

    def convert(a: int) -> int:
        """Round to the nearest float."""
        return from_bytes(pack(*unpack(to_bytes(a, 16, "little"))), "little")

    return convert


def f32x4_demote_f64x2_zero(a: int) -> int:
    """Round to f32; the upper two lanes are zero."""
    low, high = F64.unpack(to_bytes(a, 16, "little"))
    return from_rounded(low, high, 0.0, 0.0)


def f64x2_promote_low_f32x4(a: int) -> int:
    """The f64s equal to the lower two lanes."""
    low, high = _LOW_F32.unpack(to_bytes(a, 16, "little"))
    return from_bytes(F64.pack(f_promote(low), f_promote(high)), "little")


HELPERS: Helpers = {
    "i32x4_trunc_sat_f32x4_s": _trunc_sat(F32, U32, i32_trunc_sat_s),
    "i32x4_trunc_sat_f32x4_u": _trunc_sat(F32, U32, i32_trunc_sat_u),
    "i32x4_trunc_sat_f64x2_s_zero": _trunc_sat(F64, _LOW_U32, i32_trunc_sat_s),
    "i32x4_trunc_sat_f64x2_u_zero": _trunc_sat(F64, _LOW_U32, i32_trunc_sat_u),
    "f32x4_convert_i32x4_s": _convert(S32, F32),
    "f32x4_convert_i32x4_u": _convert(U32, F32),
    "f64x2_convert_low_i32x4_s": _convert(_LOW_S32, F64),
    "f64x2_convert_low_i32x4_u": _convert(_LOW_U32, F64),
    "f32x4_demote_f64x2_zero": f32x4_demote_f64x2_zero,
    "f64x2_promote_low_f32x4": f64x2_promote_low_f32x4,
}
