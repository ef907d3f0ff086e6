"""The tables of a run, for the terminal and for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.compare import index
from benchmarks.kernels import Size
from benchmarks.results import Bar, Results, bars, cached_seconds, mean, whole_seconds
from benchmarks.starts import Start

#: So many kernels are named for each pass.
_MOST_GAINING = 3


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first column is text, the others are figures; `notes` stand below it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """As Markdown, without the title."""
        lines = [_line(self.columns), _line(["---"] + ["--:"] * (len(self.columns) - 1))]
        lines += [_line(row) for row in self.rows]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _times(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f} ×" if value < 100 else f"{value:.0f} ×"


def tables(results: Results) -> Iterator[Table]:
    """All tables for which something was measured, the bars last."""
    if results.kernels:
        yield from _kernel_tables(results)
    for role in results.gains:
        yield _gain_table(results, role)
    if results.simd:
        yield _simd_table(results)
    if results.boundary:
        yield _boundary_table(results)
    if results.starts:
        yield _phase_table(results)
        yield _start_table(results)
    yield bar_table(bars(results))


def _kernel_tables(results: Results) -> Iterator[Table]:
    for role in ("cpython", "newest"):
        if role in results.interpreters:
            yield _twin_table(results, role)
    yield _peer_table(results)
    yield _native_table(results)


def _milliseconds(results: Results, kernel: str, role: str, engine: str, size: Size) -> str:
    measurement = index(results.kernels).get((kernel, role, engine, size))
    if measurement is None or measurement.median is None:
        return "–"
    return _figure(measurement.median * 1000)


def _twin_table(results: Results, role: str) -> Table:
    size, ratios = results.size("medium"), results.twin_ratios(role)
    rows = [
        [
            kernel,
            _milliseconds(results, kernel, role, "python", size),
            _milliseconds(results, kernel, role, "wasm2py", size),
            _times(ratios.get(kernel)),
        ]
        for kernel in results.names()
    ]
    rows.append(["geometric mean", "", "", _times(mean(ratios.values()))])
    title = f"{results.interpreters[role]}: against Python by hand"
    return Table(title, ["kernel", "by hand, ms", "wasm2py, ms", "wasm2py / by hand"], rows)


def _peer_table(results: Results) -> Table:
    ratios = {peer: results.peer_ratios(peer) for peer in ("ppci", "pywasm")}
    rows = []
    for kernel in results.names():
        times = [_milliseconds(results, kernel, "cpython", engine, "small") for engine in ("wasm2py", "ppci", "pywasm")]
        rows.append([kernel, *times, *(_times(ratios[peer].get(kernel)) for peer in ratios)])
    rows.append(["geometric mean", "", "", "", *(_times(mean(ratios[peer].values())) for peer in ratios)])
    notes = [f"{m.engine}, {m.kernel}: {m.note}." for m in results.kernels if m.note and m.engine in ("ppci", "pywasm")]
    columns = ["kernel, small", "wasm2py, ms", "ppci, ms", "pywasm, ms", "speed against ppci", "against pywasm"]
    return Table(f"{results.interpreters.get('cpython', 'CPython')}: against the peers", columns, rows, notes)


def _native_table(results: Results) -> Table:
    size, native, twins = results.size("large"), results.native_ratios(), results.twin_ratios("pypy")
    rows = []
    for kernel in results.names():
        times = [
            _milliseconds(results, kernel, role, engine, size)
            for role, engine in (("cpython", "wasmtime"), ("pypy", "wasm2py"), ("pypy", "python"))
        ]
        rows.append([kernel, *times, _times(native.get(kernel)), _times(twins.get(kernel))])
    rows.append(["geometric mean", "", "", "", _times(mean(native.values())), _times(mean(twins.values()))])
    label = results.interpreters.get("pypy", "PyPy (not found)")
    columns = ["kernel, large", "native, ms", "wasm2py, ms", "by hand, ms", "wasm2py / native", "wasm2py / by hand"]
    return Table(f"{label}, warm: against wasmtime's native code", columns, rows)


def _gain_table(results: Results, role: str) -> Table:
    by_pass: dict[str, dict[str, float]] = {}
    for kernel, gains in results.gains[role].items():
        for name, ratio in gains.items():
            by_pass.setdefault(name, {})[kernel] = ratio
    rows = []
    for name, ratios in sorted(by_pass.items(), key=lambda item: -max(item[1].values())):
        best = sorted(ratios, key=lambda kernel: -ratios[kernel])[:_MOST_GAINING]
        most = ", ".join(f"{kernel} {_times(ratios[kernel])}" for kernel in best)
        rows.append([name, str(len(ratios)), _times(mean(ratios.values())), most])
    columns = ["left out", "kernels that it changes", "their time without it / with it", "most of all"]
    notes = {
        "cpython": "Some passes make others possible, and gain little by themselves.",
        "pypy": "Only what CPython's code goes without.",
    }
    return Table(f"{results.interpreters[role]}: what the passes gain", columns, rows, (notes[role],))


def _simd_table(results: Results) -> Table:
    rows = [
        [
            f"{kernel}, {results.interpreters[role]}",
            *(_figure(seconds * 1000) for seconds in results.simd[role][kernel]),
            _times(ratio),
        ]
        for role in results.simd
        for kernel, ratio in results.simd_ratios(role).items()
    ]
    return Table("With SIMD instructions, and without", ["kernel", "without, ms", "with, ms", "with / without"], rows)


def _boundary_table(results: Results) -> Table:
    whats = list(dict.fromkeys(entry["what"] for entries in results.boundary.values() for entry in entries))
    rows = [
        [
            what,
            *(_figure(results.crossing(role, "wasm2py", what), 0) for role in results.boundary),
            _figure(results.crossing("cpython", "wasmtime", what), 0),
        ]
        for what in whats
    ]
    columns = ["ns", *(results.interpreters[role] for role in results.boundary), "wasmtime-py"]
    return Table("Between Python and wasm", columns, rows)


def _label(results: Results, start: Start) -> str:
    return f"{start.program}, {results.interpreters[start.role]}"


def _phase_table(results: Results) -> Table:
    rows = []
    for start in results.starts:
        whole = whole_seconds(start)
        if start.phases is None or whole is None:
            continue
        phases = [
            _figure(start.bytes / 1000 / start.phases[p], 0) for p in ("decode", "validate", "translate", "compile")
        ]
        sums = [
            _figure(start.bytes / 1000 / whole, 0),
            _figure(whole, 1),
            _figure((start.phases["peak"] or 0) / 1e6, 0),
        ]
        rows.append([_label(results, start), _figure(start.bytes / 1e6), *phases, *sums])
    columns = ["whole modules, KB/s", "MB", "decode", "validate", "translate", "compile", "all", "all, s", "peak MB"]
    return Table("Translating", columns, rows)


def _start_table(results: Results) -> Table:
    rows, notes = [], []
    for start in results.starts:
        if start.note:
            notes.append(f"{_label(results, start)}: {start.note}.")
        if start.cold is None:
            continue
        cold, cached = start.cold, [cached_seconds(start, moment) for moment in ("ready", "output")]
        peak = max(entry["peak"] or 0 for entry in (cold, *(start.cached or ())))
        seconds = [_figure(cold["ready"]), _figure(cold["output"]), *(_figure(value, 3) for value in cached)]
        rows.append([_label(results, start), _figure(start.bytes / 1e6), *seconds, _figure(peak / 1e6, 0)])
    columns = [
        "seconds after `import wasm2py`",
        "MB",
        "cold: instance",
        "cold: output",
        "cached: instance",
        "cached: output",
        "peak MB",
    ]
    return Table("Starting", columns, rows, notes)


def bar_table(all_bars: Sequence[Bar]) -> Table:
    """The bars, and whether they are met."""
    rows = []
    for bar in all_bars:
        value = "not measured" if bar.value is None else f"{_figure(bar.value)} {bar.unit}"
        met = {True: "yes", False: "no", None: "–"}[bar.met]
        rows.append([bar.what, f"{'≥' if bar.at_least else '≤'} {bar.limit:g} {bar.unit}", value, met])
    return Table("Bars", ["what", "bar", "reached", "met"], rows)
