"""The way out for functions that nest deeper than Python can: a loop around a balanced tree of `if`s over numbered
blocks.

Slower than structured code, but flat however deep the wasm was. A block with just one way to it stands where that
way ends.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Branch, FunctionIR, Jump, Return, Stmt, Switch, Unreachable
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import Var, const, get
from wasm2py.transpile.structure.nodes import Code, Continue, If, Leave, Python, While
from wasm2py.transpile.structure.switch import decision_tree

#: How many blocks may stand within each other.
_INLINE_DEPTH = 6


class Dispatch:
    """Lays out one function's blocks."""

    def __init__(self, function: FunctionIR, graph: Graph) -> None:
        self.function = function
        self.graph = graph
        self.state: Var = function.variable("i32", role="state")
        self.numbers: dict[int, int] = {}
        self.pending: list[int] = []

    def lower(self) -> list[Python]:
        """The whole function."""
        cases: list[list[Python]] = []
        self._number(0)
        while len(cases) < len(self.pending):
            cases.append(self._block(self.pending[len(cases)], 0))
        table = list(range(len(cases) - 1))
        tree = decision_tree(self.function, get(self.state), table, len(cases) - 1, cases)
        start: Python = Code([Stmt((self.state,), const("i32", 0))])
        return [start, While(None, tree)]

    def _number(self, block: int) -> int:
        """The state that stands for a block."""
        if block not in self.numbers:
            self.numbers[block] = len(self.pending)
            self.pending.append(block)
        return self.numbers[block]

    def _block(self, number: int, depth: int) -> list[Python]:
        block = self.graph.blocks[number]
        out: list[Python] = [Code(block.stmts)] if block.stmts else []
        end = block.end
        if isinstance(end, Return | Unreachable):
            out.append(Leave(end))
        elif isinstance(end, Jump):
            out.extend(self._edge(self.graph.number[end.target.id], depth))
        elif isinstance(end, Branch):
            then = self._edge(self.graph.number[end.then.id], depth + 1)
            out.append(If(end.condition, then, self._edge(self.graph.number[end.other.id], depth + 1)))
        else:
            out.extend(self._switch(end))
        return out

    def _edge(self, target: int, depth: int) -> list[Python]:
        single = len(self.graph.before[target]) == 1 and target != 0
        if single and depth < _INLINE_DEPTH and target not in self.numbers:
            return self._block(target, depth + 1)
        return [Code([Stmt((self.state,), const("i32", self._number(target)))]), Continue()]

    def _switch(self, end: Switch) -> list[Python]:
        targets = [self.graph.number[target.id] for target in end.targets]
        default = self.graph.number[end.default.id]
        arm_of = {target: arm for arm, target in enumerate(dict.fromkeys((*targets, default)))}
        arms = [self._edge(target, _INLINE_DEPTH) for target in arm_of]
        table = [arm_of[target] for target in targets]
        return decision_tree(self.function, end.index, table, arm_of[default], arms)
