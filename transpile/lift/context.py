"""What lifting needs to know of a module, looked up once."""

from __future__ import annotations

from wasm2py.runtime.references import defined_index, erased
from wasm2py.runtime.types import (
    ANYREF,
    FUNCREF,
    CompositeType,
    FieldType,
    FuncType,
    MemoryType,
    StructType,
    TableType,
    TagType,
    ValType,
)
from wasm2py.transpile.indices import any_wide
from wasm2py.transpile.module import Function, Module


class LiftContext:
    """The types of a module's index spaces, imports first; `global_zeros` has what is known of globals' low bits.

    Of references no type here tells more than their kind: what they refer to is the business of validation alone.
    `wide` tells whether any memory or table has 64-bit indices.
    """

    __slots__ = (
        "function_types",
        "functions",
        "global_types",
        "global_zeros",
        "imported_functions",
        "memories",
        "module",
        "table_types",
        "tables",
        "tags",
        "types",
        "wide",
    )

    def __init__(self, module: Module, global_zeros: dict[int, int] | None = None) -> None:
        self.global_zeros = global_zeros or {}
        self.module = module
        self.types = tuple(map(self._erased_function, module.types))
        types = self.types
        imported = [types[item.type] for item in module.imported("func") if isinstance(item.type, int)]
        self.imported_functions = len(imported)
        self.functions: tuple[Function, ...] = module.functions
        self.function_types: list[FuncType] = imported + [types[f.type_index] for f in module.functions]
        self.global_types: list[ValType] = [
            *(self.erased(item.type.valtype) for item in module.imported("global")),  # type: ignore[union-attr]
            *(self.erased(item.type.valtype) for item in module.globals),
        ]
        self.tables: list[TableType] = [
            *(item.type for item in module.imported("table")),  # type: ignore[list-item]
            *(item.type for item in module.tables),
        ]
        self.table_types: list[ValType] = [self.erased(table.element) for table in self.tables]
        self.memories: list[MemoryType] = [
            *(item.type for item in module.imported("memory")),  # type: ignore[list-item]
            *(item.type for item in module.memories),
        ]
        self.tags: list[TagType] = [
            *(TagType(types[item.type.type_index]) for item in module.imported("tag")),  # type: ignore[union-attr]
            *(TagType(types[tag.type_index]) for tag in module.tags),
        ]
        self.wide = any_wide(self.memories, self.tables)

    def erased(self, type_: ValType) -> ValType:
        """A value type with nothing but the kind of reference left of it."""
        if type_ in _STAY:
            return type_
        index = defined_index(type_)
        if index is None:
            return erased(type_)
        return FUNCREF if isinstance(self.module.types[index], FuncType) else ANYREF

    def _erased_function(self, type_: CompositeType) -> FuncType:
        """The function type with nothing but the kind of references left of them; of other types nothing is left."""
        if not isinstance(type_, FuncType):
            return _NO_FUNCTION
        params, results = type_.params, type_.results
        if _STAY.issuperset(params) and _STAY.issuperset(results):
            return type_
        return FuncType(tuple(map(self.erased, params)), tuple(map(self.erased, results)))

    def fields(self, index: int) -> tuple[FieldType, ...]:
        """The fields of a structure's type; of an array's, the one of all elements."""
        type_ = self.module.types[index]
        assert not isinstance(type_, FuncType)
        return type_.fields if isinstance(type_, StructType) else (type_.element,)


#: The value types of which nothing can be left out.
_STAY = frozenset({"i32", "i64", "f32", "f64", "v128", "funcref", "externref", "exnref", "anyref"})
_NO_FUNCTION = FuncType()
