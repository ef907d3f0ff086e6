"""`displacing`: a constant that only makes addresses moves to the accesses."""

from __future__ import annotations

import pytest
from unit.translation import instance_of, outcome, python

FUNCTION = """(module (memory 1) (data (i32.const 1024) "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    (func (export "f") (param $p i32) (param $n i32) (result i32) (local $a i32) (local $b i32)
        (local.set $p (i32.and (local.get $p) (i32.const {mask})))
        {body}))"""
A = "(local.get $a)"
SUM = "(i32.add (i32.add (local.get $p) (i32.and (local.get $n) (i32.const 7))) (i32.const 1024))"
CHANGE = f"(i32.store offset=4 {A} (i32.add (i32.load offset=4 {A}) (i32.load8_u offset=3 {A}))) (i32.load {A})"


def function(body: str, mask: int = 0xFFF0) -> str:
    return FUNCTION.format(body=body, mask=mask)


def same(wat: str) -> None:
    for p, n in ((0, 0), (16, 3), (0xFBF0, 7), (0xFC00, 1), (0xFFFF, 15), (0xFFFFFFFF, 2)):
        plain, other = instance_of(wat, disabled=("displacing",)), instance_of(wat)
        assert outcome(other, "f", p, n) == outcome(plain, "f", p, n)
        assert other.memories[0].read(0, 65536) == plain.memories[0].read(0, 65536)


BELOW = f"(local.set $b (i32.sub {A} (i32.const 12))) (i32.store (local.get $b) (local.get $n)) (i32.load16_s {A})"
CHOSEN = f"""(if (local.get $n)
    (then (local.set $a {SUM})) (else
        (local.set $a (i32.or (i32.add (i32.and (local.get $p) (i32.const 0xf0)) (i32.const 2048)) (i32.const 8)))))
    {CHANGE}"""


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (
            f"(local.set $a {SUM}) {CHANGE}",
            ["= (p & 65520) + (n & 7)\n", "mem_u32_at_1028[i0] = (mem_u32_at_1028[i0] + mem_u8_at_1027[i0])"],
        ),
        (f"(local.set $a {SUM}) {BELOW}", ["= (p & 65520) + (n & 7)\n", "mem_u32_at_1012[", "mem_i16_at_1024["]),
        (CHOSEN, ["= p + (n & 7)\n", "= (p & 240) + 1032\n", "return mem_u32_at_1024["]),
        (
            f"(local.set $a {SUM}) (if (i32.load {A}) (then (return (i32.load16_u (i32.sub {A} (i32.const 1024))))))"
            f" (i32.load offset=8 {A})",
            ["if mem_u32_at_1024[", "return mem_u16[", "return mem_u32_at_1032["],
        ),
    ],
)
def test_constants_move(body: str, parts: list[str]) -> None:
    wat = function(body)
    text = python(wat)
    assert [part for part in parts if part not in text] == []
    assert "1024)" in python(wat, disabled=("displacing",)) or "+ 1024" in python(wat, disabled=("displacing",))
    same(wat)


@pytest.mark.parametrize(
    "wat",
    [
        function(f"(local.set $a {SUM}) {CHANGE}", mask=-1),
        function(f"(local.set $a {SUM}) (drop (i32.load {A})) (drop (i32.load offset=4 {A})) {A}"),
        function(f"(local.set $a {SUM}) (i32.store {A} {A}) (i32.load {A})"),
        function(f"(local.set $a {SUM}) (i32.store8 {A} (local.get $n)) (i32.load8_u {A})"),
        function(f"(local.set $a {SUM}) {CHANGE} (i32.add (i32.load (i32.sub {A} (i32.const 1028))))"),
        function(f"(local.set $a {SUM}) (if (local.get $n) (then (local.set $a (local.get $n)))) {CHANGE}"),
        function(f"(if (local.get $n) (then (local.set $a {SUM}))) {CHANGE}"),
        function(f"""(local.set $a {SUM}) (loop (i32.store {A} (local.get $n))
            (local.set $a (i32.add {A} (i32.const 4)))
            (br_if 0 (local.tee $n (i32.shr_u (local.get $n) (i32.const 1))))) (i32.load (i32.const 1024))"""),
        function(f"(local.set $a (i32.or (i32.add (local.get $p) (i32.const 1024)) (i32.const 17))) {CHANGE}"),
    ],
)
def test_what_is_more_than_an_address_or_may_wrap_stays(wat: str) -> None:
    assert python(wat) == python(wat, disabled=("displacing",))
    same(wat)


def test_not_in_the_portable_dialect() -> None:
    wat = function(f"(local.set $a {SUM}) {CHANGE}")
    assert python(wat, dialect="portable") == python(wat, dialect="portable", disabled=("displacing",))
