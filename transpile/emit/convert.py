"""Conversions between number types (spec: Execution / Numerics / Conversions)."""

from __future__ import annotations

import ast

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import INTEGERS, NODES, UNROUNDED, Emitter, integer, node
from wasm2py.transpile.emit.floats import never_signals
from wasm2py.transpile.emit.values import WORD, Value
from wasm2py.transpile.ir.expr import Expr
from wasm2py.transpile.ir.intervals import FULL
from wasm2py.transpile.opcodes import OPS

#: So far every integer is an f32.
_MOST_F32 = 1 << 24


def _truncate(emitter: Emitter, expr: Expr, line: int) -> Value:
    """One helper for each integer type, sign and manner: an f32 is an f64."""
    type_, _, rest = expr.op.mnemonic.partition(".")
    manner, sign = ("trunc_sat" if "sat" in rest else "trunc"), rest[-1]
    node = nodes.call(emitter.helper(f"{type_}_{manner}_{sign}"), [emitter.quiet(expr.args[0])], line)
    return Value(node, *emitter.at_rest(expr.type, FULL[type_]))  # type: ignore[arg-type]


def _convert(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """Exact to f64 from i32, rounded once in every other case."""
    target, _, rest = expr.op.mnemonic.partition(".")
    arg = expr.args[0]
    value = emitter.signed(arg).node if rest.endswith("_s") else emitter.canonical(arg).node
    if rest.endswith("_u") and emitter.in_words(arg.type) and emitter.bounds(arg)[1] > WORD[1]:
        return nodes.call(f"{target}_from_unsigned", [value], line)
    if target == "f64" or emitter.bounds(arg)[1] <= _MOST_F32:
        return nodes.call("float", [value], line)
    return nodes.call("f32" if arg.type == "i32" else "f32_from_int", [value], line)


def _register() -> None:
    for op in OPS.values():
        if op.family == "convert" and "trunc" in op.mnemonic:
            INTEGERS[op] = _truncate
        elif op.family == "convert" and ".convert_" in op.mnemonic:
            NODES[op] = _convert


_register()


@node("f32.demote_f64")
def _demote(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.call("f32", [_demoted(emitter, expr, line)], line)


def _demoted(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return emitter.quiet(expr.args[0])


UNROUNDED[OPS["f32.demote_f64"]] = _demoted


@node("f64.promote_f32")
def _promote(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """An f32 is an f64 already, but for NaNs that still signal."""
    arg = expr.args[0]
    value = emitter.quiet(arg)
    return value if never_signals(arg) else nodes.call("f_promote", [value], line)


@integer("i32.reinterpret_f32", "i64.reinterpret_f64")
def _bits(emitter: Emitter, expr: Expr, line: int) -> Value:
    arg = expr.args[0]
    helper = "f64_word" if emitter.in_words(expr.type) else f"{arg.type}_bits"
    bounds = emitter.at_rest(expr.type, FULL[expr.type])  # type: ignore[arg-type,index]
    return Value(nodes.call(helper, [emitter.node(arg)], line), *bounds)


@node("f32.reinterpret_i32", "f64.reinterpret_i64")
def _from_bits(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    helper = "f64_from_word" if emitter.in_words(expr.args[0].type) else f"{expr.type}_from_bits"
    return nodes.call(helper, [emitter.canonical(expr.args[0]).node], line)
