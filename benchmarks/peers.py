"""Compares generated code with other ways to run the same wasm: ``python -m benchmarks.peers``.

Engines take turns within each repetition, so that what else the machine does meets all of them; the table shows medians
in milliseconds and how many times wasm2py is as fast.  Every result is held against the hand-written twin's.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.engines import ENGINES, SLOW
from benchmarks.kernels import KERNELS, Call, Kernel


@dataclass(slots=True)
class Measurement:
    """The seconds that one engine took for a kernel, run by run; `note` says why there are none."""

    kernel: str
    engine: str
    seconds: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def milliseconds(self) -> float | None:
        return median(self.seconds) * 1000 if self.seconds else None


def _prepare(kernel: Kernel, measurement: Measurement) -> Call | None:
    try:
        call = ENGINES[measurement.engine](kernel)
    except ImportError as error:
        measurement.note = f"{error.name or measurement.engine} is not installed"
        return None
    for name, args in kernel.setup:
        call(name, *args)
    call(kernel.call, *kernel.warmup)
    return call


def _time(call: Call, kernel: Kernel, expected: int | None, measurement: Measurement) -> None:
    start = time.perf_counter()
    result = call(kernel.call, *kernel.args)
    measurement.seconds.append(time.perf_counter() - start)
    if result is None or expected is None or (result - expected) % 2**32:
        raise SystemExit(f"{measurement.engine} gives {result} for {kernel.name}, not {expected}")


def measure(kernel: Kernel, engines: Sequence[str], repeats: int) -> list[Measurement]:
    """Every engine's time for a kernel; exits with a message where a result is wrong."""
    for name, args in kernel.setup:
        kernel.twins[name](*args)
    expected = kernel.twins[kernel.call](*kernel.args)
    measurements = [Measurement(kernel.name, engine) for engine in engines]
    calls = [_prepare(kernel, measurement) for measurement in measurements]
    for turn in range(repeats):
        for call, measurement in zip(calls, measurements, strict=True):
            if call is not None and not (turn and measurement.engine in SLOW):
                _time(call, kernel, expected, measurement)
    return measurements


def _ratio(measurement: Measurement, ours: float | None) -> float | None:
    theirs = measurement.milliseconds
    return theirs / ours if theirs and ours else None


def report(rows: Sequence[Sequence[Measurement]]) -> list[dict[str, object]]:
    """The measurements as data: milliseconds, and `ratio`, how many times wasm2py is as fast."""
    entries: list[dict[str, object]] = []
    for row in rows:
        ours = next((entry.milliseconds for entry in row if entry.engine == "wasm2py"), None)
        for entry in row:
            entries.append(
                {
                    "kernel": entry.kernel,
                    "engine": entry.engine,
                    "milliseconds": entry.milliseconds,
                    "ratio": _ratio(entry, ours),
                    "runs": len(entry.seconds),
                    "note": entry.note,
                }
            )
    return entries


def _cell(entry: dict[str, object]) -> str:
    if entry["milliseconds"] is None:
        return "-"
    text = f"{entry['milliseconds']:.2f}"
    return text if entry["engine"] == "wasm2py" or entry["ratio"] is None else f"{text} ({entry['ratio']:.2f}x)"


def table(entries: Sequence[dict[str, object]], engines: Sequence[str]) -> str:
    """The report for people."""
    lines = [f"{platform.python_implementation()} {platform.python_version()}, median milliseconds"]
    lines.append(f"{'kernel':22}" + "".join(f"{engine:>20}" for engine in engines))
    for start in range(0, len(entries), len(engines)):
        row = entries[start : start + len(engines)]
        lines.append(f"{row[0]['kernel']:22}" + "".join(f"{_cell(entry):>20}" for entry in row))
    lines.append("(n x): the time of wasm2py goes n times into it")
    lines.extend(sorted({f"{entry['engine']}: {entry['note']}" for entry in entries if entry["note"]}))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the comparison and prints it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="runs of each engine (default: %(default)s)")
    parser.add_argument("--engines", default=",".join(ENGINES), help="of %(default)s")
    parser.add_argument("--json", action="store_true", help="print data instead of a table")
    options = parser.parse_args(arguments)
    engines = options.engines.split(",")
    unknown = [engine for engine in engines if engine not in ENGINES]
    if unknown:
        parser.error(f"no such engine: {', '.join(unknown)}")
    entries = report([measure(kernel, engines, options.repeats) for kernel in KERNELS])
    print(json.dumps(entries, indent=2) if options.json else table(entries, engines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
