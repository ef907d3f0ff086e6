"""What lifting needs to know of a module, looked up once."""

from __future__ import annotations

from wasm2py.runtime.types import FuncType, MemoryType, TableType, TagType, ValType
from wasm2py.transpile.indices import any_wide
from wasm2py.transpile.module import Function, Module


class LiftContext:
    """The types of a module's index spaces, imports first; `global_zeros` has what is known of globals' low bits.

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
        self.types: tuple[FuncType, ...] = module.types
        imported = [module.types[item.type] for item in module.imported("func") if isinstance(item.type, int)]
        self.imported_functions = len(imported)
        self.functions: tuple[Function, ...] = module.functions
        self.function_types: list[FuncType] = imported + [module.types[f.type_index] for f in module.functions]
        self.global_types: list[ValType] = [
            *(item.type.valtype for item in module.imported("global")),  # type: ignore[union-attr]
            *(item.type.valtype for item in module.globals),
        ]
        self.tables: list[TableType] = [
            *(item.type for item in module.imported("table")),  # type: ignore[list-item]
            *(item.type for item in module.tables),
        ]
        self.table_types: list[ValType] = [table.element for table in self.tables]
        self.memories: list[MemoryType] = [
            *(item.type for item in module.imported("memory")),  # type: ignore[list-item]
            *(item.type for item in module.memories),
        ]
        self.tags: list[TagType] = [
            *(module.extern_type(item) for item in module.imported("tag")),  # type: ignore[list-item]
            *map(module.tag_type, module.tags),
        ]
        self.wide = any_wide(self.memories, self.tables)
