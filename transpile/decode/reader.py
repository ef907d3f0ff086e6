"""Reading values (spec: Binary Format / Values): integers in LEB128, names, vectors.

The functions take the bytes and a position and return the value and the position behind it; `Reader` keeps the
position.  As in the spec's reference interpreter, a reader is bounded by the module, not by the section that it is in;
whoever knows a size compares it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from wasm2py.runtime.errors import DecodeError

T = TypeVar("T")

UNEXPECTED_END = "unexpected end of section or function"


def read_byte(data: bytes, pos: int) -> tuple[int, int]:
    """One byte."""
    if pos >= len(data):
        raise DecodeError(UNEXPECTED_END, len(data))
    return data[pos], pos + 1


def read_unsigned(data: bytes, pos: int, bits: int) -> tuple[int, int]:
    """An unsigned integer of `bits` bits in LEB128, not necessarily the shortest."""
    result = shift = 0
    for at in range(pos, len(data)):
        byte = data[at]
        part = byte & 0x7F
        if bits - shift < 7 and part >> (bits - shift):
            raise DecodeError("integer too large", at)
        result |= part << shift
        if byte < 0x80:
            return result, at + 1
        shift += 7
        if shift >= bits:
            raise DecodeError("integer representation too long", at + 1)
    raise DecodeError(UNEXPECTED_END, len(data))


def read_signed(data: bytes, pos: int, bits: int) -> tuple[int, int]:
    """A signed integer of `bits` bits in LEB128; the unused bits of its last byte must repeat the sign."""
    result = shift = 0
    for at in range(pos, len(data)):
        byte = data[at]
        part = byte & 0x7F
        value = part - 0x80 if part & 0x40 else part
        if bits - shift < 7 and value >> (bits - shift - 1) not in (0, -1):
            raise DecodeError("integer too large", at)
        if byte < 0x80:
            return result | value << shift, at + 1
        result |= part << shift
        shift += 7
        if shift >= bits:
            raise DecodeError("integer representation too long", at + 1)
    raise DecodeError(UNEXPECTED_END, len(data))


def read_u32(data: bytes, pos: int) -> tuple[int, int]:
    if pos < len(data) and data[pos] < 0x80:
        return data[pos], pos + 1
    return read_unsigned(data, pos, 32)


def read_u64(data: bytes, pos: int) -> tuple[int, int]:
    return read_unsigned(data, pos, 64)


def read_length(data: bytes, pos: int) -> tuple[int, int]:
    """A u32 that counts bytes, which must all be there."""
    length, after = read_u32(data, pos)
    if length > len(data) - after:
        raise DecodeError("length out of bounds", pos)
    return length, after


def read_fixed(data: bytes, pos: int, size: int) -> tuple[int, int]:
    """`size` bytes as one little-endian unsigned integer."""
    if pos + size > len(data):
        raise DecodeError(UNEXPECTED_END, len(data))
    return int.from_bytes(data[pos : pos + size], "little"), pos + size


class Reader:
    """A cursor over the bytes of a module: `pos` is the offset of the next byte, `end` where the section ends."""

    __slots__ = ("data", "end", "pos")

    def __init__(self, data: bytes, pos: int = 0) -> None:
        self.data = data
        self.pos = pos
        self.end = len(data)

    def at_end(self) -> bool:
        return self.pos >= len(self.data)

    def byte(self) -> int:
        value, self.pos = read_byte(self.data, self.pos)
        return value

    def u32(self) -> int:
        value, self.pos = read_u32(self.data, self.pos)
        return value

    def u64(self) -> int:
        value, self.pos = read_unsigned(self.data, self.pos, 64)
        return value

    def s7(self) -> int:
        """A type's code, which is a one-byte signed LEB128, as the byte."""
        value, self.pos = read_signed(self.data, self.pos, 7)
        return value & 0x7F

    def length(self) -> int:
        value, self.pos = read_length(self.data, self.pos)
        return value

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self.pos
        if size < 0 or start + size > len(self.data):
            raise DecodeError(UNEXPECTED_END, len(self.data))
        self.pos = start + size
        return self.data[start : self.pos]

    def name(self) -> str:
        """A name: its length in bytes, then UTF-8."""
        size = self.length()
        start = self.pos
        try:
            return self.take(size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError("malformed UTF-8 encoding", start + error.start) from None

    def vector(self, element: Callable[[Reader], T]) -> tuple[T, ...]:
        """A vector: its length, then its elements."""
        return tuple([element(self) for _ in range(self.u32())])
