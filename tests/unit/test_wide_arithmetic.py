"""Wide arithmetic: instructions with numbers of 128 bits in two halves."""

from __future__ import annotations

import random

import pytest
import wasm2py
from unit.translation import python

WIDE = 1 << 128
WAT = """(module
    (func (export "add") (param i64 i64 i64 i64) (result i64 i64)
        (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "sub") (param i64 i64 i64 i64) (result i64 i64)
        (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "mul_s") (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))
    (func (export "mul_u") (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))
    (func (export "high") (param i64 i64) (result i64) (local $high i64)
        (i64.mul_wide_u (local.get 0) (local.get 1)) (local.set $high) (drop) (local.get $high)))"""
EDGES = (0, 1, 2**63 - 1, 2**63, 2**64 - 1)


def signed(value: int, bits: int = 64) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def halves(value: int) -> tuple[int, int]:
    """What an export returns for a number of 128 bits."""
    return signed(value % 2**64), signed(value % WIDE >> 64)


@pytest.mark.parametrize("dialect", ["cpython", "portable"])
def test_halves_are_those_of_python_s_integers(dialect: str) -> None:
    engine = wasm2py.Engine(wasm2py.Config(cache=None, dialect=dialect))  # type: ignore[arg-type]
    exports = wasm2py.load(WAT, engine=engine).exports
    source = random.Random(128)
    for _ in range(200):
        a, b, c, d = (source.choice((*EDGES, source.getrandbits(64))) for _ in range(4))
        assert exports.add(a, b, c, d) == halves((b << 64 | a) + (d << 64 | c))
        assert exports.sub(a, b, c, d) == halves((b << 64 | a) - (d << 64 | c))
        assert exports.mul_s(a, b) == halves(signed(a) * signed(b))
        assert exports.mul_u(a, b) == halves(a * b)
        assert exports.high(a, b) == halves(a * b)[1]


def test_both_results_are_assigned_at_once() -> None:
    assert "j0, j1 = i64_mul_wide_u(p0, p1)" in python(WAT, 3)
