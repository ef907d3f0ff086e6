"""npm's xxhash-wasm (3 KB, written by hand): whole and streamed hashes."""

from __future__ import annotations

import pytest
from programs.guests import Wasm2pyGuest, WasmtimeGuest
from programs.hashes import XxHash

LONG = bytes(i * i * 7 // 5 % 256 for i in range(20000))

ANSWERS = {
    (32, 0): (0x02CC5D05, 0x32D153FF, 0x2927FFBC),
    (32, 0xCAFEBABE): (0x1B764462, 0x86D8D6B6, 0xD4D19887),
    (64, 0): (0xEF46DB3751D8E999, 0x44BC2CF5AD770999, 0xB7E855F6BBE5A17D),
    (64, 0x123456789ABCDEF0): (0x7FEF5B0C316777ED, 0x628E181B1C6C4783, 0xC94975ED2422FC3E),
}


@pytest.mark.parametrize(("bits", "seed"), ANSWERS)
def test_whole(bits: int, seed: int) -> None:
    xxhash = XxHash(Wasm2pyGuest)
    assert tuple(xxhash.whole(bits, data, seed) for data in (b"", b"abc", LONG)) == ANSWERS[bits, seed]


@pytest.mark.parametrize(("bits", "seed"), ANSWERS)
def test_streamed(bits: int, seed: int) -> None:
    parts = [LONG[:5], LONG[5:5], LONG[5:70], LONG[70:71], LONG[71:9000], LONG[9000:]]
    assert XxHash(Wasm2pyGuest).streamed(bits, parts, seed) == ANSWERS[bits, seed][2]


@pytest.mark.parametrize("bits", [32, 64])
def test_wasmtime_agrees(bits: int) -> None:
    ours, theirs = XxHash(Wasm2pyGuest), XxHash(WasmtimeGuest)
    for length in range(0, 200, 3):
        data = LONG[length : 2 * length]
        assert ours.whole(bits, data, length) == theirs.whole(bits, data, length)
