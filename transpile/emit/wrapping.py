"""Which integers are likely to wrap, for those that are to be brought to rest.

Both ways give the same number. CPython has the remainder `x % 2**N` at once where nothing has to change (12 ns against
the mask's 20), and takes longer than for the mask where something has (49 against 19).
"""

from __future__ import annotations

from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr
from wasm2py.transpile.ir.intervals import FULL, SIZES
from wasm2py.transpile.opcodes import OPS

#: Constants up to here are lengths, places and steps; larger ones are there to mix bits.
_LARGEST = 1 << 28
#: What is multiplied by one of these is counted in something: multiples of four are sizes of elements, others digits.
#: Odd ones, such as 31 and 33, make hashes.
_MOST_SHIFTED = 4
_MOST_MULTIPLIED = 16
_LARGEST_ELEMENT = 1 << 16
_SUMS = frozenset(OPS[f"{type_}.{name}"] for type_ in SIZES for name in ("add", "sub"))
_SHL = frozenset(OPS[f"{type_}.shl"] for type_ in SIZES)
_MUL = frozenset(OPS[f"{type_}.mul"] for type_ in SIZES)
_MIXING = frozenset(OPS[f"{type_}.{name}"] for type_ in SIZES for name in ("or", "xor", "rotl", "rotr"))
_WRAP = OPS["i32.wrap_i64"]
_OF_ADDRESSES = _SUMS | _SHL | _MUL | {LOCAL_GET}


def seldom_wraps(expr: Expr) -> bool:
    """Whether an integer that is wider than its type for all we know will hardly ever be: a sum of common numbers."""
    op = expr.op
    if op is LOCAL_GET:
        return not expr.imm.mixed
    if op in _SUMS:
        return seldom_wraps(expr.args[0]) and seldom_wraps(expr.args[1])
    if op in CONSTS:
        return not _LARGEST < expr.imm < FULL[expr.type][1] - _LARGEST  # type: ignore[index]
    if op in _SHL or op in _MUL:
        return expr.args[1].op in CONSTS and _counts(op in _SHL, expr.args[1].imm) and seldom_wraps(expr.args[0])
    if op is _WRAP:
        return seldom_wraps(expr.args[0])
    return op not in _MIXING


def _counts(shifted: bool, constant: int) -> bool:
    """Whether a shift by a constant, or a product with it, is likely to make a length, or a place of an index."""
    if shifted:
        return constant <= _MOST_SHIFTED
    return constant <= _MOST_MULTIPLIED or (constant <= _LARGEST_ELEMENT and not constant & 3)


def adds_up(expr: Expr) -> bool:
    """Whether an address comes about by addition and multiplication."""
    return expr.op in _OF_ADDRESSES
