"""Host values to raw values and back."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from wasm2py.runtime.access import f32_bits, f32_from_bits, f64_bits, f64_from_bits
from wasm2py.runtime.types import FuncType, GlobalType, ValType
from wasm2py.runtime.values import default_value, from_raw, to_raw

FLOATS: tuple[ValType, ...] = ("f32", "f64")


class Indexable:
    """An integer of a foreign type, as numpy's are."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class FakeFunc:
    type = FuncType(("i32",), ())


@pytest.mark.parametrize("bits", [32, 64])
def test_integers_of_either_sign_go_in_and_come_out_signed(bits: int) -> None:
    valtype: ValType = "i32" if bits == 32 else "i64"
    modulus, half = 1 << bits, 1 << bits - 1
    for host, raw, back in [
        (0, 0, 0),
        (-1, modulus - 1, -1),
        (-half, half, -half),
        (half - 1, half - 1, half - 1),
        (half, half, -half),
        (modulus - 1, modulus - 1, -1),
        (True, 1, 1),
        (Indexable(-2), modulus - 2, -2),
    ]:
        assert to_raw(valtype, host) == raw
        assert from_raw(valtype, raw) == back
        assert type(to_raw(valtype, host)) is int


@pytest.mark.parametrize("bits", [32, 64])
def test_integers_out_of_range(bits: int) -> None:
    valtype: ValType = "i32" if bits == 32 else "i64"
    for value in (1 << bits, -(1 << bits - 1) - 1, 10**30, Indexable(1 << bits)):
        with pytest.raises(OverflowError, match=rf"^i{bits} out of range: -?\d+, expected -2\*\*{bits - 1} <= i"):
            to_raw(valtype, value)


def test_a_raw_boolean_comes_out_as_an_integer() -> None:
    assert type(from_raw("i32", True)) is int
    assert type(from_raw("i64", False)) is int


@pytest.mark.parametrize(
    ("valtype", "value", "got"),
    [
        ("i32", "1", "str"),
        ("i32", 1.0, "float"),
        ("i64", None, "null"),
        ("i64", [1], "list"),
        ("f32", "1.5", "str"),
        ("f32", None, "null"),
        ("f64", b"1", "bytes"),
        ("f64", 1j, "complex"),
        ("funcref", 5, "int"),
        ("funcref", Indexable, "type"),
    ],
)
def test_wrong_types(valtype: ValType, value: Any, got: str) -> None:
    with pytest.raises(TypeError, match=f"^expected {valtype}, got {got}$"):
        to_raw(valtype, value)


def test_a_global_is_not_a_funcref() -> None:
    class FakeGlobal:
        type = GlobalType("i32")
        raw = 0

    with pytest.raises(TypeError, match="expected funcref"):
        to_raw("funcref", FakeGlobal())


@pytest.mark.parametrize("value", [1, True, Decimal(1), Fraction(1), Indexable(1), 1.0])
def test_numbers_of_any_type_become_floats(value: Any) -> None:
    for valtype in FLOATS:
        raw = to_raw(valtype, value)
        assert type(raw) is float and raw == 1.0


def test_f32_is_rounded() -> None:
    assert to_raw("f32", 0.1) == 0.10000000149011612
    assert to_raw("f32", 1e39) == math.inf
    assert to_raw("f32", -(10**39)) == -math.inf
    assert to_raw("f32", 0x7FFFFF4000000001) == 0x7FFFFF8000000000  # by way of f64 it would be 0x7fffff00...
    assert to_raw("f32", -1e-60).hex() == "-0x0.0p+0"


def test_floats_out_of_range() -> None:
    for valtype in FLOATS:
        with pytest.raises(OverflowError, match=f"^{valtype} out of range"):
            to_raw(valtype, 10**400)


def test_nans_keep_their_bits() -> None:
    for bits in (0x7FC00000, 0x7FA00000, 0xFF800001):
        assert f32_bits(to_raw("f32", f32_from_bits(bits))) == bits
        assert f32_bits(from_raw("f32", f32_from_bits(bits))) == bits
    for bits in (0x7FF8000000000000, 0xFFF0000000000001):
        assert f64_bits(to_raw("f64", f64_from_bits(bits))) == bits


def test_an_f64_nan_with_a_low_payload_becomes_a_quiet_f32_nan() -> None:
    assert f32_bits(to_raw("f32", f64_from_bits(0xFFF0000000000001))) == 0xFFC00000


def test_references() -> None:
    func, thing = FakeFunc(), object()
    assert to_raw("funcref", func) is func and to_raw("funcref", None) is None
    assert to_raw("externref", thing) is thing and from_raw("externref", thing) is thing


def test_defaults() -> None:
    types: list[ValType] = ["i32", "i64", "f32", "f64", "funcref", "externref"]
    assert [default_value(valtype) for valtype in types] == [0, 0, 0.0, 0.0, None, None]
