"""`alignments`: low bits of variables that are zero at each point, written on every read (`Expr.zeros`).

`inductions` asks whether a counter can step over its end. Needs the final graph, like `ranges`. Facts flow forward from
constants, shifts and masks to a fixed point: a loop's header starts with what holds before the loop and keeps of it
what every way back keeps.
"""

from __future__ import annotations

from typing import TypeAlias

from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, end_exprs, predecessors
from wasm2py.transpile.ir.expr import Expr
from wasm2py.transpile.ir.intervals import FULL

#: Var index → its low zero bits, of those that have any.
_State: TypeAlias = dict[int, int]

#: Above this many (blocks times variables) the analysis would cost more than it gives.
_LARGEST = 400_000
_MOST_ROUNDS = 48


def find_alignments(function: FunctionIR) -> None:
    """Mark every read of an integer variable that is known to be aligned."""
    blocks = function.reverse_postorder()
    if len(blocks) * len(function.variables) > _LARGEST:
        return
    into = _fixed_point(function, blocks)
    for block in blocks:
        state = into[block.id]
        for stmt in block.stmts:
            _mark(stmt.expr, state)
            _assign(stmt, state)
        for expr in end_exprs(block.end):
            _mark(expr, state)


def _fixed_point(function: FunctionIR, blocks: list[Block]) -> dict[int, _State]:
    """Block id → what holds at its start; nothing where that takes too long to find out."""
    before = predecessors(blocks)
    after: dict[int, _State] = {}
    into: dict[int, _State] = {}
    for _ in range(_MOST_ROUNDS):
        changed = False
        for block in blocks:
            reached = [after[p.id] for p in before[block.id] if p.id in after]
            state = {} if block is function.entry else _joined(reached)
            if block.id in into and state == into[block.id]:
                continue
            into[block.id] = dict(state)
            for stmt in block.stmts:
                _assign(stmt, state)
            after[block.id] = state
            changed = True
        if not changed:
            return into
    return {block.id: {} for block in blocks}


def _joined(states: list[_State]) -> _State:
    """What holds in all states."""
    result = dict(states[0])
    for state in states[1:]:
        result = {index: min(zeros, state[index]) for index, zeros in result.items() if index in state}
    return result


def _assign(stmt: Stmt, state: _State) -> None:
    """Change a state to what holds after an assignment."""
    zeros = low_zeros(stmt.expr, state) if len(stmt.targets) == 1 and stmt.expr.type in FULL else 0
    for target in stmt.targets:
        if zeros:
            state[target.index] = zeros
        else:
            state.pop(target.index, None)


def _mark(expr: Expr, state: _State) -> None:
    if state:
        for node in expr.reads():
            node.zeros = state.get(node.imm.index, 0)
