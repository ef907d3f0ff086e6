"""Numeric literals (spec: Text Format / Values / Integers, Floating-Point).

The functions take the spelling of a token of kind "number" and return None where it does not stand for such a value at
all; they raise `OverflowError` where it does but is out of range.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from math import inf
from struct import pack, unpack

_INTEGER = re.compile(r"([+-]?)(?:0x([0-9A-Fa-f_]+)|([0-9_]+))")
_NAN = re.compile(r"([+-]?)nan(?::0x([0-9A-Fa-f_]+))?")
#: More decimal digits than any integer in range has (Python refuses to convert very many).
_MANY_DIGITS = 40


def integer(spelling: str) -> int | None:
    """The value of an integer literal of any size (huge decimal ones count as 10**40)."""
    match = _INTEGER.fullmatch(spelling)
    if match is None:
        return None
    sign, hexadecimal, decimal = match.groups()
    if hexadecimal:
        value = int(hexadecimal.replace("_", ""), 16)
    else:
        digits = decimal.replace("_", "").lstrip("0") or "0"
        value = int(digits) if len(digits) <= _MANY_DIGITS else 10**_MANY_DIGITS
    return -value if sign == "-" else value


def unsigned_integer(spelling: str, bits: int) -> int | None:
    """A uN: no sign, below 2**bits."""
    if spelling[0] in "+-":
        return None
    value = integer(spelling)
    if value is not None and value >> bits:
        raise OverflowError
    return value


def any_integer(spelling: str, bits: int) -> int | None:
    """An iN as its unsigned value: written unsigned below 2**bits, or signed from -2**(bits-1)."""
    value = integer(spelling)
    if value is None:
        return None
    if not -(1 << bits - 1) <= value < 1 << bits:
        raise OverflowError
    return value & (1 << bits) - 1


def float_bits(spelling: str, bits: int) -> int | None:
    """The bit pattern of an fN literal, correctly rounded; one that would round to infinity is out of range."""
    nan = _NAN.fullmatch(spelling)
    if nan:
        return _nan_bits(nan, bits)
    text = spelling.replace("_", "")
    if text.lstrip("+-") == "inf":
        value = float(text)
    else:
        value = _finite(text)
        if bits == 32:
            value = _round_to_f32(value, text)
    code = "<f" if bits == 32 else "<d"
    return int.from_bytes(pack(code, value), "little")


def _nan_bits(match: re.Match[str], bits: int) -> int:
    fraction = 23 if bits == 32 else 52
    sign, digits = match.groups()
    payload = int(digits.replace("_", ""), 16) if digits else 1 << fraction - 1
    if not 0 < payload < 1 << fraction:
        raise OverflowError
    exponent = (1 << bits - 1 - fraction) - 1
    return (int(sign == "-") << bits - 1) | exponent << fraction | payload


def _finite(text: str) -> float:
    """The double nearest to the literal."""
    value = float.fromhex(text) if "0x" in text else float(text)
    if value in (inf, -inf):
        raise OverflowError
    return value


def _round_to_f32(value: float, text: str) -> float:
    """The f32 nearest to the literal of which `value` is the nearest double.

    Rounding twice goes wrong only where the double lies exactly between two f32s: then the literal itself decides.
    """
    down, up = _f32_neighbours(value)
    if down == up or value - down != up - value:
        return unpack("<f", pack("<f", value))[0] if abs(value) < 2.0**128 else _overflow()
    order = _compare(text, value)
    if order == 0:
        return float(unpack("<f", pack("<f", value))[0])
    chosen = up if order > 0 else down
    return chosen if abs(chosen) < 2.0**128 else _overflow()


def _overflow() -> float:
    raise OverflowError


def _f32_neighbours(value: float) -> tuple[float, float]:
    """The f32s (or ±2**128, which follows the largest) on either side of a double."""
    magnitude = abs(value)
    if magnitude >= 2.0**128:
        return value, value
    bits = unpack("<I", pack("<f", _truncate(magnitude)))[0]
    low = unpack("<f", pack("<I", bits))[0]
    if low == magnitude:
        return value, value
    high = unpack("<f", pack("<I", bits + 1))[0] if bits < 0x7F7FFFFF else 2.0**128
    return (low, high) if value > 0 else (-high, -low)


def _truncate(magnitude: float) -> float:
    """The largest f32 that is no larger than a non-negative double below 2**128."""
    try:
        near = float(unpack("<f", pack("<f", magnitude))[0])
    except OverflowError:
        return float(unpack("<f", b"\xff\xff\x7f\x7f")[0])
    if near <= magnitude:
        return near
    bits = unpack("<I", pack("<f", near))[0]
    return float(unpack("<f", pack("<I", bits - 1))[0])


def _compare(text: str, value: float) -> int:
    """Compare a literal's exact value with a double near it: -1, 0 or 1."""
    if "0x" not in text:
        exact = Decimal(text)
        return (exact > Decimal(value)) - (exact < Decimal(value))
    hexact, other = _exact_hex(text), Fraction(value)
    return (hexact > other) - (hexact < other)


def _exact_hex(text: str) -> Fraction:
    body, _, exponent = text.lower().replace("0x", "").partition("p")
    whole, _, fraction = body.partition(".")
    sign = -1 if whole.startswith("-") else 1
    mantissa = int(whole.lstrip("+-") + fraction, 16)
    power = int(exponent or "0") - 4 * len(fraction)
    return sign * Fraction(mantissa) * Fraction(2) ** power
