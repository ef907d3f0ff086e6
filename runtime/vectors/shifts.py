"""Shifts of all lanes by one count, which is taken modulo the bits of a lane (spec: *shift operations*)."""

from __future__ import annotations

from wasm2py.runtime.vectors.shapes import SHAPES, Binary, Helpers, Shape


def _shl(shape: Shape) -> Binary:
    last = shape.bits - 1
    kept = [shape.ones * (shape.lane >> n) for n in range(shape.bits)]

    def shl(a: int, n: int) -> int:
        """Shift left."""
        n &= last
        return (a & kept[n]) << n

    return shl


def _shr_u(shape: Shape) -> Binary:
    last = shape.bits - 1
    kept = [shape.ones * (shape.lane >> n) for n in range(shape.bits)]

    def shr_u(a: int, n: int) -> int:
        """Shift right, filling with zeros."""
        n &= last
        return a >> n & kept[n]

    return shr_u


def _shr_s(shape: Shape) -> Binary:
    last, signs = shape.bits - 1, shape.signs
    kept = [shape.ones * (shape.lane >> n) for n in range(shape.bits)]

    def shr_s(a: int, n: int) -> int:
        """Shift right, copying the sign bit."""
        n &= last
        negative = a & signs
        return a >> n & kept[n] | (negative << 1) - (negative >> n)

    return shr_s


HELPERS: Helpers = {
    **{f"{shape.name}_shl": _shl(shape) for shape in SHAPES},
    **{f"{shape.name}_shr_u": _shr_u(shape) for shape in SHAPES},
    **{f"{shape.name}_shr_s": _shr_s(shape) for shape in SHAPES},
}
