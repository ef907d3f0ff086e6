"""The types of structures and arrays of a generated module, and the function that looks into what is of them.

Types are defined in groups, and refer to those of their group and of earlier ones; where null is no value, to earlier
types only, so that there is a first value of each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from property.choices import Choices
from property.encoder import END, ModuleBuilder, code
from property.scope import REFERENCES, Scope
from wasm2py.runtime.references import heap_of, reference
from wasm2py.runtime.types import ArrayType, CompositeType, FieldType, FuncType, StorageType, StructType, ValType
from wasm2py.transpile.module import SubType

_PACKED: tuple[StorageType, ...] = ("i8", "i16")
_ABSTRACT: tuple[ValType, ...] = ("anyref", "eqref", "i31ref", "structref", "arrayref")
#: A type, and what it is declared as.
_Defined: TypeAlias = tuple[CompositeType, SubType]
#: How deep structures and arrays are looked into.
_DEPTH = 3


def define_types(builder: ModuleBuilder, scope: Scope, choices: Choices) -> None:
    """Define some types: at least a structure and an array that can be changed, which are the first two."""
    count = 2 + choices.below(6)
    known: list[_Defined] = []
    while len(known) < count:
        first = len(known)
        end = min(first + 1 + choices.below(3), count)
        while len(known) < end:
            known.append(_type(choices, scope, known, end))
        builder.define_group(known[first:])
    for index, type_ in enumerate(builder.types):
        if isinstance(type_, StructType):
            scope.structs.append(index)
        elif isinstance(type_, ArrayType):
            scope.arrays.append(index)
    concrete = [reference(str(index), choices.one_in(2)) for index in (*scope.structs, *scope.arrays)]
    scope.objects = (*concrete, *_ABSTRACT, reference("i31", False), reference("eq", False))


def _type(choices: Choices, scope: Scope, known: list[_Defined], end: int) -> _Defined:
    """A type, perhaps a subtype of one of those before it; its group ends at a typeidx."""
    open_types = [i for i, (_, declared) in enumerate(known) if not declared.final]
    if len(known) > 1 and open_types and choices.one_in(2):
        above = choices.pick(open_types)
        return _subtype(choices, scope, known, above, end), SubType(choices.one_in(3), (above,))
    declared = SubType(choices.one_in(4))
    kind = len(known) if len(known) < 2 else choices.below(6)
    if kind == 1:
        return ArrayType(FieldType(_storage(choices, scope, known, end), mutable=True)), declared
    if kind == 2:
        return ArrayType(_field(choices, scope, known, end)), declared
    if kind == 3:
        return _function_type(choices, scope, len(known), end), declared
    fields = [_field(choices, scope, known, end) for _ in range(1 + choices.below(4))]
    return StructType((replace(fields[0], mutable=True), *fields[1:])), declared


def _subtype(choices: Choices, scope: Scope, known: list[_Defined], above: int, end: int) -> CompositeType:
    """A type that is made of what the one above it is made of, and, if of structures, of more."""
    type_ = known[above][0]
    if isinstance(type_, FuncType):
        return replace(type_, name=f"type {len(known)}")
    if isinstance(type_, ArrayType):
        return type_
    return StructType((*type_.fields, *(_field(choices, scope, known, end) for _ in range(choices.below(3)))))


def _function_type(choices: Choices, scope: Scope, index: int, end: int) -> FuncType:
    kinds = (*scope.values, "anyref", *(reference(str(i), nullable=True) for i in range(end)))
    params = tuple(choices.pick(kinds) for _ in range(choices.below(3)))
    return FuncType(params, tuple(choices.pick(kinds) for _ in range(choices.below(3))), f"type {index}")


def _field(choices: Choices, scope: Scope, known: list[_Defined], end: int) -> FieldType:
    return FieldType(_storage(choices, scope, known, end), mutable=not choices.one_in(3))


def _storage(choices: Choices, scope: Scope, known: list[_Defined], end: int) -> StorageType:
    kind = choices.below(8)
    if kind < 3:
        return choices.pick(scope.values)
    if kind == 3:
        return choices.pick(_PACKED)
    if kind == 4:
        return choices.pick((*_ABSTRACT, *REFERENCES))
    if kind == 5 and known:
        index = choices.below(len(known))
        return reference(str(index), nullable=isinstance(known[index][0], FuncType))
    return reference(str(choices.below(end)), nullable=True)


def define_look(builder: ModuleBuilder, scope: Scope) -> None:
    """Define the function that makes a number of an `anyref`, and of what it refers to, so many references deep."""
    scope.look = builder.declare(builder.type_index(("anyref", "i32"), ("i32",)))
    locals_: list[ValType] = []
    body = code(("local.get", 0), "ref.is_null", ("if", None), ("i32.const", 7), "return", "end")
    body += code(("local.get", 1), "i32.eqz", ("if", None), ("i32.const", 9), "return", "end")
    for index in sorted((*scope.structs, *scope.arrays), reverse=True):
        local = 2 + len(locals_)
        locals_.append(reference(str(index), nullable=True))
        body += _of_type(scope, index, local)
    body += code(("local.get", 0), ("ref.test", "i31ref"), ("if", None))
    body += code(("local.get", 0), ("ref.cast", reference("i31", False)), "i31.get_s", "return", "end")
    builder.define(scope.look, body + code(("i32.const", 11)), locals_)


def _of_type(scope: Scope, index: int, local: int) -> bytes:
    """Return the number of what is of one type."""
    target = reference(str(index), nullable=False)
    body = code(("block", "anyref"), ("local.get", 0), ("br_on_cast_fail", (0, "anyref", target)))
    body += code(("local.set", local), ("i32.const", index))
    if index in scope.arrays:
        [element] = scope.fields(index)
        length = code(("local.get", local), "array.len")
        body += length + code("i32.add") + length + code(("if", scope.builder.type_index(("i32",), ("i32",))))
        for place in (code(("i32.const", 0)), length + code(("i32.const", 1), "i32.sub")):
            get = code(("local.get", local)) + place + code((_getter("array", element), index))
            body += _mixed(scope, get, element.valtype)
        body += END
    else:
        for place, field in enumerate(scope.fields(index)):
            get = code(("local.get", local), (_getter("struct", field), (index, place)))
            body += _mixed(scope, get, field.valtype)
    return body + code("return", "end", "drop")


def _getter(kind: str, field: FieldType) -> str:
    return f"{kind}.get" if field.storage == field.valtype else f"{kind}.get_s"


def _mixed(scope: Scope, get: bytes, valtype: ValType) -> bytes:
    """Mix a value into the number on the stack."""
    return code(("i32.const", 31), "i32.mul") + get + _number(scope, valtype) + code("i32.add")


_NUMBERS: dict[str, bytes] = {
    "i32": b"",
    "i64": code("i32.wrap_i64"),
    "f32": code("i32.reinterpret_f32"),
    "f64": code("i64.reinterpret_f64", ("i64.const", 32), "i64.shr_u", "i32.wrap_i64"),
    "v128": code(("i32x4.extract_lane", 2)),
}


def _number(scope: Scope, valtype: ValType) -> bytes:
    if scope.is_object(valtype):
        return code(("local.get", 1), ("i32.const", 1), "i32.sub", ("call", scope.look))
    return _NUMBERS.get(valtype, code("ref.is_null"))


def looked_at(scope: Scope) -> bytes:
    """Make of the reference on the stack the number of what it refers to."""
    return code(("i32.const", _DEPTH), ("call", scope.look))


# Constant expressions


def constant(scope: Scope, choices: Choices, valtype: ValType, depth: int = 0) -> bytes:
    """Any constant expression of a type."""
    known = [("global.get", index) for index, type_ in scope.constants if type_ == valtype]
    if known and choices.one_in(3):
        return code(choices.pick(known))
    if valtype in ("i32", "i64") and depth < 3 and choices.one_in(3):
        left, right = (constant(scope, choices, valtype, depth + 1) for _ in range(2))
        return left + right + code(f"{valtype}.{choices.pick(('add', 'sub', 'mul'))}")
    if valtype in scope.values:
        return code((f"{valtype}.const", choices.bits(valtype)))
    if scope.is_object(valtype):
        return _constant_object(scope, choices, valtype, depth)
    return code(("ref.null", valtype))


def _constant_object(scope: Scope, choices: Choices, valtype: ValType, depth: int) -> bytes:
    heap = heap_of(valtype)
    nullable = scope.matches(reference(heap, nullable=True), valtype)
    if nullable and (depth > 2 or choices.one_in(3)):
        return code(("ref.null", valtype))
    if heap == "i31" or (heap in ("any", "eq") and choices.one_in(3)):
        return constant(scope, choices, "i32", 3) + code("ref.i31")
    kinds = scope.below(heap)
    index = kinds[0] if depth > 2 else choices.pick(kinds)
    fields = scope.fields(index)
    if index in scope.structs:
        values = b"".join(constant(scope, choices, field.valtype, depth + 1) for field in fields)
        return values + code(("struct.new", index))
    count = choices.below(4)
    if choices.one_in(2):
        return constant(scope, choices, fields[0].valtype, depth + 1) + code(("i32.const", count), ("array.new", index))
    values = b"".join(constant(scope, choices, fields[0].valtype, depth + 1) for _ in range(count))
    return values + code(("array.new_fixed", (index, count)))
