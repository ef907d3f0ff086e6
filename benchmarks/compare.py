"""Measures the kernels: engines, interpreters and sizes take turns, and every result is held against the twin's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.environments import ROOT, Interpreter
from benchmarks.kernels import Kernel, Number, Size


@dataclass(slots=True)
class Measurement:
    """The seconds that an engine took for a kernel in an interpreter, run by run; `note` says why there are none."""

    kernel: str
    role: str
    engine: str
    size: Size
    seconds: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def median(self) -> float | None:
        """The median of the runs, in seconds."""
        return median(self.seconds) if self.seconds else None

    def data(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """Engines that are run in interpreters of a role at a size, `repeats` times."""

    role: str
    engine: str
    size: Size
    repeats: int


def plans(repeats: int, quick: bool) -> list[Plan]:
    """What is measured of every kernel.

    Slow peers are compared at the small size, with wasm2py at that size beside them, PyPy and native code at the large
    one; `quick` takes the small size for all, which says little about either.
    """
    medium: Size = "small" if quick else "medium"
    large: Size = "small" if quick else "large"
    return [
        *(Plan(role, engine, medium, repeats) for role in ("cpython", "newest") for engine in ("wasm2py", "python")),
        *(Plan("pypy", engine, large, repeats) for engine in ("wasm2py", "python")),
        Plan("cpython", "wasmtime", large, repeats),
        *([] if quick else [Plan("cpython", "wasm2py", "small", repeats)]),
        Plan("cpython", "ppci", "small", min(repeats, 3)),
        Plan("cpython", "pywasm", "small", 1),
    ]


class Process:
    """A worker for one kernel in one interpreter."""

    def __init__(self, interpreter: Interpreter, kernel: Kernel) -> None:
        command = interpreter.command("-m", "benchmarks.worker", kernel.name)
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )

    def ask(self, engine: str, size: Size) -> dict[str, Any]:
        """One run; the note says so where the worker ended instead."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(json.dumps([engine, size]), file=self.process.stdin, flush=True)
            answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            return {"note": f"its process ended with code {self.process.wait()}"}
        return answer

    def close(self) -> None:
        """Lets the worker end."""
        self.process.communicate()


def measure(
    kernel: Kernel, interpreters: Mapping[str, Interpreter], chosen: Sequence[Plan], progress: Callable[[str], None]
) -> list[Measurement]:
    """All measurements of a kernel; exits with a message where a result is wrong."""
    todo = [plan for plan in chosen if plan.role in interpreters]
    measurements = [Measurement(kernel.name, plan.role, plan.engine, plan.size) for plan in todo]
    processes = {role: Process(interpreters[role], kernel) for role in {plan.role for plan in todo}}
    results: dict[Size, Number] = {}
    for turn in range(max(plan.repeats for plan in todo)):
        for plan, measurement in zip(todo, measurements, strict=True):
            if turn < plan.repeats and not measurement.note:
                progress(f"{kernel.name}: {plan.engine}, {interpreters[plan.role].label}, turn {turn + 1}")
                answer = processes[plan.role].ask(plan.engine, plan.size)
                _record(measurement, answer, results)
    for process in processes.values():
        process.close()
    return measurements


def _record(measurement: Measurement, answer: Mapping[str, Any], results: dict[Size, Number]) -> None:
    measurement.note = answer.get("note", "")
    if measurement.note:
        return
    measurement.seconds.append(answer["seconds"])
    expected = results.setdefault(measurement.size, answer["result"])
    if answer["result"] == expected:
        return
    if measurement.engine not in ("wasm2py", "python"):
        measurement.seconds.clear()
        measurement.note = f"gives {answer['result']}, not {expected}"
        return
    raise SystemExit(
        f"{measurement.engine} ({measurement.role}) gives {answer['result']} for {measurement.kernel}, not {expected}"
    )


def index(measurements: Iterable[Measurement]) -> dict[tuple[str, str, str, Size], Measurement]:
    """The measurements by kernel, role, engine and size."""
    return {(m.kernel, m.role, m.engine, m.size): m for m in measurements}
