"""The portable dialect's integers: nothing but signed machine words, `-2**63 <= x < 2**63` (runtime/words.py).

An i64 at rest is the word of its 64 bits, an i32 is unsigned, which fits one. In the midst of an expression, too, every
integer is a word: where bounds cannot exclude an overflow, `int_add` and its like wrap around. So PyPy meets no big
integer, and an i64 needs no mask.
"""

from __future__ import annotations

import ast
from functools import partial

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import WORDS, Emitter, integer
from wasm2py.transpile.emit.integers import bits_of, shift_amount
from wasm2py.transpile.emit.values import WORD, Value, is_known, word_bounds
from wasm2py.transpile.ir.expr import CONSTS, Expr
from wasm2py.transpile.ir.intervals import FULL

_words = partial(integer, registry=WORDS)

_OPERATORS: dict[str, tuple[ast.operator, str]] = {
    "add": (nodes.ADD, "int_add"),
    "sub": (nodes.SUB, "int_sub"),
    "mul": (nodes.MUL, "int_mul"),
    "shl": (nodes.SHL, "int_lshift"),
}


def _wrapping(name: str, a: Value, b: Value, low: int, high: int, line: int) -> Value:
    """The operator where the result, in low … high, is a word in any case, else the function that wraps around."""
    operator, function = _OPERATORS[name]
    if WORD[0] <= low and high <= WORD[1]:
        return Value(nodes.BinOp(a.node, operator, b.node, line), low, high)
    return Value(nodes.call(function, [a.node, b.node], line), *WORD)


def _literal(value: int, line: int) -> Value:
    return Value(nodes.constant(value, line), value, value)


@_words("i64.const")
def _const(emitter: Emitter, expr: Expr, line: int) -> Value:
    return _literal(word_bounds(expr.imm, expr.imm)[0], line)


@_words("local.get")
def _local_get(emitter: Emitter, expr: Expr, line: int) -> Value:
    bounds = emitter.at_rest(expr.type, expr.range or FULL[expr.type])  # type: ignore[arg-type,index]
    return Value(nodes.Name(emitter.variables[expr.imm.index], line), *bounds)


@_words("add")
def _add(emitter: Emitter, expr: Expr, line: int) -> Value:
    """A negative constant is subtracted, as is one that makes every value wrap: counters that go up to zero."""
    left, right = expr.args
    a = emitter.value(left)
    if right.op in CONSTS:
        size = FULL[expr.type][1] + 1  # type: ignore[index]
        wraps = a.low + right.imm >= size > a.high + right.imm - size
        if right.imm >= size >> 1 or wraps:
            minus = size - right.imm
            if minus <= WORD[1]:
                return _wrapping("sub", a, _literal(minus, line), a.low - minus, a.high - minus, line)
    b = emitter.value(right)
    return _wrapping("add", a, b, a.low + b.low, a.high + b.high, line)


@_words("sub")
def _sub(emitter: Emitter, expr: Expr, line: int) -> Value:
    a, b = emitter.both(expr)
    if a.high == 0 and is_known(a, expr.args[0]) and b.low > WORD[0]:
        return Value(nodes.negative(b.node, line), -b.high, -b.low)
    return _wrapping("sub", a, b, a.low - b.high, a.high - b.low, line)


@_words("mul")
def _mul(emitter: Emitter, expr: Expr, line: int) -> Value:
    a, b = emitter.both(expr)
    corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]
    return _wrapping("mul", a, b, min(corners), max(corners), line)


@_words("shl")
def _shl(emitter: Emitter, expr: Expr, line: int) -> Value:
    a = emitter.value(expr.args[0])
    n = shift_amount(emitter, expr.args[1], line)
    low = a.low << (n.high if a.low < 0 else n.low)
    high = a.high << (n.high if a.high > 0 else n.low)
    return _wrapping("shl", a, n, low, high, line)


@_words("i64.shr_u")
def _shr_u(emitter: Emitter, expr: Expr, line: int) -> Value:
    return _shifted_right(emitter.value(expr.args[0]), shift_amount(emitter, expr.args[1], line), line)


def _shifted_right(a: Value, n: Value, line: int) -> Value:
    """Filled with zeros from the left."""
    if a.low >= 0:
        return Value(nodes.BinOp(a.node, nodes.SHR, n.node, line), a.low >> n.high, a.high >> n.low)
    bounds = (0, (1 << (64 - n.low)) - 1) if n.low else WORD
    return Value(nodes.call("uint_rshift", [a.node, n.node], line), *bounds)


@_words("i64.rotl", "i64.rotr")
def _rotate(emitter: Emitter, expr: Expr, line: int) -> Value:
    """By a constant: two shifts; else a helper."""
    value, amount = expr.args
    a = emitter.value(value)
    if amount.op not in CONSTS:
        helper = emitter.helper(expr.op.mnemonic.replace(".", "_"))
        return Value(nodes.call(helper, [a.node, emitter.value(amount).node], line), *WORD)
    left = (amount.imm if expr.op.mnemonic.endswith("rotl") else -amount.imm) % 64
    if not left:
        return a
    first, again = emitter.twice(a.node, line)
    up = nodes.call("int_lshift", [first, nodes.constant(left, line)], line)
    down = _shifted_right(Value(again, a.low, a.high), _literal(64 - left, line), line)
    return Value(nodes.BinOp(up, nodes.OR, down.node, line), *WORD)


@_words("i64.div_s", "i64.div_u", "i64.rem_s", "i64.rem_u")
def _divide(emitter: Emitter, expr: Expr, line: int) -> Value:
    """Plain where neither operand can be negative, for Python rounds down and wasm towards zero."""
    a, b = emitter.both(expr)
    if min(a.low, b.low) < 0:
        helper = emitter.helper(expr.op.mnemonic.replace(".", "_"))
        return Value(nodes.call(helper, [a.node, b.node], line), *WORD)
    if "div" in expr.op.mnemonic:
        return Value(nodes.BinOp(a.node, nodes.FLOOR_DIV, b.node, line), 0, a.high // max(b.low, 1))
    return Value(nodes.BinOp(a.node, nodes.MOD, b.node, line), 0, min(a.high, max(b.high - 1, 0)))


@_words("clz", "ctz", "popcnt")
def _count(emitter: Emitter, expr: Expr, line: int) -> Value:
    """The helpers count in words: an i32 has 32 more leading zeros there, and a bit beyond its own ends its trailing
    ones.
    """
    bits, name = bits_of(expr), expr.op.mnemonic[4:]
    node = emitter.canonical(expr.args[0]).node
    if bits == 32 and name == "ctz":
        node = nodes.BinOp(node, nodes.OR, nodes.constant(1 << 32, line), line)
    counted: ast.expr = nodes.call(f"word_{name}", [node], line)
    if bits == 32 and name == "clz":
        counted = nodes.BinOp(counted, nodes.SUB, nodes.constant(32, line), line)
    return Value(counted, 0, bits)
