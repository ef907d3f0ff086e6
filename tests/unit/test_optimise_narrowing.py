"""`narrowing`: bit buffers and hashes of which few bits are looked at."""

from __future__ import annotations

import re
from random import Random

import pytest
from unit.translation import instance_of, outcome, python

LOOP = """(module (memory 1) (data (i32.const 0) "{data}")
    (func (export "f") (param $n i32) (result i32) (local $i i32) (local $x {type}) (local $sum i32)
        (local.set $x ({type}.const -12345))
        (loop
            (local.set $x {step})
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) {use}))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (local.get $n))))
        (local.get $sum)))"""
DATA = "".join(f"\\{byte:02x}" for byte in Random(1).randbytes(64))

BUFFER = "(T.or (T.shl (local.get $x) (T.const 6)) (T.load8_u (local.get $i)))"
HASH = "(T.add (T.mul (local.get $x) (T.const 33)) (T.load8_u (local.get $i)))"


def _module(step: str, use: str, type_: str = "i32") -> str:
    return LOOP.format(type=type_, step=step.replace("T.", f"{type_}."), use=use.replace("T.", f"{type_}."), data=DATA)


@pytest.mark.parametrize("type_", ["i32", "i64"])
@pytest.mark.parametrize("step", [BUFFER, HASH])
@pytest.mark.parametrize(
    ("use", "bits"),
    [
        ("(T.and (T.shr_u (local.get $x) (T.const 2)) (T.const 255))", 10),
        ("(T.and (local.get $x) (T.const 0x3fff))", 14),
        ("(T.and (T.shr_u (local.get $x) (T.and (T.extend_i32_u (local.get $i)) (T.const 7))) (T.const 255))", 15),
        ("(T.and (T.xor (local.get $x) (T.shr_u (local.get $x) (T.const 5))) (T.const 1023))", 15),
        ("(T.extend8_s (local.get $x))", 8),
    ],
)
def test_as_many_bits_are_kept_as_are_wanted(step: str, use: str, bits: int, type_: str) -> None:
    use = (
        use.replace("(T.extend_i32_u (local.get $i))", "(local.get $i)") if type_ == "i32" else f"(i32.wrap_i64 {use})"
    )
    wat = _module(step, use, type_)
    assert re.search(rf"x = .*& {(1 << bits) - 1}\b", python(wat))
    for n in (1, 2, 7, 40):
        assert outcome(instance_of(wat), "f", n) == outcome(instance_of(wat, disabled=("narrowing",)), "f", n)


@pytest.mark.parametrize(
    "use",
    [
        "(local.get $x)",
        "(i32.shr_u (local.get $x) (i32.const 3))",
        "(i32.rotl (local.get $x) (i32.const 3))",
        "(i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 0xfff))",
        "(i32.and (i32.shr_u (local.get $x) (local.get $n)) (i32.const 1))",
        "(i32.lt_u (local.get $x) (i32.const 3))",
        "(i32.and (i32.shr_s (local.get $x) (i32.const 3)) (i32.const 7))",
        "(i32.load8_u (i32.and (i32.clz (local.get $x)) (i32.const 7)))",
    ],
)
def test_all_bits_are_kept_if_many_are_wanted(use: str) -> None:
    wat = _module(BUFFER, use)
    assert python(wat) == python(wat, disabled=("narrowing",))


def test_an_amount_is_wanted_as_a_whole() -> None:
    use = "(i32.and (i32.shl (i32.const 1) (local.get $x)) (i32.const 1))"
    wat = _module("(i32.shl (local.get $x) (i32.const 1))", use).replace("-12345", "1")
    assert " & 31\n" in python(wat)
    for n in (1, 2, 4, 5, 6, 7):
        assert outcome(instance_of(wat), "f", n) == outcome(instance_of(wat, "portable"), "f", n)


def test_what_another_variable_wants_counts() -> None:
    wat = _module(BUFFER, "(i32.and (local.get $x) (i32.const 15))").replace(
        "(local $sum i32)", "(local $sum i32) (local $y i32)"
    )
    wat = wat.replace("(local.get $sum)))", "(i32.add (local.get $sum) (local.get $y))))")
    wat = wat.replace(
        "(br_if 0", "(if (i32.eq (local.get $i) (i32.const 5)) (then (local.set $y (local.get $x)))) (br_if 0"
    )
    assert python(wat) == python(wat, disabled=("narrowing",))
    for n in (1, 7, 40):
        assert outcome(instance_of(wat), "f", n) == outcome(instance_of(wat, "portable"), "f", n)
