"""Twins of kernels that are loops of integer arithmetic."""

from __future__ import annotations


def lcg(seed: int, steps: int) -> int:
    total = 0
    for _ in range(steps):
        seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
        total ^= seed >> 16
    return total ^ seed


def lcg64(seed: int, steps: int) -> int:
    for _ in range(steps):
        seed = (seed * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
    return seed


def xorshift32(seed: int, steps: int) -> int:
    total = 0
    for _ in range(steps):
        seed ^= seed << 13 & 0xFFFFFFFF
        seed ^= seed >> 17
        seed ^= seed << 5 & 0xFFFFFFFF
        total += seed
    return total & 0xFFFFFFFF


def xorshift64(seed: int, steps: int) -> int:
    total = 0
    for _ in range(steps):
        seed ^= seed << 13 & 0xFFFFFFFFFFFFFFFF
        seed ^= seed >> 7
        seed ^= seed << 17 & 0xFFFFFFFFFFFFFFFF
        total += seed
    return total & 0xFFFFFFFFFFFFFFFF
