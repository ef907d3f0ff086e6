"""Which features, beyond the first version of WebAssembly, a module uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wasm2py.runtime.references import reference
from wasm2py.runtime.types import (
    EXNREF,
    FUNCREF,
    NUMERIC_TYPES,
    PAGE_SIZE,
    FuncType,
    GlobalType,
    MemoryType,
    TableType,
    ValType,
)
from wasm2py.transpile.decode import decode_body
from wasm2py.transpile.indices import any_wide
from wasm2py.transpile.module import Expression, Instr, Module
from wasm2py.transpile.opcodes import OPS, Op

_EXPLICIT_BLOCK_TYPES = frozenset({OPS["block"], OPS["loop"], OPS["if"], OPS["try_table"], OPS["try"]})
_TRY_TABLE = OPS["try_table"]


def features_used(module: Module, step: Callable[[], object] = lambda: None) -> tuple[str, ...]:
    """The features that a valid module uses, sorted.  Every function is read for it; `step` is called after each."""
    return tuple(sorted({*_of_definitions(module), *_of_instructions(module, step)} - {"mvp"}))


def _of_definitions(module: Module) -> Iterator[str]:
    rules = {
        "exception-handling": _has_exceptions,
        "bulk-memory": _has_bulk_memory,
        "custom-page-sizes": _has_page_sizes,
        "extended-const": _has_extended_constants,
        "function-references": _has_typed_references,
        "memory64": _has_wide_indices,
        "multi-memory": _has_several_memories,
        "multi-value": _has_multiple_results,
        "mutable-globals": _shares_mutable_globals,
        "reference-types": _has_references,
        "threads": _has_shared_memory,
    }
    return (feature for feature, rule in rules.items() if rule(module))


def _of_instructions(module: Module, step: Callable[[], object]) -> Iterator[str]:
    operations: set[Op] = set()
    for function in module.functions:
        instructions = decode_body(module, function)
        operations.update(op for op, _, _ in instructions)
        if any(_has_type_index(instruction) for instruction in instructions):
            yield "multi-value"
        step()
    yield from (op.feature for op in operations)


def _has_type_index(instruction: Instr) -> bool:
    """Whether it is a block with parameters or more than one result."""
    op, immediate, _ = instruction
    if op is _TRY_TABLE:
        immediate = immediate[0]
    return op in _EXPLICIT_BLOCK_TYPES and not isinstance(immediate, FuncType)


def _has_bulk_memory(module: Module) -> bool:
    modes = [elem.mode for elem in module.elems] + [data.mode for data in module.datas]
    return module.data_count is not None or any(mode != "active" for mode in modes)


def _has_extended_constants(module: Module) -> bool:
    return any(len(expression) > 1 for expression in _constants(module))


def _constants(module: Module) -> Iterator[Expression]:
    yield from (item.init for item in module.globals)
    yield from (elem.table_offset for elem in module.elems)
    yield from (data.memory_offset for data in module.datas)


def _has_several_memories(module: Module) -> bool:
    return len(module.imported("memory")) + len(module.memories) > 1


def _has_wide_indices(module: Module) -> bool:
    return any_wide(_memory_types(module), _table_types(module))


def _has_page_sizes(module: Module) -> bool:
    return any(type_.page_size != PAGE_SIZE for type_ in _memory_types(module))


def _has_shared_memory(module: Module) -> bool:
    return any(type_.shared for type_ in _memory_types(module))


def _memory_types(module: Module) -> Iterator[MemoryType]:
    yield from (item.type for item in module.imported("memory") if isinstance(item.type, MemoryType))
    yield from (memory.type for memory in module.memories)


def _table_types(module: Module) -> Iterator[TableType]:
    yield from (item.type for item in module.imported("table") if isinstance(item.type, TableType))
    yield from (table.type for table in module.tables)


def _has_multiple_results(module: Module) -> bool:
    return any(len(type_.results) > 1 for type_ in module.types)


def _shares_mutable_globals(module: Module) -> bool:
    imported = [item.type for item in module.imported("global") if isinstance(item.type, GlobalType)]
    types = imported + [item.type for item in module.globals]
    exported = [types[item.index] for item in module.exports if item.kind == "global"]
    return any(type_.mutable for type_ in imported + exported)


def _has_typed_references(module: Module) -> bool:
    """Whether a type says more of references than their kind, or a table what its elements are at first."""
    types = [table.element for table in _table_types(module)]
    types += (elem.type for elem in module.elems if elem.type != reference("func", nullable=False))
    types += (item.type.valtype for item in module.globals)
    types += (item.type.valtype for item in module.imports if isinstance(item.type, GlobalType))
    types += (valtype for type_ in module.types for valtype in type_.params + type_.results)
    types += (valtype for function in module.functions for _, valtype in function.locals)
    return any(type_[0] == "(" for type_ in types) or any(table.init is not None for table in module.tables)


def _has_exceptions(module: Module) -> bool:
    return bool(module.tags or module.imported("tag")) or EXNREF in _value_types(module)


def _value_types(module: Module) -> set[ValType]:
    """The types of parameters, results, and globals."""
    values = {value for type_ in module.types for value in type_.params + type_.results}
    values.update(item.type.valtype for item in module.globals)
    return values


def _has_references(module: Module) -> bool:
    tables = list(_table_types(module))
    declares = any(elem.mode == "declarative" for elem in module.elems)
    others = any(table.element != FUNCREF for table in tables)
    return len(tables) > 1 or declares or others or not _value_types(module) <= NUMERIC_TYPES
