"""`ranges`: bounds of the integer variables at each point, written on every read (`Expr.range`) for `emit` to leave out
masks by.

Needs the final graph: a later pass that moves reads or blocks must keep these marks true. Bounds flow forward from
constants, masks, loads, the tests that branches make, and the accesses that did not trap. At a loop's header they grow
round by round, to the next of a few thresholds each time, until a round changes nothing; one more round then takes back
what was too wide. Counting loops that end at `i != n` have their own rule (`inductions.py`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypeAlias

from wasm2py.transpile.ir.cfg import Block, Branch, Counted, FunctionIR, Stmt
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, TRAPS_MEMORY, Expr, const, get
from wasm2py.transpile.ir.intervals import FULL, Interval, interval
from wasm2py.transpile.ir.liveness import live_out
from wasm2py.transpile.optimise.accesses import Access, accesses, bounded_after, bounded_before, coming
from wasm2py.transpile.optimise.inductions import Induction, Loop, Step, find_inductions, find_steps
from wasm2py.transpile.optimise.refine import State, bound, refine

#: How often a loop's bounds may grow before what still grows is given up, half of that by small steps; and how often
#: where a loop has more blocks than `_SMALL`.
_GROWING = 8
_GROWING_LARGE = 3
_SMALL = 24
#: How many rounds there may be before everything is given up that loops change.
_MOST_ROUNDS = 48
#: Above this many (blocks times variables) the analysis would cost more than it gives.
_LARGEST = 400_000
_NONE: Interval = (0, 0)
_COARSE = [0, *((1 << n) - k for n in (31, 32, 63, 64) for k in (2, 1))]
#: How far a pointer may move in a turn of a loop for its bounds to settle where its access has them.
_STRIDE = 64


def find_ranges(function: FunctionIR) -> None:
    """Mark every read of an integer variable whose bounds are known."""
    blocks = function.reverse_postorder()
    if len(blocks) * len(function.variables) > _LARGEST:
        return
    analysis = _Analysis(function.graph(), live_out(function))
    analysis.run()
    function.counting = list(analysis.counting())


def forget_ranges(function: FunctionIR) -> None:
    """Take back the marks: they are true no longer where reads move."""
    for block in function.reverse_postorder():
        for expr in block.exprs():
            for node in expr.reads():
                node.range = None
    function.counting = []


class _Analysis:
    """The state at each block's start, and along each edge once it has been reached."""

    def __init__(self, graph: Graph, live: dict[int, int]) -> None:
        self.graph = graph
        #: What held at each loop's header in the last round.
        self.into: dict[int, State] = {}
        self.edges: dict[tuple[int, int], State] = {}
        #: The blocks of the loop that is being settled, and those among them that have not seen yet what holds on the
        #: ways to them.
        self.unsettled: set[int] = set()
        self.stale: set[int] = set()
        self.forgotten = [_dying(block, live[block.id]) for block in graph.blocks]
        self.consequences = [_consequences(block) for block in graph.blocks]
        self.growth: dict[int, int] = {}
        self.growing = 0
        self.rounds = 0
        self.made = [_made(block) for block in graph.blocks]
        self.coming = [coming(block, made) for block, made in zip(graph.blocks, self.made, strict=True)]
        self.plans: dict[int, list[_Step]] = {}
        self.inductions: dict[int, list[Induction]] = {}
        self.steps: dict[int, list[Step]] = {}
        self.changed: dict[int, int] = {}
        for number, header in enumerate(graph.headers):
            if header:
                loop = Loop(graph, number)
                self.inductions[number] = find_inductions(graph, loop)
                self.steps[number] = find_steps(graph, loop) if self.inductions[number] else []
                self.changed[number] = loop.changed

    def run(self) -> None:
        """Mark each block when what holds on all ways to it is known, which for loops has to be found out first."""
        marked: set[int] = set()
        for number, header in enumerate(self.graph.headers):
            if number in marked:
                continue
            if header:
                body = sorted(self.graph.loop(number))
                self._settle(body)
                marked.update(body)
                for inside in body:
                    self._mark(inside)
            else:
                self._mark(number)

    def _settle(self, body: list[int]) -> None:
        """Let the bounds in a loop grow until they hold on every way through it."""
        self.unsettled = set(body)
        self.stale = {body[0]}
        self.rounds = 0
        self.growing = _GROWING if len(body) <= _SMALL else _GROWING_LARGE
        self.plans = {number: _plan(self.graph.blocks[number], self.made[number]) for number in body}
        while self.stale:
            for number in body:
                if number in self.stale:
                    self.stale.remove(number)
                    self._pass(number)
            self.rounds += 1
        self.unsettled = set()

    def _pass(self, number: int) -> None:
        """Take a block's statements into account with what holds on the ways to it so far."""
        state = self._joined(number)
        if self.graph.headers[number]:
            state = self._at_header(number, state)
        for made, index, expr, full in self.plans[number]:
            for access in made:
                bounded_after(access, state)
            bounds = full if expr is None else interval(expr, state)
            if bounds != full:
                state[index] = bounds
            else:
                state.pop(index, None)
        self._leave(number, state)

    def _mark(self, number: int) -> None:
        """Write what holds on every read of a block; of a loop's bounds, what had grown too wide is taken back."""
        block, ahead = self.graph.blocks[number], self.coming[number]
        state = self._joined(number)
        for stmt, coming_, made in zip(block.stmts, ahead, self.made[number], strict=False):
            if coming_:
                bounded_before(coming_, state)
            if stmt.expr.variables:
                _mark_reads(stmt.expr, state)
            if made or stmt.targets:
                _execute(stmt, made, state)
        bounded_before(ahead[-1], state)
        for expr in block.end.exprs:
            _mark_reads(expr, state)
        self._leave(number, state)

    def _at_header(self, number: int, state: State) -> State:
        """A header's bounds, grown if it is not the first time."""
        if number in self.growth:
            old = self.into[number]
            state = self._grown(old, state, self.growth[number])
            if self.rounds >= _MOST_ROUNDS:
                state = {i: bounds for i, bounds in state.items() if not self.changed[number] >> i & 1}
            self.growth[number] += state != old
        else:
            self.growth[number] = 0
        self.into[number] = state
        return dict(state)

    def _joined(self, number: int) -> State:
        """What holds on all ways in that have been reached; the caller's own."""
        if number == 0:
            return {}
        edges, ways = self.edges, self.graph.before[number]
        if not self.graph.headers[number]:
            if len(ways) == 1:
                return dict(edges[ways[0], number])
            return joined([edges[p, number] for p in ways if (p, number) in edges])
        before = [p for p in ways if (p, number) in edges]
        outside = joined([self.edges[p, number] for p in before if p < number])
        around = joined([outside, *(self.edges[p, number] for p in before if p >= number)])
        # What the loop does not assign is on every way back as it was on the way in.
        changed = self.changed[number]
        state = {index: bounds for index, bounds in outside.items() if not changed >> index & 1}
        state.update((index, bounds) for index, bounds in around.items() if changed >> index & 1)
        for induction in self.inductions[number]:
            limits = induction.limits(outside)
            if limits is not None:
                bound(induction.variable, state, limits)
                self._bound_steps(number, outside, induction.most_turns(limits), state)
        return state

    def _bound_steps(self, number: int, outside: State, turns: int, state: State) -> None:
        """Bound what a loop of at most so many turns steps."""
        for step in self.steps[number]:
            limits = step.limits(outside, turns)
            if limits is not None:
                bound(step.variable, state, limits)

    def counting(self) -> Iterator[tuple[Block, Stmt, Counted]]:
        """The loops of which an induction is sure to reach its end: the last block, the step, and how they count."""
        for number, inductions in self.inductions.items():
            if inductions:
                outside = joined([self.edges[p, number] for p in self.graph.before[number] if p < number])
                latch = self.graph.blocks[max(self.graph.before[number])]
                for induction in inductions if number else ():
                    ends = induction.limits(outside) is not None
                    if ends or induction.goes_round(outside):
                        end = _settled(induction.end, outside)
                        yield latch, induction.stmt, Counted(end, induction.step, True, not ends, outside)

    @cached_property
    def coarse(self) -> list[int]:
        """The last thresholds."""
        return _coarse(self.coming)

    @cached_property
    def thresholds(self) -> list[int]:
        """All thresholds."""
        return sorted({*self.coarse, 0xFF, 0xFFFF, *(value for values in self.own.values() for value in values)})

    @cached_property
    def own(self) -> dict[int, list[int]]:
        """Where the bounds of each variable stop, besides, for a while: at what branches compare it with.

        And at what they compare other things with, by the index of no variable.
        """
        return {index: sorted(values) for index, values in _compared_with(self.graph).items()}

    def _grown(self, old: State, new: State, times: int) -> State:
        """The old bounds where they still hold, else wider ones: up to the next threshold, or none at all."""
        result: State = {}
        for index, (low, high) in old.items():
            bounds = new.get(index)
            if bounds is None:
                continue
            if bounds[0] < low or bounds[1] > high:
                if times >= self.growing:
                    continue
                thresholds = self.thresholds if times < self.growing >> 1 else self.coarse
                low = thresholds[bisect_right(thresholds, bounds[0]) - 1] if bounds[0] < low else low
                if bounds[1] > high:
                    own = self.own.get(index, ())
                    at = bisect_left(own, bounds[1])
                    high = own[at] if at < len(own) else thresholds[bisect_left(thresholds, bounds[1])]
            result[index] = (low, high)
        return result

    def _leave(self, number: int, state: State) -> None:
        """Note what holds on each way out, given what holds before the end is evaluated."""
        block = self.graph.blocks[number]
        end = block.end
        for made in self.made[number][len(block.stmts) :]:
            _access(made, state)
        if isinstance(end, Branch) and end.then is not end.other:
            then = dict(state)
            refine(end.condition, True, then)
            refine(end.condition, False, state)
            for stmt in self.consequences[number]:
                for side in (then, state):
                    bound(stmt.targets[0], side, interval(stmt.expr, side))
            self._forget(number, then)
            self._go(number, self.graph.number[end.then.id], then)
            self._forget(number, state)
            self._go(number, self.graph.number[end.other.id], state)
            return
        self._forget(number, state)
        for successor in self.graph.after[number]:
            self._go(number, successor, state)

    def _forget(self, number: int, state: State) -> None:
        for index in self.forgotten[number]:
            state.pop(index, None)

    def _go(self, number: int, successor: int, state: State) -> None:
        if successor not in self.unsettled:
            self.edges[number, successor] = state
        elif self.edges.get((number, successor)) != state:
            self.edges[number, successor] = state
            self.stale.add(successor)


def _settled(end: Expr, state: State) -> Expr:
    """A variable as it is known in a state; if it has just one value, that constant."""
    low, high = interval(end, state)
    if low == high:
        return const(end.type, low, end.offset)  # type: ignore[arg-type]
    read = get(end.imm, end.offset)
    read.range = state.get(end.imm.index)
    return read


def joined(states: list[State]) -> State:
    """What holds in all of some states, as a new one."""
    if not states:
        return {}
    result = dict(states[0])
    for other in states[1:]:
        if other is not states[0]:
            result = _joined_two(result, other)
    return result


def _joined_two(first: State, second: State) -> State:
    result: State = {}
    for index, bounds in first.items():
        others = second.get(index)
        if others is not None:
            if bounds is not others and bounds != others:
                low, high = bounds
                bounds = (low if low < others[0] else others[0], high if high > others[1] else others[1])
            result[index] = bounds
    return result


def _consequences(block: Block) -> list[Stmt]:
    """The assignments by which, at a block's end, what its branch tells of one variable tells something of another."""
    end = block.end
    if not isinstance(end, Branch) or not end.condition.variables:
        return []
    found: list[Stmt] = []
    changed = 0
    for stmt in reversed(block.stmts):
        expr, assigned = stmt.expr, 0
        for target in stmt.targets:
            assigned |= 1 << target.index
        stays = not (expr.effects or expr.variables & (changed | assigned) or assigned & changed)
        if stays and expr.variables & end.condition.variables and expr.type in FULL:
            found.append(stmt)
        changed |= assigned
    found.reverse()
    return found


def _dying(block: Block, live: int) -> list[int]:
    """The variables that nobody reads after the block, of those that it names."""
    seen = 0
    for stmt in block.stmts:
        seen |= stmt.expr.variables
        for target in stmt.targets:
            seen |= 1 << target.index
    for expr in block.end.exprs:
        seen |= expr.variables
    seen &= ~live
    indices = []
    while seen:
        lowest = seen & -seen
        indices.append(lowest.bit_length() - 1)
        seen ^= lowest
    return indices


def _coarse(ahead: list[list[list[Access]]]) -> list[int]:
    """Where growing bounds stop at last: at the ends of signed and unsigned types and of the memory."""
    values = {*_COARSE}
    for accesses_ in ahead:
        for access in accesses_[0]:
            if access.last >= access.constant:
                values.add((access.last - access.constant >> access.shift) + _STRIDE)
    return sorted(values)


def _compared_with(graph: Graph) -> dict[int, set[int]]:
    """The constants that branches compare each variable with, and their neighbours; others' by -1."""
    found: dict[int, set[int]] = {}
    for block in graph.blocks:
        if isinstance(block.end, Branch):
            for expr in block.end.condition.walk():
                for arg in expr.args:
                    if arg.op in CONSTS and arg.type in FULL:
                        other = expr.args[0]
                        index = other.imm.index if other.op is LOCAL_GET and expr.op.family == "compare" else -1
                        near = (max(arg.imm - 1, 0), arg.imm, min(arg.imm + 1, (1 << 64) - 1))
                        found.setdefault(index, set()).update(near)
    return found


def _made(block: Block) -> list[list[Access]]:
    """The accesses of each expression of a block."""
    return [accesses(expr) if expr.effects & TRAPS_MEMORY else [] for expr in block.exprs()]


#: What a statement does to a state: the accesses that are made for it, and the variable that then has the bounds of an
#: expression, or none if that is None or the bounds are those of its type.
_Step: TypeAlias = tuple[list[Access], int, Expr | None, Interval]


def _plan(block: Block, made: list[list[Access]]) -> list[_Step]:
    """What a block's statements do to a state, made ready to be done several times."""
    steps: list[_Step] = []
    for stmt, accesses_ in zip(block.stmts, made, strict=False):
        targets = stmt.targets
        if len(targets) == 1 and targets[0].type in FULL:
            steps.append((accesses_, targets[0].index, stmt.expr, FULL[targets[0].type]))
        elif accesses_ or len(targets) > 1:
            steps.append((accesses_, -1, None, _NONE))
            steps += [([], target.index, None, _NONE) for target in targets]
    return steps


def _execute(stmt: Stmt, made: Iterable[Access], state: State) -> None:
    """Change a state to what holds after a statement and the accesses that are made for it."""
    _access(made, state)
    targets = stmt.targets
    bounds = interval(stmt.expr, state) if len(targets) == 1 and stmt.expr.type in FULL else None
    if bounds is not None and bounds != FULL[targets[0].type]:
        state[targets[0].index] = bounds
        return
    for target in targets:
        state.pop(target.index, None)


def _access(made: Iterable[Access], state: State) -> None:
    """A variable that served as an address was inside the memory."""
    for access in made:
        bounded_after(access, state)


def _mark_reads(expr: Expr, state: State) -> None:
    for node in expr.reads():
        node.range = state.get(node.imm.index)
