"""Control instructions: blocks become edges of the graph (spec: Structure / Instructions / Control Instructions)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wasm2py.runtime.references import is_nullable
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.ir.cfg import Block, Branch, Jump, Return, Switch, Unreachable
from wasm2py.transpile.ir.expr import LOCAL_GET, TRAPS, Expr, get
from wasm2py.transpile.lift.function import Frame, Lifter, is_settled
from wasm2py.transpile.opcodes import OPS, Op

_OPENERS = frozenset({OPS["block"], OPS["loop"], OPS["if"], OPS["try_table"], OPS["try"]})
_ELSE = OPS["else"]
_END = OPS["end"]
_DELEGATE = OPS["delegate"]
#: The parts of a `try` after the first; `exceptions.py` enters what begins them.
PARTS: dict[Op, Callable[[Lifter, Any, int], None]] = {}


def skip_dead(lifter: Lifter, op: Op, imm: Any, offset: int) -> None:
    """Pass over an instruction that cannot be reached, up to where control can come back in."""
    if op in _OPENERS:
        lifter.dead_depth += 1
    elif op is _END and lifter.dead_depth:
        lifter.dead_depth -= 1
    elif op is _END:
        end(lifter, None, offset)
    elif op is _ELSE and not lifter.dead_depth:
        else_(lifter, None, offset)
    elif op in PARTS and not lifter.dead_depth:
        PARTS[op](lifter, imm, offset)
    elif op is _DELEGATE:
        lifter.dead_depth -= 1


def block_type(lifter: Lifter, imm: FuncType | int) -> FuncType:
    if isinstance(imm, int):
        return lifter.context.types[imm]
    results = tuple(map(lifter.context.erased, imm.results))
    return imm if results == imm.results else FuncType((), results)


def open_(lifter: Lifter, kind: str, type_: FuncType) -> Frame:
    results = [lifter.function.variable(result) for result in type_.results]
    frame = Frame(
        kind, len(lifter.stack) - len(type_.params), lifter.function.block(), results, lifter.frames[-1].inside
    )
    lifter.frames.append(frame)
    return frame


def block(lifter: Lifter, imm: Any, offset: int) -> None:
    lifter.spill_all()
    open_(lifter, "block", block_type(lifter, imm))


def loop(lifter: Lifter, imm: Any, offset: int) -> None:
    """The header is a block of its own, whose operands travel in variables, from outside as from a branch back."""
    lifter.spill_all()
    type_ = block_type(lifter, imm)
    frame = open_(lifter, "loop", type_)
    frame.operands = [lifter.function.variable(param) for param in type_.params]
    lifter.assign_all(frame.operands, lifter.pop_many(len(type_.params)))
    frame.target = lifter.function.block()
    lifter.finish(Jump(frame.target))
    lifter.block = frame.target
    lifter.stack.extend(get(var, offset) for var in frame.operands)


def if_(lifter: Lifter, imm: Any, offset: int) -> None:
    condition = lifter.pop()
    lifter.spill_all()
    type_ = block_type(lifter, imm)
    frame = open_(lifter, "if", type_)
    then, frame.other = lifter.function.block(), lifter.function.block()
    frame.params = lifter.stack[frame.height :]
    lifter.finish(Branch(condition, then, frame.other))
    lifter.block = then


def else_(lifter: Lifter, imm: Any, offset: int) -> None:
    frame = lifter.frames[-1]
    leave(lifter, frame)
    del lifter.stack[frame.height :]
    lifter.stack.extend(copy_leaf(param) for param in frame.params)
    lifter.block, frame.other = frame.other, None


def end(lifter: Lifter, imm: Any, offset: int) -> None:
    """Leave the innermost frame; what follows can be reached if its end can."""
    frame = lifter.frames[-1]
    if frame.kind == "func":
        if lifter.block is not None:
            lifter.finish(Return(tuple(lifter.pop_many(len(lifter.type.results))), offset))
        return
    if frame.closing is not None:
        frame.closing(lifter, offset)
    if frame.other is not None:
        else_(lifter, imm, offset)
    lifter.frames.pop()
    if frame.kind == "loop":
        if lifter.block is None:
            del lifter.stack[frame.height :]
        return
    leave(lifter, frame)
    del lifter.stack[frame.height :]
    if frame.reached:
        lifter.block = frame.end
        lifter.stack.extend(get(var, offset) for var in frame.results)


def leave(lifter: Lifter, frame: Frame) -> None:
    """Fall through to a frame's end."""
    if lifter.block is not None:
        lifter.assign_all(frame.results, lifter.pop_many(len(frame.results)))
        frame.reached = True
        lifter.finish(Jump(frame.end))


def copy_leaf(expr: Expr) -> Expr:
    """The same leaf as a node of its own: passes annotate nodes."""
    if expr.op is LOCAL_GET:
        return get(expr.imm, expr.offset)
    return Expr(expr.op, expr.type, (), expr.imm, expr.offset)


def operands_of(lifter: Lifter, frame: Frame) -> int:
    """How many operands a branch to the frame takes."""
    return len(lifter.type.results) if frame.kind == "func" else len(frame.operands)


def br(lifter: Lifter, imm: int, offset: int) -> None:
    frame = lifter.frames[-1 - imm]
    if frame.kind == "func":
        return_(lifter, None, offset)
        return
    values = lifter.pop_many(len(frame.operands))
    drop_rest(lifter)
    lifter.assign_all(frame.operands, values)
    frame.reached = True
    lifter.finish(Jump(frame.target))


def return_(lifter: Lifter, imm: Any, offset: int) -> None:
    values = lifter.pop_many(len(lifter.type.results))
    drop_rest(lifter)
    lifter.finish(Return(tuple(values), offset))


def drop_rest(lifter: Lifter) -> None:
    """What stays on the stack is dropped, but what of it can trap does."""
    for expr in lifter.stack[lifter.settled() :]:
        if expr.effects & TRAPS:
            lifter.spilled(expr)


def _fork(lifter: Lifter, arity: int) -> list[Expr]:
    """Make ready for leaving by one of several ways: the operands become leaves, and what can be noticed happens."""
    stack = lifter.stack
    first = len(stack) - arity
    for position in range(lifter.settled(), len(stack)):
        expr = stack[position]
        if expr.effects or (position >= first and expr.args):
            stack[position] = lifter.spilled(expr)
    return stack[first:] if arity else []


def _edge(lifter: Lifter, label: int, values: list[Expr], offset: int) -> Block:
    """A block that takes the operands along to a label, or the label's own block where there are none."""
    frame = lifter.frames[-1 - label]
    frame.reached = True
    if frame.kind != "func" and not values:
        return frame.target
    here, lifter.block = lifter.block, lifter.function.block()
    edge = lifter.block
    copies = [copy_leaf(value) for value in values]
    if frame.kind == "func":
        lifter.finish(Return(tuple(copies), offset))
    else:
        lifter.assign_all(frame.operands, copies)
        lifter.finish(Jump(frame.target))
    lifter.block = here
    return edge


def br_if(lifter: Lifter, imm: int, offset: int) -> None:
    condition = lifter.pop()
    values = _fork(lifter, operands_of(lifter, lifter.frames[-1 - imm]))
    then = _edge(lifter, imm, values, offset)
    following = lifter.function.block()
    lifter.finish(Branch(condition, then, following))
    lifter.block = following


def br_on_null(lifter: Lifter, imm: int, offset: int) -> None:
    """The reference stays on the stack where it is not null."""
    kept = _tested(lifter)
    values = _fork(lifter, operands_of(lifter, lifter.frames[-1 - imm]))
    _branch_on_null(lifter, kept, _edge(lifter, imm, values, offset), None, offset)
    lifter.stack.append(kept)


def br_on_non_null(lifter: Lifter, imm: int, offset: int) -> None:
    """The branch takes the reference along."""
    kept = _tested(lifter)
    lifter.stack.append(kept)
    values = _fork(lifter, operands_of(lifter, lifter.frames[-1 - imm]))
    _branch_on_null(lifter, kept, None, _edge(lifter, imm, values, offset), offset)
    lifter.pop()


def _tested(lifter: Lifter) -> Expr:
    """The topmost operand, popped, as something that can be evaluated twice."""
    value = lifter.pop()
    if is_settled(value):
        return value
    lifter.spill_before(value.effects)
    return lifter.spilled(value)


def _branch_on_null(lifter: Lifter, value: Expr, null: Block | None, other: Block | None, offset: int) -> None:
    """Go on at one of the blocks, or at the next instruction."""
    following = lifter.function.block()
    condition = Expr(OPS["ref.is_null"], "i32", (copy_leaf(value),), None, offset)
    lifter.finish(Branch(condition, null or following, other or following))
    lifter.block = following


def br_on_cast(lifter: Lifter, imm: tuple[int, ValType, ValType], offset: int) -> None:
    """The branch takes the reference along if it is of the type; else it stays on the stack."""
    _cast(lifter, imm, offset, True)


def br_on_cast_fail(lifter: Lifter, imm: tuple[int, ValType, ValType], offset: int) -> None:
    """The other way round."""
    _cast(lifter, imm, offset, False)


def _cast(lifter: Lifter, imm: tuple[int, ValType, ValType], offset: int, taken: bool) -> None:
    label, _, wanted = imm
    kept = _tested(lifter)
    lifter.stack.append(kept)
    values = _fork(lifter, operands_of(lifter, lifter.frames[-1 - label]))
    edge, following = _edge(lifter, label, values, offset), lifter.function.block()
    test = OPS["ref.test_null" if is_nullable(wanted) else "ref.test"]
    condition = Expr(test, "i32", (copy_leaf(kept),), wanted, offset)
    lifter.finish(Branch(condition, edge, following) if taken else Branch(condition, following, edge))
    lifter.block = following


def br_table(lifter: Lifter, imm: tuple[tuple[int, ...], int], offset: int) -> None:
    index = lifter.pop()
    labels, default = imm
    values = _fork(lifter, operands_of(lifter, lifter.frames[-1 - default]))
    edges = {label: _edge(lifter, label, values, offset) for label in dict.fromkeys((*labels, default))}
    lifter.finish(Switch(index, [edges[label] for label in labels], edges[default]))


def unreachable(lifter: Lifter, imm: Any, offset: int) -> None:
    drop_rest(lifter)
    lifter.finish(Unreachable(offset))


def nop(lifter: Lifter, imm: Any, offset: int) -> None:
    """Nothing to do."""
