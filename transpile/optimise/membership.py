"""`membership`: `x < 24 and 1 << x & 0x800013`, as compilers write a test for some small numbers, becomes `x in {…}`.

Needs conditions that `conditions` has joined.  Where x is the sum of a variable and a constant, that variable is
tested.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR
from wasm2py.transpile.ir.expr import AND, CONSTS, IN, LOCAL_GET, NOT, OR, WITHIN, Expr, Var, get
from wasm2py.transpile.ir.intervals import FULL, SIZES
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.dead import remove_dead

_BELOW = {OPS["i32.lt_u"]: 0, OPS["i32.le_u"]: 1}
_NOT_BELOW = {OPS["i32.ge_u"]: 0, OPS["i32.gt_u"]: 1}
_EXTEND = OPS["i64.extend_i32_u"]
#: So many numbers at most are listed.
_LISTED = 24


def find_membership(function: FunctionIR) -> bool:
    """Rewrite conditions in place; whether there were any to rewrite."""
    changed = False
    for block in function.reverse_postorder():
        end = block.end
        if isinstance(end, Branch) and end.condition.op in (AND, OR):
            condition = _rewritten(end.condition, block)
            if condition is not end.condition:
                block.end = Branch(condition, end.then, end.other)
                changed = True
    if changed:
        remove_dead(function)
    return changed


def _rewritten(condition: Expr, block: Block) -> Expr:
    """The condition with every such pair of neighbouring terms made one."""
    if condition.op not in (AND, OR):
        return condition
    left = _rewritten(condition.args[0], block)
    right = condition.args[1]
    if right.op is condition.op:  # the pair may be of this term and the first of the rest
        tested = _membership(condition.op is AND, left, right.args[0], block)
        if tested is not None:
            return _rewritten(condition.with_args((tested, right.args[1])), block)
    right = _rewritten(right, block)
    tested = _membership(condition.op is AND, left, right, block)
    if tested is not None:
        return tested
    return condition if (left, right) == condition.args else condition.with_args((left, right))


def _membership(wanted: bool, bound: Expr, bit: Expr, block: Block) -> Expr | None:
    """One test for `bound and bit`, or for `not bound or not bit` unless `wanted`."""
    more = (_BELOW if wanted else _NOT_BELOW).get(bound.op)
    if more is None or bound.args[0].op is not LOCAL_GET or bound.args[1].op not in CONSTS:
        return None
    var, count = bound.args[0].imm, bound.args[1].imm + more
    mask = _mask(bit if wanted else _opposite(bit), var, count)
    values = [value for value in range(count) if mask >> value & 1] if mask is not None else []
    if not 0 < len(values) <= _LISTED:
        return None
    tested, shift = _source(block, var)
    test = _among(get(tested, bound.offset), sorted((value - shift) & FULL["i32"][1] for value in values))
    return test if wanted else Expr(NOT, "i32", (test,), None, bound.offset)


def _among(var: Expr, values: list[int]) -> Expr:
    if values[-1] - values[0] == len(values) - 1:
        return Expr(WITHIN, "i32", (var,), (values[0], values[-1]), var.offset)
    return Expr(IN, "i32", (var,), tuple(values), var.offset)


def _opposite(condition: Expr) -> Expr | None:
    if condition.op is NOT or condition.op.mnemonic == "i32.eqz":
        return condition.args[0]
    if condition.op.mnemonic == "i64.eqz":
        zero = Expr(OPS["i64.const"], "i64", (), 0)
        return Expr(OPS["i64.ne"], "i32", (condition.args[0], zero), None, condition.offset)
    return None


def _mask(bit: Expr | None, var: Var, count: int) -> int | None:
    """The constant of which a condition asks for bit number `var`, which is less than `count`."""
    if bit is not None and bit.op.mnemonic in ("i32.ne", "i64.ne") and bit.args[1].op in CONSTS and not bit.args[1].imm:
        bit = bit.args[0]
    if bit is None or bit.op.mnemonic not in ("i32.and", "i64.and") or count > SIZES[bit.type]:  # type: ignore[index]
        return None
    shifted, other = bit.args if bit.args[1].op in CONSTS else reversed(bit.args)
    if other.op not in CONSTS or len(shifted.args) != 2 or _unextended(shifted.args[1], var) is None:
        return None
    base = shifted.args[0]
    if shifted.op.mnemonic in ("i32.shl", "i64.shl") and base.op in CONSTS and base.imm == 1:
        return int(other.imm)
    if shifted.op.mnemonic in ("i32.shr_u", "i64.shr_u") and base.op in CONSTS and other.imm == 1:
        return int(base.imm)
    return None


def _unextended(expr: Expr, var: Var) -> Expr | None:
    """The variable, perhaps made longer or masked to what a shift takes of it."""
    if expr.op is _EXTEND:
        expr = expr.args[0]
    if expr.op.mnemonic == "i32.and" and expr.args[1].op in CONSTS and expr.args[1].imm in (31, 63, 255):
        expr = expr.args[0]
    return expr if expr.op is LOCAL_GET and expr.imm is var else None


def _source(block: Block, var: Var) -> tuple[Var, int]:
    """A variable of which `var` is the sum with a constant, at the end of a block: itself, unless it was just made."""
    if not block.stmts or block.stmts[-1].targets != (var,):
        return var, 0
    made = block.stmts[-1].expr
    if made.op is not OPS["i32.add"] or made.args[0].op is not LOCAL_GET or made.args[1].op not in CONSTS:
        return var, 0
    return (made.args[0].imm, made.args[1].imm) if made.args[0].imm is not var else (var, 0)
