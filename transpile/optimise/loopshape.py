"""Loops as passes want them that move code out of them: with a block of their own before, and one behind each way out.

And the variables that a loop steps: those that it adds a constant to, once a turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Jump, Stmt, retarget
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import CONSTS, Var
from wasm2py.transpile.optimise.linear import SUMS, Definitions, define, linear


@dataclass(slots=True)
class Stepped:
    """A variable that a loop changes by one statement, in `block`, to itself plus `step` (modulo 2**32)."""

    variable: Var
    step: int
    block: Block
    stmt: Stmt


@dataclass(slots=True)
class Shape:
    """A natural loop; `body` holds its blocks, the header first, and `latches` those from which it repeats.

    `before` is the block from which alone it is entered, and only when `prepare` has been called; after that, every
    block in `exits` is reached from this loop alone, too.
    """

    header: Block
    body: list[Block]
    latches: list[Block]
    assigned: dict[int, int] = field(default_factory=dict)
    stepped: list[Stepped] = field(default_factory=list)
    before: Block | None = None
    exits: list[Block] = field(default_factory=list)

    def changes(self, variable: Var) -> bool:
        """Whether the loop assigns the variable."""
        return variable.index in self.assigned

    def start(self, variable: Var) -> int | None:
        """The constant that a variable has where the loop is entered, if that is seen in the block before it."""
        assert self.before is not None
        for stmt in reversed(self.before.stmts):
            if variable in stmt.targets:
                return stmt.expr.imm if len(stmt.targets) == 1 and stmt.expr.op in CONSTS else None
        return None


def loops(function: FunctionIR) -> list[Shape]:
    """The loops that step any variable, inner ones before those around them."""
    graph = function.graph()
    found = [shape_of(graph, number) for number, header in enumerate(graph.headers) if header]
    found.reverse()
    inner: set[int] = set()
    for shape in found:
        _count_assignments(shape)
        shape.stepped = _stepped(graph, shape, inner)
        inner |= {block.id for block in shape.body}
    return [shape for shape in found if shape.stepped]


def shape_of(graph: Graph, header: int) -> Shape:
    """The loop of a header; what it assigns and steps is not looked for."""
    body = sorted(graph.loop(header))
    latches = [graph.blocks[number] for number in graph.before[header] if number >= header]
    return Shape(graph.blocks[header], [graph.blocks[number] for number in body], latches)


def _count_assignments(shape: Shape) -> None:
    for block in shape.body:
        for stmt in block.stmts:
            for target in stmt.targets:
                shape.assigned[target.index] = shape.assigned.get(target.index, 0) + 1


def _stepped(graph: Graph, shape: Shape, inner: set[int]) -> list[Stepped]:
    """What the blocks step that run exactly once a turn: they dominate all ways back, and no inner loop has them.

    `inner` are the blocks of the loops seen before, among which are all that lie within this one.
    """
    result: list[Stepped] = []
    every_turn = [graph.blocks[number] for number in graph.every_turn(graph.number[shape.header.id])]
    for block in every_turn:
        if block.id in inner:
            continue
        known: Definitions = {}
        defined = 0
        for number, stmt in enumerate(block.stmts):
            if _may_step(stmt, shape):
                for earlier in block.stmts[defined:number]:
                    define(earlier, known)
                defined = number
                step = _step(stmt, known)
                if step:
                    result.append(Stepped(stmt.targets[0], step, block, stmt))
    return result


def _may_step(stmt: Stmt, shape: Shape) -> bool:
    """Whether an assignment is the only one to its variable in the loop, and may add to it."""
    targets = stmt.targets
    return len(targets) == 1 and shape.assigned[targets[0].index] == 1 and stmt.expr.op in SUMS


def _step(stmt: Stmt, known: Definitions) -> int:
    value = linear(stmt.expr, known)
    if value is None or value.terms != ((stmt.targets[0], 1),):
        return 0
    return value.constant


def prepare(function: FunctionIR, shapes: list[Shape]) -> None:
    """Give these loops their own blocks before and behind; loops around them get those as parts of their bodies.

    The list must hold all loops that are going to be changed, inner ones first.
    """
    preparation = _Preparation(function, shapes)
    for shape in shapes:
        preparation.enter_by_one(shape)
        preparation.leave_apart(shape)
    function.edges_changed()


class _Preparation:
    """Makes blocks on the edges of loops, and keeps count of which blocks lead where and which are in which loop."""

    def __init__(self, function: FunctionIR, shapes: list[Shape]) -> None:
        self.function = function
        self.shapes = shapes
        graph = function.graph()
        self.before = {
            block.id: [graph.blocks[number] for number in before]
            for block, before in zip(graph.blocks, graph.before, strict=True)
        }
        self.members = {shape.header.id: {block.id for block in shape.body} for shape in shapes}

    def enter_by_one(self, shape: Shape) -> None:
        """Give the loop a block from which alone it is entered, if it has none."""
        header, inside = shape.header, self.members[shape.header.id]
        outside = [block for block in self.before[header.id] if block.id not in inside]
        is_entry = header is self.function.entry
        if len(outside) == 1 and isinstance(outside[0].end, Jump) and not is_entry:
            shape.before = outside[0]
            return
        shape.before = self._between(header, outside)
        if is_entry:
            self.function.entry = shape.before
        self._join(shape.before, self._around(shape, header))

    def leave_apart(self, shape: Shape) -> None:
        """Give the loop blocks of its own behind each way out."""
        inside = self.members[shape.header.id]
        targets = {t.id: t for block in shape.body for t in block.end.successors if t.id not in inside}
        for target in targets.values():
            leaving = [block for block in self.before[target.id] if block.id in inside]
            if len(leaving) == len(self.before[target.id]) and target is not self.function.entry:
                shape.exits.append(target)
                continue
            shape.exits.append(self._between(target, leaving))
            around = self._around(shape, target)
            self._join(shape.exits[-1], around)
            for other in around:
                if target is other.header:
                    other.latches = [block for block in other.latches if block not in leaving] + [shape.exits[-1]]

    def _between(self, target: Block, sources: list[Block]) -> Block:
        """A new block on the edges from `sources` to `target`."""
        made = self.function.block()
        made.end = Jump(target)
        for block in sources:
            block.end = retarget(block.end, lambda old: made if old is target else old)
        self.before[target.id] = [block for block in self.before[target.id] if block not in sources] + [made]
        self.before[made.id] = sources
        return made

    def _around(self, shape: Shape, block: Block) -> list[Shape]:
        """The other loops that both the loop and a block are in."""
        both = {shape.header.id, block.id}
        return [other for other in self.shapes if other is not shape and both <= self.members[other.header.id]]

    def _join(self, block: Block, around: list[Shape]) -> None:
        """A new block becomes part of the loops around it."""
        for shape in around:
            shape.body.append(block)
            self.members[shape.header.id].add(block.id)
