"""Sums of variables times constants, modulo 2**32: what addresses and counters of loops are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, Var, const, get
from wasm2py.transpile.opcodes import OPS, Op

_MASK = 0xFFFFFFFF
_ADD, _SUB, _MUL = OPS["i32.add"], OPS["i32.sub"], OPS["i32.mul"]


class Affine:
    """`constant` plus each variable times its coefficient (never 0), all modulo 2**32."""

    __slots__ = ("constant", "terms")

    def __init__(self, constant: int = 0, terms: Mapping[Var, int] | None = None) -> None:
        self.constant = constant & _MASK
        self.terms: dict[Var, int] = {v: c & _MASK for v, c in terms.items() if c & _MASK} if terms else {}

    @staticmethod
    def of(variable: Var) -> Affine:
        """A variable itself."""
        return Affine(0, {variable: 1})

    def plus(self, other: Affine, times: int = 1) -> Affine:
        """The sum with a multiple of another."""
        terms = dict(self.terms)
        for variable, coefficient in other.terms.items():
            terms[variable] = terms.get(variable, 0) + times * coefficient
        return Affine(self.constant + times * other.constant, terms)

    def times(self, factor: int) -> Affine:
        """A multiple."""
        return Affine(0).plus(self, factor)

    def substituted(self, values: Mapping[Var, Affine]) -> Affine:
        """The same with variables replaced, where `values` has something for them."""
        result = Affine(self.constant)
        for variable, coefficient in self.terms.items():
            value = values.get(variable)
            result = result.plus(Affine.of(variable) if value is None else value, coefficient)
        return result

    @property
    def known(self) -> int | None:
        """The value, where no variable is in it."""
        return None if self.terms else self.constant

    def same(self, other: Affine) -> bool:
        """Whether both are the same sum."""
        return self.constant == other.constant and self.terms == other.terms

    def expr(self, offset: int) -> Expr:
        """The sum as an expression, what is added before what is subtracted."""
        by_sign = sorted(self.terms.items(), key=lambda term: (_negative(term[1]), term[0].index))
        starts = not by_sign or _negative(by_sign[0][1])
        result = const("i32", self.constant, offset) if starts else None
        for variable, coefficient in by_sign:
            factor = -coefficient & _MASK if _negative(coefficient) else coefficient
            term = get(variable, offset)
            if factor != 1:
                term = _binary(_MUL, term, const("i32", factor, offset), offset)
            op = _SUB if _negative(coefficient) else _ADD
            result = term if result is None else _binary(op, result, term, offset)
        assert result is not None
        if starts or not self.constant:
            return result
        return _binary(_ADD, result, const("i32", self.constant, offset), offset)


def _negative(coefficient: int) -> bool:
    return coefficient > _MASK >> 1


def _binary(op: Op, left: Expr, right: Expr, offset: int) -> Expr:
    return Expr(op, "i32", (left, right), None, offset)


#: What stands for a loaded value in a sum; None where there can be none.
Loaded: TypeAlias = "Callable[[Expr], Affine | None]"


def affine(expr: Expr, known: Mapping[Var, Affine | None], loaded: Loaded = lambda expr: None) -> Affine | None:
    """An i32 expression as a sum, given what some variables hold (None: no sum); None if it is no sum."""
    if expr.type != "i32":
        return None
    if expr.op in CONSTS:
        return Affine(expr.imm)
    if expr.op is LOCAL_GET:
        return known[expr.imm] if expr.imm in known else Affine.of(expr.imm)
    if expr.op.family == "load":
        return loaded(expr)
    rule = _RULES.get(expr.op.mnemonic)
    if rule is None:
        return None
    left = affine(expr.args[0], known, loaded)
    right = affine(expr.args[1], known, loaded) if left is not None else None
    return rule(left, right) if left is not None and right is not None else None


def _multiplied(left: Affine, right: Affine) -> Affine | None:
    if right.known is not None:
        return left.times(right.known)
    return right.times(left.known) if left.known is not None else None


def _shifted(left: Affine, right: Affine) -> Affine | None:
    return left.times(1 << (right.known & 31)) if right.known is not None else None


_RULES: dict[str, Callable[[Affine, Affine], Affine | None]] = {
    "i32.add": lambda left, right: left.plus(right),
    "i32.sub": lambda left, right: left.plus(right, -1),
    "i32.mul": _multiplied,
    "i32.shl": _shifted,
}
