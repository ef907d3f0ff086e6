"""Loops in one piece: calls of the runtime's helpers for them (in the *cpython* dialect: see `optimise/passes`)."""

from __future__ import annotations

import ast

from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import INTEGERS, NODES, Emitter
from wasm2py.transpile.emit.values import Value
from wasm2py.transpile.ir.bulk import (
    BIT,
    COPY,
    COPY_DOWN,
    FILL,
    FILL_STRIDED,
    FIND,
    FIND_BLOCK,
    FIND_IN_BLOCKS,
    FIND_WITHIN,
    MISMATCH,
    PLACE,
    SUM,
    TURNS_BELOW,
    TURNS_WHOLE,
    Blocks,
    Run,
)
from wasm2py.transpile.ir.expr import CONSTS, Expr


def _bytes(memory: int, line: int) -> ast.expr:
    return nodes.Name(names.view_name(memory, "u8"), line)


def plus(node: ast.expr, more: int, line: int) -> ast.expr:
    """A sum that does not wrap."""
    if not more:
        return node
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return nodes.constant(node.value + more, line)
    op, size = (nodes.ADD, more) if more > 0 else (nodes.SUB, -more)
    return nodes.BinOp(node, op, nodes.constant(size, line), line)


def _times(node: ast.expr, factor: int, line: int) -> ast.expr:
    if factor == 1:
        return node
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return nodes.constant(node.value * factor, line)
    return nodes.BinOp(node, nodes.MUL, nodes.constant(factor, line), line)


def _cut(emitter: Emitter, expr: Expr, width: int, line: int) -> ast.expr:
    """The low bytes of an integer."""
    value = emitter.value(expr)
    if value.fits(8 * width):
        return value.node
    return nodes.BinOp(value.node, nodes.AND, nodes.constant((1 << 8 * width) - 1, line), line)


def _order(run: Run, line: int) -> list[ast.expr]:
    return [nodes.tuple_([nodes.constant(at, line) for at in run.order], line)] if run.order else []


def _fill(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    run: Run = expr.imm
    args = [*_run(emitter, expr, line), _cut(emitter, expr.args[2], run.width, line), *_order(run, line)]
    return nodes.call(f"fill_u{8 * run.width}", args, line)


def _fill_strided(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    memory, signed = expr.imm
    address, value, *counter = expr.args
    args = [_bytes(memory, line), emitter.node(address), _cut(emitter, value, 1, line)]
    args += emitter.nodes(tuple(counter))
    return nodes.call("fill_strided", [*args, nodes.constant(True, line)] if signed else args, line)


def _copy(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    run: Run = expr.imm
    return nodes.call(f"copy_u{8 * run.width}", [*_run(emitter, expr, line), *_order(run, line)], line)


def _copy_down(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    run: Run = expr.imm
    return nodes.call("copy_down", [*_run(emitter, expr, line), nodes.constant(run.width, line)], line)


def _run(emitter: Emitter, expr: Expr, line: int) -> list[ast.expr]:
    """The memory, the addresses, and how many elements."""
    run: Run = expr.imm
    addresses = zip(expr.args, run.displacements, strict=False)
    count = emitter.node(expr.args[len(run.displacements)])
    return [
        _bytes(run.memory, line),
        *(plus(emitter.node(at), more, line) for at, more in addresses),
        _times(count, run.unroll, line),
    ]


def _find(emitter: Emitter, expr: Expr, line: int) -> Value:
    run: Run = expr.imm
    address, value = emitter.nodes(expr.args)
    args = [_bytes(run.memory, line), plus(address, run.displacements[0], line), value]
    return Value(nodes.call("find_u8", args, line), 0, 0xFFFFFFFF)


def _find_within(emitter: Emitter, expr: Expr, line: int) -> Value:
    args = [*_run(emitter, expr, line), emitter.node(expr.args[2])]
    return Value(nodes.call("find_within_u8", args, line), 0, 0xFFFFFFFF)


def _find_block(emitter: Emitter, expr: Expr, line: int) -> Value:
    blocks: Blocks = expr.imm
    args = _search(emitter, blocks, expr.args, line)
    helper = "find_block_u8" if len(blocks.values) + len(expr.args) == 2 else "find_block_in"
    return Value(nodes.call(helper, args, line), 0, 0xFFFFFFFF)


def _find_in_blocks(emitter: Emitter, expr: Expr, line: int) -> Value:
    """Of several limits the least."""
    blocks: Blocks = expr.imm
    first = len(expr.args) - 2 * len(blocks.tests)
    ends = emitter.nodes(expr.args[first:])
    limits = [
        _turns(lower, upper, *test, line)
        for lower, upper, test in zip(ends[::2], ends[1::2], blocks.tests, strict=True)
    ]
    most = limits[0] if len(limits) == 1 else nodes.call("min", limits, line)
    args = [*_search(emitter, blocks, expr.args[:first], line), most]
    return Value(nodes.call("find_in_blocks", args, line), 0, 0xFFFFFFFF)


def _turns(lower: ast.expr, upper: ast.expr, more: int, step: int, line: int) -> ast.expr:
    """How many steps there are from one number to another, or at least as many: negative if the other is less."""
    if isinstance(lower, ast.Constant) and isinstance(lower.value, int):
        size = plus(upper, more - lower.value, line)
    else:
        size = plus(nodes.BinOp(upper, nodes.SUB, lower, line), more, line)
    return nodes.BinOp(size, nodes.FLOOR_DIV, nodes.constant(step, line), line)


def _search(emitter: Emitter, blocks: Blocks, operands: tuple[Expr, ...], line: int) -> list[ast.expr]:
    """The memory, where the first block is, how large each is, and the bytes wanted: one, a few, or a pattern's set."""
    address, *bytes_ = emitter.nodes(operands)
    if bytes_ or 0 < len(blocks.values) <= _FEW:
        bytes_ = [*(nodes.constant(value, line) for value in blocks.values), *bytes_]
        wanted = bytes_[0] if len(bytes_) == 1 else nodes.tuple_(bytes_, line)
    else:
        wanted = nodes.Constant(_byte_set(blocks.values), line)
    at = plus(address, blocks.displacement, line)
    return [_bytes(blocks.memory, line), at, nodes.constant(blocks.step, line), wanted]


#: As many bytes are sooner found one by one.
_FEW = 4


def _byte_set(values: bytes) -> bytes:
    """The set of a regular expression that has these bytes, by what is not in it if that is less, but not nothing."""
    inverse = 128 < len(values) < 256 or not values
    members = [value for value in range(256) if (value in values) is not inverse]
    starts = [value for value in members if value - 1 not in members]
    ends = [value for value in members if value + 1 not in members]
    ranges = (
        _escaped(first) + (b"-" + _escaped(last) if last > first else b"")
        for first, last in zip(starts, ends, strict=True)
    )
    return (b"[^%s]" if inverse else b"[%s]") % b"".join(ranges)


def _escaped(value: int) -> bytes:
    return bytes([value]) if bytes([value]).isalnum() or value in b" _" else b"\\x%02x" % value


def _mismatch(emitter: Emitter, expr: Expr, line: int) -> Value:
    memory, *rest = _run(emitter, expr, line)
    words = nodes.Name(names.view_name(expr.imm.memory, "u64"), line)
    return Value(nodes.call("mismatch_u8", [memory, words, *rest], line), 0, 0xFFFFFFFF)


def _sum(emitter: Emitter, expr: Expr, line: int) -> Value:
    run: Run = expr.imm
    return Value(nodes.call(f"sum_u{8 * run.width}", _run(emitter, expr, line), line), 0, 1 << 64)


def _turns_below(emitter: Emitter, expr: Expr, line: int) -> Value:
    step, past = expr.imm
    first, limit = emitter.nodes(expr.args)
    args = [first, plus(limit, int(past), line), nodes.constant(step, line)]
    return Value(nodes.call("turns_below", args, line), 0, 0xFFFFFFFF)


def _turns_whole(emitter: Emitter, expr: Expr, line: int) -> Value:
    args = [*emitter.nodes(expr.args), nodes.constant(expr.imm, line)]
    return Value(nodes.call("turns_whole", args, line), 0, 0xFFFFFFFF)


def _place(emitter: Emitter, expr: Expr, line: int) -> Value:
    """A sum that does not wrap, for it was an address already."""
    address, index = expr.args
    if address.op in CONSTS:
        return Value(plus(emitter.node(index), address.imm + expr.imm, line), 0, 0xFFFFFFFF)
    if index.op in CONSTS:
        return Value(plus(emitter.node(address), index.imm + expr.imm, line), 0, 0xFFFFFFFF)
    node = nodes.BinOp(emitter.node(address), nodes.ADD, emitter.node(index), line)
    return Value(plus(node, expr.imm, line), 0, 0xFFFFFFFF)


def _bit(emitter: Emitter, expr: Expr, line: int) -> Value:
    node = nodes.BinOp(nodes.constant(1, line), nodes.SHL, emitter.node(expr.args[0]), line)
    return Value(node, 1, 0x80000000)


NODES.update({FILL: _fill, FILL_STRIDED: _fill_strided, COPY: _copy, COPY_DOWN: _copy_down})
INTEGERS.update({FIND: _find, FIND_WITHIN: _find_within, MISMATCH: _mismatch, SUM: _sum})
INTEGERS.update({FIND_BLOCK: _find_block, FIND_IN_BLOCKS: _find_in_blocks, BIT: _bit})
INTEGERS.update({TURNS_BELOW: _turns_below, TURNS_WHOLE: _turns_whole, PLACE: _place})
