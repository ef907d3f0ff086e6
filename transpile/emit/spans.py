"""Tests for a span of integers: `low <= x <= high`, which Python has and wasm says by a subtraction that wraps.

A compiler turns `'0' <= c && c <= '9'` into `(c - 48) <u 10`.  In CPython the wrapped subtraction costs more than a
second comparison.
"""

from __future__ import annotations

import ast

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import Emitter
from wasm2py.transpile.emit.values import Value
from wasm2py.transpile.ir.expr import CONSTS, Expr
from wasm2py.transpile.ir.intervals import SIZES
from wasm2py.transpile.opcodes import OPS

_ADD = frozenset(OPS[f"{type_}.add"] for type_ in SIZES)
_AND = frozenset(OPS[f"{type_}.and"] for type_ in SIZES)
#: Relation to a constant → what to add to the constant for the number of values from zero that have it, and whether
#: those are the values that have it or that have not.
_COUNTS = {"lt": (0, True), "le": (1, True), "ge": (0, False), "gt": (1, False)}


def wrapped_span(emitter: Emitter, name: str, left: Expr, right: Expr, wanted: bool, line: int) -> ast.expr | None:
    """`x + c` in the unsigned relation `name` to a constant, as a test of x; None where it is not of that form.

    None for PyPy, too: there the subtraction costs less than a second comparison, which is a second guard.
    """
    if emitter.dialect == "portable" or right.op not in CONSTS or name not in _COUNTS:
        return None
    bits, added = _modulus(left)
    if added is None:
        return None
    more, inside = _COUNTS[name]
    size, count = 1 << bits, right.imm + more
    if not 0 < count < size:
        return None
    low = -added.args[1].imm % size
    high = low + count - 1
    if high >= size:  # the values in between, inside out
        low, high, inside = high - size + 1, low - 1, not inside
    return within(_reduced(emitter.value(added.args[0]), bits, line), low, high, inside == wanted, line)


def _modulus(expr: Expr) -> tuple[int, Expr | None]:
    """A sum with a constant, and modulo how many bits it is asked for."""
    bits = SIZES[expr.type]  # type: ignore[index]
    if expr.op in _AND and expr.args[1].op in CONSTS:
        mask = expr.args[1].imm
        expr = expr.args[0]
        if not mask or mask & (mask + 1):
            return bits, None
        bits = mask.bit_length()
    return bits, expr if expr.op in _ADD and expr.args[1].op in CONSTS else None


def _reduced(value: Value, bits: int, line: int) -> Value:
    if value.fits(bits):
        return value
    mask = (1 << bits) - 1
    return Value(nodes.BinOp(value.node, nodes.AND, nodes.constant(mask, line), line), 0, mask)


def within(value: Value, low: int, high: int, wanted: bool, line: int) -> ast.expr:
    """Whether a value is in low … high (or, unless `wanted`, is not), by as few comparisons as its bounds allow."""
    op: ast.cmpop
    if low == high:
        op = nodes.EQ if wanted else nodes.NE
        return nodes.Compare(value.node, op, nodes.constant(low, line), line)
    if low <= value.low:
        op = nodes.LE if wanted else nodes.GT
        return nodes.Compare(value.node, op, nodes.constant(high, line), line)
    if high >= value.high:
        op = nodes.GE if wanted else nodes.LT
        return nodes.Compare(value.node, op, nodes.constant(low, line), line)
    chain = nodes.Compare(nodes.constant(low, line), nodes.LE, value.node, line)
    chain.ops.append(nodes.LE)
    chain.comparators.append(nodes.constant(high, line))
    return chain if wanted else nodes.not_(chain, line)
