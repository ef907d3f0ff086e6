"""How far what a loop works out moves from turn to turn, for `streams`."""

from __future__ import annotations

from collections.abc import Iterator
from operator import is_
from typing import NamedTuple, TypeAlias

from wasm2py.runtime.types import PAGE_SIZE
from wasm2py.transpile.ir.cfg import Stmt
from wasm2py.transpile.ir.expr import AND, CONSTS, LOCAL_GET, NOT, OR, READS_MEMORY, Expr, const, get
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.linear import MASK, own_step, signed
from wasm2py.transpile.structure.nodes import Code, For, If, Python

#: What is worked out before the loop is no deeper than this.
_DEEPEST = 8
#: Conditions of which not every part need be evaluated.
_MAY_STOP_EARLY = frozenset({AND, OR, NOT})
_ADD, _SUB = OPS["i32.add"], OPS["i32.sub"]
_MUL, _SHL, _WRAP = OPS["i32.mul"], OPS["i32.shl"], OPS["i32.wrap_i64"]
#: A view's items are as loaded, but for f32s: C's conversion to double makes NaNs quiet.
_LOADS = frozenset(op for op in OPS.values() if op.family == "load" and op.results != ("f32",))
_F32_LOAD = OPS["f32.load"]
_QUIETING = frozenset(OPS[f"f32.{name}"] for name in ("add", "sub", "mul", "div", "sqrt", "min", "max")) | {
    OPS["f64.promote_f32"]
}

#: A value in the first turn, as it can be worked out before the loop, and by how much it grows from turn to turn.
_Moving: TypeAlias = tuple[Expr, int]


class Load(NamedTuple):
    """A load that is made in every turn, its address in the first turn, and how far it moves each turn."""

    expr: Expr
    first: Expr
    stride: int


class Turn:
    """What is known at each point of a turn of how variables move: `moving` has those that are a constant further on
    in each turn, or stay as they were before the loop.
    """

    def __init__(self, node: For) -> None:
        self.node = node
        self.assignments = assignments(node.body)
        self.steps = {stmt: step for stmt in _top_level(node.body) if (step := self.step(stmt))}
        self.moving: dict[int, _Moving] = {
            stmt.targets[0].index: (self.entered(stmt.expr.args[0]), step) for stmt, step in self.steps.items()
        }
        self.moving[node.variable.index] = node.start, node.step

    def entered(self, read: Expr) -> Expr:
        """A variable as it is before the loop: what is known of it in a turn need not be so then."""
        before = get(read.imm, read.offset)
        before.range = self.node.entered.get(read.imm.index)
        return before

    def step(self, stmt: Stmt) -> int:
        """By how much a statement moves a variable that nothing else assigns, or 0."""
        step = own_step(stmt)
        return step if step and stmt.expr.op is _ADD and self.assignments[stmt.targets[0].index] == 1 else 0

    def loads(self) -> list[Load]:
        """The loads that every turn makes and that move."""
        found: list[Load] = []
        for node in self.node.body:
            if type(node) is Code:
                for stmt in node.stmts:
                    found += self.loads_of(stmt.expr)
                    self.execute(stmt)
            elif type(node) is If:
                found += self.loads_of(node.condition)
        return found

    def loads_of(self, expr: Expr, quiet: bool = False) -> Iterator[Load]:
        """Those of an expression; `quiet` says that it is an operand of what makes any NaN quiet."""
        if not expr.effects & READS_MEMORY or expr.op in _MAY_STOP_EARLY:
            return
        moving = self.at(expr.args[0]) if expr.op in _LOADS or (quiet and expr.op is _F32_LOAD) else None
        if moving is not None and 0 < moving[1] <= PAGE_SIZE and moving[0].depth <= _DEEPEST:
            yield Load(expr, *moving)
            return
        for arg in expr.args:
            yield from self.loads_of(arg, expr.op in _QUIETING)

    def execute(self, stmt: Stmt) -> None:
        if len(stmt.targets) != 1 or self.assignments[stmt.targets[0].index] != 1:
            return
        index = stmt.targets[0].index
        if stmt in self.steps:
            value, step = self.moving[index]
            self.moving[index] = _plus(value, step), step
            return
        moving = self.at(stmt.expr)
        if moving is not None:
            self.moving[index] = moving

    def at(self, expr: Expr) -> _Moving | None:
        """How an expression moves."""
        if expr.op is LOCAL_GET:
            index = expr.imm.index
            return self.moving.get(index) or ((self.entered(expr), 0) if index not in self.assignments else None)
        if expr.effects:
            return None
        parts = [self.at(arg) for arg in expr.args]
        if None in parts:
            return None
        args = tuple(part[0] for part in parts if part)
        stride = _stride(expr, [part[1] for part in parts if part])
        return None if stride is None else (on(expr, args), stride)


def assignments(body: list[Python]) -> dict[int, int]:
    """Var index → how many statements of a body assign it."""
    found: dict[int, int] = {}
    for stmt in _statements(body):
        for target in stmt.targets:
            found[target.index] = found.get(target.index, 0) + 1
    return found


def _statements(body: list[Python]) -> Iterator[Stmt]:
    """The statements of a body without loops."""
    for node in body:
        if type(node) is Code:
            yield from node.stmts
        elif type(node) is If:
            yield from _statements(node.then)
            yield from _statements(node.other)


def _top_level(body: list[Python]) -> Iterator[Stmt]:
    """The statements that every turn executes."""
    for node in body:
        if type(node) is Code:
            yield from node.stmts


def on(expr: Expr, args: tuple[Expr, ...]) -> Expr:
    """The same instruction on other operands, worked out if it is a sum of constants."""
    if expr.op is _ADD and all(arg.op in CONSTS for arg in args):
        return const("i32", args[0].imm + args[1].imm & MASK, expr.offset)
    return expr if all(map(is_, args, expr.args)) else expr.with_args(args)


def _stride(expr: Expr, strides: list[int]) -> int | None:
    """By how much a result moves where its operands move so."""
    if not any(strides):
        return 0
    op = expr.op
    if op is _ADD:
        return signed(strides[0] + strides[1])
    if op is _SUB:
        return signed(strides[0] - strides[1])
    if op is _WRAP:
        return signed(strides[0])
    constant = expr.args[-1]
    if constant.op in CONSTS and op is _MUL:
        return signed(strides[0] * constant.imm)
    if constant.op in CONSTS and op is _SHL:
        return signed(strides[0] << (constant.imm & 31))
    return None


def _plus(expr: Expr, more: int) -> Expr:
    return Expr(_ADD, "i32", (expr, const("i32", more & MASK, expr.offset)), None, expr.offset)


def key_of(expr: Expr | None) -> object:
    """What two expressions without effects have in common that always have the same value."""
    return expr and (expr.op, expr.imm, *map(key_of, expr.args))


def base_of(address: Expr) -> tuple[Expr | None, int]:
    """An address as what it is at some distance from, and that distance."""
    if address.op in CONSTS:
        return None, address.imm
    if address.op is _ADD and address.args[1].op in CONSTS:
        return address.args[0], signed(address.args[1].imm)
    return address, 0
