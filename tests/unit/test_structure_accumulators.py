"""`accumulators`: what a loop adds up in memory is kept in a variable besides."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

LOOP = """(module (memory 1 {shared}) (data (i32.const 64) "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    (func (export "f") (param $p i32) (param $n i32) (result i32) (local $a i32) (local $q i32) (local $i i32)
        (local.set $n (i32.add (i32.and (local.get $n) (i32.const 31)) (i32.const 1)))
        (local.set $a (i32.and (local.get $p) (i32.const 0xff8)))
        (local.set $q (i32.add (local.get $a) (i32.const {ahead})))
        (loop
            (i32.store offset={offset} (local.get $a)
                (i32.add (i32.load offset={offset} (local.get $a))
                    (i32.xor (i32.load8_u (local.get $q)) (local.get $i))))
            {also}
            (local.set $q (i32.add (local.get $q) (i32.const {stride})))
            (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
        (i32.load offset={offset} (local.get $a))))"""
KEPT = "(i32.store8 offset={} (local.get $q) (local.get $i))"


def loop(also: str = "", offset: int = 8, ahead: int = 64, stride: int = 4, shared: str = "") -> str:
    return LOOP.format(also=also, offset=offset, ahead=ahead, stride=stride, shared=shared)


def same(wat: str) -> None:
    for p, n in ((0, 0), (8, 1), (64, 5), (0xFF8, 31), (16, 30), (0xFFFFFFFF, 7)):
        plain, other = instance_of(wat, disabled=("accumulators",)), instance_of(wat)
        assert outcome(other, "f", p, n) == outcome(plain, "f", p, n)
        assert other.memories[0].read(0, 65536) == plain.memories[0].read(0, 65536)


@pytest.mark.parametrize(
    "wat",
    [
        loop(),
        loop(KEPT.format(0)),
        loop(KEPT.format(0), ahead=12),
        loop(KEPT.format(12), ahead=0),
        loop(KEPT.format(7), ahead=0, stride=0),
        loop(KEPT.format(0), ahead=200, stride=-4),
        loop(offset=61444),
        loop("(i32.store offset=12 (local.get $a) (local.get $i))"),
        loop("(i32.store offset=4 (local.get $a) (local.get $i))"),
        loop("(i32.store8 (i32.const 60000) (local.get $i))"),
        loop("(if (local.get $i) (then (i32.store8 offset=20 (local.get $q) (local.get $i))))"),
    ],
)
def test_what_nothing_else_stores_is_kept(wat: str) -> None:
    text = python(wat)
    assert "s0 = (s0 + " in text
    assert text.index("s0 = mem_u32_at_") < text.index("for ")
    same(wat)


@pytest.mark.parametrize(
    "wat",
    [
        loop(KEPT.format(11), ahead=0, stride=4),
        loop(KEPT.format(7), ahead=0, stride=4),
        loop(KEPT.format(0), ahead=11, stride=0),
        loop(KEPT.format(0), ahead=120, stride=-4),
        loop("(i32.store offset=9 (local.get $a) (local.get $i))"),
        loop("(i32.store8 (local.get $p) (local.get $i))"),
        loop("(if (local.get $i) (then (i32.store8 offset=11 (local.get $q) (local.get $i))))", ahead=0),
        loop("(drop (memory.grow (i32.const 0)))"),
        loop(offset=61448),
        loop(shared="9 shared"),
    ],
)
def test_what_may_be_stored_otherwise_or_trap_is_loaded(wat: str) -> None:
    assert "s0" not in python(wat)
    same(wat)


def test_floats_and_sums_of_two_places() -> None:
    wat = """(module (memory 1) (func (export "f") (param $p i32) (param $n i32) (result i32) (local $i i32)
        (local.set $p (i32.and (local.get $p) (i32.const 0xff8)))
        (loop
            (f64.store (local.get $p)
                (f64.sub (f64.load (local.get $p)) (f64.convert_i32_u (i32.add (local.get $i) (local.get $n)))))
            (i64.store offset=8 (local.get $p)
                (i64.mul (i64.add (i64.load offset=8 (local.get $p)) (i64.const 5))
                    (i64.sub (i64.load offset=8 (local.get $p)) (i64.const 7))))
            (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))
        (i32.xor (i32.load offset=4 (local.get $p)) (i32.load offset=12 (local.get $p)))))"""
    text = python(wat)
    assert "s0 -= float(i + n)" in text or "s0 -= " in text
    assert "s1 = (s1 + 5) * (s1 - 7) & 18446744073709551615" in text
    same(wat)


def test_the_portable_dialect_keeps_nothing() -> None:
    assert "s0" not in python(loop(), dialect="portable")
