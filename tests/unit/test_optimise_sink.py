"""`sink`: what only the way out needs is worked out there."""

from __future__ import annotations

from unit.translation import after, instance_of, outcome, python

PASSES = ("cleanup", "copies", "dead", "cleanup")

FIND = """(module (memory 1) (data (i32.const 20) "\\01")
    (func (export "f") (param $p i32) (result i32) (local $i i32) (local $place i32)
        (block $found (loop
            (local.set $place (i32.mul (i32.add (local.get $p) (local.get $i)) (i32.const 3)))
            (br_if $found (i32.load8_u (local.get $i)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br 0)))
        (local.get $place)))"""


def test_what_is_needed_behind_a_loop_is_worked_out_there() -> None:
    text = python(FIND)
    assert "* 3" not in text.partition("return")[0]
    assert outcome(instance_of(FIND), "f", 2) == 66


def test_what_changes_in_between_stays() -> None:
    wat = """(module (func (export "f") (param $p i32) (result i32) (local $x i32)
        (local.set $x (i32.mul (local.get $p) (i32.const 3)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (if (i32.lt_u (local.get $p) (i32.const 9)) (then (return (i32.add (local.get $x) (local.get $p)))))
        (local.get $p)))"""
    assert after(wat, *PASSES) == after(wat, *PASSES, "sink")
    assert outcome(instance_of(wat), "f", 4) == 17


def test_what_traps_or_reads_memory_stays() -> None:
    wat = """(module (memory 1) (func (export "f") (param $p i32) (result i32) (local $x i32) (local $y i32)
        (local.set $x (i32.load (local.get $p)))
        (local.set $y (i32.div_u (i32.const 9) (local.get $p)))
        (if (local.get $p) (then (return (i32.add (local.get $x) (local.get $y)))))
        (i32.const 7)))"""
    assert after(wat, *PASSES) == after(wat, *PASSES, "sink")
