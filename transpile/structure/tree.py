"""The graph as a tree of structured statements with labels, after N. Ramsey, "Beyond Relooper" (ICFP 2022).

Each block is placed in the tree of its immediate dominator: in the arm that goes to it if there is just one way to
it, else behind a `Labelled` that all ways to it leave. Unlike in Ramsey's WebAssembly, what follows a loop is
placed behind it rather than in it.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

from wasm2py.transpile.ir.cfg import Branch, Jump, Return, Switch, Unreachable, block_exprs
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.structure.nodes import Cases, Code, Fork, Goto, Labelled, Leave, Loop, Node, Region, Tree

#: A way out of the function with at most so many statements, of so many instructions, is repeated rather than jumped
#: to.
_TINY = 2
_TINY_NODES = 24
#: So many labels behind one tree make a `Region` instead of `Labelled`s within each other.
_REGION = 3


class TreeBuilder:
    """Builds the tree of a graph bottom up, without recursion: a block's number is greater than its dominator's."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.trees: list[Tree | None] = [None] * len(graph.blocks)
        self.merges = [
            sum(before < number for before in graph.before[number]) > 1 for number in range(len(graph.blocks))
        ]
        self.tiny = {number for number, merge in enumerate(self.merges) if merge and self._is_tiny(number)}
        self.exits: dict[int, list[int]] = {}
        self.outside: set[int] = set()
        self._find_exits()

    def _is_tiny(self, number: int) -> bool:
        block = self.graph.blocks[number]
        if len(block.stmts) > _TINY or not isinstance(block.end, Return | Unreachable):
            return False
        nodes = (node for expr in block_exprs(block) for node in expr.walk())
        return next(islice(nodes, _TINY_NODES, None), None) is None

    def _find_exits(self) -> None:
        """Give every block that a loop leaves to, and that only the loop leads to, to the outermost such loop."""
        graph = self.graph
        for header in range(len(graph.blocks)):
            if not graph.headers[header]:
                continue
            body = graph.loop(header)
            for inside in body:
                for child in graph.children[inside]:
                    if child not in body and child not in self.outside and not self._stays(child, header, body):
                        self.outside.add(child)
                        self.exits.setdefault(header, []).append(child)

    def _stays(self, number: int, header: int, body: set[int]) -> bool:
        """Whether what follows a loop on one way out of it may stand in the loop, before the `break`.

        A short way out of the function may, unless it is what ends a `while`; so may a few statements on the way to
        where others break to.
        """
        if self.merges[number]:
            return False
        block = self.graph.blocks[number]
        if self._is_tiny(number):
            return self.graph.idom[number] != header
        if len(block.stmts) > _TINY or not isinstance(block.end, Jump):
            return False
        return any(before in body for before in self.graph.before[self.graph.number[block.end.target.id]])

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
        joins = [child for child in graph.children[number] if self.merges[child] and child not in self.outside]
        tree = self._followed(tree, joins)
        if graph.headers[number]:
            tree = Tree(deque([Loop(number, tree)]), tree.labels & ~(1 << number), tree.size + 1)
        return self._followed(tree, sorted(self.exits.get(number, ())))

    def _followed(self, tree: Tree, labels: list[int]) -> Tree:
        """`tree`, and behind it the trees of `labels`."""
        if len(labels) >= _REGION:
            return self._region(tree, labels)
        for label in labels:
            rest = self._placed(label)
            rest.nodes.appendleft(Labelled(label, tree))
            rest.labels |= tree.labels & ~(1 << label)
            rest.size += tree.size + 1
            tree = rest
        return tree

    def _region(self, body: Tree, labels: list[int]) -> Tree:
        sections = [(label, self._placed(label)) for label in labels]
        free, size = body.labels, body.size
        for _, section in sections:
            free |= section.labels
            size += section.size
        for label in labels:
            free &= ~(1 << label)
        return Tree(deque([Region(body, sections)]), free, size)

    def _placed(self, label: int) -> Tree:
        tree = self.trees[label]
        assert tree is not None
        return tree

    def _block(self, number: int) -> Tree:
        block = self.graph.blocks[number]
        tree = self._end(number)
        if block.stmts:
            tree.nodes.appendleft(Code(block.stmts))
            tree.size += 1
        return tree

    def _end(self, number: int) -> Tree:
        end = self.graph.blocks[number].end
        if isinstance(end, Jump):
            return self._edge(number, self.graph.number[end.target.id])
        if isinstance(end, Branch):
            then = self._edge(number, self.graph.number[end.then.id])
            other = self._edge(number, self.graph.number[end.other.id])
            return _joined(Fork(end.condition, then, other), [then, other])
        if isinstance(end, Switch):
            return self._switch(number, end)
        return Tree(deque([Leave(end)]))

    def _switch(self, number: int, end: Switch) -> Tree:
        targets = [self.graph.number[target.id] for target in end.targets]
        default = self.graph.number[end.default.id]
        arm_of = {target: arm for arm, target in enumerate(dict.fromkeys((*targets, default)))}
        arms = [self._edge(number, target) for target in arm_of]
        table = [arm_of[target] for target in targets]
        return _joined(Cases(end.index, table, arm_of[default], arms), arms)

    def _edge(self, source: int, target: int) -> Tree:
        """What stands at the end of an edge: the target itself if this is the only way to it."""
        if target <= source or self.merges[target] or target in self.outside:
            return Tree(deque([Goto(target)]), 0 if target in self.tiny else 1 << target)
        return self._placed(target)


def _joined(node: Node, arms: list[Tree]) -> Tree:
    labels = 0
    size = 1
    for arm in arms:
        labels |= arm.labels
        size += arm.size
    return Tree(deque([node]), labels, size)
