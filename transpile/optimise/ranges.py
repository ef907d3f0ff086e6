"""`ranges`: bounds of the integer variables at each point, written on every read (`Expr.range`) for `emit` to leave
out masks by.

Needs the final graph: a later pass that moves reads or blocks must keep these marks true. Bounds flow forward from
constants, masks, loads and the tests that branches make. At a loop's header the variables that the loop assigns
start unbounded; two further rounds then take in what the loop's own tests prove.
"""

from __future__ import annotations

from typing import TypeAlias

from wasm2py.transpile.ir.cfg import Branch, FunctionIR, block_exprs
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import AND, CONSTS, LOCAL_GET, NOT, OR, Expr
from wasm2py.transpile.ir.intervals import FULL, Interval, interval

_State: TypeAlias = dict[int, Interval]

_ROUNDS = 3
#: Above this many (blocks times variables) the analysis would cost more than it gives.
_LARGEST = 400_000


def find_ranges(function: FunctionIR) -> None:
    """Mark every read of an integer variable whose bounds are known."""
    blocks = function.reverse_postorder()
    if len(blocks) * len(function.variables) > _LARGEST:
        return
    graph = Graph(blocks)
    analysis = _Analysis(graph)
    for round_ in range(_ROUNDS if any(graph.headers) else 1):
        analysis.round(first=round_ == 0)
    for number, block in enumerate(blocks):
        state = analysis.into[number]
        for stmt in block.stmts:
            _mark(stmt.expr, state)
            state = _assigned(stmt.targets, stmt.expr, state)
        for expr in list(block_exprs(block))[len(block.stmts) :]:
            _mark(expr, state)


class _Analysis:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.into: list[_State] = [{} for _ in graph.blocks]
        self.edges: dict[tuple[int, int], _State] = {}
        self.changed_in_loop = {
            number: self._assigned_in(graph.loop(number)) for number, header in enumerate(graph.headers) if header
        }

    def _assigned_in(self, body: set[int]) -> set[int]:
        return {target.index for n in body for stmt in self.graph.blocks[n].stmts for target in stmt.targets}

    def round(self, first: bool) -> None:
        """Go through all blocks once, from what the last round found."""
        for number, block in enumerate(self.graph.blocks):
            state = self._joined(number, first)
            self.into[number] = dict(state)
            for stmt in block.stmts:
                state = _assigned(stmt.targets, stmt.expr, state)
            self._leave(number, state)

    def _joined(self, number: int, first: bool) -> _State:
        """What holds on all ways in."""
        if number == 0 and not self.graph.headers[0]:
            return {}
        before = [p for p in self.graph.before[number] if not first or p < number]
        if number == 0 or not before:
            return {}
        state = dict(self.edges[before[0], number])
        for predecessor in before[1:]:
            other = self.edges[predecessor, number]
            state = {
                index: (min(bounds[0], other[index][0]), max(bounds[1], other[index][1]))
                for index, bounds in state.items()
                if index in other
            }
        if first and number in self.changed_in_loop:
            for index in self.changed_in_loop[number]:
                state.pop(index, None)
        return state

    def _leave(self, number: int, state: _State) -> None:
        """Note what holds on each way out."""
        end = self.graph.blocks[number].end
        if isinstance(end, Branch) and end.then is not end.other:
            self.edges[number, self.graph.number[end.then.id]] = refined(end.condition, True, state)
            self.edges[number, self.graph.number[end.other.id]] = refined(end.condition, False, state)
            return
        for successor in self.graph.after[number]:
            self.edges[number, successor] = state


def _assigned(targets: tuple[object, ...], expr: Expr, state: _State) -> _State:
    """The state after an assignment; a new one if it changes."""
    if not targets:
        return state
    before, state = state, dict(state)
    for target in targets:
        state.pop(target.index, None)  # type: ignore[attr-defined]
    if len(targets) == 1 and expr.type in FULL:
        bounds = interval(expr, before)
        if bounds != FULL[expr.type]:
            state[targets[0].index] = bounds  # type: ignore[attr-defined]
    return state


def _mark(expr: Expr, state: _State) -> None:
    if not expr.variables:
        return
    for node in expr.walk():
        if node.op is LOCAL_GET:
            node.range = state.get(node.imm.index)


_SWAPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}


def refined(condition: Expr, holds: bool, state: _State) -> _State:
    """What is known besides where a condition was found to hold, or not to."""
    op = condition.op
    if op is NOT:
        return refined(condition.args[0], not holds, state)
    if (op is AND and holds) or (op is OR and not holds):
        return refined(condition.args[1], holds, refined(condition.args[0], holds, state))
    if op is LOCAL_GET:
        return _bounded(condition, state, (1, FULL["i32"][1]) if holds else (0, 0))
    if op in (AND, OR) or op.family != "compare" or len(condition.args) != 2 or condition.args[0].type not in FULL:
        return state
    relation = op.mnemonic.partition(".")[2]
    name, _, sign = relation.partition("_")
    left, right = condition.args
    if sign == "s" and not _nonnegative(left, right, state):
        return _signed_refinement(condition, name if holds else _OPPOSITE[name], state)
    name = name if holds else _OPPOSITE[name]
    state = _compare(left, name, right, state)
    return _compare(right, _SWAPPED[name], left, state)


def _nonnegative(left: Expr, right: Expr, state: _State) -> bool:
    """Whether a signed comparison of these is an unsigned one."""
    top = FULL[left.type][1] >> 1  # type: ignore[index]
    return interval(left, state)[1] <= top and interval(right, state)[1] <= top


def _signed_refinement(condition: Expr, name: str, state: _State) -> _State:
    """`x ≥ constant` for a constant that is not negative puts x in the lower half."""
    left, right = condition.args
    top = FULL[left.type][1] >> 1  # type: ignore[index]
    if left.op in CONSTS:
        left, right, name = right, left, _SWAPPED[name]
    if right.op not in CONSTS or left.op is not LOCAL_GET:
        return state
    value = right.imm
    if name == "ge" and value <= top:
        return _bounded(left, state, (value, top))
    if name == "gt" and (value < top or value == FULL[left.type][1]):  # type: ignore[index]
        return _bounded(left, state, (value + 1 & FULL[left.type][1], top))  # type: ignore[index]
    return state


def _compare(left: Expr, name: str, right: Expr, state: _State) -> _State:
    """Bound `left`, a variable, by what it was compared with."""
    if left.op is not LOCAL_GET:
        return state
    low, high = interval(right, state)
    full = FULL[left.type][1]  # type: ignore[index]
    limits = {
        "lt": (0, high - 1),
        "le": (0, high),
        "gt": (low + 1, full),
        "ge": (low, full),
        "eq": (low, high),
    }
    if name == "ne":
        return _bounded(left, state, (1, full)) if (low, high) == (0, 0) else state
    return _bounded(left, state, limits[name])


def _bounded(variable: Expr, state: _State, limit: Interval) -> _State:
    old = state.get(variable.imm.index, FULL[variable.type])  # type: ignore[index]
    low, high = max(old[0], limit[0]), min(old[1], limit[1])
    if low > high or (low, high) == old:  # cannot happen, or nothing new
        return state
    return {**state, variable.imm.index: (low, high)}
