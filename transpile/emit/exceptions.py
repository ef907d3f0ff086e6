"""Exceptions: `try` around one call, and what is asked of what it was left with (see lift/exceptions.py)."""

from __future__ import annotations

import ast

from wasm2py.runtime.types import V128
from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import INTEGERS, NODES, WORDS, Emitter
from wasm2py.transpile.emit.values import MASKS, WORD, Value
from wasm2py.transpile.ir.cfg import Stmt
from wasm2py.transpile.ir.expr import CARRIED, EXCEPTION, Expr
from wasm2py.transpile.ir.intervals import FULL


def caught(emitter: Emitter, stmt: Stmt) -> ast.stmt:
    """A call with the exception that it was left with, or None.

    The traceback goes, as it leads to this frame, whose variable leads to the exception; only the garbage collector
    could end that.
    """
    line = emitter.line
    call = stmt.expr.args[0]
    names_ = [emitter.variables[target.index] for target in stmt.targets]
    *results, exception = names_ or [""]
    body: list[ast.stmt] = [_called(results, emitter.node(call), line)]
    handler: list[ast.stmt] = [nodes.pass_(line)]
    if exception:
        body.append(nodes.assign(exception, nodes.constant(None, line), line))
        bare = nodes.method(emitter.caught, "with_traceback", [nodes.constant(None, line)], line)
        handler = [nodes.assign(exception, bare, line)]
    return nodes.try_(body, "WasmException", emitter.caught if exception else None, handler, line)


def _called(results: list[str], call: ast.expr, line: int) -> ast.stmt:
    if not results:
        return nodes.Expr(call, line)
    return nodes.assign(results[0], call, line) if len(results) == 1 else nodes.assign_many(results, call, line)


def raised(emitter: Emitter, expr: Expr) -> ast.stmt:
    """Leave the function with an exception, or trap if it is null."""
    line = expr.offset or emitter.line
    exception, may_be_null = emitter.node(expr.args[0]), expr.imm
    if may_be_null:
        trap = nodes.call("Trap", [nodes.Constant("null exception reference", line)], line)
        exception = nodes.either(exception, trap, line)
    return nodes.raise_(exception, line)


def _exception(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """`thrown(tag, values)`; an i64 is unsigned in every dialect, a v128 an integer."""
    args: list[ast.expr] = [nodes.Name(names.tag_name(expr.imm), line)]
    for arg in expr.args:
        node = emitter.node(arg)
        if emitter.in_words(arg.type):
            node = nodes.BinOp(node, nodes.AND, nodes.constant(MASKS[64], line), line)
        elif arg.type == V128 and emitter.dialect == "portable":
            node = nodes.call("v128_to_int", [node], line)
        args.append(node)
    return nodes.call("thrown", args, line)


def _carried(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    raw = nodes.attribute(emitter.node(expr.args[0]), "raw", line)
    value = nodes.Subscript(raw, nodes.constant(expr.imm, line), line)
    if expr.type == V128 and emitter.dialect == "portable":
        return nodes.call("v128_from_int", [value], line)
    return value


def _carried_integer(emitter: Emitter, expr: Expr, line: int) -> Value:
    return Value(_carried(emitter, expr, line), *FULL[expr.type])  # type: ignore[index]


def _carried_word(emitter: Emitter, expr: Expr, line: int) -> Value:
    if expr.type != "i64":
        return _carried_integer(emitter, expr, line)
    args = [emitter.node(expr.args[0]), nodes.constant(expr.imm, line)]
    return Value(nodes.call("word_caught", args, line), *WORD)


NODES[EXCEPTION] = _exception
NODES[CARRIED] = _carried
INTEGERS[CARRIED] = _carried_integer
WORDS[CARRIED] = _carried_word
