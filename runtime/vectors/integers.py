"""Lanes of integers: sums, differences, extremes (spec: Execution / Numerics / Integer Operations, lane by lane).

A sum of all lanes at once leaves out the sign bits, so that nothing is carried into the next lane, and adds those
without carry; a difference sets them first, so that nothing is borrowed.
"""

from __future__ import annotations

from wasm2py.runtime.vectors.shapes import (
    I8X16,
    I16X8,
    SHAPES,
    Binary,
    Helpers,
    Shape,
    Unary,
    filled,
    from_bytes,
    to_bytes,
)


def _add(shape: Shape) -> Binary:
    signs, rest = shape.signs, shape.rest

    def add(a: int, b: int) -> int:
        """Add, wrapping around."""
        return (a & rest) + (b & rest) ^ (a ^ b) & signs

    return add


def _sub(shape: Shape) -> Binary:
    signs, rest = shape.signs, shape.rest

    def sub(a: int, b: int) -> int:
        """Subtract, wrapping around."""
        return (a | signs) - (b & rest) ^ (a ^ b) & signs ^ signs

    return sub


def _neg(shape: Shape) -> Unary:
    signs, rest = shape.signs, shape.rest

    def neg(a: int) -> int:
        """Negate, wrapping around."""
        return signs - (a & rest) ^ a & signs ^ signs

    return neg


def _abs(shape: Shape) -> Unary:
    signs, below = shape.signs, shape.bits - 1

    def magnitude(a: int) -> int:
        """The absolute value; the least number stays what it is."""
        negative = a & signs
        ones = negative >> below
        return (a ^ (negative << 1) - ones) + ones

    return magnitude


def not_less(shape: Shape, signed: bool) -> Binary:
    """Finds the lanes with a >= b: of those, the sign bit is set, and nothing else.

    The difference of all bits but the signs tells where the signs are equal; elsewhere the signs do.
    """
    signs, rest = shape.signs, shape.rest

    def not_less_unsigned(a: int, b: int) -> int:
        difference = (a | signs) - (b & rest)
        return (difference ^ (a ^ b) & (difference ^ a)) & signs

    def not_less_signed(a: int, b: int) -> int:
        difference = (a | signs) - (b & rest)
        return (difference ^ (a ^ b) & (difference ^ b)) & signs

    return not_less_signed if signed else not_less_unsigned


def _min(shape: Shape, signed: bool) -> Binary:
    compare, below = not_less(shape, signed), shape.bits - 1

    def minimum(a: int, b: int) -> int:
        """The smaller of each two."""
        greater = compare(a, b)
        return a ^ (a ^ b) & (greater << 1) - (greater >> below)

    return minimum


def _max(shape: Shape, signed: bool) -> Binary:
    compare, below = not_less(shape, signed), shape.bits - 1

    def maximum(a: int, b: int) -> int:
        """The larger of each two."""
        greater = compare(a, b)
        return b ^ (a ^ b) & (greater << 1) - (greater >> below)

    return maximum


def _saturated(shape: Shape) -> Binary:
    """Corrects signed results: where its sign bit is set, an overflow, it takes the number next to that beyond which
    the result lies, of which the first operand has the sign.
    """
    fill, below, ones, rest = filled(shape), shape.bits - 1, shape.ones, shape.rest

    def limits(a: int, overflows: int) -> int:
        return (rest + (a >> below & ones)) & fill(overflows)

    return limits


def _add_sat_s(shape: Shape) -> Binary:
    add, limits, signs, fill = _add(shape), _saturated(shape), shape.signs, filled(shape)

    def add_sat_s(a: int, b: int) -> int:
        """Add signed numbers; what does not fit becomes the number next to it."""
        total = add(a, b)
        overflows = (total ^ a) & (total ^ b) & signs
        return total & ~fill(overflows) | limits(a, overflows) if overflows else total

    return add_sat_s


def _sub_sat_s(shape: Shape) -> Binary:
    sub, limits, signs, fill = _sub(shape), _saturated(shape), shape.signs, filled(shape)

    def sub_sat_s(a: int, b: int) -> int:
        """Subtract signed numbers; what does not fit becomes the number next to it."""
        difference = sub(a, b)
        overflows = (a ^ b) & (difference ^ a) & signs
        return difference & ~fill(overflows) | limits(a, overflows) if overflows else difference

    return sub_sat_s


def _add_sat_u(shape: Shape) -> Binary:
    add, signs, fill = _add(shape), shape.signs, filled(shape)

    def add_sat_u(a: int, b: int) -> int:
        """Add unsigned numbers; what does not fit becomes the largest."""
        total = add(a, b)
        return total | fill((a & b | (a | b) & ~total) & signs)

    return add_sat_u


def _sub_sat_u(shape: Shape) -> Binary:
    sub, compare, fill = _sub(shape), not_less(shape, signed=False), filled(shape)

    def sub_sat_u(a: int, b: int) -> int:
        """Subtract unsigned numbers; what would be negative becomes 0."""
        return sub(a, b) & fill(compare(a, b))

    return sub_sat_u


def _avgr_u(shape: Shape) -> Binary:
    rest = shape.rest

    def avgr_u(a: int, b: int) -> int:
        """The mean of each two unsigned numbers, halves rounded up."""
        return (a | b) - ((a ^ b) >> 1 & rest)

    return avgr_u


_BIT_COUNTS = bytes(byte.bit_count() for byte in range(256))


def i8x16_popcnt(a: int) -> int:
    """How many bits of each byte are set."""
    return from_bytes(to_bytes(a, 16, "little").translate(_BIT_COUNTS), "little")


def _of_all_shapes(shape: Shape) -> Helpers:
    return {
        f"{shape.name}_add": _add(shape),
        f"{shape.name}_sub": _sub(shape),
        f"{shape.name}_neg": _neg(shape),
        f"{shape.name}_abs": _abs(shape),
    }


def _of_small_lanes(shape: Shape) -> Helpers:
    """Of up to 32 bits."""
    return {
        f"{shape.name}_min_s": _min(shape, signed=True),
        f"{shape.name}_min_u": _min(shape, signed=False),
        f"{shape.name}_max_s": _max(shape, signed=True),
        f"{shape.name}_max_u": _max(shape, signed=False),
    }


def _of_smallest_lanes(shape: Shape) -> Helpers:
    """Of up to 16 bits."""
    return {
        f"{shape.name}_add_sat_s": _add_sat_s(shape),
        f"{shape.name}_add_sat_u": _add_sat_u(shape),
        f"{shape.name}_sub_sat_s": _sub_sat_s(shape),
        f"{shape.name}_sub_sat_u": _sub_sat_u(shape),
        f"{shape.name}_avgr_u": _avgr_u(shape),
    }


HELPERS: Helpers = {
    "i8x16_popcnt": i8x16_popcnt,
    **{name: helper for shape in SHAPES for name, helper in _of_all_shapes(shape).items()},
    **{name: helper for shape in SHAPES[:3] for name, helper in _of_small_lanes(shape).items()},
    **{name: helper for shape in (I8X16, I16X8) for name, helper in _of_smallest_lanes(shape).items()},
}
