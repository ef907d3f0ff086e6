"""`sink`: what only one way out of a block needs is worked out on that way.

Above all on the way out of a loop: a compiler works out in each turn what is needed behind the loop, where that costs
it nothing. Needs nothing; moves only what cannot be noticed: no traps, no reads of what statements in between change.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Stmt, end_exprs, predecessors
from wasm2py.transpile.ir.liveness import live_in


def sink(function: FunctionIR) -> None:
    """Move assignments into the only successor that reads them, in place; blocks go from first to last."""
    blocks = function.reverse_postorder()
    live = live_in(blocks)
    before = predecessors(blocks)
    for block in blocks:
        if isinstance(block.end, Branch) and block.stmts:
            for here, there in ((block.end.then, block.end.other), (block.end.other, block.end.then)):
                if len(before[here.id]) == 1 and here is not block and here is not function.entry:
                    _sink(block, here, live[here.id], live[there.id])


def _sink(block: Block, here: Block, wanted: int, elsewhere: int) -> None:
    """Move what is wanted at the start of `here`, and not elsewhere, from the last statement to the first."""
    only_here = wanted & ~elsewhere
    read = 0
    for expr in end_exprs(block.end):
        read |= expr.variables
    written = 0
    kept: list[Stmt] = []
    moved: list[Stmt] = []
    for stmt in reversed(block.stmts):
        defined = sum(1 << target.index for target in stmt.targets)
        movable = len(stmt.targets) == 1 and defined & only_here and not stmt.expr.effects
        if movable and not defined & (read | written) and not stmt.expr.variables & written:
            moved.append(stmt)
            only_here |= stmt.expr.variables & ~elsewhere
            continue
        kept.append(stmt)
        read |= stmt.expr.variables
        written |= defined
    if moved:
        block.stmts = kept[::-1]
        here.stmts[:0] = moved[::-1]
