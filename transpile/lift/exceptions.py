"""Exceptions: what may raise one where it is caught ends its block, with an edge to the handler (spec: Execution /
Instructions / Control Instructions).

So a protected region is nothing but edges of the graph. A call in it gives, besides its results, the exception that it
was left with, or null (`CAUGHT`), and a branch tells; a `throw` in it makes the exception and jumps. A handler is made
of tests, clause by clause, and ends in the handler around it, or in leaving the function (`RAISE`). Python's `try` is
only ever around one call, and whatever works on the graph or on statements need not know that there are exceptions.
"""

from __future__ import annotations

from typing import Any

from wasm2py.runtime.types import EXNREF, FuncType
from wasm2py.transpile.ir.cfg import Block, Branch, Jump, Return, Stmt
from wasm2py.transpile.ir.expr import CARRIED, EXCEPTION, HAS_TAG, RAISE, Expr, get
from wasm2py.transpile.lift.control import PARTS, block_type, drop_rest, leave, open_
from wasm2py.transpile.lift.function import Frame, Handler, Lifter
from wasm2py.transpile.opcodes import OPS, Catch

_IS_NULL = OPS["ref.is_null"]


def throw(lifter: Lifter, imm: int, offset: int) -> None:
    args = lifter.pop_many(len(lifter.context.tags[imm].type.params))
    drop_rest(lifter)
    _raise(lifter, Expr(EXCEPTION, EXNREF, tuple(args), imm, offset), offset)


def throw_ref(lifter: Lifter, imm: Any, offset: int) -> None:
    """A null reference traps, which nothing catches."""
    reference = lifter.pop()
    drop_rest(lifter)
    handler = lifter.frames[-1].inside
    if handler is None:
        lifter.finish(Return((Expr(RAISE, None, (reference,), True, offset),), offset))
        return
    lifter.emit(Stmt((handler.exception,), reference))
    trap = lifter.function.block()
    trap.end = Return((Expr(RAISE, None, (get(handler.exception, offset),), True, offset),), offset)
    null = Expr(_IS_NULL, "i32", (get(handler.exception, offset),), None, offset)
    lifter.finish(Branch(null, trap, handler.entry))


def _raise(lifter: Lifter, exception: Expr, offset: int) -> None:
    """Go on with an exception, which is not null, where it is handled."""
    _raise_to(lifter, lifter.frames[-1].inside, exception, offset)


def _raise_to(lifter: Lifter, handler: Handler | None, exception: Expr, offset: int) -> None:
    if handler is None:
        lifter.finish(Return((Expr(RAISE, None, (exception,), False, offset),), offset))
    else:
        lifter.emit(Stmt((handler.exception,), exception))
        lifter.finish(Jump(handler.entry))


def try_table(lifter: Lifter, imm: tuple[FuncType | int, tuple[Catch, ...]], offset: int) -> None:
    lifter.spill_all()
    blocktype, clauses = imm
    around = lifter.frames[-1].inside
    handler = Handler(lifter.function) if clauses else around
    if handler is not None and clauses:
        here, lifter.block = lifter.block, handler.entry
        for clause in clauses:
            if lifter.block is not None:
                _clause(lifter, handler, clause, offset)
        if lifter.block is not None:
            _raise_to(lifter, around, get(handler.exception, offset), offset)
        lifter.block = here
    open_(lifter, "block", block_type(lifter, blocktype)).inside = handler


def _clause(lifter: Lifter, handler: Handler, clause: Catch, offset: int) -> None:
    """Test for a clause, and go to its label; the next clause follows, unless this one catches all."""
    kind, tag, label = clause
    following = None
    values: list[Expr] = []
    if tag is not None:
        following = _test(lifter, handler, tag, offset)
        values = _carried(lifter, handler, tag, offset)
    if kind.endswith("ref"):
        values.append(get(handler.exception, offset))
    _go(lifter, lifter.frames[-1 - label], values, offset)
    lifter.block = following


def _test(lifter: Lifter, handler: Handler, tag: int, offset: int) -> Block:
    """Go on where an exception has a tag; where it has another is the block that this returns."""
    then, other = lifter.function.block(), lifter.function.block()
    condition = Expr(HAS_TAG, "i32", (get(handler.exception, offset),), tag, offset)
    lifter.finish(Branch(condition, then, other))
    lifter.block = then
    return other


def _carried(lifter: Lifter, handler: Handler, tag: int, offset: int) -> list[Expr]:
    """The values that an exception with a tag carries."""
    types = lifter.context.tags[tag].type.params
    return [
        lifter.spilled(Expr(CARRIED, type_, (get(handler.exception, offset),), index, offset))
        for index, type_ in enumerate(types)
    ]


def _go(lifter: Lifter, frame: Frame, values: list[Expr], offset: int) -> None:
    """Take operands to a frame's label."""
    frame.reached = True
    if frame.kind == "func":
        lifter.finish(Return(tuple(values), offset))
    else:
        lifter.assign_all(frame.operands, values)
        lifter.finish(Jump(frame.target))


# As it was before 3.0: the handlers stand in the block itself.


def try_(lifter: Lifter, imm: FuncType | int, offset: int) -> None:
    lifter.spill_all()
    frame = open_(lifter, "try", block_type(lifter, imm))
    frame.handler = frame.inside = Handler(lifter.function)
    frame.other = frame.handler.entry
    frame.closing = _close


def _end_part(lifter: Lifter) -> Frame:
    """Leave a part of the innermost `try`; what comes in it now is handled by what is around it."""
    frame = lifter.frames[-1]
    leave(lifter, frame)
    del lifter.stack[frame.height :]
    frame.inside = lifter.frames[-2].inside
    lifter.block, frame.other = frame.other, None
    return frame


def catch(lifter: Lifter, imm: int, offset: int) -> None:
    frame = _end_part(lifter)
    assert frame.handler is not None
    frame.other = _test(lifter, frame.handler, imm, offset)
    lifter.stack += _carried(lifter, frame.handler, imm, offset)


def catch_all(lifter: Lifter, imm: Any, offset: int) -> None:
    _end_part(lifter)


def _close(lifter: Lifter, offset: int) -> None:
    """What no clause has caught goes on."""
    frame = _end_part(lifter)
    if lifter.block is not None:
        _raise_caught(lifter, frame, frame.inside, offset)


def delegate(lifter: Lifter, imm: int, offset: int) -> None:
    """What is thrown in the block goes on as if it had been thrown in one around it."""
    frame = _end_part(lifter)
    lifter.frames.pop()
    _raise_caught(lifter, frame, lifter.frames[-1 - imm].inside, offset)
    if frame.reached:
        lifter.block = frame.end
        lifter.stack.extend(get(var, offset) for var in frame.results)


def rethrow(lifter: Lifter, imm: int, offset: int) -> None:
    drop_rest(lifter)
    _raise_caught(lifter, lifter.frames[-1 - imm], lifter.frames[-1].inside, offset)


def _raise_caught(lifter: Lifter, frame: Frame, handler: Handler | None, offset: int) -> None:
    """Go on with the exception that a `try` has caught."""
    assert frame.handler is not None
    _raise_to(lifter, handler, get(frame.handler.exception, offset), offset)


PARTS.update({OPS["catch"]: catch, OPS["catch_all"]: catch_all, OPS["delegate"]: delegate})
