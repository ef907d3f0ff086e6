"""`accumulators`: what a loop adds up in memory is kept in a variable besides, which is read in its place.

    for …: s0 = s0 + x; mem[p] = s0         instead of         for …: mem[p] = mem[p] + x

A compiler loads what it has just stored where it cannot tell that nothing else was stored there. The bounds of
variables often can. Each turn still stores, so that memory is at any time what it would be; but the first load is made
before the loop. So it must be certain not to trap, and the loop must store nothing else in that place, nor call.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import LOCAL_GET, WRITES, Expr, get
from wasm2py.transpile.ir.intervals import FULL, interval
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.linear import Definitions, define, linear, signed
from wasm2py.transpile.structure.nodes import Code, For, InnermostLoops, Python, before, position
from wasm2py.transpile.structure.streams import evaluated, most_turns
from wasm2py.transpile.structure.strides import Turn, on

_LOADS = {OPS[f"{type_}.store"]: OPS[f"{type_}.load"] for type_ in ("i32", "i64", "f64")}

#: A store, its address in the first turn as it can be worked out before the loop, and how far that moves each turn;
#: None where that is not known.
_Store = tuple[Expr, "tuple[Expr, int] | None"]


def accumulate(function: FunctionIR, loops: InnermostLoops, sizes: tuple[int, ...]) -> None:
    """Rewrite innermost loops in place; `sizes` are those that the memories have at least, 0 where others use them."""
    for body, node in loops:
        if type(node) is For:
            stores = _stores(node)
            known = _known(before(body, node)) if stores else {}
            kept = [stmt for stmt in _candidates(node) if stores and _is_kept(node, stmt.expr, stores, known, sizes)]
            if kept:
                body.insert(position(body, node), Code([_keep(function, node, stmt, i) for i, stmt in enumerate(kept)]))


def _stores(node: For) -> list[_Store]:
    """All that a loop writes, where that is stores only."""
    writing = [expr for expr in evaluated(node.body) if expr.effects & WRITES]
    if any(expr.op.family != "store" or any(arg.effects & WRITES for arg in expr.args) for expr in writing):
        return []
    turn = Turn(node)
    found: list[_Store] = []
    for part in node.body:
        stmts = part.stmts if type(part) is Code else ()
        for stmt in stmts:
            if stmt.expr.effects & WRITES:
                found.append((stmt.expr, turn.at(stmt.expr.args[0])))
            turn.execute(stmt)
        inner = [] if type(part) is Code else evaluated([part])
        found += [(expr, turn.at(expr.args[0])) for expr in inner if expr.effects & WRITES]
    return found


def _known(ahead: Python | None) -> Definitions:
    """What variables are sums of where the loop is entered."""
    known: Definitions = {}
    for stmt in ahead.stmts if type(ahead) is Code else ():
        define(stmt, known)
    return known


def _candidates(node: For) -> list[Stmt]:
    """The stores of every turn whose value is made of what was there."""
    stmts = [stmt for part in node.body if type(part) is Code for stmt in part.stmts]
    return [stmt for stmt in stmts if stmt.expr.op in _LOADS and _own_load(stmt.expr.args[1], stmt.expr) is not None]


def _own_load(expr: Expr, store: Expr) -> Expr | None:
    """The load in an expression of what a store, whose address is a variable, is going to replace."""
    if expr.op is _LOADS[store.op]:
        base, own = expr.args[0], store.args[0]
        if base.op is own.op is LOCAL_GET and base.imm is own.imm and expr.imm[1:] == store.imm[1:]:
            return expr
    for arg in expr.args:
        found = _own_load(arg, store)
        if found is not None:
            return found
    return None


def _is_kept(node: For, store: Expr, stores: list[_Store], known: Definitions, sizes: tuple[int, ...]) -> bool:
    """Whether nothing else in a loop stores where this does, at a place that stays and is inside memory."""
    own = next((first for other, first in stores if other is store), None)
    if own is None or own[1] or own[0].op is not LOCAL_GET:
        return False
    _, offset, memory = store.imm
    if interval(own[0])[1] + offset + store.op.width > sizes[memory]:
        return False
    return all(other is store or _are_apart(node, store, own[0], other, first, known) for other, first in stores)


def _are_apart(
    node: For, store: Expr, place: Expr, other: Expr, first: tuple[Expr, int] | None, known: Definitions
) -> bool:
    """Whether another store is to another place in every turn."""
    if store.imm[2] != other.imm[2]:
        return True
    if first is None:
        return False
    address, stride = first
    low, high = interval(address)
    way = stride * (most_turns(node) - 1)
    low, high = low + min(way, 0), high + max(way, 0)
    if low < 0 or high > FULL["i32"][1]:
        return False
    size: int = other.op.width
    offset: int = other.imm[1] - store.imm[1]
    lowest, highest = interval(place)
    if low + offset >= highest + store.op.width or high + offset + size <= lowest:
        return True
    distance = _distance(place, address, known)
    if distance is None:
        return False
    nearest, furthest = distance + offset + min(way, 0), distance + offset + max(way, 0)
    return nearest >= store.op.width or furthest + size <= 0


def _distance(place: Expr, address: Expr, known: Definitions) -> int | None:
    """How far an address is from another one where a loop is entered, if that is certain not to wrap."""
    one, two = linear(place, known), linear(address, known)
    if one is None or two is None or one.terms != two.terms:
        return None
    distance: int = signed(two.constant - one.constant)
    low, high = interval(place)
    return distance if low + distance >= 0 and high + distance <= FULL["i32"][1] else None


def _keep(function: FunctionIR, node: For, stmt: Stmt, number: int) -> Stmt:
    """Let a loop keep what a store changes in a variable; the load that gives it its first value."""
    store = stmt.expr
    load = _own_load(store.args[1], store)
    assert load is not None and load.type is not None
    kept = function.variable(load.type, role=f"s{number}")
    changed = Stmt((kept,), _told(store.args[1], store, get(kept, load.offset)))
    stored = Stmt((), store.with_args((store.args[0], get(kept, store.offset))))
    for part in node.body:
        if type(part) is Code:
            part.stmts = [new for old in part.stmts for new in ((changed, stored) if old is stmt else (old,))]
    return Stmt((kept,), load.with_args((get(load.args[0].imm, load.offset),)))


def _told(expr: Expr, store: Expr, kept: Expr) -> Expr:
    """An expression with the variable in the place of the loads."""
    if _own_load(expr, store) is expr:
        return kept
    return on(expr, tuple(_told(arg, store, kept) for arg in expr.args)) if expr.args else expr
