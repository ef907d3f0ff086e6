"""Function listeners: before, after and abort, only where asked for."""

from __future__ import annotations

from typing import Any

import pytest
from contract.fake import BASIC, FakeModule, FakeTranslator, func_type, make_module
from wasm2py.runtime.cache import Cache
from wasm2py.runtime.engine import Engine
from wasm2py.runtime.errors import Trap, WasmFrame
from wasm2py.runtime.function import Func
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.program import ImportInfo


class Recorder:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def before(self, func: Func, params: tuple[Any, ...]) -> None:
        self.events.append(("before", func.name, params))

    def after(self, func: Func, results: tuple[Any, ...]) -> None:
        self.events.append(("after", func.name, results))

    def abort(self, func: Func, error: BaseException) -> None:
        self.events.append(("abort", func.name, error))


def listened(
    module: FakeModule,
    recorder: Recorder,
    names: set[str],
    imports: tuple[Func, ...] = (),
    cache: Cache | None = None,
) -> Instance:
    engine = Engine(FakeTranslator(), cache)
    infos = module.described.functions[module.described.imported_count("func") :]
    engine.compile_module(module, [recorder if info.name in names else None for info in infos])
    return engine.instantiate(module, imports)


def test_host_values_before_and_after() -> None:
    recorder = Recorder()
    instance = listened(make_module(BASIC), recorder, {"swap", "nothing", "add"})
    assert instance.exports["swap"](2**32 - 1, 0.5) == (0.5, -1)
    instance.exports["nothing"]()
    assert instance.exports["add"](-1, -1) == -2
    assert recorder.events == [
        ("before", "swap", (-1, 0.5)),
        ("after", "swap", (0.5, -1)),
        ("before", "nothing", ()),
        ("after", "nothing", ()),
        ("before", "add", (-1, -1)),
        ("after", "add", (-2,)),
    ]


def test_nested_calls_are_nested() -> None:
    recorder = Recorder()
    instance = listened(make_module(BASIC), recorder, {"outer", "divide"})
    assert instance.exports["outer"](7, 2) == 3
    assert recorder.events == [
        ("before", "outer", (7, 2)),
        ("before", "divide", (7, 2)),
        ("after", "divide", (3,)),
        ("after", "outer", (3,)),
    ]


def test_abort_gets_the_trap() -> None:
    recorder = Recorder()
    instance = listened(make_module(BASIC), recorder, {"outer", "divide"})
    with pytest.raises(Trap) as caught:
        instance.exports["outer"](7, 0)
    assert [event[:2] for event in recorder.events[2:]] == [("abort", "divide"), ("abort", "outer")]
    assert all(event[2] is caught.value for event in recorder.events[2:])
    assert caught.value.frames == (WasmFrame("fake", "outer", 2), WasmFrame("fake", "divide", 2))


def test_abort_gets_a_host_exception_as_it_is() -> None:
    recorder = Recorder()
    error = LookupError("host")

    def fail() -> None:
        raise error

    imports = (ImportInfo("env", "fail", func_type("->")),)
    functions = {"run": ("->", "def run():\n    fail()")}
    module = make_module(functions, imports=imports, imported={"func": 1})
    instance = listened(module, recorder, {"run"}, (Func(func_type("->"), fail),))
    with pytest.raises(LookupError) as caught:
        instance.exports["run"]()
    assert caught.value is error
    assert recorder.events == [("before", "run", ()), ("abort", "run", error)]


def test_only_where_asked_for() -> None:
    recorder = Recorder()
    instance = listened(make_module(BASIC), recorder, {"divide"})
    assert instance.exports["outer"](6, 2) == 3
    assert [event[:2] for event in recorder.events] == [("before", "divide"), ("after", "divide")]
    assert instance.namespace.__dict__["outer"].__code__.co_filename == "<wasm fake>"


def test_none_asked_for_means_the_same_code() -> None:
    engine = Engine(FakeTranslator())
    module = make_module(BASIC)
    assert engine.compile_module(module, [None] * len(BASIC)) is engine.compile_module(module)
    assert engine.compiled_module_count() == 1


def test_are_those_of_the_last_compilation() -> None:
    engine = Engine(FakeTranslator())
    module, recorder = make_module(BASIC), Recorder()
    program = engine.compile_module(module, [recorder] * len(BASIC))
    assert program.options.listeners
    heard = engine.instantiate(module)
    assert not engine.compile_module(module).options.listeners
    unheard = engine.instantiate(module)
    unheard.exports["nothing"]()
    assert recorder.events == []
    heard.exports["nothing"]()
    assert len(recorder.events) == 2
    engine.delete_compiled_module(module)
    assert engine.compiled_module_count() == 0


def test_each_engine_of_a_shared_cache_has_its_own() -> None:
    first, second = Recorder(), Recorder()
    module, cache = make_module(BASIC), Cache()
    one = listened(module, first, set(BASIC), cache=cache)
    two = listened(module, second, set(BASIC), cache=cache)
    one.exports["nothing"]()
    assert (len(first.events), len(second.events)) == (2, 0)
    two.exports["nothing"]()
    assert (len(first.events), len(second.events)) == (2, 2)


def test_what_a_listener_raises_passes_through() -> None:
    class Failing(Recorder):
        def before(self, func: Func, params: tuple[Any, ...]) -> None:
            raise ZeroDivisionError("mine")

    instance = listened(make_module(BASIC), Failing(), {"nothing"})
    with pytest.raises(ZeroDivisionError, match="mine"):
        instance.exports["nothing"]()
