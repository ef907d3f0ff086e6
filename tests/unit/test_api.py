"""The library as the README shows it: load, modules, exports, memory, configuration."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import wasm2py
from wasm2py import checking

EXAMPLES = Path(__file__).parents[2] / "examples"

ARITHMETIC = """
(module $arith
  (memory (export "memory") 1 4)
  (table (export "table") 2 funcref)
  (global (export "count") (mut i32) (i32.const 7))
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "swap") (param i64 f32) (result f32 i64) local.get 1 local.get 0)
  (func $deep (export "div") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
  (func (export "outer") (param i32) (result i32) i32.const 1 local.get 0 call $deep))
"""


@pytest.fixture(scope="module")
def engine() -> wasm2py.Engine:
    return wasm2py.Engine(wasm2py.Config(cache=None))


@pytest.fixture
def arith(engine: wasm2py.Engine) -> wasm2py.Instance:
    return wasm2py.load(ARITHMETIC, engine=engine)


def test_load_takes_a_path_bytes_or_text(engine: wasm2py.Engine) -> None:
    path = EXAMPLES / "add.wasm"
    for source in (path, str(path), path.read_bytes(), path.with_suffix(".wat"), path.with_suffix(".wat").read_text()):
        assert wasm2py.load(source, engine=engine).exports.add(2, 3) == 5


def test_integers_go_in_either_way_and_come_out_signed(arith: wasm2py.Instance) -> None:
    assert arith.exports.add(2**32 - 1, 0) == -1
    assert arith.exports.add(-1, -(2**31)) == 2**31 - 1
    assert arith.exports.swap(-1, 1.5) == (1.5, -1)
    with pytest.raises(OverflowError, match="i32 out of range"):
        arith.exports.add(2**32, 0)


def test_wrong_arguments_are_named(arith: wasm2py.Instance) -> None:
    with pytest.raises(TypeError, match="arith!add: expected 2 params, but passed 1"):
        arith.exports.add(1)
    with pytest.raises(TypeError, match="arith!add: parameter 1: expected i32, got str"):
        arith.exports.add(1, "2")


def test_exports_are_attributes_items_and_names(arith: wasm2py.Instance) -> None:
    exports = arith.exports
    assert exports["add"] is exports.add
    assert list(exports) == ["memory", "table", "count", "add", "swap", "div", "outer"]
    assert len(exports) == 7
    assert "add" in exports
    assert "sub" not in exports
    assert {"add", "memory"} <= set(dir(exports))
    assert isinstance(exports.memory, wasm2py.Memory)
    assert isinstance(exports.table, wasm2py.Table)
    assert isinstance(exports.count, wasm2py.Global)
    assert isinstance(exports.add, wasm2py.Func)
    assert dict(exports.items())["count"].value == 7


def test_exports_of_linkers_are_attributes_and_python_s_names_are_not() -> None:
    text = '(module (global (export "__heap_base") i32 (i32.const 9)) (func (export "__class__")) (func (export "__")))'
    exports = wasm2py.load(text).exports
    assert exports.__heap_base.value == exports["__heap_base"].value == 9
    assert exports.__class__ is type(exports)
    assert isinstance(exports["__class__"], wasm2py.Func)
    with pytest.raises(AttributeError, match="has no export '__unknown'"):
        _ = exports.__unknown


def test_an_unknown_export_names_the_module_and_what_there_is(arith: wasm2py.Instance) -> None:
    message = "arith has no export 'ad'; did you mean 'add'. it exports 'memory', 'table', 'count', 'add'"
    with pytest.raises(AttributeError, match=message):
        _ = arith.exports.ad
    with pytest.raises(KeyError, match="arith has no export"):
        arith.exports["ad"]
    assert not hasattr(arith.exports, "__wrapped__")


def test_exports_may_have_any_name(engine: wasm2py.Engine) -> None:
    names = ["items", "keys", "get", "__class__", "__dict__", "_Exports__externs", "", "a b", "def", "é"]
    fields = "".join(f'(func (export "{name}") (result i32) i32.const {index})' for index, name in enumerate(names))
    exports: Any = wasm2py.load(f"(module {fields})", engine=engine).exports
    assert [exports[name]() for name in names] == list(range(len(names)))
    assert (exports.items(), exports.get()) == (0, 2)
    assert list(exports) == names
    assert type(exports) is wasm2py.Exports


def test_memory_as_the_host_sees_it(arith: wasm2py.Instance) -> None:
    memory = arith.exports.memory
    memory.write(0, b"abcd")
    assert memory.read(0, 4) == b"abcd"
    assert memory[0] == ord("a")
    assert memory[0:4] == b"abcd"
    assert memory.size == 65536
    assert memory.grow(1) == 1
    assert memory.size == 2 * 65536
    memory.write_f64(16, 1.5)
    assert memoryview(memory.data)[16:24].tobytes() == bytes.fromhex("000000000000f83f")
    memory.write(8, b"\xff\xff\xff\xff")
    assert memory.read_u32(8) == 0xFFFFFFFF
    memory.write(32, "héa".encode() + b"!")
    assert memory.read_string(32, 4) == "héa"


def test_a_trap_tells_its_kind_and_where(arith: wasm2py.Instance) -> None:
    with pytest.raises(wasm2py.Trap, match="integer divide by zero") as caught:
        arith.exports.outer(0)
    assert caught.value.kind == "integer divide by zero"
    assert [frame.function for frame in caught.value.frames] == ["outer", "deep"]
    assert all(frame.module == "arith" and frame.offset for frame in caught.value.frames)
    assert pickle.loads(pickle.dumps(caught.value)).frames == caught.value.frames


def test_modules_tell_their_imports_and_exports(engine: wasm2py.Engine) -> None:
    text = """(module (import "env" "log" (func (param i32))) (import "env" "m" (memory 1 2))
      (func (export "f") (result f32) f32.const 1) (export "m" (memory 0))
      (global (export "g") i64 (i64.const 1)) (table (export "t") 3 externref))"""
    module = wasm2py.Module.from_wat(text, engine=engine)
    memory = wasm2py.MemoryType(wasm2py.Limits(1, 2))
    assert [(item.module, item.name, item.kind, item.type) for item in module.imports] == [
        ("env", "log", "func", wasm2py.FuncType(("i32",))),
        ("env", "m", "memory", memory),
    ]
    assert {item.name: (item.kind, item.type) for item in module.exports} == {
        "f": ("func", wasm2py.FuncType((), ("f32",))),
        "m": ("memory", memory),
        "g": ("global", wasm2py.GlobalType("i64")),
        "t": ("table", wasm2py.TableType("externref", wasm2py.Limits(3))),
    }


def test_modules_are_called_after_themselves_or_their_file(tmp_path: Path, engine: wasm2py.Engine) -> None:
    path = tmp_path / "thing.wat"
    path.write_text("(module (func))")
    assert wasm2py.Module.from_file(path, engine=engine).name == "thing"
    assert wasm2py.Module.from_wat(ARITHMETIC, engine=engine).name == "arith"


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (b"", wasm2py.DecodeError, "unexpected end"),
        (b"nonsense", wasm2py.DecodeError, "magic header not detected"),
        (b"\0asm\2\0\0\0", wasm2py.DecodeError, "unknown binary version"),
        ("(module", wasm2py.TextError, "1:8"),
        ("(module (func (result i32)))", wasm2py.ValidationError, "type mismatch"),
        ("no such file", FileNotFoundError, "no such file"),
    ],
)
def test_bad_modules_are_refused(source: str | bytes, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wasm2py.load(source, engine=wasm2py.Engine(wasm2py.Config(cache=None)))


def test_a_module_is_made_of_bytes() -> None:
    with pytest.raises(TypeError, match="from_file"):
        wasm2py.Module("add.wasm")  # type: ignore[arg-type]


def test_configuration_is_checked() -> None:
    with pytest.raises(ValueError, match="unknown dialect 'jit'"):
        wasm2py.Config(dialect="jit")  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", ["cpython", "portable"])
def test_both_dialects_and_eager_translation(dialect: str) -> None:
    config = wasm2py.Config(cache=None, dialect=dialect, eager=True)  # type: ignore[arg-type]
    exports = wasm2py.load(EXAMPLES / "crc32.wasm", engine=wasm2py.Engine(config)).exports
    exports.memory.write(exports.input(), b"123456789")
    assert exports.crc32(0, 9) & 0xFFFFFFFF == 0xCBF43926


def test_the_cache_saves_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = wasm2py.Config(cache=tmp_path / "cache")
    assert wasm2py.load(EXAMPLES / "add.wasm", engine=wasm2py.Engine(config)).exports.add(1, 2) == 3
    monkeypatch.setattr(wasm2py.Module, "decoded", property(lambda self: pytest.fail("decoded again")))
    again = wasm2py.load(EXAMPLES / "add.wasm", engine=wasm2py.Engine(config))
    assert again.exports.add(1, 2) == 3


def test_what_the_cache_knows_is_not_validated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = wasm2py.Config(cache=tmp_path / "cache")
    engine = wasm2py.Engine(config)
    wasm2py.load(EXAMPLES / "add.wasm", engine=engine)
    engine.close()
    monkeypatch.setattr(checking, "validate", lambda *_: pytest.fail("validated again"))
    again = wasm2py.load(EXAMPLES / "add.wasm", engine=wasm2py.Engine(config))
    assert again.exports.add(1, 2) == 3


HALF_VALID = """(module
    (global $g (mut i32) (i32.const 16))
    (func (export "good") (result i32) (i32.const 7))
    (func (export "bad") (result i32) (i64.const 7))
    (func (export "calls_bad") (result i32) (call 1)))"""


def test_lazy_validation_refuses_a_function_when_it_is_called(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    lazy = wasm2py.Config(cache=cache, lazy_validation=True)
    for _ in range(2):
        exports = wasm2py.load(HALF_VALID, engine=wasm2py.Engine(lazy)).exports
        assert exports.good() == 7
        for name in ("bad", "calls_bad", "bad"):
            with pytest.raises(wasm2py.ValidationError, match="type mismatch"):
                exports[name]()
    for config in (wasm2py.Config(cache=cache), wasm2py.Config(cache=None, lazy_validation=True, eager=True)):
        with pytest.raises(wasm2py.ValidationError, match="type mismatch"):
            wasm2py.load(HALF_VALID, engine=wasm2py.Engine(config))


def test_lazy_validation_refuses_all_else_at_once(engine: wasm2py.Engine) -> None:
    lazy = wasm2py.Engine(wasm2py.Config(cache=None, lazy_validation=True))
    with pytest.raises(wasm2py.ValidationError, match="unknown function"):
        wasm2py.load('(module (export "f" (func 1)))', engine=lazy)


def test_engines_share_a_cache_and_leave_it_open() -> None:
    cache = wasm2py.Cache()
    first, second = (wasm2py.Engine(wasm2py.Config(cache=cache)) for _ in range(2))
    wasm2py.Module.from_wat(ARITHMETIC, engine=first)
    assert second.compiled_module_count() == 1
    first.close()
    assert second.compiled_module_count() == 1
    with pytest.raises(wasm2py.WasmError, match="closed"):
        wasm2py.Module.from_wat(ARITHMETIC, engine=first)


def test_the_package_lists_its_names() -> None:
    assert set(wasm2py.__all__) <= set(dir(wasm2py))
    for name in wasm2py.__all__:
        assert getattr(wasm2py, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = wasm2py.nonsense


def modules_after(code: str) -> set[str]:
    """The modules that a fresh interpreter holds after running `code`."""
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    environment = {**os.environ, "WASM2PY_CACHE_DIR": os.devnull}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment, cwd=EXAMPLES
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_brings_nothing_else() -> None:
    loaded = modules_after("import wasm2py")
    assert not any(name.startswith("wasm2py.") for name in loaded)


def test_running_needs_no_other_distribution() -> None:
    loaded = modules_after("import wasm2py; wasm2py.load('add.wasm').exports.add(1, 2)")
    assert not loaded & {"astor", "black", "rich", "platformdirs", "argparse"}


def test_passes_can_be_chosen() -> None:
    assert wasm2py.Config().options().disabled_passes == ()
    left_out = wasm2py.Config(passes=("fold", "dead")).options().disabled_passes
    assert "copies" in left_out
    assert "fold" not in left_out
    with pytest.raises(ValueError, match="unknown pass 'spin', expected some of cleanup, "):
        wasm2py.Config(passes=("spin",))
