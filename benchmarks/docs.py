"""Writes docs/performance.md and its picture from a run's results."""

from __future__ import annotations

from pathlib import Path

from benchmarks.environments import ROOT
from benchmarks.report import Table, tables
from benchmarks.results import Results

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "performance.png"

_HEAD = """# Performance

Written by `python -m benchmarks --write-docs` on {date}, from {runs}; `python -m benchmarks --help` shows how to
measure less.

Measured on {machine}, with {interpreters}.

- Kernels are timed in processor time: medians of {repeats} runs that take turns between engines and interpreters, each
  kernel in processes of its own. They are C of our own, in [examples](../examples) and
  [examples/kernels](../examples/kernels), built with `clang -O2`.
- Their twins by hand, in [benchmarks/twins](../benchmarks/twins), are the same algorithms, as one would write them in
  Python; every result is compared.
- The peers take long, and are compared on a small amount of work, ppci in three runs and pywasm in one; CPython on a
  medium amount; PyPy and native code on a large one, after PyPy has compiled it.
- What passes gain is measured in several processes, for where objects happen to lie makes a difference within one.
- Ratios are medians too, of the ratios in each turn: the speed of a machine that others share changes between turns.
- Translation is timed in processor time, the fastest of three times for the small and the medium module; starts are
  timed by the clock.

![wasm2py against Python by hand, native code, and its peers](performance.png)
"""

_TAIL = """## What helps

- The cache is on by default; a program that is started again does not translate.
- Call few, large functions rather than many small ones, and use `memory.read` and `memory.write` for blocks of bytes
  rather than `memory[i]` in a loop.
- Use PyPy for anything that loops for more than a second.
"""


def _section(table: Table) -> str:
    return f"## {table.title}\n\n{table.markdown()}\n"


def page(results: Results) -> str:
    """The page's text, the bars first."""
    *parts, bars = tables(results)
    repeats = max((len(measurement.seconds) for measurement in results.kernels), default=0)
    interpreters = ", ".join(results.interpreters.values())
    runs = "one run" if results.runs == 1 else f"{results.runs} runs"
    head = _HEAD.format(
        date=results.date, runs=runs, machine=results.machine, interpreters=interpreters, repeats=repeats
    )
    return "\n".join([head, *(_section(part) for part in (bars, *parts)), _TAIL])


def write(results: Results, path: Path = PAGE) -> None:
    """Writes the page."""
    path.write_text(page(results), encoding="utf-8", newline="\n")
