"""The benchmarks: what follows from measurements, and that they measure; how fast anything is is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import docs, gains, starts
from benchmarks.boundary import CALL, HOST
from benchmarks.compare import Measurement, Plan, index, measure, plans
from benchmarks.environments import ROOT, Interpreter
from benchmarks.kernels import EXAMPLES, KERNELS, WORKLOADS, Size
from benchmarks.report import Table, tables
from benchmarks.results import Results, bars, mean

HERE = Interpreter("cpython", "this Python", sys.executable)


def measurement(kernel: str, role: str, engine: str, size: Size, *milliseconds: float) -> Measurement:
    return Measurement(kernel, role, engine, size, [value / 1000 for value in milliseconds])


@pytest.fixture
def results() -> Results:
    kernels = [
        measurement("fib", "cpython", "wasm2py", "medium", 3, 2, 100),
        measurement("fib", "cpython", "python", "medium", 2, 2, 2),
        measurement("vm", "cpython", "wasm2py", "medium", 6),
        measurement("vm", "cpython", "python", "medium", 1),
        measurement("fib", "cpython", "wasm2py", "small", 1),
        measurement("fib", "cpython", "ppci", "small", 25),
        Measurement("vm", "cpython", "ppci", "small", note="KeyError: 252"),
        measurement("vm", "pypy", "wasm2py", "large", 30),
        measurement("vm", "cpython", "wasmtime", "large", 2),
    ]
    crossings = [
        {"what": what, "engine": engine, "nanoseconds": cost}
        for what, engine, cost in [(CALL, "wasm2py", 400.0), (CALL, "wasmtime", 20_000.0), (HOST, "wasm2py", 301.0)]
    ]
    cold = {"ready": 3.0, "output": 5.0, "end": 5.5, "peak": 400_000_000}
    cached = [{**cold, "ready": 0.1, "output": output} for output in (0.3, 0.2, 9.0)]
    phases = {"decode": 1.0, "validate": 1.0, "translate": 7.0, "compile": 1.0, "peak": 1_600_000_000}
    measured = [
        starts.Start("nextpnr-ice40", "cpython", 2_000_000, phases, cold, cached),
        starts.Start("ruby", "cpython", note="cannot be fetched: no network"),
        starts.Start("yosys", "cpython", 30_000_000, phases, cold, cached),
    ]
    labels = {"cpython": "CPython 3.11.7", "pypy": "PyPy 3.11.11"}
    gained = {"cpython": {"fib": {"ranges": 1.5, "signs": 1.0}, "vm": {"ranges": 6.0}}}
    simd = {"cpython": {"dot": [1.0, 1.5], "blend": [2.0, 5.0]}}
    return Results("2026-01-01", False, "a machine", labels, kernels, {"cpython": crossings}, measured, gained, simd)


def reached(results: Results) -> dict[str, tuple[float | None, bool | None]]:
    return {bar.what: (bar.value and round(bar.value, 6), bar.met) for bar in bars(results)}


def test_bars_follow_from_measurements(results: Results) -> None:
    found = reached(results)
    assert found["CPython 3.11.7: time against the hand-written twins"] == (3.0, False)
    assert found["CPython 3.11.7: the worst kernel against its twin (vm)"] == (6.0, False)
    assert found["speed against ppci, where it runs"] == (25.0, True)
    assert found["speed against pywasm, where it runs"] == (None, None)
    assert found["PyPy, warm: time against native code"] == (15.0, False)
    assert found["PyPy, warm: vm against native code"] == (15.0, False)
    assert found["PyPy, warm: json against native code"] == (None, None)
    assert found["CPython 3.11.7: the worst SIMD kernel against the same without SIMD (blend)"] == (2.5, False)
    assert found["PyPy 3.11.11: the worst SIMD kernel against the same without SIMD"] == (None, None)
    assert found["CPython 3.11.7: the worst kernel of collected structures against its twin"] == (None, None)
    assert found[CALL] == (400.0, True)
    assert found[f"{CALL}: speed against wasmtime-py"] == (50.0, True)
    assert found[HOST] == (301.0, False)
    assert found["translation of nextpnr-ice40, everything included"] == (200.0, True)
    assert found["cached start of nextpnr-ice40"] == (300.0, False)
    assert found["yosys: first output, of translating it whole"] == (50.0, False)
    assert found["yosys: cached start"] == (0.3, True)
    assert found["yosys: peak memory"] == (1.6, False)
    assert found["ruby: peak memory"] == (None, None)


def test_nothing_measured_meets_no_bar() -> None:
    assert {bar.met for bar in bars(Results())} == {None}


def test_mean_is_geometric() -> None:
    assert mean([]) is None
    assert mean([2.0, 8.0]) == pytest.approx(4.0)


def test_results_come_back_from_a_file(results: Results, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.save(file)
    assert Results.load(file) == results


def test_results_of_runs_are_merged(results: Results) -> None:
    kernel = measurement("fib", "cpython", "python", "medium", 7)
    start = starts.Start("ruby", "cpython", 5)
    results.add(
        Results("2026-01-02", machine="another", interpreters={"newest": "N"}, kernels=[kernel], starts=[start])
    )
    assert results.names() == ["fib", "vm"]
    assert results.twin_ratios("cpython")["fib"] == pytest.approx(3 / 7)
    assert results.start("ruby") is start
    assert (results.date, results.machine, results.runs) == ("2026-01-02", "another", 2)
    assert list(results.interpreters) == ["cpython", "pypy", "newest"]
    assert "from 2 runs;" in docs.page(results)


def test_page_has_every_table_and_says_what_is_missing(results: Results) -> None:
    text = docs.page(results)
    assert [f"## {table.title}\n" in text for table in tables(results)] == [True] * 9
    assert "medians of 3 runs" in text
    assert "ppci, vm: KeyError: 252." in text
    assert "| ranges | 2 | 3.00 × | vm 6.00 ×, fib 1.50 × |" in text
    assert "ruby, CPython 3.11.7: cannot be fetched: no network." in text
    assert "| yosys: cached start | ≤ 2 s | 0.30 s | yes |" in text


def test_tables_are_rectangular(results: Results) -> None:
    for table in tables(results):
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.title


def test_markdown() -> None:
    table = Table("t", ["a", "b"], [["1", "2"]], ["note"])
    assert table.markdown() == "| a | b |\n| --- | --: |\n| 1 | 2 |\n\nnote"


def test_every_engine_is_planned_and_quick_is_small() -> None:
    assert {plan.engine for plan in plans(5, False)} == {"wasm2py", "python", "wasmtime", "ppci", "pywasm"}
    assert {plan.size for plan in plans(5, True)} == {"small"}


def test_workers_take_turns_and_say_what_cannot_be_measured() -> None:
    plan = [
        Plan("cpython", "wasm2py", "small", 2),
        Plan("cpython", "python", "small", 1),
        Plan("cpython", "none", "small", 2),
    ]
    seen: list[str] = []
    found = index(measure(KERNELS["fib"], {"cpython": HERE}, plan, seen.append))
    assert len(found["fib", "cpython", "wasm2py", "small"].seconds) == 2
    assert len(found["fib", "cpython", "python", "small"].seconds) == 1
    assert found["fib", "cpython", "none", "small"].note == "KeyError: 'none'"
    assert [text.split()[1] for text in seen] == ["wasm2py,", "python,", "none,", "wasm2py,"]


def _run(*args: str) -> Any:
    done = subprocess.run([sys.executable, "-m", *args], stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    return json.loads(done.stdout)


def test_boundary_measures_every_crossing() -> None:
    crossings = [entry for entry in _run("benchmarks.boundary", "0.001") if entry["engine"] == "wasm2py"]
    assert len(crossings) == 5
    assert all(entry["nanoseconds"] > 0 for entry in crossings if entry["what"] != HOST)


def test_simd_kernels_are_measured_with_and_without() -> None:
    found = _run("benchmarks.simd", "1", "quick")
    assert list(found) == ["dot", "lengths", "blend"]
    assert all(seconds > 0 for pair in found.values() for seconds in pair)


def test_phases_cover_the_translation() -> None:
    phases = _run("benchmarks.starts", "phases", str(EXAMPLES / "fib.wasm"))
    assert list(phases) == ["decode", "validate", "translate", "compile", "peak"]


def test_starts_are_checked() -> None:
    hello = starts.measure(starts.SMALL, HERE, 1, 2)
    assert hello.note == ""
    assert hello.phases is not None
    assert starts.together(hello.phases) > hello.phases["translate"] > 0
    assert hello.cached is not None
    assert hello.cached[0]["text"].startswith("Hello")
    wrong = starts.Program("hello", starts.SMALL.path(), "Goodbye", ("world",))
    assert starts.measure(wrong, HERE, 1, 0).note.startswith("does not run: code 0, 'Hello")


def test_unknown_names_are_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--only", "nothing"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 2
    assert "invalid choice: 'nothing'" in done.stderr


def test_gains_are_of_passes_that_make_a_difference() -> None:
    found = gains.gains(WORKLOADS["blend_simd"], "small", 1)
    assert ("forget" in found) == gains.PYPY
    assert ("halves" in found) != gains.PYPY
    assert "bulk" not in found
