"""Structured statements, in two steps.

First (`tree.py`) with labels, as languages with labelled `break` have them: `Code`, `If`, `Cases`, `Loop`,
`Labelled`, `Region`, `Goto`, `Leave`. Then (`lower.py`) with Python's own means only: `Code`, `If`, `While`,
`Break`, `Continue`, `Leave`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from wasm2py.transpile.ir.cfg import Return, Stmt, Unreachable
from wasm2py.transpile.ir.expr import Expr, Var


@dataclass(slots=True)
class Code:
    """Statements in a row."""

    stmts: list[Stmt]


@dataclass(slots=True)
class Leave:
    """Out of the function, by return or trap."""

    end: Return | Unreachable


@dataclass(slots=True)
class Goto:
    """To a label: to the head of the `Loop` around, or past the end of the `Labelled` around."""

    label: int


@dataclass(slots=True)
class Fork:
    """One of two trees."""

    condition: Expr
    then: Tree
    other: Tree


@dataclass(slots=True)
class Cases:
    """One of several trees: `arms[table[index]]`, or `arms[default]` past the table's end."""

    index: Expr
    table: list[int]
    default: int
    arms: list[Tree]


@dataclass(slots=True)
class Loop:
    """A tree that runs again whenever control goes to `label`."""

    label: int
    body: Tree


@dataclass(slots=True)
class Labelled:
    """A tree out of which control may go to `label`, which is just behind it."""

    label: int
    body: Tree


@dataclass(slots=True)
class Region:
    """A tree out of which control may go to several labelled trees behind it, and from each of those to later ones."""

    body: Tree
    sections: list[tuple[int, Tree]]


Node: TypeAlias = Code | Leave | Goto | Fork | Cases | Loop | Labelled | Region


class Tree:
    """Nodes in a row; the last one always passes control on explicitly.

    `labels` is the bit set of the labels outside to which it goes.  `size` counts nodes.
    """

    __slots__ = ("labels", "nodes", "size")

    def __init__(self, nodes: list[Node], labels: int = 0, size: int = 1) -> None:
        self.nodes = nodes
        self.labels = labels
        self.size = size


# Python's own


@dataclass(slots=True)
class If:
    condition: Expr
    then: list[Python]
    other: list[Python]


@dataclass(slots=True)
class While:
    """`while condition`, or `while True` for None; `other` stands in its `else`, where control gets when the condition
    ends it.
    """

    condition: Expr | None
    body: list[Python]
    other: list[Python] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """What a loop loads each turn, one element for each of the variables, which are `stride` bytes apart: `load` is the
    very first. `inside` says that no turn's loads trap. `row` holds all elements, if they have been read before.
    """

    variables: tuple[Var, ...]
    load: Expr
    stride: int
    inside: bool
    row: Var | None = None


@dataclass(slots=True)
class For:
    """`for variable in range(start, end, step)`, `other` its `else`; an end of zero, of a positive step, is 2**N.

    Where it `wraps`, the end, or, of a negative step, the start, may be zero and then is 2**N. `entered` bounds
    variables before the loop, by index.
    It goes through `items` besides, or, if nobody reads the variable and it does not count, instead; of these `turns`
    are so many, if that is known.
    """

    variable: Var
    start: Expr
    end: Expr
    step: int
    body: list[Python]
    other: list[Python]
    wraps: bool
    entered: dict[int, tuple[int, int]]
    items: list[Item] = field(default_factory=list)
    counts: bool = True
    turns: int | None = None


@dataclass(slots=True)
class Break:
    pass


@dataclass(slots=True)
class Continue:
    pass


Python: TypeAlias = Code | Leave | If | While | For | Break | Continue


#: Loops without loops in them, each with the body that it stands in.
InnermostLoops: TypeAlias = list[tuple[list[Python], While | For]]


def innermost_loops(body: list[Python], found: InnermostLoops) -> bool:
    """Find the innermost loops of a body; whether there are any."""
    before = len(found)
    for node in body:
        if type(node) is If:
            innermost_loops(node.then, found)
            if node.other:
                innermost_loops(node.other, found)
        elif type(node) is While or type(node) is For:
            if not innermost_loops(node.body, found):
                found.append((body, node))
            if node.other:
                innermost_loops(node.other, found)
    return len(found) > before


def position(body: list[Python], node: Python) -> int:
    """Where a node stands in a body."""
    return next(i for i, other in enumerate(body) if other is node)


def before(body: list[Python], node: Python) -> Python | None:
    """What stands just before a node."""
    i = position(body, node)
    return body[i - 1] if i else None


def ends(body: list[Python]) -> bool:
    """Whether control never falls off the end."""
    if not body:
        return False
    last = body[-1]
    if type(last) is If:
        return bool(last.other) and ends(last.then) and ends(last.other)
    if type(last) is While:
        return (last.condition is None or ends(last.other)) and not breaks(last.body)
    return type(last) is not Code and type(last) is not For


def breaks(body: list[Python]) -> bool:
    """Whether a `break` of the loop around stands in its body."""
    return _leaves(body, Break)


def continues(body: list[Python]) -> bool:
    """Whether a `continue` of the loop around stands in its body."""
    return _leaves(body, Continue)


def _leaves(body: list[Python], kind: type[Break | Continue]) -> bool:
    for node in body:
        if type(node) is If:
            if _leaves(node.then, kind) or _leaves(node.other, kind):
                return True
        elif type(node) is kind or ((type(node) is While or type(node) is For) and _leaves(node.other, kind)):
            return True
    return False
