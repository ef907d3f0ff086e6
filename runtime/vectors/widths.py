"""Lanes made wider and narrower (spec: `extend`, `extadd_pairwise`, `narrow`)."""

from __future__ import annotations

from struct import Struct

from wasm2py.runtime.vectors.shapes import (
    I8X16,
    I16X8,
    I32X4,
    I64X2,
    U16,
    Binary,
    Helpers,
    Shape,
    Unary,
    from_bytes,
    to_bytes,
)

_LOW_HALF = 0xFFFFFFFFFFFFFFFF


# 64 bits in lanes that are moved apart, to lanes of twice the width: halves first, then quarters, ….


def _spread_bytes(x: int) -> int:
    x = (x | x << 32) & 0xFFFFFFFF00000000FFFFFFFF
    x = (x | x << 16) & 0x0000FFFF0000FFFF0000FFFF0000FFFF
    return (x | x << 8) & 0x00FF00FF00FF00FF00FF00FF00FF00FF


def _spread_16_bits(x: int) -> int:
    x = (x | x << 32) & 0xFFFFFFFF00000000FFFFFFFF
    return (x | x << 16) & 0x0000FFFF0000FFFF0000FFFF0000FFFF


def _spread_32_bits(x: int) -> int:
    return (x | x << 32) & 0xFFFFFFFF00000000FFFFFFFF


#: Operands' shape → result's shape, and what makes it.
_WIDER: dict[Shape, tuple[Shape, Unary]] = {
    I8X16: (I16X8, _spread_bytes),
    I16X8: (I32X4, _spread_16_bits),
    I32X4: (I64X2, _spread_32_bits),
}


def spread_unsigned(narrow: Shape) -> Unary:
    """From 64 bits, the lanes of twice the width with the same numbers."""
    return _WIDER[narrow][1]


def spread_signed(narrow: Shape) -> Unary:
    """From 64 bits, the lanes of twice the width with the same signed numbers."""
    wide, spread = _WIDER[narrow]
    signs, bits = wide.ones << narrow.bits - 1, narrow.bits

    def spread_with_signs(x: int) -> int:
        x = spread(x)
        negative = (x & signs) << 1
        return x | (negative << bits) - negative

    return spread_with_signs


def _extend_low(spread: Unary) -> Unary:
    def extend_low(a: int) -> int:
        """The lower half of the lanes, of twice the width."""
        return spread(a & _LOW_HALF)

    return extend_low


def _extend_high(spread: Unary) -> Unary:
    def extend_high(a: int) -> int:
        """The upper half of the lanes, of twice the width."""
        return spread(a >> 64)

    return extend_high


def _extends(narrow: Shape) -> Helpers:
    name = f"{_WIDER[narrow][0].name}_extend_{{}}_{narrow.name}_{{}}"
    signed, unsigned = spread_signed(narrow), spread_unsigned(narrow)
    return {
        name.format("low", "s"): _extend_low(signed),
        name.format("low", "u"): _extend_low(unsigned),
        name.format("high", "s"): _extend_high(signed),
        name.format("high", "u"): _extend_high(unsigned),
    }


def _extadd_unsigned(narrow: Shape) -> Unary:
    wide, bits = _WIDER[narrow][0], narrow.bits
    even = wide.ones * narrow.lane

    def extadd_pairwise_u(a: int) -> int:
        """Add neighbours, to lanes of twice the width."""
        return (a & even) + (a >> bits & even)

    return extadd_pairwise_u


def _extadd_signed(narrow: Shape) -> Unary:
    """Signed numbers, 2**(bits-1) added to each, are unsigned ones; of the sum that has to be taken off again, which is
    as much as to add what is missing to a full lane.  The sign bits are added without carry.
    """
    add, signs = _extadd_unsigned(narrow), narrow.signs
    wide = _WIDER[narrow][0]
    missing, wide_signs = wide.signs - (wide.ones << narrow.bits), wide.signs

    def extadd_pairwise_s(a: int) -> int:
        """Add neighbours as signed numbers, to lanes of twice the width."""
        return add(a ^ signs) + missing ^ wide_signs

    return extadd_pairwise_s


def _extadds(narrow: Shape) -> Helpers:
    name = f"{_WIDER[narrow][0].name}_extadd_pairwise_{narrow.name}"
    return {f"{name}_s": _extadd_signed(narrow), f"{name}_u": _extadd_unsigned(narrow)}


# Narrowing takes the lanes of both operands, in one integer of 256 bits.

_u16s_of_u32s = Struct("<" + 8 * "H2x").unpack
_from_u16s = U16.pack


def _low_bytes(x: int) -> int:
    """The lower bytes of 16 lanes of 16 bits."""
    return from_bytes(to_bytes(x, 32, "little")[::2], "little")


def _low_16_bits(x: int) -> int:
    """The lower halves of 8 lanes of 32 bits."""
    return from_bytes(_from_u16s(*_u16s_of_u32s(to_bytes(x, 32, "little"))), "little")


def _doubled(vector: int) -> int:
    return vector | vector << 128


def _narrow_signed(wide: Shape, low: Unary) -> Binary:
    """Negative numbers are complemented before the limit is applied, and after it."""
    bits = wide.bits // 2
    signs, limit = _doubled(wide.signs), _doubled(wide.ones * ((1 << bits - 1) - 1))
    above, last = _doubled(wide.rest) ^ limit, wide.bits - 1

    def narrow_s(a: int, b: int) -> int:
        """The lanes of both at half the width, as signed numbers; what does not fit becomes the number next to it."""
        x = a | b << 128
        negative = x & signs
        complement = (negative << 1) - (negative >> last)
        x ^= complement
        if not x & above:
            return low(x ^ complement)
        over = (x & above) + above & signs
        return low((x & limit | (over >> bits) - (over >> last)) ^ complement)

    return narrow_s


def _narrow_unsigned(wide: Shape, low: Unary) -> Binary:
    bits = wide.bits // 2
    signs, limit = _doubled(wide.signs), _doubled(wide.ones * ((1 << bits) - 1))
    above, last = _doubled(wide.rest) & ~limit, wide.bits - 1
    outside = above | signs

    def narrow_u(a: int, b: int) -> int:
        """The lanes of both at half the width: signed numbers become unsigned, or what is next to them."""
        x = a | b << 128
        if not x & outside:
            return low(x)
        negative = x & signs
        x &= ~((negative << 1) - (negative >> last))
        over = (x & above) + above & signs
        return low(x | (over >> bits - 1) - (over >> last))

    return narrow_u


# Even and odd bytes instead of halves.

_BYTES = I16X8.ones * 255
_ABOVE_BYTES = I16X8.ones * 0xFF00


def i16x8_even(a: int) -> int:
    """The even bytes, as lanes of 16 bits."""
    return a & _BYTES


def i16x8_odd(a: int) -> int:
    """The odd bytes, as lanes of 16 bits."""
    return a >> 8 & _BYTES


def i8x16_zip(a: int, b: int) -> int:
    """The lanes of both in turn, as bytes: signed numbers become unsigned, or what is next to them."""
    if (a | b) & _ABOVE_BYTES:
        a, b = _between_bytes(a), _between_bytes(b)
    return a | b << 8


def i8x16_zip_fitting(a: int, b: int) -> int:
    """The same of lanes that are bytes."""
    return a | b << 8


def _between_bytes(x: int) -> int:
    negative = x & I16X8.signs
    x &= ~((negative << 1) - (negative >> 15))
    over = (x & _ABOVE_BYTES) + (I16X8.rest & _ABOVE_BYTES) & I16X8.signs
    return (x | (over >> 7) - (over >> 15)) & _BYTES


HELPERS: Helpers = {
    "i16x8_even": i16x8_even,
    "i16x8_odd": i16x8_odd,
    "i8x16_zip": i8x16_zip,
    "i8x16_zip_fitting": i8x16_zip_fitting,
    **{name: helper for shape in _WIDER for name, helper in _extends(shape).items()},
    **{name: helper for shape in (I8X16, I16X8) for name, helper in _extadds(shape).items()},
    "i8x16_narrow_i16x8_s": _narrow_signed(I16X8, _low_bytes),
    "i8x16_narrow_i16x8_u": _narrow_unsigned(I16X8, _low_bytes),
    "i16x8_narrow_i32x4_s": _narrow_signed(I32X4, _low_16_bits),
    "i16x8_narrow_i32x4_u": _narrow_unsigned(I32X4, _low_16_bits),
}
