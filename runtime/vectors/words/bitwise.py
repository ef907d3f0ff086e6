"""Vectors as bits, and what they tell of their lanes, in the portable dialect (see `runtime.vectors.bitwise`)."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.vectors.shapes import Helpers, Shape
from wasm2py.runtime.vectors.words.pairs import LANES, Vector, of_one, of_two, words
from wasm2py.runtime.words import int_add, int_lshift, int_mul, uint_rshift, word


def v128_bitselect(a: Vector, b: Vector, c: Vector) -> Vector:
    """The bits of a where c is set, of b where not."""
    a_low, a_high = a if len(a) == 2 else words(a)
    b_low, b_high = b if len(b) == 2 else words(b)
    c_low, c_high = c if len(c) == 2 else words(c)
    return b_low ^ (a_low ^ b_low) & c_low, b_high ^ (a_high ^ b_high) & c_high


def v128_any_true(a: Vector) -> bool:
    """Whether any bit is set."""
    low, high = a if len(a) == 2 else words(a)
    found: bool = low | high != 0
    return found


def _all_true(shape: Shape) -> Callable[[Vector], bool]:
    signs, rest = shape.signs, shape.rest

    def all_true(a: Vector) -> bool:
        """Whether no lane is zero."""
        low, high = a if len(a) == 2 else words(a)
        found: bool = (int_add(low & rest, rest) | low) & (int_add(high & rest, rest) | high) & signs == signs
        return found

    return all_true


def _bitmask(shape: Shape) -> Callable[[Vector], int]:
    """By a multiplication that brings the sign bits to the top of the word."""
    signs, below, count = shape.signs, shape.bits - 1, shape.number // 2
    factor, top = word(sum(1 << 64 - count - below * k for k in range(count))), 64 - count

    def bitmask(a: Vector) -> int:
        """The sign bits of the lanes, that of lane 0 lowest."""
        low, high = a if len(a) == 2 else words(a)
        lower = uint_rshift(int_mul(uint_rshift(low & signs, below), factor), top)
        upper = uint_rshift(int_mul(uint_rshift(high & signs, below), factor), top)
        return lower | int_lshift(upper, count)

    return bitmask


HELPERS: Helpers = {
    "v128_not": of_one(lambda x: ~x),
    "v128_and": of_two(lambda x, y: x & y),
    "v128_andnot": of_two(lambda x, y: x & ~y),
    "v128_or": of_two(lambda x, y: x | y),
    "v128_xor": of_two(lambda x, y: x ^ y),
    "v128_bitselect": v128_bitselect,
    "v128_any_true": v128_any_true,
    **{f"{shape.name}_all_true": _all_true(shape) for shape in LANES.values()},
    **{f"{shape.name}_bitmask": _bitmask(shape) for shape in LANES.values()},
}
