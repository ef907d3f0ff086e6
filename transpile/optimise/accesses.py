"""What a memory access that did not trap says of the variable in its address, for `ranges`.

An address is followed where it is a variable, perhaps shifted left, plus a constant. Memories end one page short of
2**32, so an access at `p` leaves room for `p + 4`, and one at `p - 4` shows that `p` was at least 4.

What an access bounds from above may be taken for granted *before* it, as far back as nothing happens that can be seen:
where it is not so, the access is going to trap, and an address that was put together without wrapping lies beyond the
end of the memory and traps just the same. A bound from below may not: addresses below zero count from the end.
"""

from __future__ import annotations

from typing import NamedTuple

from wasm2py.runtime.types import LARGEST_MEMORY, PAGE_SIZE
from wasm2py.transpile.ir.bulk import COPY, FILL, SUM, Run
from wasm2py.transpile.ir.cfg import Block
from wasm2py.transpile.ir.expr import AND, CONSTS, LOCAL_GET, NOT, OR, TRAPS_OTHERWISE, WRITES, Expr, Var
from wasm2py.transpile.ir.intervals import FULL, Interval
from wasm2py.transpile.opcodes import ACCESSES, OPS

#: Where a memory ends at the latest.
END = LARGEST_MEMORY
_SIZE = 1 << 32
_ADD, _SHL = OPS["i32.add"], OPS["i32.shl"]
#: Loops in one piece that go through all of their elements, wherever they do not trap.
_RUNS = frozenset({FILL, COPY, SUM})
#: Conditions of which not every part need have been evaluated.
_MAY_STOP_EARLY = frozenset({AND, OR, NOT})


class Access(NamedTuple):
    """An access at `(variable << shift) + constant` modulo 2**32, whose address is at most `last`."""

    variable: Var
    shift: int
    constant: int
    last: int

    def above(self, bounds: Interval) -> int | None:
        """The greatest value that the variable can have had, of those in `bounds`, if that is less."""
        low, high = bounds
        lowest, highest = (low << self.shift) + self.constant, (high << self.shift) + self.constant
        if highest < _SIZE:
            bound = self.last - self.constant
        elif lowest >= _SIZE and highest < 2 * _SIZE:
            bound = self.last - self.constant + _SIZE
        else:
            return None
        bound >>= self.shift
        return bound if low <= bound < high else None

    def below(self, bounds: Interval) -> int | None:
        """The least value that it can have had: less would have wrapped to the page that no memory has."""
        minus = _SIZE - self.constant
        if self.shift or minus > PAGE_SIZE:
            return None
        return minus if bounds[0] < minus <= bounds[1] else None


def accesses(expr: Expr) -> list[Access]:
    """The accesses that evaluating an expression makes for certain."""
    found: list[Access] = []
    pending = [expr]
    while pending:
        node = pending.pop()
        if node.variables and node.effects and node.op not in _MAY_STOP_EARLY:
            if node.op.family in ACCESSES:
                access = _access(node.args[0], END - node.op.width - node.imm[1])
                if access is not None:
                    found.append(access)
            elif node.op in _RUNS:
                found += _run(node)
            pending += node.args
    return found


def _access(address: Expr, last: int) -> Access | None:
    shift = constant = 0
    if address.op is _ADD and address.args[1].op in CONSTS:
        address, constant = address.args[0], address.args[1].imm
    if address.op is _SHL and address.args[1].op in CONSTS:
        address, shift = address.args[0], address.args[1].imm & 31
    if address.op is not LOCAL_GET:
        return None
    return Access(address.imm, shift, constant, last)


def _run(node: Expr) -> list[Access]:
    """The accesses to so many elements as are known beforehand."""
    run: Run = node.imm
    count = node.args[len(run.displacements)]
    if count.op not in CONSTS or not count.imm:
        return []
    found: list[Access] = []
    for address, more in zip(node.args, run.displacements, strict=False):
        access = _access(address, END - count.imm * run.unroll * run.width)
        if access is None:
            continue
        if -more >= access.constant:  # an operand that had wrapped would be less than what is taken away from it
            found.append(access._replace(constant=access.constant + more & _SIZE - 1))
        elif more >= 0:
            found.append(access._replace(last=access.last - more))
    return found


def bounded_after(access: Access, state: dict[int, Interval]) -> None:
    """Note what holds once the access has been made."""
    index = access.variable.index
    bounds = state.get(index, FULL["i32"])
    low, high = access.below(bounds), access.above(bounds)
    if low is not None or high is not None:
        state[index] = (bounds[0] if low is None else low, bounds[1] if high is None else high)


def bounded_before(coming: list[Access], state: dict[int, Interval]) -> None:
    """Note what may be taken for granted before accesses that are going to be made."""
    for access in coming:
        bounds = state.get(access.variable.index, FULL["i32"])
        high = access.above(bounds)
        if high is not None:
            state[access.variable.index] = (bounds[0], high)


def coming(block: Block, made: list[list[Access]]) -> list[list[Access]]:
    """For each statement, and for the block's end, the accesses that it or what follows is going to make.

    `made` are the accesses of each expression of the block. They are coming up to and including the next statement that
    writes, may trap otherwise, or changes the variable.
    """
    later: list[Access] = []
    if not any(made):
        return [later] * (len(block.stmts) + 1)
    result: list[list[Access]] = []
    ends = block.end.exprs
    for expr, own in zip(reversed(ends), reversed(made[len(block.stmts) :]), strict=True):
        later = _before(expr, own, later)
    result.append(later)
    for stmt, own in zip(reversed(block.stmts), reversed(made[: len(block.stmts)]), strict=True):
        if later and stmt.targets:
            later = [access for access in later if access.variable not in stmt.targets]
        later = _before(stmt.expr, own, later)
        result.append(later)
    result.reverse()
    return result


def _before(expr: Expr, own: list[Access], later: list[Access]) -> list[Access]:
    """What is coming before an expression, given its own accesses and what is after it."""
    if not expr.effects:
        return later
    if expr.effects & TRAPS_OTHERWISE or any(arg.effects & WRITES for arg in expr.args):
        return []
    if not expr.effects & WRITES:
        return own + later if own else later
    return own if expr.op.family in ("store", "vector_store") else []
