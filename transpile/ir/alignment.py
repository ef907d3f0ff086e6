"""How many low bits of an address are known to be zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wasm2py.transpile.ir.expr import CONSTS, GLOBAL_GET, LOCAL_GET, SELECT, Expr
from wasm2py.transpile.opcodes import OPS, Op

_MOST = 6


def low_zeros(expr: Expr, known: Mapping[int, int] | None = None) -> int:
    """A number of low bits of an integer expression that are zero for certain (at most 6).

    What is known of variables is given by Var index, or else read from the marks of the `alignments` pass.
    """
    op = expr.op
    if op is LOCAL_GET:
        return expr.zeros if known is None else known.get(expr.imm.index, 0)
    if op in CONSTS:
        return _trailing(expr.imm)
    if op is GLOBAL_GET:
        return expr.zeros
    if op in _SHL:
        amount: int = expr.args[1].imm & 31 if expr.args[1].op in CONSTS else 0
        return min(low_zeros(expr.args[0], known) + amount, _MOST)
    combine = _OF_BOTH.get(op)
    return 0 if combine is None else combine(low_zeros(expr.args[0], known), low_zeros(expr.args[1], known))


def _of_product(one: int, other: int) -> int:
    return min(one + other, _MOST)


_SHL = frozenset({OPS["i32.shl"], OPS["i64.shl"]})
_OF_BOTH: dict[Op, Callable[[int, int], int]] = {
    SELECT: min,
    **{OPS[f"{type_}.{name}"]: min for type_ in ("i32", "i64") for name in ("add", "sub", "or", "xor")},
    **{OPS[f"{type_}.and"]: max for type_ in ("i32", "i64")},
    **{OPS[f"{type_}.mul"]: _of_product for type_ in ("i32", "i64")},
}


def _trailing(value: int) -> int:
    return min((value & -value).bit_length() - 1, _MOST) if value else _MOST
