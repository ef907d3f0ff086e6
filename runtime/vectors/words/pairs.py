"""What a v128 is in the portable dialect: a tuple that PyPy's compiler takes apart, so that it costs nothing.

A vector is a pair of words `(low, high)`, integers as in `runtime.words`; or, where it comes from arithmetic of floats,
those: an f32x4 is a tuple of four, an f64x2 a tuple of two and None.  What needs another kind converts it, keeping all
bits; the length tells what it is.  Measured on PyPy, 16 bytes of the sum of products of f32: 42 ns so, 600 ns with
integers of 128 bits, 34 ns without vectors; of a search for a byte: 4, 193 and 34 ns.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any

from wasm2py.runtime.access import f32_bits, f32_from_bits
from wasm2py.runtime.vectors.shapes import SHAPES, Shape
from wasm2py.runtime.words import int_lshift, int_mul, uint_rshift, word

Vector = tuple[Any, ...]
Word = Callable[[int], int]
Words = Callable[[int, int], int]

MASK_32 = 0xFFFFFFFF
_MASK_64 = 0xFFFFFFFFFFFFFFFF

PAIR = Struct("<2q")
F32X4 = Struct("<4f")
F64X2 = Struct("<2d")
_pair_bytes, _pair_of = PAIR.pack, PAIR.unpack
_f32s_of, _f64_bytes, _f64s_of = F32X4.unpack, F64X2.pack, F64X2.unpack


def from_int(x: int) -> Vector:
    """The vector of 128 bits."""
    return word(x & _MASK_64), word(x >> 64)


def to_int(a: Vector) -> int:
    """The 128 bits of a vector, as an unsigned integer."""
    low, high = a if len(a) == 2 else words(a)
    return low & _MASK_64 | (high & _MASK_64) << 64


def words(a: Vector) -> tuple[int, int]:
    """The two words of a vector of any kind."""
    if len(a) == 4:
        low = f32_bits(a[0]) | int_lshift(f32_bits(a[1]), 32)
        return low, f32_bits(a[2]) | int_lshift(f32_bits(a[3]), 32)
    if len(a) == 3:
        found: tuple[int, int] = _pair_of(_f64_bytes(a[0], a[1]))
        return found
    return a[0], a[1]


def f32s(a: Vector) -> tuple[float, float, float, float]:
    """The four f32s of a vector of any kind; signalling NaNs stay so."""
    if len(a) == 4:
        return a[0], a[1], a[2], a[3]
    low, high = a if len(a) == 2 else words(a)
    x, y, z, w = _f32s_of(_pair_bytes(low, high))
    if x == x and y == y and z == z and w == w:
        return x, y, z, w
    return (
        f32_from_bits(low & MASK_32),
        f32_from_bits(uint_rshift(low, 32)),
        f32_from_bits(high & MASK_32),
        f32_from_bits(uint_rshift(high, 32)),
    )


def f64s(a: Vector) -> tuple[float, float]:
    """The two f64s of a vector of any kind."""
    if len(a) == 3:
        return a[0], a[1]
    low, high = a if len(a) == 2 else words(a)
    found: tuple[float, float] = _f64s_of(_pair_bytes(low, high))
    return found


# Functions of a word, done to both


def of_one(function: Word) -> Callable[[Vector], Vector]:
    """The function of a vector that does this to both words."""

    def apply(a: Vector) -> Vector:
        low, high = a if len(a) == 2 else words(a)
        return function(low), function(high)

    return apply


def of_two(function: Words) -> Callable[[Vector, Vector], Vector]:
    """The function of two vectors that does this to the lower and to the upper words."""

    def apply(a: Vector, b: Vector) -> Vector:
        a_low, a_high = a if len(a) == 2 else words(a)
        b_low, b_high = b if len(b) == 2 else words(b)
        return function(a_low, b_low), function(a_high, b_high)

    return apply


# Lanes of a word


def half(vector: int) -> int:
    """The word of a vector, an integer, of which both halves are alike."""
    return word(vector & _MASK_64)


#: Those whose lanes are divided as in vectors: the masks are words.
LANES: dict[str, Shape] = {
    shape.name: shape._replace(
        lane=half(shape.lane), ones=half(shape.ones), signs=half(shape.signs), rest=half(shape.rest)
    )
    for shape in SHAPES
}
I8X16, I16X8, I32X4, I64X2 = LANES.values()


def filled(shape: Shape) -> Word:
    """Of lanes that are zero but for the sign bit: makes those of which it is set all ones."""
    below, mask = shape.bits - 1, shape.lane

    def fill(signs: int) -> int:
        return int_mul(uint_rshift(signs, below), mask)

    return fill
