"""The kernels: what to call in a module of `examples/`, and the Python that one would write by hand for the same."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"

#: Calls an export by its name.
Call = Callable[..., int | None]

_numbers = array("I")


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel: `call` of `module`, after the calls in `setup`, which are not timed.

    `args` are the arguments that are timed, `warmup` smaller ones for a first call; `twins` holds the same functions in
    hand-written Python, of unsigned integers as a wasm i32 is.
    """

    name: str
    module: str
    call: str
    args: tuple[int, ...]
    warmup: tuple[int, ...]
    twins: dict[str, Call]
    setup: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def wasm(self) -> bytes:
        """The module's bytes."""
        return (EXAMPLES / f"{self.module}.wasm").read_bytes()


def fib(n: int) -> int:
    """Twin of fib.c."""
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def lcg(seed: int, steps: int) -> int:
    """Twin of lcg.c's `lcg`."""
    total = 0
    for _ in range(steps):
        seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
        total ^= seed >> 16
    return total ^ seed


def sieve(limit: int) -> int:
    """Twin of sieve.c."""
    composite = bytearray(limit)
    count = 0
    for i in range(2, limit):
        if composite[i]:
            continue
        count += 1
        for multiple in range(2 * i, limit, i):
            composite[multiple] = 1
    return count


def fill(count: int) -> None:
    """Twin of sum32.c's `fill`."""
    x = 12345
    del _numbers[:]
    for _ in range(count):
        x = (x * 69069 + 1) & 0xFFFFFFFF
        _numbers.append(x)


def sum32(count: int) -> int:
    """Twin of sum32.c's `sum`: as C does it, element by element."""
    total = 0
    for i in range(count):
        total = (total + _numbers[i]) & 0xFFFFFFFF
    return total


KERNELS = (
    Kernel("fib(20)", "fib", "fib", (20,), (5,), {"fib": fib}),
    Kernel("LCG loop, 200,000", "lcg", "lcg", (42, 200_000), (42, 10), {"lcg": lcg}),
    Kernel("sieve, 100,000", "sieve", "sieve", (100_000,), (100,), {"sieve": sieve}),
    Kernel(
        "32-bit sum, 200,000",
        "sum32",
        "sum",
        (200_000,),
        (10,),
        {"fill": fill, "sum": sum32},
        setup=(("fill", (200_000,)),),
    ),
)
