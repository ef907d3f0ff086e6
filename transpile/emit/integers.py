"""Integer arithmetic: wrapped once, at the end of a chain (spec: Execution / Numerics / Integer Operations)."""

from __future__ import annotations

import ast

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.elements import element
from wasm2py.transpile.emit.emitter import NODES, SIGNED, Emitter, integer
from wasm2py.transpile.emit.values import LIMITS, MASKS, UNWRAPPED, Value, is_known, span
from wasm2py.transpile.emit.wrapping import seldom_wraps
from wasm2py.transpile.ir.expr import CONSTS, Expr
from wasm2py.transpile.ir.intervals import FULL, SIZES
from wasm2py.transpile.opcodes import OPS, WIDE

#: Elements of 8 bytes are the largest that addresses are counted in.
_LARGEST_ELEMENT = 3
#: So many bits more than `LIMITS` allows may come of a shift or a factor, for it is not to be shifted again.
_SPARE = 16
#: CPython's integers have digits below this.
_DIGIT = 1 << 30


def bits_of(expr: Expr) -> int:
    """The width of an integer expression."""
    return SIZES[expr.type]  # type: ignore[index]


@integer("const")
def _const(emitter: Emitter, expr: Expr, line: int) -> Value:
    return Value(nodes.constant(expr.imm, line), expr.imm, expr.imm)


@integer("local.get")
def _local_get(emitter: Emitter, expr: Expr, line: int) -> Value:
    low, high = expr.range or FULL[expr.type]  # type: ignore[index]
    if expr.imm.unwrapped:
        low, high = UNWRAPPED[bits_of(expr)]
    elif expr.imm.signed:
        low, high = _as_signed(low, high, bits_of(expr))
    return Value(nodes.Name(emitter.variables[expr.imm.index], line), low, high)


def _as_signed(low: int, high: int, bits: int) -> tuple[int, int]:
    """Bounds of a signed reading, given those of the unsigned one."""
    sign = 1 << (bits - 1)
    if low < sign <= high:
        return -sign, sign - 1
    return (low, high) if high < sign else (low - 2 * sign, high - 2 * sign)


def _small(emitter: Emitter, expr: Expr, value: Value, room: int = 0) -> Value:
    """An operand of an operation that makes it up to `room` bits longer, wrapped if it has grown far already."""
    limit = LIMITS[bits_of(expr)] << _SPARE >> room if room <= _SPARE else LIMITS[bits_of(expr)] >> room
    return value if -limit < value.low and value.high < limit else emitter.rested(expr, value)


def _length(value: Value) -> int:
    return max(value.high.bit_length(), value.low.bit_length())


@integer("add")
def _add(emitter: Emitter, expr: Expr, line: int) -> Value:
    left, right = expr.args
    bits = bits_of(expr)
    a = _small(emitter, left, emitter.value(left))
    if right.op in CONSTS and right.imm >> (bits - 1):
        minus = (1 << bits) - right.imm
        return Value(nodes.BinOp(a.node, nodes.SUB, nodes.constant(minus, line), line), a.low - minus, a.high - minus)
    if right.op in CONSTS and a.low + right.imm >= 1 << bits > a.high + right.imm - (1 << bits):
        # Every value wraps, and wraps once: counters that go up to zero.
        minus = (1 << bits) - right.imm
        return Value(nodes.BinOp(a.node, nodes.SUB, nodes.constant(minus, line), line), a.low - minus, a.high - minus)
    b = _small(emitter, right, emitter.value(right))
    return Value(nodes.BinOp(a.node, nodes.ADD, b.node, line), a.low + b.low, a.high + b.high)


@integer("sub")
def _sub(emitter: Emitter, expr: Expr, line: int) -> Value:
    a, b = (_small(emitter, arg, emitter.value(arg)) for arg in expr.args)
    if isinstance(a.node, ast.Constant) and a.node.value == 0:
        return Value(nodes.negative(b.node, line), -b.high, -b.low)
    return Value(nodes.BinOp(a.node, nodes.SUB, b.node, line), a.low - b.high, a.high - b.low)


@integer("mul")
def _mul(emitter: Emitter, expr: Expr, line: int) -> Value:
    a, b = emitter.both(expr)
    a = _small(emitter, expr.args[0], a, _length(b))
    b = _small(emitter, expr.args[1], b, _length(a))
    corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]
    return Value(nodes.BinOp(a.node, nodes.MUL, b.node, line), min(corners), max(corners))


@integer("and")
def _and(emitter: Emitter, expr: Expr, line: int) -> Value:
    left, right = expr.args
    if left.op in _BITWISE and right.op in CONSTS and right.imm < _DIGIT:
        a, b = _masked(emitter, left, right.imm, line), emitter.value(right)
    else:
        a, b = emitter.both(expr)
    known = is_known(b, right)
    if known and b.low >= 0 and not b.high & (b.high + 1) and a.fits(b.high.bit_length()):
        return a  # a mask that cannot clear anything
    if known and a.low >= 0 and b.high >= _DIGIT:
        kept = b.high & (1 << a.high.bit_length()) - 1
        b = Value(nodes.constant(kept, line), kept, kept)
    node = nodes.BinOp(a.node, nodes.AND, b.node, line)
    above = [value.high for value in (a, b) if value.low >= 0]
    if above:
        return Value(node, 0, min(above))
    return Value(node, *span(min(a.low, b.low), max(a.high, b.high)))


_BITWISE = frozenset(OPS[f"{type_}.{name}"] for type_ in SIZES for name in ("or", "xor"))


def _masked(emitter: Emitter, expr: Expr, mask: int, line: int) -> Value:
    """`x | y` or `x ^ y` that is to be masked; if only one side has more bits than the mask, that is masked at once.

    So the other operation is one of short numbers, too.
    """
    a, b = emitter.both(expr)
    op = nodes.OR if expr.op.mnemonic.endswith(".or") else nodes.XOR
    length = mask.bit_length()
    if mask & (mask + 1) == 0 and a.fits(length) != b.fits(length):
        short = nodes.constant(mask, line)
        if a.fits(length):
            b = Value(nodes.BinOp(b.node, nodes.AND, short, line), 0, mask)
        else:
            a = Value(nodes.BinOp(a.node, nodes.AND, short, line), 0, mask)
    return Value(nodes.BinOp(a.node, op, b.node, line), *span(min(a.low, b.low), max(a.high, b.high)))


@integer("or", "xor")
def _or(emitter: Emitter, expr: Expr, line: int) -> Value:
    a, b = emitter.both(expr)
    op = nodes.OR if expr.op.mnemonic.endswith(".or") else nodes.XOR
    return Value(nodes.BinOp(a.node, op, b.node, line), *span(min(a.low, b.low), max(a.high, b.high)))


def shift_amount(emitter: Emitter, expr: Expr, line: int) -> Value:
    """A shift's right operand, modulo the width."""
    bits = bits_of(expr)
    value = emitter.value(expr)
    if value.low >= 0 and value.high < bits:
        return value
    if expr.op in CONSTS:
        amount = expr.imm & (bits - 1)
        return Value(nodes.constant(amount, line), amount, amount)
    return Value(nodes.BinOp(value.node, nodes.AND, nodes.constant(bits - 1, line), line), 0, bits - 1)


@integer("shl")
def _shl(emitter: Emitter, expr: Expr, line: int) -> Value:
    a = emitter.value(expr.args[0])
    n = shift_amount(emitter, expr.args[1], line)
    a = _small(emitter, expr.args[0], a, n.high)
    low = a.low << (n.high if a.low < 0 else n.low)
    high = a.high << (n.high if a.high > 0 else n.low)
    if emitter.dialect == "cpython" and is_known(n, expr.args[1]) and _is_short(expr.args[0], n.low, high):
        return Value(nodes.BinOp(a.node, nodes.MUL, nodes.constant(1 << n.low, line), line), low, high)
    return Value(nodes.BinOp(a.node, nodes.SHL, n.node, line), low, high)


def _is_short(shifted: Expr, amount: int, high: int) -> bool:
    """Whether what a shift gives is likely to have one of CPython's digits, as indices have that are shifted a little.

    Then CPython is quicker at multiplying than at shifting (12 ns against 18).
    """
    return high < _DIGIT or (amount <= _LARGEST_ELEMENT and seldom_wraps(shifted))


@integer("shr_u")
def _shr_u(emitter: Emitter, expr: Expr, line: int) -> Value:
    n = shift_amount(emitter, expr.args[1], line)
    if expr.type == "i32" and is_known(n, expr.args[1]) and 0 < n.high <= _LARGEST_ELEMENT:
        counted = element(emitter, expr.args[0], n.low, line)
        if counted is not None:
            return Value(counted, 0, MASKS[32] >> n.low)
    a = emitter.canonical(expr.args[0])
    return Value(nodes.BinOp(a.node, nodes.SHR, n.node, line), a.low >> n.high, a.high >> n.low)


@integer("shr_s")
def _shr_s(emitter: Emitter, expr: Expr, line: int) -> Value:
    left = expr.args[0]
    n = shift_amount(emitter, expr.args[1], line)
    if left.op not in SIGNED and is_known(n, expr.args[1]):
        value, bits = emitter.value(left), bits_of(expr)
        if not value.fits_signed(bits):
            return _shifted_signed(emitter.rested(left, value), n, bits, line)
    a = emitter.signed(left)
    low = a.low >> (n.low if a.low < 0 else n.high)
    high = a.high >> (n.low if a.high > 0 else n.high)
    return Value(nodes.BinOp(a.node, nodes.SHR, n.node, line), low, high)


def _shifted_signed(a: Value, n: Value, bits: int, line: int) -> Value:
    """A number at rest shifted as a signed one: made signed behind the shift, for what is left then is shorter."""
    sign = 1 << (bits - 1 - n.low)
    shifted = nodes.BinOp(a.node, nodes.SHR, n.node, line) if n.low else a.node
    flipped = nodes.BinOp(shifted, nodes.XOR, nodes.constant(sign, line), line)
    return Value(nodes.BinOp(flipped, nodes.SUB, nodes.constant(sign, line), line), -sign, sign - 1)


@integer("rotl", "rotr")
def _rotate(emitter: Emitter, expr: Expr, line: int) -> Value:
    """By a constant: two shifts; else a helper."""
    bits = bits_of(expr)
    value, amount = expr.args
    a = emitter.canonical(value).node
    if amount.op not in CONSTS:
        helper = expr.op.mnemonic.replace(".", "_")
        n = emitter.canonical(amount).node
        return Value(nodes.call(helper, [a, n], line), 0, MASKS[bits])
    left = amount.imm % bits if expr.op.mnemonic.endswith("rotl") else -amount.imm % bits
    if not left:
        return Value(a, 0, MASKS[bits])
    first, again = emitter.twice(a, line)
    up = nodes.BinOp(first, nodes.SHL, nodes.constant(left, line), line)
    down = nodes.BinOp(again, nodes.SHR, nodes.constant(bits - left, line), line)
    return Value(nodes.BinOp(up, nodes.OR, down, line), 0, (1 << (bits + left)) - 1)


@integer("div_u", "rem_u")
def _div_u(emitter: Emitter, expr: Expr, line: int) -> Value:
    """Python's own ZeroDivisionError becomes the trap."""
    a, b = (emitter.canonical(arg) for arg in expr.args)
    if expr.op.mnemonic.endswith("div_u"):
        return Value(nodes.BinOp(a.node, nodes.FLOOR_DIV, b.node, line), 0, a.high // max(b.low, 1))
    return Value(nodes.BinOp(a.node, nodes.MOD, b.node, line), 0, min(a.high, max(b.high - 1, 0)))


@integer("div_s", "rem_s")
def _div_s(emitter: Emitter, expr: Expr, line: int) -> Value:
    """Plain where neither operand can be negative, for Python rounds down and wasm towards zero."""
    bits = bits_of(expr)
    a, b = (emitter.canonical(arg) for arg in expr.args)
    top = MASKS[bits] >> 1
    divides = expr.op.mnemonic.endswith("div_s")
    if a.high <= top and b.high <= top:
        op = nodes.FLOOR_DIV if divides else nodes.MOD
        high = a.high // max(b.low, 1) if divides else min(a.high, max(b.high - 1, 0))
        return Value(nodes.BinOp(a.node, op, b.node, line), 0, high)
    return Value(nodes.call(expr.op.mnemonic.replace(".", "_"), [a.node, b.node], line), 0, MASKS[bits])


@integer("clz")
def _clz(emitter: Emitter, expr: Expr, line: int) -> Value:
    bits = bits_of(expr)
    a = emitter.canonical(expr.args[0])
    length = nodes.Call(nodes.attribute(a.node, "bit_length", line), [], line)
    return Value(nodes.BinOp(nodes.constant(bits, line), nodes.SUB, length, line), 0, bits)


@integer("ctz")
def _ctz(emitter: Emitter, expr: Expr, line: int) -> Value:
    helper = expr.op.mnemonic.replace(".", "_")
    return Value(nodes.call(helper, [emitter.canonical(expr.args[0]).node], line), 0, bits_of(expr))


@integer("popcnt")
def _popcnt(emitter: Emitter, expr: Expr, line: int) -> Value:
    a = emitter.canonical(expr.args[0])
    return Value(nodes.Call(nodes.attribute(a.node, "bit_count", line), [], line), 0, bits_of(expr))


@integer("i32.wrap_i64")
def _wrap(emitter: Emitter, expr: Expr, line: int) -> Value:
    """What is the same modulo 2**64 is the same modulo 2**32."""
    return emitter.value(expr.args[0])


@integer("i64.extend_i32_u")
def _extend_u(emitter: Emitter, expr: Expr, line: int) -> Value:
    return emitter.canonical(expr.args[0])


@integer("i64.extend_i32_s")
def _extend_s(emitter: Emitter, expr: Expr, line: int) -> Value:
    return emitter.signed(expr.args[0])


@integer("extend8_s", "extend16_s", "i64.extend32_s")
def _extend_within(emitter: Emitter, expr: Expr, line: int) -> Value:
    """Sign extension from the low bits: drop the rest, flip the sign bit, take it off again."""
    width = int(expr.op.mnemonic.split("extend")[1][:-2])
    value = emitter.value(expr.args[0])
    return sign_extended(value, width, line)


def sign_extended(value: Value, width: int, line: int) -> Value:
    """The low `width` bits of a value as a signed integer."""
    if value.fits_signed(width):
        return value
    sign = 1 << (width - 1)
    low = value.node
    if not value.fits(width):
        low = nodes.BinOp(low, nodes.AND, nodes.constant(2 * sign - 1, line), line)
    flipped = nodes.BinOp(low, nodes.XOR, nodes.constant(sign, line), line)
    return Value(nodes.BinOp(flipped, nodes.SUB, nodes.constant(sign, line), line), -sign, sign - 1)


def _wide(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """Two results at once come as a tuple."""
    helper = emitter.helper(expr.op.mnemonic.replace(".", "_"))
    return nodes.call(helper, emitter.nodes(expr.args), line)


NODES.update((op, _wide) for op in WIDE)
