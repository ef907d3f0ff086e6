"""The page of what the conformance scripts say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import conformance
from benchmarks.conformance import Script, page


def test_page() -> None:
    whole = {"a.wast": Script(1200, 0, 0, ()), "custom/c.wast": Script(3, 0, 0, ())}
    lines = page({"One": whole, "Two": {**whole, "a.wast": Script(1190, 2, 8, ("gc: 8",))}}).splitlines()
    assert lines[5:] == [
        "| scripts | One | Two |",
        "| --- | --: | --: |",
        "| WebAssembly 3.0 | 1,200 passed | 1,190 passed, 2 failed, 8 skipped |",
        "| custom sections and annotations | 3 passed | 3 passed |",
        "| all | 1,203 passed | 1,193 passed, 2 failed, 8 skipped |",
        "",
        "Of these scripts something is skipped or fails:",
        "",
        "- `a.wast`: 2 failed, skipped for gc: 8 (Two)",
    ]
    assert page({"One": whole}).endswith("\nEvery script passes whole.\n")


def test_scripts_are_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "proposals" / "new"
    folder.mkdir(parents=True)
    (folder / "s.wast").write_text('(module (func (export "f")))\n(invoke "f")\n(invoke "g")')
    conformance.main([str(tmp_path), sys.executable, "-j", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert "| proposals/new | 2 passed, 1 failed |" in lines
    assert lines[-1] == "- `proposals/new/s.wast`: 1 failed"
