"""How many low bits of an address are known to be zero."""

from __future__ import annotations

from collections.abc import Mapping

from wasm2py.transpile.ir.expr import CONSTS, GLOBAL_GET, LOCAL_GET, SELECT, Expr

_MOST = 6


def low_zeros(expr: Expr, known: Mapping[int, int] | None = None) -> int:
    """A number of low bits of an integer expression that are zero for certain (at most 6).

    What is known of variables is given by Var index, or else read from the marks of the `alignments` pass.
    """
    if expr.op in CONSTS:
        return _trailing(expr.imm)
    if expr.op is LOCAL_GET:
        return expr.zeros if known is None else known.get(expr.imm.index, 0)
    if expr.op is GLOBAL_GET:
        return expr.zeros
    if expr.op is SELECT:
        return min(low_zeros(expr.args[0], known), low_zeros(expr.args[1], known))
    rule = expr.op.mnemonic.partition(".")[2]
    if rule in ("add", "sub", "or", "xor"):
        return min(low_zeros(expr.args[0], known), low_zeros(expr.args[1], known))
    if rule == "mul":
        return min(low_zeros(expr.args[0], known) + low_zeros(expr.args[1], known), _MOST)
    if rule == "and":
        return max(low_zeros(expr.args[0], known), low_zeros(expr.args[1], known))
    if rule == "shl" and expr.args[1].op in CONSTS:
        amount: int = expr.args[1].imm & 31
        return min(low_zeros(expr.args[0], known) + amount, _MOST)
    return 0


def _trailing(value: int) -> int:
    return min((value & -value).bit_length() - 1, _MOST) if value else _MOST
