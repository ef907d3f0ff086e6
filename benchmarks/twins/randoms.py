"""The random numbers of the kernels (random.h)."""

from __future__ import annotations

from collections.abc import Iterator


def random_numbers(seed: int = 1) -> Iterator[int]:
    """Numbers of 32 bits without end, by a linear congruential generator."""
    while True:
        seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
        yield seed
