"""Float helpers, bit by bit: results are compared as bit patterns, so zeros' signs and NaNs' payloads count."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from wasm2py.runtime import floats
from wasm2py.runtime.access import f32_bits, f32_from_bits, f64_bits, f64_from_bits
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.numerics import HELPERS

H: dict[str, Any] = HELPERS
INF, NAN = math.inf, floats.NAN
TINY, LARGEST = 5e-324, 1.7976931348623157e308
F32_TINY, F32_LARGEST = 2.0**-149, 2.0**128 - 2.0**104

#: Quiet with and without payload, signalling, of both signs.
NANS = [f64_from_bits(bits) for bits in (
    0x7FF8000000000000, 0xFFF8000000000000, 0x7FF800000000BEEF, 0xFFFC000000000001,
    0x7FF0000000000001, 0xFFF4000000000000, 0x7FF7FFFFFFFFFFFF,
)]  # fmt: skip
POSITIVE = [
    0.0, TINY, 2.0**-1022, F32_TINY, 2.0**-126, 0.1, 0.25, 0.49999999999999994, 0.5, 0.5000000000000001, 0.75,
    0.9999999999999999, 1.0, 1.4999999999999998, 1.5, 2.0, 2.5, 3.5, 4.5, 1e10, 2.0**23 + 0.5, 2.0**31, 2.0**32,
    2.0**51 + 0.5, 2.0**52 - 1.5, 2.0**52 - 0.5, 2.0**52, 2.0**52 + 1, 2.0**53 + 2, 2.0**63, 2.0**64,
    F32_LARGEST, LARGEST,
]  # fmt: skip
FINITE = [sign * x for x in POSITIVE for sign in (1.0, -1.0)]
NUMBERS = [*FINITE, INF, -INF]
QUIET = 0x0008000000000000
SIGN = 1 << 63


def same(x: float, y: float) -> bool:
    return type(x) is float and f64_bits(x) == f64_bits(y)


def quieted(x: float) -> float:
    return f64_from_bits(f64_bits(x) | QUIET)


def as_f32(x: Fraction, negative: bool) -> float:
    """Round an exact number to f32, with ties to even: the slow way, from the definition."""
    magnitude = abs(x)
    exponent = -149
    while magnitude >= Fraction(2) ** (exponent + 24):
        exponent += 1
    unit = Fraction(2) ** exponent
    rounded = round(magnitude / unit) * unit
    result = INF if rounded >= Fraction(2) ** 128 else float(rounded)
    return -result if negative else result


# Rounding to f32


def f32_edges() -> list[float]:
    edges = [
        x for power in (-150, -149, -148, -127, -126, -125, -1, 0, 1, 24, 127) for x in (2.0**power, 3 * 2.0**power)
    ]
    halves = [x + x * 2.0**-24 for x in edges] + [x + x * 3 * 2.0**-24 for x in edges]
    around = [math.nextafter(x, to) for x in [*edges, *halves] for to in (0.0, INF)]
    limit = 2.0**128 - 2.0**103
    return [*edges, *halves, *around, limit, math.nextafter(limit, 0), math.nextafter(limit, INF), *POSITIVE]


IMPLEMENTATIONS: list[Callable[[float], float]] = [floats.f32, floats._f32_by_cell, floats._f32_by_arithmetic]


@pytest.mark.parametrize("f32", IMPLEMENTATIONS)
def test_f32_at_the_edges(f32: Callable[[float], float]) -> None:
    for x in f32_edges():
        for value in (x, -x):
            assert same(f32(value), as_f32(Fraction(value), math.copysign(1, value) < 0)), value.hex()
    assert f32(INF) == INF and f32(-INF) == -INF


@pytest.mark.parametrize("f32", IMPLEMENTATIONS)
def test_f32_at_random(f32: Callable[[float], float]) -> None:
    source = random.Random(7)
    for _ in range(2000):
        low = source.choice((0, 1 << 28, (1 << 28) - 1, (1 << 28) + 1, source.getrandbits(29)))
        value = math.ldexp(source.getrandbits(24) << 29 | low, source.randrange(-230, 90))
        assert same(f32(value), as_f32(Fraction(value), False)), value.hex()


@pytest.mark.parametrize("f32", IMPLEMENTATIONS)
def test_f32_of_nan_is_quiet_and_keeps_the_upper_payload(f32: Callable[[float], float]) -> None:
    for nan in NANS:
        expected = f64_bits(nan) & ~0x1FFFFFFF | QUIET
        assert f64_bits(f32(nan)) == expected, hex(f64_bits(nan))


@pytest.mark.parametrize("f32", IMPLEMENTATIONS)
def test_f32_of_integers(f32: Callable[[float], float]) -> None:
    for number in (0, 1, -1, 16777217, -16777219, 2**53, 2**60):
        assert same(f32(number), as_f32(Fraction(number), number < 0)), number


def test_integers_are_rounded_to_f32_once() -> None:
    numbers = [
        0,
        1,
        -1,
        2**24 + 1,
        2**24 + 3,
        2**53 - 1,
        2**53,
        2**53 + 1,
        2**64 - 1,
        2**63 - 1,
        -(2**63),
        0x7FFFFF4000000001,
    ]
    for bits in range(25, 64):
        tie = (1 << bits) + (1 << bits - 24)
        numbers += [tie - 1, tie, tie + 1, tie + (1 << bits - 23), tie + (1 << bits - 23) + 1, 1 - tie, -tie, -1 - tie]
    for number in numbers:
        assert same(floats.f32_from_int(number), as_f32(Fraction(number), number < 0)), number


def test_promote_quiets() -> None:
    for x in NUMBERS:
        assert same(H["f_promote"](x), x)
    for nan in NANS:
        assert same(H["f_promote"](nan), quieted(nan))


# Rounding to integers


ROUNDINGS: dict[str, Callable[[float], int]] = {
    "f_nearest": round,
    "f_floor": math.floor,
    "f_ceil": math.ceil,
    "f_trunc": math.trunc,
}


@pytest.mark.parametrize("name", ROUNDINGS)
def test_rounding(name: str) -> None:
    for x in FINITE:
        assert same(H[name](x), math.copysign(ROUNDINGS[name](x), x)), x
    assert same(H[name](INF), INF) and same(H[name](-INF), -INF)


@pytest.mark.parametrize("name", [*ROUNDINGS, "f_sqrt"])
def test_nan_comes_out_quiet(name: str) -> None:
    for nan in NANS:
        assert same(H[name](nan), quieted(nan)), hex(f64_bits(nan))


# Arithmetic


def test_division() -> None:
    for x, y in itertools.product(NUMBERS, NUMBERS):
        result = H["f_div"](x, y)
        negative = (f64_bits(x) ^ f64_bits(y)) >> 63
        if y:
            expected = x / y
            assert same(result, expected) or (math.isnan(result) and math.isnan(expected))
        elif x:
            assert same(result, -INF if negative else INF), (x, y)
        else:
            assert same(result, NAN)


def test_square_root() -> None:
    for x in [x for x in NUMBERS if x >= 0]:
        assert same(H["f_sqrt"](x), math.sqrt(x))
    assert same(H["f_sqrt"](-0.0), -0.0)
    for x in (-TINY, -1.0, -INF):
        assert same(H["f_sqrt"](x), NAN)


def ordered(x: float) -> tuple[float, float]:
    return x, math.copysign(1.0, x)


def test_min_and_max_order_zeros_by_sign() -> None:
    for x, y in itertools.product(NUMBERS, NUMBERS):
        assert same(H["f_min"](x, y), min(x, y, key=ordered)), (x, y)
        assert same(H["f_max"](x, y), max(x, y, key=ordered)), (x, y)


@pytest.mark.parametrize("name", ["f_min", "f_max", "f_div"])
def test_nan_operands_give_a_quiet_nan_of_one_of_them(name: str) -> None:
    for nan, x in itertools.product(NANS, NUMBERS):
        assert same(H[name](nan, x), quieted(nan)), (hex(f64_bits(nan)), x)
        assert same(H[name](x, nan), quieted(nan)), (hex(f64_bits(nan)), x)
    for x, y in itertools.product(NANS, NANS):
        assert f64_bits(H[name](x, y)) in (f64_bits(quieted(x)), f64_bits(quieted(y)))


def test_sign_operations_touch_the_sign_bit_alone() -> None:
    for x in [*NUMBERS, *NANS]:
        bits = f64_bits(x)
        assert f64_bits(H["f_neg"](x)) == bits ^ SIGN
        assert f64_bits(H["f_abs"](x)) == bits & ~SIGN
        for y in [0.0, -0.0, -1.0, INF, *NANS]:
            assert f64_bits(H["f_copysign"](x, y)) == bits & ~SIGN | f64_bits(y) & SIGN


def test_sign_operations_keep_f32_signalling_nans() -> None:
    signalling = f32_from_bits(0x7FA00001)
    assert f32_bits(H["f_neg"](signalling)) == 0xFFA00001
    assert f32_bits(H["f_abs"](H["f_neg"](signalling))) == 0x7FA00001
    assert f32_bits(H["f_copysign"](signalling, -1.0)) == 0xFFA00001


def test_constants() -> None:
    assert f64_bits(H["NAN"]) == 0x7FF8000000000000
    assert f64_bits(H["INF"]) == 0x7FF0000000000000
    assert H["Trap"] is Trap


# Conversion to integers


RANGES = {
    f"i{bits}_trunc{{}}_{sign}": (-(1 << bits - 1) if sign == "s" else 0, (1 << bits - (sign == "s")) - 1, bits)
    for bits in (32, 64)
    for sign in ("s", "u")
}


def edges_of(low: int, high: int) -> list[float]:
    ends = [float(low), float(high), low - 1.0, high + 1.0, -0.9999999999999999, -1.0, low - 0.5, high + 0.5]
    return [*ends, *(math.nextafter(x, to) for x in ends for to in (-INF, INF)), *NUMBERS]


@pytest.mark.parametrize("pattern", RANGES)
def test_truncation(pattern: str) -> None:
    low, high, bits = RANGES[pattern]
    checked, saturating = H[pattern.format("")], H[pattern.format("_sat")]
    for x in edges_of(low, high):
        exact = int(x) if math.isfinite(x) else None
        if exact is not None and low <= exact <= high:
            assert checked(x) == saturating(x) == exact & (1 << bits) - 1, x
            continue
        assert saturating(x) == (low if x < 0 else high) & (1 << bits) - 1, x
        with pytest.raises(Trap) as caught:
            checked(x)
        assert caught.value.kind == "integer overflow", x


@pytest.mark.parametrize("pattern", RANGES)
def test_truncation_of_nan(pattern: str) -> None:
    for nan in NANS:
        assert H[pattern.format("_sat")](nan) == 0
        with pytest.raises(Trap) as caught:
            H[pattern.format("")](nan)
        assert caught.value.kind == "invalid conversion to integer"
