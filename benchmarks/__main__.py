"""Measures wasm2py beside Python by hand, its peers, and native code, on every Python that is found.

Environments with all that is needed are made on the first run, and kept.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks import docs
from benchmarks.compare import Plan, plans
from benchmarks.compare import measure as measure_kernel
from benchmarks.environments import ROLES, Interpreter, interpreters
from benchmarks.kernels import KERNELS, WORKLOADS, Kernel
from benchmarks.report import Table, tables
from benchmarks.results import Results, machine
from benchmarks.starts import MEDIUM, PROGRAMS, SMALL, Program
from benchmarks.starts import measure as measure_start

GROUPS = ("passes", "simd", "boundary", "starts")
Progress = Callable[[str], None]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = (*KERNELS, *GROUPS, *(program.name for program in PROGRAMS))
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--python", nargs="+", choices=ROLES, default=ROLES, help="which interpreters (default: all)")
    parser.add_argument("--repeats", type=int, default=15, help="runs of each kernel (default: %(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help="little work, no large modules: a trial, not a measurement"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the measurements")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the kernels' ratios")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md and its picture")
    parser.add_argument(
        "--results", type=Path, nargs="+", metavar="FILE", help="measure nothing: merge what --json wrote"
    )
    return parser


def run(options: argparse.Namespace, found: Mapping[str, Interpreter], progress: Progress) -> Results:
    """Measures what the options choose, and writes what there is after each part, for a run takes long."""
    chosen = options.only or [*KERNELS, *GROUPS]
    labels = {role: interpreter.label for role, interpreter in found.items()}
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    results = Results(date, options.quick, machine(), labels)
    for part in _parts(results, found, progress, options, chosen):
        part()
        if options.json:
            results.save(options.json)
    return results


def _parts(
    results: Results,
    found: Mapping[str, Interpreter],
    progress: Progress,
    options: argparse.Namespace,
    chosen: Sequence[str],
) -> Iterator[Callable[[], None]]:
    plan = plans(options.repeats, options.quick)
    for name in KERNELS:
        if name in chosen:
            yield partial(_kernel, results, found, progress, KERNELS[name], plan)
    if "passes" in chosen:
        for role, name in product([role for role in ("cpython", "pypy") if role in found], WORKLOADS):
            yield partial(_gains, results, found[role], progress, name, options)
    if "simd" in chosen:
        yield partial(_simd, results, found, progress, options)
    if "boundary" in chosen:
        yield partial(_boundary, results, found, progress, 0.05 if options.quick else 0.3)
    for program in PROGRAMS:
        small = program in (SMALL, MEDIUM) or not options.quick
        if program.name in chosen or ("starts" in chosen and small):
            yield partial(_starts, results, found, progress, options, program)


def _kernel(
    results: Results, found: Mapping[str, Interpreter], progress: Progress, kernel: Kernel, plan: Sequence[Plan]
) -> None:
    results.kernels += measure_kernel(kernel, found, plan, progress)


def _gains(
    results: Results, interpreter: Interpreter, progress: Progress, workload: str, options: argparse.Namespace
) -> None:
    """Where objects happen to lie makes a tenth of difference for as long as a process lives: medians of several."""
    trial = ("quick",) if options.quick else ()
    processes = min(options.repeats, 5) if interpreter.role == "cpython" else 1
    answers: list[dict[str, float]] = []
    for number in range(1, processes + 1):
        progress(f"passes, {workload}, {interpreter.label}, process {number}")
        turns = str(options.repeats // processes)
        answers.append(json.loads(interpreter.run("-m", "benchmarks.gains", workload, turns, *trial).stdout))
    gains = {name: median(answer[name] for answer in answers) for name in answers[0]}
    results.gains.setdefault(interpreter.role, {})[workload] = gains


def _simd(results: Results, found: Mapping[str, Interpreter], progress: Progress, options: argparse.Namespace) -> None:
    trial = ("quick",) if options.quick else ()
    for role, interpreter in found.items():
        progress(f"SIMD, {interpreter.label}")
        answer = interpreter.run("-m", "benchmarks.simd", str(options.repeats), *trial).stdout
        results.simd[role] = json.loads(answer)


def _boundary(results: Results, found: Mapping[str, Interpreter], progress: Progress, seconds: float) -> None:
    for role, interpreter in found.items():
        progress(f"boundary, {interpreter.label}")
        results.boundary[role] = json.loads(interpreter.run("-m", "benchmarks.boundary", str(seconds)).stdout)


def _starts(
    results: Results,
    found: Mapping[str, Interpreter],
    progress: Progress,
    options: argparse.Namespace,
    program: Program,
) -> None:
    for role, interpreter in found.items():
        progress(f"starts of {program.name}, {interpreter.label}")
        repeats = min(options.repeats, 3)
        whole = _whole(program, repeats, options.quick) if role == "cpython" else 0
        results.starts.append(measure_start(program, interpreter, repeats, whole))


def _whole(program: Program, repeats: int, quick: bool) -> int:
    """How many times a program is translated whole: the large ones take minutes."""
    if quick:
        return int(program is SMALL)
    return repeats if program in (SMALL, MEDIUM) else 1


def _merged(files: Sequence[Path]) -> Results:
    first, *later = map(Results.load, files)
    for results in later:
        first.add(results)
    return first


def show(console: Console, table: Table) -> None:
    """Prints a table."""
    rich = RichTable(title=table.title, title_justify="left")
    for number, column in enumerate(table.columns):
        rich.add_column(column, justify="right" if number else "left")
    for row in table.rows:
        rich.add_row(*row)
    console.print(rich)
    for note in table.notes:
        console.print(note, markup=False, highlight=False)


def _plot(results: Results, found: Mapping[str, Interpreter], path: Path) -> None:
    """Draws in the environment that has matplotlib."""
    if "cpython" not in found:
        raise SystemExit("the picture needs CPython 3.11")
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "results.json"
        results.save(data)
        try:
            found["cpython"].run("-m", "benchmarks.plot", str(data), str(path.resolve()))
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{path}: the picture cannot be drawn") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmarks, and prints and writes what was asked for."""
    options = _parser().parse_args(arguments)
    console = Console() if sys.stdout.isatty() else Console(width=150)
    with console.status("environments") as status:
        draws = options.plot or options.write_docs
        found = interpreters(options.python) if draws or not options.results else {}
        results = _merged(options.results) if options.results else run(options, found, status.update)
    for role in ROLES:
        if role in options.python and role not in results.interpreters:
            console.print(f"not found: {role}")
    for table in tables(results):
        show(console, table)
    if options.json:
        results.save(options.json)
    if options.write_docs:
        docs.write(results)
    for path in filter(None, (options.plot, docs.PICTURE if options.write_docs else None)):
        _plot(results, found, path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
