"""Comparisons and conditions.  As a value a comparison is Python's bool, which is an integer."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import INTEGERS, SIGNED, Emitter, integer
from wasm2py.transpile.emit.spans import within, wrapped_span
from wasm2py.transpile.emit.values import MASKS, WORD, Value, is_known, signed
from wasm2py.transpile.ir.expr import AND, CONSTS, HAS_TAG, IN, LOCAL_GET, LOOKUP, NOT, OR, WITHIN, Expr
from wasm2py.transpile.ir.intervals import FULL, SIZES
from wasm2py.transpile.names import tag_name
from wasm2py.transpile.opcodes import OPS, Op

_RELATIONS: dict[str, tuple[ast.cmpop, ast.cmpop]] = {
    "eq": (nodes.EQ, nodes.NE),
    "ne": (nodes.NE, nodes.EQ),
    "lt": (nodes.LT, nodes.GE),
    "gt": (nodes.GT, nodes.LE),
    "le": (nodes.LE, nodes.GT),
    "ge": (nodes.GE, nodes.LT),
}
_MIRRORED = {"eq": "eq", "ne": "ne", "lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
_EQZ = frozenset({OPS["i32.eqz"], OPS["i64.eqz"]})
_IS_NULL = OPS["ref.is_null"]
#: Conditions that are more than a relation of numbers; what makes them is told whether they are wanted, and a line.
CONDITIONS: dict[Op, Callable[[Emitter, Expr, bool, int], ast.expr]] = {}


def condition(emitter: Emitter, expr: Expr, wanted: bool = True) -> ast.expr:
    """A Python condition that is true just when `expr` is not zero (or, unless `wanted`, when it is)."""
    line = expr.offset or emitter.line
    op = expr.op
    if op is NOT or op in _EQZ:
        inner = expr.args[0]
        if inner.type == "i32" or op is NOT:
            return condition(emitter, inner, not wanted)
        return _truth(emitter, inner, not wanted, line)
    if op is AND or op is OR:
        join = nodes.both if (op is AND) == wanted else nodes.either
        return join(condition(emitter, expr.args[0], wanted), condition(emitter, expr.args[1], wanted), line)
    if op in CONDITIONS:
        return CONDITIONS[op](emitter, expr, wanted, line)
    if op is _IS_NULL:
        return nodes.is_null(emitter.node(expr.args[0]), wanted, line)
    if op.family == "compare" and len(expr.args) == 2:
        return _comparison(emitter, expr, wanted, line)
    return _truth(emitter, expr, wanted, line)


def _truth(emitter: Emitter, expr: Expr, wanted: bool, line: int) -> ast.expr:
    """Whether an integer is not zero."""
    value = _zero_if_zero(emitter, expr, line)
    return value if wanted else nodes.not_(value, line)


def _zero_if_zero(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """An integer as it comes, but for one that may be a multiple of 2**N other than zero."""
    value = emitter.value(expr)
    bits = SIZES[expr.type]  # type: ignore[index]
    if value.low <= -1 << bits or value.high >> bits > 0:
        value = emitter.rested(expr, value)
    return value.node


@cache
def _parts(op: Op) -> tuple[str, str]:
    """The relation, and whether it is one of signed ("s") or unsigned ("u") numbers."""
    name, _, sign = op.mnemonic.partition(".")[2].partition("_")
    return name, sign


def _comparison(emitter: Emitter, expr: Expr, wanted: bool, line: int) -> ast.expr:
    name, sign = _parts(expr.op)
    left, right = expr.args
    if left.type not in FULL:
        compared = nodes.Compare(emitter.quiet(left), _RELATIONS[name][0], emitter.quiet(right), line)
        if wanted:
            return compared
        # With NaN neither a relation nor its opposite holds, but for = and ≠.
        if name in ("eq", "ne"):
            compared.ops = [_RELATIONS[name][1]]
            return compared
        return nodes.not_(compared, line)
    op = _RELATIONS[name][0 if wanted else 1]
    if emitter.in_words(left.type):
        return _words(emitter, sign, left, op, right, line)
    if sign == "s":
        return _signed(emitter, name, left, right, wanted, line)
    span = wrapped_span(emitter, name, left, right, wanted, line)
    if span is not None:
        return span
    if not sign and _holds_signed(left, right):
        return nodes.Compare(emitter.signed(left).node, op, emitter.signed(right).node, line)
    return nodes.Compare(emitter.canonical(left).node, op, emitter.canonical(right).node, line)


def _holds_signed(left: Expr, right: Expr) -> bool:
    """Whether one side is a variable that holds a signed number, and the other may as well be read as signed."""
    for one, other in ((left, right), (right, left)):
        if one.op is LOCAL_GET and one.imm.signed:
            return other.op in CONSTS or other.op in SIGNED or (other.op is LOCAL_GET and other.imm.signed)
    return False


def _words(emitter: Emitter, sign: str, left: Expr, op: ast.cmpop, right: Expr, line: int) -> ast.expr:
    """A comparison of words, which are in signed order; with their top bits flipped, they are in unsigned order."""
    a, b = emitter.value(left), emitter.value(right)
    if sign == "u" and min(a.low, b.low) < 0:
        a, b = _flipped_word(left, a, line), _flipped_word(right, b, line)
    return nodes.Compare(a.node, op, b.node, line)


def _flipped_word(expr: Expr, value: Value, line: int) -> Value:
    if is_known(value, expr):
        flipped = value.low ^ WORD[0]
        return Value(nodes.constant(flipped, line), flipped, flipped)
    return Value(nodes.BinOp(value.node, nodes.XOR, nodes.constant(WORD[0], line), line), *WORD)


def _signed(emitter: Emitter, name: str, left: Expr, right: Expr, wanted: bool, line: int) -> ast.expr:
    """Order of signed integers, by the cheapest test that tells."""
    bits = SIZES[left.type]  # type: ignore[index]
    top = (1 << (bits - 1)) - 1
    op = _RELATIONS[name][0 if wanted else 1]
    if emitter.bounds(left)[1] <= top and emitter.bounds(right)[1] <= top:
        return nodes.Compare(emitter.canonical(left).node, op, emitter.canonical(right).node, line)
    if left.op in CONSTS:
        left, right, name = right, left, _MIRRORED[name]
    if right.op in CONSTS:
        return _signed_constant(emitter, name, left, right.imm, bits, wanted, line)
    if right.op is LOCAL_GET and emitter.bounds(right)[1] <= top:
        return _beside_positive(emitter, name, left, right, wanted, line)
    if left.op is LOCAL_GET and emitter.bounds(left)[1] <= top:
        return _beside_positive(emitter, _MIRRORED[name], right, left, wanted, line)
    a, b = emitter.cheaply_signed(left), emitter.cheaply_signed(right)
    if a.fits_signed(bits) and b.fits_signed(bits):
        return nodes.Compare(a.node, op, b.node, line)
    return nodes.Compare(_flipped(emitter, left, a, line), op, _flipped(emitter, right, b, line), line)


def _beside_positive(emitter: Emitter, name: str, left: Expr, right: Expr, wanted: bool, line: int) -> ast.expr:
    """x against a variable that is not negative: unsigned, x is greater if it lies between that and the top."""
    bits = SIZES[left.type]  # type: ignore[index]
    value, known = emitter.cheaply_signed(left), emitter.canonical(right).node
    if value.fits_signed(bits):
        return nodes.Compare(value.node, _RELATIONS[name][0 if wanted else 1], known, line)
    rest, top = emitter.rested(left, value).node, nodes.constant((1 << (bits - 1)) - 1, line)
    if (name in ("gt", "ge")) != wanted and isinstance(rest, ast.Name):
        below = nodes.Compare(rest, nodes.LE if name in ("gt", "le") else nodes.LT, known, line)
        return nodes.either(below, nodes.Compare(nodes.Name(rest.id, line), nodes.GT, top, line), line)
    chain = nodes.Compare(known, nodes.LT if name in ("gt", "le") else nodes.LE, rest, line)
    chain.ops.append(nodes.LE)
    chain.comparators.append(top)
    return chain if (name in ("gt", "ge")) == wanted else nodes.not_(chain, line)


def _flipped(emitter: Emitter, expr: Expr, value: Value, line: int) -> ast.expr:
    """A value with its sign bit flipped, which orders signed integers as unsigned ones."""
    bits = SIZES[expr.type]  # type: ignore[index]
    sign = 1 << (bits - 1)
    if value.fits_signed(bits):
        return nodes.BinOp(value.node, nodes.ADD, nodes.constant(sign, line), line)
    return nodes.BinOp(emitter.rested(expr, value).node, nodes.XOR, nodes.constant(sign, line), line)


def _signed_constant(
    emitter: Emitter, name: str, left: Expr, constant: int, bits: int, wanted: bool, line: int
) -> ast.expr:
    """x against a constant: the unsigned x is in the lower half if it is not negative."""
    top = (1 << (bits - 1)) - 1
    value = emitter.cheaply_signed(left)
    if name in ("le", "gt") and constant != top:  # x ≤ c is x < c + 1, if there is a c + 1
        name, constant = {"le": "lt", "gt": "ge"}[name], (constant + 1) & MASKS[bits]
    if value.fits_signed(bits) or name in ("le", "gt") or constant > top:
        node = signed(value, bits, line).node
        signed_constant = constant - (1 << bits) if constant > top else constant
        op = _RELATIONS[name][0 if wanted else 1]
        return nodes.Compare(node, op, nodes.constant(signed_constant, line), line)
    rest = emitter.rested(left, value).node
    negative_wanted = (name == "lt") == wanted
    if constant == 0:
        return nodes.Compare(rest, nodes.GT if negative_wanted else nodes.LE, nodes.constant(top, line), line)
    if negative_wanted and isinstance(rest, ast.Name):  # x < c
        below = nodes.Compare(rest, nodes.LT, nodes.constant(constant, line), line)
        above = nodes.Compare(nodes.Name(rest.id, line), nodes.GT, nodes.constant(top, line), line)
        return nodes.either(below, above, line)
    return within(Value(rest, 0, MASKS[bits]), constant, top, not negative_wanted, line)


def _among(emitter: Emitter, expr: Expr, wanted: bool, line: int) -> ast.expr:
    """Whether it is one of a few: CPython makes the set a constant, PyPy's compiler unrolls a tuple."""
    elements = [nodes.constant(value, line) for value in expr.imm]
    those = nodes.set_(elements, line) if emitter.dialect == "cpython" else nodes.tuple_(elements, line)
    return nodes.Compare(emitter.canonical(expr.args[0]).node, nodes.IN if wanted else nodes.NOT_IN, those, line)


def _within(emitter: Emitter, expr: Expr, wanted: bool, line: int) -> ast.expr:
    low, high = expr.imm
    return within(emitter.canonical(expr.args[0]), low, high, wanted, line)


def _has_tag(emitter: Emitter, expr: Expr, wanted: bool, line: int) -> ast.expr:
    """Whether an exception has the tag: tags are told apart by identity."""
    tag = nodes.attribute(emitter.node(expr.args[0]), "tag", line)
    return nodes.Compare(tag, nodes.IS if wanted else nodes.IS_NOT, nodes.Name(tag_name(expr.imm), line), line)


CONDITIONS.update({IN: _among, WITHIN: _within, HAS_TAG: _has_tag})


def truth(emitter: Emitter, expr: Expr, line: int) -> Value:
    """A condition as 0 or 1."""
    node = condition(emitter, expr)
    return Value(node, 0, 1)


def _register() -> None:
    for op in (*OPS.values(), NOT, IN, WITHIN, HAS_TAG):
        if op.family == "compare":
            INTEGERS[op] = truth
    INTEGERS[_IS_NULL] = truth


_register()


@integer("eqz")
def _eqz(emitter: Emitter, expr: Expr, line: int) -> Value:
    """`x == 0`, which as a value is plainer than `not x`."""
    arg = expr.args[0]
    if arg.op.family == "compare" and len(arg.args) == 2 and arg.op not in (AND, OR):
        return Value(condition(emitter, expr), 0, 1)
    return Value(nodes.Compare(_zero_if_zero(emitter, arg, line), nodes.EQ, nodes.constant(0, line), line), 0, 1)


def _logical(emitter: Emitter, expr: Expr, line: int) -> Value:
    """`and` and `or` give one of their operands: as a value, the truth of it."""
    node = condition(emitter, expr)
    return Value(nodes.choice(node, nodes.constant(1, line), nodes.constant(0, line), line), 0, 1)


INTEGERS[AND] = INTEGERS[OR] = _logical


#: A longer table is printed as bytes.
_LONG_TABLE = 16


def _lookup(emitter: Emitter, expr: Expr, line: int) -> Value:
    table: ast.expr
    if len(expr.imm) > _LONG_TABLE and max(expr.imm) < 256:
        table = nodes.Constant(bytes(expr.imm), line)
    else:
        table = nodes.tuple_([nodes.constant(entry, line) for entry in expr.imm], line)
    return Value(nodes.Subscript(table, emitter.canonical(expr.args[0]).node, line), min(expr.imm), max(expr.imm))


INTEGERS[LOOKUP] = _lookup
