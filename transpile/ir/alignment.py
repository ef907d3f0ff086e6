"""How many low bits of an address are known to be zero."""

from __future__ import annotations

from wasm2py.transpile.ir.expr import CONSTS, Expr

_MOST = 6


def low_zeros(expr: Expr) -> int:
    """A number of low bits of an integer expression that are zero for certain (at most 6)."""
    if expr.op in CONSTS:
        return _trailing(expr.imm)
    rule = expr.op.mnemonic.partition(".")[2]
    if rule in ("add", "sub", "or", "xor"):
        return min(low_zeros(expr.args[0]), low_zeros(expr.args[1]))
    if rule == "mul":
        return min(low_zeros(expr.args[0]) + low_zeros(expr.args[1]), _MOST)
    if rule == "and":
        return max(low_zeros(expr.args[0]), low_zeros(expr.args[1]))
    if rule == "shl" and expr.args[1].op in CONSTS:
        amount: int = expr.args[1].imm & 31
        return min(low_zeros(expr.args[0]) + amount, _MOST)
    return 0


def _trailing(value: int) -> int:
    return min((value & -value).bit_length() - 1, _MOST) if value else _MOST
