"""Products of integer lanes in the portable dialect (see `runtime.vectors.products`)."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.vectors.shapes import Helpers, Shape
from wasm2py.runtime.vectors.words.pairs import I8X16, I16X8, I32X4, MASK_32, Vector, Words, of_two, words
from wasm2py.runtime.vectors.words.widths import extender
from wasm2py.runtime.words import int_lshift, int_mul

# Multiplying, wrapping around


def _mul_16_bits(x: int, y: int) -> int:
    return (
        (x & 65535) * (y & 65535) & 65535
        | ((x >> 16 & 65535) * (y >> 16 & 65535) & 65535) << 16
        | ((x >> 32 & 65535) * (y >> 32 & 65535) & 65535) << 32
        | int_lshift((x >> 48 & 65535) * (y >> 48 & 65535), 48)
    )


def _mul_32_bits(x: int, y: int) -> int:
    return int_mul(x & MASK_32, y & MASK_32) & MASK_32 | int_lshift(int_mul(x >> 32, y >> 32), 32)


def _lane(x: int, shift: int) -> int:
    """A lane of 16 bits, a signed number."""
    return (x >> shift & 65535 ^ 0x8000) - 0x8000


def _dot(x: int, y: int) -> int:
    """Multiply as signed numbers, and add the products of neighbours."""
    lower = _lane(x, 0) * _lane(y, 0) + _lane(x, 16) * _lane(y, 16)
    upper = _lane(x, 32) * _lane(y, 32) + (x >> 48) * (y >> 48)
    return lower & MASK_32 | int_lshift(upper, 32)


def _q15(x: int, y: int) -> int:
    """The rounded product of fractions of 15 bits, in 16 bits."""
    product = x * y + 0x4000 >> 15
    return product & 65535 if product < 0x8000 else 0x7FFF


def _q15mulr(x: int, y: int) -> int:
    low = _q15(_lane(x, 0), _lane(y, 0)) | _q15(_lane(x, 16), _lane(y, 16)) << 16
    return low | _q15(_lane(x, 32), _lane(y, 32)) << 32 | int_lshift(_q15(x >> 48, y >> 48), 48)


def _extmul(narrow: Shape, which: str, sign: str, multiply: Words) -> Callable[[Vector, Vector], Vector]:
    extend, mul = extender(narrow, which, sign), of_two(multiply)

    def extmul(a: Vector, b: Vector) -> Vector:
        """Multiply half of the lanes, to lanes of twice the width."""
        return mul(extend(a), extend(b))

    return extmul


def _extmuls(wide: str, narrow: Shape, multiply: Words) -> Helpers:
    return {
        f"{wide}_extmul_{which}_{narrow.name}_{sign}": _extmul(narrow, which, sign, multiply)
        for which in ("low", "high")
        for sign in ("s", "u")
    }


def i16x8_scale(a: Vector, b: Vector) -> Vector:
    """Multiply lanes that are bytes by a number that is the same for all, wrapping around."""
    low, high = a if len(a) == 2 else words(a)
    factor = (b if len(b) == 2 else words(b))[0] & 65535
    if factor <= 257:
        return int_mul(low, factor), int_mul(high, factor)
    return _scaled_bytes(low, factor), _scaled_bytes(high, factor)


def _scaled_bytes(x: int, factor: int) -> int:
    """Every other lane at once, which leaves 32 bits to each product."""
    even = int_mul(x & 0x000000FF000000FF, factor) & 0x0000FFFF0000FFFF
    return even | int_lshift(int_mul(x >> 16 & 0x000000FF000000FF, factor) & 0x0000FFFF0000FFFF, 16)


HELPERS: Helpers = {
    "i16x8_scale": i16x8_scale,
    "i16x8_mul": of_two(_mul_16_bits),
    "i32x4_mul": of_two(_mul_32_bits),
    "i64x2_mul": of_two(int_mul),
    "i32x4_dot_i16x8_s": of_two(_dot),
    "i16x8_q15mulr_sat_s": of_two(_q15mulr),
    **_extmuls("i16x8", I8X16, _mul_16_bits),
    **_extmuls("i32x4", I16X8, _mul_32_bits),
    **_extmuls("i64x2", I32X4, int_mul),
}
