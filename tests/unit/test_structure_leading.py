"""`leading`: a pointer that a loop steps leads it, where nobody reads the counter."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

LOOP = """(module (memory 1) (data (i32.const 1024) "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    (func (export "f") (param $p i32) (param $n i32) (result i32) (local $q i32) (local $i i32) (local $sum i32)
        (local.set $n (i32.add (i32.and (local.get $n) (i32.const 31)) (i32.const 1)))
        (local.set $i (i32.const {start}))
        (if (i32.eqz (local.get $i)) (then (local.set $i (local.get {turns}))))
        (local.set $q (i32.and (local.get $p) (i32.const {mask})))
        (loop
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 5)) (i32.load (local.get $q))))
            (i32.store offset=4 (local.get $q) {value})
            (local.set $q (i32.add (local.get $q) (i32.const {step})))
            (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        {result}))"""
SUM = "(local.get $sum)"


def loop(
    step: int = 12, mask: int = 0xFFF0, value: str = SUM, result: str = SUM, start: int = 0, turns: str = "$n"
) -> str:
    return LOOP.format(step=step, mask=mask, value=value, result=result, start=start, turns=turns)


def same(wat: str) -> None:
    for p, n in ((0, 0), (1024, 3), (0xFF84, 0), (0xFF00, 31), (0xFFFFFFFF, 14), (0xFFFFFF80, 2)):
        plain, other = instance_of(wat, disabled=("leading",)), instance_of(wat)
        assert outcome(other, "f", p, n) == outcome(plain, "f", p, n)
        assert other.memories[0].read(0, 65536) == plain.memories[0].read(0, 65536)


@pytest.mark.parametrize(
    ("wat", "text"),
    [
        (loop(), "for q in range(q, q + i * 12, 12):"),
        (loop(step=1), "for q in range(q, q + i):"),
        (loop(start=9), "for q in range(q, q + 108, 12):"),
    ],
)
def test_pointers_lead(wat: str, text: str) -> None:
    assert text in python(wat) and "q +=" not in python(wat)
    assert "q += " in python(wat, disabled=("leading",))
    same(wat)


@pytest.mark.parametrize(
    "wat",
    [
        loop(step=-4),
        loop(mask=-1),
        loop(value="(local.get $i)"),
        loop(result="(local.get $q)"),
        loop(turns="$p"),
    ],
)
def test_what_wraps_or_is_read_does_not_lead(wat: str) -> None:
    assert python(wat) == python(wat, disabled=("leading",))
    if "$p))))" not in wat:
        same(wat)
