"""Stores, as statements.  The address is evaluated before the value, and nothing is written where either traps."""

from __future__ import annotations

import ast

from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.access import Address, reread
from wasm2py.transpile.emit.emitter import Emitter
from wasm2py.transpile.emit.floats import never_signals
from wasm2py.transpile.ir.expr import CONSTS, WRITES, Expr, commute
from wasm2py.transpile.opcodes import OPS

_INTEGER_STORE = {"f32.store": OPS["i32.store"], "f64.store": OPS["i64.store"]}


def store(emitter: Emitter, expr: Expr) -> list[ast.stmt]:
    """The statements of one store."""
    line = expr.offset or emitter.line
    where_expr, value_expr = expr.args
    op = expr.op
    if op.mnemonic in _INTEGER_STORE and value_expr.op.family == "load":
        # A float on its way from memory to memory is just bits.
        bits = reread(value_expr)
        assert bits is not None
        return store(emitter, Expr(_INTEGER_STORE[op.mnemonic], None, (where_expr, bits), expr.imm, expr.offset))
    memory = expr.imm[2]
    where = Address(emitter, expr, line)
    out: list[ast.stmt] = []
    if _needs_name(emitter, where, expr):
        where.base = _named(out, emitter.address, where.base, line)
    value, sign = _stored(emitter, value_expr, op.width, line)
    format_ = f"{'f' if op.mnemonic[0] == 'f' else sign}{8 * op.width}"
    exact = format_ != "f32" or never_signals(value_expr)
    if _value_needs_name(emitter, where, expr, exact) and not isinstance(value, ast.Name | ast.Constant):
        value = _named(out, emitter.stored, value, line)
    if emitter.dialect == "portable":
        out.append(_portable(where, memory, format_, value, line))
    else:
        out.extend(_views(where, memory, format_, op.width, exact, value, line))
    return out


def _needs_name(emitter: Emitter, where: Address, expr: Expr) -> bool:
    """Whether the address is used twice, or must be evaluated before what Python would evaluate first."""
    if expr.args[0].op in CONSTS:
        return False
    if not commute(expr.args[0].effects, expr.args[1].effects):
        return True
    return emitter.dialect == "cpython" and not where.aligned(expr.op.width) and not isinstance(where.base, ast.Name)


def _value_needs_name(emitter: Emitter, where: Address, expr: Expr, exact: bool) -> bool:
    """Whether the value is used twice, or stands in a helper's call, where Python takes the memory as it was before
    the value's evaluation perhaps made it grow.
    """
    width = expr.op.width
    if emitter.dialect == "cpython" and exact and expr.args[0].op not in CONSTS:
        return not where.aligned(width)
    return bool(expr.args[1].effects & WRITES) and not (emitter.dialect == "cpython" and exact and where.aligned(width))


def _named(out: list[ast.stmt], name: str, value: ast.expr, line: int) -> ast.expr:
    out.append(nodes.assign(name, value, line))
    return nodes.name(name, line)


def _stored(emitter: Emitter, expr: Expr, width: int, line: int) -> tuple[ast.expr, str]:
    """The value, an integer cut to `width` bytes (only its low bits count), and whether it is signed: "i" or "u"."""
    if expr.type not in ("i32", "i64"):
        return emitter.node(expr), "u"
    value = emitter.value(expr)
    if width == 8 and emitter.in_words(expr.type):
        return value.node, "i"
    if value.fits(8 * width):
        return value.node, "u"
    if value.fits_signed(8 * width) and emitter.dialect == "cpython":
        return value.node, "i"
    return nodes.binary(value.node, nodes.AND, nodes.constant((1 << 8 * width) - 1, line), line), "u"


def _portable(where: Address, memory: int, format_: str, value: ast.expr, line: int) -> ast.stmt:
    buffer = names.buffer_name(memory)
    if format_ == "u8":
        return nodes.set_item(buffer, where.node(), value, line)
    # PyPy's struct is slow with this one format.
    helper = f"store_{format_}" if format_ == "f32" else f"pack_{format_}"
    return nodes.evaluate(nodes.call(helper, [nodes.name(buffer, line), where.node(), value], line), line)


def _views(
    where: Address, memory: int, format_: str, width: int, exact: bool, value: ast.expr, line: int
) -> list[ast.stmt]:
    view = names.view_name(memory, format_)
    if where.aligned(width) and exact:
        return [nodes.set_item(view, where.index(width), value, line)]
    bytes_ = nodes.name(names.view_name(memory, "u8"), line)
    helper = f"store_{format_}"
    if not exact or isinstance(where.base, ast.Constant):
        return [nodes.evaluate(nodes.call(helper, [bytes_, where.node(), value], line), line)]
    fast = nodes.set_item(view, where.index(width), value, line)
    slow = nodes.evaluate(nodes.call(helper, [bytes_, where.node(), value], line), line)
    return [nodes.if_(where.misaligned(width, where.base), [slow], [fast], line)]
