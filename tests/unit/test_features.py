"""Features that are off: what uses them is refused, and named with its place."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection
from pathlib import Path

import pytest
import wasm2py
from wasm2py.cli import main
from wasm2py.config import Config
from wasm2py.runtime.cache import Cache
from wasm2py.runtime.errors import ValidationError
from wasm2py.transpile.features import FEATURES, HEAPS, PRESETS, disabled
from wasm2py.transpile.opcodes import OPS

PLAIN = '(module (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))'


def load(text: str, features: Collection[str]) -> wasm2py.Module:
    return wasm2py.Module.from_wat(text, engine=wasm2py.Engine(Config(cache=False, features=features)))


def test_versions_of_webassembly_grow() -> None:
    versions = [set(PRESETS[name]) for name in ("wasm1", "wasm2", "wasm3", "all")]
    assert all(earlier < later for earlier, later in itertools.pairwise(versions))
    assert versions[-1] == set(FEATURES)


def test_every_instruction_and_heap_type_has_a_feature_of_the_list() -> None:
    assert {op.feature for op in OPS.values()} | {*HEAPS.values()} <= {"mvp", *FEATURES}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_what_its_features_require(preset: str) -> None:
    assert {*FEATURES} - {*disabled(preset)} == {*PRESETS[preset]}


def test_features_bring_what_they_require() -> None:
    assert {*FEATURES} - {*disabled(("gc", "threads"))} == {"gc", "function-references", "reference-types", "threads"}
    assert disabled(()) == FEATURES
    assert disabled(("wasm3", "all")) == ()


@pytest.mark.parametrize("features", ["wasm4", ("wasm1", "thread"), ("",), ["mvp"]])
def test_unknown_features(features: object) -> None:
    with pytest.raises(ValueError, match=r"unknown feature '\w*', expected some of wasm1, .*, wide-arithmetic"):
        Config(features=features)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("off", "text", "what"),
    [
        ("sign-extension", "(func (drop (i32.extend8_s (i32.const 1))))", "i32.extend8_s in function 0 @ 19"),
        ("saturating-float-to-int", "(func (drop (i32.trunc_sat_f32_s (f32.const 1))))",
         "i32.trunc_sat_f32_s in function 0 @ 1c"),
        ("wide-arithmetic", "(func (result i64 i64) (i64.mul_wide_s (i64.const 1) (i64.const 1)))",
         "i64.mul_wide_s in function 0 @ 1d"),
        ("tail-call", "(func (return_call 0))", "return_call in function 0 @ 17"),
        ("multi-value", "(func (result i32 i32) unreachable)", "a type with several results @ a"),
        ("multi-value", "(func (i32.const 1) (block (param i32) drop))", "block in function 0 @ 1d"),
        ("reference-types", "(func (block (result externref) unreachable) drop)", "block in function 0 @ 17"),
        ("reference-types", "(func (drop (select (result i32) (i32.const 1) (i32.const 1) (i32.const 1))))",
         "select_t in function 0 @ 1d"),
        ("reference-types", "(func (local externref))", "a local of type externref in function 0 @ 19"),
        ("reference-types", "(func (param externref))", "the type (externref) -> () @ a"),
        ("reference-types", "(table 1 funcref) (table 1 funcref)", "a second table @ e"),
        ("reference-types", "(global externref (ref.null extern))", "a global of type externref @ b"),
        ("reference-types", "(func) (elem declare func 0)", "a declarative segment @ 15"),
        ("exception-handling", "(func (drop (ref.null exn)))", "ref.null in function 0 @ 17"),
        ("exception-handling", "(tag)", "a tag @ 11"),
        ("legacy-exception-handling", "(func try end)", "try in function 0 @ 17"),
        ("function-references", "(type (func)) (func (drop (ref.null 0)))", "ref.null in function 0 @ 17"),
        ("function-references", "(func $f) (table 1 (ref func) (ref.func $f))", "a table of (ref func) @ 15"),
        ("function-references", "(table 1 funcref (ref.null func))", "a table with a value for its elements @ b"),
        ("multi-memory", "(memory 1) (memory 1)", "a second memory @ d"),
        ("memory64", '(import "m" "m" (memory i64 1))', "a 64-bit memory @ b"),
        ("memory64", "(table i64 1 funcref)", "a 64-bit table @ b"),
        ("custom-page-sizes", "(memory 1 (pagesize 1))", "a memory with a page size @ b"),
        ("threads", "(memory 1 1 shared)", "a shared memory @ b"),
        ("threads", "(func atomic.fence)", "atomic.fence in function 0 @ 17"),
        ("mutable-globals", '(global (import "m" "g") (mut i32))', "a mutable global that is imported or exported @ b"),
        ("mutable-globals", '(global (export "g") (mut i32) (i32.const 1))',
         "a mutable global that is imported or exported @ 13"),
        ("extended-const", "(global i32 (i32.add (i32.const 1) (i32.const 1)))",
         "i32.add in a constant expression @ 11"),
        ("gc", "(global i32 (i32.const 1)) (global i32 (global.get 0))",
         "a constant expression of a global that is not imported @ 12"),
        ("bulk-memory", '(memory 1) (data "") (func (data.drop 0))', "data.drop in function 0 @ 1f"),
        ("bulk-memory", "(elem funcref (ref.null func))", "a passive segment @ b"),
        ("bulk-memory", "(table 1 funcref) (elem (i32.const 0) funcref (ref.null func))",
         "a segment of expressions @ 11"),
    ],
)  # fmt: skip
def test_what_uses_a_feature_that_is_off_is_refused(off: str, text: str, what: str) -> None:
    others = [name for name in FEATURES if off in disabled((name,))]
    message, offset = what.split(" @ ")
    with pytest.raises(ValidationError) as caught:
        load(f"(module {text})", others)
    assert str(caught.value) == f"the {off} feature is off: {message} (at offset 0x{offset})"


def test_plain_modules_need_no_feature() -> None:
    assert load(PLAIN, ()).exports[0].name == "f"


def test_functions_that_are_validated_later_are_refused_later() -> None:
    engine = wasm2py.Engine(Config(cache=False, features="wasm1", lazy_validation=True))
    text = '(module (func (export "f")) (func (export "g") (drop (i32.extend8_s (i32.const 1)))))'
    instance = wasm2py.load(text, engine=engine)
    assert instance.exports.f() is None
    with pytest.raises(ValidationError, match=r"the sign-extension feature is off: i32\.extend8_s in function 1"):
        instance.exports.g()
    with pytest.raises(ValidationError, match="a shared memory"):
        wasm2py.load("(module (memory 1 1 shared))", engine=engine)


def test_what_the_cache_knows_of_an_engine_with_more_features_is_refused_all_the_same(tmp_path: Path) -> None:
    text = '(module (func (export "f") (result i32) (i32.extend8_s (i32.const 255))))'
    for cache in (str(tmp_path), Cache()):
        assert wasm2py.load(text, engine=wasm2py.Engine(Config(cache=cache))).exports.f() == -1
        with pytest.raises(ValidationError, match="the sign-extension feature is off"):
            wasm2py.load(text, engine=wasm2py.Engine(Config(cache=cache, features="wasm1")))


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.wat"
    file.write_text('(module (func (export "f") (result i32) (i32.extend8_s (i32.const 255))))')
    message = f"{file}: the sign-extension feature is off: i32.extend8_s in function 0 (at offset 0x22)"
    for command in (["run", "--no-cache"], ["dump"], ["precompile", "-o", str(tmp_path / "out")]):
        assert main([*command, "--features", "wasm1,threads", str(file)]) == 1
        assert capsys.readouterr().err == f"wasm2py: error: {message}\n"
    assert main(["validate", "--features", "wasm1", str(file)]) == 1
    assert main(["validate", "--features", "wasm1,sign-extension", str(file)]) == 0
    assert main(["run", "--no-cache", "--features=wasm2", "--invoke", "f", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [message, f"{file}: ok", "-1"]


def test_an_unknown_feature_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["validate", "--features", "wasm9", "m.wasm"])
    assert exit_.value.code == 2
    assert "unknown feature 'wasm9', expected some of wasm1, " in capsys.readouterr().err


def test_inspect_says_where_a_feature_is_used_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.wat"
    file.write_text("(module (memory 1) (memory i64 1) (func (drop (i32.extend8_s (i32.const 255)))))")
    assert main(["inspect", "--json", str(file)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["features"] == ["memory64", "multi-memory", "sign-extension"]
    assert found["uses"] == [
        {"feature": "memory64", "what": "a 64-bit memory", "function": None, "offset": 23},
        {"feature": "multi-memory", "what": "a second memory", "function": None, "offset": 23},
        {"feature": "sign-extension", "what": "i32.extend8_s", "function": 0, "offset": 33},
    ]
