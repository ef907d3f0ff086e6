"""i64 values as signed machine words, which is what they are in the portable dialect (docs/architecture.md).

Every number here is a *word*, `-2**63 <= x < 2**63`, and stands for the i64 of the same 64 bits; a bool may stand for 0
or 1.  What might leave that range is computed by `int_add` and its like, which wrap around: on PyPy they are built in,
and compiled to single instructions, so that no big integer ever arises.  Shift counts must be less than 64.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.floats import f32_from_int, truncation_trap
from wasm2py.runtime.layouts import F64, I64

if TYPE_CHECKING:
    from wasm2py.runtime.errors import WasmException

_SIGN = 1 << 63
_MASK = (1 << 64) - 1
_LEAST = -1 << 63

_word_bytes = I64.pack
_word_of = I64.unpack
_f64_bytes = F64.pack
_f64_of = F64.unpack


if sys.implementation.name != "pypy":

    def int_add(x: int, y: int) -> int:
        """Add."""
        return (x + y + _SIGN & _MASK) - _SIGN

    def int_sub(x: int, y: int) -> int:
        """Subtract."""
        return (x - y + _SIGN & _MASK) - _SIGN

    def int_mul(x: int, y: int) -> int:
        """Multiply."""
        return (x * y + _SIGN & _MASK) - _SIGN

    def int_lshift(x: int, n: int) -> int:
        """Shift left."""
        return ((x << n) + _SIGN & _MASK) - _SIGN

    def uint_rshift(x: int, n: int) -> int:
        """Shift right, filling with zeros."""
        return word((x & _MASK) >> n)

    def machine_int(x: int) -> int:
        """The same integer, as a machine word if it fits one: on PyPy an integer can be a big one in spite of its size,
        if it was computed from such, and makes all that is computed from it slow.
        """
        return x

else:
    from __pypy__.intop import (  # type: ignore[import-not-found,no-redef]
        int_add,
        int_lshift,
        int_mul,
        int_sub,
        uint_rshift,
    )

    def machine_int(x: int) -> int:
        return int_add(x, 0) if -_SIGN <= x < _SIGN else x


def word(x: int) -> int:
    """The word of an unsigned i64, `0 <= x < 2**64`."""
    return machine_int(x - 0x10000000000000000 if x >= _SIGN else x)


def unsigned(x: int) -> int:
    """The unsigned i64 of a word."""
    return x & _MASK


def word_rotl(x: int, n: int) -> int:
    """Rotate left; the count is taken modulo 64."""
    return int_lshift(x, n & 63) | uint_rshift(x, -n & 63) if n & 63 else x


def word_rotr(x: int, n: int) -> int:
    """Rotate right; the count is taken modulo 64."""
    return uint_rshift(x, n & 63) | int_lshift(x, -n & 63) if n & 63 else x


# Counting bits goes by way of sums of neighbours: PyPy's `bit_length` and `bit_count` take 50 ns, this 3.


def word_popcnt(x: int) -> int:
    """Count the bits that are set."""
    x = int_sub(x, x >> 1 & 0x5555555555555555)
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333)
    return int_mul((x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F, 0x0101010101010101) >> 56


def word_clz(x: int) -> int:
    """Count leading zero bits; 64 for 0."""
    if x < 0:
        return 0
    x |= x >> 1
    x |= x >> 2
    x |= x >> 4
    x |= x >> 8
    x |= x >> 16
    return word_popcnt(~(x | x >> 32))


def word_ctz(x: int) -> int:
    """Count trailing zero bits; 64 for 0."""
    return word_popcnt((-1 ^ x) & int_sub(x, 1))


def word_div_s(x: int, y: int) -> int:
    """Divide as signed numbers, rounding towards zero; traps on division by zero and on -2**63 / -1."""
    if y == 0:
        raise Trap("integer divide by zero")
    if y == -1:
        if x == _LEAST:
            raise Trap("integer overflow")
        return -x
    quotient = x // y
    return quotient + 1 if quotient < 0 and quotient * y != x else quotient


def word_rem_s(x: int, y: int) -> int:
    """The remainder of the signed division, with the dividend's sign; traps on division by zero."""
    if y == 0:
        raise Trap("integer divide by zero")
    if y == -1:
        return 0
    remainder = x % y
    return remainder - y if remainder and remainder ^ x < 0 else remainder


def _halved(x: int, y: int) -> int:
    """The unsigned quotient of a negative word and a positive one, or that less one: by way of half the dividend."""
    return int_lshift(uint_rshift(x, 1) // y, 1)


def word_div_u(x: int, y: int) -> int:
    """Divide as unsigned numbers; ZeroDivisionError for a zero."""
    if y < 0:
        return int(y <= x < 0)
    if x >= 0:
        return x // y
    quotient = _halved(x, y)
    rest = int_sub(x, int_mul(quotient, y))
    return quotient if 0 <= rest < y else int_add(quotient, 1)


def word_rem_u(x: int, y: int) -> int:
    """The remainder of the unsigned division; ZeroDivisionError for a zero."""
    if y < 0:
        return x - y if y <= x < 0 else x
    if x >= 0:
        return x % y
    rest = int_sub(x, int_mul(_halved(x, y), y))
    return rest if 0 <= rest < y else int_sub(rest, y)


# Conversions


def f64_word(x: float) -> int:
    """The bit pattern of an f64 (spec: `i64.reinterpret_f64`)."""
    bits: int = _word_of(_f64_bytes(x))[0]
    return bits


def f64_from_word(bits: int) -> float:
    """The f64 with this bit pattern (spec: `f64.reinterpret_i64`)."""
    x: float = _f64_of(_word_bytes(bits))[0]
    return x


# Half an unsigned number, its lowest bit set if that cut one off, is rounded as the number itself would be.


def f64_from_unsigned(x: int) -> float:
    """Round the unsigned number to f64 (spec: `f64.convert_i64_u`)."""
    return float(x) if x >= 0 else 2.0 * float(uint_rshift(x, 1) | x & 1)


def f32_from_unsigned(x: int) -> float:
    """Round the unsigned number to f32 in one step (spec: `f32.convert_i64_u`)."""
    return f32_from_int(x) if x >= 0 else 2.0 * f32_from_int(uint_rshift(x, 1) | x & 1)


def _upper_half(x: float) -> int:
    """The word of an unsigned number from 2**63 on, which has no fraction."""
    return int(x - 9223372036854775808.0) ^ _LEAST


def word_trunc_s(x: float) -> int:
    """Round towards zero to a signed i64; traps on NaN and on what does not fit."""
    if -9223372036854775808.0 <= x < 9223372036854775808.0:
        return int(x)
    raise truncation_trap(x)


def word_trunc_u(x: float) -> int:
    """Round towards zero to an unsigned i64; traps on NaN and on what does not fit."""
    if -1.0 < x < 9223372036854775808.0:
        return int(x)
    if 9223372036854775808.0 <= x < 18446744073709551616.0:
        return _upper_half(x)
    raise truncation_trap(x)


def word_trunc_sat_s(x: float) -> int:
    """Round towards zero to the nearest signed i64 there is; 0 for NaN."""
    if -9223372036854775808.0 <= x < 9223372036854775808.0:
        return int(x)
    return 0 if x != x else _LEAST if x < 0.0 else 0x7FFFFFFFFFFFFFFF


def word_trunc_sat_u(x: float) -> int:
    """Round towards zero to the nearest unsigned i64 there is; 0 for NaN."""
    if -1.0 < x < 9223372036854775808.0:
        return int(x)
    if 9223372036854775808.0 <= x < 18446744073709551616.0:
        return _upper_half(x)
    return -1 if x > 0.0 else 0


def word_add128(low: int, high: int, other_low: int, other_high: int) -> tuple[int, int]:
    """Add two numbers of 128 bits, each in two halves; the sum's halves, the low one first."""
    return _halves((high << 64) + (low & _MASK) + (other_high << 64) + (other_low & _MASK))


def word_sub128(low: int, high: int, other_low: int, other_high: int) -> tuple[int, int]:
    """Subtract two numbers of 128 bits, each in two halves; the difference's halves, the low one first."""
    return _halves((high << 64) + (low & _MASK) - (other_high << 64) - (other_low & _MASK))


def word_mul_wide_s(x: int, y: int) -> tuple[int, int]:
    """Multiply as signed integers; the halves of all 128 bits, the low one first."""
    return _halves(x * y)


def word_mul_wide_u(x: int, y: int) -> tuple[int, int]:
    """Multiply as unsigned integers; the halves of all 128 bits, the low one first."""
    return _halves((x & _MASK) * (y & _MASK))


def _halves(x: int) -> tuple[int, int]:
    return word(x & _MASK), word(x >> 64 & _MASK)


def word_caught(exception: WasmException, index: int) -> int:
    """The i64 that an exception carries at an index."""
    return word(exception.raw[index])
