"""Loops that fill memory or copy it: recognised by how their stores lie side by side and move on."""

from __future__ import annotations

from dataclasses import dataclass

from wasm2py.transpile.ir.bulk import COPY, COPY_DOWN, FILL, FILL_STRIDED, Run
from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import Expr
from wasm2py.transpile.opcodes import OPS, Op
from wasm2py.transpile.optimise.bulk.affine import Affine
from wasm2py.transpile.optimise.bulk.entry import Entry
from wasm2py.transpile.optimise.bulk.rewrite import Replacement
from wasm2py.transpile.optimise.bulk.turn import Access, Turn
from wasm2py.transpile.optimise.bulk.turns import Turns, find_turns, moving
from wasm2py.transpile.optimise.linear import signed

#: Fewer elements than this are stored as quickly one by one.
_FEWEST = 4
_BITS_OF = {"f32": OPS["i32.reinterpret_f32"], "f64": OPS["i64.reinterpret_f64"]}


@dataclass(frozen=True, slots=True)
class Side:
    """Accesses that lie side by side: the first of them in order, and how far the lowest is above it."""

    first: Access
    lowest: int
    order: tuple[int, ...]
    width: int

    @property
    def displacement(self) -> int:
        """What is to be added to the first one's address operand for the lowest address."""
        return self.first.offset + self.lowest


def side_by_side(accesses: list[Access]) -> Side | None:
    """Accesses of the same width and memory that leave no gap."""
    first = accesses[0]
    width = first.expr.op.width
    places: list[int] = []
    for access in accesses:
        place = access.beyond(first)
        if place is None or access.expr.op.width != width or access.memory != first.memory:
            return None
        places.append(place)
    lowest = min(places)
    order = tuple((place - lowest) // width for place in places)
    if sorted(places) != list(range(lowest, lowest + width * len(places), width)):
        return None
    return Side(first, lowest, order, width)


def find_stores(turn: Turn, entry: Entry, function: FunctionIR) -> Replacement | None:
    """One statement for all stores of a loop that fills memory or copies it."""
    side = side_by_side([store for store, _ in turn.stores]) if turn.stores else None
    if side is None:
        return None
    step = turn.step(side.first.address)
    if step is None:
        return None
    if step.known is None:
        return _strided(turn, side, step)
    if abs(signed(step.known)) != side.width * len(side.order):
        return None
    turns = find_turns(turn, signed(step.known), entry, function, side.first.expr.offset)
    if turns is None or turns.fewer_than(_FEWEST, len(side.order)):
        return None
    make = _fill if turn.stores[0][1] is None else _copy if signed(step.known) > 0 else _copy_down
    stmt = make(turn, side, turns, entry)
    return None if stmt is None else Replacement(turns, stmt)


def _fill(turn: Turn, side: Side, turns: Turns, entry: Entry) -> Stmt | None:
    values = [store.expr.args[1] for store, _ in turn.stores]
    if not turn.stays(values[0]) or not all(same(value, values[0]) for value in values) or not _upwards(turn, side):
        return None
    value, offset = values[0], side.first.expr.offset
    if value.type in _BITS_OF:
        bits = _BITS_OF[value.type]
        value = Expr(bits, bits.results[0], (value,), None, offset)  # type: ignore[index]
    count, unroll = turns.count(len(side.order), offset)
    run = Run(side.first.memory, side.width, unroll, (side.displacement,), ordered(side.order))
    return Stmt((), Expr(FILL, None, (entry.value(side.first.address).expr(offset), count, value), run, offset))


def _upwards(turn: Turn, side: Side) -> bool:
    step = turn.step(side.first.address)
    return step is not None and step.known == side.width * len(side.order)


def _copy(turn: Turn, side: Side, turns: Turns, entry: Entry) -> Stmt | None:
    source = _source(turn, side)
    if source is None:
        return None
    displacements = (side.displacement, source.displacement)
    return _copying(COPY, (side, source), displacements, turns, entry)


def _copy_down(turn: Turn, side: Side, turns: Turns, entry: Entry) -> Stmt | None:
    """From the highest element to the lowest, in each turn as well."""
    source = _source(turn, side)
    offsets = any(access.offset for pair in turn.stores for access in pair if access is not None)
    if source is None or offsets or side.order != tuple(range(len(side.order)))[::-1]:
        return None
    return _copying(COPY_DOWN, (side, source), (0, 0), turns, entry)


def _source(turn: Turn, side: Side) -> Side | None:
    """Where the stored values are loaded from, if that lies and moves as the stores do."""
    loads = [load for _, load in turn.stores if load is not None]
    source = side_by_side(loads) if len(loads) == len(turn.stores) else None
    if source is None or source.order != side.order or source.width != side.width:
        return None
    steps = turn.step(source.first.address), turn.step(side.first.address)
    if steps[0] is None or steps[1] is None or not steps[0].same(steps[1]):
        return None
    return source if source.first.memory == side.first.memory else None


def _copying(op: Op, sides: tuple[Side, Side], displacements: tuple[int, ...], turns: Turns, entry: Entry) -> Stmt:
    side = sides[0]
    offset = side.first.expr.offset
    count, unroll = turns.count(len(side.order), offset)
    order = ordered(side.order) if op is COPY else ()
    run = Run(side.first.memory, side.width, unroll, displacements, order)
    addresses = tuple(entry.value(one.first.address).expr(offset) for one in sides)
    return Stmt((), Expr(op, None, (*addresses, count), run, offset))


def _strided(turn: Turn, side: Side, step: Affine) -> Replacement | None:
    """A byte in places whose distance is a variable, by a counter that grows as the address does."""
    store, found = side.first, moving(turn, turn.test)
    if found is None or len(side.order) > 1 or side.width != 1 or store.offset or not turn.stays(store.expr.args[1]):
        return None
    test, growth = found
    if test.relation != "lt" or not growth.same(step) or len(step.terms) != 1 or step.constant:
        return None
    offset = store.expr.offset
    counter = test.left.plus(step, -1)
    address, start, limit, by = (value.expr(offset) for value in (store.address, counter, test.right, step))
    args = (address, store.expr.args[1], start, limit, by)
    return Replacement(None, Stmt((), Expr(FILL_STRIDED, None, args, (store.memory, test.signed), offset)))


def ordered(order: tuple[int, ...]) -> tuple[int, ...]:
    """The order, or nothing if it is upwards."""
    return () if order == tuple(range(len(order))) else order


def same(one: Expr, other: Expr) -> bool:
    """Whether two expressions are the same."""
    return one.op is other.op and one.imm == other.imm and all(map(same, one.args, other.args))
