"""Statements, basic blocks, and the control-flow graph of one function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import Expr, Var


class Counted(NamedTuple):
    """What ends a turn of a loop that counts: it has as many as `range(i, end, step)`, of which `i` steps through all.

    `end` is a constant or a variable that the loop leaves alone; zero stands for 2**N where `step` is positive. `live`
    says that the variable's last value, which is `end`, is needed behind the loop. `wraps` says that the loop may go
    all the way round: `i`, of a negative step, or else `end`, may be zero and then stands for 2**N. `entered` bounds
    variables where the loop is entered, by index.
    """

    end: Expr
    step: int
    live: bool
    wraps: bool
    entered: dict[int, tuple[int, int]]


class Stmt:
    """Evaluate `expr` and assign its results to `targets` (none, one, or as many as it has results).

    The step of a loop that is known to count says so in `counts`; `in_range` says that a step by one is known not to
    overflow as a signed number.
    """

    __slots__ = ("counts", "expr", "in_range", "targets")

    def __init__(self, targets: tuple[Var, ...], expr: Expr) -> None:
        self.targets = targets
        self.expr = expr
        self.counts: Counted | None = None
        self.in_range = False

    def with_expr(self, expr: Expr) -> Stmt:
        """The same assignment of the same value, told by another expression."""
        stmt = Stmt(self.targets, expr)
        stmt.in_range = self.in_range
        return stmt


# A terminator does not change. `exprs` are the expressions that it evaluates, in order, `successors` the blocks that
# may come next; one may stand there more than once.


class Jump:
    """Go on at `target`."""

    __slots__ = ("successors", "target")

    exprs: Final[tuple[Expr, ...]] = ()

    def __init__(self, target: Block) -> None:
        self.target = target
        self.successors: tuple[Block, ...] = (target,)


class Branch:
    """Go on at `then` if `condition` is not zero, else at `other`."""

    __slots__ = ("condition", "exprs", "other", "successors", "then")

    def __init__(self, condition: Expr, then: Block, other: Block) -> None:
        self.exprs: tuple[Expr, ...] = (condition,)
        self.successors: tuple[Block, ...] = (then, other)
        self.condition = condition
        self.then = then
        self.other = other


class Switch:
    """Go on at `targets[index]`, or at `default` past their end."""

    __slots__ = ("default", "exprs", "index", "successors", "targets")

    def __init__(self, index: Expr, targets: list[Block], default: Block) -> None:
        self.exprs: tuple[Expr, ...] = (index,)
        self.successors: tuple[Block, ...] = (*targets, default)
        self.index = index
        self.targets = targets
        self.default = default


class Return:
    """Leave the function with the values of `exprs`."""

    __slots__ = ("exprs", "offset")

    successors: Final[tuple[Block, ...]] = ()

    def __init__(self, values: tuple[Expr, ...], offset: int) -> None:
        self.exprs = values
        self.offset = offset


class Unreachable:
    """Trap."""

    __slots__ = ("offset",)

    exprs: Final[tuple[Expr, ...]] = ()
    successors: Final[tuple[Block, ...]] = ()

    def __init__(self, offset: int) -> None:
        self.offset = offset


Terminator: TypeAlias = Jump | Branch | Switch | Return | Unreachable


class Block:
    """A basic block; `id` is unique in its function.

    `inlined` are the expressions that the pass `inline` has left behind: while the block still evaluates those, there
    is nothing left to do.
    """

    __slots__ = ("end", "id", "inlined", "stmts")

    end: Terminator

    def __init__(self, id_: int) -> None:
        self.id = id_
        self.stmts: list[Stmt] = []
        self.inlined: list[Expr] = []

    def exprs(self) -> list[Expr]:
        """Every expression that the block evaluates, at top level, in order."""
        return [*[stmt.expr for stmt in self.stmts], *self.end.exprs]

    def __repr__(self) -> str:
        return f"b{self.id}"


class FunctionIR:
    """One function: its variables, and its blocks from `entry` on.

    `params` are the first variables. Blocks are found by walking from `entry`. Their order and their graph are kept, so
    whoever changes edges must call `edges_changed`; `live` is what `liveness` has found, so whoever changes what blocks
    assign, or read of what others have assigned, must call `statements_changed`. `counting` is what `ranges` found of
    loops that count: the block that ends each, its step, and how it counts. `mixes` says that there are instructions
    such as hashes are made with. `words` says that an i64 is going to be a signed word (the portable dialect).
    `catches` says that there are calls whose exceptions are caught, `lanes` that there are vectors of floats.
    """

    __slots__ = (
        "_graph", "_order", "catches", "counting", "entry", "index", "lanes", "live", "mixes", "next_block", "offset",
        "params", "type", "variables", "words",
    )  # fmt: skip

    def __init__(self, index: int, type_: FuncType, offset: int) -> None:
        self.index = index
        self.type = type_
        self.offset = offset
        self.variables: list[Var] = []
        self.params: list[Var] = []
        self.next_block = 0
        self.counting: list[tuple[Block, Stmt, Counted]] = []
        self.mixes = False
        self.catches = False
        self.lanes = False
        self.words = False
        self._order: list[Block] | None = None
        self._graph: Graph | None = None
        self.live: tuple[dict[int, int], dict[int, int]] | None = None
        self.entry = self.block()

    def block(self) -> Block:
        """A new block, not yet part of the graph."""
        self.next_block += 1
        return Block(self.next_block - 1)

    def variable(self, type_: ValType, local: int | None = None, role: str | None = None) -> Var:
        """A new variable."""
        var = Var(len(self.variables), type_, local, role)
        self.variables.append(var)
        return var

    def edges_changed(self) -> None:
        """Forget the order of the blocks, their graph, and what is live."""
        self._order = self._graph = self.live = None

    def blocks_merged(self, gone: set[int]) -> None:
        """Blocks are part of those now that alone led to them: the order of the others stays as it was."""
        order = [block for block in self.reverse_postorder() if block.id not in gone]
        self.edges_changed()
        self._order = order

    def take_apart(self) -> None:
        """Undo the edges, so that all goes at once, rather than by the collector, when nobody needs it any more."""
        for block in self.reverse_postorder():
            del block.end
        self.edges_changed()

    def statements_changed(self) -> None:
        """Forget what is live."""
        self.live = None

    def reverse_postorder(self) -> list[Block]:
        """The blocks that can be reached, each before its successors except along back edges."""
        if self._order is None:
            self._order = self._walk()
        return self._order

    def graph(self) -> Graph:
        """The blocks with the edges between them."""
        if self._graph is None:
            self._graph = Graph(self.reverse_postorder())
        return self._graph

    def _walk(self) -> list[Block]:
        seen = {self.entry.id}
        order: list[Block] = []
        path, pending = [self.entry], [iter(self.entry.end.successors)]
        while path:
            for block in pending[-1]:
                if block.id not in seen:
                    seen.add(block.id)
                    path.append(block)
                    pending.append(iter(block.end.successors))
                    break
            else:
                order.append(path.pop())
                pending.pop()
        order.reverse()
        return order


def predecessors(blocks: list[Block]) -> dict[int, list[Block]]:
    """Block id → the blocks with an edge to it, once for each edge."""
    result: dict[int, list[Block]] = {block.id: [] for block in blocks}
    for block in blocks:
        for successor in block.end.successors:
            result[successor.id].append(block)
    return result


def map_end(end: Terminator, exprs: list[Expr]) -> Terminator:
    """The same terminator over other expressions (as many)."""
    if type(end) is Branch:
        return Branch(exprs[0], end.then, end.other)
    if type(end) is Switch:
        return Switch(exprs[0], end.targets, end.default)
    if type(end) is Return:
        return Return(tuple(exprs), end.offset)
    return end


def retarget(end: Terminator, new: Callable[[Block], Block]) -> Terminator:
    """The same terminator with every edge going to what `new` gives for its target."""
    if type(end) is Jump:
        return Jump(new(end.target))
    if type(end) is Branch:
        return Branch(end.condition, new(end.then), new(end.other))
    if type(end) is Switch:
        return Switch(end.index, [new(target) for target in end.targets], new(end.default))
    return end
