"""Addresses counted in elements: `((i << 2) + 64 & 0xFFFFFFFF) >> 2` is `i + 16 & 0x3FFFFFFF`.

An aligned sum can be divided term by term, and what is the same modulo 2**32 is then the same modulo 2**(32 -
shift); so sums are put together unwrapped, as in `integers.py`, and masked at the end if they can have wrapped.
"""

from __future__ import annotations

from typing import NamedTuple

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import Emitter
from wasm2py.transpile.emit.values import LIMITS, Value
from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.expr import CONSTS, Expr
from wasm2py.transpile.opcodes import OPS

_ADD, _SHL = OPS["i32.add"], OPS["i32.shl"]


class _Scaled(NamedTuple):
    """A term divided by the element size, unwrapped; `saved` counts the shifts that went, less those that came."""

    value: Value
    saved: int


def element(emitter: Emitter, address: Expr, shift: int, line: int) -> Value | None:
    """`address >> shift` in fewer operations than that, or None; the address must be aligned."""
    scaled = _scaled(emitter, address, shift, line)
    if scaled is None or scaled.saved < 0:
        return None
    value, bits = scaled.value, 32 - shift
    if value.fits(bits):
        return value
    mask = (1 << bits) - 1
    return Value(nodes.binary(value.node, nodes.AND, nodes.constant(mask, line), line), 0, mask)


def _scaled(emitter: Emitter, expr: Expr, shift: int, line: int) -> _Scaled | None:
    if low_zeros(expr) < shift:
        return None
    if expr.op in CONSTS:
        count = (expr.imm - (1 << 32) if expr.imm >> 31 else expr.imm) >> shift
        return _Scaled(Value(nodes.constant(count, line), count, count), 0)
    if expr.op is _ADD:
        return _sum(emitter, expr, shift, line)
    if expr.op is _SHL and expr.args[1].op in CONSTS and expr.args[1].imm & 31 >= shift:
        return _shifted(emitter, expr, shift, line)
    value = emitter.canonical(expr)
    node = nodes.binary(value.node, nodes.SHR, nodes.constant(shift, line), line)
    return _Scaled(Value(node, value.low >> shift, value.high >> shift), -1)


def _sum(emitter: Emitter, expr: Expr, shift: int, line: int) -> _Scaled | None:
    left, right = (_scaled(emitter, arg, shift, line) for arg in expr.args)
    if left is None or right is None:
        return None
    (a, _), (b, _) = left, right
    if b.low == b.high < 0:
        node = nodes.binary(a.node, nodes.SUB, nodes.constant(-b.low, line), line)
    else:
        node = nodes.binary(a.node, nodes.ADD, b.node, line)
    return _Scaled(Value(node, a.low + b.low, a.high + b.high), left.saved + right.saved)


def _shifted(emitter: Emitter, expr: Expr, shift: int, line: int) -> _Scaled | None:
    """A left shift by that much less, or none at all."""
    value = emitter.value(expr.args[0])
    more = (expr.args[1].imm & 31) - shift
    if max(value.high, -value.low) << more > LIMITS[32]:
        return None
    if not more:
        return _Scaled(value, 1)
    node = nodes.binary(value.node, nodes.SHL, nodes.constant(more, line), line)
    return _Scaled(Value(node, value.low << more, value.high << more), 0)
