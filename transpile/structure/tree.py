"""The graph as a tree of structured statements with labels, after N. Ramsey, "Beyond Relooper" (ICFP 2022).

Each block is placed in the tree of its immediate dominator: in the arm that goes to it if there is just one way to
it, else behind a `Labelled` that all ways to it leave. Unlike in Ramsey's WebAssembly, what follows a loop is
placed behind it rather than in it, unless that makes Python tell apart more ways out of the loop (`exits.py`).
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Branch, Jump, Return, Switch, Unreachable
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.structure.exits import Exits
from wasm2py.transpile.structure.nodes import Cases, Code, Fork, Goto, Labelled, Leave, Loop, Region, Tree

#: So many labels behind one tree make a `Region` instead of `Labelled`s within each other.
REGION = 3


class TreeBuilder:
    """Builds the tree of a graph bottom up, without recursion: a block's number is greater than its dominator's."""

    def __init__(self, graph: Graph, nest: bool = True) -> None:
        self.graph = graph
        self.trees: list[Tree | None] = [None] * len(graph.blocks)
        self.exits = Exits(graph, nest)
        self.tiny = self.exits.tiny

    def build(self) -> Tree:
        """The tree of the whole function."""
        for number in range(len(self.graph.blocks) - 1, -1, -1):
            self.trees[number] = self._tree(number)
        root = self.trees[0]
        assert root is not None
        return root

    def _tree(self, number: int) -> Tree:
        graph = self.graph
        tree = self._block(number)
        exits = self.exits
        joins = [child for child in graph.children[number] if exits.merges[child] and child not in exits.outside]
        if joins:
            tree = self._followed(tree, joins)
        if graph.headers[number]:
            tree = Tree([Loop(number, tree)], tree.labels & ~(1 << number), tree.size + 1)
        behind = exits.behind.get(number)
        return self._followed(tree, behind) if behind else tree

    def _followed(self, tree: Tree, labels: list[int]) -> Tree:
        """`tree`, and behind it the trees of `labels`."""
        if sum(label not in self.tiny for label in labels) >= REGION:
            labels = [label for label in labels if label not in self.tiny]
        return followed(tree, [(label, self._placed(label)) for label in labels])

    def _placed(self, label: int) -> Tree:
        tree = self.trees[label]
        assert tree is not None
        return tree

    def _block(self, number: int) -> Tree:
        block = self.graph.blocks[number]
        tree = self._end(number)
        if block.stmts:
            tree.nodes.insert(0, Code(block.stmts))
            tree.size += 1
        return tree

    def _end(self, number: int) -> Tree:
        end = self.graph.blocks[number].end
        if type(end) is Jump:
            return self._edge(number, self.graph.number[end.target.id])
        if type(end) is Branch:
            then = self._edge(number, self.graph.number[end.then.id])
            other = self._edge(number, self.graph.number[end.other.id])
            fork = Fork(end.condition, then, other)
            return Tree([fork], then.labels | other.labels, then.size + other.size + 1)
        if type(end) is Switch:
            return self._switch(number, end)
        assert type(end) is Return or type(end) is Unreachable
        return Tree([Leave(end)])

    def _switch(self, number: int, end: Switch) -> Tree:
        targets = [self.graph.number[target.id] for target in end.targets]
        default = self.graph.number[end.default.id]
        arm_of = {target: arm for arm, target in enumerate(dict.fromkeys((*targets, default)))}
        arms = [self._edge(number, target) for target in arm_of]
        table = [arm_of[target] for target in targets]
        labels = 0
        for arm in arms:
            labels |= arm.labels
        size = 1 + sum(arm.size for arm in arms)
        return Tree([Cases(end.index, table, arm_of[default], arms)], labels, size)

    def _edge(self, source: int, target: int) -> Tree:
        """What stands at the end of an edge: the target itself if this is the only way to it, or a copy of it."""
        exits = self.exits
        if target > source and target in exits.copied:
            return self._block(target)
        if target <= source or exits.merges[target] or target in exits.outside:
            return Tree([Goto(target)], 0 if target in self.tiny else 1 << target)
        return self._placed(target)


def followed(body: Tree, sections: list[tuple[int, Tree]]) -> Tree:
    """A tree, and behind it, in this order, those at some labels."""
    if len(sections) >= REGION:
        return _region(body, sections)
    for label, rest in sections:
        body = Tree(
            [Labelled(label, body), *rest.nodes],
            rest.labels | body.labels & ~(1 << label),
            rest.size + body.size + 1,
        )
    return body


def _region(body: Tree, sections: list[tuple[int, Tree]]) -> Tree:
    free, size = body.labels, body.size
    for _, section in sections:
        free |= section.labels
        size += section.size
    for label, _ in sections:
        free &= ~(1 << label)
    return Tree([Region(body, sections)], free, size)
