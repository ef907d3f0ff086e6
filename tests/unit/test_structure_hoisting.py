"""`hoisting`: places at a distance from what stays during a loop are worked out before it."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

LOOP = """(module (memory 1) (data (i32.const 8) "\\05\\00\\00\\00\\07\\00\\00\\00\\00\\01\\02\\03\\04\\05\\06\\07")
    (func (export "f") (param $p i32) (param $n i32) (result i32) (local $sum i32) (local $q i32)
        (loop {0} (br_if 0 (local.tee $n (i32.sub (local.get $n) (local.get $q)))))
        (i32.add (local.get $sum) (i32.load offset=8 (i32.and (local.get $p) (i32.const 0xfff0))))))"""
COUNT = "(local.set $q (i32.load offset=16 (local.get $p)))"
ADD = "(local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (i32.load offset=8 (local.get {0}))))"
STORE = "(i32.store offset=12 (local.get $p) (i32.add (local.get $sum) (i32.load offset=12 (local.get $p))))"
STEP = "(local.set $p (i32.add (local.get $p) (i32.const 4)))"
LIMIT = "(local.set $q (i32.or (i32.const 1) (i32.gt_u (local.get $n) (i32.const 100))))"


def same(wat: str) -> None:
    for p, n in ((0, 1), (4, 3), (0, 20), (65524, 2), (65525, 2), (65520, 3), (0xFFFFFFF8, 2), (0xFFFFFFF0, 1)):
        plain, other = instance_of(wat, disabled=("hoisting",)), instance_of(wat)
        assert outcome(other, "f", p, n) == outcome(plain, "f", p, n)
        assert other.memories[0].read(0, 65536) == plain.memories[0].read(0, 65536)


def test_loads_and_stores_in_every_turn() -> None:
    wat = LOOP.format(ADD.format("$p") + STORE + LIMIT)
    text = python(wat)
    assert text.index("a0 = p + 12") < text.index("while")
    assert text.index("a1 = p + 8") < text.index("while")
    assert "mem_u32[a0] = " in text
    same(wat)


def test_what_moves_stays() -> None:
    wat = LOOP.format(ADD.format("$p") + STEP + LIMIT)
    assert "a0" not in python(wat)
    same(wat)


@pytest.mark.parametrize("condition", ["(i32.and (local.get $n) (i32.const 1))", "(i32.eqz (local.get $sum))"])
def test_what_not_every_turn_accesses_stays_unless_it_is_there_anyway(condition: str) -> None:
    sometimes = f"(if {condition} (then {ADD.format('$p')}))"
    assert "a0" not in python(LOOP.format(sometimes + LIMIT))
    wat = LOOP.format(ADD.format("$p") + sometimes + LIMIT)
    assert python(wat).count("mem_u32[a0]") == 2
    same(wat)


def test_what_a_loop_goes_through_is_no_place() -> None:
    wat = """(module (memory 1) (data (i32.const 64) "abcdefghijklmnopqrstuvwxyz")
        (func (export "f") (param $p i32) (param $n i32) (result i32) (local $i i32)
            (loop
                (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 3))
                    (i32.load8_u offset=8 (i32.load8_u offset=64 (local.get $i)))))
                (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 26))))
            (local.get $n)))"""
    assert "mem_u8[e0 + 8]" in python(wat)
    same(wat)


def test_the_portable_dialect_has_none() -> None:
    assert "a0" not in python(LOOP.format(ADD.format("$p") + LIMIT), dialect="portable")
