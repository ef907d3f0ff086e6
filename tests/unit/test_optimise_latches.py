"""`latches`: what each turn of a loop steps before it accesses is stepped at the end of the turn before instead."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

#: The address of the first word from `p` on, not counting that at `p`, that is not less than `x`.
SEARCH = """(module (memory 1) (data (i32.const 0) "\\01\\00\\00\\00\\02\\00\\00\\00\\03\\00\\00\\00\\04")
    (func (export "f") (param $p i32) (param $x i32) (result i32) (local $n i32)
    (loop $next
        {before}
        (local.set $p (i32.add (local.get $p) (i32.const {step})))
        (br_if $next (i32.lt_s (i32.load (local.get $p)) (local.get $x)))
        {more})
    {after}))"""

#: Two ways back, from one of which more is done.
TWO_WAYS = """(br_if $next (i32.eq (local.tee $n (i32.load (local.get $p))) (i32.const 3)))
        (i32.store (local.get $p) (i32.const 9))
        (br_if $next (i32.eqz (local.get $n)))"""


def search(before: str = "", step: int = 4, more: str = "", after: str = "(local.get $p)") -> str:
    return SEARCH.format(before=before, step=step, more=more, after=after)


def same(wat: str) -> None:
    """Also where the address wraps around, and where it ends beyond the memory."""
    for p in (0, 4, 65528, 65536, -4, -8, -16, -65536):
        for x in (1, 2, 3, 4, 5):
            plain, other = instance_of(wat, "cpython", ("latches",)), instance_of(wat, "cpython")
            assert outcome(other, "f", p, x) == outcome(plain, "f", p, x), (p, x)
            assert other.memories[0].read(0, 65536) == plain.memories[0].read(0, 65536)


def test_the_step_in_the_loop_cannot_wrap() -> None:
    text = python(search())
    assert "p = (p + 4) % 4294967296\n    while mem_i32[p] < x:\n        p += 4\n" in text
    assert "p += 4\n" not in python(search(), disabled=("latches",))
    same(search())


def test_several_ways_back_become_one() -> None:
    text = python(search(more=TWO_WAYS))
    assert text.count("p += 4\n") == 1
    same(search(more=TWO_WAYS))


@pytest.mark.parametrize(
    "wat",
    [
        search(before="(local.set $n (i32.add (local.get $n) (local.get $p)))", after="(local.get $n)"),
        search(before="(local.set $p (i32.shl (local.get $p) (i32.const 1)))"),
        search(more="(br_if $next (i32.lt_u (local.get $p) (i32.const 8)))"),
        search(before="(local.set $n (i32.add (local.get $n) (i32.const 1)))",
               more="(br_if $next (i32.lt_u (local.get $n) (i32.const 2)))", after="(local.get $n)"),
        search(step=-4),
        search(step=0x10000),
    ],
)  # fmt: skip
def test_others_stay(wat: str) -> None:
    assert python(wat) == python(wat, disabled=("latches",))
    same(wat)


def test_a_loop_within_a_loop() -> None:
    wat = """(module (memory 1) (data (i32.const 0) "\\01\\00\\00\\00\\02\\00\\00\\00\\03\\00\\00\\00\\04")
    (func (export "f") (param $p i32) (param $x i32) (result i32) (local $n i32)
    (loop $outer
        (local.set $x (i32.add (local.get $x) (local.get $n)))
        (loop $next
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (br_if $next (i32.lt_s (i32.load (local.get $p)) (local.get $x))))
        (i32.store (local.get $p) (i32.const 0))
        (br_if $outer (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2))))
    (i32.add (local.get $p) (local.get $n))))"""
    assert "p += 4\n" in python(wat)
    same(wat)
