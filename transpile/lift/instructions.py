"""A handler for each instruction that is more than its operands' function; the rest goes through one generic way.

A handler takes the lifter, the immediate and the offset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from wasm2py.runtime.types import FUNCREF, FuncType, ValType
from wasm2py.transpile.ir.cfg import Jump, Return, Stmt
from wasm2py.transpile.ir.expr import EVERYTHING, GLOBAL_GET, SHARED_SIZE, TRAPS, WIDE_ATOMICS, Expr, get
from wasm2py.transpile.ir.mixes import MIXING, mixes
from wasm2py.transpile.lift import aggregates, control, exceptions
from wasm2py.transpile.lift.function import Lifter, simple
from wasm2py.transpile.opcodes import OPS, WIDE, Op

Handler: TypeAlias = Callable[[Lifter, Any, int], None]

HANDLERS: dict[Op, Handler] = {}


def handles(*mnemonics: str) -> Callable[[Handler], Handler]:
    """Register a handler for these instructions."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update((OPS[mnemonic], handler) for mnemonic in mnemonics)
        return handler

    return register


for _name in ("unreachable", "nop", "block", "loop", "end", "br", "br_if", "br_table", "br_on_null", "br_on_non_null"):
    HANDLERS[OPS[_name]] = getattr(control, _name)
for _name in ("br_on_cast", "br_on_cast_fail"):
    HANDLERS[OPS[_name]] = getattr(control, _name)
for _name in ("if", "else", "return"):
    HANDLERS[OPS[_name]] = getattr(control, _name + "_")
HANDLERS[OPS["try"]] = exceptions.try_
for _name in ("throw", "throw_ref", "try_table", "catch", "catch_all", "delegate", "rethrow"):
    HANDLERS[OPS[_name]] = getattr(exceptions, _name)


HANDLERS.update(aggregates.HANDLERS)


# Parametric and variable instructions


@handles("drop")
def _drop(lifter: Lifter, imm: Any, offset: int) -> None:
    expr = lifter.pop()
    if expr.effects:
        lifter.spill_before(expr.effects)
        lifter.spilled(expr)


@handles("select", "select_t")
def _select(lifter: Lifter, imm: Any, offset: int) -> None:
    """Python evaluates the condition first and only one of the values: values that can be noticed are spilled."""
    condition = lifter.pop()
    values = lifter.pop_many(2)
    if any(value.effects for value in values):
        for value in values:
            lifter.spill_before(value.effects)
        values = [lifter.spilled(value) if value.effects else value for value in values]
    lifter.push(Expr(OPS["select"], values[0].type, (*values, condition), None, offset))


@handles("local.set")
def _local_set(lifter: Lifter, imm: int, offset: int) -> None:
    var = lifter.locals[imm]
    value = lifter.stack.pop()
    if lifter.stack:
        lifter.spill_before(0, 1 << var.index)
        if value.effects:
            lifter.spill_before(value.effects)
    lifter.emit(Stmt((var,), value))


@handles("local.tee")
def _local_tee(lifter: Lifter, imm: int, offset: int) -> None:
    _local_set(lifter, imm, offset)
    lifter.stack.append(get(lifter.locals[imm], offset))


@handles("global.get")
def _global_get(lifter: Lifter, imm: int, offset: int) -> None:
    expr = Expr(GLOBAL_GET, lifter.context.global_types[imm], (), imm, offset)
    expr.zeros = lifter.context.global_zeros.get(imm, 0)
    lifter.stack.append(expr)


# Instructions that change something, which therefore happen in their place


def _change(mnemonic: str, operands: int, results: tuple[ValType, ...] = ()) -> None:
    """Register an instruction that takes `operands` operands and changes the store."""
    op = OPS[mnemonic]

    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        args = tuple(lifter.pop_many(operands))
        lifter.effect(Expr(op, results[0] if results else None, args, imm, offset), results)

    HANDLERS[op] = handler


for _name, _operands in (
    ("global.set", 1), ("memory.init", 3), ("memory.copy", 3), ("memory.fill", 3),
    ("table.set", 2), ("table.init", 3), ("table.copy", 3), ("table.fill", 3), ("data.drop", 0), ("elem.drop", 0),
):  # fmt: skip
    _change(_name, _operands)
_change("memory.grow", 1, ("i32",))
_change("table.grow", 2, ("i32",))


@handles("memory.size")
def _memory_size(lifter: Lifter, imm: int, offset: int) -> None:
    if lifter.context.memories[imm].shared:
        lifter.effect(Expr(SHARED_SIZE, "i32", (), imm, offset), ("i32",))
    else:
        simple(lifter, OPS["memory.size"], imm, offset)


@handles("atomic.fence")
def _fence(lifter: Lifter, imm: None, offset: int) -> None:
    """Nothing moves across; atomic accesses are in one order for all threads by themselves."""
    lifter.spill_before(EVERYTHING)


def _atomic(op: Op) -> Handler:
    """Whatever it does: other threads may see it, and it may see what they have done."""

    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        assert op.params is not None and op.results is not None
        args = tuple(lifter.pop_many(len(op.params)))
        own = WIDE_ATOMICS[op] if args[0].type == "i64" else op
        lifter.effect(Expr(own, _single(op.results), args, imm, offset), op.results)

    return handler


HANDLERS.update((op, _atomic(op)) for op in WIDE_ATOMICS)


def _register_stores() -> None:
    for op in OPS.values():
        if op.family in ("store", "vector_store"):
            HANDLERS[op] = _store(op)


def _store(op: Op) -> Handler:
    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        value = lifter.stack.pop()
        lifter.effect(Expr(op, None, (lifter.stack.pop(), value), imm, offset), ())

    return handler


_register_stores()


# Instructions on three vectors


def _three_operands(op: Op) -> Handler:
    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        lifter.push(Expr(op, "v128", tuple(lifter.pop_many(3)), imm, offset))

    return handler


HANDLERS.update((op, _three_operands(op)) for op in OPS.values() if op.params == ("v128",) * 3)


# Instructions on lanes of floats: the function takes note of it


def _floats(op: Op) -> Handler:
    usual = HANDLERS.get(op)

    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        lifter.function.lanes = True
        if usual is None:
            simple(lifter, op, imm, offset)
        else:
            usual(lifter, imm, offset)

    return handler


HANDLERS.update((op, _floats(op)) for op in OPS.values() if op.mnemonic.startswith(("f32x4.", "f64x2.")))


# Instructions that may mix bits: the function takes note of it


def _mixing(op: Op) -> Handler:
    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        simple(lifter, op, imm, offset)
        if mixes(lifter.stack[-1]):
            lifter.function.mixes = True

    return handler


HANDLERS.update((op, _mixing(op)) for op in MIXING)


# Instructions with two results


def _two_results(op: Op) -> Handler:
    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        assert op.params is not None and op.results is not None
        lifter.effect(Expr(op, None, tuple(lifter.pop_many(len(op.params))), imm, offset), op.results)

    return handler


HANDLERS.update((op, _two_results(op)) for op in WIDE)


# Calls


@handles("call")
def _call(lifter: Lifter, imm: int, offset: int) -> None:
    type_ = lifter.context.function_types[imm]
    args = tuple(lifter.pop_many(len(type_.params)))
    lifter.call(Expr(OPS["call"], _single(type_.results), args, imm, offset), type_.results)


@handles("call_indirect")
def _call_indirect(lifter: Lifter, imm: tuple[int, int], offset: int) -> None:
    args, type_ = _looked_up_args(lifter, imm[0])
    lifter.call(Expr(OPS["call_indirect"], _single(type_.results), args, imm, offset), type_.results)


@handles("call_ref")
def _call_ref(lifter: Lifter, imm: int, offset: int) -> None:
    args, type_ = _looked_up_args(lifter, imm)
    lifter.call(Expr(OPS["call_ref"], _single(type_.results), args, imm, offset), type_.results)


def _looked_up_args(lifter: Lifter, type_index: int) -> tuple[tuple[Expr, ...], FuncType]:
    """The arguments of a call of that type, and the operand, their last, that tells the function.

    Python looks the function up before it evaluates the arguments, wasm after: arguments that trap come first.
    """
    type_ = lifter.context.types[type_index]
    function = lifter.pop()
    args = lifter.pop_many(len(type_.params))
    lifter.spill_before(EVERYTHING)
    return (*(lifter.spilled(arg) if arg.effects & TRAPS else arg for arg in args), function), type_


def _single(results: tuple[ValType, ...]) -> ValType | None:
    return results[0] if len(results) == 1 else None


@handles("return_call")
def _return_call(lifter: Lifter, imm: int, offset: int) -> None:
    """A function that calls itself last begins anew."""
    args = lifter.pop_many(len(lifter.context.function_types[imm].params))
    lifter.spill_before(EVERYTHING)
    if imm == lifter.function.index:
        lifter.assign_all(lifter.function.params, args)
        lifter.finish(Jump(lifter.function.entry))
    else:
        lifter.finish(Return((Expr(OPS["return_call"], None, tuple(args), imm, offset),), offset))


@handles("return_call_indirect")
def _return_call_indirect(lifter: Lifter, imm: tuple[int, int], offset: int) -> None:
    args, _ = _looked_up_args(lifter, imm[0])
    lifter.finish(Return((Expr(OPS["return_call_indirect"], None, args, imm, offset),), offset))


@handles("return_call_ref")
def _return_call_ref(lifter: Lifter, imm: int, offset: int) -> None:
    args, _ = _looked_up_args(lifter, imm)
    lifter.finish(Return((Expr(OPS["return_call_ref"], None, args, imm, offset),), offset))


# References and tables


@handles("ref.null")
def _ref_null(lifter: Lifter, imm: ValType, offset: int) -> None:
    type_ = lifter.context.erased(imm)
    lifter.stack.append(Expr(OPS["ref.null"], type_, (), type_, offset))


@handles("ref.func")
def _ref_func(lifter: Lifter, imm: int, offset: int) -> None:
    lifter.stack.append(Expr(OPS["ref.func"], FUNCREF, (), imm, offset))


@handles("ref.as_non_null")
def _ref_as_non_null(lifter: Lifter, imm: Any, offset: int) -> None:
    value = lifter.pop()
    lifter.push(Expr(OPS["ref.as_non_null"], value.type, (value,), None, offset))


@handles("ref.is_null")
def _ref_is_null(lifter: Lifter, imm: Any, offset: int) -> None:
    lifter.push(Expr(OPS["ref.is_null"], "i32", (lifter.pop(),), None, offset))


@handles("table.get")
def _table_get(lifter: Lifter, imm: int, offset: int) -> None:
    lifter.push(Expr(OPS["table.get"], lifter.context.table_types[imm], (lifter.pop(),), imm, offset))
