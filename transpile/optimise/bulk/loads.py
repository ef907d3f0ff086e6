"""Loops that search memory for a byte or sum it up: they load, and change nothing but variables."""

from __future__ import annotations

from wasm2py.transpile.ir.bulk import FIND, SUM, Run
from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import Expr, Var, const, get
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.bulk.affine import Affine
from wasm2py.transpile.optimise.bulk.entry import Entry
from wasm2py.transpile.optimise.bulk.rewrite import Replacement
from wasm2py.transpile.optimise.bulk.stores import side_by_side
from wasm2py.transpile.optimise.bulk.turn import Access, Test, Turn
from wasm2py.transpile.optimise.bulk.turns import Turns, find_turns
from wasm2py.transpile.optimise.linear import signed

_SUMMED = frozenset({"i32.load", "i32.load16_u", "i32.load8_u"})
_LOAD_UNSIGNED = OPS["i32.load8_u"]
_BYTE_LOADS = frozenset({_LOAD_UNSIGNED, OPS["i32.load8_s"]})
_SIGN = 0x80
#: Fewer elements than this are added as quickly one by one.
_FEWEST = 8


def find_search(turn: Turn, entry: Entry, function: FunctionIR) -> Replacement | None:
    """The search for the byte that ends a loop."""
    if len(turn.loads) != 1 or turn.ways:
        return None
    ((loaded, load),) = turn.loads.items()
    step = turn.step(load.address)
    wanted = wanted_value(turn, turn.test, loaded, load)
    if wanted is None or step is None or step.known != 1:
        return None
    offset, address = load.expr.offset, entry.value(load.address)
    found = function.variable("i32")
    run = Run(load.memory, 1, 1, (load.offset,))
    search = Expr(FIND, "i32", (address.expr(offset), wanted_byte(entry.value(wanted), load.expr)), run, offset)
    total = Affine.of(found).plus(address, -1).plus(Affine(1 - load.offset))
    return Replacement(Turns(total, 1, [Stmt((found,), search)], {loaded: wanted}), None)


def wanted_value(turn: Turn, test: Test, loaded: Var, load: Access) -> Affine | None:
    """The value of a loaded byte that ends the loop, if it is the same in each turn."""
    difference = test.left.plus(test.right, -1)
    coefficient = difference.terms.get(loaded, 0)
    if test.relation != "ne" or coefficient not in (1, 0xFFFFFFFF):
        return None
    value = Affine.of(loaded).plus(difference, -signed(coefficient))
    stays = turn.step(value)
    if stays is None or stays.known != 0:
        return None
    return value if load.expr.op in _BYTE_LOADS else None


def wanted_byte(value: Affine, load: Expr) -> Expr:
    """The byte that is loaded as a value; 256 or more where none is."""
    offset = load.offset
    if load.op is _LOAD_UNSIGNED or (value.known is not None and value.known < _SIGN):
        return value.expr(offset)
    if value.known is not None:
        return const("i32", value.plus(Affine(_SIGN)).constant ^ _SIGN, offset)
    return Expr(
        OPS["i32.xor"], "i32", (value.plus(Affine(_SIGN)).expr(offset), const("i32", _SIGN, offset)), None, offset
    )


def find_sum(turn: Turn, entry: Entry, function: FunctionIR) -> Replacement | None:
    """The statement that adds up all that a loop loads."""
    side = side_by_side(list(turn.loads.values())) if turn.loads and not turn.ways else None
    total = _accumulator(turn)
    if side is None or total is None or side.first.expr.op.mnemonic not in _SUMMED:
        return None
    step = turn.step(side.first.address)
    if step is None or step.known != side.width * len(side.order):
        return None
    turns = find_turns(turn, step.known, entry, function, side.first.expr.offset)
    if turns is None or turns.fewer_than(_FEWEST, len(side.order)):
        return None
    offset = side.first.expr.offset
    count, unroll = turns.count(len(side.order), offset)
    run = Run(side.first.memory, side.width, unroll, (side.displacement,))
    added = Expr(SUM, "i32", (entry.value(side.first.address).expr(offset), count), run, offset)
    stmt = Stmt((total,), Expr(OPS["i32.add"], "i32", (get(total, offset), added), None, offset))
    return Replacement(turns, stmt)


def _accumulator(turn: Turn) -> Var | None:
    """The variable that each turn adds every loaded value to, once, and to which nothing else is done."""
    for variable, value in turn.after.items():
        if value is not None and any(term in turn.loads for term in value.terms):
            wanted = {variable: 1, **dict.fromkeys(turn.loads, 1)}
            return variable if value.constant == 0 and value.terms == wanted else None
    return None
