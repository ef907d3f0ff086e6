"""Exceptions at the boundary: which are traps, and what their tracebacks show."""

from __future__ import annotations

import gc
import pickle
import struct
import sys
import traceback
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from contract.fake import FakeTranslator, func_type, make_module
from wasm2py.runtime.errors import StackExhausted, Trap, WasiExit, WasmFrame
from wasm2py.runtime.function import Func
from wasm2py.runtime.instance import Instance, instantiate
from wasm2py.runtime.program import ImportInfo, Options
from wasm2py.runtime.table import Table
from wasm2py.runtime.traps import KEPT_FRAMES, translate_exception
from wasm2py.runtime.types import Limits, MemoryType, TableType

NOTHING = func_type("->")


def instance_with(functions: dict[str, str], host: dict[str, Callable[..., Any]] | None = None) -> Instance:
    """An instance of functions without parameters (name → body), which may call those of the host."""
    host = host or {}
    sources = {name: ("->", f"def {name}():\n    {body}") for name, body in functions.items()}
    imports = tuple(ImportInfo("env", name, NOTHING) for name in host)
    module = make_module(
        sources,
        imports=imports,
        imported={"func": len(imports)},
        memories=(MemoryType(Limits(1, 2)),),
        tables=(TableType("funcref", Limits(2)),),
    )
    translator = FakeTranslator()
    program = translator.program(module, Options())
    externs = [Func(NOTHING, function, name) for name, function in host.items()]
    return instantiate(program, lambda unit: translator.unit(module, program, unit), externs)


def run(body: str, host: dict[str, Callable[..., Any]] | None = None) -> None:
    instance_with({"f": body}, host).exports["f"]()


def shown(error: BaseException) -> list[tuple[str, int | None, str]]:
    """The traceback's frames beyond this file's own callers."""
    summary = traceback.extract_tb(error.__traceback__)
    return [(frame.filename, frame.lineno, frame.name) for frame in summary if frame.filename.startswith("<")]


def our_frames(error: BaseException) -> list[str]:
    names = [frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(error.__traceback__)]
    return [name for name in names if name.startswith("wasm2py.")]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("1 // 0", "integer divide by zero"),
        ("1 % 0", "integer divide by zero"),
        ("i32_div_s(1, 0)", "integer divide by zero"),
        ("i32_div_s(0x80000000, 0xFFFFFFFF)", "integer overflow"),
        ("i32_trunc_s(NAN)", "invalid conversion to integer"),
        ("raise Trap('unreachable')", "unreachable"),
        ("[][0]", "undefined element"),
        ("[][0] = 1", "undefined element"),
        ("mem_u8[65536]", "out of bounds memory access"),
        ("mem_u8[65536] = 1", "out of bounds memory access"),
        ("mem_u32[1 << 33]", "out of bounds memory access"),
        pytest.param(
            "mem_u8[65530:65540] = bytes(10)",
            "out of bounds memory access",
            marks=pytest.mark.skipif(
                sys.implementation.name == "pypy", reason="PyPy makes a bytearray longer though it has views"
            ),
        ),
        ("load_u32(mem_u8, 65533)", "out of bounds memory access"),
        ("store_u32(mem_u8, 65533, 0)", "out of bounds memory access"),
        ("unpack_u32(mem_u8, 65533)", "out of bounds memory access"),
        ("memory.fill(65536, 0, 1)", "out of bounds memory access"),
        ("table.get(2)", "out of bounds table access"),
        ("f()", "call stack exhausted"),
    ],
)
def test_kinds(body: str, kind: str) -> None:
    for _ in range(2):  # the first call takes another way
        with pytest.raises(Trap) as caught:
            run(body)
        error = caught.value
        assert (error.kind, str(error)) == (kind, kind)
        assert isinstance(error, StackExhausted) == (kind == "call stack exhausted")
        assert error.frames[-1] == WasmFrame("fake", "f", 2)
        assert our_frames(error) == []
        assert error.__context__ is None or error.__suppress_context__


def test_a_bytearray_past_its_end() -> None:
    with pytest.raises(Trap, match="out of bounds memory access"):
        run("bytearray(1)[1]")


def test_traceback_shows_wasm_functions_and_offsets() -> None:
    exports = instance_with({"f": "g()", "g": "pass; h()", "h": "\n\n    1 // 0"}).exports
    for _ in range(2):
        with pytest.raises(Trap) as caught:
            exports["f"]()
        assert shown(caught.value) == [("<wasm fake>", 2, "f"), ("<wasm fake>", 2, "g"), ("<wasm fake>", 4, "h")]
        assert our_frames(caught.value) == []
        assert caught.value.frames == tuple(WasmFrame("fake", name, line or 0) for _, line, name in shown(caught.value))


def test_frames_have_the_names_to_show() -> None:
    module = make_module({"f": ("->", "def f():\n    1 // 0")})
    info = module.described.functions[0]
    object.__setattr__(info, "name", "a name\nof any kind")
    translator = FakeTranslator()
    program = translator.program(module, Options())
    instance = instantiate(program, lambda unit: translator.unit(module, program, unit))
    with pytest.raises(Trap) as caught:
        instance.exports["f"]()
    assert caught.value.frames == (WasmFrame("fake", "a name\nof any kind", 2),)


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError("host"),
        IndexError("list index out of range"),
        struct.error("host"),
        BufferError("host"),
        ValueError("memoryview assignment: host"),
        KeyboardInterrupt(),
        SystemExit(3),
        WasiExit(3),
        RecursionError("host"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_host_exceptions_pass_through(error: BaseException) -> None:
    def fail() -> None:
        raise error

    instance = instance_with({"f": "fail()"}, {"fail": fail})
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            instance.exports["f"]()
        assert caught.value is error
        assert error.__context__ is None


def test_what_a_builtin_as_host_function_raises_passes_through() -> None:
    instance = instance_with({"f": "fail()"}, {"fail": [].pop})
    with pytest.raises(IndexError, match="pop from empty list"):
        instance.exports["f"]()


def test_the_hosts_own_misuse_of_helpers_passes_through() -> None:
    table = Table("funcref", 1)
    with pytest.raises(IndexError):
        run("look()", {"look": lambda: table[5]})


def test_a_trap_that_the_host_raises_is_the_same_object() -> None:
    error = Trap("unreachable", "because")

    def fail() -> None:
        raise error

    with pytest.raises(Trap) as caught:
        run("fail()", {"fail": fail})
    assert caught.value is error
    assert str(error) == "because"
    assert our_frames(error) == []
    assert error.frames == (WasmFrame("fake", "f", 2),)


def test_a_trap_through_host_functions_keeps_all_wasm_frames() -> None:
    inner = instance_with({"divide": "1 // 0"})

    def between() -> None:
        inner.exports["divide"]()

    outer = instance_with({"f": "between()"}, {"between": between})
    for _ in range(2):
        with pytest.raises(Trap) as caught:
            outer.exports["f"]()
        error = caught.value
        assert error.frames == (WasmFrame("fake", "f", 2), WasmFrame("fake", "divide", 2))
        names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        assert names[-3:] == ["f", "between", "divide"]
        assert our_frames(error) == []


def test_a_host_function_may_catch_a_trap() -> None:
    inner = instance_with({"divide": "1 // 0"})
    seen: list[str] = []

    def between() -> None:
        try:
            inner.exports["divide"]()
        except Trap as trap:
            seen.append(trap.kind)

    run("between()", {"between": between})
    assert seen == ["integer divide by zero"]


def test_context_is_that_of_the_caller() -> None:
    instance = instance_with({"f": "1 // 0"})
    mine = KeyError("mine")
    for _ in range(2):
        try:
            raise mine
        except KeyError:
            with pytest.raises(Trap) as caught:
                instance.exports["f"]()
        assert caught.value.__context__ is mine


def test_traps_can_be_pickled() -> None:
    with pytest.raises(Trap) as caught:
        run("1 // 0")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.kind, copy.frames, str(copy)) == (caught.value.kind, caught.value.frames, str(caught.value))


def test_a_deep_stack_keeps_both_ends() -> None:
    instance = instance_with({"start": "middle()", "middle": "middle()"})
    with pytest.raises(StackExhausted) as caught:
        instance.exports["start"]()
    frames = caught.value.frames
    assert frames[0] == WasmFrame("fake", "start", 2)
    assert {frame.function for frame in frames[1:]} == {"middle"}
    assert len(frames) == 2 * KEPT_FRAMES
    assert len(shown(caught.value)) == 2 * KEPT_FRAMES


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="only CPython counts references")
def test_a_trap_is_released_without_the_garbage_collector() -> None:
    exports = instance_with({"f": "1 // 0"}).exports
    gc.disable()
    try:
        for _ in range(2):
            try:
                exports["f"]()
            except Trap as error:
                watcher = weakref.ref(error)
            assert watcher() is None
    finally:
        gc.enable()


def test_internal_errors_are_left_alone() -> None:
    for error in (TypeError("x"), ValueError("x"), Trap("unreachable")):
        assert translate_exception(error) is error
