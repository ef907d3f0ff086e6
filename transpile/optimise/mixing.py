"""`mixing`: variables that hold the numbers of hashes and ciphers, any of which is as likely as any other.

For `emit`, to which sums of other numbers hardly ever wrap (`Var.mixed`). Rotations and exclusive or make such
numbers, and multiplications by large constants; whatever is added to one, shifted, or chosen besides one, is another.
What is loaded is not taken for one, nor what is masked by a small constant.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, SELECT, Expr
from wasm2py.transpile.ir.intervals import SIZES
from wasm2py.transpile.ir.mixes import MIXING, mixes
from wasm2py.transpile.opcodes import OPS

#: What a mask up to here leaves is too little for a sum to wrap.
_SMALL = 0xFFFF
#: So often the statements are gone through: what goes around loops more than that is not followed.
_MOST_ROUNDS = 4
#: What is mixed if an operand is.
_PASSING = frozenset(
    OPS[f"{type_}.{name}"] for type_ in SIZES for name in ("add", "sub", "mul", "xor", "or", "and", "shl", "shr_u")
) | {SELECT, OPS["i32.wrap_i64"], OPS["i64.extend_i32_u"]}
_AND = frozenset(OPS[f"{type_}.and"] for type_ in SIZES)


def find_mixed(function: FunctionIR) -> None:
    """Set `Var.mixed`."""
    if not function.mixes:
        return
    stmts = [stmt for block in function.reverse_postorder() for stmt in block.stmts if stmt.targets]
    for _ in range(_MOST_ROUNDS):
        stmts = [stmt for stmt in stmts if not _mark(stmt)]


def _mark(stmt: Stmt) -> bool:
    """Mark what a statement assigns, if it is a mixed number; whether it is."""
    if len(stmt.targets) == 1 and stmt.expr.type in SIZES and _is_mixed(stmt.expr):
        stmt.targets[0].mixed = True
        return True
    return False


def _is_mixed(expr: Expr) -> bool:
    op = expr.op
    if op is LOCAL_GET:
        mixed: bool = expr.imm.mixed
        return mixed
    if op in MIXING and mixes(expr):
        return True
    return op in _PASSING and not _is_small(expr) and any(_is_mixed(arg) for arg in expr.args)


def _is_small(expr: Expr) -> bool:
    return expr.op in _AND and any(arg.op in CONSTS and arg.imm <= _SMALL for arg in expr.args)
