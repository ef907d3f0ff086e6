"""Bounds of expressions: tried out on every small interval."""

from __future__ import annotations

from wasm2py.transpile.ir.expr import Expr, Var, const, get
from wasm2py.transpile.ir.intervals import interval
from wasm2py.transpile.opcodes import OPS

_LARGEST = 16


def test_a_constant_mask() -> None:
    variable = Var(0, "i32")
    for mask in (*range(_LARGEST), 0xFFFFFFFC, 0xFFFFFFF8, 0xFFFFFFF0, 0xFFFFFFFB):
        masked = Expr(OPS["i32.and"], "i32", (get(variable), const("i32", mask)))
        for low in range(_LARGEST):
            for high in range(low, _LARGEST):
                values = [value & mask for value in range(low, high + 1)]
                least, greatest = interval(masked, {0: (low, high)})
                assert least <= min(values) <= max(values) <= greatest


def test_a_mask_that_clears_low_bits_keeps_both_bounds() -> None:
    masked = Expr(OPS["i32.and"], "i32", (get(Var(0, "i32")), const("i32", 0x7FFFFFFC)))
    assert interval(masked, {0: (4, 0x7FFFFFFF)}) == (4, 0x7FFFFFFC)
    assert interval(masked, {0: (4, 0xFFFFFFFF)}) == (0, 0x7FFFFFFC)
