"""Twins of kernels that work on text and byte strings."""

from __future__ import annotations

from itertools import islice

from benchmarks.twins.randoms import random_numbers


def search(rounds: int) -> int:
    numbers = random_numbers()
    text = bytes(97 + (x >> 24) % 26 for x in islice(numbers, 10_000))
    total = 0
    for i in range(rounds):
        start = (next(numbers) >> 8) % 9_990
        pattern = text[start : start + 10]
        if i % 2:
            pattern = b"-" + pattern[1:]
        total = (total * 31 + _search(text, pattern)) & 0xFFFFFFFF
    return total


def _search(text: bytes, pattern: bytes) -> int:
    last = len(pattern) - 1
    skip = [last + 1] * 256
    for i, letter in enumerate(pattern[:-1]):
        skip[letter] = last - i
    end, length = last, len(text)
    final = pattern[last]
    while end < length:
        letter = text[end]
        if letter == final and text[end - last : end + 1] == pattern:
            return end - last
        end += skip[letter]
    return -1


WORDS = [
    b"WebAssembly",
    b"is",
    b"a",
    b"portable",
    b"compilation target",
    b"for",
    b"programming languages",
    b"everywhere",
]
TABLE = b"".join(word.ljust(24, b"\0") for word in WORDS)


def strings(rounds: int) -> int:
    line = bytearray(160)
    page = bytearray(64 * 160)
    total = 0
    for i in range(rounds):
        used = _join(line, i)
        line[used:] = b"." * (160 - used)
        line[159] = 0
        for j in range(0, 64, 8):
            at = (i + j) % 64 * 160
            total += page[at : at + 160] == line
        at = i % 64 * 160
        page[at : at + 160] = line
        total = (total * 31 + line.index(0) + used) & 0xFFFFFFFF
    return total


def _join(line: bytearray, seed: int) -> int:
    used = 0
    for i in range(8):
        at = (seed + i * (seed >> 3 | 1) & 7) * 24
        word = TABLE[at : TABLE.index(0, at)]
        end = used + len(word)
        if end + 1 > 160:
            break
        line[used:end] = word
        line[end] = 32
        used = end + 1
    return used
