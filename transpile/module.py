"""A decoded module (spec: Structure / Modules): what the decoder makes and every later stage reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from wasm2py.runtime.program import SegmentMode
from wasm2py.runtime.types import (
    CompositeType,
    ExternKind,
    ExternType,
    FuncType,
    GlobalType,
    MemoryType,
    TableType,
    TagType,
    ValType,
)
from wasm2py.transpile.opcodes import Op

#: One instruction: its table entry, its immediate (below), and its offset in the module's bytes.
#:
#:   block                  a FuncType (value-type and empty blocktypes are spelled out), or the typeidx as int
#:   label, func, type, local, global, table, elem, memory, data    the index
#:   labels                 (tuple of labels, default label)
#:   call_indirect          (typeidx, tableidx)
#:   tables, memories       (destination, source)
#:   elem_table, data_memory   (elemidx, tableidx), (dataidx, memidx)
#:   memarg                 (alignment as an exponent, offset, memidx)
#:   memarg_lane            (alignment as an exponent, offset, memidx, lane)
#:   tag                    the index
#:   try_table              (block as above, tuple of (mnemonic of the clause, tagidx or None, label))
#:   types                  tuple of value types
#:   heaptype               the type of the nullable references to it
#:   cast                   (label, type of the operand, type to test for)
#:   field                  (typeidx, index of the field)
#:   count                  (typeidx, number of elements)
#:   type_data, type_elem, type_pair   (typeidx, dataidx), (typeidx, elemidx), (typeidx, typeidx)
#:   i32, i64, v128         the unsigned integer;  f32, f64  the bit pattern as an integer
#:   lane                   the index;  lanes  16 of them, as bytes
#:   none                   None
Instr: TypeAlias = tuple[Op, Any, int]

#: The instructions of a constant expression, without its `end`.
Expression: TypeAlias = tuple[Instr, ...]


@dataclass(frozen=True, slots=True)
class SubType:
    """What a type is declared as: whether it may have no subtypes, and its supertypes by typeidx (at most one is
    valid).
    """

    final: bool = True
    supers: tuple[int, ...] = ()


#: What a type is declared as where nothing is said.
FINAL = SubType()


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag by its typeidx, that of a function type."""

    type_index: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """An import; a function's type is its typeidx, a tag's a `Tag`, any other kind's its type.  `offset` is where it
    stands.
    """

    module: str
    name: str
    type: int | TableType | MemoryType | GlobalType | Tag
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Export:
    name: str
    kind: ExternKind
    index: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `init` is what its elements are at first, None where the table does not say: null."""

    type: TableType
    offset: int = 0
    init: Expression | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    type: MemoryType
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Global:
    type: GlobalType
    init: Expression
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Elem:
    mode: SegmentMode
    type: ValType
    items: tuple[Expression, ...]
    table: int = 0
    table_offset: Expression = ()
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Data:
    mode: SegmentMode
    data: bytes
    memory: int = 0
    memory_offset: Expression = ()
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Function:
    """A defined function: its typeidx, its locals as (count, type) runs, and where its instructions stand.

    `start` and `end` delimit the expression (its final `end` included) in `Module.data`;
    `decode.instructions.decode_body` reads it.
    """

    type_index: int
    locals: tuple[tuple[int, ValType], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NameSection:
    """The name section (spec: Appendix / Custom Sections); a malformed one counts as absent."""

    module: str | None = None
    functions: dict[int, str] = field(default_factory=dict)
    locals: dict[int, dict[int, str]] = field(default_factory=dict)
    globals: dict[int, str] = field(default_factory=dict)
    types: dict[int, str] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)
    fields: dict[int, dict[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Module:
    """A module as decoded from `data`; indices into the lists are those of the spec less the imports.

    `hash` is the SHA-256 of `data`.  `groups` gives, for each recursive group that is not of just one type, its first
    typeidx and the one past its last; `subtypes` what types are declared as, where that is not `FINAL`.
    `aligned_globals` is what `optimise/aligned_globals.py` says of the module, where it has been asked.
    """

    data: bytes
    hash: bytes
    types: tuple[CompositeType, ...] = ()
    imports: tuple[Import, ...] = ()
    functions: tuple[Function, ...] = ()
    tables: tuple[Table, ...] = ()
    memories: tuple[Memory, ...] = ()
    globals: tuple[Global, ...] = ()
    exports: tuple[Export, ...] = ()
    start: int | None = None
    elems: tuple[Elem, ...] = ()
    datas: tuple[Data, ...] = ()
    data_count: int | None = None
    names: NameSection = field(default_factory=NameSection)
    customs: tuple[tuple[str, bytes], ...] = ()
    aligned_globals: dict[int, int] | None = None
    tags: tuple[Tag, ...] = ()
    groups: dict[int, int] = field(default_factory=dict)
    subtypes: dict[int, SubType] = field(default_factory=dict)

    def imported(self, kind: ExternKind) -> tuple[Import, ...]:
        """The imports of one kind, which come first in its index space."""
        return tuple(item for item in self.imports if import_kind(item) == kind)

    def extern_type(self, item: Import) -> ExternType:
        """An import's type, with a typeidx looked up."""
        if isinstance(item.type, Tag):
            return self.tag_type(item.type)
        return self.function_type(item.type) if isinstance(item.type, int) else item.type

    def function_type(self, index: int) -> FuncType:
        """The type at a typeidx, which is one of functions."""
        return cast(FuncType, self.types[index])

    def tag_type(self, tag: Tag) -> TagType:
        """A tag's type."""
        return TagType(self.function_type(tag.type_index))


def import_kind(item: Import) -> ExternKind:
    """What an import is of, in the text format's words."""
    return _KINDS[type(item.type)]


_KINDS: dict[type, ExternKind] = {
    int: "func",
    TableType: "table",
    MemoryType: "memory",
    GlobalType: "global",
    Tag: "tag",
}
