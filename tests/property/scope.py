"""What the bodies of a module may refer to, and which of its types are subtypes of others (spec: Matching)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from property.encoder import ModuleBuilder
from wasm2py.runtime.references import heap_of, is_nullable, is_reference, reference
from wasm2py.runtime.types import ArrayType, FieldType, FuncType, IndexType, StructType, ValType

NUMBERS: tuple[ValType, ...] = ("i32", "i64", "f32", "f64")
#: References that every module has.
REFERENCES: tuple[ValType, ...] = ("funcref", "externref", "exnref")
#: Indices that every module of ours has: see `modules`.
HOST_FUNCTION, TICK_FUNCTION = 0, 1
IMPORTED_GLOBAL, FUEL_GLOBAL = 0, 1
FUNC_TABLE, EXTERN_TABLE = 0, 1

#: What the abstract heap types are below, directly, and the least type below each that has values of any.
_ABOVE = {"struct": "eq", "array": "eq", "i31": "eq", "eq": "any"}
_BOTTOMS = {"any": "none", "func": "nofunc", "extern": "noextern", "exn": "noexn"}


@dataclass
class Memory:
    """A memory: the type of its addresses, whether it is shared, and the size of its pages as an exponent."""

    index: IndexType = "i32"
    shared: bool = False
    page_exponent: int = 16


@dataclass
class Scope:
    """What bodies may refer to besides their own locals and labels."""

    builder: ModuleBuilder
    #: Whether handlers are written as before 3.0, and whether there are any (see `legacy`).
    legacy: bool = False
    has_legacy: bool = False
    functions: list[tuple[int, FuncType]] = field(default_factory=list)
    #: Globals that are mutable, and that are not.
    globals: list[tuple[int, ValType]] = field(default_factory=list)
    constants: list[tuple[int, ValType]] = field(default_factory=list)
    #: What each tag's exceptions hold, as parameters.
    tags: list[FuncType] = field(default_factory=list)
    #: The types of references, which may be null, to functions of one type.
    typed: list[ValType] = field(default_factory=list)
    #: The types of references to structures, arrays and i31s that are used; none where the module has no such types.
    objects: tuple[ValType, ...] = ()
    structs: list[int] = field(default_factory=list)
    arrays: list[int] = field(default_factory=list)
    #: The function that makes a number of a reference to one of these.
    look: int = 0
    #: The funcidx at each place of table 0 that starts out filled.
    table: list[int] = field(default_factory=list)
    #: What is in each table and in each element segment, and the index types of the tables.
    table_types: list[ValType] = field(default_factory=list)
    table_indices: list[IndexType] = field(default_factory=list)
    elem_types: list[ValType] = field(default_factory=list)
    datas: int = 0
    #: The types of numbers and vectors that bodies use.
    values: tuple[ValType, ...] = NUMBERS
    memories: list[Memory] = field(default_factory=list)

    def type_of(self, function: int) -> FuncType:
        return next(type_ for index, type_ in self.functions if index == function)

    def functions_of(self, valtype: ValType) -> list[int]:
        """The functions that a reference of a type may refer to."""
        return [index for index, type_ in self.functions if self.matches(self.reference_to(type_), valtype)]

    def reference_to(self, type_: FuncType) -> ValType:
        return reference(str(self.builder.index_of(type_)), nullable=False)

    def fields(self, index: int) -> tuple[FieldType, ...]:
        """The fields of a structure; for an array, what its elements are."""
        type_ = self.builder.types[index]
        assert isinstance(type_, StructType | ArrayType)
        return type_.fields if isinstance(type_, StructType) else (type_.element,)

    def matches(self, given: ValType, wanted: ValType) -> bool:
        """Whether a value of one type is one of the other."""
        if given == wanted:
            return True
        if not (is_reference(given) and is_reference(wanted)) or (is_nullable(given) and not is_nullable(wanted)):
            return False
        return self.is_below(heap_of(given), heap_of(wanted))

    def is_below(self, heap: str, wanted: str) -> bool:
        """The same of heap types."""
        return wanted in self.above(heap) or heap == _BOTTOMS[self.top(wanted)]

    def above(self, heap: str) -> Sequence[str]:
        """A heap type and those that it is a subtype of, upwards."""
        found = [heap]
        while True:
            nearest = self._nearest(found[-1])
            if nearest is None:
                return found
            found.append(nearest)

    def _nearest(self, heap: str) -> str | None:
        if not heap.isdigit():
            return _ABOVE.get(heap)
        declared = self.builder.declared.get(int(heap))
        if declared is not None and declared.supers:
            return str(declared.supers[0])
        return {StructType: "struct", ArrayType: "array", FuncType: "func"}[type(self.builder.types[int(heap)])]

    def top(self, heap: str) -> str:
        """The most general type above a heap type."""
        return next((top for top, bottom in _BOTTOMS.items() if bottom == heap), self.above(heap)[-1])

    def is_object(self, valtype: ValType) -> bool:
        """Whether a type is one of references to structures, arrays or i31s."""
        return is_reference(valtype) and self.top(heap_of(valtype)) == "any"

    def below(self, heap: str) -> list[int]:
        """The types of structures and arrays that are a heap type or subtypes of it."""
        return [index for index in (*self.structs, *self.arrays) if heap in self.above(str(index))]
