"""What SIMD instructions cost: ``python -m benchmarks.simd REPEATS [quick]``.

Three C loops, each as clang makes it without SIMD instructions and with them; the two modules take turns.  Prints a
JSON object: kernel → the median seconds of processor time `[without, with]`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from statistics import median
from time import process_time

from benchmarks.kernels import EXAMPLES, Number
from benchmarks.worker import WARM_RUNS

KERNELS = ("dot", "lengths", "blend")
#: Rounds of a call (of many more, the dot product would be of infinities), and how many calls are timed at once.
QUICK, ROUNDS = 2, 200
CALLS = 200 if sys.implementation.name == "pypy" else 1


def _kernel(name: str) -> Callable[[int], Number]:
    import wasm2py

    engine = wasm2py.Engine(wasm2py.Config(cache=None))
    call: Callable[[int], Number] = wasm2py.load(EXAMPLES / "simd" / f"{name}.wasm", engine=engine).exports.kernel
    return call


def _timed(call: Callable[[int], Number], rounds: int) -> tuple[float, Number]:
    start = process_time()
    for _ in range(CALLS):
        result = call(rounds)
    return process_time() - start, result


def compare(name: str, rounds: int, repeats: int) -> tuple[float, float]:
    """Median seconds of a kernel without SIMD instructions and with them; exits where their results differ."""
    calls = [_kernel(name), _kernel(f"{name}_simd")]
    for call in calls:
        for _ in range(WARM_RUNS):
            _timed(call, rounds)
    seconds: tuple[list[float], list[float]] = [], []
    for _ in range(repeats):
        (without, expected), (with_simd, result) = (_timed(call, rounds) for call in calls)
        if result != expected:
            raise SystemExit(f"{name} gives {result} with SIMD instructions, not {expected}")
        seconds[0].append(without)
        seconds[1].append(with_simd)
    return median(seconds[0]), median(seconds[1])


def main() -> None:
    """Measures all kernels."""
    rounds = QUICK if "quick" in sys.argv[2:] else ROUNDS
    print(json.dumps({name: compare(name, rounds, int(sys.argv[1])) for name in KERNELS}))


if __name__ == "__main__":
    main()
