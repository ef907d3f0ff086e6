"""Single lanes, and lanes in another order, in the portable dialect (see `runtime.vectors.lanes`).

Out of `i64x2_extract_lane` comes a word.
"""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.vectors.shapes import Helpers, Shape
from wasm2py.runtime.vectors.words.pairs import I8X16, I16X8, I32X4, MASK_32, PAIR, Vector, f32s, f64s, words
from wasm2py.runtime.words import int_lshift, int_mul, uint_rshift

_pair_bytes, _pair_of = PAIR.pack, PAIR.unpack


def _splat(shape: Shape) -> Callable[[int], Vector]:
    ones, mask = shape.ones, (1 << shape.bits) - 1

    def splat(x: int) -> Vector:
        """The same number in all lanes."""
        low = int_mul(x & mask, ones)
        return low, low

    return splat


def i64x2_splat(x: int) -> Vector:
    """The same word in both lanes."""
    return x, x


def f32x4_splat(x: float) -> Vector:
    """The same number in all lanes."""
    return x, x, x, x


def f32x4_make(x: float, y: float, z: float, w: float) -> Vector:
    """The vector of these, lane 0 first."""
    return x, y, z, w


def f64x2_make(x: float, y: float) -> Vector:
    """The vector of these, lane 0 first."""
    return x, y, None


def f64x2_splat(x: float) -> Vector:
    """The same number in both lanes."""
    return x, x, None


def _extract_lane(shape: Shape) -> Callable[[Vector, int], int]:
    bits, mask, last, per_word = shape.bits, (1 << shape.bits) - 1, shape.number // 2 - 1, shape.number // 2

    def extract_lane(a: Vector, lane: int) -> int:
        """One lane."""
        pair = a if len(a) == 2 else words(a)
        found: int = pair[lane // per_word] >> bits * (lane & last) & mask
        return found

    return extract_lane


def _extract_lane_s(shape: Shape) -> Callable[[Vector, int], int]:
    extract, sign = _extract_lane(shape), 1 << shape.bits - 1

    def extract_lane_s(a: Vector, lane: int) -> int:
        """One lane, a signed number, as an i32."""
        return (extract(a, lane) ^ sign) - sign & MASK_32

    return extract_lane_s


def i64x2_extract_lane(a: Vector, lane: int) -> int:
    """One lane, a word."""
    pair = a if len(a) == 2 else words(a)
    found: int = pair[lane]
    return found


def f32x4_extract_lane(a: Vector, lane: int) -> float:
    """One lane."""
    return f32s(a)[lane]


def f64x2_extract_lane(a: Vector, lane: int) -> float:
    """One lane."""
    return f64s(a)[lane]


def _replace_lane(shape: Shape) -> Callable[[Vector, int, int], Vector]:
    bits, mask, last, per_word = shape.bits, (1 << shape.bits) - 1, shape.number // 2 - 1, shape.number // 2

    def replace_lane(a: Vector, lane: int, x: int) -> Vector:
        """The vector with another number in one lane."""
        low, high = a if len(a) == 2 else words(a)
        shift = bits * (lane & last)
        if lane < per_word:
            return low ^ int_lshift((low >> shift ^ x) & mask, shift), high
        return low, high ^ int_lshift((high >> shift ^ x) & mask, shift)

    return replace_lane


def i64x2_replace_lane(a: Vector, lane: int, x: int) -> Vector:
    """The vector with another word in one lane."""
    low, high = a if len(a) == 2 else words(a)
    return (low, x) if lane else (x, high)


def f32x4_replace_lane(a: Vector, lane: int, x: float) -> Vector:
    """The vector with another number in one lane."""
    found = f32s(a)
    return (*found[:lane], x, *found[lane + 1 :])


def f64x2_replace_lane(a: Vector, lane: int, x: float) -> Vector:
    """The vector with another number in one lane."""
    low, high = f64s(a)
    return (low, x, None) if lane else (x, high, None)


_ZEROS = bytes(240)


def i8x16_swizzle(a: Vector, indices: Vector) -> Vector:
    """The bytes of a that the bytes of the other say; 0 where they say no byte of it."""
    table = _pair_bytes(*(a if len(a) == 2 else words(a))) + _ZEROS
    chosen = _pair_bytes(*(indices if len(indices) == 2 else words(indices))).translate(table)
    found: Vector = _pair_of(chosen)
    return found


# A shuffle's lanes are constant.  What is looked up in them PyPy's compiler knows: there remain shifts of known words.


def i8x16_shuffle(a: Vector, b: Vector, lanes: bytes) -> Vector:
    """The bytes of both, of which a has numbers 0 to 15 and b 16 to 31, that 16 bytes say."""
    parts = *(a if len(a) == 2 else words(a)), *(b if len(b) == 2 else words(b))
    if _moves_32_bits(lanes, 0) and _moves_32_bits(lanes, 4) and _moves_32_bits(lanes, 8) and _moves_32_bits(lanes, 12):
        low = _part(parts, lanes[0]) & MASK_32 | int_lshift(_part(parts, lanes[4]), 32)
        return low, _part(parts, lanes[8]) & MASK_32 | int_lshift(_part(parts, lanes[12]), 32)
    return _eight_bytes(parts, lanes, 0), _eight_bytes(parts, lanes, 8)


def _moves_32_bits(lanes: bytes, at: int) -> bool:
    first = lanes[at]
    return not first & 3 and lanes[at + 1] == first + 1 and lanes[at + 2] == first + 2 and lanes[at + 3] == first + 3


def _part(parts: Vector, lane: int) -> int:
    """The word from that byte on."""
    found: int = uint_rshift(parts[lane >> 3], 8 * (lane & 7))
    return found


def _eight_bytes(parts: Vector, lanes: bytes, at: int) -> int:
    return (
        _part(parts, lanes[at]) & 255
        | (_part(parts, lanes[at + 1]) & 255) << 8
        | (_part(parts, lanes[at + 2]) & 255) << 16
        | (_part(parts, lanes[at + 3]) & 255) << 24
        | (_part(parts, lanes[at + 4]) & 255) << 32
        | (_part(parts, lanes[at + 5]) & 255) << 40
        | (_part(parts, lanes[at + 6]) & 255) << 48
        | int_lshift(_part(parts, lanes[at + 7]), 56)
    )


HELPERS: Helpers = {
    **{f"{shape.name}_splat": _splat(shape) for shape in (I8X16, I16X8, I32X4)},
    **{f"{shape.name}_extract_lane_s": _extract_lane_s(shape) for shape in (I8X16, I16X8)},
    **{f"{shape.name}_extract_lane_u": _extract_lane(shape) for shape in (I8X16, I16X8)},
    **{f"{shape.name}_replace_lane": _replace_lane(shape) for shape in (I8X16, I16X8, I32X4)},
    "i32x4_extract_lane": _extract_lane(I32X4),
    "i64x2_splat": i64x2_splat,
    "i64x2_extract_lane": i64x2_extract_lane,
    "i64x2_replace_lane": i64x2_replace_lane,
    "f32x4_make": f32x4_make,
    "f64x2_make": f64x2_make,
    "f32x4_splat": f32x4_splat,
    "f32x4_extract_lane": f32x4_extract_lane,
    "f32x4_replace_lane": f32x4_replace_lane,
    "f64x2_splat": f64x2_splat,
    "f64x2_extract_lane": f64x2_extract_lane,
    "f64x2_replace_lane": f64x2_replace_lane,
    "i8x16_swizzle": i8x16_swizzle,
    "i8x16_shuffle": i8x16_shuffle,
}
