"""Floating point (spec: Execution / Numerics / Floating-Point Operations).

An f32 is computed as an f64 and rounded, which for these operations is exactly the same (24-bit significands, 53 ≥
2·24 + 2).
"""

from __future__ import annotations

import ast
import struct

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import NODES, UNROUNDED, Emitter, NodeHandler, node
from wasm2py.transpile.ir.expr import CELL, CONSTS, LOCAL_GET, Expr, is_leaf
from wasm2py.transpile.ir.intervals import FULL
from wasm2py.transpile.opcodes import OPS

_CANONICAL_NAN = {"f32": 0x7FC00000, "f64": 0x7FF8000000000000}
_SIGN = {"f32": 1 << 31, "f64": 1 << 63}
_INFINITY = {"f32": 0x7F800000, "f64": 0x7FF0000000000000}


@node("f32.const", "f64.const")
def _const(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """A literal where Python has one; infinities and NaNs by name or by bits."""
    type_, bits = expr.type, expr.imm
    assert type_ is not None
    sign = _SIGN[type_]
    if bits & ~sign == _INFINITY[type_]:
        name = nodes.Name("INF", line)
        return nodes.negative(name, line) if bits & sign else name
    if bits == _CANONICAL_NAN[type_]:
        return nodes.Name("NAN", line)
    if bits & _INFINITY[type_] == _INFINITY[type_]:
        return nodes.call(f"{type_}_from_bits", [nodes.constant(bits, line)], line)
    size, format_ = (4, "<f") if type_ == "f32" else (8, "<d")
    value: float = struct.unpack(format_, bits.to_bytes(size, "little"))[0]
    return nodes.constant(value, line)


_SIMPLE = frozenset(OPS[f"{type_}.{name}"] for type_ in ("f32", "f64") for name in ("add", "sub", "mul"))
_FROM_I32 = frozenset({OPS["f64.convert_i32_s"], OPS["f64.convert_i32_u"]})
_OPERATORS: dict[str, ast.operator] = {"add": nodes.ADD, "sub": nodes.SUB, "mul": nodes.MUL}


def _arithmetic(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    if _adds_nothing(expr):
        return emitter.quiet(expr.args[0])
    left, right = _operands(emitter, expr)
    op = _OPERATORS[expr.op.mnemonic.partition(".")[2]]
    return nodes.BinOp(left, op, right, line)


def _adds_nothing(expr: Expr) -> bool:
    """Whether zero is added to what never is a zero with a sign, nor a NaN that is made quiet: sums start so."""
    first, second = expr.args
    adds_zero = second.op in CONSTS and not second.imm and expr.op.mnemonic.endswith(".add")
    return adds_zero and never_signals(first) and _never_minus_zero(first)


def _never_minus_zero(expr: Expr) -> bool:
    rule = expr.op.mnemonic.partition(".")[2]
    if expr.op in CONSTS:
        return bool(expr.imm != _SIGN[expr.type])  # type: ignore[index]
    if rule == "mul":
        return all(arg.op is LOCAL_GET for arg in expr.args) and expr.args[0].imm is expr.args[1].imm
    if rule == "add":
        return any(map(_never_minus_zero, expr.args))
    return (rule == "sub" and _never_minus_zero(expr.args[0])) or rule.startswith("convert_")


def _operands(emitter: Emitter, expr: Expr) -> tuple[ast.expr, ast.expr]:
    """Both operands. Next to a float, Python takes an integer as it is."""
    left, right = expr.args
    first = left.op in _FROM_I32 and right.op not in _FROM_I32
    second = right.op in _FROM_I32 and left.op not in _FROM_I32
    return (
        _integer(emitter, left) if first else emitter.quiet(left),
        _integer(emitter, right) if second else emitter.quiet(right),
    )


def _integer(emitter: Emitter, conversion: Expr) -> ast.expr:
    signed = conversion.op.mnemonic.endswith("_s")
    return (emitter.signed if signed else emitter.canonical)(conversion.args[0]).node


def _div(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """Python refuses to divide by zero; wasm does not.

    So there is a test, unless the divisor is a number; or, where the operands are not simple enough to be written down
    twice, a helper.
    """
    left, right = _operands(emitter, expr)
    constant = expr.args[1].op in CONSTS
    if constant and expr.args[1].imm & ~_SIGN[expr.type]:  # type: ignore[index]
        return nodes.BinOp(left, nodes.DIV, right, line)
    if constant or not _twice(expr.args[0]):
        return nodes.call("f_div", [left, right], line)
    tested, divisor = emitter.twice(right, line)
    careful = nodes.call("f_div", [emitter.quiet(expr.args[0]), _copy(divisor, line)], line)
    return nodes.choice(tested, nodes.BinOp(left, nodes.DIV, divisor, line), careful, line)


def _twice(expr: Expr) -> bool:
    """Whether an expression may be evaluated after another one that may have loads, and written down twice."""
    return is_leaf(expr) or expr.op is CELL or (expr.op in _SIMPLE and all(is_leaf(arg) for arg in expr.args))


def _copy(variable: ast.expr, line: int) -> ast.expr:
    return nodes.Name(variable.id, line) if isinstance(variable, ast.Name) else variable


def _sqrt(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """Python refuses a negative number."""
    if _never_negative(expr.args[0]):
        return nodes.call("sqrt", [emitter.quiet(expr.args[0])], line)
    tested, operand = emitter.twice(emitter.quiet(expr.args[0]), line)
    condition = nodes.Compare(tested, nodes.GE, nodes.constant(0.0, line), line)
    careful = nodes.call("f_sqrt", [_copy(operand, line)], line)
    return nodes.choice(condition, nodes.call("sqrt", [operand], line), careful, line)


def _never_negative(expr: Expr) -> bool:
    """Whether a number is certain not to be below zero (-0.0 is not), if it is one."""
    rule = expr.op.mnemonic.partition(".")[2]
    if expr.op in CONSTS:
        return not expr.imm & _SIGN[expr.type]  # type: ignore[index]
    if rule == "mul" and all(arg.op is LOCAL_GET for arg in expr.args) and expr.args[0].imm is expr.args[1].imm:
        return True
    return rule == "abs" or (rule in ("add", "mul", "div", "sqrt") and all(map(_never_negative, expr.args)))


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


def _rounding(exact: NodeHandler) -> NodeHandler:
    """What rounds to f32 what another handler gives."""

    def handler(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
        return nodes.call("f32", [exact(emitter, expr, line)], line)

    return handler


@node("f32.copysign", "f64.copysign")
def _copysign(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.call("f_copysign", emitter.nodes(expr.args), line)


def _variable(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.Name(emitter.variables[expr.imm.index], line)


def _register() -> None:
    partial: dict[str, NodeHandler] = {**dict.fromkeys(_OPERATORS, _arithmetic), "div": _div, "sqrt": _sqrt}
    for name, handler in partial.items():
        NODES[OPS[f"f64.{name}"]] = UNROUNDED[OPS[f"f32.{name}"]] = handler
        NODES[OPS[f"f32.{name}"]] = _rounding(handler)
    for type_ in ("f32", "f64"):
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
