"""Integers while they are being put together: exact Python values that stand for wrapped wasm ones.

An i32 or i64 at rest is *canonical*: 0 ≤ x < 2**N. In the midst of an expression a node may have any value that is
the same modulo 2**N; its bounds tell whether a mask is due when it comes to rest. In the portable dialect every
value is a word, and an i64 is at rest in any case (`words.py`).
"""

from __future__ import annotations

import ast

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.ir.expr import Expr


class Value:
    """A node whose exact value lies in low … high."""

    __slots__ = ("high", "low", "node")

    def __init__(self, node: ast.expr, low: int, high: int) -> None:
        self.node = node
        self.low = low
        self.high = high

    def fits(self, bits: int) -> bool:
        """Whether the value is canonical."""
        return self.low >= 0 and not self.high >> bits

    def fits_signed(self, bits: int) -> bool:
        """Whether the value is its own signed interpretation."""
        return self.low >= -1 << (bits - 1) and self.high < 1 << (bits - 1)


def is_known(value: Value, expr: Expr) -> bool:
    """Whether an expression's value need not be worked out: it is but one number, and nobody could tell."""
    return value.low == value.high and not expr.effects


MASKS = {32: 0xFFFFFFFF, 64: 0xFFFFFFFFFFFFFFFF}
#: So far beyond its type's ends a value may be for it to be taken to wrap hardly ever.
_FEW = 1 << 16
#: Past these, an unmasked value would make Python's integers grow: mask first.
LIMITS = {32: 1 << 80, 64: 1 << 144}
#: What a variable that is left unwrapped is taken to hold: so much that what is made of one can be masked at the end,
#: and that another variable that is left unwrapped can be given one and something smaller, but no more. Each turn of a
#: loop can add no more than a wrapped number, so it will not come near these bounds.
UNWRAPPED = {bits: (-(limit >> 1), limit >> 1) for bits, limit in LIMITS.items()}


#: What the portable dialect's integers fit in.
WORD = (-1 << 63, (1 << 63) - 1)


def word_bounds(low: int, high: int) -> tuple[int, int]:
    """The bounds of words that stand for unsigned i64 values in low … high."""
    if (low ^ high) >> 63:
        return WORD
    return (low, high) if not low >> 63 else (low - (1 << 64), high - (1 << 64))


def canonical(value: Value, bits: int, line: int) -> Value:
    """The value brought to rest."""
    mask = MASKS[bits]
    if value.low >= 0 and value.high <= mask:
        return value
    return Value(nodes.BinOp(value.node, nodes.AND, nodes.constant(mask, line), line), 0, mask)


def hardly_wraps(value: Value, bits: int) -> bool:
    """Whether a value needs wrapping for the sake of a few numbers at the ends only: a small constant was added."""
    mask = MASKS[bits]
    return not value.fits(bits) and value.low >= -_FEW and value.high <= mask + _FEW


def reduced(value: Value, bits: int, line: int) -> Value:
    """The value brought to rest by a remainder, which CPython has at once where nothing wraps, as a mask it has not."""
    modulus = nodes.constant(1 << bits, line)
    return Value(nodes.BinOp(value.node, nodes.MOD, modulus, line), 0, MASKS[bits])


def signed(value: Value, bits: int, line: int) -> Value:
    """The value as the signed integer that it stands for."""
    if value.fits_signed(bits):
        return value
    sign = 1 << (bits - 1)
    rest = canonical(value, bits, line)
    flipped = nodes.BinOp(rest.node, nodes.XOR, nodes.constant(sign, line), line)
    return Value(nodes.BinOp(flipped, nodes.SUB, nodes.constant(sign, line), line), -sign, sign - 1)


def span(low: int, high: int) -> tuple[int, int]:
    """The bounds of any bitwise combination of integers in low … high."""
    reach = 1 << max(high.bit_length(), (~low).bit_length() if low < 0 else 0)
    return (-reach if low < 0 else 0), reach - 1
