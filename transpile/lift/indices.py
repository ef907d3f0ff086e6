"""Memories and tables with 64-bit indices, of which nothing that comes after lifting need know.

No memory or table has more places here than 32 bits can count, and none has a last place of 2**32 - 1. So an i64 index,
address or size, a static offset added to it, becomes the i32 that is the same or, if it is more than that, 2**32 - 1
(`NARROWED`): what traps or fails with the one does with the other. A size that is the result is extended, -1 to -1.
Atomic accesses alone keep their addresses (`WIDE_ATOMICS`): whether those are aligned shows in their low bits.
"""

from __future__ import annotations

from typing import Any

from wasm2py.transpile.indices import INDEXED, index_types
from wasm2py.transpile.ir.expr import CONSTS, MAX_DEPTH, NARROWED, Expr, const
from wasm2py.transpile.lift.function import Lifter, simple
from wasm2py.transpile.lift.instructions import HANDLERS, Handler
from wasm2py.transpile.opcodes import OPS, Op

#: No memory or table has this place.
_NOWHERE = 0xFFFFFFFF


def narrowed(index: Expr, offset: int) -> Expr:
    """An i64 index plus a static offset, as an i32 that is out of bounds if that is."""
    if index.op in CONSTS:
        return const("i32", min(index.imm + offset, _NOWHERE), index.offset)
    return Expr(NARROWED, "i32", (index,), min(offset, _NOWHERE), index.offset)


def _wide(op: Op) -> Handler:
    """The handler for an instruction of a module that has 64-bit indices."""
    usual = HANDLERS.get(op)

    def handler(lifter: Lifter, imm: Any, offset: int) -> None:
        operands, result = index_types(op, imm, lifter.context.memories, lifter.context.tables)
        if "i64" in operands:
            more = 0
            if op.immediate in ("memarg", "memarg_lane"):  # the offset goes with the address
                align, more, *rest = imm
                imm = align, 0, *rest
            _narrow(lifter, operands, more)
        if usual is not None:
            usual(lifter, imm, offset)
        else:
            simple(lifter, op, imm, offset)
        if result == "i64":
            lifter.push(Expr(_EXTENSIONS[op], "i64", (lifter.pop(),), None, offset))

    return handler


def _narrow(lifter: Lifter, operands: tuple[str | None, ...], offset: int) -> None:
    """Narrow those of the topmost expressions that are 64-bit indices."""
    if any(expr.depth >= MAX_DEPTH for expr in lifter.stack[-len(operands) :]):
        lifter.spill_all()
    values = lifter.pop_many(len(operands))
    lifter.stack += [
        narrowed(value, offset) if type_ == "i64" else value for value, type_ in zip(values, operands, strict=True)
    ]


#: How a size of 32 bits becomes one of 64; growing may fail with -1.
_EXTENSIONS = {OPS[f"{space}.size"]: OPS["i64.extend_i32_u"] for space in ("memory", "table")} | {
    OPS[f"{space}.grow"]: OPS["i64.extend_i32_s"] for space in ("memory", "table")
}
#: The handlers for modules that have memories or tables with 64-bit indices.
WIDE_HANDLERS: dict[Op, Handler] = HANDLERS | {op: _wide(op) for op in INDEXED if op.family != "atomic"}
