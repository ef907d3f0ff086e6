"""Validation of modules, except for the bodies of functions (spec: Validation / Modules, Validation / Types)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from wasm2py.runtime.errors import ValidationError
from wasm2py.runtime.types import (
    MAX_TABLE_SIZE,
    PAGE_SIZE,
    PAGE_SIZES,
    ExternKind,
    ExternType,
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    TagType,
    max_pages,
)
from wasm2py.transpile.indices import any_wide
from wasm2py.transpile.module import Data, Elem, Expression, Import, Module, Tag
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.validate.context import Context, function_type, lookup
from wasm2py.transpile.validate.errors import InvalidError
from wasm2py.transpile.validate.functions import validate_constant
from wasm2py.transpile.validate.stacks import MISMATCH, Bottoms, has_default
from wasm2py.transpile.validate.subtyping import Subtyping, check_valid

T = TypeVar("T")

_REF_FUNC = OPS["ref.func"]


def check_module(module: Module) -> Context:
    """Check everything but the bodies of functions; returns the context for `validate_function`.

    Raises `ValidationError`.
    """
    context = _context(module)
    _check_tables(module, context)
    _check_globals(module, context)
    for elem in module.elems:
        _check_elem(context, elem)
    for data in module.datas:
        _check_data(context, data)
    _check_start(module, context)
    _check_exports(module, context)
    return context


@contextmanager
def _at(offset: int | None) -> Iterator[None]:
    """Errors within are at that offset."""
    try:
        yield
    except InvalidError as invalid:
        raise ValidationError(invalid.message, None, offset) from None


# The context, and the types in it.


def _context(module: Module) -> Context:
    subtyping = Subtyping(module)
    with _at(None):
        subtyping.check()
    types = len(module.types)
    imported = _imported_types(module)
    for memory in module.memories:
        with _at(memory.offset):
            _check_memory_type(memory.type, types)
    for table in module.tables:
        with _at(table.offset):
            _check_table_type(table.type, types)
            if table.init is None and not has_default(table.type.element):
                raise InvalidError(f"{MISMATCH}: a table of {table.type.element} needs a value for its elements")
    for item in module.globals:
        with _at(item.offset):
            check_valid(item.type.valtype, types)
    for elem in module.elems:
        with _at(elem.offset):
            check_valid(elem.type, types)
    tables = (*_only(TableType, imported), *(table.type for table in module.tables))
    memories = (*_only(MemoryType, imported), *(memory.type for memory in module.memories))
    return Context(
        types=module.types,
        functions=(*_only(FuncType, imported), *_function_types(module)),
        type_indices=_type_indices(module),
        tables=tables,
        memories=memories,
        globals=(*_only(GlobalType, imported), *(item.type for item in module.globals)),
        elems=tuple(elem.type for elem in module.elems),
        tags=(*_only(TagType, imported), *_tag_types(module)),
        datas=len(module.datas),
        references=frozenset(_references(module)),
        wide=any_wide(memories, tables),
        subtyping=subtyping,
        bottoms=Bottoms(subtyping.matches),
    )


def _only(kind: type[T], types: Iterable[ExternType]) -> list[T]:
    return [type_ for type_ in types if isinstance(type_, kind)]


def _imported_types(module: Module) -> list[ExternType]:
    types = []
    for item in module.imports:
        with _at(item.offset):
            type_ = _import_type(module, item)
            _TYPE_CHECKS[type(type_)](type_, len(module.types))
            types.append(type_)
    return types


def _import_type(module: Module, item: Import) -> ExternType:
    if isinstance(item.type, int):
        return function_type(module.types, item.type)
    if isinstance(item.type, Tag):
        return TagType(function_type(module.types, item.type.type_index))
    return item.type


def _tag_types(module: Module) -> list[TagType]:
    types = []
    for tag in module.tags:
        with _at(tag.offset):
            type_ = TagType(function_type(module.types, tag.type_index))
            _check_tag_type(type_, len(module.types))
            types.append(type_)
    return types


def _function_types(module: Module) -> list[FuncType]:
    types = []
    for function in module.functions:
        with _at(function.start):
            types.append(function_type(module.types, function.type_index))
    return types


def _type_indices(module: Module) -> tuple[int, ...]:
    imported = [item.type for item in module.imports if isinstance(item.type, int)]
    return (*imported, *[function.type_index for function in module.functions])


def _check_limits(limits: Limits, largest: int, message: str) -> None:
    if max(limits.minimum, limits.maximum or 0) > largest:
        raise InvalidError(message)
    if limits.maximum is not None and limits.minimum > limits.maximum:
        raise InvalidError("size minimum must not be greater than maximum")


def _check_memory_type(type_: MemoryType, types: int) -> None:
    if type_.page_size not in PAGE_SIZES:
        raise InvalidError("invalid custom page size")
    most = max_pages(type_.index, type_.page_size)
    message = (
        _TOO_MANY_PAGES[type_.index] if type_.page_size == PAGE_SIZE else f"memory size must be at most {most} pages"
    )
    _check_limits(type_.limits, most, message)
    if type_.shared and type_.limits.maximum is None:
        raise InvalidError("shared memory must have maximum")


def _check_table_type(type_: TableType, types: int) -> None:
    check_valid(type_.element, types)
    most = MAX_TABLE_SIZE[type_.index]
    _check_limits(type_.limits, most, f"table size must be at most 2^{most.bit_length()}-1")


def _check_tag_type(type_: TagType, types: int) -> None:
    if type_.type.results:
        raise InvalidError("non-empty tag result type")


_TOO_MANY_PAGES = {
    "i32": "memory size must be at most 65536 pages (4GiB)",
    "i64": "memory size must be at most 2^48 pages (2^64 bytes)",
}


def _check_global_type(type_: GlobalType, types: int) -> None:
    check_valid(type_.valtype, types)


def _checked_before(type_: FuncType, types: int) -> None:
    """Function types were checked where they are defined."""


#: Checks of a type, in a module that defines so many types.
_TYPE_CHECKS: dict[type, Callable[[Any, int], None]] = {
    FuncType: _checked_before,
    TableType: _check_table_type,
    MemoryType: _check_memory_type,
    GlobalType: _check_global_type,
    TagType: _check_tag_type,
}


def _references(module: Module) -> Iterator[int]:
    """The functions that occur in the module outside of functions and the start section."""
    for export in module.exports:
        if export.kind == "func":
            yield export.index
    for expression in _constants(module):
        for op, immediate, _ in expression:
            if op is _REF_FUNC:
                yield immediate


def _constants(module: Module) -> Iterator[Expression]:
    yield from (table.init for table in module.tables if table.init is not None)
    for item in module.globals:
        yield item.init
    for elem in module.elems:
        yield elem.table_offset
        yield from elem.items
    for data in module.datas:
        yield data.memory_offset


# Definitions.


def _check_tables(module: Module, context: Context) -> None:
    """What a table's elements are at first can use imported globals."""
    imported = len(context.globals) - len(module.globals)
    for table in module.tables:
        if table.init is not None:
            validate_constant(context, table.init, table.type.element, table.offset, imported)


def _check_globals(module: Module, context: Context) -> None:
    """An initial value can use the globals before its own."""
    imported = len(context.globals) - len(module.globals)
    for position, item in enumerate(module.globals):
        validate_constant(context, item.init, item.type.valtype, item.offset, imported + position)


def _check_elem(context: Context, elem: Elem) -> None:
    for item in elem.items:
        validate_constant(context, item, elem.type, elem.offset, len(context.globals))
    if elem.mode != "active":
        return
    with _at(elem.offset):
        table = lookup(context.tables, elem.table, "table")
        if not context.bottoms.matches(elem.type, table.element):
            raise InvalidError(f"{MISMATCH}: element segment of {elem.type} for a table of {table.element}")
    validate_constant(context, elem.table_offset, table.index, elem.offset, len(context.globals))


def _check_data(context: Context, data: Data) -> None:
    if data.mode != "active":
        return
    with _at(data.offset):
        memory = lookup(context.memories, data.memory, "memory")
    validate_constant(context, data.memory_offset, memory.index, data.offset, len(context.globals))


def _check_start(module: Module, context: Context) -> None:
    if module.start is None:
        return
    with _at(None):
        if lookup(context.functions, module.start, "function") != FuncType():
            raise InvalidError("start function must not have parameters or results")


def _check_exports(module: Module, context: Context) -> None:
    spaces: dict[ExternKind, tuple[tuple[ExternType, ...], str]] = {
        "func": (context.functions, "function"),
        "table": (context.tables, "table"),
        "memory": (context.memories, "memory"),
        "global": (context.globals, "global"),
        "tag": (context.tags, "tag"),
    }
    names: set[str] = set()
    for export in module.exports:
        with _at(export.offset):
            space, what = spaces[export.kind]
            lookup(space, export.index, what)
            if export.name in names:
                raise InvalidError(f"duplicate export name {export.name!r}")
            names.add(export.name)
