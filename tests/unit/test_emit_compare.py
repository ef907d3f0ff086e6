"""Comparisons and conditions: every relation against every kind of constant, as value and as condition."""

from __future__ import annotations

import operator

import pytest
from unit.translation import DIALECTS, DISABLED, instance_of, outcome, python
from wasm2py.runtime.program import Dialect

RELATIONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "gt": operator.gt,
    "le": operator.le,
    "ge": operator.ge,
}


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("name", ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"])
def test_integers_against_constants(name: str, bits: int) -> None:
    half = 1 << (bits - 1)
    constants = [0, 1, 2, 77, half - 2, half - 1, half, half + 1, 2 * half - 2, 2 * half - 1]
    fields = []
    for number, constant in enumerate(constants):
        right = f"(i{bits}.{name} (local.get 0) (i{bits}.const {constant}))"
        left = f"(i{bits}.{name} (i{bits}.const {constant}) (local.get 0))"
        low = f"(i{bits}.{name} (i{bits}.and (local.get 0) (i{bits}.const 255)) (i{bits}.const {constant}))"
        raw = f"(i{bits}.{name} (i{bits}.sub (local.get 0) (i{bits}.const 3)) (i{bits}.const {constant}))"
        for kind, test in enumerate((right, left, low, raw)):
            fields.append(f'(func (export "v{number}_{kind}") (param i{bits}) (result i32) {test})')
            fields.append(
                f"""(func (export "c{number}_{kind}") (param i{bits}) (result i32)
                    (if (i32.eqz {test}) (then (return (i32.const 0)))) (i32.const 1))"""
            )
    relation, _, sign = name.partition("_")
    compare = RELATIONS[relation]
    read = (lambda x: signed(x, bits)) if sign == "s" else (lambda x: x)
    mask = 2 * half - 1
    for disabled in ((), ("fold",)):
        instance = instance_of(f"(module {''.join(fields)})", disabled=disabled)
        for number, constant in enumerate(constants):
            for value in constants:
                operands = [(value, constant), (constant, value), (value & 255, constant), (value - 3 & mask, constant)]
                for kind, (x, y) in enumerate(operands):
                    expected = int(compare(read(x), read(y)))
                    for form in "vc":
                        assert outcome(instance, f"{form}{number}_{kind}", value) == expected, (value, constant, kind)


@pytest.mark.parametrize("name", ["lt_s", "gt_s", "le_s", "ge_s"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_signed_comparisons_of_loads_and_chains(name: str, dialect: Dialect) -> None:
    operands = [
        "(local.get 0)",
        "(i32.load (i32.const 0))",
        "(i32.load8_s (i32.const 3))",
        "(i32.load16_u (i32.const 2))",
        "(i32.sub (local.get 0) (i32.const 9))",
        "(i32.shr_s (local.get 1) (i32.const 1))",
        "(i32.lt_u (local.get 0) (local.get 1))",
        "(i32.extend8_s (local.get 1))",
    ]
    values = [0, 1, 127, 128, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
    fields = [
        f"""(func (export "f{i}_{j}") (param i32 i32) (result i32) (i32.store (i32.const 0) (local.get 1))
            (i32.{name} {left} {right}))"""
        for i, left in enumerate(operands)
        for j, right in enumerate(operands)
    ]
    instance = instance_of(f"(module (memory 1) {''.join(fields)})", dialect)
    compare = RELATIONS[name[:2]]
    for x in values:
        for y in values:
            memory = y.to_bytes(4, "little")
            exact = [
                signed(x, 32),
                signed(y, 32),
                int.from_bytes(memory[3:], "little", signed=True),
                int.from_bytes(memory[2:], "little"),
                signed(x - 9 & 0xFFFFFFFF, 32),
                signed(y, 32) >> 1,
                int(x < y),
                int.from_bytes(memory[:1], "little", signed=True),
            ]
            for i, a in enumerate(exact):
                for j, b in enumerate(exact):
                    assert outcome(instance, f"f{i}_{j}", x, y) == compare(a, b), (x, y, i, j)


@pytest.mark.parametrize("disabled", DISABLED)
def test_not_of_not_is_one_or_zero(disabled: tuple[str, ...]) -> None:
    instance = instance_of(
        """(module
        (func (export "two") (param i32) (result i32) (i32.eqz (i32.eqz (local.get 0))))
        (func (export "three") (param i32) (result i32) (i32.eqz (i32.eqz (i32.eqz (local.get 0)))))
        (func (export "wide") (param i64) (result i32) (i32.eqz (i64.eqz (local.get 0))))
        (func (export "less") (param i32) (result i32) (i32.eqz (i32.eqz (i32.lt_s (local.get 0) (i32.const 5)))))
        (func (export "sum") (param i32) (result i32)
            (i32.add (i32.eqz (i32.eqz (local.get 0))) (i32.eqz (i32.eqz (local.get 0))))))""",
        disabled=disabled,
    )
    for value in (0, 1, 2, 0x80000000):
        assert outcome(instance, "two", value) == (value != 0)
        assert outcome(instance, "three", value) == (value == 0)
        assert outcome(instance, "wide", value << 32) == (value != 0)
        assert outcome(instance, "less", value) == (signed(value, 32) < 5)
        assert outcome(instance, "sum", value) == 2 * (value != 0)


def test_negated_relations_of_floats_hold_with_nan() -> None:
    fields = [
        f"""(func (export "{name}{bits}") (param i{bits} i{bits}) (result i32)
            (if (i32.eqz (f{bits}.{name} (f{bits}.reinterpret_i{bits} (local.get 0))
                                          (f{bits}.reinterpret_i{bits} (local.get 1))))
                (then (return (i32.const 10))))
            (i32.const 20))"""
        for name in RELATIONS
        for bits in (32, 64)
    ]
    patterns = {
        32: {0.0: 0, 1.0: 0x3F800000, float("nan"): 0x7FC00000},
        64: {0.0: 0, 1.0: 0x3FF0000000000000, float("nan"): 0x7FF8000000000000},
    }
    for disabled in DISABLED:
        instance = instance_of(f"(module {''.join(fields)})", disabled=disabled)
        for bits, floats in patterns.items():
            for name, compare in RELATIONS.items():
                for x, x_bits in floats.items():
                    for y, y_bits in floats.items():
                        expected = 20 if compare(x, y) else 10
                        assert outcome(instance, f"{name}{bits}", x_bits, y_bits) == expected, (name, x, y)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("(i32.lt_s (local.get 0) (i32.const 0))", "p0 > 2147483647"),
        ("(i32.ge_s (local.get 0) (i32.const 0))", "p0 <= 2147483647"),
        ("(i32.gt_s (local.get 0) (i32.const -1))", "p0 <= 2147483647"),
        ("(i32.ge_s (local.get 0) (i32.const 5))", "5 <= p0 <= 2147483647"),
        ("(i32.lt_s (local.get 0) (i32.const 5))", "p0 < 5 or p0 > 2147483647"),
        ("(i32.lt_s (local.get 0) (i32.const -5))", "(p0 ^ 2147483648) - 2147483648 < -5"),
        ("(i32.gt_s (local.get 0) (i32.const 2147483647))", "(p0 ^ 2147483648) - 2147483648 > 2147483647"),
        ("(i32.lt_s (local.get 0) (local.get 1))", "p0 ^ 2147483648 < p1 ^ 2147483648"),
        ("(i32.lt_u (local.get 0) (local.get 1))", "p0 < p1"),
        ("(i32.lt_s (i32.load (local.get 0)) (i32.const 7))", "mem_i32"),
        ("(i32.eqz (i32.eqz (local.get 0)))", "p0 != 0"),
        ("(i32.eqz (f64.lt (local.get 2) (local.get 3)))", "not p2 < p3"),
        ("(i32.eqz (f64.eq (local.get 2) (local.get 3)))", "p2 != p3"),
        ("(i32.eqz (ref.is_null (local.get 4)))", "(p4 is None) == 0"),
    ],
)
def test_text(condition: str, text: str) -> None:
    function = f"(func (param i32 i32 f64 f64 externref) (result i32) {condition})"
    assert text in python(f"(module (memory 1) {function})")
