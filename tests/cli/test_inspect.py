"""`wasm2py inspect`: the same description as tables and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unit.wasm_builder import (
    CODE,
    DATA,
    EXPORT,
    FUNCTION,
    GLOBAL,
    IMPORT,
    MEMORY,
    TABLE,
    TYPE,
    body,
    custom,
    export,
    func_type,
    import_,
    module,
    name,
    section,
    vec,
    vec_section,
)
from wasm2py.cli import main

HOSTILE = "\x1b[31m[bold]Ω"
PRODUCERS = vec([name("language") + vec([name("C11") + name("")]), name("sdk") + vec([name("demo") + name("1.2")])])
DEMO = module(
    vec_section(TYPE, func_type("i32 -> i32"), func_type("-> i32 i64")),
    vec_section(IMPORT, import_(0, b"\0", "f")),
    vec_section(FUNCTION, b"\1"),
    vec_section(TABLE, b"\x6f\0\1"),
    vec_section(MEMORY, b"\1\1\2"),
    vec_section(GLOBAL, b"\x7f\1\x41\x07\x0b"),
    vec_section(EXPORT, export(HOSTILE, "func", 1), export("g", "global", 0)),
    vec_section(CODE, body("4100 4200", b"\1\3\x7f")),
    vec_section(DATA, b"\0\x41\x08\x0b\2hi", b"\1\0"),
    custom("name", section(0, name("demo")) + section(1, vec([b"\0" + name("host")]))),
    custom("producers", PRODUCERS),
)


@pytest.fixture
def demo(tmp_path: Path) -> str:
    path = tmp_path / "demo.wasm"
    path.write_bytes(DEMO)
    return str(path)


@pytest.fixture
def description(demo: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["inspect", "--json", demo]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_json_of_the_whole(description: dict[str, Any], demo: str) -> None:
    assert (description["file"], description["name"], description["size"]) == (demo, "demo", len(DEMO))
    assert description["features"] == ["bulk-memory", "multi-value", "mutable-globals", "reference-types"]
    assert description["producers"] == [
        {"field": "language", "name": "C11", "version": ""},
        {"field": "sdk", "name": "demo", "version": "1.2"},
    ]
    assert [row["section"] for row in description["sections"]] == [
        "type", "import", "function", "table", "memory", "global", "export", "code", "data", "custom", "custom",
    ]  # fmt: skip
    assert description["sections"][0] == {"section": "type", "name": None, "offset": 10, "size": 11}
    assert [row["name"] for row in description["sections"][-2:]] == ["name", "producers"]


def test_json_of_the_parts(description: dict[str, Any]) -> None:
    assert description["types"][1] == {"index": 1, "name": None, "type": "() -> (i32, i64)"}
    assert description["imports"] == [
        {"module": "m", "name": "f", "kind": "func", "index": 0, "type": "(i32) -> (i32)"}
    ]
    assert description["exports"][0] == {"name": HOSTILE, "kind": "func", "index": 1, "type": "() -> (i32, i64)"}
    imported, defined = description["functions"]
    assert (imported["name"], imported["imported"], imported["size"]) == ("host", True, None)
    assert (defined["name"], defined["imported"], defined["locals"], defined["size"]) == (HOSTILE, False, 3, 5)
    assert description["tables"] == [{"index": 0, "name": None, "type": "table 1 externref", "imported": False}]
    assert description["memories"] == [{"index": 0, "name": None, "type": "memory 1..2", "imported": False}]
    assert description["globals"] == [
        {"index": 0, "name": "g", "type": "global (mut i32)", "imported": False, "init": "i32.const 7"}
    ]
    assert description["data"] == [
        {"index": 0, "mode": "active", "memory": 0, "at": "i32.const 8", "size": 2},
        {"index": 1, "mode": "passive", "memory": None, "at": None, "size": 0},
    ]
    assert description["elements"] == []


def test_tables(demo: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", demo]) == 0
    output = capsys.readouterr().out
    for word in (
        "demo.wasm",
        "reference-types",
        "(i32) -> (i32)",
        "global (mut i32)",
        "C11",
        "producers",
        "i32.const 8",
    ):
        assert word in output
    assert "\x1b" not in output
    assert r"\x1b[31m[bold]Ω" in output


def test_the_text_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "demo.wat"
    path.write_text("(module (memory 3))")
    assert main(["inspect", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["memories"][0]["type"] == "memory 3"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\0asm\1\0\0\0\x7f\0", "malformed section id 7f"),
        (module(vec_section(EXPORT, export("f", "func", 0))), "unknown function 0"),
    ],
)
def test_no_module(data: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.wasm"
    path.write_bytes(data)
    assert main(["inspect", str(path)]) == 1
    captured = capsys.readouterr()
    assert (captured.out, message in captured.err, "bad.wasm" in captured.err) == ("", True, True)
