"""`choices`: what only one side of a `select` needs is worked out on that side.

Compilers work out both sides and choose afterwards, which for a machine is cheaper than a branch; for Python it is not.
So such a choice becomes a branch again, and what is pure and only served one side moves there. Where both sides need no
more than their own expressions, there is nothing to move: Python evaluates one side only anyway. Wants the final
expressions, for what is read once has moved into its reader.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Jump, Stmt
from wasm2py.transpile.ir.expr import SELECT, Expr, is_leaf
from wasm2py.transpile.ir.liveness import live_before, live_out


def choose_lazily(function: FunctionIR) -> None:
    """Turn choices into branches, in place, where that saves something."""
    order = function.reverse_postorder()
    choosing = [block for block in order for stmt in block.stmts if stmt.expr.op is SELECT]
    blocks = [block for block in dict.fromkeys(choosing) if _may_pay(block)]
    if not blocks:
        return
    live = live_out(function)
    changed = False
    for block in blocks:
        pending = [(block, live[block.id])]
        while pending:
            parts = _split(function, *pending.pop())
            pending += parts
            changed = changed or bool(parts)
    if changed:
        function.edges_changed()


def _may_pay(block: Block) -> bool:
    """Whether just one side of a choice in a block reads what is worked out there before."""
    worked_out = 0
    for stmt in block.stmts:
        if _is_choice(stmt):
            first, second, _ = stmt.expr.args
            if (first.variables ^ second.variables) & worked_out:
                return True
        if _is_movable(stmt):
            worked_out |= 1 << stmt.targets[0].index
    return False


def _is_movable(stmt: Stmt) -> bool:
    return len(stmt.targets) == 1 and not stmt.expr.effects and not is_leaf(stmt.expr)


def _is_choice(stmt: Stmt) -> bool:
    """Whether a statement does nothing but choose between two values."""
    expr = stmt.expr
    return expr.op is SELECT and not expr.effects and len(stmt.targets) == 1


def _split(function: FunctionIR, block: Block, live: int) -> list[tuple[Block, int]]:
    """Split a block at its first choice that pays; what is left to look at, with what is alive at the end of each."""
    for position, stmt in enumerate(block.stmts):
        if not _is_choice(stmt):
            continue
        alive = live_before(block, live, position + 1) & ~(1 << stmt.targets[0].index)
        sides = _sides(block.stmts[:position], stmt.expr, alive)
        if sides is None:
            continue
        kept, moved = sides
        rest = _block(function, block.stmts[position + 1 :], block)
        arms = [_arm(function, stmts, stmt, arm, rest) for stmts, arm in zip(moved, stmt.expr.args, strict=False)]
        block.stmts = kept
        block.end = Branch(stmt.expr.args[2], *arms)
        alive |= 1 << stmt.targets[0].index
        return [(rest, live), *((arm, alive) for arm in arms)]
    return []


def _block(function: FunctionIR, stmts: list[Stmt], ending: Block) -> Block:
    rest = function.block()
    rest.stmts = stmts
    rest.end = ending.end
    return rest


def _arm(function: FunctionIR, stmts: list[Stmt], choice: Stmt, value: Expr, rest: Block) -> Block:
    arm = function.block()
    arm.stmts = [*stmts, Stmt(choice.targets, value)]
    arm.end = Jump(rest)
    return arm


def _sides(stmts: list[Stmt], choice: Expr, alive: int) -> tuple[list[Stmt], tuple[list[Stmt], list[Stmt]]] | None:
    """What stays before a choice, and what moves to each of its sides; None if nothing does."""
    first, second, condition = choice.args
    sides = (first.variables, second.variables)
    everywhere = alive | condition.variables
    needed = list(sides)
    written = 0
    kept: list[Stmt] = []
    moved: tuple[list[Stmt], list[Stmt]] = ([], [])
    for stmt in reversed(stmts):
        targets = 0
        for target in stmt.targets:
            targets |= 1 << target.index
        movable = not everywhere & targets and not written & (targets | stmt.expr.variables) and _is_movable(stmt)
        wanted = [bool(side & targets) for side in needed]
        if movable and wanted in ([True, False], [False, True]):
            side = wanted.index(True)
            moved[side].append(stmt)
            needed[side] = needed[side] & ~targets | stmt.expr.variables
        else:
            kept.append(stmt)
            everywhere |= stmt.expr.variables
            written |= targets
    if not any(moved):
        return None
    return kept[::-1], (moved[0][::-1], moved[1][::-1])
