"""Structures, arrays, and references to them (spec: Execution / Instructions / Aggregate Instructions).

What is read of them is an expression, with effects as loads have; what makes one gives something of its own each time;
what is written, or may trap and makes an array, happens in its place. Of the operands of a store, Python evaluates the
value first: they come in that order, and those that could tell the difference are evaluated before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from wasm2py.runtime.types import ANYREF, EXTERNREF, I32, ValType
from wasm2py.transpile.ir.expr import (
    ELEMENT_SET,
    EVERYTHING,
    FIELD_SET,
    FIXED_FIELDS,
    TRAPS,
    WRITES,
    Expr,
    commute,
)
from wasm2py.transpile.lift.function import Lifter
from wasm2py.transpile.opcodes import OPS, Op

Handler: TypeAlias = Callable[[Lifter, Any, int], None]

HANDLERS: dict[Op, Handler] = {}


def _handles(*mnemonics: str) -> Callable[[Callable[[Lifter, Op, Any, int], None]], Callable[..., None]]:
    """Register a handler, which is told the instruction, too."""

    def register(handler: Callable[[Lifter, Op, Any, int], None]) -> Callable[..., None]:
        for mnemonic in mnemonics:
            HANDLERS[OPS[mnemonic]] = _bound(handler, OPS[mnemonic])
        return handler

    return register


def _bound(handler: Callable[[Lifter, Op, Any, int], None], op: Op) -> Handler:
    return lambda lifter, imm, offset: handler(lifter, op, imm, offset)


# References: functions of their operands


def _function(mnemonic: str, result: ValType, operands: int = 1) -> None:
    op = OPS[mnemonic]

    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        lifter.push(Expr(op, result, tuple(lifter.pop_many(operands)), imm, offset))

    HANDLERS[op] = handler


_function("ref.eq", I32, 2)
_function("ref.test", I32)
_function("ref.test_null", I32)
_function("ref.i31", ANYREF)
_function("i31.get_s", I32)
_function("i31.get_u", I32)
_function("any.convert_extern", ANYREF)
_function("extern.convert_any", EXTERNREF)
_function("array.len", I32)


@_handles("ref.cast", "ref.cast_null")
def _cast(lifter: Lifter, op: Op, imm: ValType, offset: int) -> None:
    lifter.push(Expr(op, lifter.context.erased(imm), (lifter.pop(),), imm, offset))


# Structures


@_handles("struct.new")
def _struct_new(lifter: Lifter, op: Op, imm: int, offset: int) -> None:
    args = lifter.pop_many(len(lifter.context.fields(imm)))
    lifter.push(Expr(op, ANYREF, tuple(args), imm, offset))


@_handles("struct.new_default")
def _struct_new_default(lifter: Lifter, op: Op, imm: int, offset: int) -> None:
    lifter.push(Expr(op, ANYREF, (), imm, offset))


@_handles("struct.get", "struct.get_s", "struct.get_u")
def _struct_get(lifter: Lifter, op: Op, imm: tuple[int, int], offset: int) -> None:
    index, place = imm
    field = lifter.context.fields(index)[place]
    own = op if field.mutable else FIXED_FIELDS[op]
    lifter.push(Expr(own, lifter.context.erased(field.valtype), (lifter.pop(),), imm, offset))


@_handles("struct.set")
def _struct_set(lifter: Lifter, op: Op, imm: tuple[int, int], offset: int) -> None:
    target, value = lifter.pop_many(2)
    if not commute(target.effects, value.effects):
        target, value = _both(lifter, target, value)
    lifter.effect(Expr(FIELD_SET, None, (value, target), imm, offset), ())


def _both(lifter: Lifter, *values: Expr) -> list[Expr]:
    """Evaluate operands now, those below them before."""
    lifter.spill_before(EVERYTHING)
    return [lifter.spilled(value) if value.effects else value for value in values]


# Arrays


@_handles("array.get", "array.get_s", "array.get_u")
def _array_get(lifter: Lifter, op: Op, imm: int, offset: int) -> None:
    array, index = lifter.pop_many(2)
    if index.effects & (TRAPS | WRITES):
        array, index = _both(lifter, array, index)
    [element] = lifter.context.fields(imm)
    lifter.push(Expr(op, lifter.context.erased(element.valtype), (array, index), imm, offset))


@_handles("array.set")
def _array_set(lifter: Lifter, op: Op, imm: int, offset: int) -> None:
    array, index, value = lifter.pop_many(3)
    effects = array.effects | index.effects
    if index.effects & (TRAPS | WRITES) or not commute(effects, value.effects):
        array, index, value = _both(lifter, array, index, value)
    lifter.effect(Expr(ELEMENT_SET, None, (value, array, index), imm, offset), ())


@_handles("array.new_fixed")
def _array_new_fixed(lifter: Lifter, op: Op, imm: tuple[int, int], offset: int) -> None:
    lifter.push(Expr(op, ANYREF, tuple(lifter.pop_many(imm[1])), imm, offset))


def _in_place(mnemonic: str, operands: int, results: tuple[ValType, ...] = ()) -> None:
    op = OPS[mnemonic]

    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        args = tuple(lifter.pop_many(operands))
        lifter.effect(Expr(op, results[0] if results else None, args, imm, offset), results)

    HANDLERS[op] = handler


_in_place("array.new", 2, (ANYREF,))
_in_place("array.new_default", 1, (ANYREF,))
_in_place("array.new_data", 2, (ANYREF,))
_in_place("array.new_elem", 2, (ANYREF,))
_in_place("array.fill", 4)
_in_place("array.copy", 5)
_in_place("array.init_data", 4)
_in_place("array.init_elem", 4)
