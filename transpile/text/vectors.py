"""Vector constants and lane indices (spec: Text Format / Vector Instructions)."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.numbers import any_integer, float_bits, integer

#: Shape → the bits of a lane, and what reads one.
SHAPES: dict[str, tuple[int, Callable[[str, int], int | None]]] = {
    "i8x16": (8, any_integer),
    "i16x8": (16, any_integer),
    "i32x4": (32, any_integer),
    "i64x2": (64, any_integer),
    "f32x4": (32, float_bits),
    "f64x2": (64, float_bits),
}
#: The lanes that a shuffle chooses.
_SHUFFLED = 16


def shape(cursor: Cursor) -> str:
    """Step over a shape."""
    found = cursor.take_keyword(*SHAPES)
    if not found:
        raise cursor.unexpected()
    return found


def constant(cursor: Cursor) -> int:
    """Step over a shape and its lanes: the vector as one unsigned integer, lane 0 in the lowest bits."""
    at, found = cursor.at, shape(cursor)
    bits, read = SHAPES[found]
    _expect_numbers(cursor, 128 // bits, at, "wrong number of lane literals")
    lanes = [cursor.number(read, bits, "constant") for _ in range(128 // bits)]
    return sum(lane << bits * index for index, lane in enumerate(lanes))


def _expect_numbers(cursor: Cursor, count: int, at: int, message: str) -> None:
    """Refuse any but so many numbers; the error is at token `at`, unless there is something else that is no number."""
    end = cursor.at
    while cursor.kinds[end] == "number":
        end += 1
    if cursor.kinds[end] in ("reserved", "keyword"):
        raise cursor.unexpected(end)
    if end - cursor.at != count:
        raise cursor.error(message, at)


def lane(cursor: Cursor) -> int:
    """Step over a laneidx."""
    return cursor.natural(8)


def shuffled(cursor: Cursor) -> bytes:
    """Step over the laneidxs of a shuffle."""
    _expect_numbers(cursor, _SHUFFLED, cursor.at, "invalid lane length")
    return bytes(cursor.number(_any_byte, 8, "i8 constant") for _ in range(_SHUFFLED))


def _any_byte(spelling: str, bits: int) -> int:
    """As the suite has it, any other number is out of range here."""
    value = integer(spelling)
    if value is None or spelling[0] in "+-" or value >> bits:
        raise OverflowError
    return value
