"""Loops that count: `while True: …; i += 1; if i == n: break` becomes `for i in range(i, n): …`.

What `optimise/counting.py` has marked is the last statement of a turn, before the test that ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

from wasm2py.transpile.ir.cfg import Counted, Stmt
from wasm2py.transpile.ir.expr import Expr, Var, get
from wasm2py.transpile.structure.nodes import Break, Code, For, If, Python, While, breaks, continues, ends


def counted(body: list[Python]) -> list[Python]:
    """The statements with every loop that counts written so."""
    out: list[Python] = []
    for node in body:
        if type(node) is If:
            out.append(If(node.condition, counted(node.then), counted(node.other)))
        elif type(node) is While:
            inner = While(node.condition, counted(node.body), counted(node.other))
            turn = _last_turn(inner)
            if turn is None:
                out.append(inner)
            else:
                out.extend(_written(turn, out))
        else:
            out.append(node)
    return out


@dataclass(frozen=True, slots=True)
class _Turn:
    """A loop's body without what ends a turn, the step, and what the loop does when it is over."""

    body: list[Python]
    step: Stmt
    counted: Counted
    over: list[Python]


def _last_turn(loop: While) -> _Turn | None:
    """The parts of a loop that ends with a marked step and the test, and that repeats from nowhere else."""
    if loop.condition is not None or len(loop.body) < 2 or continues(loop.body):
        return None
    code, test = loop.body[-2:]
    if not isinstance(code, Code) or not isinstance(test, If) or not code.stmts:
        return None
    step = code.stmts[-1]
    over = test.then[:-1] if test.then and isinstance(test.then[-1], Break) else test.then
    if step.counts is None or test.other or not ends(test.then) or breaks(over):
        return None
    stmts = code.stmts[:-1]
    body = [*loop.body[:-2], *([Code(stmts)] if stmts else [])]
    return _Turn(body, step, step.counts, over)


def _written(turn: _Turn, before: list[Python]) -> list[Python]:
    """The `for` loop, and behind it, or in its `else` where it is left otherwise, what ends it."""
    variable = turn.step.targets[0]
    last = [Code([Stmt((variable,), turn.counted.end)])] if turn.counted.live else []
    over: list[Python] = [*last, *turn.over]
    start = _start(before, variable, turn.step, turn.counted)
    left = breaks(turn.body)
    _, step, _, wraps, entered = turn.counted
    loop = For(variable, start, turn.counted.end, step, turn.body, over if left else [], wraps, entered)
    return [loop] if left else [loop, *over]


def _start(before: list[Python], variable: Var, step: Stmt, counted: Counted) -> Expr:
    """What the variable starts with: what it was given just before, which then need not be said there."""
    stmts = before[-1].stmts if before and isinstance(before[-1], Code) else []
    changed = 0
    for position in range(len(stmts) - 1, -1, -1):
        stmt = stmts[position]
        if stmt.targets == (variable,):
            # A variable that is read for the last time may have left its name to any that is assigned after it.
            if stmt.expr.effects or (stmt.expr.variables and changed):
                break
            kept = stmts[:position] + stmts[position + 1 :]
            before[-1:] = [Code(kept)] if kept else []
            return stmt.expr
        if stmt.expr.variables >> variable.index & 1 or variable in stmt.targets:
            break
        changed |= sum(1 << target.index for target in stmt.targets)
    start = get(variable, step.expr.offset)
    start.range = counted.entered.get(variable.index)
    return start
