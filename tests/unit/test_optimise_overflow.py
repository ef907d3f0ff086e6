"""Steps that do not overflow as signed numbers (`overflow.py`), and loops that have variables of their own."""

from __future__ import annotations

import re

import pytest
from unit.translation import after, instance_of, outcome, python

MODULE = """(module (memory 1)
    (func (export "f") (param $a {type}) (param $n {type}) (result {type})
        (local $i {type}) (local $sum {type}) (local $fuel i32)
        (local.set $i (local.get $a))
        (block $out {body})
        (T.add (T.mul (local.get $sum) (T.const 31)) (local.get $i))))"""
#: What every turn does: a sum that depends on the counter's value as a signed number, and an end after some turns.
TURN = """(if (T.gt_s (local.get $i) (T.const 1000)) (then (local.set $sum (T.add (local.get $sum) (T.const 7)))))
    (local.set $sum (T.add (T.mul (local.get $sum) (T.const 3)) (T.shr_s (local.get $i) (T.const 3))))
    (local.set $fuel (i32.add (local.get $fuel) (i32.const 1)))
    (br_if $out (i32.eq (local.get $fuel) (i32.const 20)))"""
STEP = "(local.set $i (T.add (local.get $i) (T.const {step})))"
AT_HEAD = f"(loop (br_if $out (T.{{leave}} (local.get $i) (local.get $n))) {STEP} {TURN} (br 0))"
GUARD = "(br_if $out (T.{leave} (local.get $i) (local.get $n)))"
AT_END = f"{GUARD} (loop {TURN} {STEP} (br_if 0 (T.{{stay}} (local.get $i) (local.get $n))))"
DIFFERENT = AT_END.replace("{stay}", "ne")

GREATEST = {"i32": (1 << 31) - 1, "i64": (1 << 63) - 1}


def _module(body: str, type_: str = "i32", **words: object) -> str:
    return MODULE.replace("{body}", body).format(type=type_, **words).replace("T.", f"{type_}.")


def _same_everywhere(wat: str, type_: str) -> None:
    top = GREATEST[type_]
    ends = [0, 1, 5, top, top - 1, top - 3, top + 1, top + 2, top + 5, 2 * top + 1, 2 * top]
    plain, portable = instance_of(wat), instance_of(wat, "portable")
    for a in ends:
        for n in ends:
            assert outcome(plain, "f", a, n) == outcome(portable, "f", a, n)


@pytest.mark.parametrize("type_", ["i32", "i64"])
@pytest.mark.parametrize(
    ("loop", "leave", "stay", "step", "in_range"),
    [
        (AT_HEAD, "ge_s", "", 1, True),
        (AT_HEAD, "le_s", "", -1, True),
        (AT_HEAD, "gt_s", "", 1, False),
        (AT_HEAD, "lt_s", "", -1, False),
        (AT_HEAD, "le_s", "", 1, False),
        (AT_HEAD, "ge_s", "", 2, False),
        (AT_END, "ge_s", "lt_s", 1, True),
        (AT_END, "le_s", "gt_s", -1, True),
        (AT_END, "ge_s", "le_s", 1, False),
        (AT_END, "gt_s", "lt_s", 1, False),
        (DIFFERENT, "ge_s", "", 1, True),
        (DIFFERENT, "le_s", "", -1, True),
        (DIFFERENT, "gt_s", "", 1, False),
        (DIFFERENT, "le_s", "", 1, False),
        (DIFFERENT, "eq", "", 1, False),
    ],
)
def test_a_counter_that_a_comparison_holds_below_the_greatest_number_is_not_wrapped(
    loop: str, leave: str, stay: str, step: int, in_range: bool, type_: str
) -> None:
    wat = _module(loop, type_, leave=leave, stay=stay, step=step)
    assert bool(re.search(r"^ +i [+-]= 1$", python(wat), re.MULTILINE)) == in_range
    _same_everywhere(wat, type_)


def test_a_copy_is_as_far_from_the_end() -> None:
    body = """(loop (br_if $out (T.ge_s (local.get $a) (local.get $n)))
        (local.set $i (local.get $a)) (local.set $i (T.add (local.get $i) (T.const 1))) {turn}
        (local.set $a (local.get $i)) (br 0))"""
    wat = _module(body.replace("{turn}", TURN))
    _same_everywhere(wat, "i32")


@pytest.mark.parametrize("disabled", [(), ("webs",)])
def test_what_was_copied_before_it_was_assigned_is_not_what_is_compared(disabled: tuple[str, ...]) -> None:
    body = f"""(local.set $i (local.get $a)) (local.set $a (i32.load (i32.const 0)))
        (br_if $out (T.ge_s (local.get $a) (local.get $n)))
        (loop {TURN} {STEP} (br_if 0 (T.ne (local.get $i) (local.get $n)))) (local.set $i (local.get $a))"""
    wat = _module(body, step=1).replace("(memory 1)", '(memory 1) (data (i32.const 0) "\\00\\00\\00\\80")')
    made, portable = instance_of(wat, disabled=disabled), instance_of(wat, "portable")
    for a, n in ((0x7FFFFFF8, 0x80000010), (0x7FFFFFF8, 0x80000001), (5, 15), (0x80000000, 0x80000003)):
        assert outcome(made, "f", a, n) == outcome(portable, "f", a, n)


def test_what_is_assigned_besides_counts() -> None:
    other = (
        "(if (T.eqz (T.and (local.get $sum) (T.const 3))) (then (local.set $i (T.add (local.get $i) (local.get $a)))))"
    )
    wat = _module(AT_HEAD.replace("(br 0)", f"{other} (br 0)").replace(STEP, f"{other} {STEP}"), leave="ge_s", step=1)
    assert " i += 1\n" not in python(wat)
    _same_everywhere(wat, "i32")


TWO_LOOPS = """(module (memory 1) (func (export "f") (param $a i32) (param $n i32) (result i32)
    (local $i i32) (local $j i32) (local $sum i32)
    (block $found (loop
        (local.set $a (i32.add (local.get $a) (i32.const 3)))
        (br_if $found (i32.gt_u (i32.load8_u (i32.and (local.get $a) (i32.const 255))) (local.get $n)))
        (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))))
    (loop
        (local.set $sum (i32.add (local.get $sum)
            (i32.lt_s (i32.load (i32.and (local.get $j) (i32.const 252))) (local.get $a))))
        (local.set $j (i32.add (local.get $j) (i32.const 4)))
        (br_if 0 (i32.ne (local.get $j) (i32.const 400))))
    (i32.add (i32.mul (local.get $sum) (i32.const 100)) (local.get $a))))"""


def test_each_loop_has_its_own_variable() -> None:
    before, split = after(TWO_LOOPS), after(TWO_LOOPS, "splitting")
    assert split != before
    for a in (0, 5, 0x7FFFFFFE, 0xFFFFFFF0):
        for n in (0, 1, 255):
            expected = outcome(instance_of(TWO_LOOPS, disabled=("splitting",)), "f", a, n)
            assert outcome(instance_of(TWO_LOOPS), "f", a, n) == expected


def test_what_one_loop_reads_alone_stays() -> None:
    wat = TWO_LOOPS.replace("(local.get $a))))\n        (local.set $j", "(local.get $n))))\n        (local.set $j")
    assert after(wat, "splitting") == after(wat)
