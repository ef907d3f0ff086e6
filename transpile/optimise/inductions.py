"""Counting loops that end at `i == n`: where `i` starts below `n` and steps by one, it never passes it.

Or by a power of two, where the `alignments` pass has shown that `i` and `n` are multiples of it; or downwards. Bounds
alone cannot tell, for `i != n` bounds nothing; and compilers like to end loops so. Such a loop is known to turn only
so often, which bounds everything else that it steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.cfg import Block, Branch, Stmt
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, NOT, Expr, Var, const
from wasm2py.transpile.ir.intervals import FULL, Interval, interval
from wasm2py.transpile.optimise.linear import Definitions, define, linear, own_step
from wasm2py.transpile.optimise.refine import State

#: So many turns take no longer with a test at the end of each than with a `range`.
_FEW_TURNS = 7


@dataclass(frozen=True, slots=True)
class Induction:
    """A variable that a loop changes once a turn by adding `step`, in `stmt`, before it compares it with `end`, which
    stays.

    `multiples` says that both are multiples of the step, so that the one cannot step over the other; `distance` is what
    lies between them where the loop is entered, if that is known.
    """

    variable: Var
    step: int
    stmt: Stmt
    end: Expr
    multiples: bool
    distance: int | None

    def limits(self, outside: State) -> Interval | None:
        """The variable's bounds at the loop's header, given what holds where the loop is entered.

        None where it may pass its end, or begins there.
        """
        low, high = outside.get(self.variable.index, FULL[self.variable.type])
        if self.distance is not None:
            last = high + self.distance
            turns, rest = divmod(self.distance, self.step)
            return (low, last - self.step) if turns > 0 and not rest and last <= FULL[self.variable.type][1] else None
        first, last = interval(self.end, outside)
        if self.step > 0 and last == 0:  # counting up to zero goes by way of 2**N
            first = last = FULL[self.variable.type][1] + 1
        whole = low == high and first == last and (first - low) % self.step == 0
        if not (self.multiples or whole):
            return None
        if self.step > 0:
            return (low, last - self.step) if high + self.step <= first else None
        return (first - self.step, high) if low + self.step >= last else None

    def goes_round(self, outside: State) -> bool:
        """Whether it is sure to reach its end, if perhaps by way of 2**N: from zero upwards, or down to zero.

        Not where it has to be known for nothing: that there are a few turns at most, unless it does go round.
        """
        start = outside.get(self.variable.index, FULL[self.variable.type])
        end = interval(self.end, outside)
        first, last = (start, end) if self.step > 0 else (end, start)
        return self.multiples and first == (0, 0) and last[1] > _FEW_TURNS * abs(self.step)

    def most_turns(self, limits: Interval) -> int:
        """How many turns the loop takes at most, given those bounds."""
        if self.distance is not None:
            return self.distance // self.step
        return (limits[1] - limits[0]) // abs(self.step) + 1


@dataclass(frozen=True, slots=True)
class Step:
    """A variable that a loop changes once a turn, by adding `step`."""

    variable: Var
    step: int

    def limits(self, outside: State, turns: int) -> Interval | None:
        """Its bounds at the loop's header, in a loop of at most so many turns; None where it may wrap."""
        low, high = outside.get(self.variable.index, FULL[self.variable.type])
        way = self.step * (turns - 1)
        low, high = low + min(way, 0), high + max(way, 0)
        return (low, high) if low >= 0 and high <= FULL[self.variable.type][1] else None


class Loop:
    """A natural loop: its blocks' numbers, the sources of its ways back, and what it assigns.

    `assignments` maps Var indices to the assignments to it in the loop, with their blocks; `changed` is the bit set of
    those indices.
    """

    def __init__(self, graph: Graph, header: int) -> None:
        self.header = header
        self.body = graph.loop(header)
        self.inner: set[int] = set()
        for other in self.body:
            if other != header and other not in self.inner and graph.headers[other]:
                self.inner |= graph.loop(other)
        self.back = [number for number in graph.before[header] if number >= header]
        self.assignments: dict[int, list[tuple[int, Stmt]]] = {}
        for number in self.body:
            for stmt in graph.blocks[number].stmts:
                for target in stmt.targets:
                    self.assignments.setdefault(target.index, []).append((number, stmt))
        self.changed = sum(1 << index for index in self.assignments)


def find_inductions(graph: Graph, loop: Loop) -> list[Induction]:
    """The inductions of a loop that has one way back, from a branch on `==` or `!=`."""
    if len(loop.back) != 1:
        return []
    end = graph.blocks[loop.back[0]].end
    if not isinstance(end, Branch):
        return []
    pair = _goes_on_while_different(end, graph.blocks[loop.header])
    if pair is None:
        return []
    found = (_induction(graph, loop, candidate, bound) for candidate, bound in (pair, pair[::-1]))
    return [induction for induction in found if induction is not None]


def _goes_on_while_different(end: Branch, header: Block) -> tuple[Expr, Expr] | None:
    """The two sides of the test, if the loop goes on just where they differ."""
    condition, on_true = end.condition, end.then is header
    while condition.op is NOT:
        condition, on_true = condition.args[0], not on_true
    if condition.op is LOCAL_GET:
        return (condition, const("i32", 0)) if on_true else None
    relation = condition.op.mnemonic.partition(".")[2]
    if relation == ("ne" if on_true else "eq") and condition.args[0].type in FULL:
        return condition.args[0], condition.args[1]
    return None


def _induction(graph: Graph, loop: Loop, candidate: Expr, bound: Expr) -> Induction | None:
    if candidate.op is not LOCAL_GET or not (bound.op is LOCAL_GET or bound.op in CONSTS):
        return None
    steps = loop.assignments.get(candidate.imm.index, [])
    if len(steps) != 1 or (bound.op is LOCAL_GET and bound.imm.index in loop.assignments):
        return None
    number, stmt = steps[0]
    step = own_step(stmt)
    if not step or not _every_turn(graph, loop, number):
        return None
    zeros = min(low_zeros(stmt.expr.args[0]), low_zeros(bound))
    multiples = abs(step) in (1 << n for n in range(zeros + 1))
    return Induction(candidate.imm, step, stmt, bound, multiples, _distance(graph, loop, candidate, bound))


def _distance(graph: Graph, loop: Loop, candidate: Expr, bound: Expr) -> int | None:
    """How far it is from one i32 variable up to another, if the block before the loop gives both the same otherwise."""
    outside = [number for number in graph.before[loop.header] if number < loop.header]
    if len(outside) != 1 or candidate.type != "i32" or bound.op in CONSTS:
        return None
    known: Definitions = {}
    for stmt in graph.blocks[outside[0]].stmts:
        define(stmt, known)
    start, end = linear(candidate, known), linear(bound, known)
    if start is None or end is None or start.terms != end.terms:
        return None
    distance = end.constant - start.constant
    return distance if distance > 0 else None


def find_steps(graph: Graph, loop: Loop) -> list[Step]:
    """Everything that a loop with one way back steps by a constant, once a turn."""
    found: list[Step] = []
    for assignments in loop.assignments.values():
        number, stmt = assignments[0]
        if len(assignments) == 1 and len(stmt.targets) == 1 and stmt.targets[0].type in FULL:
            step = own_step(stmt)
            if step and _every_turn(graph, loop, number):
                found.append(Step(stmt.targets[0], step))
    return found


def _every_turn(graph: Graph, loop: Loop, number: int) -> bool:
    """Whether a block of the loop runs exactly once a turn: it dominates the way back, and no inner loop has it."""
    return number not in loop.inner and number in graph.every_turn(loop.header)
