"""`copies`: a variable that is a copy of another, or a constant, is read from there.

Needs nothing.  Facts reach a block from its only predecessor, or are lost.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, end_exprs, map_end, predecessors
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr, get, is_leaf


class _Facts:
    """Which variables equal a leaf now: Var index → the leaf.

    `mask` is the bit set of those variables, `sources` has all that their leaves read (and may have more).
    """

    def __init__(self, known: dict[int, Expr]) -> None:
        self.known = known
        self.mask = self.sources = 0
        for index, leaf in known.items():
            self.mask |= 1 << index
            self.sources |= leaf.variables

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
            self._forget(target.index)
        if len(stmt.targets) == 1 and is_leaf(stmt.expr):
            target = stmt.targets[0]
            if stmt.expr.op is not LOCAL_GET or stmt.expr.imm is not target:
                self.known[target.index] = stmt.expr
                self.mask |= 1 << target.index
                self.sources |= stmt.expr.variables

    def _forget(self, index: int) -> None:
        if not (self.mask | self.sources) >> index & 1:
            return
        stale = [i for i, leaf in self.known.items() if i == index or leaf.variables >> index & 1]
        for i in stale:
            del self.known[i]
            self.mask &= ~(1 << i)


def propagate_copies(function: FunctionIR) -> None:
    """Rewrite every read of a copy in place."""
    blocks = function.reverse_postorder()
    before = predecessors(blocks)
    after: dict[int, dict[int, Expr]] = {}
    for block in blocks:
        only = before[block.id][0] if len(before[block.id]) == 1 and block is not function.entry else None
        facts = _Facts(dict(after.get(only.id, {})) if only is not None else {})
        _rewrite_block(block, facts)
        after[block.id] = facts.known


def _rewrite_block(block: Block, facts: _Facts) -> None:
    for stmt in block.stmts:
        stmt.expr = facts.rewrite(stmt.expr)
        facts.assign(stmt)
    ends = end_exprs(block.end)
    if any(expr.variables & facts.mask for expr in ends):
        block.end = map_end(block.end, [facts.rewrite(expr) for expr in ends])


def _again(leaf: Expr, use: Expr) -> Expr:
    if leaf.op is LOCAL_GET:
        return get(leaf.imm, use.offset)
    return Expr(leaf.op, leaf.type, (), leaf.imm, use.offset)
