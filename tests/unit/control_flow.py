"""Random functions that are nearly all control flow, as WAT, and an interpreter of the same trees to compare with.

A function has one parameter, the seed, and gives a hash of the path that control took. Its locals are `$h`, the hash,
and `$fuel`, which every branch back to a loop uses up, so that it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

_MASK = 0xFFFFFFFF
FUEL = 60


@dataclass
class Condition:
    """A number below `limit` + 1 that depends on the hash; `draws` changes the hash first, so that it is no leaf."""

    shift: int
    limit: int
    draws: bool

    def wat(self) -> str:
        hash_ = "(local.tee $h (i32.add (i32.mul (local.get $h) (i32.const 69069)) (i32.const 1)))"
        value = hash_ if self.draws else "(local.get $h)"
        return f"(i32.rem_u (i32.shr_u {value} (i32.const {self.shift})) (i32.const {self.limit + 1}))"


@dataclass
class Trace:
    """Puts its number into the hash; 0 does nothing."""

    number: int


@dataclass
class Frame:
    """A block, loop or if; `arity` is that of its label, the number of its results but for a loop, which takes them."""

    kind: str
    arity: int
    body: list[Node]
    other: list[Node] = field(default_factory=list)
    condition: Condition | None = None


@dataclass
class Branch:
    """To one of several labels: br, br_if or br_table."""

    kind: str
    labels: list[int]
    back: bool
    arity: int
    condition: Condition | None = None


@dataclass
class Leave:
    """return or unreachable."""

    kind: str


Node: TypeAlias = Trace | Frame | Branch | Leave


class Generator:
    """Makes functions of about `size` nodes."""

    def __init__(self, random: Random, size: int, deepest: int) -> None:
        self.random = random
        self.size = size
        self.deepest = deepest
        self.labels: list[tuple[str, int]] = []

    def function(self) -> list[Node]:
        return self.body(0)

    def body(self, depth: int) -> list[Node]:
        nodes: list[Node] = []
        for _ in range(self.random.choice((1, 1, 2, 2, 3, 4, 6))):
            if self.size <= 0:
                break
            self.size -= 1
            nodes.append(self.node(depth))
        return nodes

    def node(self, depth: int) -> Node:
        roll = self.random.random()
        if roll < 0.25:
            return Trace(self.random.choice((0, *range(1, 100))))
        if roll < 0.28:
            return Leave(self.random.choice(("return", "return", "unreachable")))
        if roll < 0.62 and self.labels:
            return self.branch()
        if depth >= self.deepest:
            return Trace(self.random.randrange(100))
        return self.frame(depth)

    def condition(self, limit: int) -> Condition:
        return Condition(self.random.randrange(24), limit, self.random.random() < 0.4)

    def frame(self, depth: int) -> Frame:
        kind = self.random.choice(("block", "block", "loop", "loop", "if", "if"))
        frame = Frame(kind, int(self.random.random() < 0.25), [])
        if kind == "if":
            frame.condition = self.condition(1)
        self.labels.append((kind, frame.arity))
        frame.body = self.body(depth + 1)
        if kind == "if" and (frame.arity or self.random.random() < 0.6):
            frame.other = self.body(depth + 1)
        self.labels.pop()
        return frame

    def branch(self) -> Branch:
        kind = self.random.choice(("br", "br_if", "br_if", "br_if", "br_table"))
        first = self.label()
        arity = self.labels[-1 - first][1]
        labels = [first]
        if kind == "br_table":
            same = [label for label in range(len(self.labels)) if self.labels[-1 - label][1] == arity]
            labels += self.random.choices(same, k=self.random.choice((0, 1, 2, 3, 8)))
        back = any(self.labels[-1 - label][0] == "loop" for label in labels)
        condition = None if kind == "br" else self.condition(1 if kind == "br_if" else len(labels))
        return Branch(kind, labels, back, arity, condition)

    def label(self) -> int:
        """Near ones more often than far ones."""
        return min(int(self.random.expovariate(0.5)), len(self.labels) - 1)


# Text

_SPEND = """(if (i32.eqz (local.tee $fuel (i32.sub (local.get $fuel) (i32.const 1)))) (then (return (local.get $h))))"""


def wat(nodes: Sequence[Node]) -> str:
    """The module with the function, exported as `f`."""
    return f"""(module (func (export "f") (param $h i32) (result i32) (local $fuel i32)
        (local.set $fuel (i32.const {FUEL}))
        {_body(nodes)}
        (local.get $h)))"""


def _body(nodes: Sequence[Node]) -> str:
    return "\n".join(map(_text, nodes))


def _text(node: Node) -> str:
    if isinstance(node, Trace):
        if not node.number:
            return "(nop)"
        return f"(local.set $h (i32.add (i32.mul (local.get $h) (i32.const 31)) (i32.const {node.number})))"
    if isinstance(node, Leave):
        return "(return (local.get $h))" if node.kind == "return" else "(unreachable)"
    if isinstance(node, Branch):
        return _branch_text(node)
    value = "(i32.xor (local.get $h) (i32.const 0x55))" if node.arity else ""
    result = "(result i32)" if node.arity else ""
    keep = "(local.set $h)" if node.arity else ""
    if node.kind == "block":
        return f"(block {result} {_body(node.body)} {value}) {keep}"
    if node.kind == "loop":
        return f"{value} (loop {'(param i32)' if node.arity else ''} {keep} {_body(node.body)})"
    assert node.condition is not None
    other = f"(else {_body(node.other)} {value})" if node.other or node.arity else ""
    return f"{node.condition.wat()} (if {result} (then {_body(node.body)} {value}) {other}) {keep}"


def _branch_text(node: Branch) -> str:
    spend = _SPEND if node.back else ""
    value = "(i32.xor (local.get $h) (i32.const 0x33))" if node.arity else ""
    labels = " ".join(map(str, node.labels))
    if node.kind == "br":
        return f"{spend} {value} (br {labels})"
    assert node.condition is not None
    drop = "(drop)" if node.arity and node.kind == "br_if" else ""
    return f"{spend} {value} ({node.kind} {labels} {node.condition.wat()}) {drop}"


# Meaning


class Unreachable(Exception):
    pass


class _Return(Exception):
    pass


class Interpreter:
    """Runs a tree; a label's depth is how many frames a branch has still to leave."""

    def __init__(self, seed: int) -> None:
        self.hash = seed
        self.fuel = FUEL

    def run(self, nodes: Sequence[Node]) -> int | str:
        """The function's result, or the kind of its trap."""
        try:
            self.body(nodes)
        except _Return:
            pass
        except Unreachable:
            return "unreachable"
        return self.hash

    def body(self, nodes: Sequence[Node]) -> int | None:
        """None at the end, else the label that was branched to."""
        for node in nodes:
            out = self.node(node)
            if out is not None:
                return out
        return None

    def node(self, node: Node) -> int | None:
        if isinstance(node, Trace):
            if node.number:
                self.hash = self.hash * 31 + node.number & _MASK
            return None
        if isinstance(node, Leave):
            raise _Return if node.kind == "return" else Unreachable
        if isinstance(node, Branch):
            return self.branch(node)
        return self.frame(node)

    def value(self, condition: Condition) -> int:
        if condition.draws:
            self.hash = self.hash * 69069 + 1 & _MASK
        return (self.hash >> condition.shift) % (condition.limit + 1)

    def branch(self, node: Branch) -> int | None:
        if node.back:
            self.fuel -= 1
            if not self.fuel:
                raise _Return
        carried = self.hash ^ 0x33
        choice = 0
        if node.condition is not None:
            choice = self.value(node.condition)
            if node.kind == "br_if" and not choice:
                return None
            choice = min(choice, len(node.labels) - 1) if node.kind == "br_table" else 0
        if node.arity:
            self.hash = carried
        return node.labels[choice]

    def frame(self, node: Frame) -> int | None:
        nodes = node.body
        if node.condition is not None and not self.value(node.condition):
            nodes = node.other
            if not node.other and not node.arity:
                return None
        if node.kind == "loop" and node.arity:
            self.hash ^= 0x55
        while True:
            out = self.body(nodes)
            if out is None:
                if node.arity and node.kind != "loop":
                    self.hash ^= 0x55
                return None
            if out:
                return out - 1
            if node.kind != "loop":
                return None
