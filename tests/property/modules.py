"""Makes whole modules out of decisions, and the calls to make of them.

Every module imports a host function (so that the order of effects shows) and a mutable global, has a memory, a table of
functions and one of externrefs, and exports for each function an entry that takes and gives integers only: floats cross
as bit patterns, so that results compare bit for bit, and references come out as whether they are null.
"""

from __future__ import annotations

from dataclasses import dataclass

from property.bodies import Body
from property.choices import Choices
from property.encoder import ModuleBuilder, code
from property.operands import (
    CANONICAL_NAN,
    FUEL_GLOBAL,
    FUNC_TABLE,
    NUMBERS,
    REFERENCES,
    TICK,
    Scope,
)
from wasm2py.runtime.types import FuncType, IndexType, ValType

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
#: Most memories and tables have 32-bit indices.
_INDEX_TYPES: tuple[IndexType, ...] = ("i32", "i32", "i64")
#: What crosses the boundary instead of each type, and how an entry converts it in and out.
_OUTSIDE: dict[ValType, ValType] = {"i32": "i32", "i64": "i64", "f32": "i32", "f64": "i64"}
_OUTSIDE |= {"funcref": "i32", "externref": "i32"}
_OUT = {"f32": code("i32.reinterpret_f32"), "f64": code("i64.reinterpret_f64")}
_OUT |= dict.fromkeys(REFERENCES, code("ref.is_null"))


@dataclass(frozen=True)
class Call:
    """A call of an export with raw arguments."""

    export: str
    arguments: tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A module and what to do with it; `observers` are exports without parameters that show its state."""

    binary: bytes
    calls: tuple[Call, ...]
    observers: tuple[str, ...]


def generate(data: bytes) -> Case:
    """The module and the calls that a string of decisions stands for; any string gives a valid module."""
    choices = Choices(data)
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
        _entry(builder, index, signatures[index])
        for _ in range(1 + choices.below(2)):
            arguments = tuple(choices.bits(_OUTSIDE[p]) for p in signatures[index].params if p in NUMBERS)
            calls += [Call(f"call{index}", arguments), Call("reset", ())]
    observers = _observers(builder, scope)
    if choices.one_in(4):
        _name_section(builder, choices)
    return Case(builder.build(), tuple(calls), observers)


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
    for number in range(2 + choices.below(4)):
        valtype = NUMBERS[number % 4]
        builder.global_(valtype, code((f"{valtype}.const", choices.bits(valtype))))
        scope.globals.append((number + 2, valtype))
    for _ in range(1 + choices.below(4)):
        type_ = _signature(choices)
        scope.functions.append((builder.declare(builder.type_index(type_.params, type_.results)), type_))
    scope.memory_index, *tables = (choices.pick(_INDEX_TYPES) for _ in range(3))
    scope.table_indices = tables[0], tables[1]
    builder.memory(1, 3, scope.memory_index)
    builder.export("memory", "memory", 0)
    _tables(builder, scope, choices)
    _segments(builder, scope, choices)
    builder.function((), (), code(("i32.const", FUEL), ("global.set", FUEL_GLOBAL)), export="reset")
    return scope


def _signature(choices: Choices) -> FuncType:
    kinds = (*NUMBERS, *NUMBERS, *REFERENCES)
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
    builder.active_data(choices.below(200), content, scope.memory_index)
    builder.passive_data(bytes(choices.byte() for _ in range(choices.below(10))))
    builder.passive_data(bytes(range(128, 136)))
    scope.datas = 3


def _entry(builder: ModuleBuilder, index: int, type_: FuncType) -> None:
    """Export `call{index}`, which calls a function with what crosses the boundary for its types."""
    body, params = bytearray(), []
    for valtype in type_.params:
        body += _argument(valtype, len(params))
        params += [_OUTSIDE[valtype]] if valtype in NUMBERS else []
    body += code(("call", index))
    spilled = range(len(params), len(params) + len(type_.results))
    for local in reversed(spilled):
        body += code(("local.set", local))
    for local, valtype in zip(spilled, type_.results, strict=True):
        body += code(("local.get", local)) + _OUT.get(valtype, b"")
    results = [_OUTSIDE[valtype] for valtype in type_.results]
    builder.function(params, results, bytes(body), type_.results, f"call{index}")


def _argument(valtype: ValType, local: int) -> bytes:
    if valtype in REFERENCES:
        return code(("ref.null", valtype))
    get = code(("local.get", local))
    return get + (code(f"{valtype}.reinterpret_{_OUTSIDE[valtype]}") if valtype in CANONICAL_NAN else b"")


def _observers(builder: ModuleBuilder, scope: Scope) -> tuple[str, ...]:
    """Exports that show the globals, the tables and the memory's size."""
    exports = []
    for index, valtype in scope.globals:
        body = code(("global.get", index)) + _OUT.get(valtype, b"")
        builder.function((), (_OUTSIDE[valtype],), body, export=f"global{index}")
        exports.append(f"global{index}")
    for table in range(2):
        body = code(("table.size", table))
        builder.function((), (scope.table_indices[table],), body, export=f"size{table}")
        exports.append(f"size{table}")
        for place in range(4):
            body = code((f"{scope.table_indices[table]}.const", place), ("table.get", table), "ref.is_null")
            builder.function((), ("i32",), body, export=f"table{table}_{place}")
            exports.append(f"table{table}_{place}")
    builder.function((), (scope.memory_index,), code(("memory.size", 0)), export="pages")
    return (*exports, "pages")


def _name_section(builder: ModuleBuilder, choices: Choices) -> None:
    count = builder.imported_functions + len(builder.functions)
    functions = {index: choices.pick(_NAMES) for index in range(count) if choices.one_in(2)}
    locals_ = {index: {0: choices.pick(_NAMES), 1: choices.pick(_NAMES)} for index in range(2, 4)}
    builder.names(functions, locals_)
