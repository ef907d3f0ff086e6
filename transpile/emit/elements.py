"""Addresses counted in elements: `((i << 2) + 64 & 0xFFFFFFFF) >> 2` is `i + 16 & 0x3FFFFFFF`.

An aligned sum can be divided term by term, and what is the same modulo 2**32 is then the same modulo 2**(32 -
shift); so sums are put together unwrapped, as in `integers.py`, and masked at the end if they can have wrapped.
"""

from __future__ import annotations

import ast

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import Emitter
from wasm2py.transpile.emit.values import LIMITS, Value, canonical
from wasm2py.transpile.ir.alignment import low_zeros
from wasm2py.transpile.ir.expr import CONSTS, Expr
from wasm2py.transpile.opcodes import OPS

_ADD, _SHL = OPS["i32.add"], OPS["i32.shl"]


def element(emitter: Emitter, address: Expr, shift: int, line: int) -> ast.expr | None:
    """`address >> shift`, of an address with so many low zeros, in fewer operations than that, or None."""
    if not address.args or _saved(address, shift) < 0 or low_zeros(address) < shift:
        return None
    value, bits = _scaled(emitter, address, shift, line), 32 - shift
    if value.fits(bits):
        return value.node
    return nodes.BinOp(value.node, nodes.AND, nodes.constant((1 << bits) - 1, line), line)


def _saved(expr: Expr, shift: int) -> int:
    """How many shifts go, less those that come."""
    if expr.op in CONSTS:
        return 0
    if expr.op is _ADD:
        return sum(_saved(arg, shift) for arg in expr.args)
    if _shifts(expr, shift):
        return int(expr.args[1].imm & 31 == shift)
    return -1


def _shifts(expr: Expr, shift: int) -> bool:
    return expr.op is _SHL and expr.args[1].op in CONSTS and expr.args[1].imm & 31 >= shift


def _scaled(emitter: Emitter, expr: Expr, shift: int, line: int) -> Value:
    """A term with so many low zeros divided by the element size, unwrapped."""
    if expr.op in CONSTS:
        count = (expr.imm - (1 << 32) if expr.imm >> 31 else expr.imm) >> shift
        return Value(nodes.constant(count, line), count, count)
    if expr.op is _ADD:
        left, right = (_scaled(emitter, arg, shift, line) for arg in expr.args)
        return _sum(left, right, line)
    if _shifts(expr, shift):
        return _shifted(emitter, expr, shift, line)
    value = emitter.canonical(expr)
    return Value(
        nodes.BinOp(value.node, nodes.SHR, nodes.constant(shift, line), line), value.low >> shift, value.high >> shift
    )


def _sum(a: Value, b: Value, line: int) -> Value:
    if b.low == b.high < 0:
        node = nodes.BinOp(a.node, nodes.SUB, nodes.constant(-b.low, line), line)
    else:
        node = nodes.BinOp(a.node, nodes.ADD, b.node, line)
    return Value(node, a.low + b.low, a.high + b.high)


def _shifted(emitter: Emitter, expr: Expr, shift: int, line: int) -> Value:
    """A left shift by that much less, or none at all."""
    value = emitter.value(expr.args[0])
    more = (expr.args[1].imm & 31) - shift
    if max(value.high, -value.low) << more > LIMITS[32]:
        value = canonical(value, 32, line)
    if not more:
        return value
    node = nodes.BinOp(value.node, nodes.SHL, nodes.constant(more, line), line)
    return Value(node, value.low << more, value.high << more)
