"""`forget`: what no later turn of a loop reads is let go where the turn ends, `i2 = x0 = None`.

For the portable dialect. PyPy compiles what a turn did, and ties its end to the loop's start where every variable is in
a state that is known there; it cannot tell that a variable will not be read again. One that happens to hold a
constant at the end of one path, and something else at the end of another, keeps these apart: the second path then
goes the long way round, with its integers put into objects. (Game of life: twice as fast.) What is not read is also
not carried along.

Needs the finished statements of a function, made of the kinds that `emit` uses; a function with any other is left as it
is. Changes no value that is ever read.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import NamedTuple

from wasm2py.transpile.emit import nodes

_ALL = -1


class _Flow(NamedTuple):
    """What is alive before some statements: `reads`, and of what is alive where they are left, what they do not assign.

    They are left at their end, by `break`, or by `continue`. Sets of names are bit sets.
    """

    reads: int = 0
    end: int = 0
    broken: int = 0
    continued: int = 0


class _UnknownError(Exception):
    """A statement of another kind."""


def forget(function: ast.FunctionDef) -> None:
    """Add the assignments, in place."""
    if not _loops(function.body):
        return
    try:
        _Forgetting(function).run()
    except _UnknownError:
        return


class _Forgetting:
    """The liveness of one function's names, loop by loop."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.function = function
        self.names: dict[str, int] = {}
        self.flows: dict[int, _Flow] = {}
        self.assigned: dict[int, int] = {}  # by each loop
        self.stored = 0  # what has been assigned so far by the innermost loop around
        self.shared = {name for node in function.body if isinstance(node, ast.Global) for name in node.names}
        #: What to add at the end of which list, or before its last statement: (statements, names, line).
        self.additions: list[tuple[list[ast.stmt], int, int]] = []

    def run(self) -> None:
        self._block(self.function.body)
        self._visit(self.function.body, 0, 0, 0, 0)
        for body, names, line in self.additions:
            place = len(body) - isinstance(body[-1], ast.Continue)
            body.insert(place, self._letting_go(names, line))

    # From the inside out: what each statement reads and assigns

    def _block(self, body: Sequence[ast.stmt]) -> _Flow:
        whole = _Flow(end=_ALL)
        for stmt in reversed(body):
            flow = self.flows[id(stmt)] = _FLOWS.get(type(stmt).__name__, _unknown)(self, stmt)
            whole = _Flow(
                flow.reads | (flow.end & whole.reads),
                flow.end & whole.end,
                flow.broken | (flow.end & whole.broken),
                flow.continued | (flow.end & whole.continued),
            )
        return whole

    def _bit(self, name: str) -> int:
        return 0 if name in self.shared else 1 << self.names.setdefault(name, len(self.names))

    def reads(self, expr: ast.AST | None) -> int:
        """The names that an expression reads, but for those that it assigns before."""
        found = own = 0
        queue = [expr] if expr is not None else []
        for node in queue:
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Load):
                    found |= self._bit(node.id)
                continue
            if isinstance(node, ast.NamedExpr):
                own |= self._bit(node.target.id)
            queue += _parts(node)
        self.stored |= own
        return found & ~own

    def simple(self, stmt: ast.stmt) -> _Flow:
        """A statement that goes on to the next."""
        return _Flow(self.reads(stmt), _ALL)

    def assign(self, stmt: ast.Assign) -> _Flow:
        places = self._places(stmt.targets)
        reads = self.reads(stmt.value)
        for target in stmt.targets:
            reads |= self.reads(target)
        return _Flow(reads, ~places)

    def _places(self, targets: Sequence[ast.expr]) -> int:
        """The names among the targets of an assignment."""
        places = 0
        for target in targets:
            for node in target.elts if isinstance(target, ast.Tuple) else (target,):
                if isinstance(node, ast.Name):
                    places |= self._bit(node.id)
        self.stored |= places
        return places

    def augmented(self, stmt: ast.AugAssign) -> _Flow:
        own = self._places([stmt.target]) if isinstance(stmt.target, ast.Name) else self.reads(stmt.target)
        return _Flow(self.reads(stmt.value) | own, _ALL)

    def leave(self, stmt: ast.stmt) -> _Flow:
        return _Flow(self.reads(stmt))

    def if_(self, stmt: ast.If) -> _Flow:
        then, other = self._block(stmt.body), self._block(stmt.orelse)
        ways = (one | two for one, two in zip(then, other, strict=True))
        return _Flow(*ways)._replace(reads=self.reads(stmt.test) | then.reads | other.reads)

    def try_(self, stmt: ast.Try) -> _Flow:
        """A call that may fail, and then assigns nothing: only what both ways assign is."""
        [handler] = stmt.handlers
        body, caught = self._block(stmt.body), self._block(handler.body)
        own = self._bit(handler.name) if handler.name else 0
        return _Flow(body.reads | caught.reads & ~own, body.end | caught.end)

    def while_(self, stmt: ast.While) -> _Flow:
        around, self.stored = self.stored, 0
        body, other = self._block(stmt.body), self._block(stmt.orelse)
        test = self.reads(stmt.test)
        self.assigned[id(stmt)] = self.stored
        self.stored |= around
        if isinstance(stmt.test, ast.Constant) and bool(stmt.test.value):
            return _Flow(body.reads, body.broken)
        reads = test | body.reads | other.reads
        return _Flow(reads, body.broken | other.end, other.broken, other.continued)

    def for_(self, stmt: ast.For) -> _Flow:
        around, self.stored = self.stored, 0
        body, other = self._block(stmt.body), self._block(stmt.orelse)
        reads = self.reads(stmt.iter) | (body.reads & ~self._places([stmt.target])) | other.reads
        self.assigned[id(stmt)] = self.stored
        self.stored |= around
        return _Flow(reads, _ALL, other.broken, other.continued)

    # From the outside in: what is alive where

    def _visit(self, body: list[ast.stmt], end: int, broken: int, continued: int, forgotten: int) -> None:
        """Go through statements, given what is alive where they are left, and what to forget before a `continue`."""
        alive = end
        for stmt in reversed(body):
            if isinstance(stmt, ast.If):
                for part in (stmt.body, stmt.orelse):
                    self._visit(part, alive, broken, continued, forgotten)
            elif isinstance(stmt, ast.While | ast.For):
                self._loop(stmt, alive, self._outside(stmt, broken, continued))
                self._visit(stmt.orelse, alive, broken, continued, forgotten)
            elif isinstance(stmt, ast.Continue) and forgotten:
                self.additions.append((body, forgotten, stmt.lineno))
            flow = self.flows[id(stmt)]
            alive = flow.reads | (flow.end & alive) | (flow.broken & broken) | (flow.continued & continued)

    def _outside(self, loop: ast.While | ast.For, broken: int, continued: int) -> int:
        """What is alive where a loop's `else` leaves the loop around it."""
        flow = self.flows[id(loop)]
        return (flow.broken & broken) | (flow.continued & continued)

    def _loop(self, loop: ast.While | ast.For, after: int, outside: int) -> None:
        flow = self.flows[id(loop)]
        start = flow.reads | (flow.end & after) | outside
        if isinstance(loop, ast.For):
            start |= after
        forgotten = self.assigned[id(loop)] & ~start
        self._visit(loop.body, start, after, start, forgotten)
        if forgotten and _goes_on(loop.body):
            self.additions.append((loop.body, forgotten, loop.body[-1].lineno))

    def _letting_go(self, names: int, line: int) -> ast.stmt:
        targets = [nodes.target(name, line) for name, bit in self.names.items() if names >> bit & 1]
        return ast.Assign(targets, nodes.constant(None, line), None, lineno=line, col_offset=0)  # type: ignore[arg-type]


def _unknown(forgetting: _Forgetting, stmt: ast.stmt) -> _Flow:
    raise _UnknownError(type(stmt).__name__)


_FLOWS: dict[str, Callable[..., _Flow]] = {
    "Assign": _Forgetting.assign,
    "AugAssign": _Forgetting.augmented,
    "Break": lambda _, stmt: _Flow(broken=_ALL),
    "Continue": lambda _, stmt: _Flow(continued=_ALL),
    "Expr": _Forgetting.simple,
    "For": _Forgetting.for_,
    "Global": lambda _, stmt: _Flow(end=_ALL),
    "If": _Forgetting.if_,
    "Pass": lambda _, stmt: _Flow(end=_ALL),
    "Raise": _Forgetting.leave,
    "Return": _Forgetting.leave,
    "Try": _Forgetting.try_,
    "While": _Forgetting.while_,
}


def _loops(body: Sequence[ast.stmt]) -> bool:
    """Whether there is a loop."""
    return any(
        isinstance(stmt, _LOOPS) or (isinstance(stmt, ast.If) and (_loops(stmt.body) or _loops(stmt.orelse)))
        for stmt in body
    )


_LOOPS = (ast.While, ast.For)

#: Where the expressions stand that a node is made of.
_FIELDS = {
    "Attribute": ("value",),
    "BinOp": ("left", "right"),
    "BoolOp": ("values",),
    "Call": ("func", "args", "keywords"),
    "Compare": ("left", "comparators"),
    "Constant": (),
    "Expr": ("value",),
    "IfExp": ("test", "body", "orelse"),
    "Subscript": ("value", "slice"),
    "Tuple": ("elts",),
    "UnaryOp": ("operand",),
}


def _parts(node: ast.AST) -> Sequence[ast.AST]:
    """The nodes just below one."""
    fields = _FIELDS.get(type(node).__name__)
    if fields is None:
        return list(ast.iter_child_nodes(node))
    parts: list[ast.AST] = []
    for field in fields:
        part = getattr(node, field)
        parts += part if type(part) is list else (part,)
    return parts


def _goes_on(body: Sequence[ast.stmt]) -> bool:
    """Whether the end of some statements can be reached."""
    last = body[-1]
    if isinstance(last, ast.If):
        return not last.orelse or _goes_on(last.body) or _goes_on(last.orelse)
    return not isinstance(last, ast.Return | ast.Raise | ast.Break | ast.Continue)
