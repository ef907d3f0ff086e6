"""Makes whole modules out of decisions, and the calls to make of them.

Every module imports a host function (so that the order of effects shows) and a mutable global, has memories, tags, a
table of functions and one of externrefs, and exports for each function an entry that takes and gives integers only:
floats cross as bit patterns, so that results compare bit for bit, vectors as two halves, and references come out as
whether they are null, or what is found in what they refer to. Most entries catch what the function throws, and tell the
host of it. Half of the modules have vectors, half have structures and arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from property.aggregates import constant, define_look, define_types, looked_at
from property.bodies import Body
from property.choices import Choices
from property.encoder import END, ModuleBuilder, code
from property.operands import CANONICAL_NAN, TICK
from property.scope import FUEL_GLOBAL, FUNC_TABLE, HOST_FUNCTION, NUMBERS, REFERENCES, Memory, Scope
from wasm2py.runtime.references import is_nullable, reference
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


@dataclass(frozen=True)
class Call:
    """A call of an export with raw arguments."""

    export: str
    arguments: tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A module and what to do with it; `observers` are exports without parameters that show its state, `memories` those
    of memories, `without` is an optimiser pass to leave out.  `legacy` is the same module with handlers as they were
    before 3.0, where it has any (see `legacy`).
    """

    binary: bytes
    calls: tuple[Call, ...]
    observers: tuple[str, ...]
    memories: tuple[str, ...]
    without: str
    legacy: bytes | None = None

    @property
    def ours(self) -> bytes:
        """The module to run in wasm2py."""
        return self.legacy or self.binary


def generate(data: bytes) -> Case:
    """The module and the calls that a string of decisions stands for; any string gives a valid module."""
    case, has_legacy = _case(data, legacy=False)
    return replace(case, legacy=_case(data, legacy=True)[0].binary) if has_legacy else case


def _case(data: bytes, legacy: bool) -> tuple[Case, bool]:
    """The case in one of its forms, and whether there is another."""
    choices = Choices(data)
    without = choices.pick(NAMES)
    builder = ModuleBuilder()
    scope = Scope(builder, legacy)
    _fill(scope, choices)
    entries = [index for index, _ in scope.functions[1:]]
    signatures = dict(scope.functions)
    for index in entries:
        body = Body(scope, choices, signatures[index])
        locals_, instructions = body.generate()
        builder.define(index, instructions, locals_)
    calls = [Call("reset", ())]
    for index in entries:
        _entry(scope, choices, index, signatures[index], () if choices.one_in(4) else scope.tags)
        for _ in range(1 + choices.below(2)):
            crossing = [outside for p in signatures[index].params for outside in _OUTSIDE.get(p, ())]
            arguments = tuple(map(choices.bits, crossing))
            calls += [Call(f"call{index}", arguments), Call("reset", ())]
    observers = _observers(builder, scope)
    if choices.one_in(4):
        _name_section(builder, choices)
    case = Case(builder.build(), tuple(calls), observers, _exported_memories(scope), without)
    return case, scope.has_legacy


def _fill(scope: Scope, choices: Choices) -> None:
    """Make everything of a module but its bodies."""
    builder = scope.builder
    if choices.one_in(2):
        scope.values = ("v128", *NUMBERS)
    if choices.one_in(2):
        define_types(builder, scope, choices)
    host = FuncType(("i32",), ("i32",))
    scope.functions.append((builder.import_function("env", "host", builder.index_of(host)), host))
    builder.import_global("env", "counter", "i32")
    builder.function((), (), TICK)
    builder.global_("i32", code(("i32.const", FUEL)))
    scope.globals = [(0, "i32")]
    _tables(builder, scope, choices)
    _globals(builder, scope, choices)
    named = [type_ for type_ in builder.types if isinstance(type_, FuncType) and type_.name]
    for _ in range(1 + choices.below(4)):
        type_ = choices.pick(named) if named and choices.one_in(3) else _signature(choices, scope)
        scope.functions.append((builder.declare(builder.index_of(type_)), type_))
    scope.typed = _typed(scope)
    scope.tags = [FuncType(_signature(choices, scope).params) for _ in range(1 + choices.below(3))]
    for tag in scope.tags:
        builder.tag(builder.index_of(tag))
    _memories(builder, scope, choices)
    _elements(builder, scope, choices)
    _segments(builder, scope, choices)
    builder.function((), (), code(("i32.const", FUEL), ("global.set", FUEL_GLOBAL)), export="reset")
    if scope.objects:
        define_look(builder, scope)


def _globals(builder: ModuleBuilder, scope: Scope, choices: Choices) -> None:
    """Some globals; those of references are last."""
    kinds = [scope.values[number % len(scope.values)] for number in range(2 + choices.below(4))]
    kinds += [choices.pick(scope.objects) for _ in range(choices.below(4)) if scope.objects]
    for index, valtype in enumerate(kinds, 2):
        mutable = not choices.one_in(4)
        builder.global_(valtype, constant(scope, choices, valtype), mutable)
        (scope.globals if mutable else scope.constants).append((index, valtype))


def _memories(builder: ModuleBuilder, scope: Scope, choices: Choices) -> None:
    for number in range(choices.pick(_MEMORIES)):
        shared, one_byte = choices.one_in(6), choices.one_in(6)
        memory = Memory(choices.pick(_INDEX_TYPES), shared, 0 if one_byte else 16)
        pages = 1 << (16 - memory.page_exponent)
        builder.memory(pages, 3 * pages, memory.index, shared, 0 if one_byte else None)
        builder.export(f"memory{number}", "memory", number)
        scope.memories.append(memory)


def _exported_memories(scope: Scope) -> tuple[str, ...]:
    return tuple(f"memory{memory}" for memory in range(len(scope.memories)))


def _typed(scope: Scope) -> list[ValType]:
    """The references to the functions that there are so far."""
    types = dict.fromkeys(scope.builder.index_of(type_) for _, type_ in scope.functions)
    return [reference(str(index), nullable=True) for index in types]


def _signature(choices: Choices, scope: Scope) -> FuncType:
    kinds = (*scope.values, *scope.values, *REFERENCES, *_typed(scope)[-2:], *scope.objects[:4])
    params = tuple(choices.pick(kinds) for _ in range(choices.below(5)))
    if choices.one_in(3):
        return FuncType(params, scope.functions[-1][1].results)
    return FuncType(params, tuple(choices.pick(kinds) for _ in range(choices.below(4))))


def _tables(builder: ModuleBuilder, scope: Scope, choices: Choices) -> None:
    """Tables, which come before the globals that constant expressions elsewhere may read."""
    scope.table_types = ["funcref", "externref", *(choices.pick(scope.objects) for _ in range(len(scope.objects[:1])))]
    scope.table_indices = [choices.pick(_INDEX_TYPES) for _ in scope.table_types]
    for valtype, index, size in zip(scope.table_types, scope.table_indices, (8, 4, 4), strict=False):
        has_init = not is_nullable(valtype) or choices.one_in(4)
        builder.table(valtype, size, size + size // 2, index, constant(scope, choices, valtype) if has_init else None)


def _elements(builder: ModuleBuilder, scope: Scope, choices: Choices) -> None:
    scope.table = [choices.pick(scope.functions)[0] for _ in range(5)]
    builder.active_elem(_offset(scope.table_indices[FUNC_TABLE], 0), scope.table)
    indexes = [index for index, _ in scope.functions]
    builder.passive_elem([None, *indexes])
    builder.passive_elem(indexes[::-1])
    builder.declarative_elem(indexes)
    scope.elem_types = ["funcref"] * 4
    for valtype in scope.objects[:2]:
        builder.passive_items(valtype, [constant(scope, choices, valtype) for _ in range(choices.below(6))])
        scope.elem_types.append(valtype)


def _offset(index: IndexType, place: int) -> bytes:
    """A constant expression for a place, in two parts."""
    return code((f"{index}.const", place - 5), (f"{index}.const", 5), f"{index}.add")


def _segments(builder: ModuleBuilder, scope: Scope, choices: Choices) -> None:
    content = bytes(choices.byte() for _ in range(choices.below(40)))
    last = len(scope.memories) - 1
    builder.active_data(_offset(scope.memories[last].index, choices.below(200)), content, last)
    builder.passive_data(bytes(choices.byte() for _ in range(choices.below(10))))
    builder.passive_data(bytes(range(128, 136)))
    builder.passive_data(bytes(range(7, 250, 3)))
    scope.datas = 4


def _entry(scope: Scope, choices: Choices, index: int, type_: FuncType, tags: Sequence[FuncType]) -> None:
    """Export `call{index}`, which calls a function with what crosses the boundary for its types, and catches `tags`."""
    builder = scope.builder
    call, params = bytearray(), []
    for valtype in type_.params:
        call += _argument(scope, choices, valtype, len(params))
        params += _OUTSIDE.get(valtype, ())
    call += code(("call", index))
    converted = bytearray()
    spilled = range(len(params), len(params) + len(type_.results))
    for local in reversed(spilled):
        converted += code(("local.set", local))
    for local, valtype in zip(spilled, type_.results, strict=True):
        converted += _out(scope, code(("local.get", local)), valtype)
    results = [crossing for valtype in type_.results for crossing in _OUTSIDE.get(valtype, ("i32",))]
    body = _catching(builder, bytes(call), type_.results, tags, bytes(converted) + code("return"))
    for tag in reversed(range(len(tags))):
        body += END + _told(scope, tag, tags[tag]) + code(*((f"{result}.const", 0) for result in results), "return")
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


def _told(scope: Scope, tag: int, type_: FuncType) -> bytes:
    """Tell the host of an exception, whose tag and values are on the stack; of a vector, the upper half."""
    tell = code(("call", HOST_FUNCTION), "drop")
    told = code(("i32.const", 1000 + tag)) + tell
    for valtype in reversed(type_.params):
        narrowed = code("i32.wrap_i64") if _OUTSIDE.get(valtype, ("i32",))[-1] == "i64" else b""
        told += _ways_out(scope, valtype)[-1] + narrowed + tell
    return told


def _out(scope: Scope, get: bytes, valtype: ValType) -> bytes:
    """What crosses the boundary for a value that can be had any number of times."""
    return b"".join(get + convert for convert in _ways_out(scope, valtype))


def _ways_out(scope: Scope, valtype: ValType) -> tuple[bytes, ...]:
    """How each of what crosses the boundary is made of a value."""
    if valtype in _OUT:
        return _OUT[valtype]
    return (looked_at(scope),) if scope.is_object(valtype) else (code("ref.is_null"),)


def _argument(scope: Scope, choices: Choices, valtype: ValType, local: int) -> bytes:
    if valtype not in _OUTSIDE:
        return constant(scope, choices, valtype)
    get = code(("local.get", local))
    if valtype == "v128":
        return get + code("i64x2.splat", ("local.get", local + 1), ("i64x2.replace_lane", 1))
    return get + (code(f"{valtype}.reinterpret_{_OUTSIDE[valtype][0]}") if valtype in CANONICAL_NAN else b"")


def _observers(builder: ModuleBuilder, scope: Scope) -> tuple[str, ...]:
    """Exports that show the globals, the tables and the memory's size."""
    exports: list[str] = []

    def export(name: str, results: Sequence[ValType], body: bytes) -> None:
        builder.function((), results, body, export=name)
        exports.append(name)

    for index, valtype in (*scope.globals, *scope.constants):
        export(f"global{index}", _OUTSIDE.get(valtype, ("i32",)), _out(scope, code(("global.get", index)), valtype))
    for table, valtype in enumerate(scope.table_types):
        index = scope.table_indices[table]
        export(f"size{table}", (index,), code(("table.size", table)))
        for place in range(4):
            get = code((f"{index}.const", place), ("table.get", table))
            export(f"table{table}_{place}", ("i32",), _out(scope, get, valtype))
    for memory, type_ in enumerate(scope.memories):
        export(f"pages{memory}", (type_.index,), code(("memory.size", memory)))
    return tuple(exports)


def _name_section(builder: ModuleBuilder, choices: Choices) -> None:
    count = builder.imported_functions + len(builder.functions)
    functions = {index: choices.pick(_NAMES) for index in range(count) if choices.one_in(2)}
    locals_ = {index: {0: choices.pick(_NAMES), 1: choices.pick(_NAMES)} for index in range(2, 4)}
    builder.names(functions, locals_)
