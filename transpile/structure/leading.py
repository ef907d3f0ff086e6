"""`leading`: a pointer that a loop steps leads the loop, where nobody reads the counter.

    for p in range(p, p + n * 8, 8): …      instead of         for i in range(n): …; p += 8

Applies to innermost loops that go through no items. The pointer must be stepped last, must not wrap, and nobody may
read it behind the loop, where it would be one step short.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Stmt
from wasm2py.transpile.ir.expr import CONSTS, Expr, const, get
from wasm2py.transpile.ir.intervals import FULL, interval
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.linear import own_step
from wasm2py.transpile.structure.nodes import Code, For, InnermostLoops, Python, continues
from wasm2py.transpile.structure.streamed import reads
from wasm2py.transpile.structure.strides import assignments

_ADD, _MUL = OPS["i32.add"], OPS["i32.mul"]


def lead(whole: list[Python], loops: InnermostLoops) -> None:
    """Rewrite innermost loops in place."""
    for _, node in loops:
        if type(node) is For and not node.items and not node.wraps:
            code = node.body[-1] if node.body else None
            if type(code) is Code and code.stmts and _may_lead(whole, node, code.stmts[-1]):
                _lead(node, code)


def _may_lead(whole: list[Python], node: For, last: Stmt) -> bool:
    """Whether a loop's last statement steps what may take the counter's place."""
    step = own_step(last)
    if step <= 0 or last.expr.type != "i32" or continues(node.body):
        return False
    pointer = last.targets[0]
    if pointer.signed or pointer.unwrapped or assignments(node.body)[pointer.index] != 1:
        return False
    if reads(node.body) >> node.variable.index & 1 or reads(whole, node) >> pointer.index & 1:
        return False
    turns = _turns(node)
    if turns is None or turns.variables >> pointer.index & 1:
        return False
    return interval(_first(node, last))[1] + interval(turns)[1] * step <= FULL["i32"][1]


def _turns(node: For) -> Expr | None:
    """How many turns a loop takes, where it counts from zero or down to zero, by one."""
    if node.step == 1 and node.start.op in CONSTS and not node.start.imm and node.end.type == "i32":
        return None if node.end.op in CONSTS and not node.end.imm else node.end
    if node.step == -1 and node.end.op in CONSTS and not node.end.imm and node.start.type == "i32":
        return node.start
    return None


def _first(node: For, step: Stmt) -> Expr:
    """The pointer as it is before the loop."""
    read = get(step.targets[0], step.expr.offset)
    read.range = node.entered.get(step.targets[0].index)
    return read


def _lead(node: For, code: Code) -> None:
    last = code.stmts.pop()
    step, turns, offset = own_step(last), _turns(node), last.expr.offset
    assert turns is not None
    way = Expr(_MUL, "i32", (turns, const("i32", step, offset)), None, offset) if step > 1 else turns
    if turns.op in CONSTS:
        way = const("i32", turns.imm * step, offset)
    node.variable, node.start, node.step = last.targets[0], _first(node, last), step
    node.end = Expr(_ADD, "i32", (_first(node, last), way), None, offset)
    if not code.stmts:
        node.body.pop()
