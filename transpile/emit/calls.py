"""Calls, and everything that is a method of a memory or a table: generated code names these objects as the runtime
does.
"""

from __future__ import annotations

import ast

from wasm2py.runtime.types import LARGEST_MEMORY
from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.compare import condition
from wasm2py.transpile.emit.emitter import INTEGERS, NODES, Emitter, integer, node
from wasm2py.transpile.emit.values import Value
from wasm2py.transpile.ir.expr import SELECT, Expr
from wasm2py.transpile.ir.intervals import FULL
from wasm2py.transpile.opcodes import OPS


@node("call")
def _call(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.call(emitter.program.functions[expr.imm].identifier, emitter.nodes(expr.args), line)


@node("call_indirect")
def _call_indirect(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.Call(_entry(emitter, expr, line), emitter.nodes(expr.args[:-1]), line)


def _entry(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """The function that an indirect call calls."""
    type_index, table = expr.imm
    return nodes.item(names.call_view_name(table, type_index), emitter.node(expr.args[-1]), line)


@node("call_ref")
def _call_ref(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.Call(_referenced(emitter, expr, line), emitter.nodes(expr.args[:-1]), line)


def _referenced(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """The function that a call through a reference calls; null has no such attribute, which is the trap."""
    return nodes.attribute(emitter.node(expr.args[-1]), f"call_{emitter.dialect}", line)


def _tail_call(emitter: Emitter, function: ast.expr, args: tuple[Expr, ...], line: int) -> ast.expr:
    """`tail((function, (arguments)))` (see `runtime/tails`)."""
    arguments = nodes.tuple_(emitter.nodes(args), line)
    return nodes.call(emitter.tail, [nodes.tuple_([function, arguments], line)], line)


@node("return_call")
def _return_call(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    function = nodes.Name(emitter.program.functions[expr.imm].identifier, line)
    return _tail_call(emitter, function, expr.args, line)


@node("return_call_indirect")
def _return_call_indirect(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return _tail_call(emitter, _entry(emitter, expr, line), expr.args[:-1], line)


@node("return_call_ref")
def _return_call_ref(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return _tail_call(emitter, _referenced(emitter, expr, line), expr.args[:-1], line)


@node("global.get")
def _global_get(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    info = emitter.program.globals[expr.imm]
    value = nodes.Name(info.identifier, line)
    return nodes.attribute(value, emitter.boxed_attribute(expr.imm), line) if info.boxed else value


@node("ref.func")
def _ref_func(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.item("funcrefs", nodes.constant(expr.imm, line), line)


@node("ref.null")
def _ref_null(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.constant(None, line)


@node("ref.as_non_null")
def _ref_as_non_null(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.call("non_null", emitter.nodes(expr.args), line)


def _select_node(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    first, second, test = expr.args
    return nodes.choice(condition(emitter, test), emitter.node(first), emitter.node(second), line)


def _select(emitter: Emitter, expr: Expr, line: int) -> Value:
    first, second, test = expr.args
    a, b = emitter.canonical(first), emitter.canonical(second)
    node = nodes.choice(condition(emitter, test), a.node, b.node, line)
    low, high = emitter.at_rest(expr.type, emitter.bounds(expr))  # type: ignore[arg-type]
    return Value(node, max(min(a.low, b.low), low), min(max(a.high, b.high), high))


INTEGERS[SELECT] = _select
NODES[SELECT] = _select_node


# Memories


@integer("memory.size")
def memory_size(emitter: Emitter, expr: Expr, line: int) -> Value:
    memory = nodes.Name(names.memory_name(expr.imm), line)
    return Value(
        nodes.attribute(memory, "pages", line), 0, LARGEST_MEMORY // emitter.program.memories[expr.imm].page_size
    )


@node("memory.grow")
def _memory_grow(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.method(names.memory_name(expr.imm), "grow", emitter.nodes(expr.args), line)


@node("memory.fill")
def _memory_fill(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.method(names.memory_name(expr.imm), "fill", emitter.nodes(expr.args), line)


@node("memory.copy")
def _memory_copy(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    to, from_ = expr.imm
    args = emitter.nodes(expr.args)
    if to == from_:
        return nodes.method(names.memory_name(to), "copy", args, line)
    return nodes.method(names.memory_name(to), "copy_from", [nodes.Name(names.memory_name(from_), line), *args], line)


@node("memory.init")
def _memory_init(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    segment, memory = expr.imm
    args = [_segment("data_segments", segment, line), *emitter.nodes(expr.args)]
    return nodes.method(names.memory_name(memory), "init", args, line)


def _segment(segments: str, index: int, line: int) -> ast.expr:
    return nodes.item(segments, nodes.constant(index, line), line)


# Tables


def _table_method(name: str) -> None:
    """`table.NAME` is the table's method of that name."""

    def handler(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
        return nodes.method(names.table_name(expr.imm), name, emitter.nodes(expr.args), line)

    NODES[OPS[f"table.{name}"]] = handler


for _name in ("get", "set", "fill"):
    _table_method(_name)


@node("table.grow")
def _table_grow(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """By keyword, for wasm evaluates the reference first."""
    reference, count = emitter.nodes(expr.args)
    call = nodes.method(names.table_name(expr.imm), "grow", [], line)
    operands = {"reference": reference, "n": count}
    call.keywords = [ast.keyword(name, value, lineno=line, col_offset=0) for name, value in operands.items()]
    for keyword in call.keywords:
        keyword.lineno, keyword.col_offset = line, 0
    return call


@integer("table.size")
def _table_size(emitter: Emitter, expr: Expr, line: int) -> Value:
    table = nodes.Name(names.table_name(expr.imm), line)
    return Value(nodes.attribute(table, "size", line), *FULL["i32"])


@node("table.copy")
def _table_copy(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    to, from_ = expr.imm
    args = [nodes.Name(names.table_name(from_), line), *emitter.nodes(expr.args)]
    return nodes.method(names.table_name(to), "copy", args, line)


@node("table.init")
def _table_init(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    segment, table = expr.imm
    args = [_segment("elem_segments", segment, line), *emitter.nodes(expr.args)]
    return nodes.method(names.table_name(table), "init", args, line)
