"""`dead`: assignments that nobody reads go; what they would have trapped on or changed stays."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, end_exprs
from wasm2py.transpile.ir.expr import LOCAL_GET, TRAPS, WRITES
from wasm2py.transpile.ir.liveness import live_out


def remove_dead(function: FunctionIR) -> None:
    """Remove dead assignments in place, and those that only they read."""
    blocks = function.reverse_postorder()
    live = live_out(blocks, faint=True)
    for block in blocks:
        _sweep(block, live[block.id])


def _sweep(block: Block, live: int) -> None:
    """Walk one block backwards."""
    for expr in end_exprs(block.end):
        live |= expr.variables
    kept: list[Stmt] = []
    for stmt in reversed(block.stmts):
        targets = stmt.targets
        if targets:
            assigned = 0
            for target in targets:
                assigned |= 1 << target.index
            if not live & assigned:
                if not stmt.expr.effects & (TRAPS | WRITES):
                    continue
                stmt = Stmt((), stmt.expr)
            elif stmt.expr.op is LOCAL_GET and stmt.expr.imm is targets[0]:
                continue
            live &= ~assigned
        live |= stmt.expr.variables
        kept.append(stmt)
    kept.reverse()
    block.stmts = kept
