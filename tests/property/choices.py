"""Decisions read from a string of bytes, so that a module generator can be driven, replayed and shrunk as one.

Zero is always the simplest decision, and the only one when the bytes run out: shorter and smaller bytes make simpler
modules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_INTEGERS = (0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF)
_INTEGERS += (0x80000000, 0xFFFFFFFF, 0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF)
#: Zeros, ones, halves and ties, the edges of the integer ranges, subnormals, infinities, and NaNs of each sort.
_F32 = (0, 0x80000000, 0x3F800000, 0xBF800000, 0x3F000000, 0x3FC00000, 0x40200000, 0xC0200000, 0x4B000000, 0x4B800001)
_F32 += (0x4EFFFFFF, 0x4F000000, 0xCF000000, 0x4F800000, 0x5F000000, 0xDF000000, 0x5F800000, 1, 0x80000001, 0x007FFFFF)
_F32 += (0x00800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7FA00000, 0x7F800001)
_F64 = (0, 1 << 63, 0x3FF << 52, 0xBFF << 52, 0x3FE << 52, 0x3FF8 << 48, 0x4004 << 48, 0xC004 << 48, 0x433 << 52)
_F64 += (0x4340000000000001, 0x41DFFFFFFFC00000, 0x41E0000000000000, 0xC1E0000000000000, 0xC1E0000000200000)
_F64 += (0x41EFFFFFFFE00000, 0x41F0000000000000, 0x43E0000000000000, 0xC3E0000000000000, 0x43F0000000000000)
_F64 += (1, 0x8000000000000001, 0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x7FEFFFFFFFFFFFFF, 0xFFEFFFFFFFFFFFFF)
_F64 += (0x47EFFFFFE0000000, 0x47EFFFFFF0000000, 0x36A0000000000000, 0x3690000000000000, 0x7FF << 52, 0xFFF << 52)
_F64 += (0x7FF8 << 48, 0xFFF8 << 48, 0x7FF4 << 48, 0x7FF0000000000001)
INTERESTING: dict[str, Sequence[int]] = {"i32": _INTEGERS, "i64": _INTEGERS, "f32": _F32, "f64": _F64}
WIDTH: dict[str, int] = {"i32": 32, "i64": 64, "f32": 32, "f64": 64}


class Choices:
    """Reads decisions from bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def byte(self) -> int:
        if self._position >= len(self._data):
            return 0
        self._position += 1
        return self._data[self._position - 1]

    @property
    def exhausted(self) -> bool:
        return self._position >= len(self._data)

    def below(self, bound: int) -> int:
        """A natural number less than `bound`, which is at most 256."""
        return self.byte() % bound

    def one_in(self, n: int) -> bool:
        """True about once in n times, and never when the bytes have run out."""
        return self.byte() % n == n - 1

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def bits(self, valtype: str) -> int:
        """A number's bit pattern: small, one of the interesting ones, or anything; a vector's is made of such lanes."""
        if valtype == "v128":
            lane = self.pick(tuple(WIDTH))
            return sum(self.bits(lane) << at for at in range(0, 128, WIDTH[lane]))
        width = WIDTH[valtype]
        kind = self.below(4)
        if kind == 1:
            return self.pick(INTERESTING[valtype]) & ((1 << width) - 1)
        if kind == 2:
            return int.from_bytes(bytes(self.byte() for _ in range(width // 8)), "little")
        if valtype in ("f32", "f64"):
            return self.pick(INTERESTING[valtype])
        return (self.byte() - (128 if kind == 3 else 0)) & ((1 << width) - 1)
