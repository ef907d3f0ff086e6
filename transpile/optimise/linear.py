"""Integer expressions as sums: variables times constants, plus a constant, modulo 2**32."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from wasm2py.transpile.ir.cfg import Stmt
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, Var, const, get
from wasm2py.transpile.ir.intervals import FULL
from wasm2py.transpile.opcodes import OPS, Op

MASK = 0xFFFFFFFF
#: Sums of more terms are no addresses that a loop would step through.
_MOST_TERMS = 4
_ADD, _SUB, _MUL = OPS["i32.add"], OPS["i32.sub"], OPS["i32.mul"]
#: What is the sum of a variable and something else, or another name of such.
SUMS = frozenset({_ADD, _SUB, LOCAL_GET})
_SUMMING = frozenset({_ADD, OPS["i64.add"]})


def signed(value: int) -> int:
    """A number modulo 2**32 as the signed one."""
    return (value + (1 << 31) & MASK) - (1 << 31)


def own_step(stmt: Stmt) -> int:
    """The constant that an assignment adds to its own variable, an i32 or i64, signed; 0 if it does anything else."""
    if stmt.expr.op not in _SUMMING:
        return 0
    left, right = stmt.expr.args
    if left.op is not LOCAL_GET or left.imm not in stmt.targets or right.op not in CONSTS:
        return 0
    step: int = right.imm
    full = FULL[left.imm.type][1]
    return step if step <= full >> 1 else step - full - 1


class Linear(NamedTuple):
    """`terms` are variables with factors, in the order of their indices; both factors and constant are unsigned."""

    terms: tuple[tuple[Var, int], ...]
    constant: int

    def factor(self, variable: Var) -> int:
        """What the variable is multiplied by; 0 if it is no part of the sum."""
        return next((factor for var, factor in self.terms if var is variable), 0)

    def without(self, variable: Var) -> Linear:
        """The sum less the variable's term."""
        return Linear(tuple(term for term in self.terms if term[0] is not variable), self.constant)

    def plus(self, constant: int) -> Linear:
        """The sum and a constant."""
        return Linear(self.terms, self.constant + constant & MASK)

    def times(self, factor: int) -> Linear:
        """The sum multiplied."""
        terms = ((var, old * factor & MASK) for var, old in self.terms)
        return Linear(tuple(term for term in terms if term[1]), self.constant * factor & MASK)

    def added(self, other: Linear) -> Linear:
        """The sum of two sums."""
        factors = dict(self.terms)
        for var, factor in other.terms:
            factors[var] = factors.get(var, 0) + factor & MASK
        terms = sorted(((var, factor) for var, factor in factors.items() if factor), key=lambda term: term[0].index)
        return Linear(tuple(terms), self.constant + other.constant & MASK)

    def expr(self, offset: int) -> Expr:
        """The sum as an expression."""
        result: Expr | None = None
        for var, factor in self.terms:
            term = get(var, offset)
            if factor != 1:
                term = Expr(_MUL, "i32", (term, const("i32", factor, offset)), None, offset)
            result = term if result is None else Expr(_ADD, "i32", (result, term), None, offset)
        if result is None:
            return const("i32", self.constant, offset)
        return plus(result, self.constant)


def plus(expr: Expr, constant: int) -> Expr:
    """An i32 expression and a constant."""
    if not constant & MASK:
        return expr
    return Expr(_ADD, "i32", (expr, const("i32", constant & MASK, expr.offset)), None, expr.offset)


#: Var index → the sum that it was last given.
Definitions: TypeAlias = dict[int, Linear]


def linear(expr: Expr, known: Mapping[int, Linear]) -> Linear | None:
    """An i32 expression as a sum, through the `known` definitions of variables; None if it is none, or a long one."""
    if expr.op in CONSTS:
        return Linear((), expr.imm)
    if expr.op is LOCAL_GET:
        return known.get(expr.imm.index) or Linear(((expr.imm, 1),), 0)
    rule = _RULES.get(expr.op)
    if rule is None:
        return None
    left, right = (linear(arg, known) for arg in expr.args)
    if left is None or right is None:
        return None
    result = rule(left, right)
    return result if result is not None and len(result.terms) <= _MOST_TERMS else None


def _mul(left: Linear, right: Linear) -> Linear | None:
    if right.terms:
        left, right = right, left
    return None if right.terms else left.times(right.constant)


def _shl(left: Linear, right: Linear) -> Linear | None:
    return None if right.terms else left.times(1 << (right.constant & 31))


_RULES: dict[Op, Callable[[Linear, Linear], Linear | None]] = {
    _ADD: Linear.added,
    _SUB: lambda left, right: left.added(right.times(MASK)),
    _MUL: _mul,
    OPS["i32.shl"]: _shl,
}


def define(stmt: Stmt, known: Definitions) -> None:
    """Take note of what a statement assigns: sums that an assigned variable was part of are no longer known."""
    if not stmt.targets:
        return
    value = linear(stmt.expr, known) if len(stmt.targets) == 1 and stmt.expr.type == "i32" else None
    for target in stmt.targets:
        known.pop(target.index, None)
        for index in [index for index, sum_ in known.items() if sum_.factor(target)]:
            del known[index]
    if value is not None and not value.factor(stmt.targets[0]):
        known[stmt.targets[0].index] = value
