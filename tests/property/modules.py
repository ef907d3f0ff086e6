"""Makes whole modules out of decisions, and the calls to make of them.

Every module imports a host function (so that the order of effects shows) and a mutable global, has memories, tags, a
table of functions and one of externrefs, and exports for each function an entry that takes and gives integers only:
floats cross as bit patterns, so that results compare bit for bit, vectors as two halves, and references come out as
whether they are null. Most entries catch what the function throws, and tell the host of it. Half of the modules have
vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from property.bodies import Body
from property.choices import Choices
from property.encoder import END, ModuleBuilder, code
from property.operands import (
    CANONICAL_NAN,
    FUEL_GLOBAL,
    FUNC_TABLE,
    HOST_FUNCTION,
    NUMBERS,
    REFERENCES,
    TICK,
    Scope,
)
from wasm2py.runtime.references import reference
from wasm2py.runtime.types import FuncType, IndexType, ValType
from wasm2py.transpile.optimise.passes import NAMES

FUEL = 250
_NAMES = (
    "",
    "f",
    "if",
    "def",
    "f",
    "a b",
    "é",
    "__import__",
    "x\n\0\"'",
    "memory",
    "len",
    "mem_u8",
    "self",
    "f_1",
    "日本",
)
#: How many memories there are; mostly one.
_MEMORIES = (1, 1, 2, 3)
#: Most memories and tables have 32-bit indices.
_INDEX_TYPES: tuple[IndexType, ...] = ("i32", "i32", "i64")
#: What crosses the boundary instead of each type, and how an entry converts it in and out.
_OUTSIDE: dict[ValType, tuple[ValType, ...]] = {
    "i32": ("i32",),
    "i64": ("i64",),
    "f32": ("i32",),
    "f64": ("i64",),
    "v128": ("i64", "i64"),
}
_OUT: dict[ValType, tuple[bytes, ...]] = {
    "i32": (b"",),
    "i64": (b"",),
    "f32": (code("i32.reinterpret_f32"),),
    "f64": (code("i64.reinterpret_f64"),),
    "v128": (code(("i64x2.extract_lane", 0)), code(("i64x2.extract_lane", 1))),
}
_IS_NULL = code("ref.is_null")


@dataclass(frozen=True)
class Call:
    """A call of an export with raw arguments."""

    export: str
    arguments: tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A module and what to do with it; `observers` are exports without parameters that show its state, `memories` those
    of memories, `without` is an optimiser pass to leave out.
    """

    binary: bytes
    calls: tuple[Call, ...]
    observers: tuple[str, ...]
    memories: tuple[str, ...]
    without: str


def generate(data: bytes) -> Case:
    """The module and the calls that a string of decisions stands for; any string gives a valid module."""
    choices = Choices(data)
    without = choices.pick(NAMES)
    builder = ModuleBuilder()
    scope = _scope(builder, choices)
    entries = [index for index, _ in scope.functions[1:]]
    signatures = dict(scope.functions)
    for index in entries:
        body = Body(scope, choices, signatures[index])
        locals_, instructions = body.generate()
        builder.define(index, instructions, locals_)
    calls = [Call("reset", ())]
    for index in entries:
        _entry(builder, index, signatures[index], () if choices.one_in(4) else scope.tags)
        for _ in range(1 + choices.below(2)):
            crossing = [outside for p in signatures[index].params for outside in _OUTSIDE.get(p, ())]
            arguments = tuple(map(choices.bits, crossing))
            calls += [Call(f"call{index}", arguments), Call("reset", ())]
    observers = _observers(builder, scope)
    if choices.one_in(4):
        _name_section(builder, choices)
    return Case(builder.build(), tuple(calls), observers, _exported_memories(scope), without)


def _scope(builder: ModuleBuilder, choices: Choices) -> Scope:
    """Everything of a module but its bodies."""
    scope = Scope(builder)
    host = FuncType(("i32",), ("i32",))
    scope.functions.append(
        (builder.import_function("env", "host", builder.type_index(host.params, host.results)), host)
    )
    builder.import_global("env", "counter", "i32")
    builder.function((), (), TICK)
    builder.global_("i32", code(("i32.const", FUEL)))
    scope.globals = [(0, "i32")]
    if choices.one_in(2):
        scope.values = ("v128", *NUMBERS)
    for number in range(2 + choices.below(4)):
        valtype = scope.values[number % len(scope.values)]
        builder.global_(valtype, code((f"{valtype}.const", choices.bits(valtype))))
        scope.globals.append((number + 2, valtype))
    for _ in range(1 + choices.below(4)):
        type_ = _signature(choices, scope)
        scope.functions.append((builder.declare(builder.type_index(type_.params, type_.results)), type_))
    scope.typed = _typed(scope)
    scope.tags = [FuncType(_signature(choices, scope).params) for _ in range(1 + choices.below(3))]
    for tag in scope.tags:
        builder.tag(builder.type_index(tag.params))
    scope.table_indices = choices.pick(_INDEX_TYPES), choices.pick(_INDEX_TYPES)
    scope.memories = tuple(choices.pick(_INDEX_TYPES) for _ in range(choices.pick(_MEMORIES)))
    for memory, name in enumerate(_exported_memories(scope)):
        builder.memory(1, 3, scope.memories[memory])
        builder.export(name, "memory", memory)
    _tables(builder, scope, choices)
    _segments(builder, scope, choices)
    builder.function((), (), code(("i32.const", FUEL), ("global.set", FUEL_GLOBAL)), export="reset")
    return scope


def _exported_memories(scope: Scope) -> tuple[str, ...]:
    return tuple(f"memory{memory}" for memory in range(len(scope.memories)))


def _typed(scope: Scope) -> list[ValType]:
    """The references to the functions that there are so far."""
    types = dict.fromkeys(scope.builder.type_index(type_.params, type_.results) for _, type_ in scope.functions)
    return [reference(str(index), nullable=True) for index in types]


def _signature(choices: Choices, scope: Scope) -> FuncType:
    kinds = (*scope.values, *scope.values, *REFERENCES, *_typed(scope)[-2:])
    params = tuple(choices.pick(kinds) for _ in range(choices.below(5)))
    results = tuple(choices.pick(kinds) for _ in range(choices.below(4)))
    return FuncType(params, results)


def _tables(builder: ModuleBuilder, scope: Scope, choices: Choices) -> None:
    builder.table("funcref", 8, 12, scope.table_indices[0])
    builder.table("externref", 4, 6, scope.table_indices[1])
    scope.table = [choices.pick(scope.functions)[0] for _ in range(5)]
    builder.active_elem(0, scope.table, scope.table_indices[FUNC_TABLE])
    indexes = [index for index, _ in scope.functions]
    builder.passive_elem([None, *indexes])
    builder.passive_elem(indexes[::-1])
    builder.declarative_elem(indexes)
    scope.elems = 4


def _segments(builder: ModuleBuilder, scope: Scope, choices: Choices) -> None:
    content = bytes(choices.byte() for _ in range(choices.below(40)))
    last = len(scope.memories) - 1
    builder.active_data(choices.below(200), content, scope.memories[last], last)
    builder.passive_data(bytes(choices.byte() for _ in range(choices.below(10))))
    builder.passive_data(bytes(range(128, 136)))
    scope.datas = 3


def _entry(builder: ModuleBuilder, index: int, type_: FuncType, tags: Sequence[FuncType]) -> None:
    """Export `call{index}`, which calls a function with what crosses the boundary for its types, and catches `tags`."""
    call, params = bytearray(), []
    for valtype in type_.params:
        call += _argument(valtype, len(params))
        params += _OUTSIDE.get(valtype, ())
    call += code(("call", index))
    converted = bytearray()
    spilled = range(len(params), len(params) + len(type_.results))
    for local in reversed(spilled):
        converted += code(("local.set", local))
    for local, valtype in zip(spilled, type_.results, strict=True):
        converted += _out(code(("local.get", local)), valtype)
    results = [crossing for valtype in type_.results for crossing in _OUTSIDE.get(valtype, ("i32",))]
    body = _catching(builder, bytes(call), type_.results, tags, bytes(converted) + code("return"))
    for tag in reversed(range(len(tags))):
        body += END + _told(tag, tags[tag]) + code(*((f"{result}.const", 0) for result in results), "return")
    builder.function(params, results, body + code("unreachable"), type_.results, f"call{index}")


def _catching(
    builder: ModuleBuilder, call: bytes, results: tuple[ValType, ...], tags: Sequence[FuncType], then: bytes
) -> bytes:
    """A call and what comes of its results, in a block for each of `tags` that is left with what an exception holds."""
    if not tags:
        return call + then
    blocks = code(*(("block", builder.type_index((), tag.params)) for tag in tags))
    clauses = [("catch", tag, len(tags) - 1 - tag) for tag in range(len(tags))]
    return blocks + code(("try_table", (builder.type_index((), results), clauses))) + call + END + then


def _told(tag: int, type_: FuncType) -> bytes:
    """Tell the host of an exception, whose tag and values are on the stack; of a vector, the upper half."""
    tell = code(("call", HOST_FUNCTION), "drop")
    told = code(("i32.const", 1000 + tag)) + tell
    for valtype in reversed(type_.params):
        narrowed = code("i32.wrap_i64") if _OUTSIDE.get(valtype, ("i32",))[-1] == "i64" else b""
        told += _OUT.get(valtype, (_IS_NULL,))[-1] + narrowed + tell
    return told


def _out(get: bytes, valtype: ValType) -> bytes:
    """What crosses the boundary for a value that can be had any number of times."""
    return b"".join(get + convert for convert in _OUT.get(valtype, (_IS_NULL,)))


def _argument(valtype: ValType, local: int) -> bytes:
    if valtype not in _OUTSIDE:
        return code(("ref.null", valtype))
    get = code(("local.get", local))
    if valtype == "v128":
        return get + code("i64x2.splat", ("local.get", local + 1), ("i64x2.replace_lane", 1))
    return get + (code(f"{valtype}.reinterpret_{_OUTSIDE[valtype][0]}") if valtype in CANONICAL_NAN else b"")


def _observers(builder: ModuleBuilder, scope: Scope) -> tuple[str, ...]:
    """Exports that show the globals, the tables and the memory's size."""
    exports = []
    for index, valtype in scope.globals:
        body = _out(code(("global.get", index)), valtype)
        builder.function((), _OUTSIDE[valtype], body, export=f"global{index}")
        exports.append(f"global{index}")
    for table in range(2):
        body = code(("table.size", table))
        builder.function((), (scope.table_indices[table],), body, export=f"size{table}")
        exports.append(f"size{table}")
        for place in range(4):
            body = code((f"{scope.table_indices[table]}.const", place), ("table.get", table), "ref.is_null")
            builder.function((), ("i32",), body, export=f"table{table}_{place}")
            exports.append(f"table{table}_{place}")
    for memory, index in enumerate(scope.memories):
        builder.function((), (index,), code(("memory.size", memory)), export=f"pages{memory}")
        exports.append(f"pages{memory}")
    return tuple(exports)


def _name_section(builder: ModuleBuilder, choices: Choices) -> None:
    count = builder.imported_functions + len(builder.functions)
    functions = {index: choices.pick(_NAMES) for index in range(count) if choices.one_in(2)}
    locals_ = {index: {0: choices.pick(_NAMES), 1: choices.pick(_NAMES)} for index in range(2, 4)}
    builder.names(functions, locals_)
