"""Sums that are tested next: what is within the limit has not wrapped, so only what is beyond it need be brought back.

`x = (a + b) % 2**32` and `if x > limit` become `x = a + b` and `if x > limit and (x := x % 2**32) > limit`: lengths and
positions are added up and compared with a limit that they hardly ever exceed. Counters that go down to zero become
`x -= 1` and `if x <= 0 and not (x := x % 2**32)` likewise.
"""

from __future__ import annotations

import ast

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import Emitter
from wasm2py.transpile.emit.values import hardly_wraps
from wasm2py.transpile.ir.cfg import Stmt
from wasm2py.transpile.ir.expr import LOCAL_GET, NOT, Expr, Var, is_leaf
from wasm2py.transpile.ir.intervals import SIZES
from wasm2py.transpile.opcodes import OPS, Op

#: What may be left as it comes.
SUMS = frozenset(OPS[f"{type_}.add"] for type_ in SIZES)
_RELATIONS: dict[Op, str] = {OPS[f"{type_}.{name}_u"]: name for type_ in SIZES for name in ("lt", "gt", "le", "ge")}
_DENIALS = frozenset({NOT, OPS["i32.eqz"], OPS["i64.eqz"]})
_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
_PYTHON = {"lt": nodes.LT, "gt": nodes.GT, "le": nodes.LE, "ge": nodes.GE}


def late(emitter: Emitter, stmt: Stmt, condition: Expr) -> tuple[ast.stmt, ast.expr] | None:
    """A sum as it comes, and the test of it that brings it back; None where they are not of that kind."""
    if stmt.expr.op not in SUMS or len(stmt.targets) != 1:
        return None
    target = stmt.targets[0]
    if target.signed or target.unwrapped or not condition.variables >> target.index & 1:
        return None
    condition, holds = _bare(condition)
    test = None if condition.op is LOCAL_GET else _test(condition, holds, target)
    if condition.op is not LOCAL_GET and test is None:
        return None
    bits, line = SIZES[target.type], stmt.expr.offset or emitter.line
    value = emitter.value(stmt.expr)
    emitter.line = condition.offset or line
    if test is None:
        if value.low >= 0 or value.high >> bits or not hardly_wraps(value, bits):
            return None
        tested = _zero_tested(emitter, target, holds)
    elif value.low < 0 or value.fits(bits) or value.high >> bits + 1:
        return None
    else:
        tested = _tested(emitter, target, *test)
    return nodes.assign(emitter.variables[target.index], value.node, line), tested


def _bare(condition: Expr) -> tuple[Expr, bool]:
    """What a condition denies or not, and whether it does not."""
    holds = True
    while condition.op in _DENIALS:
        condition, holds = condition.args[0], not holds
    return condition, holds


def _zero_tested(emitter: Emitter, target: Var, wanted: bool) -> ast.expr:
    """Whether a counter that may have gone below zero is not zero, or, unless that is `wanted`, is."""
    line, name = emitter.line, emitter.variables[target.index]
    op, zero = (nodes.GT if wanted else nodes.LE), nodes.constant(0, line)
    first, back = nodes.Compare(nodes.Name(name, line), op, zero, line), _back(emitter, target, line)
    return nodes.either(first, back, line) if wanted else nodes.both(first, nodes.not_(back, line), line)


def _back(emitter: Emitter, target: Var, line: int) -> ast.expr:
    """Bring a variable back into range, and have its value."""
    name = emitter.variables[target.index]
    modulus = nodes.constant(1 << SIZES[target.type], line)
    return nodes.named(name, nodes.BinOp(nodes.Name(name, line), nodes.MOD, modulus, line), line)


def _test(condition: Expr, holds: bool, target: Var) -> tuple[str, Expr] | None:
    """The relation that a condition asks for between a variable and another leaf."""
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
    first = nodes.Compare(nodes.Name(name, line), op, emitter.node(limit), line)
    join = nodes.both if relation in ("gt", "ge") else nodes.either
    return join(first, nodes.Compare(_back(emitter, target, line), op, emitter.node(limit), line), line)
