"""`choices`: what only one side of a `select` needs is worked out on that side."""

from __future__ import annotations

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python

FUNCTION = """(module (memory 1) (func (export "f") (param $a i32) (param $b i32) (result i32)
    (local $x i32) (local $y i32) (local $z i32) {0}))"""
X = "(local.set $x (i32.mul (i32.add (local.get $a) (i32.const 3)) (i32.const 5)))"
TWICE = "(i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 3)))"
CHOICE = "(local.set $y (select {0} {1} {2}))"
LATER = "(i32.add (i32.mul (local.get $y) (local.get $y)) (i32.const 7))"


def function(*parts: str) -> str:
    return FUNCTION.format(" ".join(parts))


def same(wat: str) -> None:
    for a, b in ((0, 0), (1, 5), (0xFFFFFFFF, 2), (77, 0x80000000)):
        plain = instance_of(wat, disabled=("choices",))
        for dialect in DIALECTS:
            assert outcome(instance_of(wat, dialect), "f", a, b) == outcome(plain, "f", a, b)


@pytest.mark.parametrize("sides", [(TWICE, "(i32.const 9)"), ("(local.get $b)", TWICE)])
def test_what_one_side_needs_is_worked_out_there(sides: tuple[str, str]) -> None:
    wat = function(X, CHOICE.format(*sides, "(local.get $b)"), LATER)
    text = python(wat)
    assert text.index("if b") < text.index("a + 3")
    assert text.index("a + 3") > python(wat, disabled=("choices",)).index("a + 3")
    same(wat)


@pytest.mark.parametrize(
    "parts",
    [
        (X, CHOICE.format(TWICE, "(local.get $x)", "(local.get $b)"), LATER),  # both sides need it
        (
            X,
            CHOICE.format(TWICE, "(i32.const 1)", "(i32.lt_u (local.get $x) (local.get $b))"),
            LATER,
        ),  # so does the test
        (X, CHOICE.format(TWICE, "(i32.const 1)", "(local.get $b)"), "(i32.add (local.get $x)", LATER, ")"),  # or later
    ],
)
def test_what_is_needed_besides_stays(parts: tuple[str, ...]) -> None:
    wat = function(*parts)
    text = python(wat)
    assert text.index("a + 3") < text.index("if ")
    same(wat)


def test_choices_within_choices() -> None:
    inner = f"(select {TWICE} (i32.const 4) (i32.lt_s (local.get $z) (i32.const 50)))"
    z = "(local.set $z (i32.mul (local.get $b) (i32.const 11)))"
    wat = function(X, z, CHOICE.format("(i32.const 8)", inner, "(i32.lt_s (local.get $b) (i32.const 0))"), LATER)
    text = python(wat)
    assert text.index("if ") < text.index("b * 11") < text.index("a + 3")
    same(wat)


def test_a_later_change_of_what_it_is_made_of_keeps_it_where_it_is() -> None:
    change = "(local.set $a (i32.add (local.get $a) (i32.const 1)))"
    choice = CHOICE.format(TWICE, "(i32.const 1)", "(local.get $b)")
    same(function(X, change, choice, "(i32.add (local.get $a)", LATER, ")"))
    same(function(X, choice, change, "(i32.add (local.get $a)", LATER, ")"))


def test_both_sides_are_evaluated_where_they_may_trap() -> None:
    divided = "(i32.div_u (local.get $x) (local.get $a))"
    loaded = "(i32.load (local.get $x))"
    for side in (divided, loaded):
        wat = function(X, CHOICE.format(f"(i32.add {TWICE} {side})", "(i32.const 1)", "(local.get $b)"), LATER)
        same(wat)
        trap = "integer divide by zero" if side is divided else "out of bounds memory access"
        assert outcome(instance_of(wat), "f", 0 if side is divided else 60000, 0) == trap


def test_a_choice_between_a_value_and_what_was_there() -> None:
    body = "(local.set $y (i32.const 3))" + CHOICE.format(TWICE, "(local.get $y)", "(local.get $b)")
    same(function(X, body, LATER))
