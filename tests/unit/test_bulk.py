"""The runtime's operations on slices against loops, element by element."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from wasm2py.runtime import bulk
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.views import Views

SIZE = 24
CONTENT = bytes(range(1, SIZE + 1))


def _looped(
    to: int, count: int, width: int, order: tuple[int, ...], source: int | None, element: bytes
) -> tuple[bytes, bool]:
    """What a loop of bytes leaves, and whether it traps."""
    mem = bytearray(CONTENT)
    group = order or (0,)
    turns: list[int] = list(range(count % len(group)))
    for start in range(count % len(group), count, len(group)):
        turns += [start + at for at in group]
    for at in turns:
        places = [to + at * width] + ([] if source is None else [source + at * width])
        if any(not 0 <= place <= SIZE - width for place in places):
            return bytes(mem), True
        value = element if source is None else mem[source + at * width :][:width]
        mem[to + at * width : to + at * width + width] = value
    return bytes(mem), False


def _called(helper: object, *args: object) -> tuple[bytes, bool]:
    results = set()
    for view in (False, True):
        mem = bytearray(CONTENT)
        try:
            helper(memoryview(mem) if view else mem, *args)  # type: ignore[operator]
            results.add((bytes(mem), False))
        except Trap as trap:
            assert trap.kind == "out of bounds memory access"
            results.add((bytes(mem), True))
    assert len(results) == 1
    return results.pop()


@pytest.mark.parametrize(
    ("helper", "value"),
    [(bulk.fill_u8, 9), (bulk.fill_u16, 0x1234), (bulk.fill_u32, 0x12345678), (bulk.fill_u64, 0x123456789ABCDEF0)],
)
def test_fills(helper: object, value: int) -> None:
    width = int(helper.__name__[6:]) // 8  # type: ignore[attr-defined]
    element = value.to_bytes(width, "little")
    for to, count, order in product(range(-3, SIZE + 3), (1, 2, 3, 4, 7, 8), ((), (0, 3, 2, 1), (1, 0))):
        expected = _looped(to, count, width, order, None, element)
        assert _called(helper, to, count, value, order) == expected, (to, count, order)


@pytest.mark.parametrize("helper", [bulk.copy_u8, bulk.copy_u16, bulk.copy_u32, bulk.copy_u64])
def test_copies(helper: object) -> None:
    width = int(helper.__name__[6:]) // 8  # type: ignore[attr-defined]
    for to, from_, count, order in product(
        (-2, 0, 1, 3, 8, 15, SIZE - 9, SIZE), range(-1, SIZE + 1), (1, 2, 4, 5, 8), ((), (0, 2, 1))
    ):
        expected = _looped(to, count, width, order, from_, b"")
        assert _called(helper, to, from_, count, order) == expected, (to, from_, count, order)


def test_copies_downwards() -> None:
    for width, to, from_, count in product((1, 4), (0, 5, 9, 20, SIZE), (-1, 3, 6, 12, 20, 23), (1, 2, 3, 7)):
        expected, trapped = bytearray(CONTENT), False
        for at in range(0, count * width, width):
            trapped = any(not 0 <= address - at <= SIZE - width for address in (to, from_))
            if trapped:
                break
            expected[to - at : to - at + width] = expected[from_ - at : from_ - at + width]
        assert _called(bulk.copy_down, to, from_, count, width) == (bytes(expected), trapped), (width, to, from_, count)


def test_a_count_of_zero_never_ends() -> None:
    mem = bytearray(8)
    with pytest.raises(Trap):
        bulk.fill_u8(mem, 3, 0, 7)
    assert mem == b"\0\0\0\7\7\7\7\7"
    with pytest.raises(Trap):
        bulk.copy_u8(mem, 0, 3, 0)
    assert mem == b"\7" * 8


@pytest.mark.parametrize(
    ("first", "limit", "step", "turns"),
    [(5, 5, 1, 1), (6, 5, 1, 1), (1, 5, 1, 5), (1, 5, 3, 3), (4, 1 << 32, 4, 0), (0, (1 << 32) - 1, 2, 0)],
)
def test_turns_below(first: int, limit: int, step: int, turns: int) -> None:
    assert bulk.turns_below(first, limit, step) == turns


def test_turns_whole() -> None:
    assert [bulk.turns_whole(total, 4) for total in (0, 3, 4, 8)] == [0, 0, 4, 8]


@pytest.mark.parametrize("signed", [False, True])
def test_strided_fills(signed: bool) -> None:
    for address, counter, limit, step in product(
        (0, 5), (0, 1, 1 << 31, (1 << 32) - 2), (0, 9, 1 << 31), (1, 3, (1 << 32) - 1)
    ):
        mem, expected = bytearray(SIZE), bytearray(SIZE)
        try:
            bulk.fill_strided(mem, address, 4, counter, limit, step, signed)
            trapped = False
        except IndexError:
            trapped = True
        assert trapped == _strides(expected, address, counter, limit, step, signed)
        assert mem == expected


def _strides(mem: bytearray, address: int, counter: int, limit: int, step: int, signed: bool) -> bool:
    bias = 1 << 31 if signed else 0
    while address < len(mem):
        mem[address] = 4
        address, counter = (address + step) % (1 << 32), (counter + step) % (1 << 32)
        if (counter ^ bias) >= (limit ^ bias):
            return False
    return True


BUFFERS = (bytearray, lambda content: memoryview(bytearray(content)))


@pytest.mark.parametrize("buffer", BUFFERS)
def test_searches(buffer: Callable[[bytes], object]) -> None:
    mem = buffer(b"a" * 5000 + b"b" + b"c" * 9)
    assert [bulk.find_u8(mem, at, 98) for at in (0, 4999, 5000)] == [5000] * 3
    assert [bulk.find_within_u8(mem, 10, count, 98) for count in (0, 4990, 4991)] == [4990, 0xFFFFFFFF, 4990]
    for address, value in ((5001, 98), (0, 256), (-1, 97), (5010, 97)):
        with pytest.raises(Trap):
            bulk.find_u8(mem, address, value)
    for address, count, value in ((5001, 10, 98), (0, 0, 256), (-1, 3, 97), (5010, 1, 97)):
        with pytest.raises(Trap):
            bulk.find_within_u8(mem, address, count, value)
    assert bulk.find_within_u8(mem, 5000, 10, 97) == 0xFFFFFFFF


@pytest.mark.parametrize("buffer", BUFFERS)
def test_blocks_are_searched_as_far_as_they_are_whole(buffer: Callable[[bytes], object]) -> None:
    mem = buffer(b"a" * 5000 + b"b" + b"a" * 12)
    for address, index in ((0, 5000), (4994, 6)):
        assert bulk.find_block_u8(mem, address, 16, 98) == index
        assert bulk.find_block_in(mem, address, 16, (98, 99)) == index
        assert bulk.find_block_in(mem, address, 16, b"[^a]") == index
    for address, value in ((4999, 98), (8, 98), (0, 99), (5011, 97), (6000, 97)):
        with pytest.raises(Trap):
            bulk.find_block_u8(mem, address, 16, value)
        with pytest.raises(Trap):
            bulk.find_block_in(mem, address, 16, (value, value))
    absent = [0xFFFFFFFF - bulk.find_in_blocks(mem, 0, 16, 98, most) for most in (-3, 0, 1, 312)]
    assert absent == [0, 0, 16, 4992]
    assert bulk.find_in_blocks(mem, 0, 16, 98, 313) == bulk.find_in_blocks(mem, 0, 16, (46, 93, 98), 1 << 32) == 5000
    sizes = [0xFFFFFFFF - bulk.find_in_blocks(mem, at, 64, b"[c-z]", 1 << 32) for at in (0, 10, 4946, 4950, 6000)]
    assert sizes == [4992, 4992, 64, 0, 0]


@pytest.mark.parametrize("buffer", BUFFERS)
def test_comparisons(buffer: Callable[[bytes], object]) -> None:
    half = bytes(i % 256 for i in range(9000))
    for place in (0, 1, 6, 7, 8, 63, 64, 200, 255, 256, 4095, 4096, 8999):
        mem = buffer(half + half[:place] + b"\xff\xee"[half[place] == 255 :][:1] + half[place + 1 :])
        words = Views(mem).by_width["u64"]
        for count in (0, place + 1, min(place + 300, 9000), 9000):
            assert bulk.mismatch_u8(mem, words, 0, 9000, count) == place
        if place:
            assert bulk.mismatch_u8(mem, words, 0, 9000, place) == 0xFFFFFFFF
    for address, other, count in ((-1, 0, 2), (9000, 18000, 1), (0, 0, 0), (0, 0, 18001)):
        with pytest.raises(Trap):
            bulk.mismatch_u8(mem, words, address, other, count)


@pytest.mark.parametrize("buffer", BUFFERS)
@pytest.mark.parametrize("place", [0, 3, 7, 8, 15, 23, 24, 30])
def test_comparisons_that_go_on_past_the_end(buffer: Callable[[bytes], object], place: int) -> None:
    for left in (place + 1, place + 2, place + 9):
        same = bytes(left)
        mem = buffer(same + same[:place] + b"\1" + same[place + 1 :])
        words = Views(mem).by_width["u64"]
        for count in (0, left + 1, left + 8, left + 5000):
            assert bulk.mismatch_u8(mem, words, 0, left, count) == place
            with pytest.raises(Trap):
                bulk.mismatch_u8(mem, words, left, left, count)


@pytest.mark.parametrize("buffer", BUFFERS)
def test_sums(buffer: Callable[[bytes], object]) -> None:
    mem = buffer(b"\1\2\3\4" * 6)
    assert bulk.sum_u8(mem, 1, 4) == 10
    assert bulk.sum_u16(mem, 2, 3) == 0x0403 + 0x0201 + 0x0403
    assert bulk.sum_u32(mem, 3, 5) == 5 * 0x03020104
    for address, count in ((-1, 1), (21, 1), (0, 7), (0, 0)):
        with pytest.raises(Trap):
            bulk.sum_u32(mem, address, count)
