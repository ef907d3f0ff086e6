"""Element and data segments (spec: Text Format / Modules / Element Segments, Data Segments)."""

from __future__ import annotations

from dataclasses import dataclass

from wasm2py.runtime.references import reference
from wasm2py.runtime.types import FUNCREF, IndexType, ValType
from wasm2py.transpile.text.builder import ModuleBuilder
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.encode import sized, unsigned, vector
from wasm2py.transpile.text.immediates import OPCODES, Scope
from wasm2py.transpile.text.instructions import expression, folded_instruction
from wasm2py.transpile.text.types import at_reftype, encode_valtype, reftype

_PASSIVE, _DECLARATIVE = 1, 3
_EXPRESSIONS = 4
_ELEMKIND_FUNC = b"\x00"


@dataclass(slots=True)
class _ElemList:
    """The references of a segment: as function indices, or (`expressions`) as constant expressions of some type."""

    type: ValType
    items: list[bytes]
    expressions: bool


def define_elem(cursor: Cursor, module: ModuleBuilder) -> None:
    cursor.take_id()
    if cursor.take_keyword("declare"):
        module.elems.append(_unplaced(_DECLARATIVE, _elem_list(cursor, module)))
        return
    explicit = _target(cursor, module, "table")
    if cursor.kind != "(" or at_reftype(cursor):
        if explicit is not None:
            raise cursor.unexpected()
        module.elems.append(_unplaced(_PASSIVE, _elem_list(cursor, module)))
        return
    offset = _offset(cursor, module)
    short = cursor.kind in ("id", "number", ")")
    items = _func_indices(cursor, module) if short else _elem_list(cursor, module)
    module.elems.append(_active(explicit or 0, offset, items))


def start_of(index: IndexType) -> bytes:
    """Where a segment inside a definition goes: the first place, by a table's or memory's index type."""
    return OPCODES[f"{index}.const"] + b"\x00"


def inline_elem(cursor: Cursor, module: ModuleBuilder, table: int, element: ValType, index: IndexType) -> int:
    """The segment inside a table's definition, of its type; returns how many references it holds."""
    items = _elem_items(cursor, module, element) if cursor.kind == "(" else _func_indices(cursor, module)
    if element != FUNCREF and not items.expressions:
        functions = [OPCODES["ref.func"] + item + OPCODES["end"] for item in items.items]
        items = _ElemList(element, functions, expressions=True)
    module.elems.append(_active(table, start_of(index), items))
    return len(items.items)


def _target(cursor: Cursor, module: ModuleBuilder, kind: str) -> int | None:
    """`(table x)` or `(memory x)`, or (as old tools write it) x alone, if it comes next."""
    if not cursor.take_open(kind):
        return module.spaces[kind].optional(cursor)
    index = module.spaces[kind].index(cursor)
    cursor.close()
    return index


def _offset(cursor: Cursor, module: ModuleBuilder) -> bytes:
    """`(offset instr*)`, or one folded instruction; without `end`."""
    return _wrapped(cursor, module, "offset")


def _wrapped(cursor: Cursor, module: ModuleBuilder, keyword: str) -> bytes:
    """A constant expression in a list of that keyword, or as one folded instruction."""
    code = bytearray()
    if cursor.take_open(keyword):
        expression(cursor, Scope(module), code)
        cursor.close()
    else:
        folded_instruction(cursor, Scope(module), code)
    return bytes(code)


def _elem_list(cursor: Cursor, module: ModuleBuilder) -> _ElemList:
    if cursor.take_keyword("func"):
        return _func_indices(cursor, module)
    if not at_reftype(cursor):
        raise cursor.unexpected()
    return _elem_items(cursor, module, reftype(cursor))


def _func_indices(cursor: Cursor, module: ModuleBuilder) -> _ElemList:
    items = []
    while cursor.kind in ("id", "number"):
        items.append(unsigned(module.spaces["func"].index(cursor)))
    return _ElemList(reference("func", nullable=False), items, expressions=False)


def _elem_items(cursor: Cursor, module: ModuleBuilder, type_: ValType) -> _ElemList:
    items = []
    while cursor.kind == "(":
        items.append(_wrapped(cursor, module, "item") + OPCODES["end"])
    return _ElemList(type_, items, expressions=True)


def _unplaced(flags: int, found: _ElemList) -> bytes:
    """A passive or declarative segment."""
    kind = encode_valtype(found.type) if found.expressions else _ELEMKIND_FUNC
    return unsigned(flags | _EXPRESSIONS * found.expressions) + kind + vector(found.items)


def _active(table: int, offset: bytes, found: _ElemList) -> bytes:
    flags = _EXPRESSIONS * found.expressions
    place = offset + OPCODES["end"]
    if table == 0 and (found.type == FUNCREF or not found.expressions):
        return unsigned(flags) + place + vector(found.items)
    kind = encode_valtype(found.type) if found.expressions else _ELEMKIND_FUNC
    return unsigned(flags | 2) + unsigned(table) + place + kind + vector(found.items)


def define_data(cursor: Cursor, module: ModuleBuilder) -> None:
    cursor.take_id()
    memory = _target(cursor, module, "memory")
    if memory is None and cursor.kind != "(":
        module.datas.append(unsigned(_PASSIVE) + sized(cursor.strings()))
        return
    offset = _offset(cursor, module)
    module.datas.append(active_data(memory or 0, offset, cursor.strings()))


def active_data(memory: int, offset: bytes, content: bytes) -> bytes:
    """A data segment that is copied to a memory at instantiation; `offset` lacks its `end`."""
    place = b"\x00" if memory == 0 else b"\x02" + unsigned(memory)
    return place + offset + OPCODES["end"] + sized(content)
