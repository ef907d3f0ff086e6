"""Sums that are tested next: what is within the limit has not wrapped, so only what is beyond it need be brought back.

`x = (a + b) % 2**32` and `if x > limit` become `x = a + b` and `if x > limit and (x := x % 2**32) > limit`: lengths and
positions are added up and compared with a limit that they hardly ever exceed.
"""

from __future__ import annotations

import ast

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import Emitter
from wasm2py.transpile.ir.cfg import Stmt
from wasm2py.transpile.ir.expr import LOCAL_GET, NOT, Expr, Var, is_leaf
from wasm2py.transpile.ir.intervals import SIZES
from wasm2py.transpile.opcodes import OPS, Op

#: What may be left as it comes.
SUMS = frozenset(OPS[f"{type_}.add"] for type_ in SIZES)
_RELATIONS: dict[Op, str] = {OPS[f"{type_}.{name}_u"]: name for type_ in SIZES for name in ("lt", "gt", "le", "ge")}
_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
_PYTHON = {"lt": nodes.LT, "gt": nodes.GT, "le": nodes.LE, "ge": nodes.GE}


def late(emitter: Emitter, stmt: Stmt, condition: Expr) -> tuple[ast.stmt, ast.expr] | None:
    """A sum as it comes, and the test of it that brings it back; None where they are not of that kind."""
    if stmt.expr.op not in SUMS or len(stmt.targets) != 1:
        return None
    target = stmt.targets[0]
    test = None if target.signed or target.unwrapped else _test(condition, target)
    if test is None:
        return None
    relation, limit = test
    bits = SIZES[target.type]
    line = stmt.expr.offset or emitter.line
    value = emitter.value(stmt.expr)
    if value.low < 0 or value.fits(bits) or value.high >> bits + 1:
        return None
    emitter.line = condition.offset or line
    return nodes.assign(emitter.variables[target.index], value.node, line), _tested(emitter, target, relation, limit)


def _test(condition: Expr, target: Var) -> tuple[str, Expr] | None:
    """The relation that a condition asks for between a variable and another leaf."""
    holds = True
    while condition.op is NOT:
        condition, holds = condition.args[0], not holds
    relation = _RELATIONS.get(condition.op)
    if relation is None or not all(map(is_leaf, condition.args)):
        return None
    left, right = condition.args
    if right.op is LOCAL_GET and right.imm is target:
        left, right, relation = right, left, _MIRRORED[relation]
    if left.op is not LOCAL_GET or left.imm is not target or (right.op is LOCAL_GET and right.imm is target):
        return None
    return relation if holds else _OPPOSITE[relation], right


def _tested(emitter: Emitter, target: Var, relation: str, limit: Expr) -> ast.expr:
    """Beyond the limit as it comes and, brought back, still so; or within it in one way or the other."""
    line, name, op = emitter.line, emitter.variables[target.index], _PYTHON[relation]
    modulus = nodes.constant(1 << SIZES[target.type], line)
    back = nodes.named(name, nodes.BinOp(nodes.Name(name, line), nodes.MOD, modulus, line), line)
    first = nodes.Compare(nodes.Name(name, line), op, emitter.node(limit), line)
    join = nodes.both if relation in ("gt", "ge") else nodes.either
    return join(first, nodes.Compare(back, op, emitter.node(limit), line), line)
