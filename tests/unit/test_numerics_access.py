"""Memory access helpers and bit patterns, on both kinds of buffers."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from wasm2py.runtime import access
from wasm2py.runtime.numerics import HELPERS

H: dict[str, Any] = HELPERS
SIZE = 64

#: Name in the helpers → (size in bytes, examples of a value and its bytes).
CODECS: dict[str, tuple[int, list[tuple[Any, str]]]] = {
    "u16": (2, [(0, "0000"), (0xBEEF, "efbe"), (0xFFFF, "ffff")]),
    "i16": (2, [(1, "0100"), (-2, "feff"), (-0x8000, "0080")]),
    "u32": (4, [(0x12345678, "78563412"), (0xFFFFFFFF, "ffffffff")]),
    "i32": (4, [(0x12345678, "78563412"), (-1, "ffffffff")]),
    "u64": (8, [(0x0123456789ABCDEF, "efcdab8967452301"), (2**64 - 1, "ff" * 8)]),
    "i64": (8, [(-(2**63), "00" * 7 + "80"), (-1, "ff" * 8)]),
    "f32": (4, [(1.5, "0000c03f"), (-0.0, "00000080"), (2.0**-149, "01000000"), (float("-inf"), "000080ff")]),
    "f64": (8, [(1.5, "000000000000f83f"), (5e-324, "01" + "00" * 7), (float("inf"), "000000000000f07f")]),
}
#: Stores of i16, i32 and i64 take raw values, so there is only the unsigned form.
STORED = ["u16", "u32", "u64", "f32", "f64"]
F32_NANS = [0x7FC00000, 0xFFC00000, 0x7F800001, 0xFFA12345, 0x7FFFFFFF]
F64_NANS = [0x7FF8000000000000, 0xFFF0000000000001, 0x7FF4000000000000, 0xFFFFFFFFFFFFFFFF]
OUTSIDE = (IndexError, struct.error)


@pytest.fixture(params=[bytearray, memoryview])
def mem(request: pytest.FixtureRequest) -> Any:
    buffer = bytearray(range(SIZE))
    return buffer if request.param is bytearray else memoryview(buffer)


@pytest.mark.parametrize("name", CODECS)
def test_loads_at_any_alignment(mem: Any, name: str) -> None:
    size, examples = CODECS[name]
    for value, data in examples:
        for addr in (*range(9), SIZE - size):
            mem[addr : addr + size] = bytes.fromhex(data)
            for loaded in (H[f"load_{name}"](mem, addr), H[f"unpack_{name}"](mem, addr)[0]):
                assert loaded == value and str(loaded) == str(value)


@pytest.mark.parametrize("name", STORED)
def test_stores_at_any_alignment(mem: Any, name: str) -> None:
    size, examples = CODECS[name]
    for helper in ("store", "pack"):
        for value, data in examples:
            for addr in (*range(9), SIZE - size):
                expected = bytearray(mem)
                expected[addr : addr + size] = bytes.fromhex(data)
                H[f"{helper}_{name}"](mem, addr, value)
                assert bytes(mem) == expected


@pytest.mark.parametrize("name", CODECS)
def test_loads_outside(mem: Any, name: str) -> None:
    size = CODECS[name][0]
    for addr in (SIZE - size + 1, SIZE - 1, SIZE, SIZE + 1, 2**31, 2**32 - 1, 2**32, 2**33):
        for helper in ("load", "unpack"):
            with pytest.raises(OUTSIDE):
                H[f"{helper}_{name}"](mem, addr)


@pytest.mark.parametrize("name", STORED)
def test_stores_outside_write_nothing(mem: Any, name: str) -> None:
    size, examples = CODECS[name]
    before = bytes(mem)
    for addr in (SIZE - size + 1, SIZE - 1, SIZE, SIZE + 1, 2**32 - 1, 2**32, 2**33):
        for helper in ("store", "pack"):
            with pytest.raises(OUTSIDE):
                H[f"{helper}_{name}"](mem, addr, examples[0][0])
    assert bytes(mem) == before


@pytest.mark.parametrize("bits", F32_NANS)
def test_f32_nans_survive(mem: Any, bits: int) -> None:
    value = H["f32_from_bits"](bits)
    assert value != value
    assert H["f64_bits"](value) == (bits & 0x80000000) << 32 | 0x7FF << 52 | (bits & 0x7FFFFF) << 29
    assert H["f32_bits"](value) == bits
    for store_f32 in (access._store_f32_number, access._store_f32_bits):
        H["store_u32"](mem, 5, 0)
        store_f32(mem, 5, value)
        assert H["load_u32"](mem, 5) == bits
    assert H["f32_bits"](H["load_f32"](mem, 5)) == bits


@pytest.mark.parametrize("bits", F64_NANS)
def test_f64_nans_survive(mem: Any, bits: int) -> None:
    value = H["f64_from_bits"](bits)
    assert value != value
    assert H["f64_bits"](value) == bits
    H["store_f64"](mem, 5, value)
    assert H["load_u64"](mem, 5) == bits
    assert H["f64_bits"](H["load_f64"](mem, 5)) == bits


def test_bit_patterns_of_numbers() -> None:
    for bits in (0, 1, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0x80000000, 0xFF800000):
        for f32_bits in (access._f32_bits_by_struct, access._f32_bits_by_arithmetic):
            assert f32_bits(H["f32_from_bits"](bits)) == bits
    for bits in (0, 1, 0x3FF << 52, 0x7FE << 52, 0x7FF << 52, 1 << 63, (1 << 63) + 1):
        assert H["f64_bits"](H["f64_from_bits"](bits)) == bits


def test_helpers_are_named_as_generated_code_names_them() -> None:
    codecs = ["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"]
    expected = {f"{prefix}_{codec}" for prefix in ("load", "unpack", "pack") for codec in codecs}
    expected |= {f"store_{codec}" for codec in STORED}
    integer = {
        "clz",
        "ctz",
        "div_s",
        "rem_s",
        "rotl",
        "rotr",
        "shr_s",
        "trunc_s",
        "trunc_u",
        "trunc_sat_s",
        "trunc_sat_u",
    }
    wide = ("add128", "sub128", "mul_wide_s", "mul_wide_u")
    expected |= {f"i{bits}_{operator}" for bits in (32, 64) for operator in integer}
    expected |= {f"f{bits}_{name}" for bits in (32, 64) for name in ("bits", "from_bits")}
    expected |= {"f32", "f32_from_int", "sqrt", "INF", "NAN", "Trap", "run_tail", "narrowed", "non_null"}
    expected |= {"WasmException", "thrown", "word_caught"}
    real = {"div", "sqrt", "min", "max", "ceil", "floor", "trunc", "nearest", "copysign", "neg", "abs", "promote"}
    expected |= {f"f_{operator}" for operator in real}
    words = integer - {"shr_s"} | {"div_u", "rem_u", "popcnt"}
    expected |= {f"word_{operator}" for operator in words} | {"f64_word", "f64_from_word"}
    expected |= {"int_add", "int_sub", "int_mul", "int_lshift", "uint_rshift"}
    expected |= {"f32_from_unsigned", "f64_from_unsigned"}
    expected |= {f"{verb}_u{8 * width}" for verb in ("fill", "copy") for width in (1, 2, 4, 8)}
    expected |= {
        "copy_down",
        "find_u8",
        "find_within_u8",
        "find_block_u8",
        "find_block_in",
        "find_in_blocks",
        "mismatch_u8",
        "items",
    }
    expected |= {"fill_strided", "sum_u8", "sum_u16", "sum_u32", "turns_below", "turns_whole"}
    expected |= {f"{prefix}_{name}" for prefix in ("i64", "word") for name in wide}
    assert set(HELPERS) == expected
