"""The types of WebAssembly, as values (spec: Structure / Types).

Value types are interned strings spelled as in the text format, so that they compare by identity, marshal, and
print as themselves.  The composite types are frozen dataclasses, equal exactly when the spec says they match
structurally.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ValType: TypeAlias = Literal["i32", "i64", "f32", "f64", "v128", "funcref", "externref"]

I32: ValType = "i32"
I64: ValType = "i64"
F32: ValType = "f32"
F64: ValType = "f64"
V128: ValType = "v128"
FUNCREF: ValType = "funcref"
EXTERNREF: ValType = "externref"

NUMERIC_TYPES: frozenset[str] = frozenset({I32, I64, F32, F64})
REFERENCE_TYPES: frozenset[str] = frozenset({FUNCREF, EXTERNREF})

#: Bytes in one page of linear memory.
PAGE_SIZE = 65536
#: The largest number of pages that a 32-bit memory may have.
MAX_PAGES = 65536
#: The most pages that a memory here really gets.  That the last page is never there lets generated code add small
#: numbers to an address that was just used, without a thought to wrapping.
LARGEST_MEMORY = MAX_PAGES - 1


@dataclass(frozen=True, slots=True)
class FuncType:
    """A function's parameters and results, each a tuple of value types."""

    params: tuple[ValType, ...] = ()
    results: tuple[ValType, ...] = ()

    def __str__(self) -> str:
        return f"({', '.join(self.params)}) -> ({', '.join(self.results)})"


@dataclass(frozen=True, slots=True)
class Limits:
    """A size range; `maximum` is None where there is no bound."""

    minimum: int
    maximum: int | None = None

    def __str__(self) -> str:
        return str(self.minimum) if self.maximum is None else f"{self.minimum}..{self.maximum}"


@dataclass(frozen=True, slots=True)
class MemoryType:
    """A linear memory; the limits count pages of 64 KiB."""

    limits: Limits

    def __str__(self) -> str:
        return f"memory {self.limits}"


@dataclass(frozen=True, slots=True)
class TableType:
    """A table of references; the limits count elements."""

    element: ValType
    limits: Limits

    def __str__(self) -> str:
        return f"table {self.limits} {self.element}"


@dataclass(frozen=True, slots=True)
class GlobalType:
    """A global variable's value type and mutability."""

    valtype: ValType
    mutable: bool = False

    def __str__(self) -> str:
        return f"global (mut {self.valtype})" if self.mutable else f"global {self.valtype}"


ExternType: TypeAlias = FuncType | TableType | MemoryType | GlobalType
ExternKind: TypeAlias = Literal["func", "table", "memory", "global"]


def extern_kind(type_: ExternType) -> ExternKind:
    """The kind of import or export that `type_` describes, in the text format's words."""
    return _KINDS[type(type_)]


_KINDS: dict[type, ExternKind] = {FuncType: "func", TableType: "table", MemoryType: "memory", GlobalType: "global"}
