"""`signs`: variables that are mostly compared, shifted or converted as signed integers hold signed integers.

An i32 or i64 rests unsigned, and a signed comparison flips the sign bits of both sides. A variable that is loaded, or
sign-extended, and then compared may as well hold the signed number from the start (`Var.signed`): `emit` knows its
bounds by that and does the rest. Needs the marks of `ranges`; what is never negative is the same either way.

What each assignment and each use costs in either form is estimated in operations, and settled in a few rounds, for it
depends on what the other variables hold.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Jump, Stmt, map_end
from wasm2py.transpile.ir.expr import AND, CONSTS, LOCAL_GET, NOT, OR, SELECT, Expr, Var, get
from wasm2py.transpile.ir.intervals import FULL, SIZES, interval
from wasm2py.transpile.ir.weights import weights
from wasm2py.transpile.opcodes import ACCESSES, OPS
from wasm2py.transpile.optimise.overflow import find_steps_in_range

#: What these cost, in units of a plain addition: a mask, flipping a sign bit, reading a canonical number as signed.
_MASK, _FLIP, _EXTEND = 3, 2, 5
_MOST_ROUNDS = 4
_ORDER = frozenset(OPS[f"{type_}.{name}_s"] for type_ in SIZES for name in ("lt", "gt", "le", "ge"))
#: Instructions that read an operand as signed, and those that give a signed number, which is masked to rest unsigned.
_TAKES_SIGNED = frozenset(
    op
    for op in OPS.values()
    if op.mnemonic.endswith((".shr_s", "extend_i32_s", "convert_i32_s", "convert_i64_s")) and op.code < 0x100
)
_READS_SIGNED = _ORDER | _TAKES_SIGNED
_GIVES_SIGNED = frozenset(
    op
    for op in OPS.values()
    if (op.family == "load" and op.mnemonic.endswith("_s"))
    or op.mnemonic.endswith((".shr_s", ".extend8_s", ".extend16_s", ".extend32_s", ".extend_i32_s"))
)
_FULL_LOADS = frozenset({OPS["i32.load"], OPS["i64.load"]})
#: Instructions that take their operands in either form: what they give is the same modulo 2**N, or tests for zero.
_EITHER_WAY = frozenset(
    OPS[f"{type_}.{name}"]
    for type_ in SIZES
    for name in ("add", "sub", "mul", "and", "or", "xor", "shl", "extend8_s", "extend16_s")
) | {OPS["i32.wrap_i64"], OPS["i64.extend32_s"], OPS["i32.eqz"], OPS["i64.eqz"], NOT, AND, OR}
_EQUALITY = frozenset(OPS[f"{type_}.{name}"] for type_ in SIZES for name in ("eq", "ne"))

#: The gain of holding a variable signed, by what holds now.
_Gain: TypeAlias = Callable[[], int]


def choose_signs(function: FunctionIR) -> None:
    """Set `Var.signed` where that pays."""
    blocks = function.reverse_postorder()
    wanted = _wanted(blocks)
    if not wanted:
        return
    find_steps_in_range(function, wanted)
    survey = _Survey(function, wanted)
    weight = weights(function)
    for block in blocks:
        survey.see(block, weight[block.id])
    survey.hope()
    for _ in range(_MOST_ROUNDS):
        if not survey.settle():
            break
    signed = [param for param in function.params if param.signed]
    if signed:
        _copy(function, signed)


def _copy(function: FunctionIR, params: list[Var]) -> None:
    """Read parameters, which come unsigned, from signed copies that are made at the start."""
    names: dict[int, Var] = {}
    for param in params:
        param.signed = False
        names[param.index] = function.variable(param.type, param.local)
        names[param.index].signed = True
    renamed = sum(1 << index for index in names)
    for block in function.reverse_postorder():
        for stmt in block.stmts:
            stmt.expr = _renamed(stmt.expr, names, renamed)
            if stmt.counts is not None:
                entered = dict(stmt.counts.entered)
                entered.update((names[index].index, entered[index]) for index in names if index in entered)
                stmt.counts = stmt.counts._replace(end=_renamed(stmt.counts.end, names, renamed), entered=entered)
        if any(expr.variables & renamed for expr in block.end.exprs):
            block.end = map_end(block.end, [_renamed(expr, names, renamed) for expr in block.end.exprs])
    start = function.block()
    start.stmts = [Stmt((names[param.index],), get(param)) for param in params]
    start.end = Jump(function.entry)
    function.entry = start
    function.edges_changed()


def _renamed(expr: Expr, names: dict[int, Var], renamed: int) -> Expr:
    """The expression with these variables read under other names; what is known of them stays."""
    if not expr.variables & renamed:
        return expr
    if expr.op is not LOCAL_GET:
        return expr.with_args(tuple([_renamed(arg, names, renamed) for arg in expr.args]))
    read = get(names[expr.imm.index], expr.offset)
    read.range, read.zeros = expr.range, expr.zeros
    return read


def _wanted(blocks: list[Block]) -> int:
    """The variables that are read as signed integers, and those that are copied to or from such."""
    wanted = 0
    for block in blocks:
        for expr in block.exprs():
            if expr.args and expr.variables & ~wanted:
                wanted |= _read_signed(expr)
    copies = [(stmt.targets[0], stmt.expr.imm) for block in blocks for stmt in block.stmts if stmt.expr.op is LOCAL_GET]
    grew = bool(wanted)
    while grew:
        grew = False
        for target, source in copies:
            pair = 1 << target.index | 1 << source.index
            if wanted & pair and pair & ~wanted:
                wanted |= pair
                grew = True
    return wanted


def _read_signed(expr: Expr) -> int:
    """The variables that an expression reads as signed integers."""
    found = 0
    pending = [expr]
    while pending:
        node = pending.pop()
        if node.op in _READS_SIGNED:
            for arg in node.args:
                if arg.op is LOCAL_GET:
                    found |= arg.variables
        if node.depth > 2:
            pending += node.args
    return found


def _negative(expr: Expr) -> bool:
    """Whether an expression may be negative, so that its two forms differ."""
    return interval(expr)[1] > FULL[expr.type][1] >> 1  # type: ignore[index]


class _Survey:
    """For each variable of those `wanted` that may be held either way, what its assignments and uses would gain."""

    def __init__(self, function: FunctionIR, wanted: int) -> None:
        self.variables = function.variables
        fixed = {stmt.targets[0].index for _, stmt, _ in function.counting}
        params = len(function.params)
        for block in function.reverse_postorder():
            for stmt in block.stmts:
                if stmt.targets and (len(stmt.targets) > 1 or stmt.targets[0].index < params):
                    fixed |= {target.index for target in stmt.targets}
        fixed |= {var.index for var in function.variables if var.unwrapped}
        free = {var.index for var in function.variables if var.type in SIZES and wanted >> var.index & 1}
        self.free = free - fixed
        self.mask = sum(1 << index for index in self.free)
        #: A parameter that is never assigned can have a signed copy, which is made once.
        self.constant: dict[int, int] = {index: -_EXTEND for index in sorted(self.free) if index < params}
        self.dependent: dict[int, list[tuple[_Gain, int]]] = {}
        self.weight = 1

    def hope(self) -> None:
        """Start with everything signed that could gain, for what is compared with each other gains together."""
        for index, gains in self.dependent.items():
            self.variables[index].signed = self.constant.get(index, 0) + _MASK * len(gains) > 0

    def settle(self) -> bool:
        """Choose again for every variable; whether any choice changed."""
        changed = False
        for index in sorted(self.constant.keys() | self.dependent.keys()):
            gain = self.constant.get(index, 0)
            gain += sum(depends() * weight for depends, weight in self.dependent.get(index, ()))
            var = self.variables[index]
            if var.signed != (gain > 0):
                var.signed = gain > 0
                changed = True
        return changed

    def see(self, block: Block, weight: int) -> None:
        """Take the statements of a block into account."""
        self.weight = weight
        for stmt in block.stmts:
            if stmt.targets:
                self._assignment(stmt)
        for expr in block.exprs():
            self._operands(expr)
        if not isinstance(block.end, Branch):
            self._each(block.end.exprs, -_MASK)

    def _add(self, var: Var, gain: int) -> None:
        if var.index in self.free:
            self.constant[var.index] = self.constant.get(var.index, 0) + gain * self.weight

    def _when(self, var: Var, gain: _Gain) -> None:
        if var.index in self.free:
            self.dependent.setdefault(var.index, []).append((gain, self.weight))

    def _assignment(self, stmt: Stmt) -> None:
        """What a value costs to be brought to rest; a copy costs nothing between variables of the same form."""
        expr = stmt.expr
        for target in stmt.targets:
            if not self.mask >> target.index & 1 and not expr.variables & self.mask:
                continue
            if target.type not in SIZES or (len(stmt.targets) == 1 and (expr.op in CONSTS or not _negative(expr))):
                continue
            if stmt.in_range and expr.args[0].imm is target:
                self._add(target, _MASK)
            elif stmt.in_range or expr.op is LOCAL_GET:
                source: Var = expr.args[0].imm if stmt.in_range else expr.imm
                self._when(target, partial(_by_form, source, _MASK, -_EXTEND))
                self._when(source, partial(_by_form, target, _EXTEND, -_MASK))
            elif expr.op in _GIVES_SIGNED:
                self._add(target, _MASK)
            elif expr.op not in _FULL_LOADS:
                self._add(target, -_EXTEND)

    def _operands(self, expr: Expr) -> None:
        """What the instructions of an expression gain from their operands."""
        pending = [expr]
        while pending:
            node = pending.pop()
            if not node.variables & self.mask:
                continue
            pending += node.args
            if node.op is LOCAL_GET or node.op in _EITHER_WAY:
                continue
            if node.op in _ORDER:
                self._order(*node.args)
            elif node.op in _EQUALITY:
                self._equality(*node.args)
            elif node.op in _TAKES_SIGNED:
                self._each(node.args[:1], _EXTEND)
            elif node.op.family in ACCESSES:
                self._address(node.args[0])
            elif node.op is SELECT:
                self._each(node.args[:2], -_MASK)
            else:
                self._each(node.args, -_MASK)

    def _address(self, address: Expr) -> None:
        """What would be an address as it is has to be masked; others are in any case."""
        if address.op is LOCAL_GET or interval(address) != FULL["i32"]:
            self._each(tuple(address.walk()), -_MASK)

    def _each(self, args: tuple[Expr, ...], gain: int) -> None:
        for arg in args:
            if arg.op is LOCAL_GET and arg.variables & self.mask and _negative(arg):
                self._add(arg.imm, gain)

    def _order(self, left: Expr, right: Expr) -> None:
        """A comparison is plain where both sides are signed as they are; else both are flipped."""
        for side, other in ((left, right), (right, left)):
            if side.op is not LOCAL_GET or not _negative(side):
                continue
            if other.op in CONSTS:
                self._add(side.imm, 1)
            else:
                self._when(side.imm, partial(_beside, other, 2 * _FLIP, 1))

    def _equality(self, left: Expr, right: Expr) -> None:
        """Both sides in the same form, or one is masked."""
        for side, other in ((left, right), (right, left)):
            if side.op is LOCAL_GET and other.op not in CONSTS and _negative(side):
                self._when(side.imm, partial(_beside, other, _MASK, -_MASK))


def _by_form(var: Var, if_signed: int, if_not: int) -> int:
    return if_signed if var.signed else if_not


def _beside(other: Expr, if_signed: int, if_not: int) -> int:
    return if_signed if _is_signed(other) else if_not


def _is_signed(expr: Expr) -> bool:
    """Whether an expression is a signed number as it comes."""
    if expr.op is LOCAL_GET:
        var: Var = expr.imm
        return var.signed or not _negative(expr)
    return expr.op in CONSTS or expr.op in _FULL_LOADS or expr.op in _GIVES_SIGNED or not _negative(expr)
