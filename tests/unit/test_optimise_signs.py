"""`signs` and `webs`: what variables hold, and that one variable for several purposes becomes several."""

from __future__ import annotations

import pytest
from unit.translation import after, instance_of, outcome, python

LEAST = """(module (memory 1) (data (i32.const 0) "\\05\\00\\00\\00\\fe\\ff\\ff\\ff\\07\\00\\00\\80\\01\\00\\00\\00")
    (func (export "f") (param $n i32) (result i32) (local $p i32) (local $x i32) (local $least i32)
        (local.set $least (i32.load (i32.const 0)))
        (loop $next
            (local.set $x (i32.load (local.get $p)))
            (if (i32.lt_s (local.get $x) (local.get $least)) (then (local.set $least (local.get $x))))
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (br_if $next (i32.ne (local.get $p) (i32.const 16))))
        (i32.store (i32.const 32) (local.get $least))
        (local.get $least)))"""


def test_what_is_compared_as_signed_is_loaded_as_signed() -> None:
    text = python(LEAST)
    assert "x = mem_i32[p]" in text
    assert "if x < least:" in text
    assert "mem_i32[32] = least" in text
    assert "return least % 4294967296" in text


def test_results_rest_unsigned() -> None:
    assert outcome(instance_of(LEAST), "f", 0) == 0x80000007
    assert outcome(instance_of(LEAST, "portable"), "f", 0) == 0x80000007


def test_addresses_and_parameters_stay_unsigned() -> None:
    text = python(
        """(module (memory 1) (func (export "f") (param $n i32) (result i32) (local $p i32)
            (local.set $p (i32.load (local.get $n)))
            (if (i32.lt_s (local.get $p) (local.get $n)) (then (return (i32.load8_u (local.get $p)))))
            (i32.load8_u offset=1 (local.get $p))))"""
    )
    assert "mem_u8[p]" in text
    assert "mem_u8_at_1[p]" in text


EQUAL = """(module (memory 1) (data (i32.const 0) "\\ff\\ff\\ff\\ff") (func (export "f") (param $n i32) (result i32)
    (local $x i32) (local $sum i32)
    (loop $next
        (local.set $x (i32.shr_s (i32.load (i32.const 0)) (i32.const 1)))
        (if (i32.lt_s (local.get $x) (i32.const 5)) (then (local.set $sum (i32.add (local.get $sum) (i32.const 1)))))
        (if (i32.eq (local.get $x) (i32.const -1)) (then (local.set $sum (i32.add (local.get $sum) (i32.const 2)))))
        (if (i32.eq (local.get $x) (local.get $n)) (then (local.set $sum (i32.add (local.get $sum) (i32.const 4)))))
        (if (local.get $x) (then (local.set $sum (i32.add (local.get $sum) (i32.const 8)))))
        (br_if $next (i32.lt_u (local.get $x) (i32.const 7))))
    (local.get $sum)))"""


@pytest.mark.parametrize(("n", "result"), [(-1, 15), (0xFFFFFFFF, 15), (3, 11)])
def test_a_signed_variable_equals_what_it_stands_for(n: int, result: int) -> None:
    assert "(load" not in python(EQUAL)
    assert outcome(instance_of(EQUAL), "f", n) == result


TWICE = """(module (memory 1) (func (export "f") (param i32) (result i32) (local $x i32) (local $sum i32)
    (local.set $x (i32.and (local.get 0) (i32.const 12)))
    (loop
        (local.set $sum (i32.xor (i32.mul (local.get $sum) (i32.const 3)) (i32.load (local.get $x))))
        (local.set $x (i32.add (local.get $x) (i32.const 4)))
        (br_if 0 (i32.ne (local.get $x) (i32.const 64))))
    (local.set $x (i32.const 5))
    (loop
        (local.set $sum (i32.mul (local.get $sum) (local.get $x)))
        (local.set $x (i32.sub (local.get $x) (i32.const 1)))
        (br_if 0 (local.get $x)))
    (local.get $sum)))"""


def test_a_local_that_serves_twice_becomes_two_variables() -> None:
    plain, split = after(TWICE, "cleanup"), after(TWICE, "cleanup", "dead", "webs")
    assert plain != split
    assert python(TWICE).count("mem_u32[x]") == 1
    assert outcome(instance_of(TWICE), "f", 4) == outcome(instance_of(TWICE, disabled=("webs",)), "f", 4)


def test_webs_that_one_read_joins_stay_one() -> None:
    wat = """(module (func (export "f") (param i32) (result i32) (local $x i32)
        (loop
            (if (local.get 0)
                (then (local.set $x (i32.const 1)))
                (else (local.set $x (i32.const 2))))
            (br_if 0 (i32.eq (local.get $x) (i32.const 3))))
        (local.get $x)))"""
    assert after(wat, "cleanup", "dead") == after(wat, "cleanup", "dead", "webs")


def test_a_copy_in_another_form_has_another_name() -> None:
    wat = """(module (func (export "f") (param $n i32) (result i32) (local $k i32) (local $z i32)
        (local.set $k (i32.const 0x80000000))
        (loop
            (local.set $z (local.get $k))
            (local.set $k (i32.add (local.get $k) (i32.const 1)))
            (br_if 0 (i32.le_s (local.get $k) (i32.const 0x80000040))))
        (loop
            (local.set $z (i32.mul (local.get $n) (local.get $z)))
            (br_if 0 (i32.lt_u (local.get $z) (local.get $n))))
        (local.get $z)))"""
    for disabled in ((), ("webs", "sinking", "cleanup", "copies")):
        assert outcome(instance_of(wat, disabled=disabled), "f", 3) == outcome(instance_of(wat, "portable"), "f", 3)


BESIDE_PARAMETER = """(module (memory 1)
    (data (i32.const 0) "\\05\\00\\00\\00\\fe\\ff\\ff\\ff\\07\\00\\00\\80\\01\\00\\00\\00")
    (func (export "f") (param $n i32) (param $limit i32) (result i32) (local $p i32) (local $count i32)
        (loop $next
            (if (i32.lt_s (i32.load (local.get $p)) (local.get $limit))
                (then (local.set $count (i32.add (local.get $count) (i32.const 1)))))
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (br_if $next (i32.ne (local.get $p) (i32.const 16))))
        {result}))"""


@pytest.mark.parametrize("result", ["(local.get $count)", "(i32.sub (local.get $count) (local.get $limit))"])
def test_a_parameter_is_made_signed_once(result: str) -> None:
    wat = BESIDE_PARAMETER.replace("{result}", result)
    text = python(wat)
    assert text.count("2147483648") == 2
    assert text.index("2147483648") < text.index("for p in ")
    for limit in (0, 5, 6, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF):
        assert outcome(instance_of(wat), "f", 0, limit) == outcome(instance_of(wat, "portable"), "f", 0, limit)


def test_a_parameter_that_is_assigned_stays_unsigned() -> None:
    wat = BESIDE_PARAMETER.replace("{result}", "(local.get $count)")
    wat = wat.replace("(local.set $p", "(local.set $limit (i32.add (local.get $limit) (local.get $n))) (local.set $p")
    for limit in (0, 5, 0x7FFFFFFF, 0xFFFFFFFF):
        for n in (0, 1, 0x7FFFFFFF):
            assert outcome(instance_of(wat), "f", n, limit) == outcome(instance_of(wat, "portable"), "f", n, limit)


def test_a_loop_may_begin_where_the_function_does() -> None:
    wat = """(module (memory 1) (data (i32.const 0) "\\05\\00\\00\\00\\fe\\ff\\ff\\ff\\07\\00\\00\\80\\01\\00\\00\\00")
        (global $p (mut i32) (i32.const 0))
        (func (export "f") (param $limit i32) (result i32)
            (loop $next
                (global.set $p (i32.add (global.get $p) (i32.const 4)))
                (br_if $next (i32.lt_s (i32.load (global.get $p)) (local.get $limit))))
            (global.get $p)))"""
    for limit in (0, 1, 0xFFFFFFFF, 0x80000000):
        assert outcome(instance_of(wat), "f", limit) == outcome(instance_of(wat, "portable"), "f", limit)


def test_a_loop_counts_up_to_the_signed_copy() -> None:
    wat = """(module (memory 1) (func (export "f") (param $p i32) (param $q i32) (result i32)
        (local $u i32) (local $z i32) (local $sum i32)
        (loop
            (local.set $u (i32.add (local.get $u) (i32.const 1)))
            (local.set $z (i32.load16_u (i32.add (local.get $q) (i32.const 1))))
            (br_if 0 (i32.ne (local.get $u) (local.get $q))))
        (loop
            (if (i32.gt_s (local.get $z) (local.get $q)) (then (local.set $sum (i32.const 1))))
            (br_if 0 (local.get $p)))
        (local.get $sum)))"""
    for q in (1, 9, 0x80000000, 0x80000001):
        assert outcome(instance_of(wat), "f", 0, q) == outcome(instance_of(wat, "portable"), "f", 0, q)
