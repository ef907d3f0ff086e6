"""Puts together what compilers take apart: an unrolled loop, and the turns left over from it.

Either comes first: n elements are `n & 7` and then eight at a time, or eight at a time and then `n & 7`. Both are one
operation by now, and become one of n elements where it is proved that this goes through the same memory, in the same
order, and that every variable holds the same after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from wasm2py.transpile.ir.bulk import Run
from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Jump, Stmt, predecessors
from wasm2py.transpile.ir.expr import CONSTS, Expr, Var
from wasm2py.transpile.ir.liveness import live_before
from wasm2py.transpile.optimise.bulk.affine import Affine
from wasm2py.transpile.optimise.bulk.rewrite import assignments
from wasm2py.transpile.optimise.bulk.stores import same
from wasm2py.transpile.optimise.bulk.ways import FURTHEST, Known, Rest, learned, meeting, places

_SIZE = 1 << 32
#: The most elements in a turn.
_LARGEST = 64


class Guard(NamedTuple):
    """A test whether there are enough elements for a turn of the unrolled loop; none at all go `past` if `tested`."""

    again: Block
    past: Block
    total: Affine
    by: int
    tested: bool


class Way(NamedTuple):
    """What is known after one way, and values that variables have wherever it is taken."""

    known: Known
    facts: dict[Var, Affine]

    def value(self, variable: Var) -> Affine | None:
        """What a variable holds after it."""
        value = self.known.holds.get(variable, Affine.of(variable))
        return None if value is None else value.substituted(self.facts)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two operations, and all ways through or past them to the block where they meet: through both first.

    Together they are of `total` elements, or of none if `tested` and there are none. `last` says that the elements
    that make no whole turn come last.
    """

    ways: list[Way]
    end: Block
    total: Affine
    by: int
    tested: bool
    last: bool


def merge_pairs(function: FunctionIR, live: dict[int, int]) -> None:
    """Merge what can be, in place; `live` are the variables live at the end of each block."""
    blocks = function.reverse_postorder()
    before = predecessors(blocks)
    for block in blocks:
        end = block.end
        if isinstance(end, Branch) and (_operates(end.then) or _operates(end.other)):
            start = learned(block, before, function.entry)
            pair = _rest_first(end, start) or _rest_last(end, start)
            if pair is not None and _same_elements(pair):
                _merge(block, pair, start, live_before(pair.end, live[pair.end.id]), function)


def _operates(block: Block) -> bool:
    """Whether control comes through an operation on a run from a block on, without a choice."""
    for _ in range(FURTHEST):
        if any(isinstance(stmt.expr.imm, Run) for stmt in block.stmts):
            return True
        if not isinstance(block.end, Jump):
            return False
        block = block.end.target
    return False


def _rest_first(end: Branch, start: Known) -> Pair | None:
    """`if rest: first operation`, then `if total >= by: second operation`."""
    rest = _tested(end, start)
    if rest is None:
        return None
    without = start.copy()
    without.zero = {rest.variable: Affine()}
    met = meeting(places(end.then, start), places(end.other, without))
    guard = None if met is None else _guard(met[0], met[1])
    if met is None or guard is None or not _fits(guard, rest, start):
        return None
    ends = [_ahead(guard, met[0], known) for known in met[1:]]
    if ends[0] is None or ends[1] is None or ends[0][0] is not ends[1][0]:
        return None
    (end_block, through, past), (_, through_all, past_all) = ends[0], ends[1]
    few = _solved(guard.total, Affine.of(rest.variable))
    ways = [Way(through, {}), Way(through_all, without.zero), Way(past, few)]
    ways.append(Way(past_all, without.zero | _solved(guard.total, Affine())))
    return Pair(ways, end_block, guard.total, guard.by, guard.tested, last=False)


def _ahead(guard: Guard, block: Block, known: Known) -> tuple[Block, Known, Known] | None:
    """Where the ways on from a guard meet, and what is known there on each."""
    known = known.copy()
    if not all(known.execute(stmt) for stmt in block.stmts):
        return None
    return meeting(places(guard.again, known), places(guard.past, known))


def _rest_last(end: Branch, start: Known) -> Pair | None:
    """`if total >= by: first operation`, and after that or without, `if rest: second operation`."""
    guard = _guard_of(end, start)
    if guard is None:
        return None
    block, known = places(guard.again, start)[-1]
    known = known.copy()
    if not isinstance(block.end, Branch) or not all(known.execute(stmt) for stmt in block.stmts):
        return None
    rest = _tested(block.end, known)
    met = meeting(places(block.end.then, known), places(guard.past, start))
    if rest is None or met is None or not _fits(guard, rest, start):
        return None
    through = meeting(places(met[0], met[1]), places(block.end.other, known))
    past = None if through is None else meeting([(through[0], known)], places(met[0], met[2]))
    if through is None or past is None:
        return None
    few = _solved(guard.total, Affine.of(rest.variable))
    ways = [Way(through[1], {}), Way(through[2], {rest.variable: Affine()}), Way(past[2], few)]
    return Pair(ways, through[0], guard.total, guard.by, tested=False, last=True)


def _tested(end: Branch, known: Known) -> Rest | None:
    """The remainder that a branch tests: it goes to `then` if there is one."""
    value = known.value(end.condition)
    return next((r for r in known.rests if value is not None and value.same(Affine.of(r.variable))), None)


def _guard(block: Block, known: Known) -> Guard | None:
    """The guard at a block's end, with what is known at its start."""
    known = known.copy()
    if not isinstance(block.end, Branch) or not all(known.execute(stmt) for stmt in block.stmts):
        return None
    return _guard_of(block.end, known)


def _guard_of(end: Branch, known: Known) -> Guard | None:
    """`total < by`, or with 1 ≤ total known, `total - by` wraps."""
    name = end.condition.op.mnemonic
    if name not in _BOUNDS or end.condition.args[1].op not in CONSTS:
        return None
    more, then_below = _BOUNDS[name]
    below, above = (end.then, end.other) if then_below else (end.other, end.then)
    tested, bound = known.value(end.condition.args[0]), end.condition.args[1].imm + more
    if tested is None:
        return None
    if bound <= _LARGEST:
        return Guard(above, below, tested, bound, tested=True)
    by = _SIZE + 1 - bound
    return Guard(below, above, tested.plus(Affine(by)), by, tested=False) if by <= _LARGEST else None


#: Comparison with a constant → what is to be added to that for the least value above, and whether it holds below.
_BOUNDS = {"i32.lt_u": (0, True), "i32.ge_u": (0, False), "i32.gt_u": (1, False), "i32.le_u": (1, True)}


def _fits(guard: Guard, rest: Rest, start: Known) -> bool:
    """Whether the remainder is that of the total by what the guard asks for."""
    return guard.by == rest.by and start.rest(guard.total, guard.by) is rest


def _solved(total: Affine, value: Affine) -> dict[Var, Affine]:
    """The value of one of the total's variables where the total has a value."""
    for variable, coefficient in total.terms.items():
        if coefficient == 1:
            return {variable: value.plus(total, -1).plus(Affine.of(variable))}
    return {}


def _same_elements(pair: Pair) -> bool:
    """Whether each way goes through `total` elements in the same places, one after the other."""
    through = pair.ways[0].known.operations
    if len(through) != 2 or not _alike(through[0].expr, through[1].expr) or not _in_order(pair):
        return False
    first = through[0]
    if any(variable.index < 0 for sum_ in (pair.total, *first.addresses) for variable in sum_.terms):
        return False
    for way in pair.ways:
        done = Affine()
        for operation in way.known.operations:
            step = first.expr.imm.width
            expected = [address.plus(done, step).substituted(way.facts) for address in first.addresses]
            found = [address.substituted(way.facts) for address in operation.addresses]
            if not all(map(Affine.same, expected, found)) or not _alike(first.expr, operation.expr):
                return False
            done = done.plus(operation.total)
        if not done.substituted(way.facts).same(pair.total.substituted(way.facts)):
            return False
    return True


def _alike(one: Expr, other: Expr) -> bool:
    """Whether two operations do the same, but for where, how often, and in which order."""
    runs: tuple[Run, Run] = (one.imm, other.imm)
    if one.op is not other.op or any(run.unroll != 1 for run in runs):
        return False
    values = zip(one.args[len(runs[0].displacements) + 1 :], other.args[len(runs[1].displacements) + 1 :], strict=True)
    return runs[0]._replace(order=()) == runs[1]._replace(order=()) and all(same(*pair) for pair in values)


def _in_order(pair: Pair) -> bool:
    """Whether the merged operation would go through its elements in the order of the two: see `runtime/bulk`."""
    orders = [operation.expr.imm.order for operation in pair.ways[0].known.operations]
    if pair.last:
        return not any(orders)
    return not orders[0] and len(orders[1]) in (0, pair.by)


def _merge(block: Block, pair: Pair, start: Known, live: int, function: FunctionIR) -> None:
    """Put the merged operation at a block's end, unless a variable would be left without its value."""
    changed = {v for way in pair.ways for v, value in way.known.holds.items() if value is not start.holds.get(v, value)}
    changed |= {v for way in pair.ways for v in way.known.holds if v not in start.holds}
    operation = pair.ways[0].known.operations[-1 if not pair.last else 0]
    values = operation.expr.args[len(operation.addresses) + 1 :]
    if any(value.variables >> v.index & 1 for value in values for v in changed):
        return
    finals: dict[Var, Affine] = {}
    for variable in sorted(changed, key=lambda variable: variable.index):
        if live >> variable.index & 1:
            final = pair.ways[0].value(variable)
            if final is None or any(v.index < 0 for v in final.terms):
                return
            for way in pair.ways[1:]:
                other = way.value(variable)
                if other is None or not other.same(final.substituted(way.facts)):
                    return
            finals[variable] = final
    offset = operation.expr.offset
    total = next((Affine.of(v) for v, value in start.holds.items() if value and value.same(pair.total)), pair.total)
    addresses = tuple(address.expr(offset) for address in pair.ways[0].known.operations[0].addresses)
    merged = Expr(operation.expr.op, None, (*addresses, total.expr(offset), *values), operation.expr.imm, offset)
    after = _block(function, assignments(finals, function, offset), pair.end)
    run = _block(function, [Stmt((), merged)], after)
    needs_test = pair.tested and start.least(pair.total) == 0 and start.least(total) == 0
    block.end = Branch(total.expr(offset), run, after) if needs_test else Jump(run)
    function.edges_changed()


def _block(function: FunctionIR, stmts: list[Stmt], target: Block) -> Block:
    block = function.block()
    block.stmts = stmts
    block.end = Jump(target)
    return block
