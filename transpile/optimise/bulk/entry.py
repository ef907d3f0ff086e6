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
        self.first = function.entry
        self.before = before
        self.test: Block | None = None  # what the first turn comes through from outside, too
        header = loop[0]
        if not any(block not in loop for block in before[header.id]) and header is not function.entry:
            header = self.test = loop[-1]
        self.ways = [block for block in before[header.id] if block not in loop]
        self.clear = header is not function.entry

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
        if not self.clear:
            return []
        tested = None if self.test is None else _assignment(self.test, variable)
        found: list[Stmt] = [] if tested is None else [tested]
        pending = [] if found else list(self.ways)
        seen = {block.id for block in pending}
        while pending:
            block = pending.pop()
            stmt = _assignment(block, variable)
            if stmt is not None:
                found.append(stmt)
            elif block is self.first or len(seen) > _FURTHEST:
                return []
            else:
                pending += [other for other in self.before[block.id] if other.id not in seen]
                seen.update(other.id for other in self.before[block.id])
        return [stmt.expr for stmt in found] if all(len(stmt.targets) == 1 for stmt in found) else []


def _assignment(block: Block, variable: Var) -> Stmt | None:
    """The last assignment to a variable in a block."""
    return next((stmt for stmt in reversed(block.stmts) if variable in stmt.targets), None)
