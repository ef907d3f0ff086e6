"""Numeric literals: ranges, and correct rounding checked against exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from struct import pack, unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasm2py.transpile.text.numbers import any_integer, float_bits, unsigned_integer


def f32_value(bits: int) -> Fraction:
    """The exact value of a finite f32; for 0x7F800000 the value that would follow the largest."""
    exponent, fraction = bits >> 23 & 0xFF, bits & 0x7FFFFF
    significand = fraction if exponent == 0 else fraction | 0x800000
    return Fraction(significand) * Fraction(2) ** (max(exponent, 1) - 150)


def decimal(value: Fraction, digits: int = 200) -> str:
    """A fraction whose denominator is a power of two, written out in full with an exponent."""
    scaled = value * 10**digits
    assert scaled.denominator == 1
    return f"{scaled.numerator}e-{digits}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-1", 0xFFFFFFFF),
        ("+7", 7),
        ("0x7fff_ffff", 0x7FFFFFFF),
        ("-0x80000000", 0x80000000),
        ("4294967295", 0xFFFFFFFF),
        ("1_000", 1000),
        ("0" * 5000 + "9", 9),
    ],
)
def test_any_integer(text: str, value: int) -> None:
    assert any_integer(text, 32) == value


@pytest.mark.parametrize("text", ["4294967296", "-2147483649", "0x100000000", "9" * 5000])
def test_any_integer_out_of_range(text: str) -> None:
    with pytest.raises(OverflowError):
        any_integer(text, 32)


@pytest.mark.parametrize("text", ["1.0", "nan", "1e3", "inf", "0x1p3"])
def test_not_an_integer(text: str) -> None:
    assert any_integer(text, 32) is None


@pytest.mark.parametrize("text", ["-1", "+1"])
def test_unsigned_integer_takes_no_sign(text: str) -> None:
    assert unsigned_integer(text, 32) is None


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("0", 0),
        ("-0", 0x80000000),
        ("1", 0x3F800000),
        ("1.", 0x3F800000),
        ("0x1", 0x3F800000),
        ("0x1.8p+1", 0x40400000),
        ("0x0.8p0", 0x3F000000),
        ("1_0.2_5e0_1", 0x42CD0000),
        ("inf", 0x7F800000),
        ("-inf", 0xFF800000),
        ("nan", 0x7FC00000),
        ("-nan:0x1", 0xFF800001),
        ("nan:0x7f_ffff", 0x7FFFFFFF),
        ("1e-46", 0),
        ("0x1p-149", 1),
        ("0x1p-150", 0),
        ("0x1.000001p-150", 1),
        ("340282356779733661637539395458142568447.9999", 0x7F7FFFFF),
        ("0x1.fffffefffffffffffffp127", 0x7F7FFFFF),
        ("1e-99999999999999999999", 0),
        # Rounding to f64 first would make these ties, which then go to the even neighbour.
        ("1.00000005960464477539062500000000000001", 0x3F800001),
        ("1.00000017881393432617187499999999999999", 0x3F800001),
        ("1.00000017881393432617187500000000000000", 0x3F800002),
    ],
)
def test_f32(text: str, bits: int) -> None:
    assert float_bits(text, 32) == bits


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("0.1", 0x3FB999999999999A),
        ("nan", 0x7FF8000000000000),
        ("nan:0x1", 0x7FF0000000000001),
        ("0x1p-1074", 1),
        ("0x0.0000000000001p-1022", 1),
        ("1.7976931348623157e308", 0x7FEFFFFFFFFFFFFF),
        ("-0x1.fffffffffffffp1023", 0xFFEFFFFFFFFFFFFF),
    ],
)
def test_f64(text: str, bits: int) -> None:
    assert float_bits(text, 64) == bits


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("nan:0x0", 32),
        ("nan:0x800000", 32),
        ("nan:0x10000000000000", 64),
        ("340282356779733661637539395458142568448", 32),
        ("0x1p128", 32),
        ("0x1.ffffffp127", 32),
        ("1e309", 64),
        ("0x1p1024", 64),
        ("1e99999999999999999999", 32),
        ("0x1p99999999999999999999", 64),
    ],
)
def test_float_out_of_range(text: str, bits: int) -> None:
    with pytest.raises(OverflowError):
        float_bits(text, bits)


@given(st.integers(0, 0x7F7FFFFF))
def test_every_f32_reads_back(bits: int) -> None:
    value = unpack("<f", pack("<I", bits))[0]
    assert float_bits(repr(value), 32) == bits
    assert float_bits(value.hex(), 32) == bits
    assert float_bits("-" + value.hex(), 32) == bits | 0x80000000


@given(st.integers(0, 0x7F7FFFFF), st.integers(-1, 1))
def test_f32_near_ties(bits: int, side: int) -> None:
    """A literal at, just below or just above the middle of two f32s goes to even, down, up."""
    low, high = f32_value(bits), f32_value(bits + 1)
    literal = (low + high) / 2 + Fraction(side, 10**200)
    even = bits + (bits & 1)
    expected = {-1: bits, 0: even, 1: bits + 1}[side]
    if expected == 0x7F800000:
        with pytest.raises(OverflowError):
            float_bits(decimal(literal), 32)
    else:
        assert float_bits(decimal(literal), 32) == expected
