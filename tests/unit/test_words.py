"""Signed words against unsigned i64s: the helpers of the two dialects agree on every pair of awkward numbers."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import Any

import pytest
from test_numerics_integers import awkward
from translation import program_of
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.floats import f32_from_int
from wasm2py.runtime.numerics import HELPERS
from wasm2py.runtime.words import machine_int, unsigned, word

H: dict[str, Any] = HELPERS
NUMBERS = awkward(64)
MASK = 0xFFFFFFFFFFFFFFFF

BINARY: dict[str, Callable[[int, int], int]] = {
    "int_add": lambda x, y: x + y & MASK,
    "int_sub": lambda x, y: x - y & MASK,
    "int_mul": lambda x, y: x * y & MASK,
    "word_rotl": H["i64_rotl"],
    "word_rotr": H["i64_rotr"],
    "word_div_s": H["i64_div_s"],
    "word_rem_s": H["i64_rem_s"],
    "word_div_u": lambda x, y: x // y,
    "word_rem_u": lambda x, y: x % y,
}
SHIFTS: dict[str, Callable[[int, int], int]] = {
    "int_lshift": lambda x, n: x << n & MASK,
    "uint_rshift": lambda x, n: x >> n,
}
COUNTS: dict[str, Callable[[int], int]] = {
    "word_clz": H["i64_clz"],
    "word_ctz": H["i64_ctz"],
    "word_popcnt": int.bit_count,
}
FLOATS = [0.0, -0.0, 0.5, -0.999, -1.0, 1.5, 1e18, 2.0**63, -(2.0**63), 2.0**63 - 1024, 2.0**63 + 2048, 2.0**64 - 2048]
FLOATS += [2.0**64, -(2.0**63) - 2048, 1e300, -1e300, H["INF"], -H["INF"], H["NAN"]]


def outcome(function: Callable[..., int], *args: Any) -> Any:
    try:
        return function(*args)
    except Trap as trap:
        return trap.kind
    except ZeroDivisionError:
        return "integer divide by zero"


def as_word(result: Any) -> Any:
    return word(result) if isinstance(result, int) else result


def test_words_and_unsigned_numbers() -> None:
    for number in NUMBERS:
        assert -(2**63) <= word(number) < 2**63
        assert unsigned(word(number)) == number


@pytest.mark.parametrize("name", BINARY)
def test_binary_operators(name: str) -> None:
    for x, y in itertools.product(NUMBERS, NUMBERS):
        assert outcome(H[name], word(x), word(y)) == as_word(outcome(BINARY[name], x, y)), (x, y)


@pytest.mark.parametrize("name", SHIFTS)
def test_shifts(name: str) -> None:
    for x, n in itertools.product(NUMBERS, range(64)):
        assert H[name](word(x), n) == word(SHIFTS[name](x, n)), (x, n)


@pytest.mark.parametrize("name", COUNTS)
def test_counts_of_bits(name: str) -> None:
    for x in NUMBERS:
        assert H[name](word(x)) == COUNTS[name](x), x
    assert H[name](True) == COUNTS[name](1)


@pytest.mark.parametrize("name", ["trunc_s", "trunc_u", "trunc_sat_s", "trunc_sat_u"])
def test_truncations(name: str) -> None:
    for x in FLOATS:
        assert outcome(H[f"word_{name}"], x) == as_word(outcome(H[f"i64_{name}"], x)), x


def test_conversions_to_floats_round_once() -> None:
    for x in (
        *NUMBERS,
        2**63 + 1024,
        2**63 + 1025,
        2**63 + 3072,
        2**63 + (1 << 39),
        2**63 + (1 << 39) + 1,
        2**63 + (3 << 39),
    ):
        assert H["f64_from_unsigned"](word(x)) == float(x)
        assert H["f32_from_unsigned"](word(x)) == f32_from_int(x)


def test_bit_patterns_of_floats_survive() -> None:
    for bits in (*NUMBERS, 0x7FF0000000000001, 0xFFF4000000000000, 0x7FF8000000000000):
        assert H["f64_word"](H["f64_from_bits"](bits)) == word(bits)
        assert H["f64_bits"](H["f64_from_word"](word(bits))) == bits


def test_machine_ints() -> None:
    for x in (0, -1, 2**63 - 1, -(2**63), 2**63, 2**64, -(2**63) - 1):
        assert machine_int(x) == x


@pytest.mark.skipif(sys.implementation.name != "pypy", reason="only PyPy has two kinds of integers")
def test_small_integers_of_pypy_are_no_big_ones() -> None:
    from __pypy__ import internal_repr

    mask = 2**64 - 1
    assert "W_LongObject" in internal_repr(mask & 7)
    assert "W_IntObject" in internal_repr(machine_int(mask & 7))
    assert "W_IntObject" in internal_repr(word(mask))
    wat = "(module (func (param i64) (result i64) (i64.shl (local.get 0) (i64.const 7))))"
    translator, module, program = program_of(wat, "portable")
    numbers = [constant for constant in translator.function_code(module, program, 0).co_consts if constant == 7]
    assert numbers and all("W_IntObject" in internal_repr(number) for number in numbers)
