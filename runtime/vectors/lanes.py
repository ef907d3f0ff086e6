"""Single lanes, and lanes in another order (spec: `splat`, `extract_lane`, `replace_lane`, `shuffle`, `swizzle`).

Integers that go into lanes may be of any size: their low bits count, be they i32s, unsigned i64s or words.  Those that
come out are raw i32s, or unsigned i64s.
"""

from __future__ import annotations

from wasm2py.runtime.access import f32_bits, f32_from_bits, f64_bits, f64_from_bits
from wasm2py.runtime.vectors.shapes import (
    I8X16,
    I16X8,
    I32X4,
    I64X2,
    SHAPES,
    Binary,
    Helpers,
    Shape,
    Ternary,
    Unary,
    from_bytes,
    to_bytes,
)


def _splat(shape: Shape) -> Unary:
    ones, mask = shape.ones, shape.lane

    def splat(x: int) -> int:
        """The same number in all lanes."""
        return (x & mask) * ones

    return splat


def f32x4_splat(x: float) -> int:
    """The same number in all lanes."""
    return f32_bits(x) * 0x00000001000000010000000100000001


def f64x2_splat(x: float) -> int:
    """The same number in both lanes."""
    return f64_bits(x) * 0x10000000000000001


def _extract_lane(shape: Shape) -> Binary:
    bits, mask = shape.bits, shape.lane

    def extract_lane(a: int, lane: int) -> int:
        """One lane."""
        return a >> bits * lane & mask

    return extract_lane


def _extract_lane_s(shape: Shape) -> Binary:
    bits, mask, sign = shape.bits, shape.lane, shape.lane + 1 >> 1

    def extract_lane_s(a: int, lane: int) -> int:
        """One lane, a signed number, as an i32."""
        return (a >> bits * lane & mask ^ sign) - sign & 0xFFFFFFFF

    return extract_lane_s


def f32x4_extract_lane(a: int, lane: int) -> float:
    """One lane."""
    return f32_from_bits(a >> 32 * lane & 0xFFFFFFFF)


def f64x2_extract_lane(a: int, lane: int) -> float:
    """One lane."""
    return f64_from_bits(a >> 64 * lane & 0xFFFFFFFFFFFFFFFF)


def _replace_lane(shape: Shape) -> Ternary:
    bits, mask = shape.bits, shape.lane

    def replace_lane(a: int, lane: int, x: int) -> int:
        """The vector with another number in one lane."""
        shift = bits * lane
        return a ^ ((a >> shift ^ x) & mask) << shift

    return replace_lane


replace_32 = _replace_lane(I32X4)
replace_64 = _replace_lane(I64X2)


def f32x4_replace_lane(a: int, lane: int, x: float) -> int:
    """The vector with another number in one lane."""
    return replace_32(a, lane, f32_bits(x))


def f64x2_replace_lane(a: int, lane: int, x: float) -> int:
    """The vector with another number in one lane."""
    return replace_64(a, lane, f64_bits(x))


# The lanes that another vector chooses are that vector, its bytes translated by a table.

_ZEROS = bytes(240)


def i8x16_swizzle(a: int, indices: int) -> int:
    """The bytes of a that the bytes of the other say; 0 where they say no byte of it."""
    table = to_bytes(a, 16, "little") + _ZEROS
    return from_bytes(to_bytes(indices, 16, "little").translate(table), "little")


def i8x16_shuffle(a: int, b: int, lanes: bytes) -> int:
    """The bytes of both, of which a has numbers 0 to 15 and b 16 to 31, that 16 bytes say."""
    return from_bytes(lanes.translate(to_bytes(a | b << 128, 256, "little")), "little")


HELPERS: Helpers = {
    **{f"{shape.name}_splat": _splat(shape) for shape in SHAPES},
    **{f"{shape.name}_extract_lane_s": _extract_lane_s(shape) for shape in (I8X16, I16X8)},
    **{f"{shape.name}_extract_lane_u": _extract_lane(shape) for shape in (I8X16, I16X8)},
    **{f"{shape.name}_extract_lane": _extract_lane(shape) for shape in (I32X4, I64X2)},
    **{f"{shape.name}_replace_lane": _replace_lane(shape) for shape in SHAPES},
    "f32x4_splat": f32x4_splat,
    "f32x4_extract_lane": f32x4_extract_lane,
    "f32x4_replace_lane": f32x4_replace_lane,
    "f64x2_splat": f64x2_splat,
    "f64x2_extract_lane": f64x2_extract_lane,
    "f64x2_replace_lane": f64x2_replace_lane,
    "i8x16_swizzle": i8x16_swizzle,
    "i8x16_shuffle": i8x16_shuffle,
}
