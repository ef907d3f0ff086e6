"""Products of integer lanes (spec: `mul`, `extmul`, `dot`, `q15mulr_sat`).

Products cannot be told apart within one integer: the lanes are taken out and put back, by `struct`.
"""

from __future__ import annotations

import operator
import struct
from struct import Struct

from wasm2py.runtime.vectors.shapes import I16X8, I32X4, S16, U16, U32, Binary, Helpers, from_bytes, to_bytes

_s16s, _u16s, _u32s = S16.unpack, U16.unpack, U32.unpack
_from_s16s, _from_u16s, _from_u32s = S16.pack, U16.pack, U32.pack

_ONES_16 = I16X8.ones
_UPPER_BYTES = I16X8.ones * 0xFF00
_EVEN_16 = I32X4.ones * 65535


def _scaled_16(a: int, factor: int) -> int:
    """All lanes of 16 bits multiplied by one number, wrapping around: at once where they are bytes, and no product
    takes more bits than a lane has; else every other lane at once, which leaves 32 bits to each product.
    """
    if factor <= 257 and not a & _UPPER_BYTES:
        return a * factor
    return (a & _EVEN_16) * factor & _EVEN_16 | ((a >> 16 & _EVEN_16) * factor & _EVEN_16) << 16


def i16x8_mul(a: int, b: int) -> int:
    """Multiply, wrapping around."""
    if b == (b & 65535) * _ONES_16:
        return _scaled_16(a, b & 65535)
    if a == (a & 65535) * _ONES_16:
        return _scaled_16(b, a & 65535)
    a0, a1, a2, a3, a4, a5, a6, a7 = _u16s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3, b4, b5, b6, b7 = _u16s(to_bytes(b, 16, "little"))
    products = _from_u16s(
        a0 * b0 & 65535,
        a1 * b1 & 65535,
        a2 * b2 & 65535,
        a3 * b3 & 65535,
        a4 * b4 & 65535,
        a5 * b5 & 65535,
        a6 * b6 & 65535,
        a7 * b7 & 65535,
    )
    return from_bytes(products, "little")


def i16x8_scale(a: int, b: int) -> int:
    """Multiply lanes that are bytes by a number that is the same for all, wrapping around."""
    factor = b & 65535
    return a * factor if factor <= 257 else _scaled_16(a, factor)


def i32x4_mul(a: int, b: int) -> int:
    """Multiply, wrapping around."""
    a0, a1, a2, a3 = _u32s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3 = _u32s(to_bytes(b, 16, "little"))
    products = _from_u32s(a0 * b0 & 0xFFFFFFFF, a1 * b1 & 0xFFFFFFFF, a2 * b2 & 0xFFFFFFFF, a3 * b3 & 0xFFFFFFFF)
    return from_bytes(products, "little")


def i64x2_mul(a: int, b: int) -> int:
    """Multiply, wrapping around."""
    low = (a & 0xFFFFFFFFFFFFFFFF) * (b & 0xFFFFFFFFFFFFFFFF) & 0xFFFFFFFFFFFFFFFF
    return low | ((a >> 64) * (b >> 64) & 0xFFFFFFFFFFFFFFFF) << 64


def i32x4_dot_i16x8_s(a: int, b: int) -> int:
    """Multiply as signed numbers, and add the products of neighbours."""
    a0, a1, a2, a3, a4, a5, a6, a7 = _s16s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3, b4, b5, b6, b7 = _s16s(to_bytes(b, 16, "little"))
    sums = _from_u32s(
        a0 * b0 + a1 * b1 & 0xFFFFFFFF,
        a2 * b2 + a3 * b3 & 0xFFFFFFFF,
        a4 * b4 + a5 * b5 & 0xFFFFFFFF,
        a6 * b6 + a7 * b7 & 0xFFFFFFFF,
    )
    return from_bytes(sums, "little")


def i16x8_q15mulr_sat_s(a: int, b: int) -> int:
    """Multiply fractions of 15 bits, rounding; -1 times -1 is the largest fraction."""
    a0, a1, a2, a3, a4, a5, a6, a7 = _s16s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3, b4, b5, b6, b7 = _s16s(to_bytes(b, 16, "little"))
    products = (
        a0 * b0 + 0x4000 >> 15,
        a1 * b1 + 0x4000 >> 15,
        a2 * b2 + 0x4000 >> 15,
        a3 * b3 + 0x4000 >> 15,
        a4 * b4 + 0x4000 >> 15,
        a5 * b5 + 0x4000 >> 15,
        a6 * b6 + 0x4000 >> 15,
        a7 * b7 + 0x4000 >> 15,
    )
    try:
        return from_bytes(_from_s16s(*products), "little")
    except struct.error:
        return from_bytes(_from_s16s(*[min(product, 32767) for product in products]), "little")


def _extmul(factors: Struct, products: Struct) -> Binary:
    unpack, pack, multiply = factors.unpack, products.pack, operator.mul

    def extmul(a: int, b: int) -> int:
        """Multiply half of the lanes, to lanes of twice the width."""
        products = map(multiply, unpack(to_bytes(a, 16, "little")), unpack(to_bytes(b, 16, "little")))
        return from_bytes(pack(*products), "little")

    return extmul


def _extmuls(name: str, count: int, letters: str, wide: str) -> Helpers:
    """`name` is the one of the result's shape and the operands', `count` of lanes of the result; then the letters that
    `struct` has for lanes of both.
    """
    result, operands = name.split("_")
    return {
        f"{result}_extmul_{half}_{operands}_{sign}": _extmul(
            Struct("<" + (f"{count}{letter}8x" if half == "low" else f"8x{count}{letter}")), Struct(f"<{count}{to}")
        )
        for half in ("low", "high")
        for sign, letter, to in (("s", letters, wide), ("u", letters.upper(), wide.upper()))
    }


HELPERS: Helpers = {
    "i16x8_mul": i16x8_mul,
    "i16x8_scale": i16x8_scale,
    "i32x4_mul": i32x4_mul,
    "i64x2_mul": i64x2_mul,
    "i32x4_dot_i16x8_s": i32x4_dot_i16x8_s,
    "i16x8_q15mulr_sat_s": i16x8_q15mulr_sat_s,
    **_extmuls("i16x8_i8x16", 8, "b", "h"),
    **_extmuls("i32x4_i16x8", 4, "h", "i"),
    **_extmuls("i64x2_i32x4", 2, "i", "q"),
}
