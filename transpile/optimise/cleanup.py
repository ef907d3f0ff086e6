"""`cleanup`: a smaller graph.  Empty blocks are jumped over, chains of blocks become one, settled branches go.

Needs nothing; keeps every statement that can be reached.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Jump, Return, Stmt, Switch, Terminator, retarget
from wasm2py.transpile.ir.cfg import predecessors as edges_in
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, get, is_leaf


def cleanup(function: FunctionIR) -> None:
    """Simplify the graph in place."""
    blocks = function.reverse_postorder()
    for block in blocks:
        block.end = _settled(block)
    if any(not block.stmts and isinstance(block.end, Jump) for block in blocks):
        _skip_empty(blocks)
    for block in blocks:
        _return_early(block)
    function.entry = _through_empty(function.entry, {})
    function.edges_changed()
    if _merge_chains(function):
        function.edges_changed()


def _skip_empty(blocks: list[Block]) -> None:
    """Let every edge to a block that does nothing but jump go to where that jumps."""
    final: dict[int, Block] = {}
    for block in blocks:
        block.end = retarget(block.end, lambda target: _through_empty(target, final))
        block.end = _settled(block)


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


def _return_early(block: Block) -> None:
    """A jump to a block that only returns is a return."""
    if isinstance(block.end, Jump):
        target = block.end.target
        if not target.stmts and isinstance(target.end, Return) and all(map(is_leaf, target.end.values)):
            values = tuple(get(value.imm) if value.op is LOCAL_GET else value for value in target.end.values)
            block.end = Return(values, target.end.offset)


def _merge_chains(function: FunctionIR) -> bool:
    """Append to each block the one that only follows it; whether there was any."""
    blocks = function.reverse_postorder()
    count = {block_id: len(before) for block_id, before in edges_in(blocks).items()}
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
    return bool(merged)
