"""Floating point (spec: Execution / Numerics / Floating-Point Operations).

An f32 is computed as an f64 and rounded, which for these operations is exactly the same (24-bit significands, 53 ≥
2·24 + 2).
"""

from __future__ import annotations

import ast
import struct

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import NODES, Emitter, node
from wasm2py.transpile.ir.expr import CONSTS, Expr
from wasm2py.transpile.ir.intervals import FULL
from wasm2py.transpile.opcodes import OPS

_CANONICAL_NAN = {"f32": 0x7FC00000, "f64": 0x7FF8000000000000}
_INFINITY = {"f32": 0x7F800000, "f64": 0x7FF0000000000000}


@node("f32.const", "f64.const")
def _const(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """A literal where Python has one; infinities and NaNs by name or by bits."""
    type_, bits = expr.type, expr.imm
    assert type_ is not None
    sign = 1 << (31 if type_ == "f32" else 63)
    if bits & ~sign == _INFINITY[type_]:
        name = nodes.name("INF", line)
        return nodes.negative(name, line) if bits & sign else name
    if bits == _CANONICAL_NAN[type_]:
        return nodes.name("NAN", line)
    if bits & _INFINITY[type_] == _INFINITY[type_]:
        return nodes.call(f"{type_}_from_bits", [nodes.constant(bits, line)], line)
    size, format_ = (4, "<f") if type_ == "f32" else (8, "<d")
    value: float = struct.unpack(format_, bits.to_bytes(size, "little"))[0]
    return nodes.constant(value, line)


_OPERATORS: dict[str, ast.operator] = {"add": nodes.ADD, "sub": nodes.SUB, "mul": nodes.MUL}


def _arithmetic(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    left, right = (emitter.quiet(arg) for arg in expr.args)
    op = _OPERATORS[expr.op.mnemonic.partition(".")[2]]
    return _rounded(expr, nodes.binary(left, op, right, line), line)


def _rounded(expr: Expr, value: ast.expr, line: int) -> ast.expr:
    return nodes.call("f32", [value], line) if expr.type == "f32" else value


@node("f32.div", "f64.div")
def _div(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """Python refuses to divide by zero; wasm does not."""
    left, right = (emitter.quiet(arg) for arg in expr.args)
    divisor = expr.args[1]
    if divisor.op in CONSTS and isinstance(right, ast.Constant) and right.value:
        return _rounded(expr, nodes.binary(left, nodes.DIV, right, line), line)
    if isinstance(left, ast.Name | ast.Constant) and isinstance(right, ast.Name):
        _, again = emitter.twice(left, line)
        plain = nodes.binary(left, nodes.DIV, right, line)
        careful = nodes.call("f_div", [again, nodes.name(right.id, line)], line)
        return _rounded(expr, nodes.choice(nodes.name(right.id, line), plain, careful, line), line)
    return _rounded(expr, nodes.call("f_div", [left, right], line), line)


@node("f32.sqrt", "f64.sqrt")
def _sqrt(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return _rounded(expr, nodes.call("f_sqrt", [emitter.quiet(expr.args[0])], line), line)


@node("f32.neg", "f64.neg")
def _neg(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return (
        nodes.call("f_neg", emitter.nodes(expr.args), line)
        if _literal(expr)
        else nodes.negative(emitter.node(expr.args[0]), line)
    )


def _literal(expr: Expr) -> bool:
    """A negated literal would read back as a negative literal: the same to Python, not to a reader of trees."""
    return expr.args[0].op in CONSTS


@node("f32.abs", "f64.abs")
def _abs(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.call("abs", emitter.nodes(expr.args), line)


def _helper(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """Instructions that are a helper's call; their results need no rounding."""
    return nodes.call("f_" + expr.op.mnemonic.partition(".")[2], [emitter.quiet(arg) for arg in expr.args], line)


@node("f32.copysign", "f64.copysign")
def _copysign(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.call("f_copysign", emitter.nodes(expr.args), line)


def _variable(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.name(emitter.variables[expr.imm.index], line)


def _register() -> None:
    for type_ in ("f32", "f64"):
        for name in _OPERATORS:
            NODES[OPS[f"{type_}.{name}"]] = _arithmetic
        for name in ("ceil", "floor", "trunc", "nearest", "min", "max"):
            NODES[OPS[f"{type_}.{name}"]] = _helper
    NODES[OPS["local.get"]] = _variable


_register()

#: Instructions that only move or change a sign bit, and so let a signalling NaN through.
_MOVES = ("abs", "neg", "copysign", "reinterpret_i32", "reinterpret_i64")
_QUIETING = frozenset(
    op
    for op in OPS.values()
    if op.family in ("float", "convert") and op.results and op.results[0] not in FULL and op.mnemonic[4:] not in _MOVES
)


def never_signals(expr: Expr) -> bool:
    """Whether a float expression is certain not to be a signalling NaN."""
    if expr.op in CONSTS:
        exponent = _INFINITY[expr.type]  # type: ignore[index]
        return bool(expr.imm & exponent != exponent)
    return expr.op in _QUIETING
