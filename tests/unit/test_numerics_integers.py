"""Integer helpers against the spec's definitions, on every pair of awkward numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.numerics import HELPERS

H: dict[str, Any] = HELPERS
WIDTHS = (32, 64)


def awkward(bits: int) -> list[int]:
    """Unsigned numbers around the powers of two and the ends of the ranges."""
    numbers = {0, 1, 2, 3, 5, 7, 10, 0x12345678, 0xDEADBEEF, (1 << bits) - 10, 0x5555555555555555 & (1 << bits) - 1}
    for power in (8, 16, 31, 32, 33, 63, 64):
        numbers |= {(1 << power) + delta for delta in (-2, -1, 0, 1)}
    return sorted(number for number in numbers if 0 <= number < 1 << bits)


def signed(x: int, bits: int) -> int:
    return x - (1 << bits) if x >> bits - 1 else x


def truncated_quotient(x: int, y: int) -> int:
    quotient = abs(x) // abs(y)
    return -quotient if (x < 0) != (y < 0) else quotient


@pytest.mark.parametrize("bits", WIDTHS)
def test_division_rounds_towards_zero_and_remainder_has_the_dividends_sign(bits: int) -> None:
    div: Callable[[int, int], int] = H[f"i{bits}_div_s"]
    rem: Callable[[int, int], int] = H[f"i{bits}_rem_s"]
    mask = (1 << bits) - 1
    for x, y in itertools.product(awkward(bits), awkward(bits)):
        if not y:
            continue
        a, b = signed(x, bits), signed(y, bits)
        quotient = truncated_quotient(a, b)
        assert rem(x, y) == (a - b * quotient) & mask, (x, y)
        if quotient >> bits - 1 == 1:
            with pytest.raises(Trap, match="integer overflow"):
                div(x, y)
        else:
            assert div(x, y) == quotient & mask, (x, y)


@pytest.mark.parametrize("name", ["i32_div_s", "i32_rem_s", "i64_div_s", "i64_rem_s"])
@pytest.mark.parametrize("x", [0, 1, 0x80000000])
def test_division_by_zero_traps(name: str, x: int) -> None:
    with pytest.raises(Trap) as caught:
        H[name](x, 0)
    assert caught.value.kind == "integer divide by zero"


@pytest.mark.parametrize("bits", WIDTHS)
def test_overflow_has_its_trap_kind_and_a_remainder(bits: int) -> None:
    smallest, minus_one = 1 << bits - 1, (1 << bits) - 1
    with pytest.raises(Trap) as caught:
        H[f"i{bits}_div_s"](smallest, minus_one)
    assert caught.value.kind == "integer overflow"
    assert H[f"i{bits}_rem_s"](smallest, minus_one) == 0


@pytest.mark.parametrize("bits", WIDTHS)
def test_shift_right_signed(bits: int) -> None:
    for x, n in itertools.product(awkward(bits), [*range(70), (1 << bits) - 1]):
        expected = (signed(x, bits) >> n % bits) & (1 << bits) - 1
        assert H[f"i{bits}_shr_s"](x, n) == expected, (x, n)


@pytest.mark.parametrize("bits", WIDTHS)
def test_rotations(bits: int) -> None:
    for x, n in itertools.product(awkward(bits), [*range(70), (1 << bits) - 1]):
        digits = f"{x:0{bits}b}"
        left = digits[n % bits :] + digits[: n % bits]
        assert H[f"i{bits}_rotl"](x, n) == int(left, 2), (x, n)
        assert H[f"i{bits}_rotr"](int(left, 2), n) == x, (x, n)


@pytest.mark.parametrize("bits", WIDTHS)
def test_counting_zeros(bits: int) -> None:
    for x in awkward(bits):
        digits = f"{x:0{bits}b}"
        assert H[f"i{bits}_clz"](x) == len(digits) - len(digits.lstrip("0"))
        assert H[f"i{bits}_ctz"](x) == len(digits) - len(digits.rstrip("0"))


@pytest.mark.parametrize("bits", WIDTHS)
def test_booleans_stand_for_0_and_1(bits: int) -> None:
    for name, arguments, expected in [
        ("clz", (True,), bits - 1),
        ("ctz", (True,), 0),
        ("ctz", (False,), bits),
        ("rotl", (True, True), 2),
        ("shr_s", (True, False), 1),
        ("div_s", (True, True), 1),
        ("rem_s", (True, True), 0),
    ]:
        result = H[f"i{bits}_{name}"](*arguments)
        assert result == expected, name
