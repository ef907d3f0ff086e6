"""Definitions of types (spec: Text Format / Types / Recursive Types), parsed and encoded."""

from __future__ import annotations

from typing import cast

from wasm2py.runtime.types import PACKED, ArrayType, CompositeType, FieldType, FuncType, StorageType, StructType
from wasm2py.transpile.decode import definitions as codes
from wasm2py.transpile.module import FINAL, SubType
from wasm2py.transpile.text.builder import ModuleBuilder, Space
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.encode import unsigned, vector
from wasm2py.transpile.text.types import encode_valtype, functype, valtype

_PACKED_CODES = {storage: bytes((code,)) for code, storage in codes.PACKED_TYPES.items()}


def declare_group(cursor: Cursor, module: ModuleBuilder) -> None:
    """`(type id? …)*` of `(rec …)`: the types get their indices."""
    while cursor.take_open("type"):
        at = cursor.at
        module.spaces["type"].declare(cursor, at, cursor.take_id())
        cursor.at = at - 2
        cursor.skip_list()


def define_group(cursor: Cursor, module: ModuleBuilder) -> None:
    """The rest of `(rec (type …)*)`."""
    first = len(module.types)
    while cursor.take_open("type"):
        define_type(cursor, module, alone=False)
    cursor.close()
    module.groups.append(len(module.types) - first)


def define_type(cursor: Cursor, module: ModuleBuilder, alone: bool = True) -> None:
    """The rest of `(type id? …)`; a type that is not `alone` is part of a group."""
    cursor.take_id()
    module.annotate(cursor, "type", len(module.types))
    subtype = FINAL
    if cursor.take_open("sub"):
        final, supers = bool(cursor.take_keyword("final")), []
        while cursor.kind in ("id", "number"):
            supers.append(cursor.type_index(cursor))
        subtype = SubType(final, tuple(supers))
        type_ = _composite(cursor, module)
        cursor.close()
    else:
        type_ = _composite(cursor, module)
    cursor.close()
    module.add_type(type_, subtype, alone)


def _composite(cursor: Cursor, module: ModuleBuilder) -> CompositeType:
    if cursor.take_open("struct"):
        return _struct(cursor, module)
    if not cursor.take_open("array"):
        return functype(cursor)
    element = _field(cursor)
    cursor.close()
    return ArrayType(element)


def _struct(cursor: Cursor, module: ModuleBuilder) -> StructType:
    """The rest of `(struct (field id? …)*)`; the names of the fields are the type's own."""
    names = module.fields[len(module.types)] = Space("field", "field")
    found: list[FieldType] = []
    while cursor.take_open("field"):
        at = cursor.at
        name = cursor.take_id()
        fields = [_field(cursor)] if name is not None else []
        while name is None and cursor.kind != ")":
            fields.append(_field(cursor))
        cursor.close()
        for _ in fields:
            names.declare(cursor, at, name)
        found += fields
    cursor.close()
    return StructType(tuple(found))


def _field(cursor: Cursor) -> FieldType:
    if not cursor.take_open("mut"):
        return FieldType(_storage(cursor))
    found = FieldType(_storage(cursor), True)
    cursor.close()
    return found


def _storage(cursor: Cursor) -> StorageType:
    return cast(StorageType, cursor.take_keyword(*PACKED) or valtype(cursor))


def encode_types(module: ModuleBuilder) -> list[bytes]:
    """The entries of the type section: groups of more than one type, or of none, and types."""
    definitions = [_encode(type_, module.subtypes.get(index, FINAL)) for index, type_ in enumerate(module.types)]
    entries, first = [], 0
    for count in module.groups:
        group = definitions[first : first + count]
        entries.append(group[0] if count == 1 else bytes((codes.GROUP,)) + vector(group))
        first += count
    return entries


def _encode(type_: CompositeType, subtype: SubType) -> bytes:
    if subtype == FINAL:
        return _encode_composite(type_)
    code = codes.SUB_FINAL if subtype.final else codes.SUB
    return bytes((code,)) + vector([unsigned(index) for index in subtype.supers]) + _encode_composite(type_)


def _encode_composite(type_: CompositeType) -> bytes:
    if isinstance(type_, FuncType):
        sides = (vector([encode_valtype(valtype) for valtype in side]) for side in (type_.params, type_.results))
        return bytes((codes.FUNCTION,)) + b"".join(sides)
    if isinstance(type_, StructType):
        return bytes((codes.STRUCT,)) + vector([_encode_field(field) for field in type_.fields])
    return bytes((codes.ARRAY,)) + _encode_field(type_.element)


def _encode_field(field: FieldType) -> bytes:
    storage = _PACKED_CODES.get(field.storage) or encode_valtype(field.valtype)
    return storage + (b"\x01" if field.mutable else b"\x00")
