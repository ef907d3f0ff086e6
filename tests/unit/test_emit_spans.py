"""Range tests that wasm says by a subtraction that wraps."""

from __future__ import annotations

import operator
from itertools import product

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python
from wasm2py.runtime.program import Dialect

RELATIONS = {"lt_u": operator.lt, "le_u": operator.le, "gt_u": operator.gt, "ge_u": operator.ge}


@pytest.mark.parametrize(
    ("test", "text"),
    [
        ("(i32.lt_u (i32.sub (local.get $c) (i32.const 48)) (i32.const 10))", "48 <= c <= 57"),
        ("(i32.gt_u (i32.sub (local.get $c) (i32.const 48)) (i32.const 9))", "not 48 <= c <= 57"),
        ("(i32.lt_u (i32.sub (local.get $c) (i32.const 58)) (i32.const -10))", "not 48 <= c <= 57"),
        (
            "(i32.lt_u (i32.and (i32.sub (local.get $c) (i32.const 58)) (i32.const 255)) (i32.const 246))",
            "not 48 <= c & 255 <= 57",
        ),
        (
            "(i32.lt_u (i32.and (i32.sub (i32.load8_u (local.get $c)) (i32.const 65)) (i32.const 255)) (i32.const 26))",
            "65 <= mem_u8[c] <= 90",
        ),
        ("(i32.lt_u (i32.sub (i32.load8_u (local.get $c)) (i32.const 48)) (i32.const 999))", "mem_u8[c] >= 48"),
        ("(i32.lt_u (i32.add (i32.load8_u (local.get $c)) (i32.const 8)) (i32.const 99))", "mem_u8[c] < 91"),
        ("(i32.le_u (i32.sub (local.get $c) (i32.const 7)) (i32.const 0))", "c == 7"),
        ("(i32.ge_u (i32.sub (local.get $c) (i32.const 7)) (i32.const 1))", "c != 7"),
        (
            "(i32.lt_s (i32.add (local.get $c) (local.get $c)) (i32.const 9))",
            "not 9 <= (c + c) % 4294967296 <= 2147483647",
        ),
    ],
)
def test_wrapped_subtractions_become_spans(test: str, text: str) -> None:
    module = (
        f"(module (memory 1) (func (param $c i32) (result i32) (if {test} (then (return (i32.const 7)))) unreachable))"
    )
    assert f"if {text}:\n" in python(module)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("bits", [32, 64])
def test_spans_at_their_edges(bits: int, dialect: Dialect) -> None:
    top = (1 << bits) - 1
    shifts, limits, masks = (1, 48, top - 9, top), (0, 1, 10, 246, 255, 256, top - 1, top), (255, 65535, 77, top)
    fields, tests = [], []
    for (name, compare), shift, limit, mask in product(RELATIONS.items(), shifts, limits, masks):
        sum_ = f"(i{bits}.and (i{bits}.add (local.get 0) (i{bits}.const {shift})) (i{bits}.const {mask}))"
        test = f"(i{bits}.{name} {sum_} (i{bits}.const {limit}))"
        fields.append(f'(func (export "f{len(fields)}") (param i{bits}) (result i32) {test})')
        tests.append((compare, shift, limit, mask))
    instance = instance_of(f"(module {''.join(fields)})", dialect)
    values = {edge + d & top for edge in (0, 48, 247, 256, 65536, 1 << (bits - 1)) for d in (-1, 0, 1, 9, 10)}
    for number, (compare, shift, limit, mask) in enumerate(tests):
        for value in (*values, limit - shift & top, limit - shift + 1 & top, limit - shift - 1 & top):
            expected = int(compare(value + shift & mask, limit))
            assert outcome(instance, f"f{number}", value) == expected, (value, shift, limit, mask)


def test_equality_with_a_sum_is_equality_with_the_difference() -> None:
    body = "(i32.eq (i32.add (local.get 0) (i32.const 5)) (i32.const 3))"
    assert "p0 == 4294967294" in python(f"(module (func (param i32) (result i32) {body}))")


def test_masks_that_clear_nothing_go() -> None:
    body = "(i32.and (i32.load8_u (local.get 0)) (i32.const 255))"
    assert "return mem_u8[p0]" in python(f"(module (memory 1) (func (param i32) (result i32) {body}))")
