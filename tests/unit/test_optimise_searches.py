"""Searches by vectors: which become one operation, or begin where they end, and what they leave."""

from __future__ import annotations

from itertools import product

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python
from wasm2py.runtime.program import Dialect

SEARCH = """(module (memory (export "m") 1) (data (i32.const 1000) "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    (func (export "f") (param i32) (result i32) (local i32)
        (loop
            {before}
            (br_if 0 (i32.eqz (local.tee 1 (i8x16.bitmask (i8x16.eq (v128.load offset={offset} (local.get 0))
                (v128.const i8x16 {byte}))))))
            {after})
        (i32.add (i32.shl (local.get 1) (i32.const 16)) (local.get 0))))"""
STEP = "(local.set 0 (i32.add (local.get 0) (i32.const 16)))"


def vector(byte: int) -> str:
    return f"(v128.const i8x16 {' '.join([str(byte)] * 16)})"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("offset", [0, 5])
@pytest.mark.parametrize("start", [0, 3, 984, 990, 65000, 65520, 0xFFFFFFF8])
@pytest.mark.parametrize("letter", "AKZ")
def test_searches_begin_where_they_end(dialect: Dialect, offset: int, start: int, letter: str) -> None:
    byte = " ".join([str(ord(letter))] * 16)
    source = SEARCH.format(before=STEP, after="", offset=offset, byte=byte)
    instances = [instance_of(source, dialect, disabled) for disabled in ((), ("bulk",))]
    assert outcome(instances[0], "f", start) == outcome(instances[1], "f", start)
    if dialect == "cpython":
        assert "while" not in python(source)


def test_searches_that_do_more_stay_as_they_are() -> None:
    byte = " ".join(["65"] * 16)
    source = SEARCH.format(before=STEP + "(global.set 0 (local.get 0))", after="", offset=0, byte=byte)
    source = source.replace("(memory", "(global (mut i32) (i32.const 0)) (memory")
    assert "while" in python(source)
    other = SEARCH.format(before=STEP, after="", offset=0, byte=" ".join(["65"] * 15 + ["66"]))
    assert "while" in python(other)
    for before in (STEP.replace("16", "32"), STEP + "(drop (i32.load8_u (i32.const 9)))", STEP * 2):
        assert "while" in python(SEARCH.format(before=before, after="", offset=0, byte=byte))


# As compilers write them


def module(body: str, locals_: str = "i32 i32 v128 v128") -> str:
    """A function of an address, a byte and a length, whose locals 3 and 4 are i32 and 5 and 6 v128."""
    return f"""(module (memory (export "m") 1) (data (i32.const 100) "Hello, World!")
        (func (export "f") (param i32 i32 i32) (result i32) (local {locals_}) {body}))"""


#: `strlen` with a counter from 0 on.
COUNTED = module("""
    (loop
        (local.set 4 (i32.add (local.get 0) (local.get 3)))
        (local.set 3 (i32.add (local.get 3) (i32.const 16)))
        (br_if 0 (i32.eqz (local.tee 4 (i8x16.bitmask (i8x16.eq (v128.load (local.get 4)) (v128.const i64x2 0 0)))))))
    (i32.add (i32.add (local.get 3) (i32.ctz (local.get 4))) (i32.const -16))""")
#: The mask is made behind the loop, which looks whether there is a zero.
MADE_LATE = module("""
    (local.set 3 (local.get 0))
    (block $found (loop
        (br_if $found (i32.eqz (i8x16.all_true (local.tee 5 (v128.load (local.get 3))))))
        (local.set 3 (i32.add (local.get 3) (i32.const 16)))
        (br 0)))
    (i32.sub
        (i32.add (local.get 3) (i32.ctz (i8x16.bitmask (i8x16.eq (local.get 5) (v128.const i64x2 0 0)))))
        (local.get 0))""")


@pytest.mark.parametrize("source", [COUNTED, MADE_LATE])
def test_strlen_is_one_call(source: str) -> None:
    assert python(source) == "def f(p0, p1, p2):\n    return find_block_u8(mem_u8, p0, 16, 0)\n"
    for dialect in DIALECTS:
        instance = instance_of(source, dialect)
        assert [outcome(instance, "f", start, 0, 0) for start in (100, 103, 112, 113)] == [13, 10, 1, 0]
        instance.memories[0].write(65000, b"x" * 536)
        assert outcome(instance, "f", 65000, 0, 0) == "out of bounds memory access"
        instance.memories[0].write(65530, b"\0")
        assert outcome(instance, "f", 65008, 0, 0) == 522
        assert outcome(instance, "f", 65001, 0, 0) == "out of bounds memory access"


def test_one_of_two_bytes_of_which_one_is_a_variable() -> None:
    source = module("""
        (local.set 6 (i8x16.splat (local.get 1)))
        (loop
            (local.set 5 (v128.load (local.get 0)))
            (local.set 3 (i8x16.bitmask (v128.or
                (i8x16.eq (local.get 5) (local.get 6)) (i8x16.eq (local.get 5) (v128.const i64x2 0 0)))))
            (local.set 0 (i32.add (local.get 0) (i32.const 16)))
            (br_if 0 (i32.eqz (local.get 3))))
        (i32.sub (i32.add (local.get 0) (i32.ctz (local.get 3))) (i32.const 16))""")
    assert "find_block_in(mem_u8, p0, 16, (0, p1 & 255))" in python(source)
    assert "bitmask" not in python(source)
    for dialect in DIALECTS:
        instance = instance_of(source, dialect)
        assert [outcome(instance, "f", 100, byte, 0) for byte in (ord("o"), 256 + ord("W"), 9)] == [104, 107, 113]


LOADED = "(v128.load (local.get 0))"


@pytest.mark.parametrize(
    ("test", "pattern", "found"),
    [
        (f"(v128.any_true (i8x16.ne {LOADED} {vector(0)}))", r"b'[^\\x00]'", 100),
        (f"(i8x16.bitmask (i8x16.lt_s {LOADED} {vector(0)}))", r"b'[\\x80-\\xff]'", None),
        (f"(i8x16.bitmask {LOADED})", r"b'[\\x80-\\xff]'", None),
        (f"(v128.any_true (i8x16.lt_u {vector(0x6F)} {LOADED}))", r"b'[^\\x00-o]'", 109),
        (f"(i32.ne (i8x16.bitmask (i8x16.eq {LOADED} {vector(0)})) (i32.const 0xFFFF))", r"b'[^\\x00]'", 100),
        (f"(i32.eqz (i8x16.all_true (v128.not (i8x16.eq {LOADED} {vector(0x57)}))))", "87", 107),
        (f"(v128.any_true (v128.and (i8x16.gt_u {LOADED} {vector(0x40)}) {vector(255)}))", None, 100),
    ],
)
def test_what_ends_a_search(test: str, pattern: str | None, found: int | None) -> None:
    source = module(f"(block $found (loop (br_if $found {test}) {STEP} (br 0))) (local.get 0)")
    text = python(source)
    assert ("while" in text) if pattern is None else (f"(mem_u8, p0, 16, {pattern})" in text)
    expected = "out of bounds memory access" if found is None else found // 16 * 16
    for dialect in DIALECTS:
        assert outcome(instance_of(source, dialect), "f", 0, 0, 0) == expected


def test_several_vectors_a_turn() -> None:
    loads = [f"(v128.load offset={at} (local.get 0))" for at in (16, 0, 48, 32)]
    least = f"(i8x16.min_u (i8x16.min_u {loads[0]} {loads[1]}) (i8x16.min_u {loads[2]} {loads[3]}))"
    source = module(f"""(local.set 0 (i32.sub (local.get 0) (i32.const 64)))
        (loop (local.set 0 (i32.add (local.get 0) (i32.const 64))) (br_if 0 (i8x16.all_true {least}))) (local.get 0)""")
    assert "find_block_u8(mem_u8, (i0 + 64) % 4294967296, 64, 0)" in python(source)
    for dialect in DIALECTS:
        instance = instance_of(source, dialect)
        instance.memories[0].write(200, b"y" * 65336)
        assert outcome(instance, "f", 200, 0, 0) == "out of bounds memory access"
        instance.memories[0].write(500, b"\0")
        assert [outcome(instance, "f", start, 0, 0) for start in (200, 308, 309, 437)] == [456, 500, 437, 437]
    gap = source.replace("offset=16", "offset=17")
    assert "while" in python(gap)


# Loops that may end elsewhere


BOUNDED = """
    (local.set 5 (i8x16.splat (local.get 1)))
    (block $end (block $found (loop
        {first}
        (local.set 6 (i8x16.eq (v128.load (i32.add (local.get 0) (local.get 3))) (local.get 5)))
        (br_if $found (v128.any_true (local.get 6)))
        {last}
        (br 0)))
      (return (i32.add (i32.add (local.get 0) (local.get 3)) (i32.ctz (i8x16.bitmask (local.get 6))))))
    (i32.sub (i32.const -1) (i32.add (local.get 3) (local.get 2)))"""
ON = "(local.set 3 (i32.add (local.get 3) (i32.const 16)))"
DOWN = "(local.tee 2 (i32.sub (local.get 2) (i32.const 16)))"


@pytest.mark.parametrize(
    ("first", "last", "most"),
    [
        ("(br_if $end (i32.gt_u (i32.add (local.get 3) (i32.const 16)) (local.get 2)))", ON, "p2 // 16"),
        ("(br_if $end (i32.ge_s (local.get 3) (local.get 2)))", ON, None),
        ("", f"{ON} (br_if $end (i32.eqz {DOWN}))", "((p2 - 16) % 4294967296 + 15) // 16"),
        ("", f"(br_if $end (i32.lt_u (local.get 2) {DOWN})) {ON}", "p2 // 16"),
        ("", f"(br_if $end (i32.le_s {DOWN} (i32.const 15))) {ON}", None),
        ("(br_if $end (i32.eq (local.get 3) (i32.const 4096)))", f"(br_if $end (i32.eqz {DOWN})) {ON}", None),
    ],
)
def test_a_search_of_so_many_bytes(first: str, last: str, most: str | None) -> None:
    source = module(BOUNDED.format(first=first, last=last))
    text = python(source)
    assert "find_in_blocks(mem_u8, p0, 16, " in text
    assert most is None or most in text
    calls = list(product((0, 90, 65400), (87, 9), (0, 16, 40, 48, 112, 2048, 9999, 0xFFFFFFF7)))
    instances = [instance_of(source), instance_of(source, disabled=("bulk",)), instance_of(source, "portable")]
    outcomes = [[outcome(instance, "f", *call) for call in calls] for instance in instances]
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert 107 in outcomes[0]


def test_what_a_loop_carries_besides_must_be_known() -> None:
    carried = BOUNDED.format(
        first="(br_if $end (i32.gt_u (local.get 3) (local.get 2)))", last=f"(local.set 4 (local.get 3)) {ON}"
    )
    source = module(carried.replace("(local.get 2)))", "(local.get 4)))"))
    assert "find_in_blocks" not in python(source)
    twice = BOUNDED.format(first="(br_if $end (i32.gt_u (i32.mul (local.get 3) (local.get 3)) (local.get 2)))", last=ON)
    assert "find_in_blocks" not in python(module(twice))


def test_what_else_looks_at_a_mask_gets_all_of_it() -> None:
    mask = f"(local.set 3 (i8x16.bitmask (i8x16.ne {LOADED} {vector(0)}))) (local.set 4 (i32.popcnt (local.get 3)))"
    loop = f"(block $found (loop {mask} (br_if $found (local.get 3)) {STEP} (br 0)))"
    for behind, expected in (
        ("(i32.add (local.get 4) (i32.ctz (local.get 3)))", 16),
        ("(i32.add (local.get 3) (i32.ctz (local.get 3)))", 0xFFF4),
        ("(local.set 1 (local.get 3)) (i32.add (local.get 1) (i32.ctz (local.get 1)))", 0xFFF4),
    ):
        source = module(f"{loop} {behind}")
        assert "while" not in python(source)
        for dialect in DIALECTS:
            assert outcome(instance_of(source, dialect), "f", 0, 0, 0) == expected
