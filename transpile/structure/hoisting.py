"""`hoisting`: where an array begins that a loop takes items of is told in items before the loop.

    a0 = p >> 2                             instead of         while …: mem[p + i * 4]
    while …: mem[(a0 + i) * 4]

An item of a view that goes by elements (`emit/places.py`) then takes one sum to find. Applies to innermost loops, and
to what begins at a multiple of its items' size and stays.
"""

from __future__ import annotations

from operator import is_

from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.cfg import FunctionIR, Return, Stmt
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, Var, const, get
from wasm2py.transpile.ir.intervals import FULL, interval
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.linear import plus
from wasm2py.transpile.structure.nodes import Code, For, If, InnermostLoops, Leave, Python, While, position
from wasm2py.transpile.structure.streamed import left_with

_ADD, _SHL, _SHR = OPS["i32.add"], OPS["i32.shl"], OPS["i32.shr_u"]


def hoist(function: FunctionIR, loops: InnermostLoops) -> None:
    """Rewrite innermost loops in place."""
    for body, node in loops:
        hoisting = _Hoisting(function, node)
        hoisting.loop(node)
        if hoisting.starts:
            body.insert(position(body, node), Code(hoisting.stmts()))


class _Hoisting:
    """Tells items by where their arrays begin: `starts` has a new variable for each variable and shift."""

    def __init__(self, function: FunctionIR, loop: While | For) -> None:
        self.function = function
        self.starts: dict[tuple[int, int], tuple[Expr, Var]] = {}
        self.assigned = _assigned(loop.body)
        if type(loop) is For:
            for variable in (loop.variable, *(variable for item in loop.items for variable in item.variables)):
                self.assigned |= 1 << variable.index

    def stmts(self) -> list[Stmt]:
        """What is worked out before the loop."""
        found = []
        for (_, shift), (read, start) in self.starts.items():
            args = get(read.imm, read.offset), const("i32", shift, read.offset)
            found.append(Stmt((start,), Expr(_SHR, "i32", args, None, read.offset)))
        return found

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
        if expr.op.family in ("load", "store"):
            place = self.item(args[0])
            if place is not None:
                args = place, *args[1:]
        return expr if all(map(is_, args, expr.args)) else expr.with_args(args)

    def item(self, address: Expr) -> Expr | None:
        """An address as the place of an item, if it is the sum of one and of what stays and does not wrap."""
        if address.op is not _ADD:
            return None
        for begin, item in (address.args, address.args[::-1]):
            if item.op is _SHL and item.args[1].op in CONSTS:
                array, constant = _parts(begin)
                index, by = item.args
                if self.stays(array) and 0 < by.imm <= low_zeros(array) and _fit(begin, item):
                    sum_ = Expr(_ADD, "i32", (self.start(array, by.imm), index), None, address.offset)
                    return plus(Expr(_SHL, "i32", (sum_, by), None, address.offset), constant)
        return None

    def stays(self, read: Expr) -> bool:
        """Whether an expression is a variable that stays, at rest."""
        if read.op is not LOCAL_GET or read.imm.signed or read.imm.unwrapped:
            return False
        return not self.assigned >> read.imm.index & 1

    def start(self, begin: Expr, shift: int) -> Expr:
        """Where an array begins, in items."""
        key = begin.imm.index, shift
        if key not in self.starts:
            self.starts[key] = begin, self.function.variable("i32", role=f"a{len(self.starts)}")
        read = get(self.starts[key][1], begin.offset)
        low, high = begin.range or FULL["i32"]
        read.range = low >> shift, high >> shift
        return read


def _parts(begin: Expr) -> tuple[Expr, int]:
    """A sum with a constant as that and the rest."""
    if begin.op is _ADD and begin.args[1].op in CONSTS and begin.args[1].imm <= FULL["i32"][1] >> 1:
        return begin.args[0], begin.args[1].imm
    return begin, 0


def _fit(one: Expr, other: Expr) -> bool:
    """Whether a sum does not wrap."""
    return interval(one)[1] + interval(other)[1] <= FULL["i32"][1]


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
