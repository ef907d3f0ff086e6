"""Steps of bodies that throw and catch (spec: Validation / Instructions)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasm2py.runtime.types import ValType
from wasm2py.transpile.opcodes import CATCHES

if TYPE_CHECKING:
    from property.bodies import Body

#: A clause: its kind, its tag unless it catches all, and what it gives the label.
Clause = tuple[str, int | None, tuple[ValType, ...]]


def throw(body: Body) -> None:
    tag = body.choices.below(len(body.scope.tags))
    body.arguments(body.scope.tags[tag])
    body.emit("throw", tag)
    body.dead_end()


def throw_inside(body: Body) -> None:
    body.conditionally(throw)


def throw_ref(body: Body) -> None:
    body.want("exnref")
    body.emit("throw_ref")
    body.dead_end()


def try_table(body: Body) -> None:
    """A region in a block for each of its handlers, in one for what all of them come to."""
    if len(body.frames) > 5:
        body.emit("nop")
        return
    _, results = body.signature()
    clauses = [_clause(body) for _ in range(1 + body.choices.below(3))]
    body.open("block", (), results)
    for _, _, types in clauses:
        body.open("block", (), types)
    _region(body, results, clauses)
    body.emit("br", body.depth(len(clauses)))
    body.dead_end()
    for outer in reversed(range(len(clauses))):
        body.close()
        body.nested()
        body.settle_frame(results)
        if outer:
            body.emit("br", body.depth(outer))
            body.dead_end()
    body.close()


def _clause(body: Body) -> Clause:
    kind = body.choices.pick(CATCHES)
    tag = None if kind.startswith("catch_all") else body.choices.below(len(body.scope.tags))
    payload = () if tag is None else body.scope.tags[tag].params
    return kind, tag, (*payload, "exnref") if kind.endswith("_ref") else payload


def _region(body: Body, results: tuple[ValType, ...], clauses: list[Clause]) -> None:
    """The `try_table` itself; its clauses go to any labels that take what they give."""
    labels = range(len(body.frames))
    catches = [
        (kind, tag, body.depth(body.choices.pick([i for i in labels if body.frames[-1 - i].label == types])))
        for kind, tag, types in clauses
    ]
    body.emit("try_table", (body.blocktype((), results), catches))
    body.enter(results, results)
    body.frame.catches = True
    body.nested()
    if not body.frame.unreachable and body.choices.one_in(2):
        throw_inside(body)
    body.settle_frame(results)
    body.close()
