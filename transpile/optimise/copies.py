"""`copies`: a variable that is a copy of another, or a constant, is read from there.

Needs nothing.  Facts reach a block from its only predecessor, or are lost.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, map_end
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr, get, is_leaf


class _Facts:
    """Which variables equal a leaf now: Var index → the leaf.

    Every change is logged, so that the facts at the end of a block can be had again for each block that follows it.
    """

    def __init__(self) -> None:
        self.known: dict[int, Expr] = {}
        self.mask = 0
        self.copies: dict[int, set[int]] = {}  # Var index → the variables known to equal it
        self.log: list[tuple[int, Expr | None]] = []

    def rewrite(self, expr: Expr) -> Expr:
        """The expression with every known variable replaced."""
        if not expr.variables & self.mask:
            return expr
        if expr.op is LOCAL_GET:
            return _again(self.known[expr.imm.index], expr)
        return expr.with_args(tuple(map(self.rewrite, expr.args)))

    def assign(self, stmt: Stmt) -> None:
        """Take note of what an assignment changes and what it tells."""
        for target in stmt.targets:
            self._note(target.index, None)
            for index in tuple(self.copies.get(target.index, ())):
                self._note(index, None)
        if len(stmt.targets) == 1 and is_leaf(stmt.expr):
            target = stmt.targets[0]
            if stmt.expr.op is not LOCAL_GET or stmt.expr.imm is not target:
                self._note(target.index, stmt.expr)

    def undo(self, length: int) -> None:
        """Go back to when the log had this length."""
        while len(self.log) > length:
            self._set(*self.log.pop())

    def _note(self, index: int, leaf: Expr | None) -> None:
        old = self.known.get(index)
        if old is not leaf:
            self.log.append((index, old))
            self._set(index, leaf)

    def _set(self, index: int, leaf: Expr | None) -> None:
        old = self.known.pop(index, None)
        if old is not None:
            self.mask ^= 1 << index
            if old.op is LOCAL_GET:
                self.copies[old.imm.index].discard(index)
        if leaf is not None:
            self.known[index] = leaf
            self.mask |= 1 << index
            if leaf.op is LOCAL_GET:
                self.copies.setdefault(leaf.imm.index, set()).add(index)


def propagate_copies(function: FunctionIR) -> bool:
    """Rewrite every read of a copy in place; whether there was any."""
    graph = function.graph()
    only: list[list[int]] = [[] for _ in graph.blocks]
    pending: list[tuple[int, int]] = []
    for number, before in enumerate(graph.before):
        if len(before) == 1 and number:
            only[before[0]].append(number)
        else:
            pending.append((number, 0))
    facts = _Facts()
    changed = False
    while pending:
        number, length = pending.pop()
        facts.undo(length)
        changed = _rewrite_block(graph.blocks[number], facts) or changed
        pending.extend((following, len(facts.log)) for following in only[number])
    if changed:
        function.statements_changed()
    return changed


def _rewrite_block(block: Block, facts: _Facts) -> bool:
    changed = False
    for stmt in block.stmts:
        if stmt.expr.variables & facts.mask:
            stmt.expr = facts.rewrite(stmt.expr)
            changed = True
        if stmt.targets:
            facts.assign(stmt)
    ends = block.end.exprs
    for expr in ends:
        if expr.variables & facts.mask:
            block.end = map_end(block.end, [facts.rewrite(expr) for expr in ends])
            return True
    return changed


def _again(leaf: Expr, use: Expr) -> Expr:
    if leaf.op is LOCAL_GET:
        return get(leaf.imm, use.offset)
    return Expr(leaf.op, leaf.type, (), leaf.imm, use.offset)
