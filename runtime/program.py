"""What a translation hands to the engine: a module's description, and its code in units.

A `Program` holds everything that instantiation needs to know of a module (spec: Structure / Modules) except the code of
its functions, which comes unit by unit, so that a large module can start before it is translated whole.  All of it
is made of tuples, strings, numbers, bytes and frozen dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Literal, Protocol, TypeAlias

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

Dialect: TypeAlias = Literal["cpython", "portable"]
SegmentMode: TypeAlias = Literal["active", "passive", "declarative"]

#: A constant expression in postfix order: (mnemonic, immediate) pairs, such as (("i32.const", 8),).
#: Integer immediates are unsigned, float immediates are bit patterns (integers), indices are indices.
ConstExpr: TypeAlias = tuple[tuple[str, Any], ...]

#: The code objects of one unit's functions, in funcidx order.  Run with an instance's namespace as globals, each takes
#: and returns raw values as the program's dialect has them (docs/architecture.md); no result as None, several as a
#: tuple.
UnitCode: TypeAlias = tuple[CodeType, ...]

#: Fetches the code of one unit, by its index in `Program.units`.
UnitLoader: TypeAlias = Callable[[int], UnitCode]


@dataclass(frozen=True, slots=True)
class Options:
    """What the generated code depends on besides the module; every field is part of the cache key.

    `lazy_validation` says that a program does not vouch for the module's functions; that the module uses none of
    `disabled_features` it vouches for.
    """

    dialect: Dialect = "cpython"
    listeners: bool = False
    disabled_passes: tuple[str, ...] = ()
    lazy_validation: bool = False
    disabled_features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportInfo:
    module: str
    name: str
    type: ExternType


@dataclass(frozen=True, slots=True)
class ExportInfo:
    name: str
    kind: ExternKind
    index: int


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """A function of the index space.

    `identifier` is its name in the namespace, `name` the one to show (the name section's, else an export's, else its
    index), `offset` where its body starts in the binary (0 for imports).
    """

    type: FuncType
    identifier: str
    name: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class GlobalInfo:
    """A global of the index space; `init` is empty for imports.

    A `boxed` global (imported and mutable) is a `Global` object in the namespace, read and written as `identifier.raw`;
    any other is the raw value itself.
    """

    type: GlobalType
    identifier: str
    init: ConstExpr = ()
    boxed: bool = False


@dataclass(frozen=True, slots=True)
class ElemInfo:
    """An element segment; `items` holds a constant expression for each reference."""

    mode: SegmentMode
    type: ValType
    items: tuple[ConstExpr, ...]
    table: int = 0
    offset: ConstExpr = ()


@dataclass(frozen=True, slots=True)
class DataInfo:
    mode: SegmentMode
    data: bytes
    memory: int = 0
    offset: ConstExpr = ()


@dataclass(frozen=True, slots=True)
class CallView:
    """A list that generated code indexes for `call_indirect`: `identifier` names it in the namespace."""

    identifier: str
    table: int
    type: FuncType


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """The class of a structure's or an array's type: `identifier` names it in the namespace, `fields` are the names of
    a structure's fields.
    """

    identifier: str
    fields: tuple[str | None, ...] = ()
    final: bool = True


@dataclass(frozen=True, slots=True)
class EachFunction(Sequence[tuple[int, int]]):
    """Units of one function each, for the functions from `first` to before `past`."""

    first: int
    past: int

    def __len__(self) -> int:
        return self.past - self.first

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"unit {index} of {len(self)}")
        function = self.first + index % len(self)
        return function, function + 1


@dataclass(frozen=True, slots=True)
class Program:
    """A module, ready to be instantiated once its units' code is at hand.

    The index spaces hold imports first.  `units` gives the functions of each unit as (first funcidx, past the last
    one); together they cover every defined function, in order.  `table_values` has, with the index of its table, each
    value that the elements of a table have at first where that is given.  `classes` is as long as `types` where any of
    those are of structures or arrays, with None for those of functions, else empty.
    """

    name: str
    options: Options
    types: tuple[CompositeType, ...] = ()
    imports: tuple[ImportInfo, ...] = ()
    functions: tuple[FunctionInfo, ...] = ()
    tables: tuple[TableType, ...] = ()
    memories: tuple[MemoryType, ...] = ()
    globals: tuple[GlobalInfo, ...] = ()
    exports: tuple[ExportInfo, ...] = ()
    start: int | None = None
    elems: tuple[ElemInfo, ...] = ()
    datas: tuple[DataInfo, ...] = ()
    call_views: tuple[CallView, ...] = ()
    units: Sequence[tuple[int, int]] = ()
    imported: dict[ExternKind, int] = field(default_factory=dict)
    tags: tuple[TagType, ...] = ()
    table_values: tuple[tuple[int, ConstExpr], ...] = ()
    classes: tuple[ClassInfo | None, ...] = ()

    def imported_count(self, kind: ExternKind) -> int:
        """How many entries at the start of an index space are imports."""
        return self.imported.get(kind, 0)


class ModuleSource(Protocol):
    """What the engine needs to know of a decoded module; the rest is the translator's business."""

    @property
    def hash(self) -> bytes:
        """The SHA-256 of the module's bytes."""


class Translator(Protocol):
    """Turns modules into programs and code; the engine is handed one, and never imports it."""

    @property
    def version(self) -> str:
        """Changes whenever the same module and options would give different code."""

    def program(self, module: Any, options: Options) -> Program:
        """Describe a valid module; cheap, no function body is read."""

    def unit(self, module: Any, program: Program, index: int) -> UnitCode:
        """Translate and compile the functions of `program.units[index]`."""

    def ahead(self, module: Any, program: Program, units: Sequence[int]) -> Iterable[tuple[int, UnitCode]]:
        """Some of these units with their code, which come from elsewhere, sooner than `unit` would give them all."""


def unit_of(units: Sequence[tuple[int, int]], function: int) -> int:
    """The index of the unit that holds a defined function."""
    if isinstance(units, EachFunction):
        return function - units.first
    low, high = 0, len(units) - 1
    while low < high:
        middle = (low + high) // 2
        if function < units[middle][1]:
            high = middle
        else:
            low = middle + 1
    return low
