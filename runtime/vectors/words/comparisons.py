"""Comparisons of integers, lane by lane, in the portable dialect (see `runtime.vectors.comparisons`)."""

from __future__ import annotations

from wasm2py.runtime.vectors.shapes import Helpers, Shape
from wasm2py.runtime.vectors.words.integers import not_less
from wasm2py.runtime.vectors.words.pairs import I64X2, LANES, Words, filled, of_two
from wasm2py.runtime.words import int_add


def _ne(shape: Shape) -> Words:
    signs, rest, fill = shape.signs, shape.rest, filled(shape)

    def ne(x: int, y: int) -> int:
        difference = x ^ y
        return fill((int_add(difference & rest, rest) | difference) & signs)

    return ne


def _eq(shape: Shape) -> Words:
    ne = _ne(shape)
    return lambda x, y: ~ne(x, y)


def _orders(shape: Shape, sign: str) -> Helpers:
    compare, fill = not_less(shape, sign == "s"), filled(shape)
    return {
        f"{shape.name}_lt_{sign}": of_two(lambda x, y: ~fill(compare(x, y))),
        f"{shape.name}_gt_{sign}": of_two(lambda x, y: ~fill(compare(y, x))),
        f"{shape.name}_le_{sign}": of_two(lambda x, y: fill(compare(y, x))),
        f"{shape.name}_ge_{sign}": of_two(lambda x, y: fill(compare(x, y))),
    }


def _of_integers(shape: Shape) -> Helpers:
    return {
        f"{shape.name}_eq": of_two(_eq(shape)),
        f"{shape.name}_ne": of_two(_ne(shape)),
        **_orders(shape, "s"),
        **(_orders(shape, "u") if shape is not I64X2 else {}),
    }


HELPERS: Helpers = {name: helper for shape in LANES.values() for name, helper in _of_integers(shape).items()}
