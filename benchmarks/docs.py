"""Writes docs/performance.md and its picture from a run's results."""

from __future__ import annotations

from pathlib import Path

from benchmarks.environments import ROOT
from benchmarks.report import Table, tables
from benchmarks.results import Results

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "performance.png"

_HEAD = """# Performance

Written by `python -m benchmarks --write-docs` on {date}; `python -m benchmarks --help` shows how to measure less.

Measured on {machine}, with {interpreters}. Kernels are timed in processor time, medians of runs that take turns between
engines and interpreters, each kernel in a process of its own; starts are timed by the clock. The kernels are C of our own
([examples/kernels](../examples/kernels) and [examples](../examples)) built with `clang -O2`; their twins by hand
([benchmarks/twins](../benchmarks/twins)) are the same algorithms as one would write them in Python, and give the same results.
The peers, whose runs take long, are compared on a small amount of work, CPython and the twins on a medium one, PyPy and native
code on a large one, after PyPy has compiled it.

![wasm2py against Python by hand, native code, and its peers](performance.png)
"""

_TAIL = """## What helps

- The cache is on by default; a program that is started again does not translate.
- Call few, large functions rather than many small ones, and use `memory.read` and `memory.write` for blocks of bytes rather than
  `memory[i]` in a loop.
- Use PyPy for anything that loops for more than a second.
"""


def _section(table: Table) -> str:
    return f"## {table.title}\n\n{table.markdown()}\n"


def page(results: Results) -> str:
    """The page's text, the bars first."""
    *parts, bars = tables(results)
    head = _HEAD.format(
        date=results.date, machine=results.machine, interpreters=", ".join(results.interpreters.values())
    )
    return "\n".join([head, *(_section(part) for part in (bars, *parts)), _TAIL])


def write(results: Results, path: Path = PAGE) -> None:
    """Writes the page."""
    path.write_text(page(results), encoding="utf-8", newline="\n")
