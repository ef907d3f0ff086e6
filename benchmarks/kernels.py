"""The kernels: which export of which module of `examples/`, its twin by hand, and how much work is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from benchmarks.twins import calls, data, floats, hashes, integers, machines, objects, text

EXAMPLES = Path(__file__).parents[1] / "examples"

Number = int | float
Size = Literal["small", "medium", "large"]
Result = Literal["i32", "i64", "f64", "f32"]

#: Bits that a result is compared in.
_MASKS = {"i32": 0xFFFFFFFF, "i64": 0xFFFFFFFFFFFFFFFF}


@dataclass(frozen=True, slots=True)
class Workload:
    """Something to run: `export` of `module`, whose last argument says how much work there is to do.

    `sizes` are the values of that argument: small for tests and for slow peers, medium for CPython, large for PyPy and
    native code, where a call from Python must not count.  `first` are the arguments before it.
    """

    name: str
    module: str
    export: str
    sizes: tuple[int, int, int]
    first: tuple[int, ...] = field(default=(), kw_only=True)

    def wasm(self) -> bytes:
        """The module's bytes."""
        return (EXAMPLES / f"{self.module}.wasm").read_bytes()

    def args(self, size: Size) -> tuple[int, ...]:
        """What to call the export with."""
        return (*self.first, self.sizes[("small", "medium", "large").index(size)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel(Workload):
    """A workload with a `twin` in hand-written Python, which takes the same arguments."""

    twin: Callable[..., Number]
    result: Result = "i32"

    def canonical(self, result: Number) -> Number:
        """The result as it is compared: an integer unsigned, whichever sign an engine gives it."""
        return result & _MASKS[self.result] if isinstance(result, int) and self.result in _MASKS else result


def _own(
    name: str,
    twin: Callable[..., Number],
    sizes: tuple[int, int, int],
    result: Result = "i32",
) -> Kernel:
    """A kernel that has a module of its own, whose export is `kernel`."""
    return Kernel(name, f"kernels/{name}", "kernel", sizes, twin=twin, result=result)


_KERNELS = (
    Kernel("fib", "fib", "fib", (16, 24, 30), twin=calls.fib),
    _own("recursion", calls.recursion, (2, 40, 800)),
    _own("dispatch", calls.dispatch, (10_000, 150_000, 4_000_000)),
    Kernel("lcg32", "lcg", "lcg", (10_000, 200_000, 10_000_000), twin=integers.lcg, first=(42,)),
    Kernel("lcg64", "lcg", "lcg64", (10_000, 200_000, 10_000_000), twin=integers.lcg64, result="i64", first=(42,)),
    Kernel(
        "xorshift32",
        "kernels/xorshift",
        "xorshift32",
        (5_000, 100_000, 5_000_000),
        twin=integers.xorshift32,
        first=(42,),
    ),
    Kernel(
        "xorshift64",
        "kernels/xorshift",
        "xorshift64",
        (5_000, 100_000, 5_000_000),
        twin=integers.xorshift64,
        result="i64",
        first=(42,),
    ),
    _own("matmul", floats.matmul, (1, 12, 400), "f64"),
    _own("matmul_f32", floats.matmul_f32, (1, 6, 300), "f32"),
    _own("mandelbrot", floats.mandelbrot, (12, 80, 256), "i32"),
    _own("nbody", floats.nbody, (50, 3_000, 100_000), "f64"),
    _own("raytracer", floats.raytracer, (10, 48, 300), "f64"),
    _own("sha256", hashes.sha256, (1, 16, 1_000)),
    _own("blake2b", hashes.blake2b, (1, 16, 2_000), "i64"),
    _own("crc32", hashes.crc32, (1, 60, 4_000)),
    _own("base64", hashes.base64, (1, 12, 500)),
    Kernel("sieve", "sieve", "sieve", (10_000, 200_000, 1_000_000), twin=data.sieve),
    _own("sum32", data.sum32, (2, 20, 4_000)),
    _own("quicksort", data.quicksort, (1, 12, 200)),
    _own("hashtable", data.hashtable, (300, 4_000, 100_000), "i64"),
    _own("lz4", data.lz4, (1, 60, 2_000)),
    _own("lists", data.lists, (1, 20, 400)),
    Kernel("cells", "kernels/cells", "list", (100, 20_000, 400_000), twin=objects.linked),
    Kernel("trees", "kernels/cells", "trees", (4, 12, 17), twin=objects.trees),
    _own("life", data.life, (1, 12, 800)),
    _own("search", text.search, (4, 100, 8_000)),
    _own("bytes", text.strings, (16, 1_500, 50_000)),
    _own("json", machines.json, (1, 16, 500)),
    _own("vm", machines.vm, (20, 700, 20_000)),
)

KERNELS = {kernel.name: kernel for kernel in _KERNELS}

#: C loops, each as clang makes it without SIMD instructions and, named `…_simd`, with them.  The sizes are rounds; of
#: many more, the dot product would be of infinities.
SIMD = ("dot", "lengths", "blend")

#: What each pass's gain is measured with: the kernels, and what has SIMD instructions.
WORKLOADS: dict[str, Workload] = KERNELS | {
    name: Workload(name, f"simd/{name}", "kernel", (2, 200, 200)) for name in (f"{name}_simd" for name in SIMD)
}

#: The kernels whose data are structures and arrays that Python's collector looks after.
COLLECTED = ("cells", "trees")

#: The kernels for which PyPy has a bar of its own: mostly branches that depend on data.
BRANCHIEST = ("vm", "json")
