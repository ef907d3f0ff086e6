"""Rounding to f32: by the cells of `single`, by a store, or by `f32`, always with the same result."""

from __future__ import annotations

from random import Random
from struct import pack, unpack

import pytest
from unit.translation import instance_of, python

P = [f"(local.get {i})" for i in range(4)]
CHAIN = f"(f32.add (f32.mul {P[0]} {P[1]}) (f32.add (f32.mul {P[2]} {P[3]}) {P[0]}))"
EXPRESSIONS = [
    f"(f32.mul {P[0]} {P[1]})",
    f"(f32.add {P[0]} (f32.mul {P[1]} {P[2]}))",
    f"(f32.sub (f32.mul {P[0]} {P[1]}) {P[2]})",
    CHAIN,
    f"(f32.div {CHAIN} (f32.sub {P[1]} {P[2]}))",
    f"(f32.div (f32.add {P[0]} {P[1]}) (f32.mul {P[2]} {P[3]}))",
    f"(f32.sqrt (f32.add (f32.mul {P[0]} {P[0]}) (f32.mul {P[1]} {P[1]})))",
    f"(f32.neg (f32.mul (f32.sqrt {P[0]}) {CHAIN}))",
    f"(f32.demote_f64 (f64.mul (f64.promote_f32 {P[0]}) (f64.promote_f32 {P[1]})))",
    f"(f32.min (f32.add {P[0]} {P[1]}) (f32.mul {P[2]} {P[3]}))",
    f"(f32.div {P[0]} (f32.const 0))",
    f"(f32.mul {P[0]} (f32.convert_i32_s (i32.trunc_sat_f32_s {P[1]})))",
]


def module(expression: str) -> str:
    """Functions of four f32 that give an expression's value: by a local, by memory, and at once."""
    params = "(param f32 f32 f32 f32) (result f32)"
    return f"""(module (memory 1)
        (func (export "local") {params} (local $x f32)
            (local.set $x {expression}) (f32.min (local.get $x) (local.get $x)))
        (func (export "memory") {params} (f32.store (i32.const 5) {expression}) (f32.load (i32.const 5)))
        (func (export "at_once") {params} {expression}))"""


def random_single(random: Random) -> float:
    """Any f32 but a NaN, often one at an edge."""
    if random.random() < 0.3:
        return random.choice([0.0, -0.0, 1.0, float("inf"), -float("inf"), 2.0**-149, 2.0**-126, 2.0**127, 16777217.0])
    while True:
        value: float = unpack("<f", pack("<I", random.getrandbits(32)))[0]
        if value == value:
            return value


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_dialects_agree(expression: str) -> None:
    random = Random(expression)
    fast, plain = (instance_of(module(expression), dialect) for dialect in ("cpython", "portable"))
    for _ in range(80):
        arguments = [random_single(random) for _ in range(4)]
        expected = repr(plain.exports["at_once"](*arguments))
        for name in ("local", "memory", "at_once"):
            assert repr(fast.exports[name](*arguments)) == expected, arguments


def test_a_chain_becomes_statements() -> None:
    text = python(module(CHAIN))
    assert "single[0] = p0 * p1" in text and "single[1] = p2 * p3" in text
    assert "single[1] = single[1] + p0" in text and "single[0] = single[0] + single[1]" in text
    assert "f32(" not in text


def test_a_store_rounds() -> None:
    assert "mem_f32[5] = p0 * p1" in python(module(EXPRESSIONS[0]), index=1)


@pytest.mark.parametrize(
    "operand",
    [
        "(call $other)",
        f"(f32.convert_i32_u (i32.div_u (i32.trunc_sat_f32_u {P[1]}) (i32.trunc_sat_f32_u {P[0]})))",
    ],
)
def test_what_could_be_seen_stays_in_one_expression(operand: str) -> None:
    other = '(func $other (import "host" "other") (result f32))'
    wat = module(f"(f32.add (f32.mul {P[0]} {P[1]}) {operand})").replace("(memory 1)", f"{other} (memory 1)")
    text = python(wat, index=1)
    assert "single" not in text and "f32(p0 * p1)" in text
