"""`counting`: the step of a loop that counts moves to the end of the turn, for `structure` to write a `for` loop.

Needs what `ranges` found last, of the graph as it is. Keeps what the loop reads: nothing may read the variable between
its step and the end of the turn, nor behind another way out from there. Where it may start at zero and go down all the
way round, nothing may read it at all: it starts at 2**N then. Words must not go from positive to negative.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasm2py.transpile.ir.cfg import Block, Branch, Counted, FunctionIR, Stmt
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.intervals import FULL, interval
from wasm2py.transpile.ir.liveness import live_in


def count_loops(function: FunctionIR) -> None:
    """Move and mark the steps of loops that can be counted."""
    if not function.counting:
        return
    graph, live = function.graph(), live_in(function)
    for latch, stmt, counted in function.counting:
        end = latch.end
        number = graph.number.get(latch.id)
        if number is None or not isinstance(end, Branch) or not _is_own_test(end, stmt):
            continue
        header, out = sorted((end.then, end.other), key=lambda block: graph.number[block.id])
        body = graph.loop(graph.number[header.id])
        if counted.wraps and counted.step < 0 and _is_read(graph, body, number, stmt, live):
            continue
        if function.words and stmt.targets[0].type == "i64" and not _in_order(stmt, counted):
            continue
        home = _sinkable(graph, body, number, stmt, live)
        if home is not None:
            home.stmts.remove(stmt)
            latch.stmts.append(stmt)
            function.statements_changed()
            stmt.counts = counted._replace(live=bool(live[out.id] >> stmt.targets[0].index & 1))


def _in_order(stmt: Stmt, counted: Counted) -> bool:
    """Whether both ends are words that are not negative, which are in the order of what they stand for."""
    full = FULL["i64"]
    start = counted.entered.get(stmt.targets[0].index, full)
    end = interval(counted.end)
    past_top = counted.step > 0 and end[0] == 0
    return not (counted.wraps or past_top or max(start[1], end[1]) > full[1] >> 1)


def _is_own_test(end: Branch, stmt: Stmt) -> bool:
    """Whether a branch does no more than to test the variable."""
    return bool(end.condition.variables >> stmt.targets[0].index & 1) and not end.condition.effects


def _is_read(graph: Graph, body: set[int], latch: int, stmt: Stmt, live: dict[int, int]) -> bool:
    """Whether anything but its step and the loop's test may read the variable as it is in the loop."""
    bit = 1 << stmt.targets[0].index
    own = stmt.expr, *graph.blocks[latch].end.exprs
    for number in body:
        block = graph.blocks[number]
        if any(expr.variables & bit and expr not in own for expr in block.exprs()):
            return True
        if number != latch and any(out not in body and live[graph.blocks[out].id] & bit for out in graph.after[number]):
            return True
    return False


def _sinkable(graph: Graph, body: set[int], latch: int, stmt: Stmt, live: dict[int, int]) -> Block | None:
    """The block of a step that may as well stand at the end of `latch`, or None."""
    bit = 1 << stmt.targets[0].index
    home = _home(graph, latch, stmt)
    if home is None:
        return None
    later = list(_dominated(graph, body, home))
    reads = (expr for number in later for expr in graph.blocks[number].exprs() if expr.variables & bit)
    own_test = graph.blocks[latch].end.exprs[0]
    block = graph.blocks[home]
    behind = [other.expr for other in block.stmts[block.stmts.index(stmt) + 1 :]]
    behind += block.end.exprs if home != latch else ()
    if any(expr is not own_test for expr in reads) or any(expr.variables & bit for expr in behind):
        return None
    leaving = (out for number in (*later, home) if number != latch for out in graph.after[number] if out not in body)
    return None if any(live[graph.blocks[out].id] & bit for out in leaving) else block


def _home(graph: Graph, latch: int, stmt: Stmt) -> int | None:
    """The number of the block that has the statement, which dominates the latch."""
    at = latch
    while stmt not in graph.blocks[at].stmts:
        if at == graph.idom[at]:
            return None
        at = graph.idom[at]
    return at


def _dominated(graph: Graph, body: set[int], home: int) -> Iterator[int]:
    """The blocks of a loop that are reached by way of another only, less that one."""
    pending = list(graph.children[home])
    while pending:
        number = pending.pop()
        if number in body:
            yield number
        pending.extend(graph.children[number])
