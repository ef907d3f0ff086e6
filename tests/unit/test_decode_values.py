"""Integers, names and lengths (spec: Binary Format / Values)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.wasm_builder import leb
from wasm2py.runtime.errors import DecodeError
from wasm2py.transpile.decode.reader import Reader, read_signed, read_unsigned


@pytest.mark.parametrize(
    ("encoded", "bits", "value"),
    [
        ("00", 32, 0),
        ("7f", 32, 127),
        ("8001", 32, 128),
        ("ffffffff0f", 32, 0xFFFFFFFF),
        ("8080808000", 32, 0),
        ("ffffffffffffffffff01", 64, 0xFFFFFFFFFFFFFFFF),
        ("82808080808080808000", 64, 2),
    ],
)
def test_unsigned(encoded: str, bits: int, value: int) -> None:
    data = bytes.fromhex(encoded)
    assert read_unsigned(data, 0, bits) == (value, len(data))


@pytest.mark.parametrize(
    ("encoded", "bits", "value"),
    [
        ("00", 32, 0),
        ("3f", 32, 63),
        ("40", 32, -64),
        ("7f", 32, -1),
        ("ff00", 32, 127),
        ("8080808078", 32, -(2**31)),
        ("ffffffff07", 32, 2**31 - 1),
        ("ffffffff7f", 32, -1),
        ("8080808080808080807f", 64, -(2**63)),
        ("ffffffff0f", 33, 2**32 - 1),
    ],
)
def test_signed(encoded: str, bits: int, value: int) -> None:
    data = bytes.fromhex(encoded)
    assert read_signed(data, 0, bits) == (value, len(data))


@given(st.integers(0, 2**64 - 1))
def test_unsigned_of_any_value(value: int) -> None:
    assert read_unsigned(leb(value), 0, 64)[0] == value


@pytest.mark.parametrize(
    ("encoded", "read", "bits", "message", "offset"),
    [
        ("", read_unsigned, 32, "unexpected end of section or function", 0),
        ("80", read_unsigned, 32, "unexpected end of section or function", 1),
        ("8080808010", read_unsigned, 32, "integer too large", 4),
        ("808080808000", read_unsigned, 32, "integer representation too long", 5),
        ("80808080808080808002", read_unsigned, 64, "integer too large", 9),
        ("8080808080808080808000", read_unsigned, 64, "integer representation too long", 10),
        ("8080808070", read_signed, 32, "integer too large", 4),
        ("ffffffff0f", read_signed, 32, "integer too large", 4),
        ("8080808008", read_signed, 32, "integer too large", 4),
        ("ffffffff4f", read_signed, 32, "integer too large", 4),
        ("ffffffffff7f", read_signed, 32, "integer representation too long", 5),
        ("8080808080808080807e", read_signed, 64, "integer too large", 9),
        ("ffffffffffffffffffff7f", read_signed, 64, "integer representation too long", 10),
        ("e07f", read_signed, 7, "integer representation too long", 1),
    ],
)  # fmt: skip
def test_malformed_integer(encoded: str, read: object, bits: int, message: str, offset: int) -> None:
    assert callable(read)
    with pytest.raises(DecodeError) as caught:
        read(bytes.fromhex(encoded), 0, bits)
    assert (caught.value.message, caught.value.offset) == (message, offset)


@pytest.mark.parametrize("text", ["", "add", "Ω≈ç√", "\0", "\U0010ffff", "\ufeff"])
def test_name(text: str) -> None:
    encoded = text.encode()
    assert Reader(leb(len(encoded)) + encoded).name() == text


@pytest.mark.parametrize(
    ("encoded", "offset"),
    [
        ("0180", 1),  # a continuation byte alone
        ("026180", 2),
        ("02c080", 1),  # overlong
        ("03eda080", 1),  # a surrogate
        ("04f4908080", 1),  # past U+10FFFF
        ("01e2", 1),  # cut short
    ],
)
def test_malformed_name(encoded: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        Reader(bytes.fromhex(encoded)).name()
    assert (caught.value.message, caught.value.offset) == ("malformed UTF-8 encoding", offset)


def test_name_longer_than_the_module() -> None:
    with pytest.raises(DecodeError) as caught:
        Reader(b"\x05abcd").name()
    assert (caught.value.message, caught.value.offset) == ("length out of bounds", 0)
