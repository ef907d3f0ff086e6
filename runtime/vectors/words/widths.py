"""Lanes made wider and narrower, in the portable dialect (see `runtime.vectors.widths`)."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.vectors.shapes import Helpers, Shape
from wasm2py.runtime.vectors.words.pairs import I8X16, I16X8, I32X4, I64X2, MASK_32, Vector, Word, filled, of_one, words
from wasm2py.runtime.words import int_add, int_lshift, int_mul, int_sub, uint_rshift

Unary = Callable[[Vector], Vector]

# 32 bits in lanes that are moved apart, to a word of lanes of twice the width.


def _spread_bytes(x: int) -> int:
    x = (x | x << 16) & 0x0000FFFF0000FFFF
    return (x | x << 8) & 0x00FF00FF00FF00FF


def _spread_16_bits(x: int) -> int:
    return (x | x << 16) & 0x0000FFFF0000FFFF


def _spread_32_bits(x: int) -> int:
    return x


#: Operands' shape → result's shape, and what makes a word of it.
_WIDER: dict[str, tuple[Shape, Word]] = {
    "i8x16": (I16X8, _spread_bytes),
    "i16x8": (I32X4, _spread_16_bits),
    "i32x4": (I64X2, _spread_32_bits),
}


def _spread_signed(narrow: Shape) -> Word:
    wide, spread = _WIDER[narrow.name]
    signs, bits = int_lshift(wide.ones, narrow.bits - 1), narrow.bits

    def spread_with_signs(x: int) -> int:
        x = spread(x)
        negative = (x & signs) << 1
        return x | int_sub(int_lshift(negative, bits), negative)

    return spread_with_signs


def spreader(narrow: Shape, sign: str) -> Callable[[int], Vector]:
    """From a word, the lanes of twice the width with the same numbers, signed ("s") or unsigned ("u")."""
    spread = _spread_signed(narrow) if sign == "s" else _WIDER[narrow.name][1]

    def spread_word(x: int) -> Vector:
        return spread(x & MASK_32), spread(uint_rshift(x, 32))

    return spread_word


def extender(narrow: Shape, which: str, sign: str) -> Unary:
    """The lower ("low") or upper ("high") half of the lanes, of twice the width."""
    spread = spreader(narrow, sign)

    def extend_low(a: Vector) -> Vector:
        low, _ = a if len(a) == 2 else words(a)
        return spread(low)

    def extend_high(a: Vector) -> Vector:
        _, high = a if len(a) == 2 else words(a)
        return spread(high)

    return extend_low if which == "low" else extend_high


def _extends(narrow: Shape) -> Helpers:
    name = _WIDER[narrow.name][0].name
    return {
        f"{name}_extend_{which}_{narrow.name}_{sign}": extender(narrow, which, sign)
        for which in ("low", "high")
        for sign in ("s", "u")
    }


def _extadd_unsigned(narrow: Shape) -> Word:
    bits, even = narrow.bits, int_mul(_WIDER[narrow.name][0].ones, (1 << narrow.bits) - 1)
    return lambda x: int_add(x & even, uint_rshift(x, bits) & even)


def _extadd_signed(narrow: Shape) -> Word:
    """As for whole vectors: what was added to make the numbers unsigned is taken off again."""
    add, signs, wide = _extadd_unsigned(narrow), narrow.signs, _WIDER[narrow.name][0]
    missing, wide_signs = int_sub(wide.signs, int_lshift(wide.ones, narrow.bits)), wide.signs
    return lambda x: int_add(add(x ^ signs), missing) ^ wide_signs


def _extadds(narrow: Shape) -> Helpers:
    name = f"{_WIDER[narrow.name][0].name}_extadd_pairwise_{narrow.name}"
    return {f"{name}_s": of_one(_extadd_signed(narrow)), f"{name}_u": of_one(_extadd_unsigned(narrow))}


# Narrowing puts the lower halves of the lanes of a word together in 32 bits, after what does not fit was replaced.


def _gather_bytes(x: int) -> int:
    x &= 0x00FF00FF00FF00FF
    x = (x | x >> 8) & 0x0000FFFF0000FFFF
    return (x | x >> 16) & MASK_32


def _gather_16_bits(x: int) -> int:
    x &= 0x0000FFFF0000FFFF
    return (x | x >> 16) & MASK_32


def _fit_signed(wide: Shape) -> Word:
    """Negative numbers are complemented before the limit is applied, and after it."""
    bits, last, signs, fill = wide.bits // 2, wide.bits - 1, wide.signs, filled(wide)
    limit = int_mul(wide.ones, (1 << bits - 1) - 1)
    above = wide.rest ^ limit

    def fit(x: int) -> int:
        complement = fill(x & signs)
        x ^= complement
        over = int_add(x & above, above) & signs
        return (x & limit | uint_rshift(over, bits) - uint_rshift(over, last)) ^ complement

    return fit


def _fit_unsigned(wide: Shape) -> Word:
    bits, last, signs, fill = wide.bits // 2, wide.bits - 1, wide.signs, filled(wide)
    above = wide.rest & ~int_mul(wide.ones, (1 << bits) - 1)

    def fit(x: int) -> int:
        x &= ~fill(x & signs)
        over = int_add(x & above, above) & signs
        return x | uint_rshift(over, bits - 1) - uint_rshift(over, last)

    return fit


def _narrow(fit: Word, gather: Word) -> Callable[[Vector, Vector], Vector]:
    def narrow(a: Vector, b: Vector) -> Vector:
        """The lanes of both at half the width; what does not fit becomes the number next to it."""
        a_low, a_high = a if len(a) == 2 else words(a)
        b_low, b_high = b if len(b) == 2 else words(b)
        return (
            gather(fit(a_low)) | int_lshift(gather(fit(a_high)), 32),
            gather(fit(b_low)) | int_lshift(gather(fit(b_high)), 32),
        )

    return narrow


# Even and odd bytes instead of halves.

_BYTES = 0x00FF00FF00FF00FF
_between_bytes = _fit_unsigned(I16X8)


def i16x8_odd(a: Vector) -> Vector:
    """The odd bytes, as lanes of 16 bits."""
    low, high = a if len(a) == 2 else words(a)
    return low >> 8 & _BYTES, high >> 8 & _BYTES


def i8x16_zip(a: Vector, b: Vector) -> Vector:
    """The lanes of both in turn, as bytes: signed numbers become unsigned, or what is next to them."""
    a_low, a_high = a if len(a) == 2 else words(a)
    b_low, b_high = b if len(b) == 2 else words(b)
    return (
        _between_bytes(a_low) & _BYTES | int_lshift(_between_bytes(b_low) & _BYTES, 8),
        _between_bytes(a_high) & _BYTES | int_lshift(_between_bytes(b_high) & _BYTES, 8),
    )


def i8x16_zip_fitting(a: Vector, b: Vector) -> Vector:
    """The same of lanes that are bytes."""
    a_low, a_high = a if len(a) == 2 else words(a)
    b_low, b_high = b if len(b) == 2 else words(b)
    return a_low | int_lshift(b_low, 8), a_high | int_lshift(b_high, 8)


HELPERS: Helpers = {
    "i16x8_even": of_one(lambda x: x & _BYTES),
    "i16x8_odd": i16x8_odd,
    "i8x16_zip": i8x16_zip,
    "i8x16_zip_fitting": i8x16_zip_fitting,
    **{name: helper for shape in (I8X16, I16X8, I32X4) for name, helper in _extends(shape).items()},
    **{name: helper for shape in (I8X16, I16X8) for name, helper in _extadds(shape).items()},
    "i8x16_narrow_i16x8_s": _narrow(_fit_signed(I16X8), _gather_bytes),
    "i8x16_narrow_i16x8_u": _narrow(_fit_unsigned(I16X8), _gather_bytes),
    "i16x8_narrow_i32x4_s": _narrow(_fit_signed(I32X4), _gather_16_bits),
    "i16x8_narrow_i32x4_u": _narrow(_fit_unsigned(I32X4), _gather_16_bits),
}
