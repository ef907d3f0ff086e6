"""What it costs to cross between Python and wasm: ``python -m benchmarks.boundary SECONDS``.

Prints a list of JSON objects: `what`, `engine`, and `nanoseconds`, the median for one crossing.  wasm2py and wasmtime
take turns.  The cost of a host function is that of a loop that calls it, less that of the same loop without.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from statistics import median
from time import process_time
from timeit import Timer
from typing import Any

from benchmarks.kernels import EXAMPLES

MODULE = EXAMPLES / "kernels" / "boundary.wasm"
TURNS = 7
#: Calls that a loop in wasm makes.
LOOP = 1000

#: What is measured: a statement, and how many crossings it makes; `host` and `nothing` are differences of loops.
CALL = "Python → wasm: add(i32, i32)"
HOST = "wasm → Python: a host function"
READ = "read 16 bytes of memory"
WRITE = "write 16 bytes to memory"
READ_PAGE = "read 64 KiB of memory"

Statements = Mapping[str, str]


def _next(x: int) -> int:
    return x + 1


def _wasm2py() -> tuple[Statements, dict[str, Any]]:
    import wasm2py

    linker = wasm2py.Linker(wasm2py.Engine(wasm2py.Config(cache=None)))
    linker.function("host", "next")(_next)
    exports = linker.instantiate(wasm2py.Module.from_file(str(MODULE), engine=linker.engine)).exports
    names = {"add": exports.add, "host": exports.call_host, "nothing": exports.call_nothing, "memory": exports.memory}
    statements = {
        CALL: "add(20, 22)",
        HOST: f"host({LOOP})",
        "nothing": f"nothing({LOOP})",
        READ: "memory.read(1024, 16)",
        WRITE: "memory.write(1024, data)",
        READ_PAGE: "memory.read(0, 65536)",
    }
    return statements, names


def _wasmtime() -> tuple[Statements, dict[str, Any]]:
    package = import_module("wasmtime")
    store = package.Store(package.Engine())
    i32 = package.ValType.i32()
    function = package.Func(store, package.FuncType([i32], [i32]), _next)
    exports = package.Instance(store, package.Module.from_file(store.engine, str(MODULE)), [function]).exports(store)
    names = {"add": exports["add"], "host": exports["call_host"], "nothing": exports["call_nothing"]}
    statements = {
        CALL: "add(store, 20, 22)",
        HOST: f"host(store, {LOOP})",
        "nothing": f"nothing(store, {LOOP})",
        READ: "memory.read(store, 1024, 1040)",
        WRITE: "memory.write(store, data, 1024)",
        READ_PAGE: "memory.read(store, 0, 65536)",
    }
    return statements, {**names, "memory": exports["memory"], "store": store}


SETUPS: Mapping[str, Callable[[], tuple[Statements, dict[str, Any]]]] = {"wasm2py": _wasm2py, "wasmtime": _wasmtime}


def measure(seconds: float) -> list[dict[str, Any]]:
    """All crossings in all engines that are installed, each run for about so many seconds."""
    timers: dict[tuple[str, str], Timer] = {}
    for engine, setup in SETUPS.items():
        try:
            statements, names = setup()
        except ImportError:
            continue
        names["data"] = b"sixteen bytes..."
        timers |= {
            (engine, what): Timer(statement, timer=process_time, globals=names)
            for what, statement in statements.items()
        }
    counts = {key: _count(timer, seconds / TURNS) for key, timer in timers.items()}
    runs: dict[tuple[str, str], list[float]] = {key: [] for key in timers}
    for _ in range(TURNS):
        for key, timer in timers.items():
            runs[key].append(timer.timeit(counts[key]) / counts[key])
    costs = {key: median(values) for key, values in runs.items()}
    for engine in {engine for engine, _ in costs}:
        costs[engine, HOST] = (costs[engine, HOST] - costs.pop((engine, "nothing"))) / LOOP
    return [{"what": what, "engine": engine, "nanoseconds": cost * 1e9} for (engine, what), cost in costs.items()]


def _count(timer: Timer, seconds: float) -> int:
    """How often the statement can be run in so many seconds, found when it is warm: the first call translates."""
    timer.timeit(1)
    number = 1
    while (taken := timer.timeit(number)) < seconds:
        number *= 2
    return max(1, int(number * seconds / taken))


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]))))
