"""Steps of bodies with structures, arrays and i31s (spec: Validation / Instructions / Aggregate Instructions)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from wasm2py.runtime.references import heap_of, is_nullable, reference
from wasm2py.runtime.types import FieldType, ValType

if TYPE_CHECKING:
    from property.bodies import Body
    from property.operands import Operands

#: Deeper than this, references are made in the shortest way.
_DEEP = 3


def _i31(body: Operands, depth: int) -> None:
    body.push("i32", depth + 1)
    body.take(1)
    body.emit("ref.i31")
    body.put(reference("i31", nullable=False))


def _ref(index: int, nullable: bool = False) -> ValType:
    return reference(str(index), nullable)


# Pushing a reference

_Way: TypeAlias = "Callable[[Operands, ValType, int], None]"


def push_object(body: Operands, valtype: ValType, depth: int) -> None:
    """Push a reference of a type: null, a variable's, one that is made for it, or one that is taken from elsewhere."""
    ways: list[_Way] = [_null] if is_nullable(valtype) else []
    if heap_of(valtype) == "none":  # there is no value but null: the function ends here where that is none
        ways = ways or [_asserted]
    elif depth > _DEEP:
        ways = ways or [_made]
    else:
        ways += [_made, _made, _made, _made, _cast, _asserted, _branched, _field, _element]
    if body.variables(valtype):
        ways += [_variable] * 6
    body.choices.pick(ways)(body, valtype, depth)


def _null(body: Operands, valtype: ValType, depth: int) -> None:
    body.emit("ref.null", body.choices.pick((valtype, "nullref")))
    body.put(valtype)


def _variable(body: Operands, valtype: ValType, depth: int) -> None:
    variable = body.choices.pick(body.variables(valtype))
    body.emit(*variable)
    body.put(valtype)


def _cast(body: Operands, valtype: ValType, depth: int) -> None:
    """What is cast to a type, and mostly is of it."""
    if body.choices.one_in(3):
        body.push("anyref", depth + 1)
    else:
        body.push(reference(heap_of(valtype), nullable=True), depth + 1)
    body.take(1)
    body.emit("ref.cast_null" if is_nullable(valtype) else "ref.cast", valtype)
    body.put(valtype)


def _asserted(body: Operands, valtype: ValType, depth: int) -> None:
    body.push(reference(heap_of(valtype), nullable=True), depth + 1)
    body.take(1)
    body.emit("ref.as_non_null")
    body.put(valtype)


def _branched(body: Operands, valtype: ValType, depth: int) -> None:
    """A block that is left with what is of the type, or else gives something made for it."""
    body.emit("block", valtype)
    body.enter((valtype,), (valtype,))
    body.push("anyref", depth + 1)
    body.emit("br_on_cast", (0, "anyref", valtype))
    body.take(1)
    body.emit("drop")
    body.push(valtype, depth + 1)
    body.close()


def _field(body: Operands, valtype: ValType, depth: int) -> None:
    """A structure's field of the type."""
    found = [
        (index, place)
        for index in body.scope.structs
        for place, field in enumerate(body.scope.fields(index))
        if body.scope.matches(field.valtype, valtype)
    ]
    if not found:
        _made(body, valtype, depth)
        return
    index, place = body.choices.pick(found)
    body.push(_ref(index, body.choices.one_in(4)), depth + 1)
    body.take(1)
    body.emit("struct.get", (index, place))
    body.put(valtype)


def _element(body: Operands, valtype: ValType, depth: int) -> None:
    """An array's element of the type."""
    found = [i for i in body.scope.arrays if body.scope.matches(body.scope.fields(i)[0].valtype, valtype)]
    if not found:
        _made(body, valtype, depth)
        return
    index = body.choices.pick(found)
    body.push(_ref(index, body.choices.one_in(4)), depth + 1)
    _place(body, 3)
    body.take(2)
    body.emit("array.get", index)
    body.put(valtype)


def _made(body: Operands, valtype: ValType, depth: int) -> None:
    """Something new of the type."""
    heap = heap_of(valtype)
    kinds = body.scope.below(heap)
    if heap == "any" and is_nullable(valtype) and depth < _DEEP and body.choices.one_in(6):
        body.push("externref", depth + 1)
        body.take(1)
        body.emit("any.convert_extern")
    elif heap == "i31" or (heap in ("any", "eq") and body.choices.one_in(3)):
        _i31(body, depth)
        body.take(1)
    else:
        _new(body, kinds[0] if depth >= _DEEP else body.choices.pick(kinds), depth)
        body.take(1)
    body.put(valtype)


def _new(body: Operands, index: int, depth: int) -> None:
    """A new structure or array."""
    fields = body.scope.fields(index)
    has_default = all(is_defaultable(field) for field in fields)
    if index in body.scope.arrays:
        _new_array(body, index, fields[0], depth)
    elif has_default and (depth >= _DEEP or body.choices.one_in(4)):
        body.emit("struct.new_default", index)
    else:
        for field in fields:
            body.push(field.valtype, depth + 1)
        body.settle(len(fields))
        body.take(len(fields))
        body.emit("struct.new", index)
    body.put(_ref(index))


def is_defaultable(field: FieldType) -> bool:
    valtype = field.valtype
    return valtype[0] != "(" or is_nullable(valtype)


def _new_array(body: Operands, index: int, element: FieldType, depth: int) -> None:
    kind = body.choices.below(6)
    segments = _elem_segments(body, element)
    if kind == 1 and is_defaultable(element):
        _count(body)
        body.take(1)
        body.emit("array.new_default", index)
    elif kind in (2, 3):
        body.push(element.valtype, depth + 1)
        body.settle(1)
        _count(body)
        body.take(2)
        body.emit("array.new", index)
    elif kind == 4 and depth < _DEEP and (segments or is_numeric(element)):
        _place(body, 3)
        _place(body, 3)
        body.take(2)
        mnemonic, segment = _segment(body, segments)
        body.emit(f"array.new_{mnemonic}", (index, segment))
    else:
        count = 1 if depth >= _DEEP else body.choices.below(4)
        for _ in range(count):
            body.push(element.valtype, depth + 1)
        body.settle(count)
        body.take(count)
        body.emit("array.new_fixed", (index, count))


def is_numeric(element: FieldType) -> bool:
    return element.valtype in ("i32", "i64", "f32", "f64", "v128")


def _elem_segments(body: Operands, element: FieldType) -> list[int]:
    """The element segments that an array can be initialised with."""
    return [i for i, given in enumerate(body.scope.elem_types) if body.scope.matches(given, element.valtype)]


def _segment(body: Operands, elems: list[int]) -> tuple[str, int]:
    if elems:
        return "elem", body.choices.pick(elems)
    return "data", body.choices.below(body.scope.datas)


def _count(body: Operands) -> None:
    """The number of elements of a new array: seldom too large for any."""
    if body.choices.one_in(4):
        body.push("i32")
        body.mask(15)
    else:
        body.emit("i32.const", 0xFFFFFFFF if body.choices.one_in(30) else body.choices.below(8))
        body.put("i32")


def _place(body: Operands, most: int) -> None:
    """Where in an array, or how much of it."""
    if body.choices.one_in(3):
        body.push("i32")
        body.mask(most)
    else:
        body.emit("i32.const", body.choices.below(most + 1))
        body.put("i32")


# Steps


def _favoured(indices: list[int]) -> list[int]:
    """Types of one kind, the first more often than the others, so that variables of it are used again."""
    return [*indices[:1] * 3, *indices]


def _touch(body: Body) -> None:
    """An access to what a local refers to: several of them may meet in one field or element."""
    found = [(local, int(heap_of(body.locals[local]))) for local in sorted(body.readable) if _is_aggregate(body, local)]
    if not found:
        _struct_get(body)
        return
    local, index = body.choices.pick(found)
    fields, is_set = body.scope.fields(index), body.choices.one_in(2)
    places = [place for place, field in enumerate(fields) if field.mutable or not is_set]
    if not places:
        body.emit("nop")
        return
    place = places[0] if body.choices.one_in(2) else body.choices.pick(places)
    body.emit("local.get", local)
    body.put(body.locals[local])
    _access(body, index, place, is_set)


def _is_aggregate(body: Body, local: int) -> bool:
    valtype = body.locals[local]
    return local < body.named_count and body.scope.is_object(valtype) and heap_of(valtype).isdigit()


def _access(body: Body, index: int, place: int, is_set: bool) -> None:
    """Get or set a field, or an early element, of the reference on the stack."""
    field = body.scope.fields(index)[place]
    kind, immediate = ("array", index) if index in body.scope.arrays else ("struct", (index, place))
    operands = 1
    if kind == "array":
        body.emit("i32.const", body.choices.below(2))
        body.put("i32")
        operands = 2
    if is_set:
        body.push(field.valtype)
        body.settle(1)
        body.take(operands + 1)
        body.emit(f"{kind}.set", immediate)
    else:
        body.take(operands)
        body.emit(_accessor(body, f"{kind}.get", field), immediate)
        body.put(field.valtype)


def _accessor(body: Body, name: str, field: FieldType) -> str:
    """How to get what a field is, which of what is packed there are two ways to."""
    return name if field.storage == field.valtype else name + body.choices.pick(("_s", "_u"))


def _struct_get(body: Body) -> None:
    index = body.choices.pick(_favoured(body.scope.structs))
    place = body.choices.below(len(body.scope.fields(index)))
    body.want(_ref(index, body.choices.one_in(2)))
    body.take(1)
    field = body.scope.fields(index)[place]
    body.emit(_accessor(body, "struct.get", field), (index, place))
    body.put(field.valtype)


def _struct_set(body: Body) -> None:
    places = [
        (index, place, field.valtype)
        for index in _favoured(body.scope.structs)
        for place, field in enumerate(body.scope.fields(index))
        if field.mutable
    ]
    index, place, valtype = body.choices.pick(places)
    body.want(_ref(index, body.choices.one_in(2)))
    body.push(valtype)
    body.settle(1)
    body.take(2)
    body.emit("struct.set", (index, place))


def _array_get(body: Body) -> None:
    index = body.choices.pick(_favoured(body.scope.arrays))
    body.want(_ref(index, body.choices.one_in(2)))
    _place(body, 3)
    body.take(2)
    [field] = body.scope.fields(index)
    body.emit(_accessor(body, "array.get", field), index)
    body.put(field.valtype)


def _mutable_array(body: Body) -> tuple[int, FieldType]:
    """Any array whose elements can be changed, with a reference to one pushed."""
    index = body.choices.pick([i for i in _favoured(body.scope.arrays) if body.scope.fields(i)[0].mutable])
    body.push(_ref(index, body.choices.one_in(2)))
    return index, body.scope.fields(index)[0]


def _array_set(body: Body) -> None:
    index, field = _mutable_array(body)
    _place(body, 3)
    body.push(field.valtype)
    body.settle(1)
    body.take(3)
    body.emit("array.set", index)


def _array_len(body: Body) -> None:
    body.want("arrayref")
    body.take(1)
    body.emit("array.len")
    body.put("i32")


def _array_fill(body: Body) -> None:
    index, field = _mutable_array(body)
    _place(body, 3)
    body.push(field.valtype)
    body.settle(1)
    _place(body, 3)
    body.take(4)
    body.emit("array.fill", index)


def _array_copy(body: Body) -> None:
    to, field = _mutable_array(body)
    _place(body, 3)
    sources = [i for i in body.scope.arrays if _copies(body, body.scope.fields(i)[0], field)]
    from_ = body.choices.pick(sources)
    # what is out of bounds in one array and null for the other is a trap of either kind
    body.push(_ref(from_))
    _place(body, 3)
    _place(body, 3)
    body.take(5)
    body.emit("array.copy", (to, from_))


def _copies(body: Body, given: FieldType, wanted: FieldType) -> bool:
    if given.storage != given.valtype or wanted.storage != wanted.valtype:
        return given.storage == wanted.storage
    return body.scope.matches(given.valtype, wanted.valtype)


def _array_init(body: Body) -> None:
    index, field = _mutable_array(body)
    segments = _elem_segments(body, field)
    if not segments and not is_numeric(field):
        body.emit("drop")
        body.take(1)
        return
    for _ in range(3):
        _place(body, 3)
    body.take(4)
    mnemonic, segment = _segment(body, segments)
    body.emit(f"array.init_{mnemonic}", (index, segment))


def _i31_get(body: Body) -> None:
    body.want("i31ref")
    body.take(1)
    body.emit(body.choices.pick(("i31.get_s", "i31.get_u")))
    body.put("i32")


def _ref_eq(body: Body) -> None:
    body.want("eqref", "eqref")
    body.take(2)
    body.emit("ref.eq")
    body.put("i32")


def _targets(body: Body) -> tuple[ValType, ...]:
    """Types to test for, in one of the hierarchies, after the most general of it."""
    if body.choices.one_in(4):
        return ("funcref", *body.scope.typed)
    return ("anyref", *body.scope.objects, "nullref")


def _ref_test(body: Body) -> None:
    targets = _targets(body)
    body.want(targets[0])
    body.take(1)
    body.emit(body.choices.pick(("ref.test", "ref.test_null")), body.choices.pick(targets))
    body.put("i32")


def _ref_cast(body: Body) -> None:
    targets = _targets(body)
    heap, nullable = heap_of(body.choices.pick(targets)), body.choices.one_in(2)
    target = reference(heap, nullable)
    body.want(targets[0] if body.choices.one_in(3) else reference(heap, nullable=True))
    body.take(1)
    body.emit("ref.cast_null" if nullable else "ref.cast", target)
    body.put(target)


def _as_non_null(body: Body) -> None:
    valtype = body.choices.pick(body.scope.objects)
    body.want(valtype)
    body.take(1)
    body.emit("ref.as_non_null")
    body.put(reference(heap_of(valtype), nullable=False))


def _br_on_cast(body: Body) -> None:
    """A branch to a label that takes a reference last, with what passes the test, or with what does not."""
    labels = [i for i in range(len(body.frames)) if _takes_object(body, body.frames[-1 - i].label)]
    if not labels:
        _ref_test(body)
        return
    label = body.choices.pick(labels)
    *others, last = body.frames[-1 - label].label
    body.want(*others)
    body.settle(len(others))
    if body.choices.one_in(2):
        given, target = "anyref", last
        mnemonic, passing = "br_on_cast", _difference(given, target)
    else:
        given = last
        below = [t for t in body.scope.objects if body.scope.matches(t, given)] or [given]
        target = body.choices.pick(below)
        mnemonic, passing = "br_on_cast_fail", target
    body.push(given)
    body.take(1)
    body.emit(mnemonic, (body.depth(label), given, target))
    body.take(len(others))
    body.put(*others, passing)
    body.sink()


def _takes_object(body: Body, types: tuple[ValType, ...]) -> bool:
    return bool(types) and body.scope.is_object(types[-1])


def _difference(given: ValType, target: ValType) -> ValType:
    """What is of one type, but not of the other."""
    return reference(heap_of(given), nullable=False) if is_nullable(target) else given


def _to_any(body: Body) -> None:
    body.want("externref")
    body.take(1)
    body.emit("any.convert_extern")
    body.put("anyref")


def _to_extern(body: Body) -> None:
    body.want("anyref")
    body.take(1)
    body.emit("extern.convert_any")
    body.put("externref")


OBJECT_STEPS: tuple[Callable[[Body], None], ...] = (
    *(_touch,) * 16, *(_struct_get,) * 4, *(_struct_set,) * 4, *(_array_get,) * 3, *(_array_set,) * 3, _array_len,
    _array_fill, *(_array_copy,) * 2, *(_array_init,) * 2, *(_i31_get,) * 2, *(_ref_eq,) * 2, *(_ref_test,) * 3,
    *(_ref_cast,) * 2, _as_non_null, *(_br_on_cast,) * 3, _to_any, _to_extern,
)  # fmt: skip
