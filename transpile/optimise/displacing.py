"""`displacing`: a constant that only makes addresses moves from the sums that have it to the accesses.

    i = frame + at; x = mem[i + 1088]       instead of         i = frame + at + 1088; x = mem[i]

In the *cpython* dialect an access at an offset costs no more than one at none (`emit/places.py`). Needs the final
graph with its marks, and keeps those true. Only sums that do not wrap will do, and no variable that is stepped: for
one sum before a loop, every turn of it would pay where bytes are quicker without an offset.
"""

from __future__ import annotations

from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.cfg import FunctionIR, map_end
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, Var, const, get
from wasm2py.transpile.ir.intervals import FULL, interval
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.linear import signed

_ADD, _OR = OPS["i32.add"], OPS["i32.or"]
_SUMS = frozenset({_ADD, _OR})
_TOP = FULL["i32"][1]
#: What is made of what was made of something else takes another round.
_MOST_ROUNDS = 3


def displace(function: FunctionIR) -> None:
    """Rewrite a function in place."""
    for _ in range(_MOST_ROUNDS):
        found = _Displacements(function)
        if not found.constants:
            return
        found.rewrite()
        function.statements_changed()


class _Displacements:
    """By variable the constant that all sums it is given have in common, and the variable that does without."""

    def __init__(self, function: FunctionIR) -> None:
        self.function = function
        self.blocks = function.reverse_postorder()
        self.constants = self._given()
        if self.constants:
            self._only_accessed()
        self.new = {index: function.variable("i32") for index in self.constants}

    def _given(self) -> dict[int, int]:
        """The variables that are given nothing but sums with a constant that do not wrap."""
        found: dict[int, int] = {}
        others = {param.index for param in self.function.params}
        for block in self.blocks:
            for stmt in block.stmts:
                expr = stmt.expr
                constant = _constant(expr) if expr.op in _SUMS else 0
                for target in stmt.targets:
                    index = target.index
                    if not constant or expr.variables >> index & 1 or target.signed or target.unwrapped or stmt.counts:
                        others.add(index)
                    elif constant < found.get(index, _TOP):
                        found[index] = constant
        return {index: constant for index, constant in found.items() if index not in others}

    def _only_accessed(self) -> None:
        """Keep the variables of which nothing is made but addresses, or sums that are not below zero."""
        self.mask = sum(1 << index for index in self.constants)
        for block in self.blocks:
            for stmt in block.stmts:
                if stmt.in_range or self._displaced(stmt.expr) is None:
                    self._reads(stmt.expr)
            for expr in block.end.exprs:
                self._reads(expr)

    def _reads(self, expr: Expr) -> None:
        """Give up what an expression reads otherwise."""
        if not expr.variables & self.mask:
            return
        if expr.op is LOCAL_GET:
            self._give_up(expr.imm)
            return
        args = expr.args
        if expr.op.family in ("load", "store") and self._is_place(expr):
            args = args[1:]
        for arg in args:
            self._reads(arg)

    def _give_up(self, variable: Var) -> None:
        if self.constants.pop(variable.index, 0):
            self.mask &= ~(1 << variable.index)

    def _is_place(self, access: Expr) -> bool:
        """Whether an access goes to a displaced variable, at no loss."""
        address, offset = access.args[0], access.imm[1]
        if address.op is not LOCAL_GET:
            return self._displaced(address) is not None
        return address.imm.index in self.constants and (access.op.width > 1 or offset > 0)

    def _displaced(self, expr: Expr) -> tuple[Expr, int] | None:
        """The read and the constant of the sum of a displaced variable and a constant, if that is not below zero."""
        if expr.op is not _ADD or expr.args[1].op not in CONSTS or expr.args[0].op is not LOCAL_GET:
            return None
        constant = self.constants.get(expr.args[0].imm.index)
        more = signed(expr.args[1].imm)
        return (expr.args[0], more) if constant is not None and 0 <= -more <= constant else None

    def rewrite(self) -> None:
        """Put the new variables in the place of the old."""
        for block in self.blocks:
            for stmt in block.stmts:
                if stmt.expr.variables & self.mask:
                    stmt.expr = self._told(stmt.expr)
                if len(stmt.targets) == 1 and stmt.targets[0].index in self.constants:
                    index = stmt.targets[0].index
                    stmt.targets = (self.new[index],)
                    stmt.expr = _less(stmt.expr, self.constants[index])
                if stmt.counts is not None:
                    self._known(stmt.counts.entered)
            ends = block.end.exprs
            if any(expr.variables & self.mask for expr in ends):
                block.end = map_end(block.end, [self._told(expr) for expr in ends])

    def _known(self, state: dict[int, tuple[int, int]]) -> None:
        """Tell what was known of the old variables of the new ones."""
        for index, constant in self.constants.items():
            if index in state:
                low, high = state[index]
                state[self.new[index].index] = max(low - constant, 0), high - constant

    def _told(self, expr: Expr) -> Expr:
        if not expr.variables & self.mask:
            return expr
        sum_ = self._displaced(expr)
        if sum_ is not None:
            read, more = sum_
            constant = self.constants[read.imm.index] + more
            told = self._read(read)
            return (
                Expr(_ADD, "i32", (told, const("i32", constant, expr.offset)), None, expr.offset) if constant else told
            )
        if expr.op.family in ("load", "store") and self._is_place(expr):
            return self._access(expr)
        return expr.with_args(tuple(map(self._told, expr.args)))

    def _access(self, expr: Expr) -> Expr:
        address, (align, offset, *rest) = expr.args[0], expr.imm
        read, more = self._displaced(address) or (address, 0)
        place = offset + self.constants[read.imm.index] + more
        args = self._read(read), *map(self._told, expr.args[1:])
        return Expr(expr.op, expr.type, args, (align, place, *rest), expr.offset)

    def _read(self, read: Expr) -> Expr:
        constant = self.constants[read.imm.index]
        told = get(self.new[read.imm.index], read.offset)
        if read.range is not None:
            told.range = max(read.range[0] - constant, 0), read.range[1] - constant
        return told


def _constant(expr: Expr) -> int:
    """The constant that a sum adds without wrapping, or 0; a bitwise or may be one."""
    if expr.args[1].op not in CONSTS:
        return 0
    left, constant = expr.args[0], signed(expr.args[1].imm)
    if expr.op is _OR:
        inner = _constant(left) if left.op is _ADD and 0 < constant < 1 << low_zeros(left) else 0
        return inner + constant if inner and interval(left)[1] + constant <= _TOP else 0
    return constant if constant > 0 and interval(left)[1] + constant <= _TOP else 0


def _less(expr: Expr, constant: int) -> Expr:
    """What a sum gives, less so much of its constant."""
    left, more = expr.args[0], _constant(expr) - constant
    if expr.op is _OR:
        left = left.args[0]
    return _plus(left, more, expr.offset)


def _plus(left: Expr, constant: int, offset: int) -> Expr:
    return Expr(_ADD, "i32", (left, const("i32", constant, offset)), None, offset) if constant else left
