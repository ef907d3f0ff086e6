"""Module fields (spec: Text Format / Modules), in two passes.

`declare_fields` gives every entry its index, so that names can be used before their definition, and reads the types;
`define_fields` then assembles each field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wasm2py.runtime.types import Limits, MemoryType, TableType, ValType
from wasm2py.transpile.text.builder import ModuleBuilder
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.definitions import declare_group, define_group, define_type
from wasm2py.transpile.text.encode import sized, unsigned, vector
from wasm2py.transpile.text.immediates import OPCODES, Scope, typeuse
from wasm2py.transpile.text.instructions import expression
from wasm2py.transpile.text.segments import active_data, define_data, define_elem, inline_elem, start_of
from wasm2py.transpile.text.types import (
    UNNAMED,
    LocalName,
    at_reftype,
    encode_globaltype,
    encode_memorytype,
    encode_tabletype,
    encode_valtype,
    globaltype,
    indextype,
    limits,
    local_lists,
    memorytype,
    memorytype_of,
    pagesize,
    reftype,
    tabletype,
)

#: Defines one field; the cursor stands after its keyword, and is left before its `)`.
Definer: TypeAlias = Callable[[Cursor, ModuleBuilder], None]

#: The kinds of import and export, with their codes.
EXTERN_CODES = {"func": 0, "table": 1, "memory": 2, "global": 3, "tag": 4}


def declare_fields(cursor: Cursor, module: ModuleBuilder) -> None:
    """First pass over all fields, up to the `)` or the end after them."""
    types: list[int] = []
    defined = ""
    while cursor.kind == "(":
        start, keyword = cursor.at, cursor.opened_keyword()
        cursor.at += 2
        if keyword in ("type", "rec"):
            types.append(start)
        imported = _declare(cursor, module, keyword)
        if imported and defined:
            raise cursor.error(f"import after {defined}", start)
        if not imported and keyword in EXTERN_CODES:
            defined = defined or module.spaces[keyword].word
        cursor.at = start
        cursor.skip_list()
    for start in types:
        cursor.at = start + 2
        _TYPE_DEFINERS[cursor.texts[start + 1]](cursor, module)


def _declare(cursor: Cursor, module: ModuleBuilder, keyword: str) -> bool:
    """Give the entries of one field their indices; returns whether it is an import."""
    if keyword == "import":
        _declare_import(cursor, module)
        return True
    if keyword == "rec":
        declare_group(cursor, module)
    if keyword not in module.spaces:
        return False
    at = cursor.at
    module.spaces[keyword].declare(cursor, at, cursor.take_id())
    while cursor.opens("export"):
        cursor.skip_list()
    imported = cursor.opens("import")
    if keyword in _INLINE_SEGMENTS and not imported:
        _declare_inline_segment(cursor, module, _INLINE_SEGMENTS[keyword])
    return imported


def _declare_import(cursor: Cursor, module: ModuleBuilder) -> None:
    """`(import "m" "n" (kind id? …))`; what does not fit is left for the second pass to refuse."""
    while cursor.kind == "string":
        cursor.at += 1
    keyword = cursor.opened_keyword()
    if keyword in EXTERN_CODES:
        cursor.at += 2
        at = cursor.at
        module.spaces[keyword].declare(cursor, at, cursor.take_id())


#: The segment that a table or memory may contain.
_INLINE_SEGMENTS = {"table": "elem", "memory": "data"}


def _declare_inline_segment(cursor: Cursor, module: ModuleBuilder, keyword: str) -> None:
    while cursor.kind not in (")", "end"):
        if cursor.opens(keyword):
            module.spaces[keyword].declare(cursor, cursor.at, None)
            return
        if cursor.kind == "(":
            cursor.skip_list()
        else:
            cursor.at += 1


#: What reads types, before all else.
_TYPE_DEFINERS: dict[str, Definer] = {"type": define_type, "rec": define_group}


def define_fields(cursor: Cursor, module: ModuleBuilder, step: Callable[[], object]) -> None:
    """Second pass over all fields, up to the `)` or the end after them; `step` is called after each."""
    module.add_customs(cursor)
    while cursor.kind == "(":
        definer = DEFINERS.get(cursor.opened_keyword())
        if definer is None:
            raise cursor.unexpected(cursor.at + 1)
        cursor.at += 2
        definer(cursor, module)
        cursor.close()
        module.add_customs(cursor)
        step()


def _skip_type(cursor: Cursor, module: ModuleBuilder) -> None:
    """Types have been read in the first pass."""
    while cursor.kind != ")":
        if cursor.kind == "(":
            cursor.skip_list()
        else:
            cursor.at += 1


def _define_import(cursor: Cursor, module: ModuleBuilder) -> None:
    names = _import_names(cursor)
    if cursor.kind != "(":
        raise cursor.unexpected()
    kind = cursor.opened_keyword()
    if kind not in EXTERN_CODES:
        raise cursor.unexpected(cursor.at + 1)
    cursor.at += 2
    index = _binding(cursor, module, kind)
    _add_import(cursor, module, names, kind, index)
    cursor.close()


def _binding(cursor: Cursor, module: ModuleBuilder, kind: str) -> int:
    """The index of the entry that is being read, whose id and annotated name come next, if it has any."""
    cursor.take_id()
    index = module.next_index(kind)
    if kind in _ANNOTATED:
        module.annotate(cursor, kind, index)
    return index


#: What may have a name by annotation.
_ANNOTATED = ("func", "tag")


def _import_names(cursor: Cursor) -> bytes:
    return _encoded_name(cursor) + _encoded_name(cursor)


def _encoded_name(cursor: Cursor) -> bytes:
    return sized(cursor.name().encode("utf-8"))


def _add_import(cursor: Cursor, module: ModuleBuilder, names: bytes, kind: str, index: int) -> None:
    """The type of an import; its names and id are read."""
    code = bytes((EXTERN_CODES[kind],))
    module.imports.append(names + code + _IMPORT_TYPES[kind](cursor, module, index))


def _import_func(cursor: Cursor, module: ModuleBuilder, index: int) -> bytes:
    found, _, names = typeuse(cursor, module, named=True)
    _bind_locals(cursor, names)
    module.local_names[index] = _shown(names)
    return unsigned(found)


def _tag_type(cursor: Cursor, module: ModuleBuilder) -> bytes:
    return b"\0" + unsigned(typeuse(cursor, module, named=True)[0])


_IMPORT_TYPES: dict[str, Callable[[Cursor, ModuleBuilder, int], bytes]] = {
    "func": _import_func,
    "table": lambda cursor, module, index: encode_tabletype(tabletype(cursor)),
    "memory": lambda cursor, module, index: encode_memorytype(memorytype(cursor)),
    "global": lambda cursor, module, index: encode_globaltype(globaltype(cursor)),
    "tag": lambda cursor, module, index: _tag_type(cursor, module),
}


def _head(cursor: Cursor, module: ModuleBuilder, kind: str) -> tuple[int, bool]:
    """`id? (export …)* (import …)?`: the entry's index, and whether it was an import (which is then complete)."""
    index = _binding(cursor, module, kind)
    while cursor.take_open("export"):
        _add_export(module, _encoded_name(cursor), kind, index)
        cursor.close()
    if not cursor.take_open("import"):
        return index, False
    names = _import_names(cursor)
    cursor.close()
    _add_import(cursor, module, names, kind, index)
    return index, True


def _add_export(module: ModuleBuilder, name: bytes, kind: str, index: int) -> None:
    module.exports.append(name + bytes((EXTERN_CODES[kind],)) + unsigned(index))


def _define_func(cursor: Cursor, module: ModuleBuilder) -> None:
    index, imported = _head(cursor, module, "func")
    if imported:
        return
    type_index, type_, names = typeuse(cursor, module, named=True)
    module.functions.append(unsigned(type_index))
    params = len(type_.params) if type_ else 0
    types, local_names = local_lists(cursor)
    names = [*names, *[UNNAMED] * (params - len(names)), *local_names]
    scope = Scope(module, _bind_locals(cursor, names))
    module.local_names[index] = _shown(names)
    code = bytearray(_encode_locals(types))
    expression(cursor, scope, code)
    if scope.branch_hints:
        module.branch_hints[index] = scope.branch_hints
    module.codes.append(sized(bytes(code) + OPCODES["end"]))


def _bind_locals(cursor: Cursor, names: list[LocalName]) -> dict[str, int]:
    bound: dict[str, int] = {}
    for index, (symbolic, _) in enumerate(names):
        if symbolic is not None:
            if symbolic in bound:
                raise cursor.error(f"duplicate local ${symbolic}")
            bound[symbolic] = index
    return bound


def _shown(names: list[LocalName]) -> dict[int, str]:
    return {index: shown for index, (_, shown) in enumerate(names) if shown is not None}


def _encode_locals(types: list[ValType]) -> bytes:
    """Locals as runs of one type."""
    runs: list[tuple[int, ValType]] = []
    for type_ in types:
        count = runs.pop()[0] if runs and runs[-1][1] == type_ else 0
        runs.append((count + 1, type_))
    return vector([unsigned(count) + encode_valtype(type_) for count, type_ in runs])


def _define_table(cursor: Cursor, module: ModuleBuilder) -> None:
    index, imported = _head(cursor, module, "table")
    if imported:
        return
    index_type = indextype(cursor)
    if not at_reftype(cursor):
        sizes = limits(cursor)
        type_ = TableType(reftype(cursor), sizes, index_type)
        module.tables.append(encode_tabletype(type_) if cursor.kind == ")" else _with_value(cursor, module, type_))
        return
    element = reftype(cursor)
    cursor.expect_open("elem")
    size = inline_elem(cursor, module, index, element, index_type)
    cursor.close()
    module.tables.append(encode_tabletype(TableType(element, Limits(size, size), index_type)))


def _with_value(cursor: Cursor, module: ModuleBuilder, type_: TableType) -> bytes:
    """A table with an expression for what its elements are at first, which comes next."""
    code = bytearray(b"\x40\x00" + encode_tabletype(type_))
    expression(cursor, Scope(module), code)
    return bytes(code) + OPCODES["end"]


def _define_memory(cursor: Cursor, module: ModuleBuilder) -> None:
    index, imported = _head(cursor, module, "memory")
    if imported:
        return
    index_type = indextype(cursor)
    page_size = pagesize(cursor)
    if not cursor.take_open("data"):
        module.memories.append(encode_memorytype(memorytype_of(cursor, index_type)))
        return
    content = cursor.strings()
    cursor.close()
    pages = -(-len(content) // page_size)
    module.memories.append(encode_memorytype(MemoryType(Limits(pages, pages), index_type, page_size=page_size)))
    module.datas.append(active_data(index, start_of(index_type), content))


def _define_global(cursor: Cursor, module: ModuleBuilder) -> None:
    _, imported = _head(cursor, module, "global")
    if imported:
        return
    code = bytearray(encode_globaltype(globaltype(cursor)))
    expression(cursor, Scope(module), code)
    module.globals.append(bytes(code) + OPCODES["end"])


def _define_tag(cursor: Cursor, module: ModuleBuilder) -> None:
    _, imported = _head(cursor, module, "tag")
    if not imported:
        module.tags.append(_tag_type(cursor, module))


def _define_export(cursor: Cursor, module: ModuleBuilder) -> None:
    name = _encoded_name(cursor)
    kind = cursor.expect_open(*EXTERN_CODES)
    _add_export(module, name, kind, module.spaces[kind].index(cursor))
    cursor.close()


def _define_start(cursor: Cursor, module: ModuleBuilder) -> None:
    if module.start is not None:
        raise cursor.error("multiple start sections", cursor.at - 1)
    module.start = unsigned(module.spaces["func"].index(cursor))


#: The fields of a module, by keyword.
DEFINERS: dict[str, Definer] = {
    "type": _skip_type,
    "rec": _skip_type,
    "import": _define_import,
    "func": _define_func,
    "table": _define_table,
    "memory": _define_memory,
    "global": _define_global,
    "tag": _define_tag,
    "export": _define_export,
    "start": _define_start,
    "elem": define_elem,
    "data": define_data,
}
