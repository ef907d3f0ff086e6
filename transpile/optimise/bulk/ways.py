"""What is known of variables on the ways through a few blocks, remainders by powers of two included."""

from __future__ import annotations

from typing import NamedTuple

from wasm2py.transpile.ir.bulk import COPY, FILL, TURNS_WHOLE
from wasm2py.transpile.ir.cfg import Block, Branch, Jump, Stmt
from wasm2py.transpile.ir.expr import CONSTS, READS_GLOBALS, Expr, Var
from wasm2py.transpile.ir.intervals import FULL
from wasm2py.transpile.optimise import refine
from wasm2py.transpile.optimise.bulk.affine import Affine, affine

#: How many blocks of a way are looked at.
FURTHEST = 8
_RUNS = frozenset({FILL, COPY})
_POSITIVE = 0x7FFFFFFF


class Rest(NamedTuple):
    """A variable that stands for the remainder of a sum by a power of two."""

    variable: Var
    of: Affine
    by: int


class Operation(NamedTuple):
    """A fill or copy on a way: its instruction, and where and how many elements, as sums."""

    expr: Expr
    addresses: list[Affine]
    total: Affine


class Known:
    """What variables hold at a point of a way, as sums of what they held at its start; None for what is no sum.

    `rests` are the remainders that sums may contain, `zero` those that are 0 on this way; `bounds` bound variables at
    the start.
    """

    def __init__(self) -> None:
        self.holds: dict[Var, Affine | None] = {}
        self.rests: list[Rest] = []
        self.zero: dict[Var, Affine] = {}
        self.bounds: refine.State = {}
        self.operations: list[Operation] = []

    def copy(self) -> Known:
        """The same, for another way on from here; the remainders are shared."""
        other = Known()
        other.holds, other.zero = dict(self.holds), dict(self.zero)
        other.rests, other.bounds, other.operations = self.rests, self.bounds, [*self.operations]
        return other

    def value(self, expr: Expr) -> Affine | None:
        """An expression here as a sum."""
        if expr.op is TURNS_WHOLE:
            total = self.value(expr.args[0])
            return total if total is not None and self._is_multiple(total, expr.imm) else None
        if expr.op.mnemonic == "i32.and" and expr.args[1].op in CONSTS:
            left = self.value(expr.args[0])
            return None if left is None else self._masked(left, expr.args[1].imm)
        if expr.op.mnemonic in ("i32.add", "i32.sub"):
            left, right = map(self.value, expr.args)
            if left is None or right is None:
                return None
            return left.plus(right, 1 if expr.op.mnemonic == "i32.add" else -1)
        return affine(expr, self.holds)

    def _masked(self, value: Affine, mask: int) -> Affine | None:
        """A sum's remainder, or the sum without its remainder, by what the mask lets through."""
        if mask <= _POSITIVE < mask << 1 and self.most(value) <= _POSITIVE:
            mask |= _POSITIVE + 1
        for bits, rest_only in ((mask, True), (~mask & 0xFFFFFFFF, False)):
            if not bits & (bits + 1):
                rest = Affine.of(self.rest(value, bits + 1).variable)
                return rest if rest_only else value.plus(rest, -1)
        return None

    def rest(self, value: Affine, by: int) -> Rest:
        """The remainder of a sum."""
        value = _reduced(value, by)
        for rest in self.rests:
            if rest.by == by and rest.of.same(value):
                return rest
        self.rests.append(Rest(Var(~len(self.rests), "i32"), value, by))
        return self.rests[-1]

    def _is_multiple(self, total: Affine, step: int) -> bool:
        """Whether a sum is a multiple of a power of two, for it is one less its remainder, or has none on this way."""
        for rest in self.rests:
            whole = total if rest.variable in self.zero else total.plus(Affine.of(rest.variable))
            if rest.by == step and rest.of.same(_reduced(whole, step)):
                return True
        return False

    def most(self, value: Affine) -> int:
        """The greatest that a variable can be (or any sum)."""
        return self._bounds(value)[1]

    def least(self, value: Affine) -> int:
        """The least that a variable can be (or any sum)."""
        return self._bounds(value)[0]

    def _bounds(self, value: Affine) -> tuple[int, int]:
        variable = next(iter(value.terms), None)
        alone = variable is not None and value.same(Affine.of(variable))
        return self.bounds.get(variable.index, FULL["i32"]) if variable is not None and alone else FULL["i32"]

    def execute(self, stmt: Stmt) -> bool:
        """Go on past a statement; False if it does more than assign or fill or copy."""
        expr = stmt.expr
        if expr.op in _RUNS:
            sums = [self.value(arg) for arg in expr.args[: len(expr.imm.displacements) + 1]]
            known = [value for value in sums if value is not None]
            self.operations.append(Operation(expr, known[:-1], known[-1] if known else Affine()))
            return len(known) == len(sums)
        for target in stmt.targets:
            self.holds[target] = self.value(expr) if len(stmt.targets) == 1 and expr.type == "i32" else None
        return not expr.effects & ~READS_GLOBALS

    def forget(self, variable: Var) -> None:
        """A variable is assigned before the way starts: what was known in terms of it is so no longer."""
        stale = {rest.variable for rest in self.rests if variable in rest.of.terms} | {variable}
        self.rests = [rest for rest in self.rests if rest.variable not in stale]
        self.bounds.pop(variable.index, None)
        self.holds = {
            v: value
            for v, value in self.holds.items()
            if v is not variable and value is not None and not stale & value.terms.keys()
        }


def _reduced(value: Affine, by: int) -> Affine:
    """What has the same remainder by a power of two."""
    return Affine(value.constant % by, {v: c % by for v, c in value.terms.items()})


def learned(block: Block, before: dict[int, list[Block]], entry: Block) -> Known:
    """What is known at the end of a block, from it and the blocks that control must just have come through."""
    chain = [block]
    while len(chain) < FURTHEST and chain[-1] is not entry and len(before[chain[-1].id]) == 1:
        chain.append(before[chain[-1].id][0])
    known = Known()
    for position, passed in reversed(list(enumerate(chain))):
        for stmt in passed.stmts:
            _learn(stmt, known)
        end = passed.end
        if position and isinstance(end, Branch) and end.then is not end.other:
            refine.refine(end.condition, end.then is chain[position - 1], known.bounds)
    return known


def _learn(stmt: Stmt, known: Known) -> None:
    value = known.value(stmt.expr) if len(stmt.targets) == 1 and not stmt.expr.effects else None
    for target in stmt.targets:
        known.forget(target)
        rests = {rest.variable for rest in known.rests}
        if value is not None and all(v is not target and (v.index >= 0 or v in rests) for v in value.terms):
            known.holds[target] = value


Places = list[tuple[Block, Known]]


def places(block: Block, known: Known) -> Places:
    """The blocks that control comes through from a block on without a choice, each with what is known before it."""
    result = [(block, known)]
    while len(result) < FURTHEST and isinstance(block.end, Jump):
        known = known.copy()
        if not all(known.execute(stmt) for stmt in block.stmts):
            break
        block = block.end.target
        result.append((block, known))
    return result


def meeting(one: Places, other: Places) -> tuple[Block, Known, Known] | None:
    """The first block of one way that is on another as well, and what is known before it on each."""
    for block, known in one:
        for passed, known_there in other:
            if passed is block:
                return block, known, known_there
    return None
