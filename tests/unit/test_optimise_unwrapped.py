"""`unwrapped`: sums that are masked only where somebody looks."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

SUM = """(module (memory 1) (data (i32.const 0) "\\ff\\ff\\ff\\ff\\fe\\ff\\ff\\ff")
    (func (export "f") (param $n {type}) (result {type}) (local $i i32) (local $sum {type})
        (loop
            (local.set $sum ({type}.{op} (local.get $sum) ({type}.xor (local.get $n) ({type}.load (i32.const 0)))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (i32.const 9))))
        {result}))"""


@pytest.mark.parametrize("op", ["add", "sub"])
@pytest.mark.parametrize("type_", ["i32", "i64"])
def test_a_sum_is_masked_behind_the_loop(type_: str, op: str) -> None:
    wat = SUM.format(type=type_, op=op, result="(local.get $sum)")
    mask = {"i32": "4294967295", "i64": "18446744073709551615"}[type_]
    assert f"return sum_ & {mask}" in python(wat)
    assert python(wat).count(mask) == 1
    for n in (0, 1, -1, 12345):
        assert outcome(instance_of(wat), "f", n) == outcome(instance_of(wat, disabled=("unwrapped",)), "f", n)


def test_a_sum_that_is_looked_at_in_each_turn_is_masked_there() -> None:
    wat = SUM.format(type="i32", op="add", result="(local.get $sum)").replace(
        "(br_if 0", "(i32.store (i32.const 64) (local.get $sum)) (br_if 0"
    )
    assert "mem_u32[64] = sum_\n" in python(wat)


DOUBLING = """(module (func (export "f") (param $n i32) (result i32) (local $i i32) (local $x i32) (local $y i32)
    (local.set $x (i32.const 1))
    (loop
        (local.set $y (i32.add (local.get $x) (local.get $y)))
        (local.set $x (i32.add (local.get $y) (local.get $x)))
        (local.set $x (i32.add (local.get $x) (local.get $x)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if 0 (i32.ne (local.get $i) (local.get $n))))
    (i32.xor (local.get $x) (local.get $y))))"""


def test_sums_of_sums_do_not_grow_without_end() -> None:
    assert "4294967295" in python(DOUBLING).partition("return")[0]
    assert outcome(instance_of(DOUBLING), "f", 300) == outcome(instance_of(DOUBLING, disabled=("unwrapped",)), "f", 300)
