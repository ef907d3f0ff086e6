"""Names, data and custom sections can hold anything: nothing of it is ever run, and it changes no behaviour."""

from __future__ import annotations

import ast
import builtins
import keyword

import pytest
from property import subject
from property.encoder import ModuleBuilder, code
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import FuncType

#: What a module's names try to run; it must never be called.
TRAP = "attacked"
_SPELLINGS = [
    f"f(): pass\n__import__('builtins').{TRAP}()\ndef g",
    f"x'); __import__('builtins').{TRAP}(); ('",
    f'"""\nimport builtins; builtins.{TRAP}()\n"""',
    f"\\\n__import__('builtins').{TRAP}()",
    f"f\r\nimport builtins\r\nbuiltins.{TRAP}()",
    f"f\x0c\x0b\x1c\x1d\x1e\x85\u2028\u2029import builtins; builtins.{TRAP}()",
    f"# -*- coding: utf-7 -*-\n+AGIAdQBpAGwAdABpAG4AcwAuAGEAdAB0AGEAYwBrAGUAZA-{TRAP}()",
    f"{{__import__('builtins').{TRAP}()}}",
    f"%(a)s {{0.__class__}} {TRAP}",
    "__import__",
    "__builtins__",
    "__wasm__",
    "__class__",
    "__code__",
    "\N{MATHEMATICAL BOLD SMALL E}val",
    "\uff45\uff56\uff41\uff4c",
    "\u202egnp.exe",
    "a" * 5000,
    "",
    " ",
    "\0",
    "0",
    "-1",
    "memory",
    "mem_u8",
    "memory2",
    "table",
    "table_type0",
    "functions",
    "funcrefs",
    "func0",
    "func1",
    "global0",
    "global1",
    "local0",
    "data_segments",
    "instantiate",
    "exports",
    "PROGRAM",
    "Precompiled",
    "Trap",
    "self",
    "state",
    "goto",
    "t",
    "t0",
    "_",
    "__",
    *keyword.kwlist,
    *keyword.softkwlist,
    *(name for name in dir(builtins) if not name.startswith("_")),
]
ATTACKS = list(dict.fromkeys(_SPELLINGS))
#: Put behind a function's name, it makes the name of a global.
GLOBAL = "\0global"


def module() -> bytes:
    """A function for each name, with locals, a global, an import and an export of that name, all used."""
    builder = ModuleBuilder()
    unary = builder.type_index(["i32"], ["i32"])
    for name in ATTACKS:
        builder.import_function(name, name, unary)
    for name in ATTACKS:
        builder.import_global(name, name + GLOBAL, "i32")
    builder.memory(1, 1)
    builder.active_data(0, f"'''\n{TRAP}()\n'''\\".encode())
    builder.passive_data(bytes(range(256)))
    builder.table("funcref", len(ATTACKS))
    functions = [builder.declare(unary) for _ in ATTACKS]
    for position, function in enumerate(functions):
        body = code(("local.get", 0), ("call", position), ("global.get", position), "i32.add", ("local.tee", 1))
        body += code(("local.get", 1), ("global.set", position))
        builder.define(function, body, ["i32"])
        builder.export(ATTACKS[position], "func", function)
        builder.export(ATTACKS[position] + GLOBAL, "global", position)
    builder.active_elem(0, functions)
    everything = dict(enumerate([*ATTACKS, *ATTACKS]))
    locals_ = {function: {0: ATTACKS[i], 1: ATTACKS[i]} for i, function in enumerate(functions)}
    builder.names(everything, locals_)
    for name in ATTACKS:
        builder.customs.append((name, f"{TRAP}()\n".encode() + bytes(range(256))))
    return builder.build()


BINARY = module()


def imports() -> tuple[list[Func], list[Global]]:
    double = FuncType(("i32",), ("i32",))
    funcs = [Func(double, lambda x, k=k: x * 2 + k) for k in range(len(ATTACKS))]
    return funcs, [Global("i32", k, mutable=True) for k in range(len(ATTACKS))]


@pytest.fixture(autouse=True)
def trap(monkeypatch: pytest.MonkeyPatch) -> None:
    def attacked(*_: object) -> None:
        raise AssertionError("a name was run")

    monkeypatch.setattr(builtins, TRAP, attacked, raising=False)


def check(instance: Instance) -> None:
    for position, name in enumerate(ATTACKS):
        want = 2 * 10 + position + position
        assert subject.call(instance.exports[name], (10,)) == (want,)
        assert instance.exports[name + GLOBAL].value == want


@pytest.mark.parametrize("dialect", subject.DIALECTS)
def test_any_names_run_right(dialect: Dialect) -> None:
    funcs, globals_ = imports()
    check(subject.load(BINARY, dialect, (*funcs, *globals_)))


@pytest.mark.parametrize("dialect", subject.DIALECTS)
def test_a_dump_with_any_names_runs_right(dialect: Dialect) -> None:
    funcs, globals_ = imports()
    provided = {name: {name: funcs[i], name + GLOBAL: globals_[i]} for i, name in enumerate(ATTACKS)}
    check(subject.load_dump(subject.dump(BINARY, dialect), provided))


@pytest.mark.parametrize("dialect", subject.DIALECTS)
def test_no_name_is_code_in_a_dump(dialect: Dialect) -> None:
    tree = ast.parse(subject.dump(BINARY, dialect))
    identifiers = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    identifiers |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert TRAP not in identifiers
    assert "__import__" not in identifiers and "eval" not in identifiers


@pytest.mark.parametrize("raw", [b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"])
def test_function_names_that_are_not_utf8_are_ignored(raw: bytes) -> None:
    builder = ModuleBuilder()
    builder.function(["i32"], ["i32"], code(("local.get", 0)), export="f")
    builder.names({0: raw}, {})
    instance = subject.load(builder.build(), "cpython")
    assert subject.call(instance.exports["f"], (3,)) == (3,)


def test_two_functions_of_one_name_are_two_functions() -> None:
    builder = ModuleBuilder()
    for value in (1, 2, 3):
        builder.function((), ["i32"], code(("i32.const", value)), export=str(value))
    builder.names(dict.fromkeys(range(3), "same"), {})
    for instance in (
        subject.load(builder.build(), "cpython"),
        subject.load_dump(subject.dump(builder.build(), "cpython")),
    ):
        assert [subject.call(instance.exports[str(value)], ()) for value in (1, 2, 3)] == [(1,), (2,), (3,)]
