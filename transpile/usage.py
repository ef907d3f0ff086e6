"""Which features, beyond the first version of WebAssembly, a module uses, and where; and that all of them are on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from wasm2py.runtime.errors import ValidationError
from wasm2py.runtime.references import reference
from wasm2py.runtime.types import (
    PAGE_SIZE,
    FuncType,
    GlobalType,
    MemoryType,
    TableType,
    ValType,
    shown,
)
from wasm2py.transpile.decode import decode_body
from wasm2py.transpile.decode.sections import section_spans
from wasm2py.transpile.features import DEFINITIONS, features_of_elements, features_of_type
from wasm2py.transpile.module import Expression, Function, Instr, Module
from wasm2py.transpile.opcodes import OPS, Feature, Immediate, Op
from wasm2py.transpile.validate.subtyping import value_types


@dataclass(frozen=True, slots=True)
class Use:
    """Something that needs a feature: what it is, its byte offset in the module, and the funcidx that it is in."""

    feature: Feature
    what: str
    offset: int
    function: int | None = None


def features_used(module: Module, step: Callable[[], object] = lambda: None) -> tuple[str, ...]:
    """The features that a valid module uses, sorted.  Every function is read for it; `step` is called after each."""
    return tuple(sorted({use.feature for use in uses(module, step)}))


def first_uses(module: Module, step: Callable[[], object] = lambda: None) -> list[Use]:
    """Where a valid module uses each of its features first, sorted by feature."""
    first: dict[str, Use] = {}
    for use in uses(module, step):
        first.setdefault(use.feature, use)
    return [first[feature] for feature in sorted(first)]


def uses(module: Module, step: Callable[[], object] = lambda: None) -> Iterator[Use]:
    """Whatever in a valid module needs a feature; `step` is called after each function."""
    yield from uses_of_definitions(module)
    for index, function in enumerate(module.functions, len(module.imported("func"))):
        yield from uses_of_function(index, function, decode_body(module, function))
        step()


def refuse_disabled(uses: Iterable[Use], disabled: Collection[str]) -> None:
    """Raise `ValidationError` for the first of these uses that is of a feature that is off."""
    for use in uses:
        if use.feature in disabled:
            raise ValidationError(f"the {use.feature} feature is off: {use.what}", use.function, use.offset)


# Functions.


def uses_of_function(index: int, function: Function, instructions: Iterable[Instr]) -> Iterator[Use]:
    """What a function with these instructions needs; `index` is its funcidx."""
    for _, valtype in function.locals:
        for feature in features_of_type(valtype):
            yield Use(feature, f"a local of type {shown(valtype)}", function.start, index)
    for op, immediate, offset in instructions:
        if op in _LOOKED_AT:
            for feature in _of_instruction(op, immediate):
                yield Use(feature, op.mnemonic, offset, index)


def _of_instruction(op: Op, immediate: Any) -> Iterator[Feature]:
    if op.feature != "mvp":
        yield op.feature
    if op.immediate in _OF_IMMEDIATES:
        yield from _OF_IMMEDIATES[op.immediate](immediate)


def _of_block_type(type_: FuncType | int) -> Iterator[Feature]:
    """A block has parameters or more than one result where its type is a typeidx."""
    if isinstance(type_, FuncType):
        yield from _of_types(type_.results)
    else:
        yield "multi-value"


def _of_types(types: Iterable[ValType]) -> Iterator[Feature]:
    return (feature for valtype in types for feature in features_of_type(valtype))


_OF_IMMEDIATES: dict[Immediate | None, Callable[[Any], Iterator[Feature]]] = {
    "block": _of_block_type,
    "try_table": lambda immediate: _of_block_type(immediate[0]),
    "types": _of_types,
    "heaptype": lambda immediate: _of_types([immediate]),
    "cast": lambda immediate: _of_types(immediate[1:]),
}
_LOOKED_AT = frozenset(op for op in OPS.values() if op.feature != "mvp" or op.immediate in _OF_IMMEDIATES)


# Definitions.


def uses_of_definitions(module: Module) -> Iterator[Use]:
    """What everything but the functions of a module needs."""
    return chain.from_iterable(rule(module) for rule in _RULES)


def _of_type_section(module: Module) -> Iterator[Use]:
    offset = _section_offset(module, "type")
    for type_ in module.types:
        if DEFINITIONS[type(type_)] != "mvp":
            yield Use(DEFINITIONS[type(type_)], f"the type {type_}", offset)
        if isinstance(type_, FuncType) and len(type_.results) > 1:
            yield Use("multi-value", "a type with several results", offset)
        for feature in _of_types(value_types(type_)):
            yield Use(feature, f"the type {type_}", offset)
    if module.groups or module.subtypes:
        yield Use("gc", "recursive groups of types, or subtypes", offset)


def _section_offset(module: Module, name: str) -> int:
    return next((span.start for span in section_spans(module.data) if span.name == name), 0)


def _of_tables(module: Module) -> Iterator[Use]:
    for number, (type_, offset) in enumerate(_tables(module)):
        if number:
            yield Use("reference-types", "a second table", offset)
        for feature in features_of_elements(type_.element):
            yield Use(feature, f"a table of {shown(type_.element)}", offset)
        if type_.index == "i64":
            yield Use("memory64", "a 64-bit table", offset)
    yield from (
        Use("function-references", "a table with a value for its elements", table.offset)
        for table in module.tables
        if table.init is not None
    )


def _of_memories(module: Module) -> Iterator[Use]:
    for number, (type_, offset) in enumerate(_memories(module)):
        if number:
            yield Use("multi-memory", "a second memory", offset)
        if type_.index == "i64":
            yield Use("memory64", "a 64-bit memory", offset)
        if type_.page_size != PAGE_SIZE:
            yield Use("custom-page-sizes", "a memory with a page size", offset)
        if type_.shared:
            yield Use("threads", "a shared memory", offset)


def _tables(module: Module) -> Iterator[tuple[TableType, int]]:
    yield from ((item.type, item.offset) for item in module.imports if isinstance(item.type, TableType))
    yield from ((table.type, table.offset) for table in module.tables)


def _memories(module: Module) -> Iterator[tuple[MemoryType, int]]:
    yield from ((item.type, item.offset) for item in module.imports if isinstance(item.type, MemoryType))
    yield from ((memory.type, memory.offset) for memory in module.memories)


def _of_tags(module: Module) -> Iterator[Use]:
    offsets = [item.offset for item in module.imported("tag")] + [tag.offset for tag in module.tags]
    for offset in offsets:
        yield Use("exception-handling", "a tag", offset)


def _of_globals(module: Module) -> Iterator[Use]:
    imported = [(item.type, item.offset) for item in module.imports if isinstance(item.type, GlobalType)]
    defined = [(item.type, item.offset) for item in module.globals]
    for type_, offset in imported + defined:
        for feature in features_of_type(type_.valtype):
            yield Use(feature, f"a global of type {shown(type_.valtype)}", offset)
    types = [type_ for type_, _ in imported + defined]
    exported = [(types[item.index], item.offset) for item in module.exports if item.kind == "global"]
    for type_, offset in imported + exported:
        if type_.mutable:
            yield Use("mutable-globals", "a mutable global that is imported or exported", offset)


def _of_segments(module: Module) -> Iterator[Use]:
    if module.data_count is not None:
        yield Use("bulk-memory", "a data count section", _section_offset(module, "data count"))
    modes = [(elem.mode, elem.offset) for elem in module.elems] + [(data.mode, data.offset) for data in module.datas]
    for mode, offset in modes:
        if mode != "active":
            yield Use("bulk-memory", f"a {mode} segment", offset)
    for elem in module.elems:
        if elem.mode == "declarative":
            yield Use("reference-types", "a declarative segment", elem.offset)
        if elem.type != _FUNCTIONS:
            yield Use("bulk-memory", "a segment of expressions", elem.offset)
            for feature in features_of_elements(elem.type):
                yield Use(feature, f"a segment of {shown(elem.type)}", elem.offset)


#: The type of what a segment of function indices holds.
_FUNCTIONS = reference("func", nullable=False)


def _of_constants(module: Module) -> Iterator[Use]:
    imported = len(module.imported("global"))
    for op, immediate, offset in chain.from_iterable(_constants(module)):
        if op.family == "integer" and op.feature == "mvp":
            yield Use("extended-const", f"{op.mnemonic} in a constant expression", offset)
        elif op is _GLOBAL_GET and immediate >= imported:
            yield Use("gc", "a constant expression of a global that is not imported", offset)
        elif op in _LOOKED_AT:
            yield from (Use(feature, op.mnemonic, offset) for feature in _of_instruction(op, immediate))


_GLOBAL_GET = OPS["global.get"]


def _constants(module: Module) -> Iterator[Expression]:
    yield from (item.init for item in module.globals)
    yield from (table.init for table in module.tables if table.init is not None)
    for elem in module.elems:
        yield elem.table_offset
        # a reference by itself came with segments that are not active
        yield from (item for item in elem.items if len(item) > 1 or item[0][0].family != "reference")
    yield from (data.memory_offset for data in module.datas)


_RULES: tuple[Callable[[Module], Iterator[Use]], ...] = (
    _of_type_section,
    _of_tables,
    _of_memories,
    _of_tags,
    _of_globals,
    _of_segments,
    _of_constants,
)
