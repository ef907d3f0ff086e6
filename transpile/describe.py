"""A description of a module for people and programs: everything in it but the code, as JSON has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, TypeAlias

from wasm2py.runtime.types import ExternKind, ExternType
from wasm2py.transpile.decode.producers import decode_producers
from wasm2py.transpile.decode.sections import section_spans
from wasm2py.transpile.dump.wat import instruction
from wasm2py.transpile.module import Expression, Module, import_kind
from wasm2py.transpile.usage import first_uses

#: One row of a part of the description; the same keys in all rows of a part.
Row: TypeAlias = dict[str, Any]


def describe(module: Module, step: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """Describe a valid module.  Sizes and offsets are in bytes, types in words, absent values None.

    `step` is called after each function that is read, to show progress.

    `sections`, `types`, `imports`, `exports`, `functions`, `tables`, `memories`, `tags`, `globals`, `elements`, `data`,
    `uses` and `producers` are lists of dicts; functions, tables, memories, tags and globals are whole index spaces,
    imports first; `uses` says where each of the `features` is used first.
    """
    first = first_uses(module, step)
    parts: dict[str, Callable[[Module], Iterator[Row]]] = {
        "sections": _sections,
        "types": _types,
        "imports": _imports,
        "exports": _exports,
        "functions": _functions,
        "tables": lambda module: _externs(module, "table", module.tables, {}),
        "memories": lambda module: _externs(module, "memory", module.memories, {}),
        "tags": lambda module: _externs(module, "tag", module.tags, module.names.tags),
        "globals": _globals,
        "elements": _elements,
        "data": _data,
    }
    return {
        "name": module.names.module,
        "size": len(module.data),
        "sha256": module.hash.hex(),
        "start": module.start,
        "features": [use.feature for use in first],
        "uses": [
            {"feature": use.feature, "what": use.what, "function": use.function, "offset": use.offset} for use in first
        ],
        "producers": [
            {"field": field, "name": name, "version": version}
            for field, values in decode_producers(module.customs).items()
            for name, version in values
        ],
        **{part: list(rows(module)) for part, rows in parts.items()},
    }


def _sections(module: Module) -> Iterator[Row]:
    customs = iter(module.customs)
    for span in section_spans(module.data):
        title = next(customs)[0] if span.name == "custom" else None
        yield {"section": span.name, "name": title, "offset": span.start, "size": span.size}


def _types(module: Module) -> Iterator[Row]:
    names = module.names.types
    return ({"index": index, "name": names.get(index), "type": str(type_)} for index, type_ in enumerate(module.types))


def _imports(module: Module) -> Iterator[Row]:
    indices = {kind: count() for kind in _KINDS}
    for item in module.imports:
        kind = import_kind(item)
        type_ = module.extern_type(item)
        yield {"module": item.module, "name": item.name, "kind": kind, "index": next(indices[kind]), "type": str(type_)}


def _exports(module: Module) -> Iterator[Row]:
    spaces = {kind: _space(module, kind) for kind in _KINDS}
    for item in module.exports:
        type_ = spaces[item.kind][item.index]
        yield {"name": item.name, "kind": item.kind, "index": item.index, "type": str(type_)}


_KINDS: tuple[ExternKind, ...] = ("func", "table", "memory", "global", "tag")


def _space(module: Module, kind: ExternKind) -> list[ExternType]:
    """The types of an index space, imports first."""
    defined: dict[ExternKind, Sequence[ExternType]] = {
        "func": [module.function_type(function.type_index) for function in module.functions],
        "table": [table.type for table in module.tables],
        "memory": [memory.type for memory in module.memories],
        "global": [item.type for item in module.globals],
        "tag": [module.tag_type(tag) for tag in module.tags],
    }
    return [module.extern_type(item) for item in module.imported(kind)] + list(defined[kind])


def _functions(module: Module) -> Iterator[Row]:
    imported = len(module.imported("func"))
    names = _names(module, "func", module.names.functions)
    for index, type_ in enumerate(_space(module, "func")):
        row = {"index": index, "name": names.get(index), "type": str(type_), "imported": index < imported}
        if index < imported:
            yield row | {"locals": None, "offset": None, "size": None}
        else:
            function = module.functions[index - imported]
            locals_ = sum(run for run, _ in function.locals)
            yield row | {"locals": locals_, "offset": function.start, "size": function.end - function.start}


def _names(module: Module, kind: ExternKind, own: dict[int, str]) -> dict[int, str]:
    """What is known of the names in an index space: the name section's, else an export's, else an import's."""
    imported = {index: f"{item.module}.{item.name}" for index, item in enumerate(module.imported(kind))}
    exported = {item.index: item.name for item in reversed(module.exports) if item.kind == kind}
    return imported | exported | own


def _externs(module: Module, kind: ExternKind, defined: Sequence[object], own: dict[int, str]) -> Iterator[Row]:
    names = _names(module, kind, own)
    types = _space(module, kind)
    imported = len(types) - len(defined)
    for index, type_ in enumerate(types):
        yield {"index": index, "name": names.get(index), "type": str(type_), "imported": index < imported}


def _globals(module: Module) -> Iterator[Row]:
    imported = len(module.imported("global"))
    names = _names(module, "global", module.names.globals)
    for index, type_ in enumerate(_space(module, "global")):
        row = {"index": index, "name": names.get(index), "type": str(type_), "imported": index < imported}
        yield row | {"init": _text(module.globals[index - imported].init) if index >= imported else None}


def _elements(module: Module) -> Iterator[Row]:
    for index, elem in enumerate(module.elems):
        active = elem.mode == "active"
        yield {
            "index": index,
            "mode": elem.mode,
            "type": elem.type,
            "table": elem.table if active else None,
            "at": _text(elem.table_offset) if active else None,
            "length": len(elem.items),
        }


def _data(module: Module) -> Iterator[Row]:
    for index, data in enumerate(module.datas):
        active = data.mode == "active"
        yield {
            "index": index,
            "mode": data.mode,
            "memory": data.memory if active else None,
            "at": _text(data.memory_offset) if active else None,
            "size": len(data.data),
        }


def _text(expression: Expression) -> str:
    """A constant expression in the text format."""
    return " ".join(instruction(instr) for instr in expression)
