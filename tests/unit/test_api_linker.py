"""Linking: host functions by annotation, externs, instances, WASI, and what does not fit."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wasm2py
from wasm2py.engine import default_engine
from wasm2py.runtime.signature import signature_of

EXAMPLES = Path(__file__).parents[2] / "examples"


def engine() -> wasm2py.Engine:
    return wasm2py.Engine(wasm2py.Config(cache=None))


@pytest.fixture
def linker() -> wasm2py.Linker:
    return wasm2py.Linker(engine())


def importing(linker: wasm2py.Linker, type_: str, call: str = "") -> wasm2py.Module:
    text = f'(module $guest (import "env" "f" (func $f {type_})) {call})'
    return wasm2py.Module.from_wat(text, engine=linker.engine)


CALL = '(func (export "g") (param i64) (result f64) local.get 0 call $f)'


def test_the_import_decides_what_annotations_leave_open(linker: wasm2py.Linker) -> None:
    @linker.function("env", "f")
    def half(x: int) -> float:
        return x / 2

    exports = linker.instantiate(importing(linker, "(param i64) (result f64)", CALL)).exports
    assert exports.g(-5) == -2.5


def test_markers_and_strings_settle_a_type(linker: wasm2py.Linker) -> None:
    @linker.function("env", "f")
    def f(a: wasm2py.i32, b: "f64", c: wasm2py.externref) -> tuple[wasm2py.i64, wasm2py.f32]:  # type: ignore[name-defined]  # noqa: F821, UP037
        return a, b

    type_ = wasm2py.FuncType(("i32", "f64", "externref"), ("i64", "f32"))
    assert signature_of(f).exact() == type_
    with pytest.raises(wasm2py.LinkError, match=r"incompatible import type: .*expected func .*got func "):
        linker.instantiate(importing(linker, "(param i32)"))
    module = importing(linker, "(param i32 f64 externref) (result i64 f32)")
    assert linker.instantiate(module)


def one(x: int) -> None: ...
def two(x: int, y: float) -> int: ...  # type: ignore[empty-body]
def any_number(*values: Any) -> None: ...
def nothing_said(x, y): ...  # type: ignore[no-untyped-def]
def unknown_names(x: Nonsense) -> object: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("function", "type_", "fits"),
    [
        (one, wasm2py.FuncType(("i32",)), True),
        (one, wasm2py.FuncType(("i64",)), True),
        (one, wasm2py.FuncType(("f32",)), False),
        (one, wasm2py.FuncType(("i32",), ("i32",)), False),
        (one, wasm2py.FuncType(("i32", "i32")), False),
        (two, wasm2py.FuncType(("i32", "f32"), ("i64",)), True),
        (two, wasm2py.FuncType(("i32", "i32"), ("i64",)), False),
        (any_number, wasm2py.FuncType(("f32",) * 9), True),
        (nothing_said, wasm2py.FuncType(("f32", "externref"), ("i32", "i32")), True),
        (nothing_said, wasm2py.FuncType(("f32",)), False),
        (unknown_names, wasm2py.FuncType(("f32",), ("i32",)), True),
        (print, wasm2py.FuncType(("i32", "i32")), True),
        (max, wasm2py.FuncType(("i32", "i32"), ("i32",)), True),
    ],
)
def test_signatures_allow_what_they_say(function: Callable[..., Any], type_: wasm2py.FuncType, fits: bool) -> None:
    assert signature_of(function).allows(type_) is fits


def test_a_host_function_can_ask_for_the_instance(linker: wasm2py.Linker) -> None:
    @linker.function("env", "print")
    def show(instance: wasm2py.Instance, address: int, length: int) -> None:
        shown.append(instance.exports.memory.read_string(address, length))

    shown: list[str] = []
    text = """(module (import "env" "print" (func $print (param i32 i32)))
      (memory (export "memory") 1) (data (i32.const 8) "{0}")
      (func $start i32.const 8 i32.const 2 call $print) (start $start))"""
    for word in ("ab", "cd"):
        linker.instantiate(wasm2py.Module.from_wat(text.format(word), engine=linker.engine))
    assert shown == ["ab", "cd"]
    linker.define("env", "f", lambda instance: None)
    with pytest.raises(wasm2py.LinkError, match="got a Python function"):
        linker.instantiate(importing(linker, ""))


def test_keyword_only_parameters_cannot_be_passed(linker: wasm2py.Linker) -> None:
    def f(x: int, *, y: int) -> None: ...

    with pytest.raises(TypeError, match="'y' is keyword-only"):
        linker.define("env", "f", f)


def test_an_explicit_type_wins(linker: wasm2py.Linker) -> None:
    linker.function("env", "f", type=wasm2py.FuncType(("i32",)))(lambda x: None)
    with pytest.raises(wasm2py.LinkError, match="incompatible import type"):
        linker.instantiate(importing(linker, "(param i64)"))


def test_all_missing_imports_are_named(linker: wasm2py.Linker) -> None:
    linker.define("env", "other", print)
    text = '(module $guest (import "env" "f" (func (param i32))) (import "sys" "m" (memory 1)))'
    message = (
        r'unknown import: "env" "f" \(imported by guest\), expected func \(i32\) -> \(\); '
        r'"sys" "m" \(imported by guest\), expected memory 1; nothing is defined for \'sys\''
    )
    with pytest.raises(wasm2py.LinkError, match=message):
        linker.instantiate(wasm2py.Module.from_wat(text, engine=linker.engine))


def test_python_values_that_do_not_fit_are_named(linker: wasm2py.Linker) -> None:
    linker.define("env", "f", one)
    expected = r'"env" "f" \(imported by guest\), expected func \(f32\) -> \(\)'
    message = rf"{expected}, got a Python function \(i32\|i64\|v128\) -> \(\)"
    with pytest.raises(wasm2py.LinkError, match=message):
        linker.instantiate(importing(linker, "(param f32)"))
    with pytest.raises(TypeError, match="cannot define 'env' 'f' as a str"):
        linker.define("env", "f", "text")  # type: ignore[arg-type]


def test_externs_of_all_kinds(linker: wasm2py.Linker) -> None:
    linker.define("env", "table", wasm2py.Table("funcref", 10))
    linker.define("env", "memory", wasm2py.Memory(1))
    linker.define("env", "global", wasm2py.Global("i32", 4, mutable=True))
    linker.define("env", "constant", 6)
    text = """(module (import "env" "table" (table 10 funcref)) (import "env" "memory" (memory 1))
      (import "env" "global" (global $g (mut i32))) (import "env" "constant" (global $c i64))
      (func (export "f") (result i64) (i64.add (global.get $c) (i64.extend_i32_s (global.get $g)))))"""
    assert linker.instantiate(wasm2py.Module.from_wat(text, engine=linker.engine)).exports.f() == 10


def test_a_number_must_fit_its_global(linker: wasm2py.Linker) -> None:
    linker.define("env", "g", 1.5)
    module = wasm2py.Module.from_wat('(module (import "env" "g" (global i32)))', engine=linker.engine)
    with pytest.raises(wasm2py.LinkError, match=r"incompatible import type: .*expected i32, got float"):
        linker.instantiate(module)


def test_instances_provide_for_others(linker: wasm2py.Linker) -> None:
    first = wasm2py.load('(module (func (export "f") (param i64) (result f64) f64.const 3))', engine=linker.engine)
    linker.define_instance("env", first)
    exports = linker.instantiate(importing(linker, "(param i64) (result f64)", CALL)).exports
    assert exports.g(1) == 3.0
    by_mapping = wasm2py.load(
        '(module (import "a" "f" (func $f (param i64) (result f64))) (export "f" (func $f)))',
        {"a": first},
        engine=linker.engine,
    )
    assert by_mapping.exports.f is first.exports.f


def test_imports_may_be_any_object_with_attributes() -> None:
    class Env:
        limit = 3

        def f(self, x: int) -> float:
            return x * 0.5

    text = f'(module (import "env" "f" (func $f (param i64) (result f64))) {CALL})'
    assert wasm2py.load(text, {"env": Env()}, engine=engine()).exports.g(3) == 1.5
    for name in ("__class__", "_private", "__init__"):
        with pytest.raises(wasm2py.LinkError, match="unknown import"):
            wasm2py.load(f'(module (import "env" "{name}" (func)))', {"env": Env()}, engine=engine())


def test_exports_are_provided_whatever_their_names() -> None:
    names = ["functions", "bind", "get", "items", "keys"]
    fields = "".join(f'(func (export "{name}") (result i32) i32.const {i})' for i, name in enumerate(names))
    first = wasm2py.load(f"(module {fields})", engine=engine())
    imports = "".join(f'(import "env" "{name}" (func ${name} (result i32)))' for name in names)
    exports = "".join(f'(export "{name}" (func ${name}))' for name in names)
    for provider in (first, first.exports):
        second = wasm2py.load(f"(module {imports} {exports})", {"env": provider}, engine=engine())
        assert [second.exports[name]() for name in names] == [0, 1, 2, 3, 4]
    linker = wasm2py.Linker(engine())
    linker.define_instance("env", first)
    assert linker.instantiate(wasm2py.Module.from_wat(f"(module {imports})", engine=linker.engine))


def test_host_exceptions_pass_through(linker: wasm2py.Linker) -> None:
    error = RuntimeError("host")

    @linker.function("env")
    def f(x: int) -> float:
        raise error

    with pytest.raises(RuntimeError) as caught:
        linker.instantiate(importing(linker, "(param i64) (result f64)", CALL)).exports.g(1)
    assert caught.value is error


def test_wasi_is_made_for_each_instance(linker: wasm2py.Linker) -> None:
    out = io.BytesIO()
    linker.wasi(args=["prog", "x"], env={"K": "V"}, stdout=out)
    module = wasm2py.Module.from_file(EXAMPLES / "hello.wasm", engine=linker.engine)
    for _ in range(2):
        with pytest.raises(wasm2py.WasiExit) as caught:
            linker.instantiate(module).exports._start()
            raise wasm2py.WasiExit(0)
        assert caught.value.code == 0
    assert out.getvalue().count(b"argument 1: x") == 2


def test_wasi_serves_the_start_function() -> None:
    text = """(module (import "wasi_snapshot_preview1" "random_get" (func $r (param i32 i32) (result i32)))
      (memory (export "memory") 1) (func $s i32.const 8 i32.const 4 call $r drop) (start $s))"""
    wasi = wasm2py.Wasi(random=lambda count: b"\x07" * count)
    instance = wasm2py.load(text, {"wasi_snapshot_preview1": wasi}, engine=engine())
    assert instance.exports.memory.read(7, 6) == b"\0\7\7\7\7\0"


def test_wasi_takes_one_kind_of_argument(linker: wasm2py.Linker) -> None:
    with pytest.raises(TypeError, match="not both"):
        linker.wasi(wasm2py.Wasi(), args=["x"])


@pytest.fixture
def fresh_default_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WASM2PY_CACHE_DIR", str(tmp_path))
    default_engine.cache_clear()
    yield
    default_engine.cache_clear()


@pytest.mark.usefixtures("fresh_default_engine")
def test_the_tour_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    inst = wasm2py.load("add.wasm")
    assert inst.exports.add(2, 3) == 5
    assert inst.exports["add"] is inst.exports.add
    text = """(module (import "env" "log" (func $log (param i32))) (import "env" "table" (table 10 funcref))
      (import "other" "add" (func $add (param i32 i32) (result i32)))
      (func (export "div") (param i32 i32) (result i32)
        (call $log (call $add (local.get 0) (local.get 1))) (i32.div_s (local.get 0) (local.get 1))))"""
    module = wasm2py.Module.from_wat(text)
    linker = wasm2py.Linker()
    logged = []

    @linker.function("env", "log")
    def log(x: int) -> None:
        logged.append(x)

    linker.define("env", "table", wasm2py.Table("funcref", 10))
    linker.define_instance("other", inst)
    linker.wasi(args=["prog"])
    inst = linker.instantiate(module)
    assert inst.exports.div(-7, 2) == -3
    try:
        inst.exports.div(1, 0)
    except wasm2py.Trap as trap:
        assert (trap.kind, str(trap)) == ("integer divide by zero", "integer divide by zero")
        assert [frame.function for frame in trap.frames] == ["div"]
    assert logged == [-5, 1]
