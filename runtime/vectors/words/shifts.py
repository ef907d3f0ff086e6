"""Shifts of all lanes by one count, in the portable dialect (see `runtime.vectors.shifts`)."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.vectors.shapes import SHAPES, Helpers, Shape
from wasm2py.runtime.vectors.words.pairs import LANES, Vector, half, words
from wasm2py.runtime.words import int_lshift, int_sub, uint_rshift

Shift = Callable[[Vector, int], Vector]

#: By bits of a lane: for each count, the bits of a word that a shift right leaves.
_KEPT = {shape.bits: [half(shape.ones * (shape.lane >> n)) for n in range(shape.bits)] for shape in SHAPES}


def _shl(shape: Shape) -> Shift:
    last, kept = shape.bits - 1, _KEPT[shape.bits]

    def shl(a: Vector, n: int) -> Vector:
        """Shift left."""
        n &= last
        low, high = a if len(a) == 2 else words(a)
        return int_lshift(low & kept[n], n), int_lshift(high & kept[n], n)

    return shl


def _shr_u(shape: Shape) -> Shift:
    last, kept = shape.bits - 1, _KEPT[shape.bits]

    def shr_u(a: Vector, n: int) -> Vector:
        """Shift right, filling with zeros."""
        n &= last
        low, high = a if len(a) == 2 else words(a)
        return uint_rshift(low, n) & kept[n], uint_rshift(high, n) & kept[n]

    return shr_u


def _shr_s(shape: Shape) -> Shift:
    last, kept, signs = shape.bits - 1, _KEPT[shape.bits], shape.signs

    def shift(x: int, n: int) -> int:
        negative = x & signs
        return uint_rshift(x, n) & kept[n] | int_sub(int_lshift(negative, 1), uint_rshift(negative, n))

    def shr_s(a: Vector, n: int) -> Vector:
        """Shift right, copying the sign bit."""
        n &= last
        low, high = a if len(a) == 2 else words(a)
        return shift(low, n), shift(high, n)

    return shr_s


HELPERS: Helpers = {
    **{f"{shape.name}_shl": _shl(shape) for shape in LANES.values()},
    **{f"{shape.name}_shr_u": _shr_u(shape) for shape in LANES.values()},
    **{f"{shape.name}_shr_s": _shr_s(shape) for shape in LANES.values()},
}
