"""What SIMD instructions cost: ``python -m benchmarks.simd REPEATS [quick]``.

Three C loops, each as clang makes it without SIMD instructions and with them; the two modules take turns.  Prints a
JSON object: kernel → the seconds of processor time `[without, with]`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import process_time

from benchmarks.kernels import EXAMPLES, SIMD, WORKLOADS, Number, Size
from benchmarks.worker import WARM_RUNS

#: How many calls are timed at once.
CALLS = 200 if sys.implementation.name == "pypy" else 1


def _kernel(name: str) -> Callable[..., Number]:
    import wasm2py

    engine = wasm2py.Engine(wasm2py.Config(cache=None))
    call: Callable[..., Number] = wasm2py.load(EXAMPLES / "simd" / f"{name}.wasm", engine=engine).exports.kernel
    return call


def _timed(call: Callable[..., Number], args: tuple[int, ...]) -> tuple[float, Number]:
    start = process_time()
    for _ in range(CALLS):
        result = call(*args)
    return process_time() - start, result


def compare(name: str, size: Size, repeats: int) -> tuple[float, float]:
    """Seconds of a kernel without SIMD instructions and with them, in the turn of median ratio.

    Exits where their results differ.
    """
    args = WORKLOADS[f"{name}_simd"].args(size)
    calls = [_kernel(name), _kernel(f"{name}_simd")]
    for call in calls:
        for _ in range(WARM_RUNS):
            _timed(call, args)
    turns: list[tuple[float, float]] = []
    for _ in range(repeats):
        (without, expected), (with_simd, result) = (_timed(call, args) for call in calls)
        if result != expected:
            raise SystemExit(f"{name} gives {result} with SIMD instructions, not {expected}")
        turns.append((without, with_simd))
    return sorted(turns, key=lambda turn: turn[1] / turn[0])[repeats // 2]


def main() -> None:
    """Measures all kernels."""
    size: Size = "small" if "quick" in sys.argv[2:] else "medium"
    print(json.dumps({name: compare(name, size, int(sys.argv[1])) for name in SIMD}))


if __name__ == "__main__":
    main()
