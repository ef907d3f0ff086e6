"""`companions`: what a loop steps beside its counter is worked out from that."""

from __future__ import annotations

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python
from wasm2py.runtime.program import Dialect

TRIANGLE = """(module (memory 1) (func (export "f") (param $p i32) (result i32)
    (local $i i32) (local $n i32) (local $q i32) (local $left i32) (local $sum i32)
    (local.set $n (i32.const {start}))
    (local.set $q (i32.const 1024))
    (loop $outer
        (if (i32.lt_u (local.get $i) (i32.const 4)) (then
            (local.set $sum (i32.add (local.get $sum) (i32.load (i32.mul (local.get $i) (i32.const {times})))))
            (local.set $left {read})
            (local.set $p (i32.add (local.get $q) (i32.const {times})))
            (loop $inner
                (i32.store (local.get $p) (i32.add (i32.load (local.get $p)) (i32.add (local.get $sum) (i32.const 3))))
                (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 7)) (local.get $left)))
                (local.set $p (i32.add (local.get $p) (i32.const 16)))
                (br_if $inner (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
        (local.set $q (i32.add (local.get $q) (i32.const 16)))
        (local.set $n (i32.add (local.get $n) (i32.const {step})))
        (br_if $outer (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
    (i32.add (local.get $sum) {after})))"""


def triangle(
    start: int = 4, step: int = -1, times: int = 16, read: str = "(local.get $n)", after: str = "(local.get $p)"
) -> str:
    return TRIANGLE.format(start=start, step=step, times=times, read=read, after=after)


def same(wat: str, dialect: Dialect = "cpython") -> None:
    plain, other = instance_of(wat, dialect, ("companions",)), instance_of(wat, dialect)
    assert outcome(other, "f", 3) == outcome(plain, "f", 3)
    assert other.memories[0].read(0, 65536) == plain.memories[0].read(0, 65536)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_inner_loop_of_a_triangle_counts(dialect: Dialect) -> None:
    text = python(triangle(), dialect=dialect)
    assert "= 4 - i" in text and "q +=" not in text
    assert ("left in range(left, 0, -1)" in text) == (dialect == "cpython")
    assert "while True" in python(triangle(), disabled=("companions",))
    same(triangle(), dialect)


@pytest.mark.parametrize(
    "wat",
    [
        triangle(start=9, step=-2),
        triangle(start=6, step=1),
        triangle(start=-7, step=1),
        triangle(start=2, step=0x40000000),
        triangle(times=8),
        triangle(after="(local.get $n)"),
        triangle(after="(local.get $q)"),
        triangle(read="(i32.mul (local.get $n) (local.get $n))"),
        triangle(read="(i32.or (local.get $n) (i32.const 3))"),
    ],
)
def test_whatever_is_stepped(wat: str) -> None:
    same(wat)


def test_what_is_a_multiple_of_nothing_stays() -> None:
    assert "q += 16" in python(triangle(times=8))
    assert "q += 16" in python(triangle(after="(local.get $q)"))
    assert "n = (n - 1)" in python(triangle(read="(i32.mul (local.get $n) (local.get $n))"))


def test_what_an_inner_loop_reads_stays() -> None:
    wat = """(module (memory 1) (func (export "f") (param $p i32) (result i32)
        (local $i i32) (local $n i32) (local $j i32)
        (local.set $n (i32.const 40))
        (loop $outer
            (local.set $j (i32.const 0))
            (loop $inner
                (local.set $p (i32.xor (i32.mul (local.get $p) (i32.const 5)) (local.get $n)))
                (br_if $inner (i32.ne (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 10))))
            (local.set $n (i32.add (local.get $n) (i32.const -1)))
            (br_if $outer (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
        (local.get $p)))"""
    assert "40 - i" not in python(wat)
    same(wat)
