"""Instructions that mix bits: what hashes, ciphers and random numbers are made with."""

from __future__ import annotations

from wasm2py.transpile.ir.expr import CONSTS, Expr
from wasm2py.transpile.ir.intervals import SIZES
from wasm2py.transpile.opcodes import OPS

#: A factor from here on is there to mix.
_LARGE = 1 << 16
_MUL = frozenset(OPS[f"{type_}.mul"] for type_ in SIZES)
_XOR = frozenset(OPS[f"{type_}.xor"] for type_ in SIZES)
_ROTATIONS = frozenset(OPS[f"{type_}.{name}"] for type_ in SIZES for name in ("rotl", "rotr"))
#: The instructions that can mix.
MIXING = _MUL | _XOR | _ROTATIONS


def mixes(expr: Expr) -> bool:
    """Whether one of these instructions makes a number of which every bit counts, whatever it is made of."""
    if expr.op in _XOR:
        return expr.args[0].op not in CONSTS and expr.args[1].op not in CONSTS
    if expr.op in _MUL:
        return any(arg.op in CONSTS and arg.imm >= _LARGE for arg in expr.args)
    return expr.op in _ROTATIONS
