"""What is known of variables where a loop is entered, from the assignments on the ways there."""

from __future__ import annotations

from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt
from wasm2py.transpile.ir.expr import CONSTS, Expr, Var
from wasm2py.transpile.optimise.bulk.affine import Affine

#: How many blocks are looked at for one variable.
_FURTHEST = 24


class Entry:
    """The ways into a loop that is a chain of blocks."""

    def __init__(self, loop: list[Block], function: FunctionIR, before: dict[int, list[Block]]) -> None:
        self.loop = loop
        self.first = function.entry
        self.before = before
        outside = [block for block in before[loop[0].id] if block not in loop]
        if loop[0] is function.entry:
            self.ways = []
        else:
            self.ways = outside or [loop[-1]]  # the test that the first turn comes to from outside, too

    def value(self, sum_: Affine) -> Affine:
        """The sum with the variables replaced that are constants here."""
        known = {variable: value for variable in sum_.terms if (value := self._constant(variable)) is not None}
        return sum_.substituted(known) if known else sum_

    def _constant(self, variable: Var) -> Affine | None:
        """The constant that an i32 variable holds on every way in."""
        values = self._values(variable)
        if not values or any(value.op not in CONSTS or value.imm != values[0].imm for value in values):
            return None
        return Affine(values[0].imm)

    def zeros(self, variable: Var) -> int:
        """How many low bits of a variable are zero on every way in."""
        values = self._values(variable)
        return min(low_zeros(value, {}) for value in values) if values else 0

    def _values(self, variable: Var) -> list[Expr]:
        """All that may have been assigned to a variable last; nothing if that is not clear."""
        found: list[Expr] = []
        seen: set[int] = set()
        pending = list(self.ways)
        while pending:
            block = pending.pop()
            stmt = _assignment(block, variable)
            if stmt is not None:
                if len(stmt.targets) != 1:
                    return []
                found.append(stmt.expr)
            elif block is self.first or len(seen) > _FURTHEST:
                return []
            else:
                fresh = [b for b in self.before[block.id] if b.id not in seen and b not in self.loop]
                pending += fresh
                seen.update(other.id for other in fresh)
        return found


def _assignment(block: Block, variable: Var) -> Stmt | None:
    """The last assignment to a variable in a block."""
    return next((stmt for stmt in reversed(block.stmts) if variable in stmt.targets), None)
