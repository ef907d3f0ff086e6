"""Which variables are live where, as bit sets of Var indices."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.transpile.ir.cfg import Block, end_exprs, predecessors
from wasm2py.transpile.ir.expr import TRAPS, WRITES

#: The variables live at a block's start, given those live at its end.
_Transfer = Callable[[int], int]


def live_out(blocks: list[Block], faint: bool = False) -> dict[int, int]:
    """Block id → the variables that may be read after the block before they are assigned.

    `blocks` are those of the function in reverse postorder. With `faint`, what only dead assignments read is not
    live.
    """
    transfer = {block.id: _strong(block) if faint else _plain(block) for block in blocks}
    live_in = dict.fromkeys(transfer, 0)
    result = dict.fromkeys(transfer, 0)
    before = predecessors(blocks)
    pending = list(blocks)
    queued = {block.id for block in blocks}
    while pending:
        block = pending.pop()
        queued.discard(block.id)
        out = 0
        for successor in block.successors():
            out |= live_in[successor.id]
        result[block.id] = out
        into = transfer[block.id](out)
        if into != live_in[block.id]:
            live_in[block.id] = into
            for predecessor in before[block.id]:
                if predecessor.id not in queued:
                    queued.add(predecessor.id)
                    pending.append(predecessor)
    return result


def _plain(block: Block) -> _Transfer:
    """Every read counts."""
    uses = defs = 0
    for stmt in block.stmts:
        uses |= stmt.expr.variables & ~defs
        for target in stmt.targets:
            defs |= 1 << target.index
    for expr in end_exprs(block.end):
        uses |= expr.variables & ~defs
    return lambda out: uses | out & ~defs


def _strong(block: Block) -> _Transfer:
    """The reads of an assignment count where its target is live, or where it does more than assign."""
    steps = []
    for stmt in reversed(block.stmts):
        defs = 0
        for target in stmt.targets:
            defs |= 1 << target.index
        steps.append((defs, stmt.expr.variables, bool(stmt.expr.effects & (TRAPS | WRITES)) or not defs))
    at_end = 0
    for expr in end_exprs(block.end):
        at_end |= expr.variables

    def transfer(out: int) -> int:
        live = out | at_end
        for defs, uses, stays in steps:
            if stays or live & defs:
                live = live & ~defs | uses
        return live

    return transfer
