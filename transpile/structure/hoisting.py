"""`hoisting`: places at a distance from what stays during a loop are worked out before it.

In wasm an offset costs nothing, so compilers leave `p + 24` to each access of a structure; in Python it is a sum every
time. Applies to innermost loops, and to what they access in every turn.
"""

from __future__ import annotations

from operator import is_
from typing import TypeAlias

from wasm2py.transpile.ir.bulk import PLACE
from wasm2py.transpile.ir.cfg import FunctionIR, Return, Stmt
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr, Var, const, get
from wasm2py.transpile.structure.nodes import Code, For, If, InnermostLoops, Leave, Python, While, position
from wasm2py.transpile.structure.streamed import left_with

#: By variable and distance: the variable as it is read, and a new one for the sum.
_Places: TypeAlias = dict[tuple[int, int], tuple[Expr, Var]]
#: So many places one loop gets variables for.
_MOST_PLACES = 6


def hoist(function: FunctionIR, loops: InnermostLoops) -> None:
    """Rewrite innermost loops in place."""
    for body, node in loops:
        places = _places(function, node)
        if places:
            body.insert(position(body, node), _worked_out(places))
            _Rewriting(places).loop(node)


def _places(function: FunctionIR, loop: While | For) -> _Places:
    """What is accessed in every turn and can be told before the loop."""
    counts: dict[tuple[int, int], int] = {}
    bases: dict[tuple[int, int], Expr] = {}
    for expr in _every_turn(loop):
        if expr.effects:
            _count(expr, counts, bases)
    if not counts:
        return {}
    changing = _assigned(loop.body)
    if type(loop) is For:
        for variable in (loop.variable, *(variable for item in loop.items for variable in item.variables)):
            changing |= 1 << variable.index
    found = [key for key in counts if not changing >> key[0] & 1]
    chosen = sorted(found, key=lambda key: -counts[key])[:_MOST_PLACES]
    return {key: (bases[key], function.variable("i32", role=f"a{i}")) for i, key in enumerate(chosen)}


def _every_turn(loop: While | For) -> list[Expr]:
    """What every turn evaluates, if it is not the last."""
    found = [loop.condition] if type(loop) is While and loop.condition is not None else []
    for node in loop.body:
        if type(node) is Code:
            found += [stmt.expr for stmt in node.stmts]
        elif type(node) is If:
            found.append(node.condition)
    return found


def _count(expr: Expr, counts: dict[tuple[int, int], int], bases: dict[tuple[int, int], Expr]) -> None:
    """Take note of the accesses in an expression at some distance from a variable."""
    pending = [expr]
    while pending:
        node = pending.pop()
        if node.op.family in ("load", "store"):
            base, offset = node.args[0], node.imm[1]
            if offset and base.op is LOCAL_GET:
                key = base.imm.index, offset
                counts[key] = counts.get(key, 0) + 1
                bases[key] = base
        pending += [arg for arg in node.args if arg.effects]


def _assigned(body: list[Python]) -> int:
    """The variables that a body without loops assigns, as a bit set."""
    found = 0
    for node in body:
        if type(node) is Code:
            for stmt in node.stmts:
                for target in stmt.targets:
                    found |= 1 << target.index
        elif type(node) is If:
            found |= _assigned(node.then) | _assigned(node.other)
    return found


def _worked_out(places: _Places) -> Code:
    stmts = []
    for (_, offset), (base, variable) in places.items():
        nowhere = const("i32", 0, base.offset)
        stmts.append(Stmt((variable,), Expr(PLACE, "i32", (get(base.imm, base.offset), nowhere), offset, base.offset)))
    return Code(stmts)


class _Rewriting:
    """Tells places by their variables."""

    def __init__(self, places: _Places) -> None:
        self.places = places

    def loop(self, loop: While | For) -> None:
        if type(loop) is While and loop.condition is not None:
            loop.condition = self.told(loop.condition)
        loop.body = self.body(loop.body)

    def body(self, body: list[Python]) -> list[Python]:
        out: list[Python] = []
        for node in body:
            if type(node) is Code:
                out.append(Code([self.stmt(stmt) for stmt in node.stmts]))
            elif type(node) is If:
                out.append(If(self.told(node.condition), self.body(node.then), self.body(node.other)))
            elif type(node) is Leave and isinstance(node.end, Return):
                out.append(Leave(Return(tuple(map(self.told, left_with(node))), node.end.offset)))
            else:
                out.append(node)
        return out

    def stmt(self, stmt: Stmt) -> Stmt:
        expr = self.told(stmt.expr)
        return stmt if expr is stmt.expr else stmt.with_expr(expr)

    def told(self, expr: Expr) -> Expr:
        if not expr.effects:
            return expr
        args = tuple(map(self.told, expr.args))
        if expr.op.family in ("load", "store") and args[0].op is LOCAL_GET:
            place = self.places.get((args[0].imm.index, expr.imm[1]))
            if place is not None:
                align, _, memory = expr.imm
                told = (get(place[1], args[0].offset), *args[1:])
                return Expr(expr.op, expr.type, told, (align, 0, memory), expr.offset)
        return expr if all(map(is_, args, expr.args)) else expr.with_args(args)
