"""`late`: sums that are tested next are brought back only where the test finds them beyond the limit."""

from __future__ import annotations

from itertools import product

import pytest
from unit.translation import instance_of, outcome, python

FUNCTION = """(module (func (export "f") (param $a {t}) (param $b {t}) (param $limit {t}) (result {t}) (local $x {t})
    (local.set $x ({t}.{op} (local.get $a) {b}))
    (if {test} (then (return ({t}.xor (local.get $x) ({t}.const 5)))))
    ({t}.mul (local.get $x) ({t}.const 3))))"""


def function(test: str, t: str = "i32", op: str = "add", b: str = "(local.get $b)") -> str:
    return FUNCTION.format(t=t, op=op, b=b, test=test)


def same(wat: str, bits: int = 32) -> None:
    values = (0, 1, 7, 1 << bits - 1, (1 << bits) - 8, (1 << bits) - 1)
    plain, late = instance_of(wat, disabled=("late",)), instance_of(wat)
    for args in product(values, repeat=3):
        assert outcome(late, "f", *args) == outcome(plain, "f", *args)


@pytest.mark.parametrize("t", ["i32", "i64"])
@pytest.mark.parametrize("relation", ["lt_u", "le_u", "gt_u", "ge_u"])
@pytest.mark.parametrize("sides", ["(local.get $x) (local.get $limit)", "(local.get $limit) (local.get $x)"])
@pytest.mark.parametrize("test", ["{}", "(i32.eqz {})"])
def test_tests_of_order(t: str, relation: str, sides: str, test: str) -> None:
    wat = function(test.format(f"({t}.{relation} {sides})"), t)
    assert "(x := " in python(wat)
    assert ":=" not in python(wat, disabled=("late",))
    assert ":=" not in python(wat, dialect="portable")
    same(wat, int(t[1:]))


def test_what_it_looks_like() -> None:
    text = python(function("(i32.gt_u (local.get $x) (i32.const 100))"))
    assert "x = a + b\n    if x > 100 and (x := (x % 4294967296)) > 100:" in text
    text = python(function("(i32.lt_u (local.get $x) (local.get $limit))"))
    assert "x = a + b\n    if x < limit or (x := (x % 4294967296)) < limit:" in text


@pytest.mark.parametrize(
    "wat",
    [
        function("(i32.lt_s (local.get $x) (local.get $limit))"),
        function("(i32.eq (local.get $x) (local.get $limit))"),
        function("(i32.gt_u (local.get $x) (i32.add (local.get $limit) (i32.const 1)))"),
        function("(i32.gt_u (local.get $x) (local.get $x))"),
        function("(i32.gt_u (local.get $limit) (local.get $b))"),
        function("(i32.gt_u (local.get $x) (local.get $limit))", op="sub"),
        function("(i32.gt_u (local.get $x) (local.get $limit))", op="mul"),
        function("(i32.gt_u (local.get $x) (local.get $limit))", b="(i32.const -1)"),
        function("(i32.gt_u (local.get $x) (local.get $limit))", b="(i32.mul (local.get $b) (local.get $b))"),
    ],
)
def test_what_is_brought_back_at_once(wat: str) -> None:
    assert ":= " not in python(wat)
    same(wat)


COUNTDOWN = """(module (func (export "f") (param $x {t}) (param $b {t}) (param $limit {t}) (result {t})
    (local.set $x ({t}.sub (local.get $x) ({t}.const {by})))
    (if {test} (then (return ({t}.add (local.get $x) ({t}.const 5)))))
    ({t}.mul (local.get $x) ({t}.const 3))))"""


@pytest.mark.parametrize("by", [1, 8])
@pytest.mark.parametrize(
    ("t", "test"),
    [
        ("i32", "(i32.eqz (local.get $x))"),
        ("i32", "(local.get $x)"),
        ("i32", "(i32.ne (local.get $x) (i32.const 0))"),
        ("i64", "(i64.eqz (local.get $x))"),
    ],
)
def test_counters_down_to_zero(by: int, t: str, test: str) -> None:
    wat = COUNTDOWN.format(t=t, by=by, test=test)
    text = python(wat)
    assert "if x > 0 or (x := " in text or "if x <= 0 and (not (x := " in text
    same(wat, int(t[1:]))
    for late in ((), ("late",)):
        assert outcome(instance_of(wat, disabled=late), "f", by, 0, 0) == (5 if "eqz" in test else 0)


def test_a_loop_that_goes_on_by_what_it_finds() -> None:
    wat = """(module (memory 1) (data (i32.const 0) "\\03\\00\\00\\00\\05") (data (i32.const 8) "\\f8\\ff\\ff\\ff")
        (func (export "f") (param $i i32) (param $limit i32) (param $sum i32) (result i32)
            (loop
                (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (local.get $i)))
                (local.set $i (i32.add (local.get $i) (i32.load (i32.and (local.get $i) (i32.const 15)))))
                (br_if 0 (i32.le_u (local.get $i) (local.get $limit))))
            (i32.add (local.get $sum) (local.get $i))))"""
    assert ":= " in python(wat)
    for i, limit in ((0, 7), (3, 7), (8, 4), (24, 15)):
        results = [outcome(instance_of(wat, disabled=names), "f", i, limit, 1) for names in ((), ("late",))]
        assert results[0] == results[1]
