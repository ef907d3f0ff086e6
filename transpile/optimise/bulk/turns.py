"""How many turns a loop takes, worked out before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import gcd

from wasm2py.runtime.bulk import turns_below
from wasm2py.transpile.ir.bulk import TURNS_BELOW, TURNS_WHOLE
from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr, Var, const
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.bulk.affine import Affine
from wasm2py.transpile.optimise.bulk.entry import Entry
from wasm2py.transpile.optimise.bulk.turn import SWAPPED, Test, Turn
from wasm2py.transpile.optimise.linear import signed

#: What turns an order into the unsigned one, upwards: by (is it signed, does the counter go down).
_FLIPS = {(False, False): 0, (True, False): 1 << 31, (False, True): (1 << 32) - 1, (True, True): (1 << 31) - 1}


@dataclass(slots=True)
class Turns:
    """A loop takes `total / step` turns; a total of 0 means that it does not end while it is inside the memory.

    `stmts` compute what the total is made of; `last` holds what is known of values that the last turn loads.
    """

    total: Affine
    step: int
    stmts: list[Stmt] = field(default_factory=list)
    last: dict[Var, Affine] = field(default_factory=dict)

    def fewer_than(self, count: int, unroll: int) -> bool:
        """Whether there are certainly fewer turns times `unroll` than that."""
        return self.total.known is not None and self.total.known // self.step * unroll < count

    def count(self, unroll: int, offset: int) -> tuple[Expr, int]:
        """The turns times `unroll`, as an expression and a factor that it is still to be multiplied by."""
        common = gcd(self.step, unroll)
        divisor = self.step // common
        total = self.total.expr(offset)
        if divisor > 1:
            if self.total.known is not None:
                total = const("i32", self.total.known // divisor, offset)
            else:
                total = _divided(total, divisor, offset)
        return total, unroll // common


def _divided(total: Expr, divisor: int, offset: int) -> Expr:
    if divisor & (divisor - 1):
        return Expr(OPS["i32.div_u"], "i32", (total, const("i32", divisor, offset)), None, offset)
    return Expr(OPS["i32.shr_u"], "i32", (total, const("i32", divisor.bit_length() - 1, offset)), None, offset)


def moving(turn: Turn, test: Test) -> tuple[Test, Affine] | None:
    """A test with the side that changes on the left, and by how much that changes each turn."""
    left, right = turn.step(test.left), turn.step(test.right)
    if left is None or right is None:
        return None
    if right.known == 0:
        return test, left
    return (Test(test.right, SWAPPED[test.relation], test.left, test.signed), right) if left.known == 0 else None


def find_turns(turn: Turn, stride: int, entry: Entry, function: FunctionIR, offset: int) -> Turns | None:
    """How often a loop turns, each time moving through memory by `stride` bytes; None if that cannot be told.

    If it moves at least as fast as its counter, then it cannot miss its end and stay inside the memory.
    """
    find = _until_equal if turn.test.relation == "ne" else _while_below
    return find(turn, turn.test, stride, entry, function, offset)


def _until_equal(turn: Turn, test: Test, stride: int, entry: Entry, function: FunctionIR, offset: int) -> Turns | None:
    difference = test.left.plus(test.right, -1)
    growth = turn.step(difference)
    if growth is None or growth.known is None:
        return None
    step = signed(growth.known)
    before = difference.plus(Affine(step), -1)
    total = entry.value(before if step < 0 else before.times(-1))
    step = abs(step)
    if step == 0 or step > abs(stride):
        return None
    if total.known is not None:
        return Turns(total, step) if total.known and total.known % step == 0 else None
    if _zeros(total, entry) >= step.bit_length() - 1 and not step & (step - 1):
        return _named(total, step, function, offset)
    whole = Expr(TURNS_WHOLE, "i32", (total.expr(offset),), step, offset)
    return _in_variable(whole, step, function)


def _while_below(turn: Turn, test: Test, stride: int, entry: Entry, function: FunctionIR, offset: int) -> Turns | None:
    found = moving(turn, test)
    if found is None or found[1].known is None or test.relation == "eq":
        return None
    test, step = found[0], signed(found[1].known)
    if test.relation not in (("lt", "le") if step > 0 else ("gt", "ge")) or abs(step) > abs(stride):
        return None
    flip = _FLIPS[test.signed, step < 0]
    first, limit = (entry.value(side) for side in (test.left, test.right))
    past = test.relation in ("le", "ge")
    if first.known is not None and limit.known is not None:
        count = turns_below(first.known ^ flip, (limit.known ^ flip) + past, abs(step))
        return Turns(Affine(count), 1) if count else None
    args = (_flipped(first, flip, offset), _flipped(limit, flip, offset))
    return _in_variable(Expr(TURNS_BELOW, "i32", args, (abs(step), past), offset), 1, function)


def _flipped(value: Affine, flip: int, offset: int) -> Expr:
    if value.known is not None:
        return const("i32", value.known ^ flip, offset)
    expr = value.expr(offset)
    return Expr(OPS["i32.xor"], "i32", (expr, const("i32", flip, offset)), None, offset) if flip else expr


def _zeros(value: Affine, entry: Entry) -> int:
    """How many low bits of a sum are zero."""
    zeros = (value.constant & -value.constant).bit_length() - 1 if value.constant else 32
    for variable, coefficient in value.terms.items():
        zeros = min(zeros, (coefficient & -coefficient).bit_length() - 1 + entry.zeros(variable))
    return zeros


def _named(total: Affine, step: int, function: FunctionIR, offset: int) -> Turns:
    """A total that may be used more than once: in a variable, unless it is one."""
    expr = total.expr(offset)
    return Turns(total, step) if expr.op is LOCAL_GET else _in_variable(expr, step, function)


def _in_variable(total: Expr, step: int, function: FunctionIR) -> Turns:
    variable = function.variable("i32")
    return Turns(Affine.of(variable), step, [Stmt((variable,), total)])
