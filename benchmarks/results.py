"""What a run of the benchmarks has measured, as data, and what follows from it: ratios, means, and the bars."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.boundary import CALL, HOST
from benchmarks.compare import Measurement, index
from benchmarks.kernels import BRANCHIEST, COLLECTED, Size
from benchmarks.starts import MEDIUM, RUBY, YOSYS, Start, together

LARGE = (RUBY.name, YOSYS.name)


@dataclass(slots=True)
class Results:
    """Everything of one run, or of `runs` merged.

    `interpreters` has labels by role, `boundary` crossings by role; `gains` says by role, kernel and pass how many
    times as long the kernel takes without that pass; `simd` has by role and kernel the seconds without SIMD
    instructions and with them.
    """

    date: str = ""
    quick: bool = False
    machine: str = ""
    interpreters: dict[str, str] = field(default_factory=dict)
    kernels: list[Measurement] = field(default_factory=list)
    boundary: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    starts: list[Start] = field(default_factory=list)
    gains: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    simd: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    runs: int = 1

    def add(self, later: Results) -> None:
        """Takes over what a later run measured; what both measured is the later one's."""
        kernels = {(m.kernel, m.role, m.engine, m.size): m for m in (*self.kernels, *later.kernels)}
        starts = {(start.program, start.role): start for start in (*self.starts, *later.starts)}
        self.kernels, self.starts = list(kernels.values()), list(starts.values())
        self.boundary |= later.boundary
        for role, gains in later.gains.items():
            self.gains.setdefault(role, {}).update(gains)
        self.simd |= later.simd
        self.interpreters |= later.interpreters
        self.date, self.machine = later.date, later.machine
        self.quick = self.quick or later.quick
        self.runs += later.runs

    def save(self, path: Path) -> None:
        """Writes them as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Results:
        """Reads what `save` wrote."""
        data = json.loads(path.read_text(encoding="utf-8"))
        data["kernels"] = [Measurement(**entry) for entry in data["kernels"]]
        data["starts"] = [Start(**entry) for entry in data["starts"]]
        return cls(**data)

    def names(self) -> list[str]:
        """The kernels that were measured, in order."""
        return list(dict.fromkeys(measurement.kernel for measurement in self.kernels))

    def size(self, wanted: Size) -> Size:
        """The size that stands for the wanted one."""
        return "small" if self.quick else wanted

    def ratio(self, kernel: str, ours: tuple[str, str, Size], theirs: tuple[str, str, Size]) -> float | None:
        """How many times as long as `theirs` `ours` takes, each of them (role, engine, size).

        The median over the turns that both have, for the machine may be faster in some than in others.
        """
        table = index(self.kernels)
        a, b = table.get((kernel, *ours)), table.get((kernel, *theirs))
        turns = zip(a.seconds, b.seconds, strict=False) if a and b else ()
        ratios = [mine / other for mine, other in turns if mine and other]  # a coarse clock may show nothing
        return median(ratios) if ratios else None

    def twin_ratios(self, role: str) -> dict[str, float]:
        """wasm2py's time over that of the twin in the same interpreter, by kernel."""
        size = self.size("large" if role == "pypy" else "medium")
        return self._ratios((role, "wasm2py", size), (role, "python", size))

    def peer_ratios(self, peer: str) -> dict[str, float]:
        """How many times as fast as a peer wasm2py is, by kernel, as far as the peer can run it."""
        return self._ratios(("cpython", peer, "small"), ("cpython", "wasm2py", "small"))

    def simd_ratios(self, role: str) -> dict[str, float]:
        """The time of a kernel with SIMD instructions over that of the same kernel without, by kernel."""
        return {kernel: after / before for kernel, (before, after) in self.simd.get(role, {}).items()}

    def native_ratios(self) -> dict[str, float]:
        """wasm2py's time on PyPy over that of wasmtime's native code, by kernel."""
        return self._ratios(("pypy", "wasm2py", self.size("large")), ("cpython", "wasmtime", self.size("large")))

    def _ratios(self, ours: tuple[str, str, Size], theirs: tuple[str, str, Size]) -> dict[str, float]:
        ratios = {kernel: self.ratio(kernel, ours, theirs) for kernel in self.names()}
        return {kernel: ratio for kernel, ratio in ratios.items() if ratio is not None}

    def crossing(self, role: str, engine: str, what: str) -> float | None:
        """Nanoseconds of a crossing, or None."""
        entries = self.boundary.get(role, [])
        return next((e["nanoseconds"] for e in entries if e["engine"] == engine and e["what"] == what), None)

    def start(self, program: str, role: str = "cpython") -> Start | None:
        """What was measured of a program's starts in an interpreter, if anything."""
        return next((start for start in self.starts if (start.program, start.role) == (program, role)), None)


def machine() -> str:
    """The machine in a few words."""
    processor = platform.processor() or platform.machine()
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    return f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def mean(ratios: Iterable[float]) -> float | None:
    """The geometric mean, or None of nothing."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(sum(logarithms) / len(logarithms)) if logarithms else None


def cached_seconds(start: Start, moment: str = "output") -> float | None:
    """The median of the starts from the cache, up to the first output."""
    seconds = [float(entry[moment]) for entry in start.cached or ()]
    return median(seconds) if seconds else None


def whole_seconds(start: Start) -> float | None:
    """The processor time to translate everything, or None where that was not measured."""
    return None if start.phases is None else together(start.phases)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: what it is about, what is reached (None where it was not measured), and the limit."""

    what: str
    value: float | None
    limit: float
    unit: str = "×"
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether it is; None where it was not measured."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def bars(results: Results) -> list[Bar]:
    """All bars."""
    return [*_kernel_bars(results), *_feature_bars(results), *_boundary_bars(results), *_start_bars(results)]


def _worst(ratios: Mapping[str, float]) -> tuple[str, float | None]:
    if not ratios:
        return "", None
    kernel = max(ratios, key=lambda name: ratios[name])
    return f" ({kernel})", ratios[kernel]


def _kernel_bars(results: Results) -> Iterator[Bar]:
    for role in ("cpython", "newest"):
        label = results.interpreters.get(role)
        if label is None:
            continue
        ratios = results.twin_ratios(role)
        worst, value = _worst(ratios)
        yield Bar(f"{label}: time against the hand-written twins", mean(ratios.values()), 1.4)
        yield Bar(f"{label}: the worst kernel against its twin{worst}", value, 2.5)
    yield Bar("speed against ppci, where it runs", mean(results.peer_ratios("ppci").values()), 20, at_least=True)
    yield Bar("speed against pywasm, where it runs", mean(results.peer_ratios("pywasm").values()), 150, at_least=True)
    native = results.native_ratios()
    yield Bar("PyPy, warm: time against native code", mean(native.values()), 3)
    for kernel in BRANCHIEST:
        yield Bar(f"PyPy, warm: {kernel} against native code", native.get(kernel), 12)


def _feature_bars(results: Results) -> Iterator[Bar]:
    for role, label in results.interpreters.items():
        worst, value = _worst(results.simd_ratios(role))
        yield Bar(f"{label}: the worst SIMD kernel against the same without SIMD{worst}", value, 2)
        ratios = results.twin_ratios(role)
        worst, value = _worst({kernel: ratios[kernel] for kernel in COLLECTED if kernel in ratios})
        yield Bar(f"{label}: the worst kernel of collected structures against its twin{worst}", value, 2)


def _boundary_bars(results: Results) -> Iterator[Bar]:
    for what, limit in ((CALL, 500.0), (HOST, 300.0)):
        ours, theirs = (results.crossing("cpython", engine, what) for engine in ("wasm2py", "wasmtime"))
        yield Bar(what, ours, limit, "ns")
        yield Bar(f"{what}: speed against wasmtime-py", theirs / ours if ours and theirs else None, 30, at_least=True)


def _start_bars(results: Results) -> Iterator[Bar]:
    medium = results.start(MEDIUM.name)
    whole = whole_seconds(medium) if medium else None
    rate = medium.bytes / 1000 / whole if medium and whole else None
    cached = cached_seconds(medium) if medium else None
    yield Bar(f"translation of {MEDIUM.name}, everything included", rate, 150, "KB/s", at_least=True)
    yield Bar(f"cached start of {MEDIUM.name}", cached * 1000 if cached else None, 150, "ms")
    for program in LARGE:
        start = results.start(program) or Start(program, "cpython")
        whole, cached = whole_seconds(start), cached_seconds(start)
        cold = start.cold["output"] if start.cold else None
        peak = max((entry["peak"] or 0 for entry in (start.cold, start.phases) if entry), default=None)
        yield Bar(
            f"{program}: first output, of translating it whole", cold / whole * 100 if cold and whole else None, 40, "%"
        )
        yield Bar(f"{program}: cached start", cached, 2, "s")
        yield Bar(f"{program}: peak memory", peak / 1e9 if peak else None, 1.5, "GB")
