"""`rereads`: what each turn of a loop goes through anew is read once."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

#: For 20 columns from $to on, the sums of products of a row of 16 and of one further on.
ROWS = """(module (memory {pages}) (func $g) (global $seen (mut i32) (i32.const 0))
    (data (i32.const 64) "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz")
    (func (export "f") (param $p i32) (result i32)
        (local $row i32) (local $to i32) (local $i i32) (local $j i32) (local $sum i32) (local $q i32) (local $end i32)
        (local.set $row (i32.add (i32.and (local.get $p) (i32.const 0xf8)) (i32.const 64)))
        (loop $columns
            {ahead}
            (local.set $sum (i32.const 0))
            (local.set $q {first})
            (local.set $end (i32.add (local.get $q) (i32.const 64)))
            (loop $elements
                (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) ({load} (local.get $q))))
                (br_if $elements (i32.ne (local.tee $q (i32.add (local.get $q) (i32.const 4))) (local.get $end))))
            {store}
            (br_if $columns (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))
        (local.get $sum)))"""


def rows(
    first: str = "(local.get $row)",
    store: str = "(i32.store offset=1024 (i32.shl (local.get $i) (i32.const 2)) (local.get $sum))",
    ahead: str = "",
    load: str = "i32.load",
    pages: str = "1",
) -> str:
    return ROWS.format(first=first, store=store, ahead=ahead, load=load, pages=pages)


def same(wat: str) -> None:
    for p in (0, 8, 0xF8, 0xFFFFFFFF):
        plain, other = instance_of(wat, disabled=("rereads",)), instance_of(wat)
        assert outcome(other, "f", p) == outcome(plain, "f", p)
        assert other.memories[0].read(0, 65536) == plain.memories[0].read(0, 65536)


@pytest.mark.parametrize(
    "wat",
    [
        rows(),
        rows("(i32.const 80)"),
        rows("(i32.add (local.get $row) (i32.const 16))"),
        rows(load="i32.load16_s"),
        rows(store="(i32.store offset=376 (i32.shl (local.get $i) (i32.const 2)) (local.get $sum))"),
        rows(store="(i32.store (i32.const 60) (local.get $sum))"),
    ],
)
def test_rows_that_stay_are_read_once(wat: str) -> None:
    text = python(wat, 1)
    assert text.index("l0 = list(mem_") < text.index("for i in range(20):") < text.index("in l0:")
    same(wat)


@pytest.mark.parametrize(
    "wat",
    [
        rows(store="(i32.store offset=372 (i32.shl (local.get $i) (i32.const 2)) (local.get $sum))"),
        rows(store="(i32.store (local.get $p) (local.get $sum))"),
        rows(store="(i32.store (i32.const 61) (local.get $sum))"),
        rows(store="(call $g)"),
        rows(ahead="(global.set $seen (local.get $i))", store=""),
        rows("(i32.add (local.get $row) (i32.shl (local.get $i) (i32.const 2)))"),
        rows(ahead="(if (i32.eq (local.get $i) (local.get $p)) (then (return (i32.const 5))))"),
        rows(load="i32.load8_u"),
        rows(store="(local.set $row (i32.and (local.get $sum) (i32.const 0xf8)))"),
        rows(pages="0 1"),
    ],
)
def test_what_may_change_or_trap_is_read_each_time(wat: str) -> None:
    assert "l0" not in python(wat, 1)
    if "memory 0" not in wat:
        same(wat)


def test_the_portable_dialect_reads_each_time() -> None:
    assert "l0" not in python(rows(), 1, "portable")
