"""Loops that compare two runs of bytes, or search one for a byte, and end after so many turns at the latest.

They become the index of the first element that ends them early, or -1, and a branch on that.
"""

from __future__ import annotations

from typing import NamedTuple

from wasm2py.transpile.ir.bulk import FIND_WITHIN, MISMATCH, PLACE, Run
from wasm2py.transpile.ir.cfg import Block, Branch, Jump, Stmt
from wasm2py.transpile.ir.expr import Expr, Var, const
from wasm2py.transpile.opcodes import OPS, Op
from wasm2py.transpile.optimise.bulk.affine import Affine
from wasm2py.transpile.optimise.bulk.loads import wanted_byte, wanted_value
from wasm2py.transpile.optimise.bulk.rewrite import Site, assignments, final_values
from wasm2py.transpile.optimise.bulk.stores import Side, side_by_side
from wasm2py.transpile.optimise.bulk.turn import Turn, Way
from wasm2py.transpile.optimise.bulk.turns import Turns, find_turns
from wasm2py.transpile.optimise.linear import signed

_BYTES = frozenset({"i32.load8_u", "i32.load8_s"})


class Search(NamedTuple):
    """What a loop looks for: the runs of bytes that it goes through, and the value in one that ends it (or None, if
    that is a difference between two).
    """

    sides: list[Side]
    value: Affine | None


def replace_index(turn: Turn, site: Site) -> bool:
    """Replace such a loop; False if it is none, or a variable would be left without its value."""
    search = _search(turn)
    if search is None:
        return False
    first = search.sides[0].first
    turns = find_turns(turn, len(turn.ways), site.entry, site.function, first.expr.offset)
    finals = None if turns is None else final_values(turn, turns, site.wanted(turn, turn.exit), site)
    if turns is None or finals is None:
        return False
    index = site.function.variable("i32")
    found = _at_exit(turn, search, index, site)
    if found is None:
        return False
    offset = first.expr.offset
    header = turn.blocks[0]
    header.stmts = [*turns.stmts, Stmt((index,), _indexed(turn, search, turns, site))]
    absent = Expr(OPS["i32.eq"], "i32", (Affine.of(index).expr(offset), const("i32", 0xFFFFFFFF, offset)), None, offset)
    end = _block(site, assignments(finals, site.function, offset), turn.exit)
    header.end = Branch(absent, end, _block(site, found, turn.ways[0].exit))
    return True


def _block(site: Site, stmts: list[Stmt], target: Block) -> Block:
    block = site.function.block()
    block.stmts = stmts
    block.end = Jump(target)
    return block


def _search(turn: Turn) -> Search | None:
    """The loop's search, if each of its ways out asks the next element for the same, and they lead to one place."""
    if not turn.ways or any(way.exit is not turn.ways[0].exit for way in turn.ways):
        return None
    loaded = list(turn.loads)
    pairs = len(loaded) == 2 * len(turn.ways)
    each = 2 if pairs else 1
    if len(loaded) != each * len(turn.ways) or any(way.loads != each * (i + 1) for i, way in enumerate(turn.ways)):
        return None
    value = None if pairs else _common_value(turn)
    if not (all(map(_compares, turn.ways, loaded[::2], loaded[1::2])) if pairs else value is not None):
        return None
    accesses = list(turn.loads.values())
    sides = [side_by_side(accesses[start::each]) for start in range(each)]
    known = [side for side in sides if side is not None and _steps_on(turn, side)]
    return Search(known, value) if len(known) == each else None


def _compares(way: Way, one: Var, other: Var) -> bool:
    """Whether a way out is taken just where two loaded values differ."""
    difference = way.test.left.plus(way.test.right, -1)
    terms = {one: 1, other: 0xFFFFFFFF}, {one: 0xFFFFFFFF, other: 1}
    return way.test.relation == "eq" and difference.constant == 0 and difference.terms in terms


def _common_value(turn: Turn) -> Affine | None:
    """The value that each of the ways out is taken for."""
    values = [
        wanted_value(turn, way.test, loaded, access)
        for way, (loaded, access) in zip(turn.ways, turn.loads.items(), strict=True)
    ]
    first = values[0]
    return first if first is not None and all(value is not None and value.same(first) for value in values) else None


def _steps_on(turn: Turn, side: Side) -> bool:
    """Whether a run of bytes goes on upwards where the turn before left off."""
    step = turn.step(side.first.address)
    upwards = side.order == tuple(range(len(turn.ways)))
    mnemonics = {access.expr.op.mnemonic for access in turn.loads.values()}
    return upwards and step is not None and step.known == len(turn.ways) and len(mnemonics) == 1 and mnemonics <= _BYTES


def _indexed(turn: Turn, search: Search, turns: Turns, site: Site) -> Expr:
    first = search.sides[0].first
    offset = first.expr.offset
    count, unroll = turns.count(len(turn.ways), offset)
    addresses = tuple(_operand(side, site) for side in search.sides)
    op: Op = MISMATCH if search.value is None else FIND_WITHIN
    value = () if search.value is None else (wanted_byte(site.entry.value(search.value), first.expr),)
    run = Run(first.memory, 1, unroll, tuple(side.displacement for side in search.sides))
    return Expr(op, "i32", (*addresses, count, *value), run, offset)


def _operand(side: Side, site: Site) -> Expr:
    return site.entry.value(side.first.address).expr(side.first.expr.offset)


def _at_exit(turn: Turn, search: Search, index: Var, site: Site) -> list[Stmt] | None:
    """What variables hold on the way out at an index; None if that cannot be said of one."""
    stmts: list[Stmt] = []
    finals: dict[Var, Affine] = {}
    loaded: dict[int, Var] = {}
    for variable in site.wanted(turn, turn.ways[0].exit):
        value = _at_index(turn, search, variable, index, loaded, site)
        if value is None:
            return None
        finals[variable] = site.entry.value(value)
    for which, kept in loaded.items():
        side = search.sides[which]
        load, offset = side.first.expr, side.first.expr.offset
        operands = _operand(side, site), Affine.of(index).expr(offset)
        place = Expr(PLACE, "i32", operands, side.displacement - load.imm[1], offset)
        stmts.append(Stmt((kept,), Expr(load.op, "i32", (place,), load.imm, offset)))
    return stmts + assignments(finals, site.function, search.sides[0].first.expr.offset)


def _at_index(
    turn: Turn, search: Search, variable: Var, index: Var, loaded: dict[int, Var], site: Site
) -> Affine | None:
    """One variable's value at the exit, by the index; `loaded` collects what is to be loaded again for it."""
    values = [_with_loads(turn, search, way, i, variable, loaded, site) for i, way in enumerate(turn.ways)]
    first = values[0]
    if first is None:
        return None
    step = turn.step(first)
    if step is None or step.known is None:
        return None
    each, rest = divmod(signed(step.known), len(turn.ways))
    expected = (first.plus(Affine(each * i)) for i in range(len(values)))
    if rest or not all(value is not None and value.same(other) for value, other in zip(values, expected, strict=True)):
        return None
    return first.plus(Affine.of(index), each)


def _with_loads(
    turn: Turn, search: Search, way: Way, i: int, variable: Var, loaded: dict[int, Var], site: Site
) -> Affine | None:
    """A variable's value on one way out, with one variable for what all ways load from the same run."""
    value = way.after.get(variable, Affine.of(variable))
    if value is None:
        return None
    known: dict[Var, Affine] = {}
    names = list(turn.loads)
    for term in value.terms:
        if term in turn.loads:
            element, which = divmod(names.index(term), len(search.sides))
            if element != i:
                return None
            if search.value is not None:
                known[term] = search.value
            else:
                known[term] = Affine.of(loaded.setdefault(which, site.function.variable("i32")))
    return value.substituted(known)
