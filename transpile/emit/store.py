"""Stores, as statements.  The address is evaluated before the value, and nothing is written where either traps."""

from __future__ import annotations

import ast

from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.access import reread
from wasm2py.transpile.emit.emitter import Emitter
from wasm2py.transpile.emit.floats import never_signals
from wasm2py.transpile.emit.places import item_base, view_and_index, with_offset
from wasm2py.transpile.emit.rounding import rounds, unrounded
from wasm2py.transpile.emit.values import Value
from wasm2py.transpile.ir.expr import CONSTS, TRAPS_OTHERWISE, WRITES, Expr, commute
from wasm2py.transpile.ir.intervals import SIZES
from wasm2py.transpile.opcodes import OPS

_COMMUTATIVE = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)
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
    out: list[ast.stmt] = []
    by_view = op.mnemonic != "f32.store"
    base = item_base(emitter, where_expr, line) if by_view else emitter.place(where_expr)
    if where_expr.op not in CONSTS and not commute(where_expr.effects, value_expr.effects):
        base = Value(_named(out, emitter.address, base.node, line), base.low, base.high)
    _, offset, memory = expr.imm
    if rounds(emitter, value_expr):  # which a view does as well
        value, sign = unrounded(emitter, value_expr, out), "u"
    else:
        value, sign = _stored(emitter, value_expr, op.width, line)
    format_ = f"{'f' if op.mnemonic[0] == 'f' else sign}{8 * op.width}"
    if emitter.dialect == "cpython" and (format_ != "f32" or never_signals(value_expr)):
        view, address = view_and_index(emitter, memory, format_, base, offset, line)
        changed = None if value_expr.effects & (WRITES | TRAPS_OTHERWISE) else _change(view, address, value)
        if changed is not None:
            out.append(nodes.AugAssign(nodes.item(view, address, line, nodes.STORE), *changed, line))
        else:
            out.append(nodes.set_item(view, address, value, line))
        return out
    if value_expr.effects & WRITES:
        # In a helper's call, Python would take the memory as it was before this perhaps made it grow.
        value = _named(out, emitter.stored, value, line)
    address = with_offset(base.node, offset, line)
    out.append(_by_helper(emitter, memory, format_, address, value, line))
    return out


def _named(out: list[ast.stmt], name: str, value: ast.expr, line: int) -> ast.expr:
    out.append(nodes.assign(name, value, line))
    return nodes.Name(name, line)


def _change(view: str, address: ast.expr, value: ast.expr) -> tuple[ast.operator, ast.expr] | None:
    """The operator and its other operand, if a value is made of what is at an address already: `mem[a] += x`."""
    if not isinstance(value, ast.BinOp):
        return None
    for old, new in ((value.left, value.right), (value.right, value.left)):
        if not isinstance(old, ast.Subscript) or not isinstance(old.value, ast.Name):
            continue
        if old.value.id == view and _same(old.slice, address):
            return (value.op, new) if old is value.left or isinstance(value.op, _COMMUTATIVE) else None
    return None


def _same(one: ast.expr, other: ast.expr) -> bool:
    """Whether two simple expressions are the same."""
    if isinstance(one, ast.Name):
        return isinstance(other, ast.Name) and one.id == other.id
    if isinstance(one, ast.Constant):
        return isinstance(other, ast.Constant) and one.value == other.value
    if isinstance(one, ast.BinOp) and isinstance(other, ast.BinOp):
        return one.op is other.op and _same(one.left, other.left) and _same(one.right, other.right)
    return False


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
    if 8 * width == SIZES[expr.type]:
        return emitter.rested(expr, value).node, "u"
    return nodes.BinOp(value.node, nodes.AND, nodes.constant((1 << 8 * width) - 1, line), line), "u"


def _by_helper(emitter: Emitter, memory: int, format_: str, address: ast.expr, value: ast.expr, line: int) -> ast.stmt:
    portable = emitter.dialect == "portable"
    if portable and format_ == "u8":
        return nodes.set_item(names.buffer_name(memory), address, value, line)
    bytes_ = names.buffer_name(memory) if portable else names.view_name(memory, "u8")
    # PyPy's struct is slow with this one format; and no view takes NaNs that signal.
    helper = f"store_{format_}" if format_ == "f32" else f"pack_{format_}"
    return nodes.Expr(nodes.call(helper, [nodes.Name(bytes_, line), address, value], line), line)
