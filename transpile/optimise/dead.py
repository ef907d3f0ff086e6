"""`dead`: assignments that nobody reads go; what they would have trapped on or changed stays."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt
from wasm2py.transpile.ir.expr import LOCAL_GET, TRAPS, WRITES
from wasm2py.transpile.ir.liveness import faintly_live


def remove_dead(function: FunctionIR) -> bool:
    """Remove dead assignments in place, and those that only they read; whether there were any.

    What is live afterwards is found on the way.
    """
    graph = function.graph()
    if graph.has_loops:
        out, into = faintly_live(function)
        swept = [_sweep(block, out[block.id]) for block in graph.blocks]
        function.live = out, into
        return any(changed for changed, _ in swept)
    out, into = {}, {}
    any_changed = False
    for number in range(len(graph.blocks) - 1, -1, -1):
        block = graph.blocks[number]
        live = 0
        for after in graph.after[number]:
            live |= into[graph.blocks[after].id]
        out[block.id] = live
        changed, into[block.id] = _sweep(block, live)
        any_changed = any_changed or changed
    function.live = out, into
    return any_changed


def _sweep(block: Block, live: int) -> tuple[bool, int]:
    """Walk one block backwards; whether an assignment went, and what is live at its start."""
    for expr in block.end.exprs:
        live |= expr.variables
    kept: list[Stmt] = []
    changed = False
    for stmt in reversed(block.stmts):
        targets = stmt.targets
        if targets:
            assigned = 0
            for target in targets:
                assigned |= 1 << target.index
            if not live & assigned:
                changed = True
                if not stmt.expr.effects & (TRAPS | WRITES):
                    continue
                stmt = Stmt((), stmt.expr)
            elif stmt.expr.op is LOCAL_GET and stmt.expr.imm is targets[0]:
                changed = True
                continue
            live &= ~assigned
        live |= stmt.expr.variables
        kept.append(stmt)
    if changed:
        kept.reverse()
        block.stmts = kept
    return changed, live
