"""Steps of bodies that catch exceptions as it was done before WebAssembly 3.0 (proposal: legacy exception handling).

wasmtime has no such instructions. So what is made of them is written down in two ways: with them, for us, and for
wasmtime as a `try_table` in a block for each handler, which keeps the exception for `rethrow`. The latter has more
labels, which frames know of (`extra`, `own`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from property.encoder import END, instruction
from property.throwing import throw, throw_inside
from wasm2py.runtime.types import ValType

if TYPE_CHECKING:
    from property.bodies import Body

#: A handler: its tag unless it catches all, and the local for what it has caught.
Handler = tuple[int | None, int]


def try_(body: Body) -> None:
    """A region with its handlers, or one that leaves them to a block around it."""
    if len(body.frames) > 5:
        body.emit("nop")
        return
    body.scope.has_legacy = True
    _, results = body.signature()
    blocktype = body.blocktype((), results)
    if body.choices.one_in(4):
        _delegating(body, blocktype, results)
        return
    handlers: list[Handler] = [
        (body.choices.below(len(body.scope.tags)), body.fresh("exnref")) for _ in range(body.choices.below(3))
    ]
    if not handlers or body.choices.one_in(2):
        handlers.append((None, body.fresh("exnref")))
    _begin(body, blocktype, results, handlers)
    _region(body, results)
    for place in range(len(handlers)):
        _handle(body, results, handlers, place)
    body.close()


def _region(body: Body, results: tuple[ValType, ...]) -> None:
    body.nested()
    if not body.frame.unreachable and body.choices.one_in(2):
        throw_inside(body)
    body.settle_frame(results)


def _payload(body: Body, tag: int | None) -> tuple[ValType, ...]:
    return () if tag is None else body.scope.tags[tag].params


def _begin(body: Body, blocktype: int | ValType | None, results: tuple[ValType, ...], handlers: list[Handler]) -> None:
    if body.scope.legacy:
        body.emit("try", blocktype)
    else:
        body.emit("block", blocktype)
        for tag, _ in reversed(handlers):
            body.emit("block", body.scope.builder.type_index((), (*_payload(body, tag), "exnref")))
        kinds = ["catch_all_ref" if tag is None else "catch_ref" for tag, _ in handlers]
        clauses = [(kind, tag, i) for i, (kind, (tag, _)) in enumerate(zip(kinds, handlers, strict=True))]
        body.emit("try_table", (blocktype, clauses))
    body.enter(results, results)
    body.frame.catches = True
    body.frame.extra = 0 if body.scope.legacy else len(handlers) + 1


def _handle(body: Body, results: tuple[ValType, ...], handlers: list[Handler], place: int) -> None:
    """Go over to a handler."""
    frame, (tag, caught) = body.frame, handlers[place]
    rest = len(handlers) - 1 - place
    if body.scope.legacy:
        body.emit("catch_all") if tag is None else body.emit("catch", tag)
    else:
        body.code += (b"" if place else END) + instruction("br", rest + 1) + END
        frame.extra = frame.own = rest
    del body.stack[frame.height :]
    body.readable = set(frame.before)
    frame.catches = frame.unreachable = False
    frame.caught = caught
    body.put(*_payload(body, tag))
    if not body.scope.legacy:
        body.emit("local.set", caught)
    body.nested()
    if not body.frame.unreachable and body.choices.one_in(3):
        body.conditionally(rethrow)
    body.settle_frame(results)


def _delegating(body: Body, blocktype: int | ValType | None, results: tuple[ValType, ...]) -> None:
    """What is thrown here goes to a block around it, which is where it would come to in any case."""
    catching = [i for i, frame in enumerate(reversed(body.frames)) if frame.catches]
    label = body.choices.below(catching[0] if catching and catching[0] else len(body.frames) if not catching else 1)
    body.emit("try" if body.scope.legacy else "block", blocktype)
    body.enter(results, results)
    _region(body, results)
    body.close(instruction("delegate", label) if body.scope.legacy else END)


def rethrow(body: Body) -> None:
    """Throw again what a handler around has caught; where there is none, throw anything."""
    labels = [i for i, frame in enumerate(reversed(body.frames)) if frame.caught is not None]
    if not labels:
        throw(body)
        return
    label = body.choices.pick(labels)
    if body.scope.legacy:
        body.emit("rethrow", label)
    else:
        caught = body.frames[-1 - label].caught
        assert caught is not None
        body.emit("local.get", caught)
        body.emit("throw_ref")
    body.dead_end()
