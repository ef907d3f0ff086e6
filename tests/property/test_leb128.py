"""The decoder reads back every integer, and refuses what is too long or too large for its type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.encoder import signed, unsigned
from wasm2py.runtime.errors import DecodeError
from wasm2py.transpile.decode.reader import read_signed, read_unsigned


@given(st.integers(0, 2**32 - 1), st.binary(max_size=3))
def test_u32_round_trip(value: int, behind: bytes) -> None:
    encoded = unsigned(value)
    assert read_unsigned(encoded + behind, 0, 32) == (value, len(encoded))


@given(st.integers(-(2**31), 2**31 - 1), st.binary(max_size=3))
def test_s32_round_trip(value: int, before: bytes) -> None:
    encoded = signed(value)
    assert read_signed(before + encoded, len(before), 32) == (value, len(before) + len(encoded))


@given(st.integers(-(2**63), 2**63 - 1))
def test_s64_round_trip(value: int) -> None:
    assert read_signed(signed(value), 0, 64)[0] == value


@given(st.integers(-(2**32), 2**32 - 1))
def test_s33_round_trip(value: int) -> None:
    assert read_signed(signed(value), 0, 33)[0] == value


@given(st.integers(0, 127), st.integers(1, 4))
def test_zeros_may_follow_up_to_the_widest(value: int, padding: int) -> None:
    encoded = bytes([value | 0x80]) + b"\x80" * (padding - 1) + b"\0"
    assert read_unsigned(encoded, 0, 32) == (value, padding + 1)


@given(st.integers(2**32, 2**35 - 1))
def test_too_large_for_u32(value: int) -> None:
    with pytest.raises(DecodeError, match="integer too large"):
        read_unsigned(unsigned(value), 0, 32)


@given(st.one_of(st.integers(2**31, 2**34 - 1), st.integers(-(2**34), -(2**31) - 1)))
def test_too_large_for_s32(value: int) -> None:
    with pytest.raises(DecodeError, match="integer too large"):
        read_signed(signed(value), 0, 32)


@given(st.integers(0, 127))
def test_too_long_for_u32(value: int) -> None:
    with pytest.raises(DecodeError, match="integer representation too long"):
        read_unsigned(bytes([value | 0x80]) + b"\x80" * 4 + b"\0", 0, 32)


@given(st.integers(0, 9))
def test_cut_short(length: int) -> None:
    with pytest.raises(DecodeError, match="unexpected end"):
        read_unsigned(b"\x80" * length, 0, 64) if length < 9 else read_signed(b"\xff" * length, 0, 64)
