"""`hoisting`: where an array begins is told in items before the loop."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

LOOP = """(module (memory 1) (data (i32.const 1024) "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    (func (export "f") (param $p i32) (param $n i32) (result i32) (local $b i32) (local $i i32) (local $sum i32)
        (local.set $b (i32.and (local.get $p) (i32.const {mask})))
        (local.set $n (i32.and (local.get $n) (i32.const 15)))
        (loop
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 5)) {load}))
            {also}
            (local.set $i (i32.and (i32.add (i32.mul (local.get $i) (i32.const 7)) (i32.const 3)) (i32.const 31)))
            (br_if 0 (i32.lt_s (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 16))))
        (local.get $sum)))"""
B, ITEM = "(local.get $b)", "(i32.shl (local.get $i) (i32.const 2))"


def load(address: str, name: str = "load", offset: int = 0) -> str:
    return f"(i32.{name} offset={offset} {address})"


def loop(load: str, mask: int = 0xFFF0, also: str = "") -> str:
    return LOOP.format(load=load, mask=mask, also=also)


def same(wat: str) -> None:
    for p, n in ((0, 0), (1024, 3), (0xFF84, 0), (0xFFF0, 9), (0xFFFFFFFF, 14), (0xFFFFFF80, 2)):
        plain, other = instance_of(wat, disabled=("hoisting",)), instance_of(wat)
        assert outcome(other, "f", p, n) == outcome(plain, "f", p, n)
        assert other.memories[0].read(0, 65536) == plain.memories[0].read(0, 65536)


@pytest.mark.parametrize(
    ("wat", "text"),
    [
        (loop(load(f"(i32.add {B} {ITEM})")), "mem_u32_at_0_by_4[a0 + i]"),
        (loop(load(f"(i32.add {ITEM} {B})", offset=8)), "mem_u32_at_8_by_4[a0 + i]"),
        (loop(load(f"(i32.add (i32.add {B} (i32.const 64)) {ITEM})", "load8_u")), "mem_u8_at_64_by_4[a0 + i]"),
        (
            loop(
                load("(i32.const 8)"),
                also=f"(if (local.get $sum) (then (i32.store16 offset=2 (i32.add {B} {ITEM}) (local.get $sum))))",
            ),
            "mem_u16_at_2_by_4[a0 + i] = ",
        ),
    ],
)
def test_items_of_what_stays(wat: str, text: str) -> None:
    written = python(wat)
    assert text in written
    assert written.index("a0 = b >> 2\n") < written.index("while")
    same(wat)


@pytest.mark.parametrize(
    "wat",
    [
        loop(load(f"(i32.add {B} {ITEM})"), mask=0xFFF2),
        loop(load(f"(i32.add {B} {ITEM})"), mask=-4),
        loop(load(f"(i32.add {B} (local.get $i))")),
        loop(load(f"(i32.add (i32.add {B} (i32.const -64)) {ITEM})")),
        loop(load(f"(i32.add {B} {ITEM})"), also="(local.set $b (i32.and (local.get $sum) (i32.const 0xff0)))"),
    ],
)
def test_what_moves_wraps_or_is_not_aligned_stays(wat: str) -> None:
    assert "a0" not in python(wat)
    same(wat)


def test_the_portable_dialect_has_none() -> None:
    assert "a0" not in python(loop(load(f"(i32.add {B} {ITEM})")), dialect="portable")
