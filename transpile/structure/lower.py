"""Labels → Python's `while`, `break` and `continue`.

A `Goto` is nothing where control gets there anyway, else `break` or `continue` of the innermost Python loop if that
leads there. Where a label lies further out, the variable *goto* is set to its number, the loop is left, and behind
the loop a test of *goto* goes on. Where something stands between a `Goto` and its label, both are put into a `while
True` that never runs twice, which costs CPython nothing. The sections of a `Region` each stand behind a test of
*goto*, in a balanced tree where they are many.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wasm2py.transpile.ir.cfg import FunctionIR, Return, Stmt, Unreachable
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import NOT, WITHIN, Expr, Var, const, get
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.structure.nodes import (
    Break,
    Cases,
    Code,
    Continue,
    Fork,
    Goto,
    If,
    Labelled,
    Leave,
    Loop,
    Node,
    Python,
    Region,
    Tree,
    While,
    ends,
)
from wasm2py.transpile.structure.switch import decision_tree
from wasm2py.transpile.structure.tree import REGION, followed

#: CPython refuses more than 20 nested `while`s.
MAX_LOOPS = 18
#: CPython reads at most 100 levels of indentation, and its compiler recurses.
MAX_DEPTH = 48
#: So many instructions at a label, or on all ways to it together, are repeated rather than skipped.
_COPIED = 12
_ALL_COPIES = 36
#: How many nodes must stand behind a test that skips them for that to be worth a loop, where depth runs out.
_LONG = 8


class TooDeepError(Exception):
    """The function nests deeper than Python can; it takes the other way (`dispatch.py`)."""


class _Follow:
    """What control reaches by falling off the end: a label just so, and others where *goto* is set to their number.

    `flagged` is the bit set of those others, `all` of all.
    """

    __slots__ = ("all", "flagged", "label")

    def __init__(self, label: int | None, flagged: int = 0) -> None:
        self.label = label
        self.flagged = flagged
        self.all = flagged if label is None else flagged | 1 << label


_NOWHERE = _Follow(None)


class _PythonLoop:
    """A loop being lowered: where leaving and repeating it lead, and which labels were left for."""

    def __init__(self, break_to: int | None, continue_to: int | None, outer: _PythonLoop | None) -> None:
        self.break_to = break_to
        self.continue_to = continue_to
        self.level: int = outer.level + 1 if outer is not None else 1
        self.breaks = False
        self.escapes: dict[int, None] = {}


class _Copy(NamedTuple):
    """What is repeated on every way to a label, to which labels it goes on, and how many instructions it has."""

    nodes: list[Node]
    onward: int
    weight: int


class Lowering:
    """Lowers one function's tree."""

    def __init__(self, function: FunctionIR, graph: Graph, tiny: set[int]) -> None:
        self.function = function
        self.graph = graph
        self.tiny = tiny
        self.copies: dict[int, _Copy] = {}
        self.repeated = 0  # their labels, as a bit set
        self.goto: Var | None = None
        self.numbers: dict[int, int] = {}

    def lower(self, tree: Tree) -> list[Python]:
        """The whole function; raises TooDeepError where Python cannot nest so deep."""
        return self._tree(tree.nodes, _NOWHERE, None, 0)

    def _tree(self, nodes: list[Node], follow: _Follow, loop: _PythonLoop | None, depth: int) -> list[Python]:
        """Nodes in a row, with what comes behind them."""
        if depth > MAX_DEPTH:
            raise TooDeepError
        out: list[Python] = []
        at = 0
        while at < len(nodes):
            node = nodes[at]
            at += 1
            if type(node) is Code or type(node) is Leave:
                out.append(node)
            elif type(node) is Fork:
                nodes, at = nodes[at:] + self._fork(node, out, follow, loop, depth), 0
            elif type(node) is Goto:
                out.extend(self._goto(node.label, follow, loop, depth))
            elif type(node) is Labelled:
                if self._clashes(node, follow, loop):
                    nodes, at = self._clashing(node, nodes[at:], out, follow, loop, depth), 0
                    continue
                out.extend(self._tree(node.body.nodes, _Follow(node.label), loop, depth))
                if ends(out):
                    break  # perhaps every way to the label has its own copy of what stands there
            elif type(node) is Region:
                nodes, at = nodes[at:] + self._sections_left(node, out, follow, loop, depth), 0
            elif type(node) is Loop:
                self._loop(node, out, follow, loop, depth)
            elif type(node) is Cases:
                self._cases(node, out, follow, loop, depth)
        return out

    def _clashing(
        self,
        node: Labelled,
        rest: list[Node],
        out: list[Python],
        follow: _Follow,
        loop: _PythonLoop | None,
        depth: int,
    ) -> list[Node]:
        """A tree that clashes, and what stands at its label; gives what is still to be lowered in its place."""
        if self._repeated(node.label, Tree(rest)):
            return node.body.nodes
        if not self._while_else(node, rest, out, follow, loop, depth):
            self._once([node, *rest], out, follow, loop, depth)
        return []

    def _sections_left(
        self, node: Region, out: list[Python], follow: _Follow, loop: _PythonLoop | None, depth: int
    ) -> list[Node]:
        """A region without the sections that are repeated."""
        sections = [section for section in reversed(node.sections) if not self._repeated(*section)][::-1]
        if len(sections) < REGION:
            return followed(node.body, sections).nodes
        return self._region(Region(node.body, sections), out, follow, loop, depth)

    def _goto(self, label: int, follow: _Follow, loop: _PythonLoop | None, depth: int) -> list[Python]:
        if label == follow.label:
            return []
        if label in self.tiny:
            return self._way_out(label, loop)
        if label in self.copies:
            return self._tree(self.copies[label].nodes, follow, loop, depth)
        if loop is not None and label == loop.continue_to:
            return [Continue()]
        if loop is not None and label == loop.break_to:
            loop.breaks = True
            return [Break()]
        flag = self._flag(label)
        if follow.flagged >> label & 1:
            return [flag]
        assert loop is not None, "a label that no Python loop leads to"
        loop.escapes[label] = None
        return [flag, Break()]

    def _way_out(self, label: int, loop: _PythonLoop | None) -> list[Python]:
        """A short way out of the function: repeated, unless a `break` that leads there is shorter."""
        block = self.graph.blocks[label]
        assert type(block.end) is Return or type(block.end) is Unreachable
        if not block.stmts:
            return [Leave(block.end)]
        if loop is not None and label == loop.break_to:
            loop.breaks = True
            return [Break()]
        return [Code(block.stmts), Leave(block.end)]

    def _clashes(self, node: Labelled, follow: _Follow, loop: _PythonLoop | None) -> bool:
        """Whether from within `node` control goes to what comes later than its label, as falling off the end does."""
        both = follow.all & self._real(node.body.labels) & ~(1 << node.label)
        if both and loop is not None:
            for label in (loop.continue_to, loop.break_to):
                both &= ~(1 << label) if label is not None else -1
        return bool(both)

    def _real(self, labels: int) -> int:
        """The labels that are left when what is repeated has been."""
        while repeated := labels & self.repeated:
            label = repeated.bit_length() - 1
            labels = labels & ~(1 << label) | self.copies[label].onward
        return labels

    def _repeated(self, label: int, tree: Tree) -> bool:
        """Whether what stands at a label is so little that every way to it may have its own.

        Asked of later labels first, so that what is repeated within is counted.
        """
        weight = self._weight(tree.nodes)
        if weight > _COPIED or weight * (len(self.graph.before[label]) - 1) > _ALL_COPIES:
            return False
        self.copies[label] = _Copy(tree.nodes, self._real(self._labels(tree.nodes)), weight)
        self.repeated |= 1 << label
        return True

    def _weight(self, nodes: Iterable[Node]) -> int:
        """How many instructions nodes have, if those are few; loops and what is labelled are too heavy."""
        total = 0
        for node in nodes:
            if type(node) is Code:
                total += len(node.stmts) + _size([stmt.expr for stmt in node.stmts[: _COPIED + 1]])
            elif type(node) is Fork:
                total += _size([node.condition]) + self._weight(node.then.nodes) + self._weight(node.other.nodes)
            elif type(node) is Leave:
                total += 1 + _size(node.end.exprs if type(node.end) is Return else ())
            elif type(node) is Goto:
                total += self._weight_of(node.label)
            else:
                total += _COPIED + 1
            if total > _COPIED:
                break
        return total

    def _weight_of(self, label: int) -> int:
        if label in self.tiny:
            return 1 + _size(self.graph.blocks[label].exprs())
        return self.copies[label].weight if label in self.copies else 1

    def _labels(self, nodes: Iterable[Node]) -> int:
        """The labels to which light nodes go."""
        labels = 0
        for node in nodes:
            if isinstance(node, Goto) and node.label not in self.tiny:
                labels |= 1 << node.label
            elif isinstance(node, Fork):
                labels |= node.then.labels | node.other.labels
        return labels

    def _while_else(
        self,
        node: Labelled,
        rest: list[Node],
        out: list[Python],
        follow: _Follow,
        loop: _PythonLoop | None,
        depth: int,
    ) -> bool:
        """A loop that leads to its label only when its condition ends it, and else just to what follows: the label's
        code is the `else` of the loop.
        """
        inner = node.body.nodes[0]
        if not isinstance(inner, Loop) or len(inner.body.nodes) != 1 or follow.label is None:
            return False
        fork = inner.body.nodes[0]
        onward = 1 << node.label | 1 << follow.label
        if not isinstance(fork, Fork) or self._real(node.body.labels) & ~onward:
            return False
        for leaving, staying, ends_it in ((fork.then, fork.other, True), (fork.other, fork.then, False)):
            leads_out = len(leaving.nodes) == 1 and leaving.nodes[0] == Goto(node.label)
            if leads_out and not self._real(staying.labels) >> node.label & 1:
                entered = self._enter(follow.label, inner.label, loop)
                body = self._tree(staying.nodes, _Follow(inner.label), entered, depth + 1)
                condition = _not(fork.condition) if ends_it else fork.condition
                out.append(While(condition, body, self._tree(rest, follow, loop, depth + 1)))
                return True
        return False

    def _flag(self, label: int) -> Code:
        """*goto* set to a label's number."""
        return Code([Stmt((self._goto_var(),), const("i32", self._number(label)))])

    def _number(self, label: int) -> int:
        return self.numbers.setdefault(label, len(self.numbers) + 1)

    def _goto_var(self) -> Var:
        if self.goto is None:
            self.goto = self.function.variable("i32", role="goto")
        return self.goto

    def _fork(self, node: Fork, out: list[Python], follow: _Follow, loop: _PythonLoop | None, depth: int) -> list[Node]:
        """Lower the shorter arm; where it never gets to the end, the longer one follows it instead of standing in an
        `else`.
        """
        swap = node.then.size > node.other.size
        short, long = (node.other, node.then) if swap else (node.then, node.other)
        first = self._tree(short.nodes, follow, loop, depth + 1)
        if not first and self._should_flatten(long, loop, depth):
            self._once([node], out, follow, loop, depth)
            return []
        if ends(first):
            out.append(If(_not(node.condition) if swap else node.condition, first, []))
            return long.nodes
        second = self._tree(long.nodes, follow, loop, depth + 1)
        then, other = (second, first) if swap else (first, second)
        if ends(second):
            out.append(If(node.condition if swap else _not(node.condition), second, []))
            out.extend(first)
        elif then:
            out.append(If(node.condition, then, other))
        elif other:
            out.append(If(_not(node.condition), other, []))
        elif node.condition.effects:
            out.append(Code([Stmt((), node.condition)]))
        return []

    def _should_flatten(self, long: Tree, loop: _PythonLoop | None, depth: int) -> bool:
        """Whether one more of many early ways to the same place had better be a `break` than indent all the rest."""
        level = loop.level if loop is not None else 0
        return depth >= MAX_DEPTH // 2 and level < MAX_LOOPS // 2 and long.size > _LONG

    def _once(
        self, nodes: list[Node], out: list[Python], follow: _Follow, loop: _PythonLoop | None, depth: int
    ) -> None:
        """Nodes of which some must be skipped: a loop that runs once."""
        once = self._enter(follow.label, None, loop)
        body = self._tree(nodes, _NOWHERE, once, depth + 1)
        self._leave(While(None, body), once, out, follow, loop)

    def _region(
        self, node: Region, out: list[Python], follow: _Follow, loop: _PythonLoop | None, depth: int
    ) -> list[Node]:
        """The body sets *goto*; each section runs where that names it.

        The last one is given back, to stand behind the others, where nothing skips it.
        """
        labels = [label for label, _ in node.sections]
        for label in labels:
            self.numbers[label] = len(self.numbers) + 1
        bits = sum(1 << label for label in labels)
        inside = _Follow(None, follow.all | bits)
        out.extend(self._tree(node.body.nodes, inside, loop, depth))
        before = self._real(node.body.labels)
        for _, tree in node.sections[:-1]:
            before |= self._real(tree.labels)
        guarded = node.sections if follow.all & before else node.sections[:-1]
        levels = len(guarded).bit_length()
        if len(guarded) < len(labels):  # control gets to the last one by falling off the others' ends
            inside = _Follow(labels[-1], inside.flagged & ~(1 << labels[-1]))
        sections = [
            (self.numbers[label], self._tree(tree.nodes, inside, loop, depth + levels)) for label, tree in guarded
        ]
        out.extend(self._sections(sections))
        return [] if len(guarded) == len(labels) else node.sections[-1][1].nodes

    def _sections(self, sections: list[tuple[int, list[Python]]]) -> list[Python]:
        if len(sections) <= 3:
            return [If(self._goes_to(number), body, []) for number, body in sections]
        middle = len(sections) // 2
        out: list[Python] = []
        for half in (sections[:middle], sections[middle:]):
            within = Expr(WITHIN, "i32", (get(self._goto_var()),), (half[0][0], half[-1][0]))
            out.append(If(within, self._sections(half), []))
        return out

    def _goes_to(self, number: int) -> Expr:
        return Expr(OPS["i32.eq"], "i32", (get(self._goto_var()), const("i32", number)))

    def _loop(self, node: Loop, out: list[Python], follow: _Follow, loop: _PythonLoop | None, depth: int) -> None:
        inner = self._enter(follow.label, node.label, loop)
        body = self._tree(node.body.nodes, _Follow(node.label), inner, depth + 1)
        self._leave(_with_condition(While(None, body)), inner, out, follow, loop)

    def _enter(self, break_to: int | None, continue_to: int | None, outer: _PythonLoop | None) -> _PythonLoop:
        inner = _PythonLoop(break_to, continue_to, outer)
        if inner.level > MAX_LOOPS:
            raise TooDeepError
        return inner

    def _leave(
        self, node: While, inner: _PythonLoop, out: list[Python], follow: _Follow, loop: _PythonLoop | None
    ) -> None:
        """Append a loop, and behind it the ways on for those who left it to go further out."""
        escapes = list(inner.escapes)
        if not escapes:
            out.append(node)
            return
        if len(escapes) == 1 and not inner.breaks and node.condition is None:
            _drop_flags(node.body, self._goto_var(), self._number(escapes[0]))
            out.append(_with_condition(node))
            out.extend(self._goto(escapes[0], follow, loop, 0))
            return
        ways = [(label, self._onward(label, follow, loop)) for label in escapes]
        if inner.breaks or any(onward for _, onward in ways):
            out.append(Code([Stmt((self._goto_var(),), const("i32", 0))]))
        out.append(node)
        out.extend(If(self._goes_to(self._number(label)), onward, []) for label, onward in ways if onward)

    def _onward(self, label: int, follow: _Follow, loop: _PythonLoop | None) -> list[Python]:
        """The way to a label that *goto* already names."""
        onward = self._goto(label, follow, loop, 0)
        return onward[1:] if onward and label not in self.tiny and isinstance(onward[0], Code) else onward

    def _cases(self, node: Cases, out: list[Python], follow: _Follow, loop: _PythonLoop | None, depth: int) -> None:
        levels = max(len(node.arms) - 1, 1).bit_length() + 1
        arms = [self._tree(arm.nodes, follow, loop, depth + levels) for arm in node.arms]
        out.extend(decision_tree(self.function, node.index, node.table, node.default, arms))


def _not(condition: Expr) -> Expr:
    if condition.op is NOT:
        return condition.args[0]
    return Expr(NOT, "i32", (condition,), None, condition.offset)


def _with_condition(loop: While) -> While:
    """`while True: if c: break; …` → `while not c: …`."""
    first = loop.body[0] if loop.body else None
    if isinstance(first, If) and not first.other and len(first.then) == 1 and isinstance(first.then[0], Break):
        return While(_not(first.condition), loop.body[1:])
    return loop


def _size(exprs: Iterable[Expr]) -> int:
    """How many instructions some expressions have, if those are few."""
    pending = [*exprs]
    count = 0
    while pending and count <= _COPIED:
        count += 1
        pending += pending.pop().args
    return count


def _drop_flags(body: list[Python], goto: Var, label: int) -> None:
    """Remove the assignments of *goto* before each way out: there is only one place to go."""
    for node in body:
        if isinstance(node, If):
            _drop_flags(node.then, goto, label)
            _drop_flags(node.other, goto, label)
        elif isinstance(node, While):
            _drop_flags(node.other, goto, label)
    if len(body) >= 2 and isinstance(body[-1], Break) and _names(body[-2], goto, label):
        del body[-2]


def _names(node: Python, goto: Var, label: int) -> bool:
    """Whether a node just sets *goto* to a label."""
    return isinstance(node, Code) and [(s.targets, s.expr.imm) for s in node.stmts] == [((goto,), label)]
