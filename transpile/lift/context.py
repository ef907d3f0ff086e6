"""What lifting needs to know of a module, looked up once."""

from __future__ import annotations

from wasm2py.runtime.references import erased
from wasm2py.runtime.types import FuncType, MemoryType, TableType, TagType, ValType
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
        types = self.types = tuple(map(_erased, module.types))
        imported = [types[item.type] for item in module.imported("func") if isinstance(item.type, int)]
        self.imported_functions = len(imported)
        self.functions: tuple[Function, ...] = module.functions
        self.function_types: list[FuncType] = imported + [types[f.type_index] for f in module.functions]
        self.global_types: list[ValType] = [
            *(erased(item.type.valtype) for item in module.imported("global")),  # type: ignore[union-attr]
            *(erased(item.type.valtype) for item in module.globals),
        ]
        self.tables: list[TableType] = [
            *(item.type for item in module.imported("table")),  # type: ignore[list-item]
            *(item.type for item in module.tables),
        ]
        self.table_types: list[ValType] = [erased(table.element) for table in self.tables]
        self.memories: list[MemoryType] = [
            *(item.type for item in module.imported("memory")),  # type: ignore[list-item]
            *(item.type for item in module.memories),
        ]
        self.tags: list[TagType] = [
            *(TagType(types[item.type.type_index]) for item in module.imported("tag")),  # type: ignore[union-attr]
            *(TagType(types[tag.type_index]) for tag in module.tags),
        ]
        self.wide = any_wide(self.memories, self.tables)


def _erased(type_: FuncType) -> FuncType:
    """The function type with nothing but the kind of references left of them."""
    params, results = type_.params, type_.results
    if not any(valtype[0] == "(" for valtype in (*params, *results)):
        return type_
    return FuncType(tuple(map(erased, params)), tuple(map(erased, results)))
