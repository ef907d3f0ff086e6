"""Reading sections and the module made of them (spec: Binary Format / Modules)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from wasm2py.runtime.errors import DecodeError
from wasm2py.runtime.program import SegmentMode
from wasm2py.runtime.references import reference
from wasm2py.runtime.types import (
    FUNCREF,
    ExternKind,
    GlobalType,
    MemoryType,
    TableType,
    ValType,
)
from wasm2py.transpile.decode import features
from wasm2py.transpile.decode.definitions import Definitions, read_group
from wasm2py.transpile.decode.instructions import read_body, read_expression
from wasm2py.transpile.decode.names import decode_names
from wasm2py.transpile.decode.reader import UNEXPECTED_END, Reader
from wasm2py.transpile.decode.types import (
    global_type,
    memory_type,
    reference_type,
    table_type,
    value_type,
)
from wasm2py.transpile.module import (
    Data,
    Elem,
    Export,
    Expression,
    Function,
    Global,
    Import,
    Memory,
    Module,
    NameSection,
    Table,
    Tag,
)
from wasm2py.transpile.opcodes import OPS

MAGIC = b"\0asm"
VERSION = b"\1\0\0\0"
MAX_LOCALS = 0xFFFFFFFF

_CUSTOM = 0
#: Begins a table that says what its elements are at first.
_WITH_VALUE = b"\x40"
#: The type of what a segment of function indices holds.
_FUNCTIONS = reference("func", nullable=False)


@dataclass(slots=True)
class Code:
    """What the code section says of a function: its locals, and where its instructions stand."""

    locals: tuple[tuple[int, ValType], ...]
    start: int
    end: int


@dataclass(slots=True)
class Sections:
    """The content of the sections read so far."""

    definitions: Definitions = field(default_factory=Definitions)
    imports: tuple[Import, ...] = ()
    type_indices: tuple[int, ...] = ()
    tables: tuple[Table, ...] = ()
    memories: tuple[Memory, ...] = ()
    tags: tuple[Tag, ...] = ()
    globals: tuple[Global, ...] = ()
    exports: tuple[Export, ...] = ()
    start: int | None = None
    elems: tuple[Elem, ...] = ()
    data_count: int | None = None
    codes: list[Code] = field(default_factory=list)
    datas: tuple[Data, ...] = ()
    customs: list[tuple[str, bytes]] = field(default_factory=list)


# One reader for an entry of each section.


def _import(reader: Reader) -> Import:
    offset = reader.pos
    module, name = reader.name(), reader.name()
    start = reader.pos
    kind = reader.byte()
    if kind not in _IMPORT_TYPES:
        raise DecodeError(features.describe(features.EXTERNS, kind, "malformed import kind"), start)
    return Import(module, name, _IMPORT_TYPES[kind](reader), offset)


def _tag(reader: Reader) -> Tag:
    offset = reader.pos
    attribute = reader.byte()
    if attribute:
        raise DecodeError(f"malformed tag attribute {attribute:02x}", offset)
    return Tag(reader.u32(), offset)


_IMPORT_TYPES: dict[int, Callable[[Reader], int | TableType | MemoryType | GlobalType | Tag]] = {
    0: Reader.u32,
    1: table_type,
    2: memory_type,
    3: global_type,
    4: _tag,
}


def _table(reader: Reader) -> Table:
    """A table's type, or 0x40 0x00, the type, and what the elements are at first."""
    offset = reader.pos
    if reader.data[offset : offset + 1] != _WITH_VALUE:
        return Table(table_type(reader), offset)
    reader.pos += 1
    if reader.byte():
        raise DecodeError("zero byte expected", offset + 1)
    return Table(table_type(reader), offset, read_expression(reader))


def _memory(reader: Reader) -> Memory:
    offset = reader.pos
    return Memory(memory_type(reader), offset)


def _global(reader: Reader) -> Global:
    offset = reader.pos
    return Global(global_type(reader), read_expression(reader), offset)


def _export(reader: Reader) -> Export:
    offset = reader.pos
    name = reader.name()
    start = reader.pos
    kind = reader.byte()
    if kind not in _EXPORT_KINDS:
        raise DecodeError(features.describe(features.EXTERNS, kind, "malformed export kind"), start)
    return Export(name, _EXPORT_KINDS[kind], reader.u32(), offset)


_EXPORT_KINDS: dict[int, ExternKind] = {0: "func", 1: "table", 2: "memory", 3: "global", 4: "tag"}

# The three bits of an element segment's flags; _EXPLICIT tells a declarative segment from a passive one where it is not
# active, and one with a table index from one without where it is.
_NOT_ACTIVE, _EXPLICIT, _EXPRESSIONS = 1, 2, 4


def _elem(reader: Reader) -> Elem:
    offset = reader.pos
    flags = reader.u32()
    if flags > 7:
        raise DecodeError(f"malformed elements segment kind {flags:02x}", offset)
    mode = _elem_mode(flags)
    table = reader.u32() if mode == "active" and flags & _EXPLICIT else 0
    table_offset = read_expression(reader) if mode == "active" else ()
    type_ = _elem_type(reader, flags)
    items = reader.vector(read_expression if flags & _EXPRESSIONS else _function_reference)
    return Elem(mode, type_, items, table, table_offset, offset)


def _elem_mode(flags: int) -> SegmentMode:
    if not flags & _NOT_ACTIVE:
        return "active"
    return "declarative" if flags & _EXPLICIT else "passive"


def _elem_type(reader: Reader, flags: int) -> ValType:
    """The type of the elements: a reftype before expressions, an elemkind before indices, none in short forms."""
    if not flags & (_NOT_ACTIVE | _EXPLICIT):
        return FUNCREF if flags & _EXPRESSIONS else _FUNCTIONS
    if flags & _EXPRESSIONS:
        return reference_type(reader)
    start = reader.pos
    kind = reader.byte()
    if kind:
        raise DecodeError(f"malformed element kind {kind:02x}", start)
    return _FUNCTIONS


def _function_reference(reader: Reader) -> Expression:
    offset = reader.pos
    return ((OPS["ref.func"], reader.u32(), offset),)


def _code(reader: Reader) -> Code:
    size = reader.length()
    end = reader.pos + size
    start = reader.pos
    runs = reader.vector(_locals)
    if sum(count for count, _ in runs) > MAX_LOCALS:
        raise DecodeError("too many locals", start)
    code = Code(runs, reader.pos, end)
    if reader.pos > end:
        raise DecodeError("section size mismatch", start)
    reader.pos = end
    return code


def _locals(reader: Reader) -> tuple[int, ValType]:
    return reader.u32(), value_type(reader)


def _data(reader: Reader) -> Data:
    offset = reader.pos
    flags = reader.u32()
    if flags > 2:
        raise DecodeError(f"malformed data segment kind {flags:02x}", offset)
    if flags == 1:
        return Data("passive", reader.take(reader.u32()), offset=offset)
    memory = reader.u32() if flags == 2 else 0
    memory_offset = read_expression(reader)
    return Data("active", reader.take(reader.u32()), memory, memory_offset, offset)


# One reader for each section.


def _custom_section(reader: Reader, sections: Sections) -> None:
    name = reader.name()
    if reader.pos > reader.end:
        raise DecodeError(UNEXPECTED_END, reader.end)
    sections.customs.append((name, reader.take(reader.end - reader.pos)))


def _type_section(reader: Reader, sections: Sections) -> None:
    for _ in range(reader.u32()):
        read_group(reader, sections.definitions)


def _import_section(reader: Reader, sections: Sections) -> None:
    sections.imports = reader.vector(_import)


def _function_section(reader: Reader, sections: Sections) -> None:
    sections.type_indices = reader.vector(Reader.u32)


def _table_section(reader: Reader, sections: Sections) -> None:
    sections.tables = reader.vector(_table)


def _memory_section(reader: Reader, sections: Sections) -> None:
    sections.memories = reader.vector(_memory)


def _tag_section(reader: Reader, sections: Sections) -> None:
    sections.tags = reader.vector(_tag)


def _global_section(reader: Reader, sections: Sections) -> None:
    sections.globals = reader.vector(_global)


def _export_section(reader: Reader, sections: Sections) -> None:
    sections.exports = reader.vector(_export)


def _start_section(reader: Reader, sections: Sections) -> None:
    sections.start = reader.u32()


def _elem_section(reader: Reader, sections: Sections) -> None:
    sections.elems = reader.vector(_elem)


def _data_count_section(reader: Reader, sections: Sections) -> None:
    sections.data_count = reader.u32()


def _code_section(reader: Reader, sections: Sections) -> None:
    for _ in range(reader.u32()):
        sections.codes.append(_code(reader))


def _data_section(reader: Reader, sections: Sections) -> None:
    sections.datas = reader.vector(_data)


SectionReader: TypeAlias = Callable[[Reader, Sections], None]

#: Section id → its name and reader, in the order in which sections must come; a custom section can stand anywhere.
SECTIONS: dict[int, tuple[str, SectionReader]] = {
    _CUSTOM: ("custom", _custom_section),
    1: ("type", _type_section),
    2: ("import", _import_section),
    3: ("function", _function_section),
    4: ("table", _table_section),
    5: ("memory", _memory_section),
    13: ("tag", _tag_section),
    6: ("global", _global_section),
    7: ("export", _export_section),
    8: ("start", _start_section),
    9: ("element", _elem_section),
    12: ("data count", _data_count_section),
    10: ("code", _code_section),
    11: ("data", _data_section),
}
_ORDER = {id_: position for position, id_ in enumerate(SECTIONS)}


@dataclass(frozen=True, slots=True)
class SectionSpan:
    """Where a section's content stands in the module: its kind, first byte, and length in bytes."""

    name: str
    start: int
    size: int


def section_spans(data: bytes) -> tuple[SectionSpan, ...]:
    """The sections of a well-formed module, in the order in which they stand."""
    reader = _header(data)
    spans = []
    while not reader.at_end():
        name, _ = SECTIONS[reader.byte()]
        size = reader.length()
        spans.append(SectionSpan(name, reader.pos, size))
        reader.take(size)
    return tuple(spans)


def decode_module(data: bytes) -> Module:
    """Decode a module, except for the instructions of its functions (spec: Binary Format / Modules).

    Raises `DecodeError` where it is malformed; `decode_body` does so for what is malformed within functions.
    """
    data = bytes(data)
    reader = _header(data)
    sections = Sections()
    try:
        _sections(reader, sections)
    except DecodeError:
        _check_codes(data, sections)
        raise
    return _module(data, sections)


def _sections(reader: Reader, sections: Sections) -> None:
    last = _ORDER[_CUSTOM]
    while not reader.at_end():
        last = _section(reader, sections, last)
    _check_counts(sections, len(reader.data))


def _check_codes(data: bytes, sections: Sections) -> None:
    """Report what is malformed in a function's body rather than what comes of it, such as a size that is wrong."""
    for code in sections.codes:
        read_body(data, code.start, code.end)


def _header(data: bytes) -> Reader:
    for what, start, message in ((MAGIC, 0, "magic header not detected"), (VERSION, 4, "unknown binary version")):
        found = data[start : start + len(what)]
        if len(found) < len(what):
            raise DecodeError("unexpected end", len(data))
        if found != what:
            raise DecodeError(message, start)
    return Reader(data, len(MAGIC) + len(VERSION))


def _section(reader: Reader, sections: Sections, last: int) -> int:
    """Read one section, which must come after the one at position `last` of the order; returns its own position."""
    offset = reader.pos
    id_ = reader.byte()
    if id_ not in SECTIONS:
        raise DecodeError(f"malformed section id {id_:02x}", offset)
    position = _ORDER[id_]
    if id_ != _CUSTOM and position <= last:
        raise DecodeError("unexpected content after last section", offset)
    size = reader.length()
    start = reader.pos
    reader.end = start + size
    SECTIONS[id_][1](reader, sections)
    if reader.pos != reader.end:
        raise DecodeError("section size mismatch", start)
    return max(position, last)


def _check_counts(sections: Sections, end: int) -> None:
    if len(sections.type_indices) != len(sections.codes):
        raise DecodeError("function and code section have inconsistent lengths", end)
    if sections.data_count is not None and sections.data_count != len(sections.datas):
        raise DecodeError("data count and data section have inconsistent lengths", end)


def _module(data: bytes, sections: Sections) -> Module:
    functions = tuple(
        Function(type_index, code.locals, code.start, code.end)
        for type_index, code in zip(sections.type_indices, sections.codes, strict=True)
    )
    return Module(
        data=data,
        hash=hashlib.sha256(data).digest(),
        types=tuple(sections.definitions.types),
        imports=sections.imports,
        functions=functions,
        tables=sections.tables,
        memories=sections.memories,
        globals=sections.globals,
        exports=sections.exports,
        start=sections.start,
        elems=sections.elems,
        datas=sections.datas,
        data_count=sections.data_count,
        names=_names(sections.customs),
        customs=tuple(sections.customs),
        tags=sections.tags,
        groups=sections.definitions.groups,
        subtypes=sections.definitions.subtypes,
    )


def _names(customs: list[tuple[str, bytes]]) -> NameSection:
    payload = next((payload for name, payload in customs if name == "name"), None)
    return NameSection() if payload is None else decode_names(payload)
