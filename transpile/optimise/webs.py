"""`webs`: a variable that serves several purposes one after the other becomes several variables.

Compilers reuse wasm's locals: what is an index in one loop is a pointer in the next. Assignments and reads that cannot
be told apart, for one assignment may reach several reads and one read may see several assignments, are a *web*; each
web but the first of a variable gets a variable of its own. So what is found out of one use does not have to hold for
the others. Needs nothing; functions without loops stay as they are, for they have little to gain.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, map_end
from wasm2py.transpile.ir.expr import Var, renamed_reads
from wasm2py.transpile.ir.liveness import live_in

#: Above this many (blocks times variables) the analysis would cost more than it gives.
_LARGEST = 400_000


def split_webs(function: FunctionIR) -> bool:
    """Rename in place; whether there was anything to rename."""
    blocks = function.reverse_postorder()
    if len(blocks) * len(function.variables) > _LARGEST or not function.graph().has_loops:
        return False
    live = live_in(function)
    several = _several(blocks, live[function.entry.id])
    if not several:
        return False
    webs = _Webs(function, live, several)
    renamed = webs.renamed()
    if renamed:
        for block, start in zip(blocks, webs.starts, strict=True):
            _rename(block, start, webs.assigned, renamed)
        function.statements_changed()
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
    """The webs of the variables in `several`; `live` tells what is alive at each block's start.

    They are sets of nodes that are joined: a node is an assignment, or a variable at the start of a block where ways
    meet. `starts` has the node of each variable at the start of each block, by the number of the block.
    """

    def __init__(self, function: FunctionIR, live: dict[int, int], several: int) -> None:
        self.function = function
        self.several = several
        self.parent: list[int] = []
        self.variable: list[Var] = []
        self.assigned: dict[tuple[Stmt, int], int] = {}
        self.starts: list[dict[int, int]] = []
        graph = function.graph()
        ends: list[dict[int, int]] = []
        for number, block in enumerate(graph.blocks):
            if number and len(graph.before[number]) == 1:
                start = ends[graph.before[number][0]]
            else:
                start = {var.index: self._node(var) for var in _members(function, live[block.id] & several)}
            self.starts.append(start)
            ends.append(self._end(block, start))
        for number, before in enumerate(graph.before):
            if len(before) > 1 or not number:
                for earlier in before:
                    self._meet(self.starts[number], ends[earlier])

    def _node(self, var: Var) -> int:
        self.parent.append(len(self.parent))
        self.variable.append(var)
        return len(self.parent) - 1

    def _end(self, block: Block, start: dict[int, int]) -> dict[int, int]:
        """The node of each variable at a block's end."""
        now = start
        for stmt in block.stmts:
            for target in stmt.targets:
                if self.several >> target.index & 1:
                    if now is start:
                        now = dict(start)
                    now[target.index] = self.assigned[stmt, target.index] = self._node(target)
        return now

    def _meet(self, start: dict[int, int], end: dict[int, int]) -> None:
        """What is alive at a block's start comes from the end of one before it."""
        for index, node in start.items():
            other = end[index]
            if other != node:
                self._join(node, other)

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
        for index, node in self.starts[0].items():
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
    mask = 0
    for index in now:
        mask |= 1 << index
    for stmt in block.stmts:
        if stmt.expr.variables & mask:
            stmt.expr = renamed_reads(stmt.expr, now, mask)
        for place, target in enumerate(stmt.targets):
            node = assigned.get((stmt, target.index))
            if node is None:  # the only assignment of its variable
                continue
            var = renamed.get(node)
            mask &= ~(1 << target.index)
            if var is not None:
                now[target.index] = var
                mask |= 1 << target.index
                stmt.targets = (*stmt.targets[:place], var, *stmt.targets[place + 1 :])
    ends = block.end.exprs
    if any(expr.variables & mask for expr in ends):
        block.end = map_end(block.end, [renamed_reads(expr, now, mask) for expr in ends])
