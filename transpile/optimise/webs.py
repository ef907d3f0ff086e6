"""`webs`: a variable that serves several purposes one after the other becomes several variables.

Compilers reuse wasm's locals: what is an index in one loop is a pointer in the next. Assignments and reads that cannot
be told apart, for one assignment may reach several reads and one read may see several assignments, are a *web*; each
web but the first of a variable gets a variable of its own. So what is found out of one use does not have to hold for
the others. Needs nothing; functions without loops stay as they are, for they have little to gain.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, end_exprs, map_end
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr, Var, get
from wasm2py.transpile.ir.liveness import live_in

#: Above this many (blocks times variables) the analysis would cost more than it gives.
_LARGEST = 400_000


def split_webs(function: FunctionIR) -> bool:
    """Rename in place; whether there was anything to rename."""
    blocks = function.reverse_postorder()
    if len(blocks) * len(function.variables) > _LARGEST or not any(function.graph().headers):
        return False
    live = live_in(function)
    several = _several(blocks, live[function.entry.id])
    if not several:
        return False
    webs = _Webs(function, {block_id: alive & several for block_id, alive in live.items()}, several)
    renamed = webs.renamed()
    if renamed:
        for block in blocks:
            _rename(block, webs.starts[block.id], webs.assigned, renamed)
    return bool(renamed)


def _several(blocks: list[Block], once: int) -> int:
    """The variables that are assigned more than once, of which those in `once` have been before the function starts."""
    more = 0
    for block in blocks:
        for stmt in block.stmts:
            for target in stmt.targets:
                bit = 1 << target.index
                more |= once & bit
                once |= bit
    return more


class _Webs:
    """The webs of the variables in `several`, of which `live` tells those alive at each block's start.

    They are sets of nodes that are joined: a node is an assignment, or a variable at a block's start.
    """

    def __init__(self, function: FunctionIR, live: dict[int, int], several: int) -> None:
        self.function = function
        self.several = several
        self.parent: list[int] = []
        self.variable: list[Var] = []
        self.assigned: dict[tuple[Stmt, int], int] = {}
        self.starts: dict[int, dict[int, int]] = {
            block_id: {var.index: self._node(var) for var in _members(function, alive)}
            for block_id, alive in live.items()
        }
        for block in function.reverse_postorder():
            self._flow(block)

    def _node(self, var: Var) -> int:
        self.parent.append(len(self.parent))
        self.variable.append(var)
        return len(self.parent) - 1

    def _flow(self, block: Block) -> None:
        now = dict(self.starts[block.id])
        for stmt in block.stmts:
            for target in stmt.targets:
                if self.several >> target.index & 1:
                    now[target.index] = self.assigned[stmt, target.index] = self._node(target)
        for successor in block.successors():
            for index, node in self.starts[successor.id].items():
                self._join(node, now[index])

    def root(self, node: int) -> int:
        """The node that stands for a web."""
        parent = self.parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def _join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        self.parent[max(one, other)] = min(one, other)

    def renamed(self) -> dict[int, Var]:
        """Node → the variable of its web, of those that get another than they had."""
        result: dict[int, Var] = {}
        made: dict[int, Var] = {}
        first: dict[int, int] = {}
        for index, node in self.starts[self.function.entry.id].items():
            first[index] = self.root(node)
        for node, var in enumerate(self.variable):
            root = self.root(node)
            if first.setdefault(var.index, root) != root:
                if root not in made:
                    made[root] = self.function.variable(var.type, var.local)
                result[node] = made[root]
        return result


def _members(function: FunctionIR, bits: int) -> Iterator[Var]:
    while bits:
        low = bits & -bits
        yield function.variables[low.bit_length() - 1]
        bits ^= low


def _rename(
    block: Block, start: dict[int, int], assigned: dict[tuple[Stmt, int], int], renamed: dict[int, Var]
) -> None:
    now = {index: renamed[node] for index, node in start.items() if node in renamed}
    mask = sum(1 << index for index in now)
    for stmt in block.stmts:
        stmt.expr = _renamed(stmt.expr, now, mask)
        for place, target in enumerate(stmt.targets):
            var = renamed.get(assigned.get((stmt, target.index), -1))
            mask &= ~(1 << target.index)
            if var is not None:
                now[target.index] = var
                mask |= 1 << target.index
                stmt.targets = (*stmt.targets[:place], var, *stmt.targets[place + 1 :])
    ends = end_exprs(block.end)
    if any(expr.variables & mask for expr in ends):
        block.end = map_end(block.end, [_renamed(expr, now, mask) for expr in ends])


def _renamed(expr: Expr, now: dict[int, Var], mask: int) -> Expr:
    if not expr.variables & mask:
        return expr
    if expr.op is LOCAL_GET:
        return get(now[expr.imm.index], expr.offset)
    return expr.with_args(tuple(_renamed(arg, now, mask) for arg in expr.args))
