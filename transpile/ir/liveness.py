"""Which variables are live where, as bit sets of Var indices."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, block_exprs, predecessors


def live_out(blocks: list[Block]) -> dict[int, int]:
    """Block id → the variables that may be read after the block before they are assigned.

    `blocks` are those of the function in reverse postorder.
    """
    uses, defs = {}, {}
    for block in blocks:
        uses[block.id], defs[block.id] = _uses_and_defs(block)
    live_in = dict.fromkeys(uses, 0)
    result = dict.fromkeys(uses, 0)
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
        into = uses[block.id] | out & ~defs[block.id]
        if into != live_in[block.id]:
            live_in[block.id] = into
            for predecessor in before[block.id]:
                if predecessor.id not in queued:
                    queued.add(predecessor.id)
                    pending.append(predecessor)
    return result


def _uses_and_defs(block: Block) -> tuple[int, int]:
    """The variables read before any assignment in the block, and those assigned in it."""
    uses = defs = 0
    for stmt in block.stmts:
        uses |= stmt.expr.variables & ~defs
        for target in stmt.targets:
            defs |= 1 << target.index
    for expr in list(block_exprs(block))[len(block.stmts) :]:
        uses |= expr.variables & ~defs
    return uses, defs
