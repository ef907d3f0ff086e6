"""`cleanup`: a smaller graph.  Empty blocks are jumped over, chains of blocks become one, settled branches go.

Needs nothing; keeps every statement that can be reached.
"""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Jump, Return, Stmt, Switch, Terminator, retarget
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, get, is_leaf


def cleanup(function: FunctionIR) -> bool:
    """Simplify the graph in place; whether it changed."""
    blocks = function.reverse_postorder()
    changed = _each_end(blocks, _settled)
    empty = {block.id for block in blocks if not block.stmts and type(block.end) is Jump}
    if empty:
        changed = _skip_empty(blocks, empty) or changed
    changed = _each_end(blocks, _returned_early) or changed
    entry = _through_empty(function.entry, {})
    changed = changed or entry is not function.entry
    function.entry = entry
    if changed:
        function.edges_changed()
    return _merge_chains(function) or changed


def _each_end(blocks: list[Block], simplified: Callable[[Block], Terminator]) -> bool:
    """Give every block its simplified end; whether any was changed."""
    changed = False
    for block in blocks:
        end = simplified(block)
        if end is not block.end:
            block.end = end
            changed = True
    return changed


def _skip_empty(blocks: list[Block], empty: set[int]) -> bool:
    """Let every edge to a block that does nothing but jump go to where that jumps; whether there was any."""
    final: dict[int, Block] = {}
    changed = False
    for block in blocks:
        leads = [target for target in block.end.successors if target.id in empty]
        if any(_through_empty(target, final) is not target for target in leads):
            block.end = retarget(block.end, lambda target: _through_empty(target, final))
            block.end = _settled(block)
            changed = True
    return changed


def _settled(block: Block) -> Terminator:
    """The block's end with a branch whose outcome is known made a jump."""
    end = block.end
    if isinstance(end, Branch):
        if end.condition.op in CONSTS:
            return Jump(end.then if end.condition.imm else end.other)
        if end.then is end.other:
            return _jump_after(block, end.condition, end.then)
    if isinstance(end, Switch):
        if end.index.op in CONSTS:
            return Jump(end.targets[end.index.imm] if end.index.imm < len(end.targets) else end.default)
        if all(target is end.default for target in end.targets):
            return _jump_after(block, end.index, end.default)
    return end


def _jump_after(block: Block, expr: Expr, target: Block) -> Jump:
    """Jump, but evaluate what can trap or change something first."""
    if expr.effects:
        block.stmts.append(Stmt((), expr))
    return Jump(target)


def _through_empty(block: Block, final: dict[int, Block]) -> Block:
    """Where control gets from `block` without doing anything; `final` remembers what was found before."""
    passed: dict[int, None] = {}
    while not block.stmts and isinstance(block.end, Jump) and block.id not in passed:
        passed[block.id] = None
        block = final.get(block.id, block.end.target)
    final.update(dict.fromkeys(passed, block))
    return block


def _returned_early(block: Block) -> Terminator:
    """The block's end with a jump to a block that only returns made a return."""
    if isinstance(block.end, Jump):
        target = block.end.target
        if not target.stmts and isinstance(target.end, Return) and all(map(is_leaf, target.end.exprs)):
            values = tuple(get(value.imm) if value.op is LOCAL_GET else value for value in target.end.exprs)
            return Return(values, target.end.offset)
    return block.end


def _merge_chains(function: FunctionIR) -> bool:
    """Append to each block the one that only follows it; whether there was any."""
    blocks = function.reverse_postorder()
    count = dict.fromkeys((block.id for block in blocks), 0)
    for block in blocks:
        for target in block.end.successors:
            count[target.id] += 1
    merged: set[int] = set()
    for block in blocks:
        if block.id in merged:
            continue
        while isinstance(block.end, Jump):
            target = block.end.target
            if count[target.id] != 1 or target is function.entry or target is block:
                break
            block.stmts.extend(target.stmts)
            block.end = target.end
            merged.add(target.id)
    if merged:
        function.blocks_merged(merged)
    return bool(merged)
