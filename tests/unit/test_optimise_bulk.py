"""Loops over memory: which become one operation, and what they become."""

from __future__ import annotations

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python

#: A loop as compilers write it: the body, what moves, the test.
LOOP = """(module (memory 1) (func (export "f") (param $p i32) (param $q i32) (param $n i32) (result i32)
  (local $i i32) (loop {body} {moves} (br_if 0 {test})) (local.get {result})))"""
DOWN = "(local.set $n (i32.sub (local.get $n) (i32.const {0}))) "


def loop(body: str, moves: str, test: str = "(local.get $n)", result: str = "$p") -> str:
    return LOOP.format(body=body, moves=moves, test=test, result=result)


def up(name: str, step: int) -> str:
    return f"(local.set ${name} (i32.add (local.get ${name}) (i32.const {step})))"


FILL = loop("(i32.store8 (local.get $p) (local.get $q))", up("p", 1) + DOWN.format(1))
COPY = loop("(i32.store8 (local.get $p) (i32.load8_u (local.get $q)))", up("p", 1) + up("q", 1) + DOWN.format(1))


def test_a_fill_is_one_call_and_pointers_end_where_they_would() -> None:
    text = python(FILL)
    assert "while" not in text
    assert "fill_u8(mem_u8, p, n, q & 255)" in text
    assert outcome(instance_of(FILL), "f", 8, 7, 20) == 28


def test_a_copy_is_one_call_and_repeats_what_it_writes() -> None:
    assert "copy_u8(mem_u8, p, q, n)" in python(COPY)
    for dialect in DIALECTS:
        instance = instance_of(COPY, dialect)
        instance.memories[0].write(0, b"abc")
        assert outcome(instance, "f", 3, 0, 8) == 11
        assert instance.memories[0].read(0, 12) == b"abcabcabcab\0"


def test_the_portable_dialect_keeps_its_loops() -> None:
    assert "while" in python(FILL, dialect="portable")


def test_a_counter_up_to_zero_from_a_constant_is_a_constant_count() -> None:
    body = "(i64.store (i32.add (local.get $i) (i32.const 612)) (i64.const 3))"
    wat = loop(body, up("i", 8), "(local.get $i)").replace("(loop", "(local.set $i (i32.const -512)) (loop")
    assert "fill_u64(mem_u8, 100, 64, 3)" in python(wat)


def test_an_unrolled_loop_keeps_its_order_for_traps() -> None:
    stores = "".join(f"(i32.store8 offset={at} (local.get $p) (i32.const 5))" for at in (0, 3, 2, 1))
    wat = loop(stores, up("p", 4) + DOWN.format(4))
    assert "i0 = turns_whole(n, 4)\n    fill_u8(mem_u8, p, i0, 5, (0, 3, 2, 1))" in python(wat)
    for dialect in DIALECTS:
        instance = instance_of(wat, dialect)
        assert outcome(instance, "f", 65530, 0, 8) == "out of bounds memory access"
        assert instance.memories[0].read(65528, 8) == b"\0\0\5\5\5\5\5\0"


def test_a_loop_that_misses_its_end_traps_at_the_end_of_memory() -> None:
    stores = "".join(f"(i32.store8 offset={at} (local.get $p) (i32.const 5))" for at in range(4))
    instance = instance_of(loop(stores, up("p", 4) + DOWN.format(4)))
    assert outcome(instance, "f", 65528, 0, 3) == "out of bounds memory access"
    assert instance.memories[0].read(65526, 10) == b"\0\0" + b"\5" * 8


def test_a_variable_stride_becomes_a_strided_slice() -> None:
    wat = loop(
        "(i32.store8 (i32.add (local.get $p) (i32.const 64)) (i32.const 1))",
        "(local.set $p (i32.add (local.get $p) (local.get $q)))",
        "(i32.lt_s (local.get $p) (local.get $n))",
        result="$n",
    )
    assert "fill_strided(" in python(wat)
    instance = instance_of(wat)
    assert outcome(instance, "f", 0, 3, 10) == 10
    assert instance.memories[0].read(64, 11) == b"\1\0\0\1\0\0\1\0\0\1\0"


@pytest.mark.parametrize(
    ("body", "moves"),
    [
        ("(i32.store8 (local.get $p) (local.get $n))", up("p", 1) + DOWN.format(1)),  # another value each turn
        ("(i32.store8 (local.get $p) (i32.const 0))", up("p", 2) + DOWN.format(1)),  # gaps
        ("(i32.store8 (local.get $p) (i32.const 0))", up("p", 1) + DOWN.format(3)),  # a counter that may go round
        ("(i32.store16 (local.get $p) (i32.load8_u (local.get $q)))", up("p", 2) + up("q", 2) + DOWN.format(1)),
        ("(i32.store8 (local.get $p) (i32.load8_u (local.get $q)))", up("p", 1) + up("q", 2) + DOWN.format(1)),
        ("(i32.store8 (local.get $p) (memory.grow (i32.const 1)))", up("p", 1) + DOWN.format(1)),
    ],
)
def test_other_loops_stay(body: str, moves: str) -> None:
    assert "while" in python(loop(body, moves))


def test_a_few_constant_turns_stay() -> None:
    wat = loop(
        "(i32.store8 (local.get $p) (i32.const 0))", up("p", 1) + up("i", 1), "(i32.ne (local.get $i) (i32.const 3))"
    )
    assert "for i in range(3)" in python(wat)


def test_a_search_gives_where_it_ends() -> None:
    wat = loop("(local.set $n (i32.load8_u (local.get $p)))", up("p", 1))
    assert python(wat) == "def f(p, q, n):\n    return (find_u8(mem_u8, p, 0) + 1) % 4294967296\n"
    instance = instance_of(wat)
    instance.memories[0].write(0, b"\1" * 65535)
    assert outcome(instance, "f", 3, 0, 0) == 65536
    instance.memories[0].write(65535, b"\1")
    assert outcome(instance, "f", 3, 0, 0) == "out of bounds memory access"


def test_a_sum_is_added_to_what_there_was() -> None:
    loads = "(i32.add (i32.load (local.get $p)) (i32.add (i32.load offset=4 (local.get $p)) (local.get $q)))"
    wat = loop(f"(local.set $q {loads})", up("p", 8) + DOWN.format(2), result="$q")
    assert "(q + sum_u32(mem_u8, p, turns_whole(n, 2))) % 4294967296" in python(wat)
    instance = instance_of(wat)
    instance.memories[0].write(4, b"\xff" * 4 + b"\3\0\0\0" * 3)
    assert outcome(instance, "f", 4, 7, 4) == 15


COMPARE = """(module (memory 1) (func (export "f") (param $p i32) (param $q i32) (param $n i32) (result i32)
  (local $a i32) (local $b i32)
  (block $differ (loop
    (local.set $a (i32.load8_u (local.get $p))) (local.set $b (i32.load8_u (local.get $q)))
    (br_if $differ (i32.ne (local.get $a) (local.get $b)))
    {moves} (br_if 0 (local.get $n))) (return (i32.const 0)))
  (i32.sub (local.get $a) (local.get $b))))"""


def test_a_comparison_finds_the_first_difference() -> None:
    wat = COMPARE.format(moves=up("p", 1) + up("q", 1) + DOWN.format(1))
    assert "mismatch_u8(mem_u8, mem_u64, p, q, n)" in python(wat)
    instance = instance_of(wat)
    instance.memories[0].write(0, b"equal so far")
    instance.memories[0].write(100, b"equal to it")
    assert outcome(instance, "f", 0, 100, 6) == 0
    assert outcome(instance, "f", 0, 100, 7) == (ord("s") - ord("t")) & 0xFFFFFFFF
    assert outcome(instance, "f", 0, 65530, 8) == ord("e")


def test_a_bounded_search_ends_at_its_end() -> None:
    wat = """(module (memory 1) (func (export "f") (param $p i32) (param $q i32) (param $n i32) (result i32)
      (block $found (loop (br_if $found (i32.eq (i32.load8_u (local.get $p)) (i32.const 120)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (return (i32.const -1)))
      (local.get $p)))"""
    assert "find_within_u8(mem_u8, p, n, 120)" in python(wat)
    instance = instance_of(wat)
    instance.memories[0].write(50, b"x")
    assert [outcome(instance, "f", 40, 0, n) for n in (10, 11)] == [0xFFFFFFFF, 50]
    assert outcome(instance, "f", 60, 0, 0) == "out of bounds memory access"


def test_a_search_for_a_signed_byte() -> None:
    wat = """(module (memory 1) (func (export "f") (param $p i32) (param $q i32) (param $n i32) (result i32)
      (local $c i32) (local.set $c {})
      (block $found (loop (br_if $found (i32.eq (i32.load8_s (local.get $p)) (local.get $c)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (return (i32.const -1)))
      (i32.add (local.get $p) (i32.load8_s (local.get $p)))))"""
    extended = wat.format("(i32.extend8_s (local.get $q))")
    assert "find_within_u8(mem_u8, p, n, q & 255)" in python(extended)
    assert "find_within_u8(mem_u8, p, n, 252)" in python(wat.format("(i32.const -4)"))
    for source, byte, found in ((extended, 0x1FC, 46), (extended, 120, 160), (wat.format("(local.get $q)"), 252, -1)):
        for dialect in DIALECTS:
            instance = instance_of(source, dialect)
            instance.memories[0].write(40, b"x")
            instance.memories[0].write(50, b"\xfc")
            assert outcome(instance, "f", 40, byte, 20) == found & 0xFFFFFFFF


def test_a_loop_that_begins_with_its_test_may_have_no_turn() -> None:
    wat = """(module (memory 1) (func (export "f") (param $p i32) (param $n i32) (result i32)
      (block $done (loop $next (br_if $done (i32.eqz (local.get $n)))
        (i32.store8 (local.get $p) (i32.const 3))
        (local.set $p (i32.add (local.get $p) (i32.const 1))) (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next))) (local.get $p)))"""
    assert "fill_u8(mem_u8, p, n, 3)" in python(wat)
    instance = instance_of(wat)
    assert [outcome(instance, "f", 9, n) for n in (0, 5)] == [9, 14]
    assert instance.memories[0].read(8, 7) == b"\0\3\3\3\3\3\0"


UNROLLED = """(module (memory 1) (func (export "f") (param $p i32) (param $n i32) (result i32)
  (local $r i32) (local $m i32)
  (block $end
    (local.set $r (i32.and (local.get $n) (i32.const {mask})))
    (if (local.get $r) (then
        (local.set $m (i32.and (local.get $n) (i32.const -4)))
        (loop (i32.store8 (local.get $p) (i32.const 9)) (local.set $p (i32.add (local.get $p) (i32.const 1)))
          (br_if 0 (local.tee $r (i32.sub (local.get $r) (i32.const 1))))))
      (else (local.set $m (local.get $n))))
    (br_if $end (i32.lt_u (local.get $n) (i32.const 4)))
    (loop
      (i32.store8 (local.get $p) (i32.const 9)) (i32.store8 offset=1 (local.get $p) (i32.const 9))
      (i32.store8 offset=2 (local.get $p) (i32.const 9)) (i32.store8 offset=3 (local.get $p) (i32.const 9))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if 0 (local.tee $m (i32.sub (local.get $m) (i32.const 4))))))
  (local.get $p)))"""


def test_an_unrolled_loop_and_what_is_left_over_are_one() -> None:
    wat = UNROLLED.format(mask=3)
    assert python(wat).count("fill_u8(mem_u8, p, n, 9)") == python(wat).count("fill_") == 1
    instance = instance_of(wat)
    assert [outcome(instance, "f", 100, n) for n in range(12)] == list(range(100, 112))
    assert outcome(instance, "f", 65530, 9) == "out of bounds memory access"


def test_loops_that_do_not_go_together_stay_apart() -> None:
    assert python(UNROLLED.format(mask=1)).count("fill_") == 2


def test_a_copy_downwards_starts_at_the_end() -> None:
    body = "(i32.store8 (local.get $p) (i32.load8_u (local.get $q)))"
    wat = loop(body, up("p", -1) + up("q", -1) + DOWN.format(1))
    assert "copy_down(mem_u8, p, q, n, 1)" in python(wat)
    instance = instance_of(wat)
    instance.memories[0].write(10, b"abcdef")
    assert outcome(instance, "f", 17, 15, 6) == 11
    assert instance.memories[0].read(10, 8) == b"ababcdef"


def test_what_a_loop_leaves_is_known_to_the_next() -> None:
    wat = """(module (memory 1) (func (export "f") (param $p i32) (param $n i32) (result i32) (local $c i32)
      (block $found (loop (br_if $found (i32.eq (local.tee $c (i32.load8_u (local.get $p))) (i32.const 4)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (loop (i32.store8 (i32.add (local.get $c) (i32.const 64)) (i32.const 9))
        (local.set $c (i32.add (local.get $c) (i32.const 1)))
        (br_if 0 (i32.ne (local.get $c) (i32.const 12))))
      (i32.load8_u (i32.const 67))))"""
    instance = instance_of(wat)
    instance.memories[0].write(0, b"\0\1\2\3\4")
    assert outcome(instance, "f", 0, 9) == 0
    assert instance.memories[0].read(66, 11) == b"\0\0" + b"\x09" * 8 + b"\0"


def test_two_loops_with_one_header() -> None:
    wat = """(module (memory 1) (func (export "f") (param $p i32) (param $n i32) (result i32) (local $t i32)
      (loop $again
        (local.set $t (i32.load8_u (local.get $p)))
        (if (i32.eq (local.get $t) (i32.const 7)) (then
          (local.set $p (i32.add (local.get $p) (i32.const 1)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
          (return (i32.const -1))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if $again (i32.ne (local.get $t) (i32.const 0))))
      (local.get $p)))"""
    for disabled in ((), ("bulk",)):
        instance = instance_of(wat, disabled=disabled)
        instance.memories[0].write(0, b"\7\7\3\7\0\7")
        assert [outcome(instance, "f", 0, n) for n in (1, 2, 3, 4, 9)] == [0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 5, 5]
