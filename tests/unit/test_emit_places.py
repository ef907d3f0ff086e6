"""`offsets`: views that begin at an offset, and go by elements."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

LOAD = """(module (memory 1) (data (i32.const 0) "\\00\\01\\02\\03\\04\\05\\06\\07\\08\\09\\0a\\0b\\0c\\0d\\0e\\0f")
    (func (export "f") (param $p i32) (param $q i32) (result i32) (i32.{} offset={} {})))"""
P, Q = "(local.get $p)", "(local.get $q)"
INDEX = "(i32.and (local.get $p) (i32.const 0xffff))"


def summed(left: str, right: str) -> str:
    return f"(i32.add {left} {right})"


def const(value: int) -> str:
    return f"(i32.const {value})"


def scaled(value: str, shift: int) -> str:
    return f"(i32.shl {value} {const(shift)})"


CASES = [
    ("load", 8, P, "mem_u32_at_8[p]"),
    ("load8_u", 1, P, "mem_u8_at_1[p]"),
    ("load16_s", 65530, P, "mem_i16_at_65530[p]"),
    ("load", 65533, P, "mem_u32_at_65533[p]"),
    ("load", 0x7FFFFFFF, P, "mem_u32_at_2147483647[p]"),
    ("load", 4, summed(INDEX, const(16)), "mem_u32_at_20[p & 65535]"),
    ("load", 0, scaled(INDEX, 2), "mem_u32_at_0_by_4[p & 65535]"),
    ("load8_u", 3, summed(scaled(INDEX, 3), const(5)), "mem_u8_at_8_by_8[p & 65535]"),
    ("load", 0, f"(i32.mul {INDEX} {const(24)})", "mem_u32_at_0_by_24[p & 65535]"),
    ("load", 2, summed(summed(INDEX, const(4)), scaled(INDEX, 1)), "mem_u32_at_6[(p & 65535) + (p & 65535) * 2]"),
    ("load", 0, P, "mem_u32[p]"),
    ("load", 4, const(8), "mem_u32[12]"),
    ("load", 0, summed(P, const(8)), "mem_u32[(p + 8) % 4294967296]"),
    ("load", 4, summed(P, const(8)), "mem_u32_at_4[(p + 8) % 4294967296]"),
    ("load", 4, summed(INDEX, const(-8)), "mem_u32_at_4[((p & 65535) - 8) % 4294967296]"),
    ("load", 4, scaled(P, 2), "mem_u32_at_4[p * 4 % 4294967296]"),
    ("load", 0, summed(f"(i32.sub {INDEX} {const(4)})", const(8)), "mem_u32_at_4[p & 65535]"),
]


@pytest.mark.parametrize(("name", "offset", "operand", "expected"), CASES)
def test_loads(name: str, offset: int, operand: str, expected: str) -> None:
    wat = LOAD.format(name, offset, operand)
    assert expected in python(wat)
    instances = [instance_of(wat), instance_of(wat, disabled=("offsets",)), instance_of(wat, "portable")]
    for p in (0, 1, 5, 2720, 8190, 16379, 16384, 65504, 65530, 65535, 0x3FFFFFFF, 0x40000002, 0xFFFFFFF8, 0xFFFFFFFF):
        assert len({outcome(instance, "f", p, 0) for instance in instances}) == 1


def test_stores() -> None:
    wat = f"""(module (memory 1) (func (export "f") (param $p i32) (param $q i32)
        (i64.store16 offset=6 {P} (i64.extend_i32_u {Q}))
        (i32.store offset=65520 {scaled(INDEX, 2)} (i32.xor {Q} (i32.load offset=65520 {scaled(INDEX, 2)})))))"""
    text = python(wat)
    assert "mem_u16_at_6[p] = q & 65535" in text
    assert "mem_u32_at_65520_by_4[p & 65535] ^= q" in text
    for p in (0, 3, 4, 60000, 65528, 65529, 0xFFFFFFFF):
        plain, other = instance_of(wat, disabled=("offsets",)), instance_of(wat)
        assert outcome(other, "f", p, 0xDEADBEEF) == outcome(plain, "f", p, 0xDEADBEEF)
        assert other.memories[0].read(0, 65536) == plain.memories[0].read(0, 65536)


def test_they_follow_growth_by_a_call_between_address_and_value() -> None:
    wat = f"""(module (memory 1) (memory $other 1)
        (func $grow (result i32) (memory.grow (i32.const 1)))
        (func (export "f") (param $p i32) (param $q i32) (result i32)
            (i32.store offset=65536 {P} (call $grow))
            (i32.store $other offset=4 {P} {Q})
            (i32.add (i32.load offset=65536 {P}) (i32.load $other offset=4 {P}))))"""
    assert "mem1_u32_at_4[p] = q" in python(wat, 1)
    instance = instance_of(wat)
    assert [outcome(instance, "f", 8, 5) for _ in range(3)] == [6, 7, 8]


def test_no_name_of_a_module_is_taken_for_one() -> None:
    wat = """(module (memory 1) (func $mem_u8_at_4 (export "f") (param $p i32) (result i32)
        (i32.load8_u offset=4 (local.get $p))))"""
    assert python(wat).startswith("def mem_u8_at_4_(p):\n    return mem_u8_at_4[p]")
    assert outcome(instance_of(wat), "f", 65532) == "out of bounds memory access"
