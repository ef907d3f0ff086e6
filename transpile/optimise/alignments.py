"""`alignments`: low bits of variables that are zero at each point, written on every read (`Expr.zeros`).

`inductions` asks whether a counter can step over its end. Needs the final graph, like `ranges`. Facts flow forward from
constants, shifts and masks to a fixed point: a loop's header starts with what holds before the loop and keeps of it
what every way back keeps.
"""

from __future__ import annotations

from typing import TypeAlias

from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import Expr
from wasm2py.transpile.ir.intervals import FULL

#: Var index → its low zero bits, of those that have any.
_State: TypeAlias = dict[int, int]

#: Above this many (blocks times variables) the analysis would cost more than it gives.
_LARGEST = 400_000
_MOST_ROUNDS = 48


def find_alignments(function: FunctionIR) -> None:
    """Mark every read of an integer variable that is known to be aligned; only in functions that have a loop."""
    graph = function.graph()
    if not graph.has_loops or len(graph.blocks) * len(function.variables) > _LARGEST:
        return
    for block, state in zip(graph.blocks, _fixed_point(graph), strict=True):
        for stmt in block.stmts:
            _mark(stmt.expr, state)
            _assign(stmt, state)
        for expr in block.end.exprs:
            _mark(expr, state)


def _fixed_point(graph: Graph) -> list[_State]:
    """What holds at each block's start; nothing where that takes too long to find out."""
    after: list[_State | None] = [None] * len(graph.blocks)
    into: list[_State | None] = [None] * len(graph.blocks)
    for _ in range(_MOST_ROUNDS):
        changed = False
        for number, block in enumerate(graph.blocks):
            reached = [state for p in graph.before[number] if (state := after[p]) is not None]
            state = _joined(reached) if number else {}
            if state == into[number]:
                continue
            into[number] = dict(state)
            for stmt in block.stmts:
                _assign(stmt, state)
            after[number] = state
            changed = True
        if not changed:
            break
    return [{} if changed or state is None else state for state in into]


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
