"""`wasm2py validate`: a line for each file, and exit code 1 if any is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.wasm_builder import module, world
from wasm2py.cli import main

FILES = {
    "good.wasm": world("41001a"),
    "good.wat": b"(module (func))",
    "malformed.wasm": module(b"\x7f\0"),
    "body.wasm": world("ff"),
    "invalid.wasm": world("1a"),
    "bad.wat": b"(module (func i32.nonsense))",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_good_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "good.wasm", "good.wat"]) == 0
    assert capsys.readouterr().out == "good.wasm: ok\ngood.wat: ok\n"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("malformed.wasm", "malformed.wasm: malformed section id 7f (at offset 0x8)"),
        ("body.wasm", f"body.wasm: illegal opcode ff (at offset {world('ff').index(0xFF):#x})"),
        (
            "invalid.wasm",
            "invalid.wasm: type mismatch: drop expects an operand, found nothing in function 1 (at offset",
        ),
        ("bad.wat", "bad.wat: 1:15: unknown operator"),
        ("missing.wasm", "missing.wasm: No such file or directory"),
    ],
)
def test_bad_files(name: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", name, "good.wasm"]) == 1
    problem, rest = capsys.readouterr().out.splitlines()
    assert problem.startswith(message)
    assert rest == "good.wasm: ok"


def test_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(tmp_path)]) == 1
    assert capsys.readouterr().out.count("\n") == 1
