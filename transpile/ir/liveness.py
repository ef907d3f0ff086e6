"""Which variables are live where, as bit sets of Var indices."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.transpile.ir.cfg import Block, FunctionIR
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import TRAPS, WRITES, Var

#: The variables live at a block's start, given those live at its end.
_Transfer = Callable[[int], int]


def live_out(function: FunctionIR) -> dict[int, int]:
    """Block id → the variables that may be read after the block before they are assigned."""
    return _live(function)[0]


def live_in(function: FunctionIR) -> dict[int, int]:
    """Block id → the variables that may be read at its start or later before they are assigned."""
    return _live(function)[1]


def _live(function: FunctionIR) -> tuple[dict[int, int], dict[int, int]]:
    """What is live at the end and at the start of each block, found once until something changes."""
    if function.live is None:
        graph = function.graph()
        out, into = _solved(graph, [_plain(block) for block in graph.blocks])
        function.live = dict(zip(graph.number, out, strict=True)), dict(zip(graph.number, into, strict=True))
    return function.live


def faintly_live(function: FunctionIR) -> tuple[dict[int, int], dict[int, int]]:
    """What is live at the end and at the start of each block, but for what only dead assignments read.

    So it is `FunctionIR.live` once those are gone.
    """
    graph = function.graph()
    out, into = _solved(graph, [_strong(block) for block in graph.blocks])
    return dict(zip(graph.number, out, strict=True)), dict(zip(graph.number, into, strict=True))


def is_live(variable: Var, block: Block) -> bool:
    """Whether a variable may be read from a block's start on before it is assigned."""
    bit = 1 << variable.index
    pending, seen = [block], {block.id}
    while pending:
        block = pending.pop()
        for stmt in block.stmts:
            if stmt.expr.variables & bit:
                return True
            if variable in stmt.targets:
                break
        else:
            if any(expr.variables & bit for expr in block.end.exprs):
                return True
            pending += [after for after in block.end.successors if after.id not in seen]
            seen.update(after.id for after in block.end.successors)
    return False


def _solved(graph: Graph, transfers: list[_Transfer]) -> tuple[list[int], list[int]]:
    """What is live at the end and at the start of each block.

    Goes through the blocks from the last to the first, then again to each whose successors changed, until none did.
    """
    after, before = graph.after, graph.before
    live_in = [0] * len(after)
    out = [0] * len(after)
    for block in range(len(after) - 1, -1, -1):
        live = 0
        for successor in after[block]:
            live |= live_in[successor]
        out[block] = live
        live_in[block] = transfers[block](live)
    stale = [False] * len(after)
    again = False
    for header, is_header in enumerate(graph.headers):
        for latch in before[header] if is_header else ():
            if latch >= header and live_in[header] & ~out[latch]:
                stale[latch] = again = True
    while again:
        again = False
        for block in range(len(after) - 1, -1, -1):
            if not stale[block]:
                continue
            stale[block] = False
            live = 0
            for successor in after[block]:
                live |= live_in[successor]
            out[block] = live
            live = transfers[block](live)
            if live != live_in[block]:
                live_in[block] = live
                for earlier in before[block]:
                    stale[earlier] = True
                    again = again or earlier >= block
    return out, live_in


def live_before(block: Block, live: int, position: int = 0) -> int:
    """The variables live before one of a block's statements, given those at its end."""
    for expr in block.end.exprs:
        live |= expr.variables
    for stmt in reversed(block.stmts[position:]):
        for target in stmt.targets:
            live &= ~(1 << target.index)
        live |= stmt.expr.variables
    return live


def _plain(block: Block) -> _Transfer:
    """Every read counts."""
    uses = defs = 0
    for stmt in block.stmts:
        if stmt.expr.variables:
            uses |= stmt.expr.variables & ~defs
        for target in stmt.targets:
            defs |= 1 << target.index
    for expr in block.end.exprs:
        uses |= expr.variables & ~defs
    if not defs:
        return lambda out: uses | out
    kept = ~defs
    return lambda out: uses | out & kept


def _strong(block: Block) -> _Transfer:
    """The reads of an assignment count where its target is live, or where it does more than assign."""
    steps = []
    for stmt in reversed(block.stmts):
        defs = 0
        for target in stmt.targets:
            defs |= 1 << target.index
        expr = stmt.expr
        stays = not defs or expr.effects & _MORE
        steps.append((-1 if stays else defs, ~defs, expr.variables))
    at_end = 0
    for expr in block.end.exprs:
        at_end |= expr.variables

    def transfer(out: int) -> int:
        live = out | at_end
        for wanted, kept, uses in steps:
            if wanted < 0 or live & wanted:
                live = live & kept | uses
        return live

    return transfer


_MORE = TRAPS | WRITES
