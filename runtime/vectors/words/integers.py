"""Lanes of integers in the portable dialect: sums, differences, extremes (see `runtime.vectors.integers`).

Each function is one of a word, of whose lanes none disturbs its neighbour; both words of a vector go through it.
"""

from __future__ import annotations

from wasm2py.runtime.vectors.shapes import Helpers, Shape
from wasm2py.runtime.vectors.words.pairs import I8X16, I16X8, LANES, Word, Words, filled, of_one, of_two
from wasm2py.runtime.words import int_add, int_sub, uint_rshift


def add(shape: Shape) -> Words:
    """Add, wrapping around."""
    signs, rest = shape.signs, shape.rest
    if shape.bits == 64:
        return int_add
    return lambda x, y: int_add(x & rest, y & rest) ^ (x ^ y) & signs


def _sub(shape: Shape) -> Words:
    signs, rest = shape.signs, shape.rest
    if shape.bits == 64:
        return int_sub
    return lambda x, y: int_sub(x | signs, y & rest) ^ ~(x ^ y) & signs


def _neg(shape: Shape) -> Word:
    sub = _sub(shape)
    return lambda x: sub(0, x)


def _abs(shape: Shape) -> Word:
    signs, below, fill = shape.signs, shape.bits - 1, filled(shape)
    return lambda x: int_add(x ^ fill(x & signs), uint_rshift(x & signs, below))


def not_less(shape: Shape, signed: bool) -> Words:
    """Finds the lanes with x >= y: of those, the sign bit is set, and nothing else."""
    signs, rest = shape.signs, shape.rest

    def not_less_unsigned(x: int, y: int) -> int:
        difference = int_sub(x | signs, y & rest)
        return (difference ^ (x ^ y) & (difference ^ x)) & signs

    def not_less_signed(x: int, y: int) -> int:
        difference = int_sub(x | signs, y & rest)
        return (difference ^ (x ^ y) & (difference ^ y)) & signs

    return not_less_signed if signed else not_less_unsigned


def _min(shape: Shape, signed: bool) -> Words:
    compare, fill = not_less(shape, signed), filled(shape)
    return lambda x, y: x ^ (x ^ y) & fill(compare(x, y))


def _max(shape: Shape, signed: bool) -> Words:
    compare, fill = not_less(shape, signed), filled(shape)
    return lambda x, y: y ^ (x ^ y) & fill(compare(x, y))


def _saturate(shape: Shape) -> Words:
    """Replaces lanes of a signed result, those whose sign bit is set in the last operand, by the number next to that
    beyond which it lies, of which the first operand has the sign.
    """
    signs, rest, below, fill = shape.signs, shape.rest, shape.bits - 1, filled(shape)

    def limits(x: int, overflows: int) -> int:
        return int_add(rest, uint_rshift(x & signs, below)) & fill(overflows)

    return limits


def _add_sat_s(shape: Shape) -> Words:
    plus, limits, signs, fill = add(shape), _saturate(shape), shape.signs, filled(shape)

    def add_sat_s(x: int, y: int) -> int:
        total = plus(x, y)
        overflows = (total ^ x) & (total ^ y) & signs
        return total & ~fill(overflows) | limits(x, overflows)

    return add_sat_s


def _sub_sat_s(shape: Shape) -> Words:
    minus, limits, signs, fill = _sub(shape), _saturate(shape), shape.signs, filled(shape)

    def sub_sat_s(x: int, y: int) -> int:
        difference = minus(x, y)
        overflows = (x ^ y) & (difference ^ x) & signs
        return difference & ~fill(overflows) | limits(x, overflows)

    return sub_sat_s


def _add_sat_u(shape: Shape) -> Words:
    plus, signs, fill = add(shape), shape.signs, filled(shape)

    def add_sat_u(x: int, y: int) -> int:
        total = plus(x, y)
        return total | fill((x & y | (x | y) & ~total) & signs)

    return add_sat_u


def _sub_sat_u(shape: Shape) -> Words:
    minus, compare, fill = _sub(shape), not_less(shape, signed=False), filled(shape)
    return lambda x, y: minus(x, y) & fill(compare(x, y))


def _avgr_u(shape: Shape) -> Words:
    rest = shape.rest
    return lambda x, y: int_sub(x | y, uint_rshift(x ^ y, 1) & rest)


def _popcnt(x: int) -> int:
    """Sums of two neighbouring bits, of four, of eight."""
    x = int_sub(x, x >> 1 & 0x5555555555555555)
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333)
    return x + (x >> 4) & 0x0F0F0F0F0F0F0F0F


def _of_all_shapes(shape: Shape) -> Helpers:
    return {
        f"{shape.name}_add": of_two(add(shape)),
        f"{shape.name}_sub": of_two(_sub(shape)),
        f"{shape.name}_neg": of_one(_neg(shape)),
        f"{shape.name}_abs": of_one(_abs(shape)),
    }


def _of_small_lanes(shape: Shape) -> Helpers:
    """Of up to 32 bits."""
    return {
        f"{shape.name}_min_s": of_two(_min(shape, signed=True)),
        f"{shape.name}_min_u": of_two(_min(shape, signed=False)),
        f"{shape.name}_max_s": of_two(_max(shape, signed=True)),
        f"{shape.name}_max_u": of_two(_max(shape, signed=False)),
    }


def _of_smallest_lanes(shape: Shape) -> Helpers:
    """Of up to 16 bits."""
    return {
        f"{shape.name}_add_sat_s": of_two(_add_sat_s(shape)),
        f"{shape.name}_add_sat_u": of_two(_add_sat_u(shape)),
        f"{shape.name}_sub_sat_s": of_two(_sub_sat_s(shape)),
        f"{shape.name}_sub_sat_u": of_two(_sub_sat_u(shape)),
        f"{shape.name}_avgr_u": of_two(_avgr_u(shape)),
    }


HELPERS: Helpers = {
    "i8x16_popcnt": of_one(_popcnt),
    **{name: helper for shape in LANES.values() for name, helper in _of_all_shapes(shape).items()},
    **{name: helper for shape in list(LANES.values())[:3] for name, helper in _of_small_lanes(shape).items()},
    **{name: helper for shape in (I8X16, I16X8) for name, helper in _of_smallest_lanes(shape).items()},
}
