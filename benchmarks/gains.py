"""What each optimiser pass gains: ``python -m benchmarks.gains WORKLOAD REPEATS [quick]``.

The workload is measured as it is, and with each pass left out that makes a difference to its code, taking turns.
Prints a JSON object: pass → how many times as long it takes without it.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from time import process_time

from benchmarks.kernels import WORKLOADS, Number, Size, Workload
from benchmarks.worker import warm_up

PYPY = sys.implementation.name == "pypy"
#: Of the other passes CPython's figures have to do: each takes a tracing compiler seconds to warm up.
ONLY_FOR_PYPY = ("forget",)


def code(workload: Workload, passes: tuple[str, ...]) -> list[str]:
    """The syntax trees of a workload's functions, as text, with these passes."""
    from wasm2py.config import Config
    from wasm2py.transpile.decode import decode_module
    from wasm2py.transpile.translate import PythonTranslator

    module, translator = decode_module(workload.wasm()), PythonTranslator()
    program = translator.program(module, Config(passes=passes).options())
    numbers = range(program.imported_count("func"), len(program.functions))
    return [ast.dump(translator.function_ast(module, program, number)) for number in numbers]


def _call(workload: Workload, passes: tuple[str, ...]) -> Callable[..., Number]:
    import wasm2py

    engine = wasm2py.Engine(wasm2py.Config(cache=None, passes=passes))
    call: Callable[..., Number] = wasm2py.load(workload.wasm(), engine=engine).exports[workload.export]
    return call


def _run(call: Callable[..., Number], workload: Workload, size: Size) -> float:
    args = workload.args(size)
    start = process_time()
    call(*args)
    return process_time() - start


def gains(workload: Workload, size: Size, repeats: int) -> dict[str, float]:
    """By pass, of those that make a difference, the time without it over the time with all."""
    from wasm2py.transpile.optimise.passes import NAMES

    tried = ONLY_FOR_PYPY if PYPY else NAMES
    chosen = {name: tuple(other for other in NAMES if other != name) for name in tried}
    with_all = code(workload, NAMES)
    calls = {"": _call(workload, NAMES)}
    calls |= {name: _call(workload, passes) for name, passes in chosen.items() if code(workload, passes) != with_all}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        warm_up(partial(_run, call, workload), size)
    for _ in range(repeats):
        for name, call in calls.items():
            seconds[name].append(_run(call, workload, size))
    with_all_seconds = seconds.pop("")
    return {
        name: median(time / base for time, base in zip(times, with_all_seconds, strict=True))
        for name, times in seconds.items()
    }


def main() -> None:
    """Measures one workload."""
    size: Size = "small" if "quick" in sys.argv[3:] else "large" if PYPY else "medium"
    print(json.dumps(gains(WORKLOADS[sys.argv[1]], size, int(sys.argv[2]))))


if __name__ == "__main__":
    main()
