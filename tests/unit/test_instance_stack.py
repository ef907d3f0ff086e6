"""Depth: enough room for real programs, a clean trap at the end, and the host's recursion limit as it was."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from contract.fake import BASIC, FakeTranslator, func_type, make_module
from wasm2py.runtime import stack
from wasm2py.runtime.errors import StackExhausted
from wasm2py.runtime.function import Func
from wasm2py.runtime.instance import Instance, instantiate
from wasm2py.runtime.program import ImportInfo, Options, Program, UnitCode
from wasm2py.runtime.stack import GUARD, raised_limit


def instance_of(functions: dict[str, tuple[str, str]], *imports: Func) -> Instance:
    infos = tuple(ImportInfo("env", func.name, func.type) for func in imports)
    module = make_module(functions, imports=infos, imported={"func": len(infos)})
    translator = FakeTranslator()
    program = translator.program(module, Options())
    return instantiate(program, lambda unit: translator.unit(module, program, unit), imports)


@pytest.fixture(autouse=True)
def limit_is_restored() -> Any:
    before = sys.getrecursionlimit()
    yield
    assert sys.getrecursionlimit() == before
    assert not GUARD.active


def test_ten_thousand_frames_fit() -> None:
    assert instance_of(BASIC).exports["depth"](10_000) == 10_000


def test_ten_thousand_frames_fit_from_deep_in_the_host() -> None:
    depth = instance_of(BASIC).exports["depth"]

    def descend(levels: int) -> int:
        return descend(levels - 1) if levels else depth(10_000)

    assert descend(500) == 10_000


def test_endless_recursion_traps_again_and_again() -> None:
    exports = instance_of(BASIC).exports
    for _ in range(5):
        with pytest.raises(StackExhausted, match=r"^call stack exhausted$"):
            exports["forever"](1)
        assert exports["add"](1, 2) == 3


def test_in_several_threads_at_once() -> None:
    exports = instance_of(BASIC).exports
    before = sys.getrecursionlimit()
    outcomes: list[Any] = []

    def work() -> None:
        for _ in range(3):
            outcomes.append(exports["depth"](5_000))
            try:
                exports["forever"](1)
            except StackExhausted:
                outcomes.append("exhausted")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [5_000] * 12 + ["exhausted"] * 12
    assert sys.getrecursionlimit() == before


def test_the_last_thread_to_leave_restores_the_limit() -> None:
    before = sys.getrecursionlimit()
    entered, leave = threading.Barrier(2), threading.Event()

    def hold() -> None:
        entered.wait()
        leave.wait()

    instance = instance_of({"f": ("->", "def f():\n    hold()")}, Func(func_type("->"), hold, "hold"))
    thread = threading.Thread(target=instance.exports["f"])
    thread.start()
    entered.wait()
    assert instance_of(BASIC).exports["depth"](5_000) == 5_000
    assert sys.getrecursionlimit() == raised_limit(before)
    leave.set()
    thread.join()
    assert sys.getrecursionlimit() == before


def test_recursion_through_the_host_traps_or_is_the_hosts() -> None:
    exports: dict[str, Any] = {}

    def again() -> None:
        exports["f"]()

    instance = instance_of({"f": ("->", "def f():\n    again()")}, Func(func_type("->"), again))
    exports.update(instance.exports)
    for _ in range(3):
        with pytest.raises((StackExhausted, RecursionError)):
            instance.exports["f"]()


def test_recursion_through_the_hosts_c_code_does_not_crash() -> None:
    exports: dict[str, Any] = {}

    def again() -> None:
        sorted([0], key=lambda _: exports["f"]() or 0)

    instance = instance_of({"f": ("->", "def f():\n    again()")}, Func(func_type("->"), again))
    exports.update(instance.exports)
    with pytest.raises((StackExhausted, RecursionError)):
        instance.exports["f"]()


def test_calls_nest_through_the_host() -> None:
    exports: dict[str, Any] = {}
    instance = instance_of(
        {"f": ("i32->i32", "def f(n):\n    return host(n - 1) + 1 if n else 0")},
        Func(func_type("i32->i32"), lambda n: exports["f"](n), "host"),
    )
    exports.update(instance.exports)
    assert instance.exports["f"](100) == 100


def test_a_limit_that_the_host_sets_meanwhile_stays() -> None:
    before = sys.getrecursionlimit()
    instance = instance_of(
        {"f": ("->", "def f():\n    change()")},
        Func(func_type("->"), lambda: sys.setrecursionlimit(before + 77), "change"),
    )
    instance.exports["f"]()
    try:
        assert sys.getrecursionlimit() == before + 77
    finally:
        sys.setrecursionlimit(before)


def test_a_unit_can_be_translated_at_any_depth() -> None:
    functions = {
        "down": ("i32->", "def down(n):\n    down(n - 1) if n else late()"),
        "late": ("->", "def late():\n    pass"),
    }
    module, translator = make_module(functions), FakeTranslator()

    def recurse(levels: int) -> None:
        if levels:
            recurse(levels - 1)

    def load(unit: int) -> UnitCode:
        recurse(1_000 if unit else 0)
        return translator.unit(module, program, unit)

    program: Program = translator.program(module, Options())
    instance = instantiate(program, load)
    deepest = 0
    for levels in range(12_500, 8_000, -50):
        try:
            instance.exports["down"](levels)
        except StackExhausted:
            continue
        deepest = levels
        break
    assert deepest > 10_000
    assert translator.units == [0, 1]


def test_a_translator_without_room_means_an_exhausted_stack() -> None:
    def load(unit: int) -> UnitCode:
        return load(unit)

    translator = FakeTranslator()
    program = translator.program(make_module(BASIC), Options())
    with pytest.raises(StackExhausted):
        instantiate(program, load).exports["nothing"]()


@pytest.mark.parametrize("occasion", [1, 2], ids=["raising", "restoring"])
def test_an_interrupt_while_the_limit_changes(monkeypatch: pytest.MonkeyPatch, occasion: int) -> None:
    instance = instance_of(BASIC)
    instance.exports["depth"](1)
    calls = 0

    def interrupted(limit: int) -> None:
        nonlocal calls
        calls += 1
        sys.setrecursionlimit(limit)
        if calls == occasion:
            raise KeyboardInterrupt

    before = sys.getrecursionlimit()
    monkeypatch.setattr(stack, "setrecursionlimit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        instance.exports["depth"](1)
    assert sys.getrecursionlimit() == before
    assert not GUARD.active
    assert instance.exports["depth"](10_000) == 10_000
    assert sys.getrecursionlimit() == before


def test_a_thread_that_is_too_deep_leaves_the_limit_to_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = instance_of(BASIC)
    instance.exports["depth"](1)
    before = sys.getrecursionlimit()

    def refused(limit: int) -> None:
        if limit == before:
            raise RecursionError("cannot set the recursion limit: the limit is too low")
        sys.setrecursionlimit(limit)

    with monkeypatch.context() as patch:
        patch.setattr(stack, "setrecursionlimit", refused)
        assert instance.exports["depth"](1) == 1
    assert sys.getrecursionlimit() == raised_limit(before)
    assert instance.exports["depth"](1) == 1
    assert sys.getrecursionlimit() == before


def test_calls_that_cannot_recurse_leave_the_limit_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = instance_of(BASIC)
    instance.exports["add"](1, 2)
    with monkeypatch.context() as patch:
        patch.setattr(stack, "setrecursionlimit", None)
        assert instance.exports["add"](1, 2) == 3
