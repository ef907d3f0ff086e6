"""Loads (spec: Execution / Instructions / Memory Instructions).

*cpython*: an access is an item of the view for its width, which is indexed by address (`runtime/views.py`).
*portable*: `struct` reads the bytes. Nothing checks bounds: views and `struct` do.
"""

from __future__ import annotations

import ast

from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import INTEGERS, NODES, QUIET, SIGNED, WORDS, Emitter
from wasm2py.transpile.emit.integers import sign_extended
from wasm2py.transpile.emit.places import address_of, item_base, view_and_index, with_offset
from wasm2py.transpile.emit.values import Value
from wasm2py.transpile.ir.expr import NARROWED, Expr
from wasm2py.transpile.ir.intervals import FULL
from wasm2py.transpile.opcodes import OPS, Op


def format_of(op: Op, signed: bool) -> str:
    """What a load reads (u8, i16, f64, …)."""
    if op.mnemonic[0] == "f":
        return op.mnemonic[:3]
    return f"{'i' if signed else 'u'}{8 * op.width}"


def _load(emitter: Emitter, expr: Expr, line: int, format_: str) -> ast.expr:
    """Read an item of `format_` (u8, i16, f64, …)."""
    _, offset, memory = expr.imm
    base = item_base(emitter, expr.args[0], line)
    if emitter.dialect == "portable":
        return _portable(with_offset(base.node, offset, line), memory, format_, line)
    return nodes.item(*view_and_index(emitter, memory, format_, base, offset, line), line)


def _portable(address: ast.expr, memory: int, format_: str, line: int) -> ast.expr:
    buffer = names.buffer_name(memory)
    if format_ == "u8":
        return nodes.item(buffer, address, line)
    if format_ == "f32":
        return nodes.call("load_f32", [nodes.Name(buffer, line), address], line)
    unpacked = nodes.call(f"unpack_{format_}", [nodes.Name(buffer, line), address], line)
    return nodes.Subscript(unpacked, nodes.constant(0, line), line)


def _narrowed(emitter: Emitter, expr: Expr, line: int) -> Value:
    """An index of 64 bits as one of 32: by a helper, unless it is known to be small."""
    value, offset = emitter.canonical(expr.args[0]), expr.imm
    if value.low >= 0 and value.high + offset <= FULL["i32"][1]:
        return Value(with_offset(value.node, offset, line), value.low + offset, value.high + offset)
    args = [value.node, nodes.constant(offset, line)] if offset else [value.node]
    return Value(nodes.call("narrowed", args, line), *FULL["i32"])


def _integer_load(emitter: Emitter, expr: Expr, line: int) -> Value:
    bits = 8 * expr.op.width
    if not expr.op.mnemonic.endswith("_s"):
        return Value(_load(emitter, expr, line, f"u{bits}"), 0, (1 << bits) - 1)
    return _signed_load(emitter, expr, line)


def _signed_load(emitter: Emitter, expr: Expr, line: int) -> Value:
    """The element read as a signed integer."""
    bits = 8 * expr.op.width
    if emitter.dialect == "portable" and bits == 8:
        return sign_extended(Value(_load(emitter, expr, line, "u8"), 0, 255), 8, line)
    return Value(_load(emitter, expr, line, f"i{bits}"), -1 << (bits - 1), (1 << (bits - 1)) - 1)


def _f64_load(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return _load(emitter, expr, line, "f64")


def _f32_load(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """Bit for bit: C's conversion to double, which a view makes, would quiet a signalling NaN."""
    memory = expr.imm[2]
    address = address_of(emitter, expr, line)
    cpython = emitter.dialect == "cpython"
    buffer = names.view_name(memory, "u8") if cpython else names.buffer_name(memory)
    return nodes.call("load_f32", [nodes.Name(buffer, line), address], line)


def _f32_quiet_load(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    if emitter.dialect == "portable":
        memory = expr.imm[2]
        address = address_of(emitter, expr, line)
        unpacked = nodes.call("unpack_f32", [nodes.Name(names.buffer_name(memory), line), address], line)
        return nodes.Subscript(unpacked, nodes.constant(0, line), line)
    return _load(emitter, expr, line, "f32")


def reread(expr: Expr) -> Expr | None:
    """The bits of a loaded float as an integer load, and the other way round; None for anything else."""
    other: Op | None = OPS.get(_REREAD.get(expr.op.mnemonic, ""))
    return None if other is None else Expr(other, other.results[0], expr.args, expr.imm, expr.offset)  # type: ignore[index]


_REREAD = {"f32.load": "i32.load", "f64.load": "i64.load", "i32.load": "f32.load", "i64.load": "f64.load"}


def _register() -> None:
    for op in OPS.values():
        if op.family == "load" and op.results in (("i32",), ("i64",)):
            INTEGERS[op] = _integer_load
            if op.mnemonic in ("i32.load", "i64.load"):
                SIGNED[op] = _signed_load
    INTEGERS[NARROWED] = _narrowed
    WORDS[OPS["i64.load"]] = _signed_load
    NODES[OPS["f64.load"]] = _f64_load
    NODES[OPS["f32.load"]] = _f32_load
    QUIET[OPS["f32.load"]] = _f32_quiet_load


_register()
