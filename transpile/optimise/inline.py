"""`inline`: an assignment whose only reader stands in the same block moves into it.

So the statements that lifting cut apart grow together again wherever no one can tell: the moved expression must
commute with everything that it passes (see `ir.expr.commute`), in the order in which Python evaluates.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, map_end
from wasm2py.transpile.ir.expr import (
    CAUGHT,
    CONDITIONAL,
    EVERYTHING,
    INDEXED,
    LOCAL_GET,
    OWN_EFFECTS,
    TRAPS,
    WRITES,
    Expr,
    commute,
    looked_up_early,
)
from wasm2py.transpile.ir.liveness import live_out
from wasm2py.transpile.opcodes import OPS

#: Trees do not grow deeper than a reader can follow.
_MAX_DEPTH = 9
#: How many assignments wait for their readers at a time: readers are near, and time is not endless.
_MOST_FLOATING = 32

_INDIRECT = frozenset({OPS["call_indirect"], OPS["return_call_indirect"], OPS["call_ref"], OPS["return_call_ref"]})


def inline_uses(function: FunctionIR) -> bool:
    """Move single-use assignments into their readers, in place; whether there were any."""
    live = live_out(function)
    changed = False
    for block in function.reverse_postorder():
        if block.stmts and block.exprs() != block.inlined:
            candidates = _single_uses(block, live[block.id])
            if candidates:
                changed = _Inliner(block, candidates).run() or changed
            block.inlined = block.exprs()
    return changed


class _Floating:
    """An assignment that waits for its reader, and what has happened since it stood."""

    __slots__ = ("assigned", "effects", "stmt")

    def __init__(self, stmt: Stmt) -> None:
        self.stmt = stmt
        self.effects = 0
        self.assigned = 0


class _Use:
    """A read of a floating variable: what the statement evaluates before it, and what may not be moved there."""

    __slots__ = ("before", "depth", "forbidden", "node")

    def __init__(self, node: Expr, before: int, depth: int, forbidden: int) -> None:
        self.node = node
        self.before = before
        self.depth = depth
        self.forbidden = forbidden


class _Inliner:
    def __init__(self, block: Block, candidates: set[Stmt]) -> None:
        self.block = block
        self.candidates = candidates
        self.floating: dict[int, _Floating] = {}
        self.moved: set[Stmt] = set()

    def run(self) -> bool:
        """Move what can be; whether there was anything."""
        block = self.block
        for stmt in block.stmts:
            stmt.expr = self._take([stmt.expr])[0]
            self._happened(stmt)
            if stmt in self.candidates:
                if len(self.floating) == _MOST_FLOATING:
                    self._ground(next(iter(self.floating)))
                self.floating[stmt.targets[0].index] = _Floating(stmt)
        ends = list(block.end.exprs)
        if ends:
            block.end = map_end(block.end, self._take(ends))
        if self.moved:
            block.stmts = [stmt for stmt in block.stmts if stmt not in self.moved]
        return bool(self.moved)

    def _happened(self, stmt: Stmt) -> None:
        """Note for everything that still floats what `stmt` does, and let go of what can no longer pass it."""
        effects = 0 if stmt in self.candidates else stmt.expr.effects
        assigned = 0
        for target in stmt.targets:
            assigned |= 1 << target.index
        for index, floating in list(self.floating.items()):
            floating.effects |= effects
            floating.assigned |= assigned
            expr = floating.stmt.expr
            if expr.variables & floating.assigned or not commute(expr.effects, floating.effects):
                self._ground(index)

    def _ground(self, index: int) -> None:
        """An assignment stays where it is; for those before it, which float past it, it has happened."""
        stays = self.floating[index]
        for floating in self.floating.values():
            if floating is stays:
                break
            floating.effects |= stays.stmt.expr.effects
        del self.floating[index]

    def _take(self, exprs: list[Expr]) -> list[Expr]:
        """The expressions of one statement with every floating variable that may move there moved there."""
        mask = 0
        for index in self.floating:
            mask |= 1 << index
        read = 0
        for expr in exprs:
            read |= expr.variables
        if not read & mask:
            return exprs
        uses: list[_Use] = []
        before = 0
        for expr in exprs:
            before = _collect(expr, mask, before, 0, 0, uses)
        chosen: dict[Expr, Expr] = {}
        for use in reversed(uses):
            index = use.node.imm.index
            floating = self.floating[index]
            if self._fits(floating, use):
                chosen[use.node] = floating.stmt.expr
                self.moved.add(floating.stmt)
                del self.floating[index]
            else:
                self._ground(index)
        return [_replace(expr, chosen) for expr in exprs] if chosen else exprs

    def _fits(self, floating: _Floating, use: _Use) -> bool:
        expr = floating.stmt.expr
        if use.depth + expr.depth > _MAX_DEPTH or expr.effects & use.forbidden:
            return False
        if expr.variables & floating.assigned or not commute(expr.effects, use.before | floating.effects):
            return False
        later = False
        for other in self.floating.values():
            if other is floating:
                later = True
            elif later and not commute(expr.effects, other.stmt.expr.effects):
                return False
        return True


def _collect(expr: Expr, mask: int, before: int, depth: int, forbidden: int, uses: list[_Use]) -> int:
    """List the reads of `mask`'s variables in evaluation order; the effects of all evaluated so far, this expression
    included.
    """
    if expr.op is LOCAL_GET:
        if mask >> expr.imm.index & 1:
            uses.append(_Use(expr, before, depth, forbidden))
        return before
    if not expr.variables & mask:
        return before | expr.effects
    if expr.op in CONDITIONAL:
        forbidden = EVERYTHING
    elif expr.op in _INDIRECT:
        forbidden |= TRAPS
    elif expr.op is CAUGHT:  # no other call may come to where exceptions are caught
        forbidden |= WRITES
    early = looked_up_early(expr)
    last = len(expr.args) - 1 if expr.op in INDEXED else -1
    for position, arg in enumerate(expr.args):
        here = forbidden | WRITES if position < early else forbidden
        if position == last:
            here |= WRITES | TRAPS
        before = _collect(arg, mask, before, depth + 1, here, uses)
    return before | OWN_EFFECTS[expr.op]


def _replace(expr: Expr, chosen: dict[Expr, Expr]) -> Expr:
    if expr.op is LOCAL_GET:
        return chosen.get(expr, expr)
    if not expr.args:
        return expr
    args = tuple([_replace(arg, chosen) for arg in expr.args])
    return expr if args == expr.args else expr.with_args(args)


def _single_uses(block: Block, live: int) -> set[Stmt]:
    """The assignments of one variable that is read exactly once after, in this block, before it is assigned again or
    dies.
    """
    assigned = 0
    for stmt in block.stmts:
        if len(stmt.targets) == 1:
            assigned |= 1 << stmt.targets[0].index
    reads = _Reads(assigned)
    result: set[Stmt] = set()
    for expr in block.end.exprs:
        reads.add(expr)
    for stmt in reversed(block.stmts):
        for target in stmt.targets:
            bit = 1 << target.index
            once = reads.once & bit and not (reads.more | live) & bit
            if once and len(stmt.targets) == 1 and stmt.expr.op is not CAUGHT:
                result.add(stmt)
            reads.once &= ~bit
            reads.more &= ~bit
            live &= ~bit
        reads.add(stmt.expr)
    return result


class _Reads:
    """The variables that are read at least once, and more than once, of those in `wanted`."""

    __slots__ = ("more", "once", "wanted")

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.once = self.more = 0

    def add(self, expr: Expr) -> None:
        """Take the reads of an expression into account."""
        if expr.variables & self.wanted & ~self.more:
            for node in expr.reads():
                self.more |= self.once & node.variables
                self.once |= node.variables
