"""Vector instructions: results worked out by hand, immediates, memory, and bit patterns of NaNs."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from unit.vector_model import DIALECTS, lanes, vector
from wasm2py.runtime.access import f32_bits, f32_from_bits, f64_bits, f64_from_bits
from wasm2py.runtime.vectors.words import WORD_HELPERS, from_int, to_int

Functions = dict[str, Any]
COUNTING = vector(list(range(16)), 8)
SIGNALLING = 0x7FA00001


@pytest.fixture(params=list(DIALECTS))
def functions(request: pytest.FixtureRequest) -> Functions:
    """Those of a dialect, with integers as vectors."""
    return DIALECTS[request.param]


def of_floats(layout: str, *numbers: float) -> int:
    return int.from_bytes(struct.pack("<" + layout, *numbers), "little")


# Results that the spec gives, or that are easily worked out


@pytest.mark.parametrize(
    ("name", "a", "b", "expected"),
    [
        ("i8x16_add", 0xFF, 0x01, 0),
        ("i8x16_add", 0x7F, 0x01, 0x80),
        ("i16x8_sub", 0, 0x0001, 0xFFFF),
        ("i8x16_add_sat_s", 0x7F80, 0x01FF, 0x7F80),
        ("i8x16_add_sat_u", 0xFE_FF, 0x01_01, 0xFF_FF),
        ("i8x16_sub_sat_u", 0x01_05, 0x02_03, 0x00_02),
        ("i16x8_sub_sat_s", 0x8000, 0x0001, 0x8000),
        ("i8x16_avgr_u", 0xFF_00_01, 0xFE_01_01, 0xFF_01_01),
        ("i16x8_q15mulr_sat_s", 0x8000_4000, 0x8000_4000, 0x7FFF_2000),
        ("i32x4_dot_i16x8_s", 0x8000_8000, 0x8000_8000, 0x8000_0000),
        ("i16x8_extmul_low_i8x16_s", 0x80, 0x80, 0x4000),
        ("i16x8_extmul_low_i8x16_u", 0xFF, 0xFF, 0xFE01),
        ("i8x16_narrow_i16x8_s", 0xFF7F_0080, 0x8000, 0x80 << 64 | 0x80_7F),
        ("i8x16_narrow_i16x8_u", 0xFFFF_0100, 0x00FE, 0xFE << 64 | 0x00_FF),
        ("i8x16_swizzle", COUNTING, 0x10_0F_FF_02, 0x00_0F_00_02),
        ("v128_andnot", 0b1100, 0b1010, 0b0100),
        ("i16x8_relaxed_dot_i8x16_i7x16_s", 0x8080, 0x8080, 0x7FFF),
    ],
)
def test_by_hand(functions: Functions, name: str, a: int, b: int, expected: int) -> None:
    assert functions[name](a, b) == expected


def test_a_float_without_a_number_compares_as_nothing(functions: Functions) -> None:
    nan = of_floats("4f", math.nan, math.nan, 1.0, -0.0)
    numbers = of_floats("4f", math.nan, 1.0, 1.0, 0.0)
    assert functions["f32x4_eq"](nan, numbers) == vector([0, 0, -1, -1], 32)
    assert functions["f32x4_ne"](nan, numbers) == vector([-1, -1, 0, 0], 32)
    assert functions["f32x4_le"](nan, numbers) == vector([0, 0, -1, -1], 32)
    assert functions["f32x4_gt"](nan, numbers) == 0


def test_sums_of_f32_are_rounded_once_and_may_overflow(functions: Functions) -> None:
    a = of_floats("4f", 16777216.0, 0.1, 3.4028234663852886e38, -3.4028234663852886e38)
    b = of_floats("4f", 1.0, 0.2, 3.4028234663852886e38, -1.1e31)
    expected = of_floats("4f", 16777216.0, 0.30000001192092896, math.inf, -math.inf)
    assert functions["f32x4_add"](a, b) == expected


def test_dividing_by_zero(functions: Functions) -> None:
    a, b = of_floats("4f", 1.0, -1.0, 1.0, 6.0), of_floats("4f", 0.0, 0.0, -0.0, 3.0)
    assert functions["f32x4_div"](a, b) == of_floats("4f", math.inf, -math.inf, -math.inf, 2.0)
    assert functions["f64x2_div"](of_floats("2d", 1.0, 3.0), of_floats("2d", -0.0, 2.0)) == of_floats(
        "2d", -math.inf, 1.5
    )


def test_zeros_have_signs(functions: Functions) -> None:
    a, b = of_floats("4f", 0.0, -0.0, 0.0, -0.0), of_floats("4f", -0.0, 0.0, 0.0, -0.0)
    assert functions["f32x4_min"](a, b) == of_floats("4f", -0.0, -0.0, 0.0, -0.0)
    assert functions["f32x4_max"](a, b) == of_floats("4f", 0.0, 0.0, 0.0, -0.0)
    assert functions["f32x4_pmin"](a, b) == a == functions["f32x4_pmax"](a, b)
    assert functions["f32x4_nearest"](of_floats("4f", -0.5, 0.5, 1.5, 2.5)) == of_floats("4f", -0.0, 0.0, 2.0, 2.0)
    assert functions["f32x4_ceil"](of_floats("4f", -0.5, 0.5, 1.0, -1.5)) == of_floats("4f", -0.0, 1.0, 1.0, -1.0)


def test_canonical_nans_stay_canonical(functions: Functions) -> None:
    canonical = {0x7FC00000, 0xFFC00000}
    a, b = vector([0x7FC00000, 0xFFC00000, 0x7F800000, 0], 32), vector([0, 0x3F800000, 0xFF800000, 0], 32)
    for name in ("add", "min", "max"):
        assert {lanes(functions[f"f32x4_{name}"](a, b), 32)[i] for i in range(2)} <= canonical, name
    assert lanes(functions["f32x4_add"](a, b), 32)[2] in canonical  # infinity and its opposite
    assert lanes(functions["f32x4_div"](b, b), 32)[3] in canonical
    assert lanes(functions["f32x4_sqrt"](vector([0xBF800000], 32)), 32)[0] in canonical


@pytest.mark.parametrize("name", ["f32x4_add", "f32x4_min", "f32x4_max", "f32x4_mul", "f32x4_div"])
def test_arithmetic_quiets_nans(functions: Functions, name: str) -> None:
    for a, b in ((SIGNALLING, 0x3F800000), (0x3F800000, SIGNALLING), (0xFFBFFFFF, 0x7F800001)):
        assert lanes(functions[name](a, b), 32)[0] & 0x7FC00000 == 0x7FC00000


def test_bit_operations_leave_signalling_nans_as_they_are(functions: Functions) -> None:
    a = vector([SIGNALLING] * 4, 32)
    assert functions["f32x4_neg"](a) == vector([SIGNALLING | 0x80000000] * 4, 32)
    assert functions["f32x4_abs"](functions["f32x4_neg"](a)) == a
    assert functions["f32x4_pmin"](a, 0) == a == functions["f32x4_pmax"](a, 0)
    x = functions["f32x4_extract_lane"](a, 2)
    assert f32_bits(x) == SIGNALLING
    assert functions["f32x4_splat"](x) == a
    assert functions["f32x4_replace_lane"](0, 3, x) == SIGNALLING << 96


def test_converting_between_floats(functions: Functions) -> None:
    assert functions["f32x4_demote_f64x2_zero"](of_floats("2d", 1e39, 0.1)) == of_floats("4f", math.inf, 0.1, 0.0, 0.0)
    assert functions["f64x2_promote_low_f32x4"](of_floats("4f", 0.5, -math.inf, 7.0, 7.0)) == of_floats(
        "2d", 0.5, -math.inf
    )
    assert lanes(functions["f64x2_promote_low_f32x4"](SIGNALLING), 64)[0] == 0x7FFC000020000000
    big = vector([0xFFFFFFFF, 0x80000000, 0x01000001, 0x01000003], 32)
    assert functions["f32x4_convert_i32x4_u"](big) == of_floats(
        "4f", 4294967296.0, 2147483648.0, 16777216.0, 16777220.0
    )
    assert functions["f64x2_convert_low_i32x4_s"](big) == of_floats("2d", -1.0, -2147483648.0)


# Immediates

WIDTHS = {"i8x16": 8, "i16x8": 16, "i32x4": 32, "i64x2": 64}


@pytest.mark.parametrize(("shape", "bits"), WIDTHS.items())
def test_integer_lanes(functions: Functions, shape: str, bits: int) -> None:
    a = int.from_bytes(bytes(range(0x79, 0x89)), "little")
    kinds = ("_s", "_u") if bits < 32 else ("",)
    for lane in range(128 // bits):
        for kind in kinds:
            signed = lanes(a, bits, signed=kind == "_s")[lane]
            found = functions[f"{shape}_extract_lane{kind}"](a, lane)
            assert found == signed & 0xFFFFFFFF if bits < 64 else found in (signed, signed - (1 << 64))
        for x in (0, 1, -1, 0x0123456789ABCDEF, True):
            numbers = lanes(a, bits)
            numbers[lane] = int(x)
            assert functions[f"{shape}_replace_lane"](a, lane, x) == vector(numbers, bits)


@pytest.mark.parametrize(("shape", "bits"), WIDTHS.items())
def test_integer_splats(functions: Functions, shape: str, bits: int) -> None:
    for x in (0, 1, -1, 0x80, 0xFFFFFFFF, 0x0123456789ABCDEF):
        assert functions[f"{shape}_splat"](x) == vector([x] * (128 // bits), bits)


def test_float_lanes(functions: Functions) -> None:
    a = of_floats("2d", -0.0, 0.1)
    assert f64_bits(functions["f64x2_extract_lane"](a, 0)) == 1 << 63
    assert functions["f64x2_extract_lane"](a, 1) == 0.1
    assert functions["f64x2_replace_lane"](a, 0, 0.25) == of_floats("2d", 0.25, 0.1)
    assert functions["f64x2_splat"](f64_from_bits(0x7FF0000000000001)) == vector([0x7FF0000000000001] * 2, 64)
    numbers = of_floats("4f", 1.0, 2.0, 3.0, 4.0)
    assert [functions["f32x4_extract_lane"](numbers, lane) for lane in range(4)] == [1.0, 2.0, 3.0, 4.0]
    assert functions["f32x4_replace_lane"](numbers, 1, 9.0) == of_floats("4f", 1.0, 9.0, 3.0, 4.0)
    assert functions["f32x4_splat"](f32_from_bits(1)) == vector([1] * 4, 32)


def test_shuffling(functions: Functions) -> None:
    b = vector(list(range(0x80, 0x90)), 8)
    chosen = bytes([31, 0, 15, 16, 16, 1, 30, 2, 3, 4, 5, 6, 7, 29, 28, 8])
    expected = [n if n < 16 else n + 0x70 for n in chosen]
    assert functions["i8x16_shuffle"](COUNTING, b, chosen) == vector(expected, 8)


# Memory

MEMORY = bytes((7 * i + 0x7D) % 256 for i in range(48))


def test_loading_and_storing(functions: Functions) -> None:
    for addr in (0, 3, 32):
        assert functions["v128_load"](bytearray(MEMORY), addr) == int.from_bytes(MEMORY[addr : addr + 16], "little")
    memory = bytearray(48)
    functions["v128_store"](memory, 5, int.from_bytes(MEMORY[:16], "little"))
    assert memory == bytes(5) + MEMORY[:16] + bytes(27)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_loading_wider_lanes(functions: Functions, bits: int) -> None:
    for sign in ("s", "u"):
        found = functions[f"v128_load{bits}x{64 // bits}_{sign}"](bytearray(MEMORY), 3)
        narrow = lanes(int.from_bytes(MEMORY[3:11], "little"), bits, signed=sign == "s")[: 64 // bits]
        assert found == vector(narrow, 2 * bits)


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_loading_and_storing_single_lanes(functions: Functions, bits: int) -> None:
    memory, size = bytearray(MEMORY), bits // 8
    number = int.from_bytes(MEMORY[5 : 5 + size], "little")
    assert functions[f"v128_load{bits}_splat"](memory, 5) == vector([number] * (128 // bits), bits)
    if bits >= 32:
        assert functions[f"v128_load{bits}_zero"](memory, 5) == number
    a = vector(list(range(0xF0, 0x100)), 8)
    for lane in range(128 // bits):
        numbers = lanes(a, bits)
        stored = numbers[lane]
        numbers[lane] = number
        assert functions[f"v128_load{bits}_lane"](memory, 5, a, lane) == vector(numbers, bits)
        functions[f"v128_store{bits}_lane"](memory, 20, a, lane)
        assert memory == MEMORY[:20] + stored.to_bytes(size, "little") + MEMORY[20 + size :]
        memory[:] = MEMORY


def test_nothing_is_written_beyond_the_end(functions: Functions) -> None:
    memory = bytearray(MEMORY)
    for addr in (33, 48, 1 << 32, 1 << 33):
        with pytest.raises(struct.error):
            functions["v128_load"](memory, addr)
        with pytest.raises(struct.error):
            functions["v128_store"](memory, addr, 0)
    with pytest.raises(struct.error):
        functions["v128_store64_lane"](memory, 41, 0, 0)
    with pytest.raises(struct.error):
        functions["v128_load8_splat"](memory, 48)
    assert memory == MEMORY


# The portable dialect's tuples


@pytest.mark.parametrize(
    ("a", "pair"), [(0, (0, 0)), (1 << 127 | 1, (1, -1 << 63)), ((1 << 128) - 1, (-1, -1)), (1 << 63, (-1 << 63, 0))]
)
def test_vectors_as_words(a: int, pair: tuple[int, int]) -> None:
    assert from_int(a) == pair
    assert to_int(pair) == a


def test_floats_keep_their_bits() -> None:
    a = vector([SIGNALLING, 1, 0xFF800000, 0x80000000], 32)
    replace: Any = WORD_HELPERS["f32x4_replace_lane"]
    assert len(replace(from_int(a), 1, f32_from_bits(1))) == 4
    assert to_int(replace(from_int(a), 1, f32_from_bits(1))) == a
    b = vector([0x7FF0000000000001, 1 << 63], 64)
    replace = WORD_HELPERS["f64x2_replace_lane"]
    assert len(replace(from_int(b), 1, -0.0)) == 3
    assert to_int(replace(from_int(b), 1, -0.0)) == b


@pytest.mark.parametrize("name", ["f32x4_load", "f64x2_load"])
def test_loading_floats(name: str) -> None:
    load: Any = WORD_HELPERS[name]
    for a in (vector([SIGNALLING, 1, 2, 3], 32), vector([1, 0xFF800000, 0x3F800000, 3], 32), vector([1, 1 << 63], 64)):
        assert to_int(load(bytearray(5) + a.to_bytes(16, "little"), 5)) == a
    with pytest.raises(struct.error):
        load(bytearray(20), 5)


def test_kinds_of_vectors_mix() -> None:
    """Every function takes what any other gives."""
    words: dict[str, Any] = WORD_HELPERS
    f32s, f64s = words["f32x4_splat"](1.5), words["f64x2_splat"](2.5)
    assert words["f32x4_add"](f32s, from_int(0)) == f32s
    assert to_int(words["v128_xor"](f32s, f32s)) == 0
    assert to_int(words["v128_or"](f64s, from_int(0))) == vector([f64_bits(2.5)] * 2, 64)
    assert words["f64x2_extract_lane"](words["f64x2_mul"](from_int(to_int(f64s)), f64s), 1) == 6.25
    assert lanes(to_int(words["f32x4_neg"](f64s)), 64) == [f64_bits(2.5) ^ 0x8000000080000000] * 2
    assert lanes(to_int(words["f64x2_abs"](f32s)), 32) == [f32_bits(1.5)] * 4
    memory = bytearray(16)
    for a in (f32s, f64s, from_int(7)):
        words["v128_store"](memory, 0, a)
        assert memory == to_int(a).to_bytes(16, "little")
