"""A picture of a run: ``python -m benchmarks.plot RESULTS.json PICTURE.png``, which needs matplotlib."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.results import Results, mean


def draw(results: Results, path: Path) -> None:
    """Draws the kernels' ratios: against the twins by hand above, against native code and the peers below."""
    import_module("matplotlib").use("Agg")
    pyplot = import_module("matplotlib.pyplot")
    figure, (above, middle, below) = pyplot.subplots(3, 1, figsize=(11, 11), layout="constrained")
    hand = {
        results.interpreters[role]: results.twin_ratios(role)
        for role in ("cpython", "newest")
        if role in results.interpreters
    }
    _bars(above, "time of wasm2py / time of the twin by hand", hand, results.names(), 1.4)
    native = {results.interpreters.get("pypy", "PyPy"): results.native_ratios()}
    _bars(middle, "time of wasm2py on PyPy, warm / time of native code (wasmtime)", native, results.names(), 3)
    peers = {peer: results.peer_ratios(peer) for peer in ("ppci", "pywasm")}
    _bars(below, "speed of wasm2py / speed of the peer, CPython 3.11", peers, results.names(), 20)
    figure.savefig(path, dpi=100, metadata={"Software": None})


def _bars(axes: Any, title: str, groups: Mapping[str, Mapping[str, float]], kernels: list[str], bar: float) -> None:
    """One chart: a group of columns for each kernel, logarithmic, with a line where the bar is."""
    width = 0.8 / max(1, len(groups))
    for number, (label, ratios) in enumerate(groups.items()):
        average = mean(ratios.values())
        name = label if average is None else f"{label} (geometric mean {average:.3g})"
        axes.bar(
            [i + number * width for i in range(len(kernels))], [ratios.get(k, 0) for k in kernels], width, label=name
        )
    axes.set_xticks([i + 0.4 - width / 2 for i in range(len(kernels))], kernels, rotation=60, ha="right")
    axes.set_yscale("log")
    axes.axhline(1, color="black", linewidth=0.8)
    axes.axhline(bar, color="red", linewidth=0.8, linestyle="--")
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8)


if __name__ == "__main__":
    draw(Results.load(Path(sys.argv[1])), Path(sys.argv[2]))
