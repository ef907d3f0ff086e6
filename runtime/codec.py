"""Programs and code as bytes, for the cache.

Programs become nested tuples, lists and atoms, which `marshal` writes: dataclasses are lists of their class's number
and their fields.  Unlike pickle, marshal keeps strings interned, and it is what code objects need anyway.
"""

from __future__ import annotations

import dataclasses
import marshal
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

from wasm2py.runtime.program import (
    CallView,
    ClassInfo,
    DataInfo,
    EachFunction,
    ElemInfo,
    ExportInfo,
    FunctionInfo,
    GlobalInfo,
    ImportInfo,
    Options,
    Program,
    UnitCode,
)
from wasm2py.runtime.types import (
    ArrayType,
    FieldType,
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    StructType,
    TableType,
    TagType,
)

_CLASSES: tuple[type, ...] = (
    Program,
    Options,
    ImportInfo,
    ExportInfo,
    FunctionInfo,
    GlobalInfo,
    ElemInfo,
    DataInfo,
    CallView,
    EachFunction,
    FuncType,
    Limits,
    MemoryType,
    TableType,
    GlobalType,
    TagType,
    FieldType,
    StructType,
    ArrayType,
    ClassInfo,
)
_FIELDS = [tuple(field.name for field in dataclasses.fields(cls)) for cls in _CLASSES]
_NUMBERS = {cls: number for number, cls in enumerate(_CLASSES)}

#: Tells apart versions of wasm2py that write programs differently.
LAYOUT = repr([(cls.__name__, fields) for cls, fields in zip(_CLASSES, _FIELDS, strict=True)])


def dump_program(program: Program) -> bytes:
    """A program as bytes."""
    return marshal.dumps(_encode(program, {}))


def load_program(data: bytes) -> Program | None:
    """The program of such bytes; None if they are something else."""
    try:
        program = _decode(marshal.loads(data), {})
    except (ValueError, TypeError, EOFError, IndexError):
        return None
    return program if isinstance(program, Program) else None


def dump_units(units: Mapping[int, UnitCode]) -> bytes:
    """Units, by their index, as bytes."""
    return marshal.dumps(dict(units))


def load_units(data: bytes, spans: Sequence[tuple[int, int]]) -> dict[int, UnitCode]:
    """The units in such bytes, of a program whose units are those `spans`; none if the bytes are something else."""
    try:
        units = marshal.loads(data)
    except (ValueError, TypeError, EOFError):
        return {}
    fits = isinstance(units, dict) and all(_is_unit(index, unit, spans) for index, unit in units.items())
    return units if fits else {}


def _is_unit(index: Any, unit: Any, spans: Sequence[tuple[int, int]]) -> bool:
    if not isinstance(index, int) or not 0 <= index < len(spans) or not isinstance(unit, tuple):
        return False
    first, past = spans[index]
    return len(unit) == past - first and all(isinstance(code, CodeType) for code in unit)


def _encode(value: Any, known: dict[FuncType, list[Any]]) -> Any:
    """`known` shares the encodings of function types, of which there are few and many uses."""
    if isinstance(value, FuncType):
        if value not in known:
            known[value] = _encode_fields(value, known)
        return known[value]
    if type(value) in _NUMBERS:
        return _encode_fields(value, known)
    if isinstance(value, tuple):
        return tuple([_encode(item, known) for item in value])
    return value


def _encode_fields(value: Any, known: dict[FuncType, list[Any]]) -> list[Any]:
    number = _NUMBERS[type(value)]
    return [number, *[_encode(getattr(value, name), known) for name in _FIELDS[number]]]


def _decode(value: Any, known: dict[int, Any]) -> Any:
    """`known` holds what shared lists, by identity, stand for."""
    if isinstance(value, list):
        if id(value) not in known:
            known[id(value)] = _CLASSES[value[0]](*[_decode(item, known) for item in value[1:]])
        return known[id(value)]
    if isinstance(value, tuple):
        return tuple([_decode(item, known) for item in value])
    return value
