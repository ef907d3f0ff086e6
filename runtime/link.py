"""Import matching (spec: Execution / Modules / External Typing; Validation / Types / Import Subtyping)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from wasm2py.runtime import references
from wasm2py.runtime.errors import LinkError
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import ImportInfo, Program
from wasm2py.runtime.table import Table
from wasm2py.runtime.tag import Tag
from wasm2py.runtime.types import (
    ExternType,
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    TagType,
    extern_kind,
)

#: What can be imported and exported.
Extern: TypeAlias = Func | Table | Memory | Global | Tag

#: Looks up (module, name); None where there is nothing.
Resolver: TypeAlias = Callable[[str, str], Extern | None]


def resolve_imports(program: Program, resolve: Resolver) -> list[Extern]:
    """What `resolve` has for each import, in order; LinkError "unknown import" where it has nothing."""
    found = []
    for item in program.imports:
        extern = resolve(item.module, item.name)
        if extern is None:
            raise LinkError(f"unknown import: {_quoted(item)}, expected {describe(item.type)}")
        found.append(extern)
    return found


def match_imports(program: Program, imports: Sequence[Extern]) -> None:
    """Check what is given for each import against its type; LinkError "incompatible import type" where it does not
    fit.
    """
    if len(imports) != len(program.imports):
        raise LinkError(f"{program.name}: expected {len(program.imports)} imports, got {len(imports)}")
    for item, extern in zip(program.imports, imports, strict=True):
        if not isinstance(extern, Func | Table | Memory | Global | Tag):
            raise _incompatible(item, f"a Python object of type {type(extern).__name__}")
        if not matches(extern.type, item.type):
            raise _incompatible(item, describe(extern.type))


def matches(given: ExternType, expected: ExternType) -> bool:
    """Whether an extern of type `given` may be imported as `expected`; a table's or memory's minimum is its current
    size.
    """
    rule = _RULES[type(expected)]
    return type(given) is type(expected) and rule(given, expected)


def describe(type_: ExternType) -> str:
    """A type for messages, beginning with its kind."""
    return f"func {type_}" if extern_kind(type_) == "func" else str(type_)


def _match_limits(given: Limits, expected: Limits) -> bool:
    if given.minimum < expected.minimum:
        return False
    return expected.maximum is None or (given.maximum is not None and given.maximum <= expected.maximum)


def _match_tables(given: TableType, expected: TableType) -> bool:
    same = given.element == expected.element and given.index == expected.index
    return same and _match_limits(given.limits, expected.limits)


def _match_memories(given: MemoryType, expected: MemoryType) -> bool:
    same = (given.index, given.shared, given.page_size) == (expected.index, expected.shared, expected.page_size)
    return same and _match_limits(given.limits, expected.limits)


def _match_globals(given: GlobalType, expected: GlobalType) -> bool:
    if given.mutable or expected.mutable:
        return given == expected
    return references.matches(given.valtype, expected.valtype)


def _equal(given: ExternType, expected: ExternType) -> bool:
    return given == expected


_RULES: dict[type, Callable[[Any, Any], bool]] = {
    FuncType: references.functions_match,
    TableType: _match_tables,
    MemoryType: _match_memories,
    GlobalType: _match_globals,
    TagType: _equal,
}


def _incompatible(item: ImportInfo, given: str) -> LinkError:
    return LinkError(f"incompatible import type: {_quoted(item)}, expected {describe(item.type)}, got {given}")


def _quoted(item: ImportInfo) -> str:
    return f'"{item.module}" "{item.name}"'
