"""Searches for bytes that take 16 or more at a time, with vector instructions.

A loop that ends only there becomes one search and the last of its turns (`blocksend` tells what that leaves). One that
may also end because it has come far enough is left for what the search before it does not find.
"""

from __future__ import annotations

from typing import NamedTuple

from wasm2py.transpile.ir.bulk import FIND_BLOCK, FIND_IN_BLOCKS, Blocks
from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Jump, Stmt, predecessors, retarget
from wasm2py.transpile.ir.expr import CONSTS, Expr, Var, const, get
from wasm2py.transpile.ir.liveness import live_in
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.bulk.affine import Affine
from wasm2py.transpile.optimise.bulk.blocksend import last_turn
from wasm2py.transpile.optimise.bulk.hits import Uniform, Wanted, uniform_byte
from wasm2py.transpile.optimise.bulk.rewrite import assignments
from wasm2py.transpile.optimise.bulk.stores import Side, side_by_side
from wasm2py.transpile.optimise.bulk.turn import SWAPPED, Access, Test, Turn
from wasm2py.transpile.optimise.bulk.turns import moving
from wasm2py.transpile.optimise.bulk.vectorturn import TESTS, Search, read_search
from wasm2py.transpile.optimise.linear import signed

_AND, _XOR = OPS["i32.and"], OPS["i32.xor"]
_BYTE_OF, _SPLAT = OPS["i8x16.extract_lane_u"], OPS["i8x16.splat"]
_SIGN = 1 << 31


def search_blocks(function: FunctionIR, loops: list[list[Block]]) -> bool:
    """Rewrite each of these loops that is one; whether any was."""
    changed: set[Block] = set()
    for chain in loops:
        if any(map(_tests_lanes, chain)) and changed.isdisjoint(chain) and _rewritten(chain, function):
            changed.update(chain)
            function.edges_changed()
    return bool(changed)


def _tests_lanes(block: Block) -> bool:
    """Whether a branch depends on lanes, or on a variable that the block made of them."""
    if not isinstance(block.end, Branch):
        return False
    test = block.end.condition
    made = [stmt.expr for stmt in block.stmts for target in stmt.targets if test.variables >> target.index & 1]
    return any(each.op in TESTS for expr in (test, *made) for each in expr.walk())


def _rewritten(chain: list[Block], function: FunctionIR) -> bool:
    search = read_search(chain, _uniform_in(function, chain))
    side = None if search is None else _side(search.hits.loads)
    if search is None or side is None:
        return False
    step, header = side.width * len(side.order), chain[0]
    moves = search.turn.step(side.first.address)
    live = live_in(function)[header.id]
    carried = [variable for variable in search.turn.after if live >> variable.index & 1]
    steps = {
        v: signed(by.known) for v in carried if (by := search.turn.steps.get(v)) is not None and by.known is not None
    }
    if moves is None or moves.known != step or len(steps) != len(carried):
        return False
    if search.tests:
        return _find_or_skip(search, side, steps, function)
    _find(search, side, steps, function)
    return True


def _uniform_in(function: FunctionIR, chain: list[Block]) -> Uniform:
    """What there is to know of variables that a loop leaves alone."""
    assigned = {target for block in chain for stmt in block.stmts for target in stmt.targets}

    def uniform(variable: Var) -> int | Var | None:
        if variable in assigned or variable.type != "v128":
            return None if variable in assigned else variable
        stmts = [stmt for block in function.reverse_postorder() for stmt in block.stmts if variable in stmt.targets]
        if variable in function.params or not stmts:
            return None
        known = {uniform_byte(stmt.expr.imm) if stmt.expr.op in CONSTS else -1 for stmt in stmts}
        if all(stmt.expr.op is _SPLAT or stmt.expr.op in CONSTS for stmt in stmts) and None not in known:
            byte = known.pop()
            return variable if known or byte == -1 else byte
        return None

    return uniform


def _side(loads: tuple[Access, ...]) -> Side | None:
    """What is loaded in each turn, if there is no gap in it: from the lowest place on."""
    for first in loads:
        side = side_by_side([first, *(load for load in loads if load is not first)])
        if side is not None and side.lowest == 0:
            return side
    return None


def _operands(search: Search, side: Side) -> tuple[Expr, ...]:
    """Where the first turn loads, and the bytes that are variables."""
    offset = side.first.expr.offset
    bytes_ = sorted(search.hits.wanted.variables, key=lambda variable: variable.index)
    return side.first.address.expr(offset), *(_byte(variable, offset) for variable in bytes_)


def _byte(variable: Var, offset: int) -> Expr:
    value = get(variable, offset)
    if variable.type == "v128":
        return Expr(_BYTE_OF, "i32", (value,), 0, offset)
    return Expr(_AND, "i32", (value, const("i32", 255, offset)), None, offset)


def _blocks(side: Side, wanted: Wanted, tests: tuple[tuple[int, int], ...] = ()) -> Blocks:
    values = bytes(value for value in range(256) if wanted.values >> value & 1)
    return Blocks(side.first.memory, side.displacement, side.width * len(side.order), values, tests)


# Loops that only end where they find something


def _find(search: Search, side: Side, steps: dict[Var, int], function: FunctionIR) -> None:
    """The search, then what the loop does in its last turn."""
    index, offset = function.variable("i32"), side.first.expr.offset
    found = Expr(FIND_BLOCK, "i32", _operands(search, side), _blocks(side, search.hits.wanted), offset)
    stmts, exit_ = _found(search, side, steps, index, function)
    header = search.turn.blocks[0]
    header.stmts = [Stmt((index,), found), *stmts]
    header.end = Jump(exit_)


def _found(
    search: Search, side: Side, steps: dict[Var, int], index: Var, function: FunctionIR
) -> tuple[list[Stmt], Block]:
    """What is left to do where a byte is found at an index, and the block that comes then."""
    offset, step = side.first.expr.offset, side.width * len(side.order)
    rest = function.variable("i32")
    stmts = [Stmt((rest,), _rest(index, step, offset))]
    stmts += _moved(steps, step, Affine.of(index).plus(Affine.of(rest), -1), function, offset)
    last, exit_ = last_turn(search, rest, function)
    return stmts + last, exit_


def _rest(index: Var, step: int, offset: int) -> Expr:
    op, by = (OPS["i32.rem_u"], step) if step & (step - 1) else (_AND, step - 1)
    return Expr(op, "i32", (get(index, offset), const("i32", by, offset)), None, offset)


def _moved(steps: dict[Var, int], step: int, size: Affine, function: FunctionIR, offset: int) -> list[Stmt]:
    """What the variables are after as many turns as there are steps in a size."""
    stmts: list[Stmt] = []
    turns = size
    if any(by % step for by in steps.values()):
        counted = function.variable("i32")
        divided = Expr(OPS["i32.div_u"], "i32", (size.expr(offset), const("i32", step, offset)), None, offset)
        stmts, turns = [Stmt((counted,), divided)], Affine.of(counted)
    by_turns = {v: Affine.of(v).plus(*(turns, by) if by % step else (size, by // step)) for v, by in steps.items()}
    return stmts + assignments(by_turns, function, offset)


# Loops that may end elsewhere


def _find_or_skip(search: Search, side: Side, steps: dict[Var, int], function: FunctionIR) -> bool:
    """A search as far as the loop is sure to come; if that finds nothing, the loop goes on from there.

    False if nobody can tell how far that is.
    """
    limits = [_limit(search.turn, test) for test in search.tests]
    known = [limit for limit in limits if limit is not None]
    if len(known) < len(limits):
        return False
    header, offset, step = search.turn.blocks[0], side.first.expr.offset, side.width * len(side.order)
    operands = _operands(search, side) + tuple(side_ for limit in known for side_ in _compared(limit, offset))
    blocks = _blocks(side, search.hits.wanted, tuple((limit.more, limit.step) for limit in known))
    index, entered, found, absent = function.variable("i32"), function.block(), function.block(), function.block()
    entered.stmts = [Stmt((index,), Expr(FIND_IN_BLOCKS, "i32", operands, blocks, offset))]
    found.stmts, exit_ = _found(search, side, steps, index, function)
    absent.stmts = _moved(steps, step, Affine(-1).plus(Affine.of(index), -1), function, offset)
    is_index = Expr(OPS["i32.ge_s"], "i32", (get(index, offset), const("i32", 0, offset)), None, offset)
    entered.end, found.end, absent.end = Branch(is_index, found, absent), Jump(exit_), Jump(header)
    _enter(search.turn.blocks, entered, function)
    return True


def _enter(loop: list[Block], entered: Block, function: FunctionIR) -> None:
    """Let what leads to a loop lead elsewhere."""
    for block in predecessors(function.reverse_postorder())[loop[0].id]:
        if block not in loop:
            block.end = retarget(block.end, lambda to: entered if to is loop[0] else to)
    if function.entry is loop[0]:
        function.entry = entered


class _Limit(NamedTuple):
    """A test holds in as many turns as `(upper - lower + more) // step` says, if that is positive."""

    lower: Affine
    upper: Affine
    more: int
    step: int
    signed: bool = False


def _limit(turn: Turn, test: Test) -> _Limit | None:
    """In how many turns a test is sure to hold; None if that cannot be told."""
    found = moving(turn, _settled(test))
    if found is None or found[1].known is None:
        return None
    test, step = found[0], signed(found[1].known)
    lower, upper = (test.left, test.right) if step > 0 else (test.right, test.left)
    if test.relation == "ne" and step:
        return _Limit(Affine(), upper.plus(lower, -1), abs(step) - 1, abs(step))
    if test.relation not in (("lt", "le") if step > 0 else ("gt", "ge") if step else ()):
        return None
    return _Limit(lower, upper, abs(step) - (test.relation in ("lt", "gt")), abs(step), test.signed)


def _settled(test: Test) -> Test:
    """Whether a difference has not wrapped, as whether the number is no less than what is taken from it."""
    if test.relation in ("ge", "gt"):
        test = Test(test.right, SWAPPED[test.relation], test.left, test.signed)
    less = test.right.plus(test.left, -1).known
    if test.relation == "le" and not test.signed and less is not None and signed(less) > 0:
        return Test(test.right, "ge", Affine(less), signed=False)
    return test


def _compared(limit: _Limit, offset: int) -> tuple[Expr, Expr]:
    """Both ends, signed numbers made greater by 2**31."""
    return _flipped(limit.lower, limit.signed, offset), _flipped(limit.upper, limit.signed, offset)


def _flipped(value: Affine, flip: bool, offset: int) -> Expr:
    expr = value.expr(offset)
    return Expr(_XOR, "i32", (expr, const("i32", _SIGN, offset)), None, offset) if flip else expr
