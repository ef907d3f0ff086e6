"""The process that runs one kernel in one interpreter: ``python -m benchmarks.worker KERNEL``.

It reads requests and writes answers, a line of JSON each.  A request is `[engine, size]`; the first for an engine makes
an instance and warms it up, and is answered like all others: `{"seconds": s, "result": r}`, or `{"note": why not}`.
Seconds are of processor time, so that what else the machine does counts little.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import process_time
from typing import Any

from benchmarks.engines import ENGINES, Call
from benchmarks.kernels import KERNELS, Kernel, Size

#: How long, and how often at least, a tracing compiler is let run before anything is measured.
WARM_SECONDS = 3.0
WARM_RUNS = 3


class Worker:
    """The engines of one kernel, each made when it is first asked for."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.calls: dict[str, Call] = {}

    def measure(self, engine: str, size: Size) -> dict[str, Any]:
        """One run."""
        if engine not in self.calls:
            call = ENGINES[engine](self.kernel)
            warm_up(lambda size: self.timed(call, size)[0], size)
            self.calls[engine] = call
        seconds, result = self.timed(self.calls[engine], size)
        return {"seconds": seconds, "result": self.kernel.canonical(result)}

    def timed(self, call: Call, size: Size) -> tuple[float, Any]:
        args = self.kernel.args(size)
        start = process_time()
        result = call(*args)
        return process_time() - start, result


def warm_up(timed: Callable[[Size], float], size: Size) -> None:
    """A small first run; with a tracing compiler, as many as it takes to have the machine code."""
    timed("small")
    if sys.implementation.name != "pypy":
        return
    total = runs = 0.0
    while total < WARM_SECONDS or runs < WARM_RUNS:
        total += timed(size)
        runs += 1


def _answer(worker: Worker, line: str) -> dict[str, Any]:
    try:
        return worker.measure(*json.loads(line))
    except ImportError as error:
        return {"note": f"{error.name} is not installed"}
    except Exception as error:  # whatever a peer raises for a module that it cannot run
        return {"note": f"{type(error).__name__}: {error}".splitlines()[0][:120].removesuffix(": ")}


def main() -> None:
    """Answers requests until there are no more; what the engines print goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    worker = Worker(KERNELS[sys.argv[1]])
    for line in sys.stdin:
        print(json.dumps(_answer(worker, line)), file=answers, flush=True)


if __name__ == "__main__":
    main()
