"""`elements`: pointers that serve aligned accesses of one width count in elements of that width.

A variable `p` that is always a multiple of 2**k becomes `e`, which is `p >> k`: accesses at `p + 8` are then elements
`e + 1`, steps are shorter, and the numbers are small. Needs the marks of `alignments` and `ranges`, carries them over,
and runs before `counting`. What reads the pointer otherwise shifts it back.
"""

from __future__ import annotations

from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.cfg import Block, Counted, FunctionIR, Stmt, end_exprs, map_end
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, Var, const, get
from wasm2py.transpile.ir.weights import TURNS, weights
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.loopshape import repeats

_ADD, _SHL, _SHR = OPS["i32.add"], OPS["i32.shl"], OPS["i32.shr_u"]
_EQUALITY = frozenset({OPS["i32.eq"], OPS["i32.ne"]})
_SHIFTS = {2: 1, 4: 2, 8: 3}


def count_in_elements(function: FunctionIR) -> None:
    """Replace such pointers in place."""
    blocks = function.reverse_postorder()
    if not repeats(blocks):
        return
    survey = _Survey(function, blocks)
    chosen = survey.chosen()
    if chosen:
        _Rewriting(function, chosen).run(blocks)


class _Survey:
    """What there is to gain for each variable, by element size: Var index → shift → operations saved, weighted."""

    def __init__(self, function: FunctionIR, blocks: list[Block]) -> None:
        self.gains: dict[int, dict[int, int]] = {}
        self.costs: dict[int, int] = {}
        self.zeros: dict[int, int] = {param.index: 0 for param in function.params}
        self.partners: dict[int, set[int]] = {}
        weight = weights(blocks)
        for block in blocks:
            self.weight = weight[block.id]
            for stmt in block.stmts:
                self._assignment(stmt)
            for expr in end_exprs(block.end):
                self._read(expr)

    def chosen(self) -> dict[int, int]:
        """Var index → shift, of the variables that gain, and of those that they are compared with."""
        best: dict[int, int] = {}
        for index, gains in self.gains.items():
            shift = max(gains, key=gains.__getitem__)
            others = sum(gain for other, gain in gains.items() if other != shift)
            if gains[shift] > self.costs.get(index, 0) + others and self.zeros.get(index, 0) >= shift:
                best[index] = shift
        for index, shift in list(best.items()):
            for partner in self.partners.get(index, ()):
                if self._follows(partner, shift):
                    best.setdefault(partner, shift)
        return best

    def _follows(self, index: int, shift: int) -> bool:
        """Whether a variable that accesses nothing may count in elements for the sake of another."""
        return index not in self.gains and self.zeros.get(index, 0) >= shift and self.costs.get(index, 0) <= TURNS

    def _assignment(self, stmt: Stmt) -> None:
        """A step or a copy keeps the pointer as it is, anything else is shifted."""
        target = stmt.targets[0] if len(stmt.targets) == 1 else None
        if target is not None and stmt.expr.op is LOCAL_GET and target.type == "i32":
            self._partners(target, stmt.expr.imm)
        elif target is None or not _is_step(stmt.expr, target):
            self._read(stmt.expr)
        for target in stmt.targets:
            zeros = low_zeros(stmt.expr) if len(stmt.targets) == 1 and target.type == "i32" else 0
            self.zeros[target.index] = min(self.zeros.get(target.index, zeros), zeros)
            if not _is_step(stmt.expr, target) and stmt.expr.args:
                self._cost(target, 1)

    def _read(self, expr: Expr) -> None:
        if not expr.variables:
            return
        args = expr.args
        if expr.op is LOCAL_GET:
            self._cost(expr.imm, 1)
        elif expr.op in _EQUALITY and _comparable(expr):
            if args[1].op is LOCAL_GET:
                self._partners(args[0].imm, args[1].imm)
            return
        elif expr.op.family in ("load", "store") and expr.op.width in _SHIFTS:
            pointer = _pointer(expr)
            if pointer is not None:
                gains = self.gains.setdefault(pointer.index, {})
                shift = _SHIFTS[expr.op.width]
                gains[shift] = gains.get(shift, 0) + self.weight
                args = args[1:]
        for arg in args:
            self._read(arg)

    def _partners(self, one: Var, other: Var) -> None:
        self.partners.setdefault(one.index, set()).add(other.index)
        self.partners.setdefault(other.index, set()).add(one.index)

    def _cost(self, var: Var, cost: int) -> None:
        self.costs[var.index] = self.costs.get(var.index, 0) + cost * self.weight


def _is_step(expr: Expr, variable: Var) -> bool:
    """Whether an expression is the variable and a constant."""
    if expr.op is not _ADD or expr.args[1].op not in CONSTS:
        return False
    return expr.args[0].op is LOCAL_GET and expr.args[0].imm is variable


def _comparable(expr: Expr) -> bool:
    """Whether a test for equality is one of a variable with a constant or a variable, so that both can be shifted."""
    left, right = expr.args
    return left.op is LOCAL_GET and (right.op in CONSTS or right.op is LOCAL_GET)


def _pointer(access: Expr) -> Var | None:
    """The variable that an aligned access goes to, with no more than a multiple of its width added."""
    address, constant = access.args[0], access.imm[1]
    if address.op is _ADD and address.args[1].op in CONSTS:
        constant += address.args[1].imm
        address = address.args[0]
    if address.op is not LOCAL_GET or constant % access.op.width:
        return None
    pointer: Var = address.imm
    return pointer


class _Rewriting:
    """Puts the elements in place of their pointers."""

    def __init__(self, function: FunctionIR, shifts: dict[int, int]) -> None:
        self.function = function
        self.shifts = shifts
        self.mask = sum(1 << index for index in shifts)
        # The pointer goes, so its element may have its name.
        self.elements = {index: function.variable("i32", function.variables[index].local) for index in shifts}

    def run(self, blocks: list[Block]) -> None:
        for block in blocks:
            for stmt in block.stmts:
                self._statement(stmt)
            ends = end_exprs(block.end)
            if any(expr.variables & self.mask for expr in ends):
                block.end = map_end(block.end, [self._expr(expr) for expr in ends])
        self.function.counting = [
            (latch, stmt, self._counted(stmt, counted)) for latch, stmt, counted in self.function.counting
        ]

    def _statement(self, stmt: Stmt) -> None:
        expr = self._expr(stmt.expr)
        if len(stmt.targets) == 1 and stmt.targets[0].index in self.shifts:
            shift = self.shifts[stmt.targets[0].index]
            stmt.targets = (self.elements[stmt.targets[0].index],)
            expr = _shifted(expr, shift)
        stmt.expr = expr

    def _expr(self, expr: Expr) -> Expr:
        if not expr.variables & self.mask:
            return expr
        if expr.op is LOCAL_GET:
            return self._read(expr)
        args = tuple(map(self._expr, expr.args))
        if expr.op in _EQUALITY and args[0].op is _SHL and _comparable(expr):
            told = self._compared(args[0], args[1])
            args = args if told is None else told
        return expr.with_args(args)

    def _compared(self, left: Expr, right: Expr) -> tuple[Expr, Expr] | None:
        """Two pointers of the same kind, or one and a constant, as elements."""
        shift = left.args[1].imm
        if right.op in CONSTS and not right.imm & (1 << shift) - 1:
            return left.args[0], const("i32", right.imm >> shift, right.offset)
        if right.op is _SHL and right.args[1].imm == shift:
            return left.args[0], right.args[0]
        return None

    def _read(self, expr: Expr) -> Expr:
        """The pointer as its element shifted back, marks and all."""
        shift = self.shifts[expr.imm.index]
        element = get(self.elements[expr.imm.index], expr.offset)
        low, high = expr.range or (0, 0xFFFFFFFF)
        element.range = low >> shift, high >> shift
        element.zeros = max(expr.zeros - shift, 0)
        return Expr(_SHL, "i32", (element, const("i32", shift, expr.offset)), None, expr.offset)

    def _counted(self, stmt: Stmt, counted: Counted) -> Counted:
        """What counts in elements has its end and its step in elements."""
        end = self._expr(counted.end)
        shift = next((self.shifts[i] for i, element in self.elements.items() if stmt.targets == (element,)), 0)
        return Counted(_shifted(end, shift) if shift else end, counted.step >> shift, counted.live)


def _shifted(expr: Expr, shift: int) -> Expr:
    """An address counted in elements."""
    if expr.op in CONSTS:
        return const("i32", expr.imm >> shift, expr.offset)
    if expr.op is _SHL and expr.args[1].op in CONSTS and expr.args[1].imm == shift and expr.args[0].op is LOCAL_GET:
        bounds = expr.args[0].range
        if bounds is not None and not bounds[1] << shift >> 32:
            return expr.args[0]
    return Expr(_SHR, "i32", (expr, const("i32", shift, expr.offset)), None, expr.offset)
