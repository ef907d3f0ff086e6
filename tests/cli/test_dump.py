"""`wasm2py dump`: what it prints parses, imports, runs, and holds nothing that the module could have smuggled in."""

from __future__ import annotations

import ast
import importlib.util
import sys
import tokenize
from pathlib import Path
from types import ModuleType

import pytest
from wasm2py.cli import main
from wasm2py.runtime.errors import LinkError
from wasm2py.transpile.dump.format import find_ruff

EXAMPLES = Path(__file__).parents[2] / "examples"


def dumped(source: Path, out: Path, *options: str) -> str:
    assert main(["dump", str(source), "-o", str(out), *options]) == 0
    return out.read_text(encoding="utf-8")


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "dump.py"


@pytest.mark.parametrize("style", ["black", "ruff", "none"])
@pytest.mark.parametrize("target", ["cpython", "portable"])
def test_every_style_is_the_same_program(out: Path, style: str, target: str) -> None:
    if style == "ruff" and find_ruff() is None:
        pytest.skip("ruff is not installed")
    plain = dumped(EXAMPLES / "crc32.wasm", out, "--format", "none", "--target", target)
    text = dumped(EXAMPLES / "crc32.wasm", out, "--format", style, "--target", target)
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(plain))
    exports = load(out).exports
    exports.memory.write(exports.input(), b"123456789")
    assert exports.crc32(0, 9) & 0xFFFFFFFF == 0xCBF43926


def test_ruff_that_is_missing_is_named(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", "")
    assert main(["dump", str(EXAMPLES / "fib.wasm"), "-o", str(out), "--format", "ruff"]) == 1
    assert "ruff, which is not installed" in capsys.readouterr().err
    assert not out.exists()


def test_functions_have_a_heading_and_readable_bodies(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", str(EXAMPLES / "fib.wasm"), "--function", "fib"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ['# func 0 "fib" (i32) -> (i32)', "def fib(p0):"]
    assert lines[-1] == "    return (fib(p0 - 1) + fib(p0 - 2)) % 0x100000000"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("nope", "there is no function 'nope'; defined are 1 to 1"),
        ("9", "there is no function '9'; defined are 1 to 1"),
        ("0", "function '0' is imported"),
    ],
)
def test_functions_that_are_not_there(wanted: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", str(EXAMPLES / "collatz.wasm"), "--function", wanted]) == 1
    assert message in capsys.readouterr().err


def test_functions_by_index(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", str(EXAMPLES / "collatz.wasm"), "--function", "1"]) == 0
    assert capsys.readouterr().out.startswith('# func 1 "collatz"')


def test_annotations_show_every_instruction_once(out: Path) -> None:
    source = EXAMPLES / "calculator.wat"
    plain = ast.dump(ast.parse(dumped(source, out)))
    text = dumped(source, out, "--annotate")
    assert ast.dump(ast.parse(text)) == plain
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("# 0x")]
    assert any("call_indirect (type 0)" in comment for comment in comments)
    single = '(module (func (export "f") (param i32) (result i32) local.get 0 i32.const -1 i32.add))'
    (out.parent / "f.wat").write_text(single)
    text = dumped(out.parent / "f.wat", out, "--annotate")
    assert text.count("local.get 0; i32.const -1; i32.add; end") == 1


def test_a_dump_with_imports_waits_for_them(out: Path) -> None:
    dumped(EXAMPLES / "collatz.wasm", out)
    module = load(out)
    assert not hasattr(module, "exports")
    seen: list[int] = []
    assert module.instantiate({"env": {"log": seen.append}}).exports.collatz(4) == 2
    assert seen == [4, 2, 1]
    with pytest.raises(LinkError, match='unknown import: "env" "log"'):
        module.instantiate()


HOSTILE = [
    "\\0aimport os; os.abort()\\0a",
    "\\22\\22\\22",
    "'; raise SystemExit; '",
    "\\e2\\80\\a8import os",
    "# type: ignore",
    "PROGRAM",
    "Program",
    "instantiate",
    "exports",
    "Precompiled",
    "__wasm__",
    "import",
    "print",
    "\\e2\\80\\aetxt",
]


def test_names_cannot_become_code(out: Path) -> None:
    functions = "".join(
        f'(func ${chr(65 + i)} (export "{name}") (result i32) i32.const {i})' for i, name in enumerate(HOSTILE)
    )
    source = out.with_suffix(".wat")
    source.write_text(f'(module {functions} (memory 1) (data (i32.const 0) "{HOSTILE[0]}{HOSTILE[1]}"))')
    text = dumped(source, out)
    tree = ast.parse(text)
    kinds = {type(node) for node in tree.body}
    assert kinds == {ast.ImportFrom, ast.Assign, ast.FunctionDef}
    assert all(line.isprintable() for line in text.splitlines())
    exports = load(out).exports
    assert [exports[name]() for name in exports] == list(range(len(HOSTILE)))


def test_large_descriptions_are_not_left_to_black(out: Path) -> None:
    source = out.with_suffix(".wat")
    source.write_text('(module (memory (export "m") 2) (data (i32.const 0) "' + "ab\\00" * 20_000 + '"))')
    dumped(source, out)
    assert load(out).exports.m[59_999] == 0
    assert load(out).exports.m[59_998] == ord("b")


def test_names_cannot_declare_an_encoding(out: Path) -> None:
    source = out.with_suffix(".wat")
    source.write_text('(module $coding:utf-7 (func $coding:utf-7 (export "f") (result i32) i32.const 1))')
    text = dumped(source, out)
    assert "coding:utf-7" in text
    with out.open("rb") as file:
        assert tokenize.detect_encoding(file.readline)[0] == "utf-8"
    assert load(out).exports.f() == 1
