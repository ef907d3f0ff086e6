"""`sinking`: what only the way out of a loop needs is computed on that way, not in every turn.

Compilers leave such assignments behind where values come together after a loop. Moves assignments whose value has no
effects and cannot trap from the end of a block in a loop, past its branch, where just the edge that leaves the loop
needs them.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Jump, Stmt
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import CONSTS
from wasm2py.transpile.ir.liveness import live_before, live_out


def sink(function: FunctionIR) -> None:
    """Move assignments in place; edges to blocks that others lead to as well get a block of their own."""
    graph = function.graph()
    if not graph.has_loops:
        return
    blocks = graph.blocks
    inside = _innermost(graph)
    leaving = _leaving(blocks, inside)
    if not leaving:
        return
    live = live_out(function)
    changed = False
    for block in leaving:
        end = block.end
        assert isinstance(end, Branch)
        stays = end.then.id in inside[block.id]
        target, other = (end.other, end.then) if stays else (end.then, end.other)
        moved = _moved(block, live_before(target, live[target.id]), live_before(other, live[other.id]))
        if moved:
            _put(function, block, target, moved, len(graph.before[graph.number[target.id]]) == 1)
            changed = True
    if changed:
        function.edges_changed()


def _leaving(blocks: list[Block], inside: dict[int, set[int]]) -> list[Block]:
    """The blocks that may have something to move."""
    read = {id(loop): 0 for loop in inside.values()}
    for block in blocks:
        if block.id in inside:
            read[id(inside[block.id])] |= _reads(block)
    in_loops = [(block, inside[block.id]) for block in blocks if block.id in inside]
    return [block for block, loop in in_loops if _may_sink(block, loop, read[id(loop)])]


def _innermost(graph: Graph) -> dict[int, set[int]]:
    """The block ids of the innermost loop around each block that is in one."""
    result: dict[int, set[int]] = {}
    for header in reversed(range(len(graph.blocks))):
        if graph.headers[header]:
            body = {graph.blocks[number].id for number in graph.loop(header)}
            for block_id in body:
                result.setdefault(block_id, body)
    return result


def _reads(block: Block) -> int:
    variables = 0
    for stmt in block.stmts:
        variables |= stmt.expr.variables
    for expr in block.end.exprs:
        variables |= expr.variables
    return variables


def _may_sink(block: Block, loop: set[int], read: int) -> bool:
    """Whether a block ends with a way out of its loop, and assigns a constant, or what nothing in that loop reads."""
    end = block.end
    if not isinstance(end, Branch) or (end.then.id in loop) == (end.other.id in loop):
        return False
    return any(
        stmt.expr.op in CONSTS or (_is_pure(stmt) and not read >> stmt.targets[0].index & 1) for stmt in block.stmts
    )


def _is_pure(stmt: Stmt) -> bool:
    return len(stmt.targets) == 1 and not stmt.expr.effects


def _moved(block: Block, there: int, elsewhere: int) -> list[Stmt]:
    """Take from a block what only one of its ways on needs; bit sets say what is alive there and elsewhere."""
    assert isinstance(block.end, Branch)
    read, written = block.end.condition.variables, 0
    moved: list[Stmt] = []
    kept: list[Stmt] = []
    for stmt in reversed(block.stmts):
        targets = 0
        for target in stmt.targets:
            targets |= 1 << target.index
        needed = there & targets and not (elsewhere | read) & targets
        if needed and _is_pure(stmt) and not written & (targets | stmt.expr.variables):
            there = there & ~targets | stmt.expr.variables
            moved.append(stmt)
        else:
            read |= stmt.expr.variables
            written |= targets
            kept.append(stmt)
    block.stmts = kept[::-1]
    return moved[::-1]


def _put(function: FunctionIR, source: Block, target: Block, stmts: list[Stmt], only: bool) -> None:
    """Statements on the edge between two blocks."""
    if only:
        target.stmts[:0] = stmts
        return
    between = function.block()
    between.stmts = stmts
    between.end = Jump(target)
    end = source.end
    assert isinstance(end, Branch)
    if end.then is target:
        source.end = Branch(end.condition, between, end.other)
    else:
        source.end = Branch(end.condition, end.then, between)
