"""`streams`: what a loop loads a constant further on each turn is gone through as a sequence."""

from __future__ import annotations

from itertools import product

import pytest
from unit.translation import instance_of, outcome, python

#: A loop that goes up to a constant, or by a distance that is known, from wherever it is told to start.
LOOP = """(module (memory 1) (data (i32.const 64) "abcdefghijklmnopqrstuvwxyz0123456789\\ff\\fe\\fd\\80\\81\\82")
    (global $g (mut i32) (i32.const 0))
    (func (export "f") (param $p i32) (param $n i32) (result i32)
        (local $i i32) (local $q i32) (local $end i32) (local $sum i32) (local $x i32)
        {before}
        (loop
            {body}
            (local.set $i (i32.add (local.get $i) (i32.const {step})))
            (br_if 0 (i32.ne (local.get $i) {end})))
        {after})
    (func (export "g") (result i32) (global.get $g)))"""
ADD = "(local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) {0}))"
PLAIN = ("streams",)


def loop(
    body: str, end: str = "(i32.const 96)", step: int = 1, before: str = "", after: str = "(local.get $sum)"
) -> str:
    return LOOP.format(body=body, end=end, step=step, before=before, after=after)


def summed(value: str) -> str:
    return ADD.format(value)


def same(wat: str, *args: int) -> object:
    """The outcome, with the pass and without."""
    one, other = instance_of(wat), instance_of(wat, disabled=PLAIN)
    results = [(outcome(i, "f", *args), outcome(i, "g"), i.memories[0].read(0, 65536)) for i in (one, other)]
    assert results[0] == results[1]
    return results[0][0]


FIXED = loop(summed("(i32.load8_u (i32.add (local.get $i) (i32.const 64)))"))


def test_bytes_that_are_inside_are_a_slice() -> None:
    assert "for e0 in mem_u8[64:160]:" in python(FIXED)
    assert "while" not in python(FIXED)
    assert "while" in python(FIXED, dialect="portable")
    assert "for" not in python(FIXED, dialect="portable")
    assert same(FIXED, 0, 0)


def test_a_variable_that_is_read_counts_beside_them() -> None:
    text = python(loop(summed("(i32.xor (local.get $i) (i32.load8_u offset=64 (local.get $i)))")))
    assert "for i, e0 in zip(range(96), mem_u8[64:160]):" in text


def test_few_turns_stay_as_they_are() -> None:
    assert "e0" not in python(loop(summed("(i32.load8_u (local.get $i))"), end="(i32.const 7)"))


def test_elements_side_by_side_are_one_sequence() -> None:
    values = [f"(i32.load offset={64 + at} (local.get $i))" for at in (8, 4, 0)]
    wat = loop(" ".join(map(summed, values)), step=12)
    assert "for e2, e1, e0 in zip((t := iter(mem_u32[64:160:4])), t, t):" in python(wat)
    assert same(wat, 0, 0)
    narrow = loop(" ".join(summed(f"(i32.load8_s offset={at} (local.get $i))") for at in (65, 64)), step=2)
    assert "for e1, e0 in zip(*(iter(mem_i8[64:160]),) * 2):" in python(narrow)
    assert same(narrow, 0, 0)


FROM_P = """(local.set $i (i32.and (local.get $p) (i32.const 0x1ffff)))
    (local.set $end (i32.add (local.get $i) (i32.const 24)))"""
ANYWHERE = loop(summed("(i32.load16_s (local.get $i))"), "(local.get $end)", 2, FROM_P)


def test_what_may_be_outside_is_tested_before_the_loop() -> None:
    assert "in items(mem_i16, " in python(ANYWHERE)
    assert same(ANYWHERE, 70, 0)
    for p in (0, 65511, 65512, 65513, 65535, 65536, 0x1FFFF, 0xFFFFFFFF):
        same(ANYWHERE, p, 0)
    assert same(ANYWHERE, 65513, 0) == "out of bounds memory access"


@pytest.mark.parametrize("load", ["i32.load8_u", "i32.load8_s", "i32.load16_u", "i32.load16_s", "i32.load"])
@pytest.mark.parametrize("wide", ["{}", "(i32.wrap_i64 (i64.extend_i32_s {}))"])
def test_every_width_and_sign(load: str, wide: str) -> None:
    expr = wide.format(f"({load} offset=60 (local.get $i))")
    for more in ("", "(local.set $x (i32.shr_s {0} (i32.const 1)))", "(local.set $x (i32.lt_s {0} (i32.const 40)))"):
        body = (
            f"(local.set $q {expr})" + more.format("(local.get $q)") + summed("(i32.xor (local.get $q) (local.get $x))")
        )
        wat = loop(body)
        assert "e0" in python(wat)
        same(wat, 0, 0)
        same(loop(body, "(local.get $end)", 1, FROM_P), 64, 0)


@pytest.mark.parametrize("load", ["i64.load", "i64.load32_s", "i64.load32_u", "i64.load8_s"])
def test_wide_loads(load: str) -> None:
    wat = loop(summed(f"(i32.wrap_i64 (i64.shr_s ({load} offset=60 (local.get $i)) (i64.const 3)))"))
    assert "e0" in python(wat)
    same(wat, 0, 0)


def test_floats_keep_their_bits() -> None:
    body = summed("(i32.wrap_i64 (i64.reinterpret_f64 (f64.load offset=64 (local.get $i))))")
    wat = loop(f"{body}", step=8)
    same(wat, 0, 0)
    signalling = wat.replace('"abc', '"\\01\\00\\00\\00\\00\\00\\f0\\7fabc')
    same(signalling, 0, 0)


@pytest.mark.parametrize("nan", ["\\01\\00\\80\\7f", "\\00\\00\\c0\\ff"])
def test_f32s_where_any_nan_becomes_quiet(nan: str) -> None:
    loaded = "(f32.load offset=64 (local.get $i))"
    for value in (f"(f32.mul {loaded} (f32.const 1.5))", f"(f32.demote_f64 (f64.promote_f32 {loaded}))"):
        wat = loop(summed(f"(i32.reinterpret_f32 {value})"), step=4)
        assert "for e0 in mem_f32[64:160:4]:" in python(wat)
        same(wat, 0, 0)
        same(wat.replace('"abcd', f'"{nan}'), 0, 0)
    kept = loop(summed(f"(i32.reinterpret_f32 (f32.neg {loaded}))"), step=4)
    assert "mem_f32" not in python(kept)
    same(kept.replace('"abcd', f'"{nan}'), 0, 0)


STORES = "(i32.store8 offset={at} (local.get $i) (i32.add (local.get $i) (i32.const 3)))"


@pytest.mark.parametrize("at", [0, 63, 64, 65, 159, 160, 1000, 65500])
def test_what_is_written_in_between_is_seen(at: int) -> None:
    body = STORES.format(at=at) + summed("(i32.load8_u offset=64 (local.get $i))")
    for text in (body, body.replace("load8_u", "load16_u"), body.replace("store8", "store")):
        same(loop(text), 0, 0)
    assert ("e0" in python(loop(body))) == (at >= 160)


def test_what_can_be_seen_before_a_trap_is_done() -> None:
    body = "(global.set $g (local.get $i))" + summed("(i32.load8_u (local.get $i))")
    for p in (10, 65520, 65500):
        same(loop(body, "(local.get $end)", 1, FROM_P), p, 0)
    divides = summed("(i32.div_u (i32.const 100) (i32.sub (local.get $n) (local.get $i)))") + body
    for p, n in product((10, 65520), (0, 15, 65524, 65530, 65537)):
        same(loop(divides, "(local.get $end)", 1, FROM_P), p, n)


EARLY = "(if (i32.eq (i32.load8_u (local.get $i)) (local.get $n)) (then (return (local.get $i))))"


def test_a_loop_that_is_left_early() -> None:
    for p, n in product((0, 50, 65500, 65512, 65530), (0, 97, 110, 255)):
        same(loop(EARLY, "(local.get $end)", 1, FROM_P), p, n)
    for n in (0, 97, 110, 255):
        same(loop(EARLY, before="(local.set $i (i32.const 32))"), 0, n)


def test_pointers_that_are_stepped_are_not_needed_any_more() -> None:
    body = summed("(i32.load8_u (local.get $q))") + "(local.set $q (i32.add (local.get $q) (i32.const 3)))"
    before = "(local.set $q (i32.const 64))"
    text = python(loop(body, before=before))
    assert "for e0 in mem_u8[q:q + 288:3]:" in text
    assert "q += 3" not in text
    same(loop(body, before=before), 0, 0)
    read_later = loop(body, before=before, after="(i32.add (local.get $q) (local.get $sum))")
    assert same(read_later, 0, 0)
    behind = "(local.set $q (i32.add (local.get $q) (i32.const 3)))" + summed("(i32.load8_u (local.get $q))")
    same(loop(behind, before=before), 0, 0)
    same(loop(behind, before="(local.set $q (local.get $p))"), 65300, 0)


def test_a_pointer_that_goes_on_from_run_to_run() -> None:
    wat = """(module (memory 1) (data (i32.const 0) "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    (func (export "f") (param $p i32) (param $n i32) (result i32) (local $i i32) (local $j i32) (local $sum i32)
      (loop $outer
        (local.set $i (i32.const 0))
        (loop
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load8_u (local.get $p))))
            (local.set $p (i32.add (local.get $p) (i32.const 1)))
            (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 12))))
        (br_if $outer (i32.ne (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 4))))
      (local.get $sum)))"""
    for p in (0, 3, 65488, 65490):
        results = [outcome(instance_of(wat, disabled=names), "f", p, 0) for names in ((), PLAIN)]
        assert results[0] == results[1]


def test_a_load_for_nothing_is_none_before_the_loop_either() -> None:
    wat = loop("(drop (i32.load8_u (local.get $i)))", "(local.get $end)", 1, FROM_P)
    for p in (0, 65512, 65513):
        same(wat, p, 0)


def test_a_value_of_the_turn_before_stays_one() -> None:
    body = summed("(local.get $x)") + "(local.set $x (i32.load8_u offset=64 (local.get $i)))"
    same(loop(body), 0, 0)
    same(loop(body, after="(local.get $x)"), 0, 0)


def test_elements_side_by_side_that_do_not_wrap_alike() -> None:
    places = [("offset=4", "(local.get $q)"), ("offset=12", "(i32.sub (local.get $q) (i32.const 4))")]
    body = " ".join(summed(f"(i32.load {offset} {address})") for offset, address in places)
    wat = loop(f"{body} (local.set $q (i32.add (local.get $q) (i32.const 8)))", before="(local.set $q (local.get $p))")
    for p in (0, 3, 4, 64, 0xFFFFFFF8, 0xFFFFFFFC):
        one, other = (instance_of(wat, disabled=disabled) for disabled in (("pointers",), ("pointers", *PLAIN)))
        assert outcome(one, "f", p, 0) == outcome(other, "f", p, 0)


def test_a_sum_that_wraps_in_every_turn() -> None:
    body = summed("(i32.load8_u (i32.add (local.get $q) (i32.const 1000)))")
    wat = loop(
        f"{body} (local.set $q (i32.add (local.get $q) (i32.const 1)))", before="(local.set $q (i32.const -936))"
    )
    one, other = (instance_of(wat, disabled=disabled) for disabled in (("pointers",), ("pointers", *PLAIN)))
    assert outcome(one, "f", 0, 0) == outcome(other, "f", 0, 0)


def test_a_load_for_its_trap_alone() -> None:
    wat = loop("(drop (i32.load8_u (local.get $i)))", "(local.get $end)", 1, FROM_P, "(local.get $i)")
    assert "in items(mem_u8, " in python(wat)
    for p in (0, 65511, 65512, 65513):
        same(wat, p, 0)


GROWS = """(module (memory 1) (data (i32.const 64) "abcdefghijklmnopqrstuvwxyz0123456789")
    (func (export "f") (param $n i32) (param $x i32) (result i32) (local $i i32)
        (loop
            (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 3)) (i32.load offset=64 (local.get $i))))
            (local.set $n (i32.xor (local.get $n) (i32.load offset=68 (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 8)))
            (br_if 0 (i32.ne (local.get $i) (i32.const 80))))
        (drop (memory.grow (i32.const 1)))
        (i32.store offset=65536 (local.get $i) (local.get $n))
        (i32.load offset=65536 (local.get $i))))"""


def test_the_memory_may_grow_after_the_loop() -> None:
    assert "(t := iter(" in python(GROWS)
    instance, plain = instance_of(GROWS), instance_of(GROWS, disabled=PLAIN)
    for n in range(3):
        assert outcome(instance, "f", n, 0) == outcome(plain, "f", n, 0)
    assert instance.memories[0].pages == 4


def test_what_an_access_before_showed_is_not_known_before_the_loop() -> None:
    body = "".join(f"(drop (i32.load (i32.add (local.get $i) (i32.const {at}))))" for at in (100, 108, 1000))
    wat = loop(
        f"{body} (i32.store (i32.const 0) (i32.const 0))", "(i32.const 0)", 16, "(local.set $i (i32.const -144))"
    )
    assert same(wat, 0, 0) == "out of bounds memory access"


@pytest.mark.parametrize("leave", ["(return (local.get $i))", "(br $out)"])
def test_what_a_test_in_the_turn_showed_is_not_known_before_the_loop(leave: str) -> None:
    body = "(global.set $g (local.get $i))"
    body += f"(if (i32.gt_u (local.get $i) (i32.const 65532)) (then {leave}))" + summed("(i32.load (local.get $i))")
    wat = loop(body, "(i32.const 70000)", 4, after="(i32.const 7)").replace("(loop", "(block $out (loop")
    wat = wat.replace("(i32.const 70000)))", "(i32.const 70000))) (return (i32.const 8)))")
    assert same(wat, 0, 0) == (65536 if "return" in leave else 7)


def test_a_bound_that_only_holds_in_the_loop() -> None:
    body = "(if (i32.lt_s (local.get $n) (i32.const 0)) (then (return (i32.const -5))))" + summed(
        "(i32.load8_u (local.get $i))"
    )
    for n in (0, 10, 0x80000000, 0xFFFFFFFF):
        same(loop(body, "(local.get $end)", 1, "(local.set $end (i32.add (local.get $n) (i32.const 16)))"), 0, n)
