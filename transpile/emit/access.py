"""Loads (spec: Execution / Instructions / Memory Instructions).

*cpython*: an aligned access is an element of a typed view; where the address may be unaligned a test comes first,
and a helper takes the rest. *portable*: `struct` reads the bytes. Nothing checks bounds: views and `struct` do.
"""

from __future__ import annotations

import ast

from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.elements import element
from wasm2py.transpile.emit.emitter import INTEGERS, NODES, QUIET, SIGNED, WORDS, Emitter
from wasm2py.transpile.emit.integers import sign_extended
from wasm2py.transpile.emit.values import Value
from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.expr import Expr
from wasm2py.transpile.opcodes import OPS, Op

_SHIFTS = {1: 0, 2: 1, 4: 2, 8: 3}


class Address:
    """Where an access goes: the operand plus the static offset.

    The operand is emitted when it is first asked for, as an address or in elements, for it may hold other accesses,
    and those others: to emit it twice would take twice as long for each.
    """

    __slots__ = ("_base", "_emitter", "_operand", "line", "offset")

    def __init__(self, emitter: Emitter, access: Expr, line: int) -> None:
        self._emitter = emitter
        self._operand = access.args[0]
        self._base: ast.expr | None = None
        self.offset: int = access.imm[1]
        self.line = line

    @property
    def base(self) -> ast.expr:
        """The operand, or the variable that it was assigned to."""
        if self._base is None:
            self._base = self._emitter.canonical(self._operand).node
        return self._base

    @base.setter
    def base(self, variable: ast.expr) -> None:
        self._base = variable

    def node(self) -> ast.expr:
        """The address."""
        return self._plus(self.base)

    def index(self, width: int) -> ast.expr:
        """The address counted in elements of `width` bytes."""
        if width == 1:
            return self.node()
        shift = _SHIFTS[width]
        counted = element(self._emitter, self._operand, shift, self.line) if self._base is None else None
        if counted is not None:
            more = self.offset >> shift
            return nodes.binary(counted, nodes.ADD, nodes.constant(more, self.line), self.line) if more else counted
        if isinstance(self.base, ast.Constant) and isinstance(self.base.value, int):
            return nodes.constant((self.base.value + self.offset) >> shift, self.line)
        return nodes.binary(self.node(), nodes.SHR, nodes.constant(shift, self.line), self.line)

    def aligned(self, width: int) -> bool:
        """Whether the address is a multiple of `width` for certain."""
        return width == 1 or (low_zeros(self._operand) >= _SHIFTS[width] and not self.offset % width)

    def misaligned(self, width: int, base: ast.expr) -> ast.expr:
        """The test for a misaligned address, with `base` standing for the operand."""
        tested = base if not self.offset % width else self._plus(base)
        return nodes.binary(tested, nodes.AND, nodes.constant(width - 1, self.line), self.line)

    def _plus(self, base: ast.expr) -> ast.expr:
        if not self.offset:
            return base
        if isinstance(base, ast.Constant) and isinstance(base.value, int):
            return nodes.constant(base.value + self.offset, self.line)
        return nodes.binary(base, nodes.ADD, nodes.constant(self.offset, self.line), self.line)


def _load(emitter: Emitter, expr: Expr, line: int, format_: str, helper: str | None = None) -> ast.expr:
    """Read an element of `format_` (u8, i16, f64, …)."""
    memory, width = expr.imm[2], expr.op.width
    where = Address(emitter, expr, line)
    if emitter.dialect == "portable":
        return _portable(where, memory, format_, line)
    if where.aligned(width):
        return nodes.item(names.view_name(memory, format_), where.index(width), line)
    bytes_ = nodes.name(names.view_name(memory, "u8"), line)
    if isinstance(where.base, ast.Constant):
        return nodes.call(helper or f"load_{format_}", [bytes_, where.node()], line)
    tested, where.base = emitter.twice(where.base, line)
    fast = nodes.item(names.view_name(memory, format_), where.index(width), line)
    slow = nodes.call(helper or f"load_{format_}", [bytes_, where.node()], line)
    return nodes.choice(nodes.not_(where.misaligned(width, tested), line), fast, slow, line)


def _portable(where: Address, memory: int, format_: str, line: int) -> ast.expr:
    buffer = names.buffer_name(memory)
    if format_ == "u8":
        return nodes.item(buffer, where.node(), line)
    if format_ == "f32":
        return nodes.call("load_f32", [nodes.name(buffer, line), where.node()], line)
    unpacked = nodes.call(f"unpack_{format_}", [nodes.name(buffer, line), where.node()], line)
    return nodes.item(unpacked, nodes.constant(0, line), line)


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
    where = Address(emitter, expr, line)
    cpython = emitter.dialect == "cpython"
    buffer = names.view_name(memory, "u8") if cpython else names.buffer_name(memory)
    return nodes.call("load_f32", [nodes.name(buffer, line), where.node()], line)


def _f32_quiet_load(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    if emitter.dialect == "portable":
        memory = expr.imm[2]
        where = Address(emitter, expr, line)
        unpacked = nodes.call("unpack_f32", [nodes.name(names.buffer_name(memory), line), where.node()], line)
        return nodes.item(unpacked, nodes.constant(0, line), line)
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
    WORDS[OPS["i64.load"]] = _signed_load
    NODES[OPS["f64.load"]] = _f64_load
    NODES[OPS["f32.load"]] = _f32_load
    QUIET[OPS["f32.load"]] = _f32_quiet_load


_register()
