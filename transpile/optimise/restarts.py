"""`restarts`: what an inner loop steps goes on from where it was when the loop is entered again, if that is the same.

    loop: p = a + 4 * i; loop: i += 1; p += 4; …         becomes         p = a + 4 * i; loop: loop: i += 1; p += 4; …

Compilers work a pointer out before each loop that steps it, also where another loop is around that, which does nothing
to it or to what it is made of. An assignment moves out of the outer loop if its value is what the variable has anyway
when a turn comes back to it: its variable and the one that it is made of are stepped together, or set by each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import Var
from wasm2py.transpile.ir.liveness import live_in
from wasm2py.transpile.optimise.linear import MASK, Definitions, Linear, define, linear
from wasm2py.transpile.optimise.loopshape import prepare, shape_of


def carry_over(function: FunctionIR) -> bool:
    """Move such assignments; whether there may have been any."""
    graph = function.graph()
    headers = [number for number, header in enumerate(graph.headers) if header]
    if len(headers) < 2:
        return False
    bodies = {header: graph.loop(header) for header in headers}
    around = [h for h in headers if any(other != h and other in bodies[h] for other in headers)]
    if not any(_candidates(_Nest(graph, header, bodies)) for header in around):
        return False
    shapes = [shape_of(graph, header) for header in reversed(around)]
    prepare(function, shapes)
    graph = function.graph()
    bodies = {number: graph.loop(number) for number, header in enumerate(graph.headers) if header}
    for shape in shapes:
        assert shape.before is not None
        _move(function, _Nest(graph, graph.number[shape.header.id], bodies), shape.before.stmts)
    return True


class _Nest:
    """A loop with loops in it: its blocks, those that run once in every turn, and what the inner ones assign."""

    def __init__(self, graph: Graph, header: int, bodies: dict[int, set[int]]) -> None:
        self.graph = graph
        self.header = header
        self.body = sorted(bodies[header])
        self.latches = [number for number in graph.before[header] if number >= header]
        inner: set[int] = set()
        for other, body in bodies.items():
            if other != header and other in bodies[header]:
                inner |= body
        self.inner = _assigned(graph, inner)
        self.assigned = self.inner | _assigned(graph, bodies[header] - inner)
        self.every_turn = [number for number in graph.every_turn(header) if number not in inner]


@dataclass(frozen=True, slots=True)
class _Relation:
    """`target` is `source` times `factor`, plus `constant`."""

    target: Var
    source: Var
    factor: int
    constant: int


def _assigned(graph: Graph, numbers: set[int]) -> int:
    """The variables that some blocks assign."""
    return sum({1 << target.index for n in numbers for stmt in graph.blocks[n].stmts for target in stmt.targets})


#: The constant that makes a relation true at some place; None where there is none.
_State = int | None


def _candidates(nest: _Nest) -> list[tuple[int, Stmt, _Relation]]:
    """The assignments, with their blocks, that may say again what is so."""
    found = []
    for number in nest.every_turn:
        for stmt in nest.graph.blocks[number].stmts:
            if stmt.expr.op.family == "integer" and len(stmt.targets) == 1 and stmt.expr.variables & nest.assigned:
                relation = _related(stmt.targets[0], linear(stmt.expr, {}))
                if relation is not None and nest.inner >> relation.target.index & 1:
                    found.append((number, stmt, relation))
    return found


def _related(target: Var, value: Linear | None) -> _Relation | None:
    """What an assignment says, if it makes one variable of one other."""
    if value is None or len(value.terms) != 1 or value.terms[0][0] is target:
        return None
    return _Relation(target, value.terms[0][0], value.terms[0][1], value.constant)


def _move(function: FunctionIR, nest: _Nest, before: list[Stmt]) -> None:
    """Put before a loop what would only be said again in each turn."""
    proved: list[_Relation] = []
    tried = _candidates(nest)
    live = live_in(function)[nest.graph.blocks[nest.header].id] if tried else 0
    for number, stmt, relation in tried:
        if live >> relation.target.index & 1:
            continue
        for form in (relation, *_other_forms(nest, number, stmt, relation, proved)):
            if _flow(nest, form, stmt) is not None:
                stmts = nest.graph.blocks[number].stmts
                stmts[:] = [other for other in stmts if other is not stmt]
                value = Linear(((form.source, form.factor),), form.constant)
                before.append(Stmt((form.target,), value.expr(stmt.expr.offset)))
                proved.append(form)
                function.statements_changed()
                break


def _other_forms(nest: _Nest, number: int, stmt: Stmt, relation: _Relation, proved: list[_Relation]) -> list[_Relation]:
    """The same relation to what its source is known to be a constant away from."""
    found = []
    for known in proved:
        if known.source is relation.source and known.factor == 1 and known.target is not relation.target:
            into = _flow(nest, known, None)
            distance = None if into is None else _through(nest, number, known, into[number], stmt)
            if distance is not None:
                constant = relation.constant - relation.factor * distance & MASK
                found.append(_Relation(relation.target, known.target, relation.factor, constant))
    return found


def _flow(nest: _Nest, relation: _Relation, again: Stmt | None) -> dict[int, _State] | None:
    """The state at each block's start, if the relation holds whenever a turn begins; None if it does not.

    It must hold before the assignment that says it `again`, too, which then changes nothing.
    """
    into: dict[int, _State] = {nest.header: relation.constant}
    out: dict[int, _State] = {}
    changed = True
    while changed:
        changed = False
        for number in nest.body:
            if number != nest.header:
                ways = [out[before] for before in nest.graph.before[number] if before in out]
                into[number] = ways[0] if all(way == ways[0] for way in ways) else None
            state = _through(nest, number, relation, into[number], None, again)
            if number not in out or out[number] != state:
                out[number] = state
                changed = True
    holds = all(out[latch] == relation.constant for latch in nest.latches)
    if again is not None and holds:
        home = next(number for number in nest.every_turn if again in nest.graph.blocks[number].stmts)
        holds = _through(nest, home, relation, into[home], again) == relation.constant
    return into if holds else None


def _through(
    nest: _Nest, number: int, relation: _Relation, state: _State, until: Stmt | None, again: Stmt | None = None
) -> _State:
    """The state behind a block, or before one of its statements; that which says it `again` is passed over."""
    known: Definitions = {}
    for stmt in nest.graph.blocks[number].stmts:
        if stmt is until:
            break
        if stmt is not again and (relation.target in stmt.targets or relation.source in stmt.targets):
            state = _changed(stmt, relation, state, known)
        define(stmt, known)
    return state


def _changed(stmt: Stmt, relation: _Relation, state: _State, known: Definitions) -> _State:
    """The state after an assignment to either variable: by a step, or by what the other one is."""
    value = linear(stmt.expr, known) if len(stmt.targets) == 1 else None
    if value is None or len(value.terms) != 1:
        return None
    assigned, (source, factor) = stmt.targets[0], value.terms[0]
    if source is assigned:
        if factor != 1 or state is None:
            return None
        gain = value.constant if assigned is relation.target else -relation.factor * value.constant
        return state + gain & MASK
    if assigned is relation.target:
        return value.constant if source is relation.source and factor == relation.factor else None
    return -value.constant & MASK if source is relation.target and factor == relation.factor == 1 else None
