"""Masks and remainders: which of the two brings a number to rest, and that both do."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

MODULE = """(module (memory 1) (func (export "f") (param $a {type}) (param $b {type}) (result {type})
    (local $h {type})
    {before} {value}))"""


def _module(value: str, type_: str = "i32", before: str = "") -> str:
    return MODULE.format(type=type_, value=value, before=before).replace("T.", f"{type_}.")


@pytest.mark.parametrize("type_", ["i32", "i64"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("(T.add (local.get $a) (local.get $b))", "(a + b) % SIZE"),
        ("(T.sub (local.get $a) (local.get $b))", "(a - b) % SIZE"),
        ("(T.add (T.mul (local.get $a) (T.const 24)) (local.get $b))", "(a * 24 + b) % SIZE"),
        ("(T.add (T.shl (local.get $a) (T.const 2)) (local.get $b))", "(a * 4 + b) % SIZE"),
        ("(T.add (local.get $a) (T.const 0x7fff1234))", f"a + {0x7FFF1234} & MASK"),
        ("(T.add (T.mul (local.get $a) (T.const 31)) (local.get $b))", "a * 31 + b & MASK"),
        ("(T.add (T.shl (local.get $a) (T.const 5)) (local.get $b))", "(a << 5) + b & MASK"),
        ("(T.mul (local.get $a) (local.get $b))", "a * b & MASK"),
    ],
)
def test_what_seldom_wraps_is_a_remainder(value: str, text: str, type_: str) -> None:
    wat = _module(value, type_)
    bits = int(type_[1:])
    assert f"return {text}\n" in python(wat).replace(str(1 << bits), "SIZE").replace(str((1 << bits) - 1), "MASK")
    for a, b in ((0, 0), (5, 7), (-1, -1), (-1, 1), (1 << bits - 1, 1 << bits - 1), (123456789, -987654321)):
        values = [number & (1 << bits) - 1 for number in (a, b)]
        assert outcome(instance_of(wat), "f", *values) == outcome(instance_of(wat, "portable"), "f", *values)


@pytest.mark.parametrize(
    "mixed",
    [
        "(i32.rotl (local.get $a) (i32.const 7))",
        "(i32.xor (local.get $a) (local.get $b))",
        "(i32.mul (local.get $a) (i32.const 0x9E3779B9))",
        "(i32.shr_u (i32.rotl (local.get $a) (i32.const 7)) (i32.const 1))",
    ],
)
def test_what_is_mixed_is_taken_to_wrap(mixed: str) -> None:
    store = "(i32.store (i32.const 0) (local.get $h)) (i32.store (i32.const 4) (local.get $h))"
    wat = _module("(i32.add (local.get $b) (local.get $h))", before=f"(local.set $h {mixed}) {store}")
    assert "return b + h & 4294967295\n" in python(wat)
    assert "return (b + h) % 4294967296\n" in python(wat, disabled=("mixing",))


def test_what_is_masked_to_a_few_bits_is_not_mixed() -> None:
    few = "(i32.and (i32.xor (local.get $a) (local.get $b)) (i32.const 255))"
    wat = _module(
        "(i32.add (local.get $b) (local.get $h))",
        before=f"(local.set $h {few}) (i32.store (i32.const 0) (local.get $h))",
    )
    assert "mem_u32[0] = h\n" in python(wat)
    assert "return (b + h) % 4294967296\n" in python(wat)


def test_addresses_are_taken_to_stay_in_the_memory() -> None:
    value = "(i32.load (i32.add (i32.mul (local.get $a) (local.get $b)) (i32.const 0x7fff1234)))"
    assert f"mem_u32[(a * b + {0x7FFF1234}) % 4294967296]" in python(_module(value))


def test_what_is_short_is_multiplied_instead_of_shifted() -> None:
    value = "(i32.or (i32.shl (i32.load8_u (local.get $a)) (i32.const 16)) (i32.shl (local.get $b) (i32.const 16)))"
    assert "mem_u8[a] * 65536 | b << 16" in python(_module(value))


def test_a_mask_has_no_more_bits_than_what_it_masks() -> None:
    few = "(i32.and (i32.load8_u (local.get $a)) (i32.const {mask}))"
    assert "return mem_u8[a] & 223\n" in python(_module(few.format(mask=-33)))
    assert "return mem_u8[a]\n" in python(_module(few.format(mask=0x7FFFFFFF)))
    assert "return mem_u8[a] & 15\n" in python(_module(few.format(mask=15)))


SHIFTED = "(((a - b) % 4294967296 >> 2 ^ 536870912) - 536870912) % 4294967296"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("(i32.and (i32.xor (local.get $a) (i32.load8_u (local.get $b))) (i32.const 255))", "a & 255 ^ mem_u8[b]"),
        ("(i32.and (i32.or (i32.load8_u (local.get $b)) (local.get $a)) (i32.const 255))", "mem_u8[b] | a & 255"),
        ("(i32.and (i32.xor (local.get $a) (local.get $b)) (i32.const 255))", "(a ^ b) & 255"),
        ("(i32.and (i32.xor (local.get $a) (i32.load8_u (local.get $b))) (i32.const 254))", "(a ^ mem_u8[b]) & 254"),
        ("(i32.shr_s (i32.sub (local.get $a) (local.get $b)) (i32.const 2))", SHIFTED),
        ("(i32.shr_s (i32.load (local.get $b)) (i32.const 2))", "(mem_i32[b] >> 2) % 4294967296"),
    ],
)
def test_operations_on_short_numbers_come_first(value: str, text: str) -> None:
    wat = _module(value)
    assert f"return {text}\n" in python(wat)
    for a in (0, 7, 255, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        for b in (0, 1, 255):
            assert outcome(instance_of(wat), "f", a, b) == outcome(instance_of(wat, "portable"), "f", a, b)
