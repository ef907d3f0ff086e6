"""Reading what defines types (spec: Binary Format / Types / Recursive Types)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from wasm2py.runtime.errors import DecodeError
from wasm2py.runtime.types import ArrayType, CompositeType, FieldType, FuncType, StorageType, StructType
from wasm2py.transpile.decode import features
from wasm2py.transpile.decode.reader import Reader
from wasm2py.transpile.decode.types import value_type
from wasm2py.transpile.module import FINAL, SubType

#: The codes of definitions; `SUB` of what may have subtypes, which `SUB_FINAL` may not.
GROUP, SUB_FINAL, SUB, ARRAY, STRUCT, FUNCTION = 0x4E, 0x4F, 0x50, 0x5E, 0x5F, 0x60
PACKED_TYPES: dict[int, StorageType] = {0x78: "i8", 0x77: "i16"}


@dataclass(slots=True)
class Definitions:
    """The types of a module so far; the rest is as in `Module`."""

    types: list[CompositeType] = field(default_factory=list)
    groups: dict[int, int] = field(default_factory=dict)
    subtypes: dict[int, SubType] = field(default_factory=dict)


def read_group(reader: Reader, found: Definitions) -> None:
    """A recursive group, or one type, which is a group by itself."""
    if reader.data[reader.pos : reader.pos + 1] != bytes((GROUP,)):
        _subtype(reader, found)
        return
    reader.pos += 1
    first = len(found.types)
    count = reader.u32()
    for _ in range(count):
        _subtype(reader, found)
    if count > 1:
        found.groups[first] = first + count


def _subtype(reader: Reader, found: Definitions) -> None:
    start = reader.pos
    code = reader.s7()
    if code in (SUB, SUB_FINAL):
        subtype = SubType(code == SUB_FINAL, reader.vector(Reader.u32))
        if subtype != FINAL:
            found.subtypes[len(found.types)] = subtype
        start, code = reader.pos, reader.s7()
    if code not in _COMPOSITE:
        raise DecodeError(features.describe(features.DEFINITIONS, code, "malformed definition type"), start)
    found.types.append(_COMPOSITE[code](reader))


def _function(reader: Reader) -> FuncType:
    return FuncType(reader.vector(value_type), reader.vector(value_type))


def _struct(reader: Reader) -> StructType:
    return StructType(reader.vector(_field))


def _array(reader: Reader) -> ArrayType:
    return ArrayType(_field(reader))


_COMPOSITE: dict[int, Callable[[Reader], CompositeType]] = {FUNCTION: _function, STRUCT: _struct, ARRAY: _array}


def _field(reader: Reader) -> FieldType:
    code = reader.data[reader.pos : reader.pos + 1]
    if code and code[0] in PACKED_TYPES:
        reader.pos += 1
        storage = PACKED_TYPES[code[0]]
    else:
        storage = cast(StorageType, value_type(reader))
    start = reader.pos
    mutability = reader.byte()
    if mutability > 1:
        raise DecodeError(f"malformed mutability {mutability:02x}", start)
    return FieldType(storage, mutability == 1)
