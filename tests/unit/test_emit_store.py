"""Stores that change what is there already, and sums that start with zero."""

from __future__ import annotations

import re

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python

CHANGE = """(module (memory 1) (data (i32.const 8) "\\01\\02\\03\\04\\05\\06\\07\\3f\\09\\0a\\0b\\0c\\0d\\0e\\0f\\10")
    (func (export "f") (param $p i32) (param $x i32) (result i32)
        ({type}.store{store} offset={at} (local.get $p) ({type}.{op} {left} {right}))
        (i32.load offset=8 (local.get $p)))
    (func $call (param i32) (result i32) (drop (memory.grow (i32.const 1))) (local.get 0)))"""
OLD = "({type}.load{load} offset=8 (local.get $p))"


def change(op: str, left: str, right: str, type_: str = "i32", at: int = 8, load: str = "", store: str = "") -> str:
    old = OLD.format(type=type_, load=load)
    sides = {"old": old, "x": "(local.get $x)", "call": "(call $call (local.get $x))", "y": "(f64.const 2.5)"}
    return CHANGE.format(type=type_, store=store, at=at, op=op, left=sides[left], right=sides[right])


@pytest.mark.parametrize(
    ("wat", "augmented"),
    [
        (change("or", "old", "x"), "mem_u32_at_8[p] |= x"),
        (change("xor", "x", "old"), "mem_u32_at_8[p] ^= x"),
        (change("sub", "old", "y", "f64"), "mem_f64_at_8[p] -= 2.5"),
        (change("mul", "y", "old", "f64"), "mem_f64_at_8[p] *= 2.5"),
        (change("or", "old", "x", at=12), None),
        (change("add", "old", "x"), None),
        (change("or", "old", "x", load="8_u"), None),
        (change("or", "old", "call"), None),
        (change("sub", "y", "old", "f64"), None),
        (change("div_u", "old", "x"), None),
        (change("and", "x", "old", load="8_u", store="8"), "mem_u8_at_8[p] &= x"),
    ],
)
def test_what_changes_in_place(wat: str, augmented: str | None) -> None:
    text = python(wat)
    assert re.findall(r"mem_.*\] [-|^*+&]= .*", text) == ([augmented] if augmented else [])
    for p, x in ((0, 5), (0, 0), (65524, 5), (65525, 5), (65528, 0), (0xFFFFFFF8, 5)):
        outcomes = {str(outcome(instance_of(wat, dialect), "f", p, x)) for dialect in DIALECTS}
        assert len(outcomes) == 1


SUM = """(module (func (export "f") (param $x f64) (param $y f64) (result i64)
    (i64.reinterpret_f64 (f64.add {0} (f64.const 0)))))"""
SQUARE = "(f64.mul (local.get $x) (local.get $x))"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (SQUARE, False),
        (f"(f64.add {SQUARE} (local.get $y))", False),
        (f"(f64.sub {SQUARE} (local.get $y))", False),
        ("(f64.convert_i32_s (i32.const 5))", False),
        ("(local.get $x)", True),
        ("(f64.mul (local.get $x) (local.get $y))", True),
        ("(f64.sqrt (local.get $x))", True),
        ("(f64.sub (local.get $x) (local.get $y))", True),
    ],
)
def test_zero_is_added_where_it_makes_a_difference(value: str, kept: bool) -> None:
    assert ("+ 0.0" in python(SUM.format(value))) == kept
