"""The types of WebAssembly, as values (spec: Structure / Types).

Value types are interned strings spelled as in the text format, so that they compare by identity, marshal, and
print as themselves.  The composite types are frozen dataclasses, equal exactly when the spec says they match
structurally.  `references` has the reference types that are not named here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

ValType: TypeAlias = Literal[
    "i32", "i64", "f32", "f64", "v128", "funcref", "externref", "exnref", "anyref", "eqref", "i31ref", "structref",
    "arrayref", "nullref", "nullfuncref", "nullexternref", "nullexnref",
]  # fmt: skip
#: What a field or an element is: a value type, or one of the small integers of `PACKED`.
StorageType: TypeAlias = ValType | Literal["i8", "i16"]
#: The type of a memory's addresses and sizes, or of a table's.
IndexType: TypeAlias = Literal["i32", "i64"]

I32: ValType = "i32"
I64: ValType = "i64"
F32: ValType = "f32"
F64: ValType = "f64"
V128: ValType = "v128"
FUNCREF: ValType = "funcref"
EXTERNREF: ValType = "externref"
EXNREF: ValType = "exnref"
ANYREF: ValType = "anyref"

NUMERIC_TYPES: frozenset[str] = frozenset({I32, I64, F32, F64})
#: The kinds of references, of which there are no more than these once their types are erased.
REFERENCE_TYPES: frozenset[str] = frozenset({FUNCREF, EXTERNREF, EXNREF, ANYREF})
#: Small integers in fields and elements, by the number of their bits; what takes them out makes them i32s.
PACKED: dict[str, int] = {"i8": 8, "i16": 16}

#: Bytes in one page of linear memory.
PAGE_SIZE = 65536
#: The sizes that pages may have.
PAGE_SIZES = (1, PAGE_SIZE)
#: The most bytes that a memory may have, by its index type; but in pages of one byte one less.
MAX_BYTES: dict[IndexType, int] = {"i32": 1 << 32, "i64": 1 << 64}
#: The largest number of elements that a table may have, by its index type.
MAX_TABLE_SIZE: dict[IndexType, int] = {"i32": (1 << 32) - 1, "i64": (1 << 64) - 1}
#: The most bytes that a memory here really gets, whatever its index type.  That the last 64 KiB of what 32 bits can
#: address are never there lets generated code add small numbers to an address that was just used, without a thought to
#: wrapping, and take 2**32 - 1 for all addresses from there on.
LARGEST_MEMORY = MAX_BYTES["i32"] - PAGE_SIZE


#: The most elements of an array here, as in other engines.
LARGEST_ARRAY = 1 << 26


def max_pages(index: IndexType, page_size: int) -> int:
    """The largest number of pages that a memory may have, as its type's limits go."""
    return min(MAX_BYTES[index] // page_size, MAX_BYTES[index] - 1)


def shown(type_: ValType) -> str:
    """A value type for messages: of a name in it, so much that people can tell it from others."""
    return _NAME.sub(r"\1:\2", type_) if type_[0] == "(" else type_


_NAME = re.compile(r"(func|struct|array):[0-9a-f/]*?([0-9a-f]{8})[0-9a-f]*(?=\))")


@dataclass(frozen=True, slots=True)
class FuncType:
    """A function's parameters and results, each a tuple of value types.

    A type of which more is defined than that has a `name` (see `references`): one that is made of the same but has
    another name, or none, is another.  So it is with types that refer to themselves, that are defined together with
    others, or that have subtypes or a supertype.
    """

    params: tuple[ValType, ...] = ()
    results: tuple[ValType, ...] = ()
    name: str = ""

    def __str__(self) -> str:
        return f"({', '.join(map(shown, self.params))}) -> ({', '.join(map(shown, self.results))})"


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field of a structure, or what every element of an array is."""

    storage: StorageType
    mutable: bool = False

    @property
    def valtype(self) -> ValType:
        """The type of what is put in and taken out."""
        return "i32" if self.storage in PACKED else cast(ValType, self.storage)

    def __str__(self) -> str:
        storage = shown(cast(ValType, self.storage))
        return f"(mut {storage})" if self.mutable else storage


@dataclass(frozen=True, slots=True)
class StructType:
    """A structure's fields, and the name of the type where that is closed (see `references`)."""

    fields: tuple[FieldType, ...] = ()
    name: str = ""

    def __str__(self) -> str:
        return f"struct ({', '.join(map(str, self.fields))})"


@dataclass(frozen=True, slots=True)
class ArrayType:
    """What an array's elements are, and the name of the type where that is closed (see `references`)."""

    element: FieldType
    name: str = ""

    def __str__(self) -> str:
        return f"array {self.element}"


#: What a module's types may be.
CompositeType: TypeAlias = FuncType | StructType | ArrayType


@dataclass(frozen=True, slots=True)
class Limits:
    """A size range; `maximum` is None where there is no bound."""

    minimum: int
    maximum: int | None = None

    def __str__(self) -> str:
        return str(self.minimum) if self.maximum is None else f"{self.minimum}..{self.maximum}"


@dataclass(frozen=True, slots=True)
class MemoryType:
    """A linear memory; the limits count pages, `index` is the type of its addresses, and `shared` says whether several
    threads may use it at once.
    """

    limits: Limits
    index: IndexType = "i32"
    shared: bool = False
    page_size: int = PAGE_SIZE

    def __str__(self) -> str:
        shared = " shared" if self.shared else ""
        pages = "" if self.page_size == PAGE_SIZE else f" (pagesize {self.page_size})"
        return f"memory {_shown(self.index)}{self.limits}{shared}{pages}"


@dataclass(frozen=True, slots=True)
class TableType:
    """A table of references; the limits count elements, `index` is the type of what tells one from another."""

    element: ValType
    limits: Limits
    index: IndexType = "i32"

    def __str__(self) -> str:
        return f"table {_shown(self.index)}{self.limits} {shown(self.element)}"


def _shown(index: IndexType) -> str:
    """An index type before limits, where it is not the usual one."""
    return "" if index == "i32" else f"{index} "


@dataclass(frozen=True, slots=True)
class GlobalType:
    """A global variable's value type and mutability."""

    valtype: ValType
    mutable: bool = False

    def __str__(self) -> str:
        valtype = shown(self.valtype)
        return f"global (mut {valtype})" if self.mutable else f"global {valtype}"


@dataclass(frozen=True, slots=True)
class TagType:
    """A tag of exceptions; they carry values of the types that are the parameters of `type`, which has no results."""

    type: FuncType

    def __str__(self) -> str:
        return f"tag ({', '.join(map(shown, self.type.params))})"


ExternType: TypeAlias = FuncType | TableType | MemoryType | GlobalType | TagType
ExternKind: TypeAlias = Literal["func", "table", "memory", "global", "tag"]


def extern_kind(type_: ExternType) -> ExternKind:
    """The kind of import or export that `type_` describes, in the text format's words."""
    return _KINDS[type(type_)]


_KINDS: dict[type, ExternKind] = {
    FuncType: "func",
    TableType: "table",
    MemoryType: "memory",
    GlobalType: "global",
    TagType: "tag",
}
