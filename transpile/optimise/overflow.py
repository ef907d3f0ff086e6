"""Steps by one that do not overflow as signed numbers, for `signs`.

`i < n`, signed, says that `i` is not the greatest of all numbers, whatever `n` is; so `i + 1` is the next one, and a
variable that holds signed numbers need not be wrapped. The same goes for `i > n` and `i - 1`. A loop that is entered
where `i < n`, steps `i` by one and ends at `i == n` never passes `n`. Both are followed through the function, copies
included. Needs the marks of `ranges`.
"""

from __future__ import annotations

from typing import TypeAlias

from wasm2py.transpile.ir.cfg import Branch, FunctionIR, Stmt
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import AND, CONSTS, LOCAL_GET, NOT, OR, Expr, Var
from wasm2py.transpile.ir.intervals import FULL, SIZES, interval, may_wrap
from wasm2py.transpile.opcodes import OPS, Op
from wasm2py.transpile.optimise.inductions import Induction, Loop, find_inductions

#: Bit sets of variables: those that are not the greatest signed number, and those that are not the least.
_Facts: TypeAlias = tuple[int, int]

_ADD = frozenset(OPS[f"{type_}.add"] for type_ in SIZES)
_SHR = frozenset(OPS[f"{type_}.shr_s"] for type_ in SIZES)
_EQZ = frozenset({OPS["i32.eqz"], OPS["i64.eqz"]})
#: Orders of signed numbers → whether the left side is below the right, or above it, and if they may be the same.
_BELOW: dict[Op, bool] = {OPS[f"{type_}.{name}"]: name == "lt_s" for type_ in SIZES for name in ("lt_s", "le_s")}
_ABOVE: dict[Op, bool] = {OPS[f"{type_}.{name}"]: name == "gt_s" for type_ in SIZES for name in ("gt_s", "ge_s")}
#: So many blocks before a loop are looked at for the test that guards it.
_NEAR = 4


def step_of(stmt: Stmt) -> int:
    """1 or -1 where a statement assigns that much more or less than a variable, else 0."""
    expr = stmt.expr
    if (
        expr.op not in _ADD
        or len(stmt.targets) != 1
        or expr.args[0].op is not LOCAL_GET
        or expr.args[1].op not in CONSTS
    ):
        return 0
    return {1: 1, FULL[expr.type][1]: -1}.get(expr.args[1].imm, 0)  # type: ignore[index]


def find_steps_in_range(function: FunctionIR, wanted: int) -> None:
    """Set `Stmt.in_range` of the steps that do not overflow, if there are any of variables of this bit set."""
    graph = function.graph()
    if not graph.has_loops:
        return
    steps = 0
    for block in graph.blocks:
        for stmt in block.stmts:
            if stmt.expr.variables & wanted and step_of(stmt) and may_wrap(stmt.expr):
                steps |= 1 << stmt.targets[0].index
    if steps & wanted:
        _Analysis(graph, steps, wanted).mark()


class _Analysis:
    """The facts of some variables at each block's start, from none at the entry and all where nothing has come yet."""

    def __init__(self, graph: Graph, steps: int, wanted: int) -> None:
        self.graph = graph
        self.wanted = wanted
        self.edges: dict[tuple[int, int], _Facts] = {}
        self.stmts = [
            [stmt for stmt in block.stmts if stmt.targets and any(wanted >> t.index & 1 for t in stmt.targets)]
            for block in graph.blocks
        ]
        self.copies = [_copies_at_end(stmts) for stmts in self.stmts]
        self.guarded = [self._guarded(number, steps) for number in range(len(graph.blocks))]
        stale = [True] * len(graph.blocks)
        while any(stale):
            for number, is_stale in enumerate(stale):
                if is_stale:
                    stale[number] = False
                    for successor in self._leave(number, self._through(number, mark=False)):
                        stale[successor] = True

    def mark(self) -> None:
        """Mark the steps."""
        for number, stmts in enumerate(self.stmts):
            if stmts:
                self._through(number, mark=True)

    def _into(self, number: int) -> _Facts:
        """What holds on all ways to a block that have been gone."""
        if not number:
            return 0, 0
        below = above = -1
        for before in self.graph.before[number]:
            way = self.edges.get((before, number))
            if way is not None:
                below &= way[0]
                above &= way[1]
        more = self.guarded[number]
        return (below | more[0]) & self.wanted, (above | more[1]) & self.wanted

    def _through(self, number: int, mark: bool) -> _Facts:
        """What holds at the end of a block."""
        below, above = self._into(number)
        for stmt in self.stmts[number]:
            step = step_of(stmt) if mark else 0
            if step:
                stmt.in_range = bool((below if step > 0 else above) >> stmt.expr.args[0].imm.index & 1)
            not_greatest, not_least = _assigned(stmt, below, above)
            for target in stmt.targets:
                bit = 1 << target.index
                below = below | bit if not_greatest else below & ~bit
                above = above | bit if not_least else above & ~bit
        return below, above

    def _leave(self, number: int, facts: _Facts) -> list[int]:
        """Note what holds on each way out; where less does than before."""
        end = self.graph.blocks[number].end
        tells = isinstance(end, Branch) and end.then is not end.other
        changed = []
        for successor in self.graph.after[number]:
            told = facts
            if tells:
                told = _told(end.condition, end.then is self.graph.blocks[successor], facts)  # type: ignore[union-attr]
                for target, source in self.copies[number]:
                    told = told[0] | (told[0] >> source & 1) << target, told[1] | (told[1] >> source & 1) << target
            if self.edges.get((number, successor)) != told:
                self.edges[number, successor] = told
                changed.append(successor)
        return changed

    def _guarded(self, number: int, steps: int) -> _Facts:
        """The counters of a loop that ends where they meet a number that they were on this side of before."""
        below = above = 0
        if self.graph.headers[number] and self._meets(number, steps):
            for induction in find_inductions(self.graph, Loop(self.graph, number)):
                if abs(induction.step) == 1 and self._starts_before(number, induction):
                    bit = 1 << induction.variable.index
                    below, above = (below | bit, above) if induction.step > 0 else (below, above | bit)
        return below, above

    def _meets(self, number: int, steps: int) -> bool:
        """Whether a loop has one way back, and one of these variables may have to do with that."""
        before = self.graph.before[number]
        end = self.graph.blocks[before[-1]].end
        return isinstance(end, Branch) and before[-2:-1] < [number] and bool(end.condition.variables & steps)

    def _starts_before(self, number: int, induction: Induction) -> bool:
        """Whether a test before the loop says that the variable is still on its way to the end."""
        if induction.end.op is not LOCAL_GET:
            return False
        start, end = induction.variable, induction.end.imm
        for _ in range(_NEAR):
            outside = [before for before in self.graph.before[number] if before < number]
            if len(outside) != 1:
                return False
            block = self.graph.blocks[outside[0]]
            names, earlier = _traced(block.stmts, start, end)
            if isinstance(block.end, Branch) and block.end.then is not block.end.other:
                holds = block.end.then is self.graph.blocks[number]
                if any(_orders(block.end.condition, holds, name, end, induction.step > 0) for name in names):
                    return True
            if earlier is None:
                return False
            start, number = earlier, outside[0]
        return False


def _traced(stmts: list[Stmt], variable: Var, end: Var) -> tuple[list[Var], Var | None]:
    """The variables that have a variable's value behind some statements, and which one has it before them.

    None where these make the value, or assign `end`.
    """
    names, changed = [variable], 0
    for stmt in reversed(stmts):
        if end in stmt.targets:
            return names, None
        changed |= sum(1 << target.index for target in stmt.targets)
        if variable in stmt.targets:
            if stmt.expr.op is not LOCAL_GET:
                return names, None
            variable = stmt.expr.imm
            if not changed >> variable.index & 1:
                names.append(variable)
    return names, variable


def _copies_at_end(stmts: list[Stmt]) -> list[tuple[int, int]]:
    """The variables that are copies of another at the end of a block, with those."""
    copies: dict[int, int] = {}
    for stmt in stmts:
        for target in stmt.targets:
            copies.pop(target.index, None)
            for copy in [copy for copy, source in copies.items() if source == target.index]:
                del copies[copy]
        if stmt.expr.op is LOCAL_GET and stmt.expr.imm is not stmt.targets[0]:
            copies[stmt.targets[0].index] = stmt.expr.imm.index
    return list(copies.items())


def _assigned(stmt: Stmt, below: int, above: int) -> tuple[bool, bool]:
    """Whether what a statement assigns is known not to be the greatest, and not the least, signed number."""
    expr = stmt.expr
    if expr.type not in FULL or len(stmt.targets) != 1:
        return False, False
    top = FULL[expr.type][1] >> 1
    if expr.op in CONSTS:
        return expr.imm != top, expr.imm != top + 1
    if expr.op in _SHR and expr.args[1].op in CONSTS and expr.args[1].imm % SIZES[expr.type]:
        return True, True
    if interval(expr)[1] < top:
        return True, True
    if expr.op is LOCAL_GET:
        return bool(below >> expr.imm.index & 1), bool(above >> expr.imm.index & 1)
    step = step_of(stmt)
    if step:
        in_range = bool((below if step > 0 else above) >> expr.args[0].imm.index & 1)
        return in_range and step < 0, in_range and step > 0
    return False, False


def _told(condition: Expr, holds: bool, facts: _Facts) -> _Facts:
    """The facts and what a condition adds that holds, or does not."""
    op = condition.op
    if op is NOT or op in _EQZ:
        return _told(condition.args[0], not holds, facts) if condition.args[0].type == "i32" else facts
    if op is AND or op is OR:
        if (op is AND) != holds:
            return facts
        return _told(condition.args[1], holds, _told(condition.args[0], holds, facts))
    order = _order(condition, holds)
    if order is None:
        return facts
    low, high, strict = order
    below, above = facts
    if low.op is LOCAL_GET and (strict or _is_not(high, FULL[low.type][1] >> 1)):  # type: ignore[index]
        below |= 1 << low.imm.index
    if high.op is LOCAL_GET and (strict or _is_not(low, (FULL[low.type][1] >> 1) + 1)):  # type: ignore[index]
        above |= 1 << high.imm.index
    return below, above


def _order(condition: Expr, holds: bool) -> tuple[Expr, Expr, bool] | None:
    """The lower and the higher side of a signed comparison, and whether they differ."""
    for orders, upwards in ((_BELOW, True), (_ABOVE, False)):
        strict = orders.get(condition.op)
        if strict is not None:
            left, right = condition.args
            return (left, right, strict == holds) if upwards == holds else (right, left, strict == holds)
    return None


def _is_not(expr: Expr, value: int) -> bool:
    """Whether an expression is a constant, and not this one."""
    return expr.op in CONSTS and expr.imm != value


def _orders(condition: Expr, holds: bool, start: Var, end: Var, upwards: bool) -> bool:
    """Whether a condition that holds, or does not, says that `start` is below `end`, or above it."""
    op = condition.op
    if op is NOT or op is OPS["i32.eqz"]:
        return _orders(condition.args[0], not holds, start, end, upwards)
    if op is AND or op is OR:
        return (op is AND) == holds and any(_orders(arg, holds, start, end, upwards) for arg in condition.args)
    order = _order(condition, holds)
    if order is None or not order[2]:
        return False
    low, high = (order[0], order[1]) if upwards else (order[1], order[0])
    return low.op is LOCAL_GET and high.op is LOCAL_GET and low.imm is start and high.imm is end
