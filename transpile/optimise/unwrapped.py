"""`unwrapped`: counters and sums that hardly anybody looks at keep what they grow beyond 2**N until somebody does.

Each `x = x + y` of an i32 or i64 is masked where it may wrap, and a mask costs CPython more than the addition. A
variable that is mostly added to, and read where only its value modulo 2**N counts, need not be masked each time, but
where it is compared, stored, or passed on (`Var.unwrapped`): Python's integers are exact, so nothing is lost. `emit`
sees to it that they grow by additions only, and so stay short. Needs the marks of `ranges`: what is known not to wrap
needs no mask anyway.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, Var
from wasm2py.transpile.ir.intervals import SIZES, may_wrap
from wasm2py.transpile.ir.weights import weights
from wasm2py.transpile.opcodes import OPS

_SUMS = frozenset(OPS[f"{type_}.{name}"] for type_ in SIZES for name in ("add", "sub"))
_AND = frozenset(OPS[f"{type_}.and"] for type_ in SIZES)


def leave_unwrapped(function: FunctionIR) -> None:
    """Set `Var.unwrapped` where that pays; it can only where there is a loop."""
    if not function.graph().has_loops:
        return
    sums = _sums(function)
    if not sums:
        return
    survey = _Survey(function, sums)
    weight = weights(function)
    for block in function.reverse_postorder():
        survey.weight = weight[block.id]
        for stmt in block.stmts:
            survey.assignment(stmt)
        for expr in block.end.exprs:
            survey.reads(expr, modular=False)
    survey.choose()


def _sums(function: FunctionIR) -> int:
    """The variables that any sum is assigned to that may wrap."""
    found = 0
    for block in function.reverse_postorder():
        for stmt in block.stmts:
            if stmt.expr.op in _SUMS and len(stmt.targets) == 1 and may_wrap(stmt.expr):
                found |= 1 << stmt.targets[0].index
    for _, stmt, _ in function.counting:
        if stmt.counts is not None:
            found &= ~(1 << stmt.targets[0].index)
    return found


class _Survey:
    """What each variable of those in `sums` would gain: the masks of its assignments, less those of its reads, by how
    often they run.
    """

    def __init__(self, function: FunctionIR, sums: int) -> None:
        self.variables = function.variables
        self.sums = sums
        self.gains = {var.index: 0 for var in function.variables if sums >> var.index & 1}
        self.weight = 1

    def choose(self) -> None:
        """What gains is left unwrapped."""
        for index, gain in self.gains.items():
            if gain > 0:
                self.variables[index].unwrapped = True

    def assignment(self, stmt: Stmt) -> None:
        """A sum that may wrap is a gain."""
        self.reads(stmt.expr, modular=False)
        if stmt.expr.op in _SUMS and len(stmt.targets) == 1 and may_wrap(stmt.expr):
            self._gain(stmt.targets[0], 1)

    def reads(self, expr: Expr, modular: bool, compared: bool = False) -> None:
        """Reads where the exact value counts cost a mask each; as does a sum that would not have needed one.

        A sum that is compared counts as such a read, for it may become a test of its first operand alone.
        """
        if not expr.variables & self.sums:
            return
        if expr.op is LOCAL_GET:
            if not modular or expr.range is not None:
                self._gain(expr.imm, -1)
            return
        adds = expr.op in _SUMS and not compared
        for arg in expr.args:
            self.reads(arg, adds or (expr.op in _AND and expr.args[1].op in CONSTS), expr.op.family == "compare")

    def _gain(self, var: Var, masks: int) -> None:
        if var.index in self.gains:
            self.gains[var.index] += masks * self.weight
