"""Vectors as bits, and what they tell of their lanes (spec: Execution / Numerics, `v128` and *test* operations)."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.vectors.shapes import ALL, I8X16, I16X8, I32X4, I64X2, SHAPES, Helpers, Shape, Unary, to_bytes


def v128_not(a: int) -> int:
    """Flip all bits."""
    return a ^ ALL


def v128_and(a: int, b: int) -> int:
    """The bits that are set in both."""
    return a & b


def v128_andnot(a: int, b: int) -> int:
    """The bits of a that are not set in b."""
    return a & b ^ a


def v128_or(a: int, b: int) -> int:
    """The bits that are set in one or both."""
    return a | b


def v128_xor(a: int, b: int) -> int:
    """The bits that are set in one of both."""
    return a ^ b


def v128_bitselect(a: int, b: int, c: int) -> int:
    """The bits of a where c is set, of b where not."""
    return b ^ (a ^ b) & c


def v128_any_true(a: int) -> bool:
    """Whether any bit is set."""
    return a != 0


def _all_true(shape: Shape) -> Callable[[int], bool]:
    signs, rest = shape.signs, shape.rest

    def all_true(a: int) -> bool:
        """Whether no lane is zero."""
        return ((a & rest) + rest | a) & signs == signs

    return all_true


#: Byte → the digit of its sign bit.
_SIGN_DIGITS = bytes(b"01"[byte >> 7] for byte in range(256))


def i8x16_bitmask(a: int) -> int:
    """The sign bits of the lanes, that of lane 0 lowest."""
    return int(to_bytes(a, 16, "big").translate(_SIGN_DIGITS), 2)


#: Byte → "1" for 0.
_ZERO_DIGITS = b"1" + b"0" * 255


def i8x16_eq_bitmask(a: int, b: int) -> int:
    """In which lanes both are equal, that of lane 0 lowest: none where subtracting 1 from each difference borrows from
    none, which is quick to find out; so searches go on.
    """
    difference = a ^ b
    if (difference - _I8X16_ONES) & ~difference & _I8X16_SIGNS:
        return int(to_bytes(difference, 16, "big").translate(_ZERO_DIGITS), 2)
    return 0


_I8X16_ONES, _I8X16_SIGNS = I8X16.ones, I8X16.signs


def _bitmask(shape: Shape) -> Unary:
    """By a multiplication that brings sign bit k to bit `top + k`, and no two bits to the same place."""
    signs, count, step = shape.signs, shape.number, shape.bits - 1
    factor = sum(1 << step * k for k in range(count))
    top, mask = step * count, (1 << count) - 1

    def bitmask(a: int) -> int:
        """The sign bits of the lanes, that of lane 0 lowest."""
        return (a & signs) * factor >> top & mask

    return bitmask


HELPERS: Helpers = {
    "v128_not": v128_not,
    "v128_and": v128_and,
    "v128_andnot": v128_andnot,
    "v128_or": v128_or,
    "v128_xor": v128_xor,
    "v128_bitselect": v128_bitselect,
    "v128_any_true": v128_any_true,
    "i8x16_bitmask": i8x16_bitmask,
    "i8x16_eq_bitmask": i8x16_eq_bitmask,
    **{f"{shape.name}_all_true": _all_true(shape) for shape in SHAPES},
    **{f"{shape.name}_bitmask": _bitmask(shape) for shape in (I16X8, I32X4, I64X2)},
}
