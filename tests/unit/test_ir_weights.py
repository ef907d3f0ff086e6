"""How often blocks are taken to run."""

from __future__ import annotations

import pytest
from unit.translation import lifted
from wasm2py.transpile.ir.weights import TURNS, weights
from wasm2py.transpile.optimise.passes import PASSES

GUARDED = """(module (memory 1) (func (param $n i32) (result i32) (local $i i32) (local $x i32)
    (loop $outer
        (local.set $x (i32.load (local.get $i)))
        (if {test} (then
            (loop
                (local.set $x (i32.shr_u (local.get $x) (i32.const 1)))
                (i32.store (local.get $x) (local.get $i))
                (br_if 0 (i32.load8_u (local.get $x))))))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $x)))"""


@pytest.mark.parametrize(
    ("test", "rare"),
    [
        ("(i32.eq (local.get $x) (i32.const 15))", True),
        ("(i32.eqz (i32.ne (local.get $x) (i32.const 15)))", True),
        ("(i32.ne (local.get $x) (i32.const 15))", False),
        ("(i32.eq (local.get $x) (local.get $n))", False),
        ("(i32.eqz (local.get $x))", False),
        ("(i32.gt_s (local.get $x) (i32.const 0))", False),
    ],
)
def test_a_loop_that_is_entered_at_one_value_counts_for_less(test: str, rare: bool) -> None:
    function = lifted(GUARDED.format(test=test))
    PASSES["cleanup"](function)
    assert (max(weights(function).values()) == TURNS * TURNS) != rare
    assert min(weights(function).values()) >= 1


TWO_WAYS = """(module (memory 1) (func (param $n i32) (local $i i32) (local $x i32)
    (block $out (loop $again
        (local.set $x (i32.load8_u (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $x) (local.get $n)))
        (i32.store (local.get $i) (local.get $x))
        (br_if $out (i32.gt_u (local.get $i) (i32.const 100)))
        (br $again)))))"""


def test_ways_back_to_a_loop_share_its_turns() -> None:
    function = lifted(TWO_WAYS)
    PASSES["cleanup"](function)
    found = weights(function)
    header = next(block for block in function.reverse_postorder() if block.stmts and found[block.id] == TURNS)
    stores = next(block for block in function.reverse_postorder() if any(not stmt.targets for stmt in block.stmts))
    assert stores is not header
    assert found[stores.id] == TURNS // 2
