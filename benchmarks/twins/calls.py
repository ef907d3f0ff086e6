"""Twins of kernels that are mostly calls."""

from __future__ import annotations


def fib(n: int) -> int:
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def recursion(rounds: int) -> int:
    total = 0
    for i in range(rounds):
        total = (total * 31 + _even(2000, i)) & 0xFFFFFFFF
    return total


def _odd(depth: int, x: int) -> int:
    return _even(depth - 1, (x * 1664525 + depth) & 0xFFFFFFFF) ^ x


def _even(depth: int, x: int) -> int:
    if not depth:
        return x
    return (_odd(depth - 1, x >> 1) + depth) & 0xFFFFFFFF


def _add(x: int) -> int:
    return (x + 0x9E3779B9) & 0xFFFFFFFF


def _multiply(x: int) -> int:
    return x * 0x85EBCA6B & 0xFFFFFFFF


def _flip(x: int) -> int:
    return x ^ 0xFFFFFFFF


def _shift_left(x: int) -> int:
    return (x ^ x << 13) & 0xFFFFFFFF


def _shift_right(x: int) -> int:
    return x ^ x >> 17


def _rotate(x: int) -> int:
    return (x << 5 | x >> 27) & 0xFFFFFFFF


def _subtract(x: int) -> int:
    return (0x7F4A7C15 - x) & 0xFFFFFFFF


def _mask(x: int) -> int:
    return x ^ 0x55555555


FUNCTIONS = [_add, _multiply, _flip, _shift_left, _shift_right, _rotate, _subtract, _mask]


def dispatch(steps: int) -> int:
    functions = FUNCTIONS
    x = 1
    for i in range(steps):
        x = functions[(x ^ i) & 7](x)
    return x
