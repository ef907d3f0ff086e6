"""`membership`: bit tests of small numbers."""

from __future__ import annotations

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python
from wasm2py.runtime.program import Dialect


def module(test: str) -> str:
    """A function of $c that is 1 where all `test` says is true."""
    return f"""(module (func (export "f") (param $c i32) (result i32) (local $x i32)
        (block $no {test} (return (i32.const 1))) (i32.const 0)))"""


def below(count: int) -> str:
    return f"(br_if $no (i32.ge_u (local.get $c) (i32.const {count})))"


def bit(mask: str, var: str = "$c") -> str:
    return f"(br_if $no (i32.eqz (i32.and (i32.shl (i32.const 1) (local.get {var})) (i32.const {mask}))))"


SHIFTED = "(br_if $no (i32.gt_u (local.tee $x (i32.sub (local.get $c) (i32.const 9))) (i32.const 23)))"
RIGHT = "(br_if $no (i32.eqz (i32.and (i32.shr_u (i32.const 0x800013) (local.get $x)) (i32.const 1))))"
WIDE = "(i64.and (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $c))) (i64.const 0xF0000000001))"

TESTS = {
    SHIFTED + bit("0x800013", "$x"): {9, 10, 13, 32},
    SHIFTED + RIGHT: {9, 10, 13, 32},
    below(60) + f"(br_if $no (i64.eqz {WIDE}))": {0, 40, 41, 42, 43},
    below(10) + bit("0xF8"): {3, 4, 5, 6, 7},
    below(10) + bit("0xFC01"): {0},
    below(40) + bit("5"): {0, 2, 32, 34},
    "(br_if $no (i32.eq (local.get $c) (i32.const 5)))"
    + below(10)
    + bit("0x2A")
    + "(br_if $no (i32.eq (local.get $c) (i32.const 1)))": {3},
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("test", TESTS)
def test_members(test: str, dialect: Dialect) -> None:
    instance = instance_of(module(test), dialect)
    for value in (*range(70), 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        assert outcome(instance, "f", value) == (value in TESTS[test]), value


def test_members_are_listed() -> None:
    text = python(module(SHIFTED + RIGHT))
    assert "if c in {9, 10, 13, 32}:" in text
    assert "x =" not in text


def test_neighbours_are_a_span() -> None:
    text = python(module(below(10) + bit("0xF8")))
    assert "3 <= c <= 7" in text


def test_more_bits_than_the_shift_takes_are_left_alone() -> None:
    text = python(module(below(40) + bit("5")))
    assert "1 << " in text


def test_variable_that_is_used_again_stays() -> None:
    text = python(module(SHIFTED + bit("0x13", "$x") + "(return (local.get $x))"))
    assert "x = (c - 9) % 4294967296" in text
    assert "c in {9, 10, 13}" in text
