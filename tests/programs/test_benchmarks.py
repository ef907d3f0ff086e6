"""The benchmarks run, and check what they time; how fast anything is is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def _run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *args], capture_output=True, text=True, cwd=ROOT)


def _json(*args: str) -> Any:
    done = _run(*args, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_peers_gives_every_kernel_for_every_engine() -> None:
    entries = _json("benchmarks.peers", "--repeats", "1", "--engines", "wasm2py,python")
    assert len(entries) == 8
    assert {entry["engine"] for entry in entries} == {"wasm2py", "python"}
    assert all(entry["milliseconds"] > 0 and entry["runs"] == 1 for entry in entries)
    assert all(entry["ratio"] == 1 for entry in entries if entry["engine"] == "wasm2py")


@pytest.mark.parametrize(("option", "message"), [("nothing", "no such engine: nothing"), ("", "no such engine: ")])
def test_peers_refuses_unknown_engines(option: str, message: str) -> None:
    done = _run("benchmarks.peers", "--engines", option)
    assert done.returncode == 2
    assert message in done.stderr


def test_translate_gives_every_phase() -> None:
    result = _json("benchmarks.translate", str(ROOT / "examples" / "fib.wasm"))
    assert list(result["phases"]) == ["decode", "validate", "lift to emit", "compile"]
    assert list(result["starts"]) == ["cold start, everything", "cold start, lazy", "cached start"]
    assert all(seconds >= 0 for part in ("phases", "starts") for seconds in result[part].values())
