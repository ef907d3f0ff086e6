"""Arithmetic and comparisons of f32x4 and f64x2 in the portable dialect (see `runtime.vectors.floats`).

Floats in a tuple stand for their bits as scalars do, those of signalling NaNs included: so here no function has to look
at bits.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from wasm2py.runtime.floats import (
    f32,
    f_abs,
    f_ceil,
    f_div,
    f_floor,
    f_max,
    f_min,
    f_nearest,
    f_neg,
    f_sqrt,
    f_trunc,
)
from wasm2py.runtime.vectors.shapes import Helpers
from wasm2py.runtime.vectors.words.pairs import MASK_32, Vector, f32s, f64s

Unary = Callable[[Vector], Vector]
Binary = Callable[[Vector, Vector], Vector]

#: The upper lane of a word, all ones.
_UPPER = -1 << 32


def f32x4_add(a: Vector, b: Vector) -> Vector:
    """Add."""
    a0, a1, a2, a3 = a if len(a) == 4 else f32s(a)
    b0, b1, b2, b3 = b if len(b) == 4 else f32s(b)
    return f32(a0 + b0), f32(a1 + b1), f32(a2 + b2), f32(a3 + b3)


def f32x4_sub(a: Vector, b: Vector) -> Vector:
    """Subtract."""
    a0, a1, a2, a3 = a if len(a) == 4 else f32s(a)
    b0, b1, b2, b3 = b if len(b) == 4 else f32s(b)
    return f32(a0 - b0), f32(a1 - b1), f32(a2 - b2), f32(a3 - b3)


def f32x4_mul(a: Vector, b: Vector) -> Vector:
    """Multiply."""
    a0, a1, a2, a3 = a if len(a) == 4 else f32s(a)
    b0, b1, b2, b3 = b if len(b) == 4 else f32s(b)
    return f32(a0 * b0), f32(a1 * b1), f32(a2 * b2), f32(a3 * b3)


def f32x4_div(a: Vector, b: Vector) -> Vector:
    """Divide."""
    a0, a1, a2, a3 = a if len(a) == 4 else f32s(a)
    b0, b1, b2, b3 = b if len(b) == 4 else f32s(b)
    return f32(f_div(a0, b0)), f32(f_div(a1, b1)), f32(f_div(a2, b2)), f32(f_div(a3, b3))


def f64x2_add(a: Vector, b: Vector) -> Vector:
    """Add."""
    a0, a1 = f64s(a)
    b0, b1 = f64s(b)
    return a0 + b0, a1 + b1, None


def f64x2_sub(a: Vector, b: Vector) -> Vector:
    """Subtract."""
    a0, a1 = f64s(a)
    b0, b1 = f64s(b)
    return a0 - b0, a1 - b1, None


def f64x2_mul(a: Vector, b: Vector) -> Vector:
    """Multiply."""
    a0, a1 = f64s(a)
    b0, b1 = f64s(b)
    return a0 * b0, a1 * b1, None


# What gives numbers that the type has: no rounding.


def _f32_of_one(function: Callable[[float], float]) -> Unary:
    def apply(a: Vector) -> Vector:
        a0, a1, a2, a3 = f32s(a)
        return function(a0), function(a1), function(a2), function(a3)

    return apply


def _f32_of_two(function: Callable[[float, float], float]) -> Binary:
    def apply(a: Vector, b: Vector) -> Vector:
        a0, a1, a2, a3 = f32s(a)
        b0, b1, b2, b3 = f32s(b)
        return function(a0, b0), function(a1, b1), function(a2, b2), function(a3, b3)

    return apply


def _f64_of_one(function: Callable[[float], float]) -> Unary:
    def apply(a: Vector) -> Vector:
        a0, a1 = f64s(a)
        return function(a0), function(a1), None

    return apply


def _f64_of_two(function: Callable[[float, float], float]) -> Binary:
    def apply(a: Vector, b: Vector) -> Vector:
        a0, a1 = f64s(a)
        b0, b1 = f64s(b)
        return function(a0, b0), function(a1, b1), None

    return apply


def _pmin(x: float, y: float) -> float:
    return y if y < x else x


def _pmax(x: float, y: float) -> float:
    return y if x < y else x


_OF_ONE = {
    "neg": f_neg,
    "abs": f_abs,
    "ceil": f_ceil,
    "floor": f_floor,
    "trunc": f_trunc,
    "nearest": f_nearest,
}
_OF_TWO = {"min": f_min, "max": f_max, "pmin": _pmin, "pmax": _pmax}


# Comparisons


def i32x4_mask(first: int, second: int, third: int, fourth: int) -> Vector:
    """A lane of ones for each condition (0 or 1) that holds."""
    low = (MASK_32 if first else 0) | (_UPPER if second else 0)
    return low, (MASK_32 if third else 0) | (_UPPER if fourth else 0)


def i64x2_mask(first: int, second: int) -> Vector:
    """A lane of ones for each condition (0 or 1) that holds."""
    return -1 if first else 0, -1 if second else 0


def _f32_compare(compare: Callable[[float, float], bool]) -> Binary:
    def apply(a: Vector, b: Vector) -> Vector:
        a0, a1, a2, a3 = f32s(a)
        b0, b1, b2, b3 = f32s(b)
        low = (MASK_32 if compare(a0, b0) else 0) | (_UPPER if compare(a1, b1) else 0)
        return low, (MASK_32 if compare(a2, b2) else 0) | (_UPPER if compare(a3, b3) else 0)

    return apply


def _f64_compare(compare: Callable[[float, float], bool]) -> Binary:
    def apply(a: Vector, b: Vector) -> Vector:
        a0, a1 = f64s(a)
        b0, b1 = f64s(b)
        return -1 if compare(a0, b0) else 0, -1 if compare(a1, b1) else 0

    return apply


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "gt": operator.gt,
    "le": operator.le,
    "ge": operator.ge,
}

HELPERS: Helpers = {
    "i32x4_mask": i32x4_mask,
    "i64x2_mask": i64x2_mask,
    "f32x4_add": f32x4_add,
    "f32x4_sub": f32x4_sub,
    "f32x4_mul": f32x4_mul,
    "f32x4_div": f32x4_div,
    "f32x4_sqrt": _f32_of_one(lambda x: f32(f_sqrt(x))),
    "f64x2_add": f64x2_add,
    "f64x2_sub": f64x2_sub,
    "f64x2_mul": f64x2_mul,
    "f64x2_div": _f64_of_two(f_div),
    "f64x2_sqrt": _f64_of_one(f_sqrt),
    **{f"f32x4_{name}": _f32_of_one(function) for name, function in _OF_ONE.items()},
    **{f"f64x2_{name}": _f64_of_one(function) for name, function in _OF_ONE.items()},
    **{f"f32x4_{name}": _f32_of_two(function) for name, function in _OF_TWO.items()},
    **{f"f64x2_{name}": _f64_of_two(function) for name, function in _OF_TWO.items()},
    **{f"f32x4_{name}": _f32_compare(compare) for name, compare in _COMPARISONS.items()},
    **{f"f64x2_{name}": _f64_compare(compare) for name, compare in _COMPARISONS.items()},
}
