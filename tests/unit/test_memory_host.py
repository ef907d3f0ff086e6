"""Memories as the host sees them: bytes, slices, numbers and text."""

from __future__ import annotations

import array
import math
from typing import Any

import pytest
from wasm2py.runtime.access import f32_bits, f32_from_bits
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.types import PAGE_SIZE

INTEGERS = [(f"{kind}{bits}", kind == "i", bits) for bits in (8, 16, 32, 64) for kind in "ui"]
END = PAGE_SIZE


@pytest.fixture
def mem() -> Memory:
    return Memory(1)


def test_sizes(mem: Memory) -> None:
    assert (mem.size, len(mem), mem.pages) == (65536, 65536, 1)
    assert mem.grow(1) == 1
    assert (mem.size, len(mem), mem.pages) == (131072, 131072, 2)
    assert repr(mem) == "<Memory 2 pages>"


def test_bytes(mem: Memory) -> None:
    mem.write(0, b"abcd")
    assert mem.read(0, 4) == b"abcd"
    assert type(mem.read(0, 4)) is bytes
    mem.write(END - 2, bytearray(b"yz"))
    assert mem.read(END - 2, 2) == b"yz"
    mem.write(8, memoryview(b"view"))
    mem.write(16, memoryview(array.array("H", [0x4141, 0x4242])))
    assert mem.read(8, 4) == b"view" and mem.read(16, 5) == b"AABB\0"
    assert mem.read(END, 0) == b""
    mem.write(END, b"")


def test_indexing(mem: Memory) -> None:
    mem[3] = 200
    assert mem[3] == 200
    mem[0:4] = b"abcd"
    assert mem[0:4] == b"abcd" == mem[:4]
    mem[END - 2 :] = b"yz"
    assert mem[END - 2 :] == b"yz"
    assert mem[5:5] == b""
    assert len(mem[:]) == END


@pytest.mark.parametrize("key", [-1, END, 2**40, slice(-1, 3), slice(0, END + 1), slice(END + 1, END + 2)])
def test_indices_outside(mem: Memory, key: Any) -> None:
    with pytest.raises(IndexError, match=r"^\d+ bytes at address -?\d+ are outside the memory of 65536 bytes$"):
        mem[key]
    with pytest.raises(IndexError, match="outside the memory of 65536 bytes"):
        mem[key] = 0 if isinstance(key, int) else bytes(key.stop - key.start)
    assert not any(mem.data)


def test_slices_keep_their_size(mem: Memory) -> None:
    with pytest.raises(ValueError, match=r"^3 bytes given for a slice of 4$"):
        mem[0:4] = b"abc"
    with pytest.raises(ValueError, match="no step"):
        mem[0:4:2]
    with pytest.raises(ValueError, match="negative size -2 at address 5"):
        mem[5:3]


@pytest.mark.parametrize(("address", "size"), [(END, 1), (END - 3, 4), (-1, 1), (2**32, 1), (0, END + 1)])
def test_addresses_outside(mem: Memory, address: int, size: int) -> None:
    message = f"^{size} bytes at address {address} are outside the memory of 65536 bytes$"
    with pytest.raises(IndexError, match=message):
        mem.read(address, size)
    with pytest.raises(IndexError, match=message):
        mem.write(address, bytes(size))


def test_a_negative_size(mem: Memory) -> None:
    with pytest.raises(ValueError, match=r"^negative size -1 at address 0$"):
        mem.read(0, -1)


def test_what_is_written_must_be_bytes(mem: Memory) -> None:
    for value in ("text", 5, None):
        with pytest.raises(TypeError, match="bytes-like"):
            mem.write(0, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "signed", "bits"), INTEGERS)
def test_integers(mem: Memory, name: str, signed: bool, bits: int) -> None:
    read, write, size = getattr(mem, f"read_{name}"), getattr(mem, f"write_{name}"), bits // 8
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    for address in (0, 1, END - size):
        for value in (low, high, 0, 1, high // 3):
            write(address, value)
            assert read(address) == value
            assert mem.read(address, size) == value.to_bytes(size, "little", signed=signed)
    for value in (low - 1, high + 1, 10**30):
        with pytest.raises(OverflowError, match=rf"^{value} does not fit an? (un)?signed integer of {bits} bits$"):
            write(0, value)
    for wrong in ("1", 1.0, None):
        with pytest.raises(TypeError, match=r"^expected an integer, got"):
            write(0, wrong)
    for address in (END - size + 1, -1, -size):
        with pytest.raises(IndexError, match="outside the memory"):
            read(address)
        with pytest.raises(IndexError, match="outside the memory"):
            write(address, 0)


def test_floats(mem: Memory) -> None:
    mem.write_f64(16, 0.1)
    mem.write_f32(25, 0.1)
    assert mem.read_f64(16) == 0.1
    assert mem.read_f32(25) == 0.10000000149011612
    mem.write_f32(0, 1e300)
    mem.write_f64(8, -3)
    assert mem.read_f32(0) == math.inf and mem.read_f64(8) == -3.0
    mem.write_f32(1, f32_from_bits(0xFFA00001))
    assert mem.read_u32(1) == 0xFFA00001 == f32_bits(mem.read_f32(1))
    for width, size in (("f32", 4), ("f64", 8)):
        with pytest.raises(IndexError, match=f"^{size} bytes at address {END - 1}"):
            getattr(mem, f"read_{width}")(END - 1)
        with pytest.raises(IndexError, match=r"^. bytes at address -8"):
            getattr(mem, f"write_{width}")(-8, 1.0)
        with pytest.raises(TypeError, match=f"^expected {width}, got str$"):
            getattr(mem, f"write_{width}")(0, "x")


def test_strings(mem: Memory) -> None:
    assert mem.write_string(32, "naïve") == 6
    assert mem.read_string(32, 6) == "naïve"
    assert mem.write_string(50, "ab", "utf-16-le") == 4
    assert mem.read_string(50, 4, encoding="utf-16-le") == "ab"
    mem.write(0, b"\xff")
    with pytest.raises(UnicodeDecodeError):
        mem.read_string(0, 1)
    with pytest.raises(IndexError, match="outside the memory"):
        mem.write_string(END - 2, "abc")


def test_c_strings(mem: Memory) -> None:
    mem.write(10, b"hello\0world")
    assert mem.read_cstring(10) == "hello"
    assert mem.read_cstring(15) == ""
    long = "x" * 10000
    mem.write_string(100, long)
    assert mem.read_cstring(100) == long
    mem.fill(END - 5000, 0x78, 5000)
    with pytest.raises(IndexError, match="no zero byte from address 60536"):
        mem.read_cstring(END - 5000)
    with pytest.raises(IndexError, match="outside the memory"):
        mem.read_cstring(-1)


def test_data_is_the_memory_itself(mem: Memory) -> None:
    view = memoryview(mem.data)
    view[5] = 77
    assert mem[5] == 77
    mem[6] = 78
    assert view[6] == 78 and len(view) == END
    view.release()
    mem.data.release()
    assert mem[5] == 77
