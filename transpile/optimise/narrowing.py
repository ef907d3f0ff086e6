"""`narrowing`: of a number that a loop goes on shifting or multiplying, only the low bits are kept that are looked at.

Bit buffers grow for ever and are read a few bits at a time: `x = x << 6 | y` with `x >> 2 & 255`; or a hash ends in
`& 1023`. Each assignment is cut to as many bits as are wanted, if they are one of CPython's digits, with which
everything takes half the time. Needs the marks of `ranges`, and keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, SELECT, Expr, const
from wasm2py.transpile.ir.intervals import SIZES, interval
from wasm2py.transpile.opcodes import OPS, Op

#: So many bits are one of CPython's digits.
_DIGIT = 30
#: More than any integer has.
_ALL = 128


def _both(*names: str) -> frozenset[Op]:
    return frozenset(OPS[f"{type_}.{name}"] for type_ in SIZES for name in names)


_SHL, _SHR, _AND = _both("shl"), _both("shr_u"), _both("and")
_SCALING = _both("shl", "mul")
_COMBINING = _both("or", "xor", "add", "sub")
#: Instructions whose low bits come of as many low bits of all operands.
_LOW = _COMBINING | _both("and", "mul") | {OPS["i32.wrap_i64"], OPS["i64.extend_i32_u"]}
#: What looks at the low bits only, of its last operand.
_CUTTING: dict[Op, int] = {OPS[f"i{n}.extend{width}_s"]: width for n in (32, 64) for width in (8, 16)} | {
    op: 8 * op.width for op in OPS.values() if op.family == "store" and op.params and op.params[1] in SIZES
}


def narrow(function: FunctionIR) -> None:
    """Mask what is given to variables of which few bits are wanted."""
    growing = [
        stmt.targets[0].index
        for block in function.reverse_postorder()
        for stmt in block.stmts
        if len(stmt.targets) == 1 and stmt.expr.variables >> stmt.targets[0].index & 1 and _grows(stmt.expr)
    ]
    if growing:
        _Search(function, dict.fromkeys(growing, 0)).apply()


def _grows(expr: Expr) -> bool:
    """Whether an expression, which reads the variable that it is for, makes more of it."""
    return expr.op in _SCALING or (expr.op in _COMBINING and any(arg.op in _SCALING for arg in expr.args))


class _Search:
    """How many low bits of each variable are wanted: as many as of what is made of it."""

    def __init__(self, function: FunctionIR, wanted: dict[int, int]) -> None:
        self.function = function
        #: Var index → bits, of those variables of which not all are wanted as far as has been seen.
        self.wanted = wanted
        for param in function.params:
            wanted.pop(param.index, None)
        self._solve()

    def _solve(self) -> None:
        bits = sum(1 << index for index in self.wanted)
        blocks = self.function.reverse_postorder()
        ends = [expr for block in blocks for expr in block.end.exprs if expr.variables & bits]
        stmts = [stmt for block in blocks for stmt in block.stmts if stmt.expr.variables & bits or self._sets(stmt)]
        for expr in ends:
            self._see(expr, _ALL)
        before: dict[int, int] = {}
        while before != self.wanted:
            before = dict(self.wanted)
            for stmt in stmts:
                self._see(stmt.expr, self._of(stmt))

    def _sets(self, stmt: Stmt) -> bool:
        return any(target.index in self.wanted for target in stmt.targets)

    def _of(self, stmt: Stmt) -> int:
        """How many bits are wanted of what a statement evaluates."""
        if len(stmt.targets) == 1:
            return self.wanted.get(stmt.targets[0].index, _ALL)
        for target in stmt.targets:
            self.wanted.pop(target.index, None)
        return _ALL

    def _see(self, expr: Expr, bits: int) -> None:
        """Take note of what an expression wants of variables where so many bits are wanted of it."""
        if not expr.variables:
            return
        if expr.op is not LOCAL_GET:
            for arg, wanted in zip(expr.args, _operands(expr, bits), strict=True):
                self._see(arg, wanted)
        elif bits > _DIGIT:
            self.wanted.pop(expr.imm.index, None)
        elif expr.imm.index in self.wanted:
            self.wanted[expr.imm.index] = max(self.wanted[expr.imm.index], bits)

    def apply(self) -> None:
        """Put the masks where they are due, and mark the reads."""
        for block in self.function.reverse_postorder():
            for stmt in block.stmts:
                if len(stmt.targets) == 1 and stmt.targets[0].index in self.wanted:
                    stmt.expr = _cut(stmt.expr, self.wanted[stmt.targets[0].index])
            if self.wanted:
                for expr in block.exprs():
                    self._mark(expr)
        for _, _, counted in self.function.counting:
            for index in self.wanted:
                counted.entered.pop(index, None)

    def _mark(self, expr: Expr) -> None:
        for node in expr.reads():
            if node.imm.index in self.wanted:
                node.range = 0, (1 << self.wanted[node.imm.index]) - 1


def _operands(expr: Expr, bits: int) -> Iterator[int]:
    """How many low bits are wanted of each operand."""
    op = expr.op
    if op in _SHL and expr.args[1].op in CONSTS:
        return iter((max(bits - expr.args[1].imm % SIZES[expr.type], 0), _ALL))  # type: ignore[index]
    if op in _SHR:
        return iter((bits + _greatest(expr.args[1], SIZES[expr.type]), _ALL))  # type: ignore[index]
    if op in _AND and expr.args[1].op in CONSTS:
        return iter((min(bits, expr.args[1].imm.bit_length()), _ALL))
    if op in _SHL:  # of the amount, those that are looked at
        return iter((bits, SIZES[expr.type].bit_length() - 1))  # type: ignore[index]
    if op in _LOW:
        return iter([bits] * len(expr.args))
    if op in _CUTTING:
        return iter([*[_ALL] * (len(expr.args) - 1), min(bits, _CUTTING[op])])
    if op is SELECT:
        return iter((bits, bits, _ALL))
    return iter([_ALL] * len(expr.args))


def _greatest(amount: Expr, size: int) -> int:
    """By how much a shift may be."""
    if amount.op in CONSTS:
        shift: int = amount.imm % size
        return shift
    return min(interval(amount)[1], size - 1)


def _cut(expr: Expr, bits: int) -> Expr:
    """The low bits of an expression."""
    if expr.op in CONSTS:
        return const(expr.type, expr.imm & (1 << bits) - 1, expr.offset)  # type: ignore[arg-type]
    mask = const(expr.type, (1 << bits) - 1, expr.offset)  # type: ignore[arg-type]
    return Expr(OPS[f"{expr.type}.and"], expr.type, (expr, mask), None, expr.offset)
