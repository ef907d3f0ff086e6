"""Comparisons, lane by lane: a lane of ones where true, of zeros where not (spec: *relational operations*)."""

from __future__ import annotations

from wasm2py.runtime.vectors.integers import not_less
from wasm2py.runtime.vectors.shapes import F32, F64, I64X2, SHAPES, Binary, Helpers, Shape, to_bytes

# Integers


def _different(shape: Shape) -> Binary:
    """Finds the lanes that are not equal: of those, the sign bit is set, and nothing else."""
    signs, rest = shape.signs, shape.rest

    def different(a: int, b: int) -> int:
        difference = a ^ b
        return ((difference & rest) + rest | difference) & signs

    return different


def _eq(shape: Shape) -> Binary:
    compare, signs, below = _different(shape), shape.signs, shape.bits - 1

    def eq(a: int, b: int) -> int:
        """Where both are equal."""
        found = compare(a, b) ^ signs
        return (found << 1) - (found >> below)

    return eq


def _ne(shape: Shape) -> Binary:
    compare, below = _different(shape), shape.bits - 1

    def ne(a: int, b: int) -> int:
        """Where both differ."""
        found = compare(a, b)
        return (found << 1) - (found >> below)

    return ne


def _lt(shape: Shape, signed: bool) -> Binary:
    compare, signs, below = not_less(shape, signed), shape.signs, shape.bits - 1

    def lt(a: int, b: int) -> int:
        """Where a is less."""
        found = compare(a, b) ^ signs
        return (found << 1) - (found >> below)

    return lt


def _ge(shape: Shape, signed: bool) -> Binary:
    compare, below = not_less(shape, signed), shape.bits - 1

    def ge(a: int, b: int) -> int:
        """Where a is not less."""
        found = compare(a, b)
        return (found << 1) - (found >> below)

    return ge


def _swapped(compare: Binary) -> Binary:
    return lambda a, b: compare(b, a)


def _orders(shape: Shape, sign: str) -> Helpers:
    lt, ge = _lt(shape, sign == "s"), _ge(shape, sign == "s")
    return {
        f"{shape.name}_lt_{sign}": lt,
        f"{shape.name}_gt_{sign}": _swapped(lt),
        f"{shape.name}_le_{sign}": _swapped(ge),
        f"{shape.name}_ge_{sign}": ge,
    }


def _of_integers(shape: Shape) -> Helpers:
    return {
        f"{shape.name}_eq": _eq(shape),
        f"{shape.name}_ne": _ne(shape),
        **_orders(shape, "s"),
        **(_orders(shape, "u") if shape is not I64X2 else {}),
    }


# Floats

_f32s = F32.unpack
_f64s = F64.unpack

_LANES_32 = [0xFFFFFFFF << 32 * lane for lane in range(4)]
_LANES_64 = [0xFFFFFFFFFFFFFFFF << 64 * lane for lane in range(2)]
_FIRST, _SECOND, _THIRD, _FOURTH = _LANES_32
_LOW, _HIGH = _LANES_64


def i32x4_mask(first: int, second: int, third: int, fourth: int) -> int:
    """A lane of ones for each condition (0 or 1) that holds."""
    return (first and _FIRST) | (second and _SECOND) | (third and _THIRD) | (fourth and _FOURTH)


def i64x2_mask(first: int, second: int) -> int:
    """A lane of ones for each condition (0 or 1) that holds."""
    return (first and _LOW) | (second and _HIGH)


def f32x4_eq(a: int, b: int) -> int:
    """Where both are equal."""
    a0, a1, a2, a3 = _f32s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3 = _f32s(to_bytes(b, 16, "little"))
    return (a0 == b0 and _FIRST) | (a1 == b1 and _SECOND) | (a2 == b2 and _THIRD) | (a3 == b3 and _FOURTH)


def f32x4_ne(a: int, b: int) -> int:
    """Where both differ, or one is NaN."""
    a0, a1, a2, a3 = _f32s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3 = _f32s(to_bytes(b, 16, "little"))
    return (a0 != b0 and _FIRST) | (a1 != b1 and _SECOND) | (a2 != b2 and _THIRD) | (a3 != b3 and _FOURTH)


def f32x4_lt(a: int, b: int) -> int:
    """Where a is less."""
    a0, a1, a2, a3 = _f32s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3 = _f32s(to_bytes(b, 16, "little"))
    return (a0 < b0 and _FIRST) | (a1 < b1 and _SECOND) | (a2 < b2 and _THIRD) | (a3 < b3 and _FOURTH)


def f32x4_le(a: int, b: int) -> int:
    """Where a is less or equal."""
    a0, a1, a2, a3 = _f32s(to_bytes(a, 16, "little"))
    b0, b1, b2, b3 = _f32s(to_bytes(b, 16, "little"))
    return (a0 <= b0 and _FIRST) | (a1 <= b1 and _SECOND) | (a2 <= b2 and _THIRD) | (a3 <= b3 and _FOURTH)


def f64x2_eq(a: int, b: int) -> int:
    """Where both are equal."""
    a0, a1 = _f64s(to_bytes(a, 16, "little"))
    b0, b1 = _f64s(to_bytes(b, 16, "little"))
    return (a0 == b0 and _LOW) | (a1 == b1 and _HIGH)


def f64x2_ne(a: int, b: int) -> int:
    """Where both differ, or one is NaN."""
    a0, a1 = _f64s(to_bytes(a, 16, "little"))
    b0, b1 = _f64s(to_bytes(b, 16, "little"))
    return (a0 != b0 and _LOW) | (a1 != b1 and _HIGH)


def f64x2_lt(a: int, b: int) -> int:
    """Where a is less."""
    a0, a1 = _f64s(to_bytes(a, 16, "little"))
    b0, b1 = _f64s(to_bytes(b, 16, "little"))
    return (a0 < b0 and _LOW) | (a1 < b1 and _HIGH)


def f64x2_le(a: int, b: int) -> int:
    """Where a is less or equal."""
    a0, a1 = _f64s(to_bytes(a, 16, "little"))
    b0, b1 = _f64s(to_bytes(b, 16, "little"))
    return (a0 <= b0 and _LOW) | (a1 <= b1 and _HIGH)


HELPERS: Helpers = {
    **{name: helper for shape in SHAPES for name, helper in _of_integers(shape).items()},
    "i32x4_mask": i32x4_mask,
    "i64x2_mask": i64x2_mask,
    "f32x4_eq": f32x4_eq,
    "f32x4_ne": f32x4_ne,
    "f32x4_lt": f32x4_lt,
    "f32x4_gt": _swapped(f32x4_lt),
    "f32x4_le": f32x4_le,
    "f32x4_ge": _swapped(f32x4_le),
    "f64x2_eq": f64x2_eq,
    "f64x2_ne": f64x2_ne,
    "f64x2_lt": f64x2_lt,
    "f64x2_gt": _swapped(f64x2_lt),
    "f64x2_le": f64x2_le,
    "f64x2_ge": _swapped(f64x2_le),
}
