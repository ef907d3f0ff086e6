"""Vector instructions: calls of `runtime/vectors`, and what is said quicker without one.

A helper is called as its instruction, with underscores instead of dots (`names.vector_name`). Every other part of
emission only passes vectors on. *cpython*: a v128 is an unsigned integer with lane 0 in its lowest bits. *portable*: it
is a tuple, in which nothing but helpers look (`runtime/vectors/words`).
"""

from __future__ import annotations

import ast

from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import INTEGERS, NODES, WORDS, Emitter, NodeHandler
from wasm2py.transpile.emit.places import address_of, item_base, view_and_index
from wasm2py.transpile.emit.values import MASKS, WORD, Value, word_bounds
from wasm2py.transpile.ir.expr import (
    BY_PARITY,
    CONSTS,
    EVEN,
    FROM_CONDITIONS,
    FROM_LANES,
    LOCAL_GET,
    ODD,
    SCALED,
    ZIPPED_FITTING,
    Expr,
)
from wasm2py.transpile.ir.intervals import FULL, interval
from wasm2py.transpile.opcodes import OPS, Op

_ONES = (1 << 128) - 1
#: Bytes times this are numbers of 16 bits.
_LARGEST_FACTOR = 257
_EVEN_BYTES = _ONES // 65535 * 255
_LOAD, _SHIFTED = OPS["v128.load"], OPS["i16x8.shr_u"]
#: Instructions on vectors of floats → what loads one, in the portable dialect.
_LOADED_AS = {
    op: f"{shape}_load"
    for op in OPS.values()
    if (shape := op.mnemonic.partition(".")[0]) in ("f32x4", "f64x2")
    and not any(word in op.mnemonic for word in ("convert", "demote", "promote"))
}


def _helper(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """The operands, then the immediate; but the lane that is replaced comes before its new value."""
    args = [_operand(emitter, expr.op, arg) for arg in expr.args]
    if expr.op.immediate == "lane":
        args.insert(1, nodes.constant(expr.imm, line))
    elif expr.op.immediate == "lanes":
        args.append(nodes.Constant(expr.imm, line))
    return nodes.call(names.vector_name(expr.op), args, line)


def _operand(emitter: Emitter, op: Op, arg: Expr) -> ast.expr:
    """An operand; in the portable dialect vectors of floats are loaded as such."""
    if emitter.dialect == "portable" and arg.op is _LOAD and op in _LOADED_AS:
        return _access(emitter, arg, arg.offset or emitter.line, _LOADED_AS[op])
    return emitter.node(arg)


def _integer(emitter: Emitter, expr: Expr, line: int) -> Value:
    return Value(_helper(emitter, expr, line), *interval(expr))


def _word(emitter: Emitter, expr: Expr, line: int) -> Value:
    return Value(_helper(emitter, expr, line), *WORD)


def _access(emitter: Emitter, expr: Expr, line: int, helper: str = "") -> ast.expr:
    """The memory's bytes and the address come first, a lane last."""
    memory = expr.imm[2]
    name = names.view_name(memory, "u8") if emitter.dialect == "cpython" else names.buffer_name(memory)
    args = [nodes.Name(name, line), address_of(emitter, expr, line), *emitter.nodes(expr.args[1:])]
    if expr.op.immediate == "memarg_lane":
        args.append(nodes.constant(expr.imm[3], line))
    return nodes.call(helper or names.vector_name(expr.op), args, line)


def _load(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """Two halves, read by views, where a variable is the index: that takes half the time of a call."""
    if emitter.dialect == "portable":
        return _access(emitter, expr, line)
    _, offset, memory = expr.imm
    places = [
        view_and_index(emitter, memory, "u64", item_base(emitter, expr.args[0], line), at, line)
        for at in (offset, offset + 8)
    ]
    if not all(isinstance(index, ast.Name) for _, index in places) and expr.args[0].op is not LOCAL_GET:
        return _access(emitter, expr, line)
    low, high = (nodes.item(*place, line) for place in places)
    return nodes.BinOp(low, nodes.OR, nodes.BinOp(high, nodes.SHL, nodes.constant(64, line), line), line)


def _const(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    if emitter.dialect == "cpython":
        return nodes.constant(expr.imm, line)
    halves = [half & MASKS[64] for half in (expr.imm, expr.imm >> 64)]
    return nodes.tuple_([nodes.constant(word_bounds(half, half)[0], line) for half in halves], line)


def _operator(operator: ast.operator) -> NodeHandler:
    def handler(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
        if emitter.dialect == "portable":
            return _helper(emitter, expr, line)
        left, right = emitter.nodes(expr.args)
        return nodes.BinOp(left, operator, right, line)

    return handler


def _not(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    if emitter.dialect == "portable":
        return _helper(emitter, expr, line)
    return nodes.BinOp(emitter.node(expr.args[0]), nodes.XOR, nodes.constant(_ONES, line), line)


def _even(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    if emitter.dialect == "portable":
        return _helper(emitter, expr, line)
    return nodes.BinOp(emitter.node(expr.args[0]), nodes.AND, nodes.constant(_EVEN_BYTES, line), line)


def _odd(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    if emitter.dialect == "portable":
        return _helper(emitter, expr, line)
    down = nodes.BinOp(emitter.node(expr.args[0]), nodes.SHR, nodes.constant(8, line), line)
    return nodes.BinOp(down, nodes.AND, nodes.constant(_EVEN_BYTES, line), line)


def _zipped(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """Upper bytes that would be moved down first are where they are to be."""
    if emitter.dialect == "portable":
        return _helper(emitter, expr, line)
    even, odd = expr.args
    if odd.op is _SHIFTED and odd.args[1].op in CONSTS and odd.args[1].imm % 16 == 8:
        upper = nodes.BinOp(emitter.node(odd.args[0]), nodes.AND, nodes.constant(_EVEN_BYTES << 8, line), line)
    else:
        upper = nodes.BinOp(emitter.node(odd), nodes.SHL, nodes.constant(8, line), line)
    return nodes.BinOp(emitter.node(even), nodes.OR, upper, line)


def _scaled(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """By a small constant without a call."""
    lanes, factor = expr.args
    if emitter.dialect == "portable" or factor.op not in CONSTS or factor.imm & 65535 > _LARGEST_FACTOR:
        return _helper(emitter, expr, line)
    return nodes.BinOp(emitter.node(lanes), nodes.MUL, nodes.constant(factor.imm & 65535, line), line)


def _shift(bits: int, left: bool) -> NodeHandler:
    """Lanes of so many bits by a constant without a call."""
    full = (1 << bits) - 1

    def handler(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
        if emitter.dialect == "portable" or expr.args[1].op not in CONSTS:
            return _helper(emitter, expr, line)
        count = expr.args[1].imm % bits
        kept = nodes.constant(_ONES // full * (full >> count), line)
        lanes, by = emitter.node(expr.args[0]), nodes.constant(count, line)
        if left:
            return nodes.BinOp(nodes.BinOp(lanes, nodes.AND, kept, line), nodes.SHL, by, line)
        return nodes.BinOp(nodes.BinOp(lanes, nodes.SHR, by, line), nodes.AND, kept, line)

    return handler


def _bitmask(emitter: Emitter, expr: Expr, line: int) -> Value:
    """Where bytes are equal: one function finds out at once that they are nowhere."""
    compared = expr.args[0]
    if emitter.dialect == "portable" or compared.op is not OPS["i8x16.eq"]:
        return _integer(emitter, expr, line)
    return Value(nodes.call("i8x16_eq_bitmask", emitter.nodes(compared.args), line), *interval(expr))


def _extract_lane(emitter: Emitter, expr: Expr, line: int) -> Value:
    """A shift and a mask, if either is due."""
    if emitter.dialect == "portable":
        return _integer(emitter, expr, line)
    low, high = interval(expr)
    bits = high.bit_length()
    lane: ast.expr = emitter.node(expr.args[0])
    if expr.imm:
        lane = nodes.BinOp(lane, nodes.SHR, nodes.constant(bits * expr.imm, line), line)
    if bits * (expr.imm + 1) < 128:
        lane = nodes.BinOp(lane, nodes.AND, nodes.constant(high, line), line)
    return Value(lane, low, high)


def _replace_lane(bits: int) -> NodeHandler:
    """Where every lane is replaced, of a vector that had the same in all, or of zeros: the lanes side by side."""
    splat = OPS[f"i{bits}x{128 // bits}.splat"]

    def handler(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
        lanes, first = _replaced_lanes(expr)
        others = {*range(128 // bits)} - {lane for lane, _ in lanes}
        if first.op is splat and len(others) == 1:
            lanes = [(others.pop(), first.args[0]), *lanes]
        elif first.op not in CONSTS or first.imm:
            return _helper(emitter, expr, line)
        if emitter.dialect == "portable" or len({lane for lane, _ in lanes}) < len(lanes):
            return _helper(emitter, expr, line)
        made: ast.expr | None = None
        for lane, value in lanes:
            node = emitter.node(value)
            moved = nodes.BinOp(node, nodes.SHL, nodes.constant(bits * lane, line), line) if lane else node
            made = moved if made is None else nodes.BinOp(made, nodes.OR, moved, line)
        assert made is not None
        return made

    return handler


def _replaced_lanes(expr: Expr) -> tuple[list[tuple[int, Expr]], Expr]:
    """The lanes that are replaced, in order, and the vector that they are replaced in."""
    lanes: list[tuple[int, Expr]] = []
    vector, op = expr, expr.op
    while vector.op is op:
        lanes.append((vector.imm, vector.args[1]))
        vector = vector.args[0]
    return lanes[::-1], vector


def _register() -> None:
    for op in OPS.values():
        if op.family in ("vector_load", "vector_store"):
            NODES[op] = _access
        elif op.family == "vector" and _gives_integer(op):
            INTEGERS[op] = _extract_lane if op.immediate and not op.mnemonic.endswith("_s") else _integer
        elif op.family == "vector":
            NODES[op] = _helper
    INTEGERS[OPS["i8x16.bitmask"]] = _bitmask
    WORDS[OPS["i64x2.extract_lane"]] = _word
    NODES.update(dict.fromkeys((*FROM_LANES.values(), *FROM_CONDITIONS.values(), *BY_PARITY), _helper))
    NODES[OPS["v128.const"]] = _const
    NODES[_LOAD] = _load
    for name, operator in {"and": nodes.AND, "or": nodes.OR, "xor": nodes.XOR}.items():
        NODES[OPS[f"v128.{name}"]] = _operator(operator)
    NODES[OPS["v128.not"]] = _not
    NODES.update({EVEN: _even, ODD: _odd, ZIPPED_FITTING: _zipped, SCALED: _scaled})
    for bits in (32, 64):
        NODES[OPS[f"i{bits}x{128 // bits}.replace_lane"]] = _replace_lane(bits)
    for bits in (8, 16, 32, 64):
        shape = f"i{bits}x{128 // bits}"
        NODES[OPS[f"{shape}.shl"]], NODES[OPS[f"{shape}.shr_u"]] = _shift(bits, True), _shift(bits, False)


def _gives_integer(op: Op) -> bool:
    return op.results is not None and op.results[0] in FULL


_register()
