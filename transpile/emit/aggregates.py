"""Structures, arrays, and references to them: attributes, items, and instances of classes (`runtime/aggregates.py`).

An i64 is stored as a signed word in every dialect, a v128 as an integer, so that modules of all can share what they
make. An i31 is an integer with a sign, of 31 bits. Nothing checks for null: it has no attributes, and no operators.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from wasm2py.runtime.program import ClassInfo
from wasm2py.runtime.references import heap_of
from wasm2py.runtime.types import LARGEST_ARRAY, PACKED, ArrayType, FieldType, FuncType
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.compare import CONDITIONS, truth
from wasm2py.transpile.emit.emitter import INTEGERS, NODES, SIGNED, Emitter, node
from wasm2py.transpile.emit.integers import sign_extended
from wasm2py.transpile.emit.values import MASKS, WORD, Value
from wasm2py.transpile.ir.expr import ELEMENT_SET, FIELD_SET, FIXED_FIELDS, Expr
from wasm2py.transpile.ir.intervals import FULL
from wasm2py.transpile.opcodes import OPS, Op

_NULL = OPS["ref.null"]


def _class(emitter: Emitter, index: int, line: int) -> ast.expr:
    return nodes.Name(_info(emitter, index).identifier, line)


def _info(emitter: Emitter, index: int) -> ClassInfo:
    info = emitter.program.classes[index]
    assert info is not None
    return info


def _fields(emitter: Emitter, index: int) -> tuple[FieldType, ...]:
    """The fields of a structure; for an array, what its elements are."""
    type_ = emitter.program.types[index]
    assert not isinstance(type_, FuncType)
    return (type_.element,) if isinstance(type_, ArrayType) else type_.fields


def _stored(emitter: Emitter, field: FieldType, expr: Expr) -> ast.expr:
    """What is stored of a value."""
    line = expr.offset or emitter.line
    if field.storage == "i64":
        return emitter.signed(expr).node
    if field.storage == "v128" and emitter.dialect == "portable":
        return nodes.call("v128_to_int", [emitter.node(expr)], line)
    if field.storage not in PACKED:
        return emitter.node(expr)
    value, bits = emitter.value(expr), PACKED[field.storage]
    if value.fits(bits):
        return value.node
    return nodes.BinOp(value.node, nodes.AND, nodes.constant((1 << bits) - 1, line), line)


def _default(field: FieldType, line: int) -> ast.expr:
    zero = {"i32": 0, "i64": 0, "f32": 0.0, "f64": 0.0, "v128": 0}.get(field.valtype)
    return nodes.constant(zero, line)


def _taken(field: FieldType, op: Op, stored: ast.expr, line: int) -> Value:
    """An integer out of what is stored."""
    if field.storage in PACKED:
        bits = PACKED[field.storage]
        value = Value(stored, 0, (1 << bits) - 1)
        return sign_extended(value, bits, line) if op.mnemonic.endswith("_s") else value
    return Value(stored, *(WORD if field.storage == "i64" else FULL["i32"]))


# Structures


@node("struct.new")
def _struct_new(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    fields = _fields(emitter, expr.imm)
    args = [_stored(emitter, field, arg) for field, arg in zip(fields, expr.args, strict=True)]
    return nodes.Call(_class(emitter, expr.imm, line), args, line)


@node("struct.new_default")
def _struct_new_default(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    args = [_default(field, line) for field in _fields(emitter, expr.imm)]
    return nodes.Call(_class(emitter, expr.imm, line), args, line)


def _held(emitter: Emitter, expr: Expr, stored: ast.expr, line: int) -> ast.expr:
    """What is no integer, out of what is stored."""
    if expr.type == "v128" and emitter.dialect == "portable":
        return nodes.call("v128_from_int", [stored], line)
    return stored


def _attribute(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return _held(emitter, expr, _field(emitter, expr, line), line)


def _field(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.attribute(emitter.node(expr.args[0]), f"f{expr.imm[1]}", line)


def _field_value(emitter: Emitter, expr: Expr, line: int) -> Value:
    index, place = expr.imm
    return _taken(_fields(emitter, index)[place], expr.op, _field(emitter, expr, line), line)


def field_set(emitter: Emitter, expr: Expr, line: int) -> ast.stmt:
    """`target.f0 = value`."""
    index, place = expr.imm
    value, target = expr.args
    stored = _stored(emitter, _fields(emitter, index)[place], value)
    return nodes.Assign(nodes.attribute_target(emitter.node(target), f"f{place}", line), stored, line)


# Arrays


def _items(emitter: Emitter, array: Expr, line: int) -> ast.expr:
    return nodes.attribute(emitter.node(array), "items", line)


def _item(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    array, index = expr.args
    stored = nodes.Subscript(_items(emitter, array, line), emitter.node(index), line)
    return _held(emitter, expr, stored, line)


def _item_value(emitter: Emitter, expr: Expr, line: int) -> Value:
    [element] = _fields(emitter, expr.imm)
    return _taken(element, expr.op, _item(emitter, expr, line), line)


def item_set(emitter: Emitter, expr: Expr, line: int) -> ast.stmt:
    """`array.items[index] = value`."""
    value, array, index = expr.args
    [element] = _fields(emitter, expr.imm)
    stored = _stored(emitter, element, value)
    place = nodes.Subscript(_items(emitter, array, line), emitter.node(index), line, nodes.STORE)
    return nodes.Assign(place, stored, line)


def _array_len(emitter: Emitter, expr: Expr, line: int) -> Value:
    return Value(nodes.call("len", [_items(emitter, expr.args[0], line)], line), 0, LARGEST_ARRAY)


@node("array.new")
def _array_new(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    value, count = expr.args
    [element] = _fields(emitter, expr.imm)
    return _made("array_new", emitter, expr.imm, [_stored(emitter, element, value), emitter.node(count)], line)


@node("array.new_default")
def _array_new_default(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    [element] = _fields(emitter, expr.imm)
    return _made("array_new", emitter, expr.imm, [_default(element, line), emitter.node(expr.args[0])], line)


def _made(helper: str, emitter: Emitter, index: int, args: list[ast.expr], line: int) -> ast.expr:
    return nodes.call(helper, [_class(emitter, index, line), *args], line)


@node("array.new_fixed")
def _array_new_fixed(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    index = expr.imm[0]
    [element] = _fields(emitter, index)
    if element.storage in PACKED:
        values = nodes.tuple_([emitter.value(arg).node for arg in expr.args], line)
        return _made("array_packed", emitter, index, [values], line)
    items = nodes.list_([_stored(emitter, element, arg) for arg in expr.args], line)
    return nodes.Call(_class(emitter, index, line), [items], line)


def _segment(segments: str, index: int, line: int) -> ast.expr:
    return nodes.item(segments, nodes.constant(index, line), line)


def _from_segment(mnemonic: str, segments: str) -> None:
    """`array.new_data` and `array.new_elem`."""

    def handler(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
        index, segment = expr.imm
        args = [_segment(segments, segment, line), *emitter.nodes(expr.args)]
        return _made(mnemonic.replace(".", "_"), emitter, index, args, line)

    NODES[OPS[mnemonic]] = handler


def _init_from_segment(mnemonic: str, segments: str) -> None:
    """`array.init_data` and `array.init_elem`."""

    def handler(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
        args = [*emitter.nodes(expr.args), _segment(segments, expr.imm[1], line)]
        return nodes.call(mnemonic.replace(".", "_"), args, line)

    NODES[OPS[mnemonic]] = handler


for _kind, _segments in (("data", "data_segments"), ("elem", "elem_segments")):
    _from_segment(f"array.new_{_kind}", _segments)
    _init_from_segment(f"array.init_{_kind}", _segments)


@node("array.fill")
def _array_fill(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    array, start, value, count = expr.args
    [element] = _fields(emitter, expr.imm)
    args = [emitter.node(array), emitter.node(start), _stored(emitter, element, value), emitter.node(count)]
    return nodes.call("array_fill", args, line)


@node("array.copy")
def _array_copy(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.call("array_copy", emitter.nodes(expr.args), line)


# i31


@node("ref.i31")
def _ref_i31(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """A number that is one of Python's integers, and no bool."""
    value = emitter.cheaply_signed(expr.args[0])
    sign = 1 << 30
    if -sign <= value.low and value.high < sign:
        plain = isinstance(value.node, ast.Constant) or (isinstance(value.node, ast.BinOp) and value.high > 1)
        return value.node if plain else nodes.positive(value.node, line)
    moved = nodes.BinOp(value.node, nodes.ADD, nodes.constant(sign, line), line)
    masked = nodes.BinOp(moved, nodes.AND, nodes.constant(2 * sign - 1, line), line)
    return nodes.BinOp(masked, nodes.SUB, nodes.constant(sign, line), line)


def _i31_get(emitter: Emitter, expr: Expr, line: int) -> Value:
    mask = MASKS[32] if expr.op is OPS["i31.get_s"] else MASKS[32] >> 1
    masked = nodes.BinOp(emitter.node(expr.args[0]), nodes.AND, nodes.constant(mask, line), line)
    return Value(masked, 0, mask)


def _i31_get_signed(emitter: Emitter, expr: Expr, line: int) -> Value:
    return Value(nodes.positive(emitter.node(expr.args[0]), line), -1 << 30, (1 << 30) - 1)


# Tests and casts

#: A condition that something is not null and of a heap type, or is not: of its node, whether it is wanted, and a line.
_Test = Callable[[ast.expr, bool, int], ast.expr]


def _wanted(test: ast.expr, wanted: bool, line: int) -> ast.expr:
    return test if wanted else nodes.not_(test, line)


def _is(left: ast.expr, right: ast.expr, wanted: bool, line: int) -> ast.expr:
    return nodes.Compare(left, nodes.IS if wanted else nodes.IS_NOT, right, line)


def _not_null(value: ast.expr, wanted: bool, line: int) -> ast.expr:
    return nodes.is_null(value, not wanted, line)


def _nothing(value: ast.expr, wanted: bool, line: int) -> ast.expr:
    """Of a heap type that has no values; whatever gives the reference is evaluated all the same."""
    return _wanted(nodes.call("isinstance", [value, nodes.tuple_([], line)], line), wanted, line)


def _is_i31(value: ast.expr, wanted: bool, line: int) -> ast.expr:
    return _is(nodes.call("type", [value], line), nodes.Name("int", line), wanted, line)


def _is_comparable(value: ast.expr, wanted: bool, line: int) -> ast.expr:
    return _wanted(nodes.call("is_comparable", [value], line), wanted, line)


def _is_instance(cls: str) -> _Test:
    def test(value: ast.expr, wanted: bool, line: int) -> ast.expr:
        return _wanted(nodes.call("isinstance", [value, nodes.Name(cls, line)], line), wanted, line)

    return test


def _is_exactly(cls: str) -> _Test:
    def test(value: ast.expr, wanted: bool, line: int) -> ast.expr:
        return _is(nodes.call("type", [value], line), nodes.Name(cls, line), wanted, line)

    return test


def _is_function_of(index: int) -> _Test:
    def test(value: ast.expr, wanted: bool, line: int) -> ast.expr:
        type_ = nodes.item("types", nodes.constant(index, line), line)
        return _wanted(nodes.call("is_function_of", [value, type_], line), wanted, line)

    return test


_TESTS: dict[str, _Test] = {
    **dict.fromkeys(("any", "func", "extern", "exn"), _not_null),
    **dict.fromkeys(("none", "nofunc", "noextern", "noexn"), _nothing),
    "i31": _is_i31,
    "eq": _is_comparable,
    "struct": _is_instance("Struct"),
    "array": _is_instance("Array"),
}


def _test_of(emitter: Emitter, heap: str) -> _Test:
    if not heap.isdigit():
        return _TESTS[heap]
    if isinstance(emitter.program.types[int(heap)], FuncType):
        return _is_function_of(int(heap))
    info = _info(emitter, int(heap))
    return (_is_exactly if info.final else _is_instance)(info.identifier)


def _tested(emitter: Emitter, expr: Expr, wanted: bool, line: int) -> ast.expr:
    """`ref.test`."""
    return _test(emitter, expr, emitter.node(expr.args[0]), wanted, line)


def _test(emitter: Emitter, expr: Expr, value: ast.expr, wanted: bool, line: int) -> ast.expr:
    """The condition that a value passes a test or cast."""
    test = _test_of(emitter, heap_of(expr.imm))
    if not expr.op.mnemonic.endswith("_null"):
        return test(value, wanted, line)
    if test is _nothing:
        return nodes.is_null(value, wanted, line)
    first, again = emitter.twice(value, line)
    join = nodes.either if wanted else nodes.both
    return join(nodes.is_null(first, wanted, line), test(again, wanted, line), line)


def _cast(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """`value if … else cast_failure()`."""
    first, again = emitter.twice(emitter.node(expr.args[0]), line)
    test = _test(emitter, expr, first, True, line)
    return nodes.choice(test, again, nodes.call("cast_failure", [], line), line)


def _equal(emitter: Emitter, expr: Expr, wanted: bool, line: int) -> ast.expr:
    """i31s are equal as numbers are, all else where it is the same."""
    left, right = expr.args
    if left.op is _NULL:
        left, right = right, left
    if right.op is _NULL:
        return nodes.is_null(emitter.node(left), wanted, line)
    relation = nodes.EQ if wanted else nodes.NE
    return nodes.Compare(emitter.node(left), relation, emitter.node(right), line)


@node("any.convert_extern")
def _extern_to_any(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.call("extern_to_any", emitter.nodes(expr.args), line)


@node("extern.convert_any")
def _any_to_extern(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return nodes.call("any_to_extern", emitter.nodes(expr.args), line)


def _register() -> None:
    for op in (*FIXED_FIELDS, *FIXED_FIELDS.values()):
        INTEGERS[op], NODES[op] = _field_value, _attribute
    for name in ("array.get", "array.get_s", "array.get_u"):
        INTEGERS[OPS[name]], NODES[OPS[name]] = _item_value, _item
    INTEGERS[OPS["array.len"]] = _array_len
    INTEGERS[OPS["i31.get_s"]] = INTEGERS[OPS["i31.get_u"]] = _i31_get
    SIGNED[OPS["i31.get_s"]] = _i31_get_signed
    CONDITIONS.update({OPS["ref.test"]: _tested, OPS["ref.test_null"]: _tested, OPS["ref.eq"]: _equal})
    INTEGERS.update(dict.fromkeys((OPS["ref.test"], OPS["ref.test_null"], OPS["ref.eq"]), truth))
    NODES[OPS["ref.cast"]] = NODES[OPS["ref.cast_null"]] = _cast


_register()
#: What Python says with a statement.
STATEMENTS = {FIELD_SET: field_set, ELEMENT_SET: item_set}
