"""What the last turn of a search by vectors leaves, where it is known at which of the bytes loaded it ends.

Of the mask with a bit for each such byte, most want only the lowest.
"""

from __future__ import annotations

from wasm2py.transpile.ir.bulk import BIT
from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, map_end, predecessors
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr, Var, get
from wasm2py.transpile.ir.liveness import live_before, live_out
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.bulk.hits import NEGATIVE, Lanes
from wasm2py.transpile.optimise.bulk.vectorturn import BITMASK, Search

_CTZ = OPS["i32.ctz"]
#: How many blocks are looked at for what reads a mask, and how many copies of it are followed.
_FURTHEST, _COPIES = 24, 3
#: A block of more statements is not copied.
_MOST_COPIED = 16


def last_turn(search: Search, place: Var, function: FunctionIR) -> tuple[list[Stmt], Block]:
    """The statements of the last turn that somebody needs, and the block that comes then; `place` has the place of the
    byte that ends the loop.
    """
    stmts = [stmt for block in search.turn.blocks[: search.found_in + 1] for stmt in block.stmts]
    exit_ = search.exit
    if len(search.hits.loads) == 1:
        told = {stmt.targets[0] for stmt in stmts if _is_told(search, stmt, stmts)}
        stmts = [Stmt(stmt.targets, _bit(place, stmt.expr)) if stmt.targets[0] in told else stmt for stmt in stmts]
        alone = len(predecessors(function.reverse_postorder())[exit_.id]) == 1
        if alone and len(exit_.stmts) <= _MOST_COPIED:
            exit_ = _Exit(search, place, told, function).rewritten()
    return _needed(stmts, live_before(exit_, live_out(function)[search.exit.id])), exit_


def _needed(stmts: list[Stmt], live: int) -> list[Stmt]:
    """Copies of those that assign what is read afterwards: what else they do, which is to trap, the search has done."""
    kept = []
    for stmt in reversed(stmts):
        target = 1 << stmt.targets[0].index
        if live & target:
            live = live & ~target | stmt.expr.variables
            kept.append(stmt.with_expr(stmt.expr))
    return kept[::-1]


def _is_told(search: Search, stmt: Stmt, turn: list[Stmt]) -> bool:
    """Whether the lowest bit of a mask is all that is needed of it."""
    mask = stmt.targets[0]
    lanes = search.masks.get(mask)
    if lanes is None or not _is_of_hits(search, lanes) or stmt.expr.op is not BITMASK:
        return False
    if any(other is not stmt and (mask in other.targets or other.expr.variables >> mask.index & 1) for other in turn):
        return False
    return _lowest_only(mask, search.exit, 0)


def _bit(place: Var, mask: Expr) -> Expr:
    return Expr(BIT, "i32", (get(place, mask.offset),), None, mask.offset)


def _is_of_hits(search: Search, lanes: Lanes) -> bool:
    """Whether the lanes that are set are those of the bytes that end the loop."""
    return lanes.loads == search.hits.loads and lanes.set_by(NEGATIVE) == search.hits.wanted


class _Exit:
    """A copy of the block after a loop, to which nothing else leads: masks that it makes, or asks for their lowest bit.

    `told` are the variables that have such masks, or numbers with the same lowest bit.
    """

    def __init__(self, search: Search, place: Var, told: set[Var], function: FunctionIR) -> None:
        self._search = search
        self._place = place
        self._told = told
        self._copy = function.block()

    def rewritten(self) -> Block:
        """The copy."""
        exit_, copy, reader = self._search.exit, self._copy, self._search.reader
        for position, stmt in enumerate(exit_.stmts):
            is_bit = self._is_mask(stmt.expr) and _lowest_only(stmt.targets[0], exit_, position + 1)
            copy.stmts.append(stmt.with_expr(_bit(self._place, stmt.expr) if is_bit else self._rewritten(stmt.expr)))
            for target in stmt.targets:
                reader.known[target] = reader.lanes(stmt.expr) if target.type == "v128" else None
            self._told = (self._told | {*stmt.targets}) if is_bit else self._told - {*stmt.targets}
        copy.end = map_end(exit_.end, [self._rewritten(expr) for expr in exit_.end.exprs])
        return copy

    def _is_mask(self, expr: Expr) -> bool:
        if expr.op is LOCAL_GET:
            return expr.imm in self._told
        lanes = self._search.reader.lanes(expr.args[0]) if expr.op is BITMASK else None
        return lanes is not None and _is_of_hits(self._search, lanes)

    def _rewritten(self, expr: Expr) -> Expr:
        if expr.op is _CTZ and self._is_mask(expr.args[0]):
            return get(self._place, expr.offset)
        args = tuple([self._rewritten(arg) for arg in expr.args])
        return expr if args == expr.args else expr.with_args(args)


def _lowest_only(mask: Var, block: Block, position: int, copies: int = _COPIES) -> bool:
    """Whether all that reads a variable, from there on until it is assigned, asks only for its lowest bit."""
    pending, seen = [(block, position)], {block.id} if not position else set()
    while pending and len(seen) < _FURTHEST:
        block, position = pending.pop()
        for number, stmt in enumerate(block.stmts[position:], position):
            if stmt.expr.op is LOCAL_GET and stmt.expr.imm is mask:
                if not copies or not _lowest_only(stmt.targets[0], block, number + 1, copies - 1):
                    return False
            elif not _asks_lowest(stmt.expr, mask):
                return False
            if mask in stmt.targets:
                break
        else:
            if not all(_asks_lowest(expr, mask) for expr in block.end.exprs):
                return False
            pending += [(after, 0) for after in block.end.successors if after.id not in seen]
            seen.update(after.id for after in block.end.successors)
    return not pending


def _asks_lowest(expr: Expr, mask: Var) -> bool:
    if not expr.variables >> mask.index & 1:
        return True
    if expr.op is _CTZ and expr.args[0].op is LOCAL_GET:
        return True
    return expr.op is not LOCAL_GET and all(_asks_lowest(arg, mask) for arg in expr.args)
