"""What a module of binaryen's fuzzer imports, and what calls its exports: see `companions`.

The imports are those of binaryen's own harness: functions that log, throw, call exports or references, and read and
write the exported table.  Logging and calls of exports go by way of a table of functions, which the module behind
fills.
"""

from __future__ import annotations

from collections.abc import Callable

from property.companions import DEPTH, Companion, block, cast, i32, is_a, op
from property.encoder import code, heap_type, limits, signed, unsigned, value_type
from wasm2py.runtime.types import ArrayType, FieldType, FuncType, GlobalType, StructType, TableType, ValType
from wasm2py.transpile.module import Export, Import, Module, Tag

#: How many elements of an array or a table are looked at.
ITEMS = 3
#: What the table of functions has first: those that read and write the table that the module in the middle exports.
GET_TABLE, SET_TABLE, FIRST_CALL = 0, 1, 2
#: What is told of references, and of how a call ended.
NULL, I31, STRUCT, ARRAY, OTHER, DEEP, NO_CALL = range(100, 107)
RETURNED, THROWN = 110, 111
VARIANTS = 2
#: What the two modules import by: the host, the module before, the one in the middle.
HOST, BEFORE, BETWEEN = "host", "before", "between"
_EMPTY = b"\x40"


def calls(module: Module) -> list[tuple[Export, int]]:
    """The exported functions of a module that can be called, each with zeros and once more with other arguments."""
    found = []
    for export in module.exports:
        if export.kind == "func":
            params = function_type(module, export.index).params
            variants = range(VARIANTS if params else 1)
            found += [(export, variant) for variant in variants if _callable(module, params, variant)]
    return found


def _callable(module: Module, params: tuple[ValType, ...], variant: int) -> bool:
    return Companion(module).arguments(params, variant) is not None


def function_type_index(module: Module, index: int) -> int:
    """The typeidx of a function of the index space."""
    imported = [item.type for item in module.imported("func")]
    type_ = imported[index] if index < len(imported) else module.functions[index - len(imported)].type_index
    assert isinstance(type_, int)
    return type_


def function_type(module: Module, index: int) -> FuncType:
    return module.function_type(function_type_index(module, index))


def _import_tellers(companion: Companion, module: str, names: tuple[str, ...]) -> None:
    params: dict[str, tuple[ValType, ...]] = {
        "note": ("i32",), "note64": ("i64",), "vector": ("v128",), "function": ("funcref",), "any": ("anyref", "i32")
    }  # fmt: skip
    for name in names:
        companion.tellers[name] = companion.imported_function(module, name, params[name])


# The module before


def before(module: Module) -> bytes:
    """The module that has what the given one imports, under the names `0`, `1`, …, and what tells of values."""
    companion = Companion(module)
    _import_tellers(companion, HOST, ("note", "note64"))
    _define_tellers(companion)
    companion.export("calls", "table", companion.table(FIRST_CALL + len(calls(module))))
    javascript, wasm = (companion.tag(companion.type_index((type_,))) for type_ in ("externref", "i32"))
    companion.export("jstag", "tag", javascript)
    companion.export("wasmtag", "tag", wasm)
    for number, item in enumerate(module.imports):
        _define_import(companion, str(number), item)
    return companion.build()


def _define_tellers(companion: Companion) -> None:
    tellers = companion.tellers
    low, high = (op("local.get", 0) + op("i64x2.extract_lane", lane) + companion.call("note64") for lane in (0, 1))
    tellers["vector"] = companion.function(companion.type_index(("v128",)), low + high, "vector")
    is_null = op("local.get", 0) + op("ref.is_null") + companion.call("note")
    tellers["function"] = companion.function(companion.type_index(("funcref",)), is_null, "function")
    tellers["any"] = companion.declare(companion.type_index(("anyref", "i32")), "any")
    companion.define(tellers["any"], _any_told(companion))


def _any_told(companion: Companion) -> bytes:
    """The body of what tells of an anyref, in its first parameter; the second is how deep to follow it."""
    get = op("local.get", 0)
    body = _case(get + op("ref.is_null"), companion.note(NULL))
    i31 = get + op("ref.cast") + heap_type("i31ref") + op("i31.get_s") + companion.call("note")
    body += _case(get + op("ref.test") + heap_type("i31ref"), companion.note(I31) + i31)
    body += _case(op("local.get", 1) + op("i32.eqz"), companion.note(DEEP)) + _types_counted(companion)
    for index, type_ in reversed(list(enumerate(companion.module.types))):
        if isinstance(type_, StructType):
            body += _case(get + is_a(index), companion.note(STRUCT) + _fields_told(companion, index, type_))
        elif isinstance(type_, ArrayType):
            body += _case(get + is_a(index), companion.note(ARRAY) + _elements_told(companion, index, type_))
    return body + companion.note(OTHER)


def _types_counted(companion: Companion) -> bytes:
    """Tell of how many of the module's types the anyref in the first parameter is: a subtype's is of several."""
    counted = i32(0)
    for index, type_ in enumerate(companion.module.types):
        if not isinstance(type_, FuncType):
            counted += op("local.get", 0) + is_a(index) + op("i32.add")
    return counted + companion.call("note")


def _case(condition: bytes, body: bytes) -> bytes:
    return condition + block(body + op("return"), mnemonic="if")


_LESS_DEEP = op("local.get", 1) + i32(1) + op("i32.sub")


def _fields_told(companion: Companion, index: int, type_: StructType) -> bytes:
    told = b""
    for position, field in enumerate(type_.fields):
        get = op("local.get", 0) + cast(index) + op(f"struct.get{_suffix(field)}", index, position)
        told += get + companion.told(field.valtype, _LESS_DEEP)
    return told


def _elements_told(companion: Companion, index: int, type_: ArrayType) -> bytes:
    length = op("local.get", 0) + cast(index) + op("array.len")
    told = length + companion.call("note")
    for position in range(ITEMS):
        get = op("local.get", 0) + cast(index) + i32(position) + op(f"array.get{_suffix(type_.element)}", index)
        told += length + i32(position) + op("i32.gt_u")
        told += block(get + companion.told(type_.element.valtype, _LESS_DEEP), mnemonic="if")
    return told


def _suffix(field: FieldType) -> str:
    return "_u" if field.storage in ("i8", "i16") else ""


def _define_import(companion: Companion, number: str, item: Import) -> None:
    if isinstance(item.type, int):
        body = _FUNCTIONS[item.name](companion) if item.name in _FUNCTIONS else _logged(companion, item.type)
        companion.function(item.type, body, number)
    elif isinstance(item.type, Tag):
        companion.export(number, "tag", {"jstag": 0, "wasmtag": 1}[item.name])
    elif isinstance(item.type, GlobalType):
        init = companion.value(item.type.valtype, 1)
        assert init is not None
        companion.export(number, "global", companion.global_(item.type.valtype, init))
    else:
        raise NotImplementedError(f"import of {item.type}")


def _logged(companion: Companion, type_index: int) -> bytes:
    """The body of a function that tells of its parameters."""
    params = enumerate(companion.module.function_type(type_index).params)
    return b"".join(op("local.get", local) + companion.told(valtype, i32(DEPTH)) for local, valtype in params)


def _throw(_companion: Companion) -> bytes:
    javascript = op("local.get", 0) + op("ref.i31") + op("extern.convert_any") + op("throw", 0)
    return op("local.get", 0) + op("i32.eqz") + block(javascript, mnemonic="if") + op("local.get", 0) + op("throw", 1)


def _caught(body: bytes) -> bytes:
    """0 where a body ends, 1 where it throws."""
    try_table = op("try_table") + _EMPTY + unsigned(1) + b"\2" + unsigned(0) + body + op("end")
    return block(try_table + i32(0) + op("return")) + i32(1)


def _call_export(companion: Companion) -> bytes:
    """Calls one of the functions in the table, by the first parameter."""
    count = len(calls(companion.module))
    if not count:
        return companion.note(NO_CALL)
    place = op("local.get", 0) + i32(count) + op("i32.rem_u") + i32(FIRST_CALL) + op("i32.add")
    return place + op("call_indirect", companion.type_index(), 0)


def _call_reference(companion: Companion) -> bytes:
    """Calls the function in the first parameter, of whatever type; all the same what it returns."""
    dispatch = b""
    for index, type_ in reversed(list(enumerate(companion.module.types))):
        arguments = companion.arguments(type_.params, 1) if isinstance(type_, FuncType) else None
        if arguments is not None and isinstance(type_, FuncType):
            call = arguments + op("local.get", 0) + cast(index) + op("call_ref", index)
            body = call + op("drop") * len(type_.results) + op("br", 1)
            dispatch += op("local.get", 0) + is_a(index) + block(body, mnemonic="if")
    return op("local.get", 0) + op("ref.as_non_null") + op("drop") + block(dispatch + companion.note(NO_CALL))


def _get_table(companion: Companion) -> bytes:
    type_index = companion.type_index(("i32",), ("funcref",))
    return op("local.get", 0) + i32(GET_TABLE) + op("call_indirect", type_index, 0)


def _set_table(companion: Companion) -> bytes:
    type_index = companion.type_index(("i32", "funcref"))
    return op("local.get", 0) + op("local.get", 1) + i32(SET_TABLE) + op("call_indirect", type_index, 0)


_FUNCTIONS: dict[str, Callable[[Companion], bytes]] = {
    "throw": _throw,
    "call-export": _call_export,
    "call-export-catch": lambda companion: _caught(_call_export(companion)),
    "call-ref": _call_reference,
    "call-ref-catch": lambda companion: _caught(_call_reference(companion)),
    "table-get": _get_table,
    "table-set": _set_table,
    "sleep": lambda _: op("local.get", 1),
}


# The module behind


def behind(module: Module) -> bytes:
    """The module that calls what the given one exports, and tells what comes of it.

    It exports a function for each of `calls`, under the names `0`, `1`, …, and one for what the exported globals and
    tables are in the end, `state`.
    """
    return _Behind(module).build()


class _Behind(Companion):
    def __init__(self, module: Module) -> None:
        super().__init__(module)
        _import_tellers(self, HOST, ("note", "note64"))
        _import_tellers(self, BEFORE, ("vector", "function", "any"))
        exports = module.exports
        functions = {each.name: self._import_function(each) for each in exports if each.kind == "func"}
        self._known_tags = [
            self._import_tag(BEFORE, "wasmtag", ("i32",)),
            self._import_tag(BEFORE, "jstag", ("externref",)),
        ]
        self._known_tags += [
            self._import_tag(BETWEEN, each.name, _tag_params(module, each)) for each in exports if each.kind == "tag"
        ]
        globals_ = [self._import_global(each) for each in exports if each.kind == "global"]
        size = FIRST_CALL + len(calls(module))
        table = self.imported(BEFORE, "calls", "table", value_type("funcref") + limits(size, size))
        tables = [self._import_table(each) for each in exports if each.kind == "table"]
        called = [self._define_call(functions[export.name], export, variant) for export, variant in calls(module)]
        self.fill(table, GET_TABLE, [*self._define_accessors(tables), *called])
        for number, function in enumerate(called):
            self._define_wrapper(str(number), function)
        self._define_state(globals_, tables)

    def _import_function(self, export: Export) -> int:
        type_index = function_type_index(self.module, export.index)
        return self.imported(BETWEEN, export.name, "func", unsigned(type_index))

    def _import_tag(self, module: str, name: str, params: tuple[ValType, ...]) -> tuple[int, tuple[ValType, ...]]:
        return self.imported(module, name, "tag", b"\0" + unsigned(self.type_index(params))), params

    def _import_global(self, export: Export) -> tuple[int, ValType]:
        types = [item.type for item in self.module.imported("global")] + [each.type for each in self.module.globals]
        type_ = types[export.index]
        assert isinstance(type_, GlobalType)
        encoded = value_type(type_.valtype) + bytes([type_.mutable])
        return self.imported(BETWEEN, export.name, "global", encoded), type_.valtype

    def _import_table(self, export: Export) -> tuple[int, TableType]:
        types = [item.type for item in self.module.imported("table")] + [each.type for each in self.module.tables]
        type_ = types[export.index]
        assert isinstance(type_, TableType)
        encoded = value_type(type_.element) + limits(0, index=type_.index)
        return self.imported(BETWEEN, export.name, "table", encoded), type_

    def _define_call(self, function: int, export: Export, variant: int) -> int:
        """A function without parameters that calls an export and tells of its results."""
        type_ = function_type(self.module, export.index)
        arguments = self.arguments(type_.params, variant)
        assert arguments is not None
        told, locals_ = self.all_told(type_.results, 0)
        return self.function(self.type_index(), arguments + op("call", function) + told, None, locals_)

    def _define_wrapper(self, name: str, function: int) -> None:
        """A function that tells whether another returned, or what it threw."""
        count = len(self._known_tags)
        catches = b"".join(b"\0" + unsigned(tag) + unsigned(label) for label, (tag, _) in enumerate(self._known_tags))
        clauses = unsigned(count + 1) + catches + b"\2" + unsigned(count)
        called = op("call", function) + self.note(RETURNED)
        body = op("try_table") + _EMPTY + clauses + called + op("end") + op("br", count + 1)
        locals_ = list[ValType]()
        for position, (_, params) in enumerate(self._known_tags):
            told, more = self.all_told(params, len(locals_))
            locals_ += more
            body = block(body, signed(self.type_index((), params)))
            body += self.note(THROWN) + self.note(position) + told + op("br", count - position)
        body = block(block(body) + self.note(THROWN) + self.note(count))
        self.function(self.type_index(), body, name, locals_)

    def _define_accessors(self, tables: list[tuple[int, TableType]]) -> tuple[int, int]:
        """Functions that read and write the exported table of functions, whatever the index."""
        accessible = [(table, type_) for table, type_ in tables if type_.element == "funcref"]
        get, set_ = op("unreachable"), op("unreachable")
        if accessible:
            table, type_ = accessible[0]
            place = _table_place(table, type_)
            get, set_ = place + op("table.get", table), place + op("local.get", 1) + op("table.set", table)
        getter = self.function(self.type_index(("i32",), ("funcref",)), get)
        return getter, self.function(self.type_index(("i32", "funcref")), set_)

    def _define_state(self, globals_: list[tuple[int, ValType]], tables: list[tuple[int, TableType]]) -> None:
        body = b"".join(op("global.get", index) + self.told(valtype, i32(DEPTH)) for index, valtype in globals_)
        for table, type_ in tables:
            body += op("table.size", table) + self.told(type_.index, b"")
            for position in range(ITEMS):
                place = code((f"{type_.index}.const", position))
                get = place + op("table.get", table) + self.told(type_.element, i32(DEPTH))
                body += place + op("table.size", table) + op(f"{type_.index}.lt_u") + block(get, mnemonic="if")
        self.function(self.type_index(), body, "state")


def _tag_params(module: Module, export: Export) -> tuple[ValType, ...]:
    types = [item.type for item in module.imported("tag")] + list(module.tags)
    tag = types[export.index]
    assert isinstance(tag, Tag)
    return module.function_type(tag.type_index).params


def _table_place(table: int, type_: TableType) -> bytes:
    """An index from the first parameter that is in the table, if any is."""
    size = op("table.size", table) + (op("i32.wrap_i64") if type_.index == "i64" else b"")
    place = op("local.get", 0) + size + op("i32.rem_u")
    return place + (op("i64.extend_i32_u") if type_.index == "i64" else b"")
