"""`dead`: assignments that nobody reads go; what they would have trapped on or changed stays."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, end_exprs
from wasm2py.transpile.ir.expr import LOCAL_GET, TRAPS, WRITES
from wasm2py.transpile.ir.liveness import faintly_live_out


def remove_dead(function: FunctionIR) -> bool:
    """Remove dead assignments in place, and those that only they read; whether there were any."""
    live = faintly_live_out(function)
    changed = False
    for block in function.reverse_postorder():
        if block.stmts:
            changed = _sweep(block, live[block.id]) or changed
    if changed:
        function.statements_changed()
    return changed


def _sweep(block: Block, live: int) -> bool:
    """Walk one block backwards; whether an assignment went."""
    for expr in end_exprs(block.end):
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
    return changed
