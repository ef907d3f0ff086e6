"""Loops over memory as operations on slices: fills, copies, searches, comparisons and sums.

`transpile/optimise/bulk` puts these in the place of loops that move through memory element by element, and they do
exactly what such a loop does.  A buffer of bytes of exactly the memory's size comes first (a `bytearray` or a
`memoryview` of format "B"); addresses are integers that may be negative or past the end, and are then out of bounds.

A count of 0 stands for a loop that does not end before it has passed the end of memory.  Where a loop traps, what it
wrote before stays.  `order` tells in which order an unrolled loop goes through the elements of one turn, if not
upwards: it can be seen where such a turn traps.  The elements that do not make a whole turn come first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.layouts import U16, U32, U64

Buffer: TypeAlias = Any
Order: TypeAlias = tuple[int, ...]
#: A few bytes, or a pattern that matches any of some.
Wanted: TypeAlias = "tuple[int, ...] | bytes"

#: More turns than any loop that moves through memory can take.
_ENDLESS = 1 << 32
#: How many bytes are searched at first, and at a time where that does not do: most strings are short.
_FIRST_LOOK = 64
_NEXT_LOOKS = 4096
#: How near a few bytes are looked for without further ado.
_NEAR = 256
#: How many bytes are compared as one integer.
_SHORT = 256
#: Where such integers are looked at one by one.
_NEXT_WORDS = (8, 16)
#: No more bytes are searched where what comes of it may be an index or a size.
_FURTHEST = (1 << 31) - 1
#: The index of what is not there.
_NOWHERE = 0xFFFFFFFF
#: Each byte, not to be changed: a bytearray takes the slice of another as it is, and copies any other buffer first.
_BYTES = tuple(bytearray((i,)) for i in range(256))


def turns_below(first: int, limit: int, step: int) -> int:
    """How many turns a loop takes that goes on while its counter is less than `limit`.

    The counter is `first` at the end of the first turn and `step` more after each; 0 if it wraps before it ends.
    """
    if first >= limit:
        return 1
    more = (limit - first + step - 1) // step
    return more + 1 if first + more * step < _ENDLESS else 0


def turns_whole(total: int, step: int) -> int:
    """The total that a counter has to change by, or 0 if steps of this size do not meet it."""
    return 0 if total % step else total


# Fills


def fill_u8(mem: Buffer, address: int, count: int, value: int, order: Order = ()) -> None:
    """Store a byte `count` times, from `address` on."""
    end = address + count
    if 0 <= address < end <= len(mem):
        mem[address:end] = _BYTES[value] * count
    else:
        _fill_until_trap(mem, address, count, _BYTES[value], order)


def fill_u16(mem: Buffer, address: int, count: int, value: int, order: Order = ()) -> None:
    """Store an integer of 2 bytes `count` times, from `address` on."""
    _fill(mem, address, count, bytearray(U16.pack(value)), order)


def fill_u32(mem: Buffer, address: int, count: int, value: int, order: Order = ()) -> None:
    """Store an integer of 4 bytes `count` times, from `address` on."""
    _fill(mem, address, count, bytearray(U32.pack(value)), order)


def fill_u64(mem: Buffer, address: int, count: int, value: int, order: Order = ()) -> None:
    """Store an integer of 8 bytes `count` times, from `address` on."""
    _fill(mem, address, count, bytearray(U64.pack(value)), order)


def _fill(mem: Buffer, address: int, count: int, element: bytearray, order: Order) -> None:
    end = address + count * len(element)
    if 0 <= address < end <= len(mem):
        mem[address:end] = element * count
    else:
        _fill_until_trap(mem, address, count, element, order)


def _fill_until_trap(mem: Buffer, address: int, count: int, element: bytearray, order: Order) -> None:
    """Fill as far as the loop would have come."""
    width = len(element)
    count = count or _ENDLESS
    whole = _whole_turns(count, _room(mem, address, width), order)
    mem[address : address + whole * width] = element * whole
    for at in _displacements(whole, count, width, order):
        place = _inside(mem, address + at, width)
        mem[place : place + width] = element


def fill_strided(
    mem: Buffer, address: int, value: int, counter: int, limit: int, step: int, signed: bool = False
) -> None:
    """Store a byte at `address`, and as long as the counter stays below the limit, `step` further on.

    All are 32-bit integers that wrap; the counter grows by `step` as well, and is tested after each store.
    """
    top = 0x80000000 if signed else _ENDLESS
    if step > 0 and counter + step < top and limit + step <= top:
        count = (limit - counter + step - 1) // step if counter < limit else 1
        end = address + (count - 1) * step + 1
        if end <= len(mem):
            mem[address:end:step] = _BYTES[value] * count
            return
    if signed and (counter >= top or limit >= top):
        counter, limit = (counter ^ top) - top, (limit ^ top) - top
        fill_strided(mem, address, value, counter, limit, step, signed)
    else:
        _store_strided(mem, address, value, counter, limit, step, top)


def _store_strided(mem: Buffer, address: int, value: int, counter: int, limit: int, step: int, top: int) -> None:
    """One by one."""
    while True:
        mem[address] = value
        address = (address + step) & 0xFFFFFFFF
        counter += step
        if counter >= top:
            counter -= _ENDLESS
        if counter >= limit:
            return


# Copies


def copy_u8(mem: Buffer, to: int, from_: int, count: int, order: Order = ()) -> None:
    """Copy bytes one after the other, upwards: what was just written can be read again."""
    end, past = to + count, from_ + count
    if 0 <= to < end <= len(mem) >= past and from_ >= 0 and not order:
        if to <= from_ or past <= to:
            mem[to:end] = mem[from_:past]
        else:
            mem[to:end] = (bytearray(mem[from_:to]) * (count // (to - from_) + 1))[:count]
    else:
        _copy(mem, to, from_, count, 1, order)


def copy_u16(mem: Buffer, to: int, from_: int, count: int, order: Order = ()) -> None:
    """Copy elements of 2 bytes one after the other, upwards."""
    _copy(mem, to, from_, count, 2, order)


def copy_u32(mem: Buffer, to: int, from_: int, count: int, order: Order = ()) -> None:
    """Copy elements of 4 bytes one after the other, upwards."""
    _copy(mem, to, from_, count, 4, order)


def copy_u64(mem: Buffer, to: int, from_: int, count: int, order: Order = ()) -> None:
    """Copy elements of 8 bytes one after the other, upwards."""
    _copy(mem, to, from_, count, 8, order)


def _copy(mem: Buffer, to: int, from_: int, count: int, width: int, order: Order) -> None:
    size, distance = count * width, to - from_
    inside = 0 <= to < to + size <= len(mem) and 0 <= from_ <= len(mem) - size
    if inside and (not order or abs(distance) >= len(order) * width):
        if not 0 < distance < size:
            mem[to : to + size] = mem[from_ : from_ + size]
            return
        if distance >= width:
            mem[to : to + size] = (bytearray(mem[from_:to]) * (size // distance + 1))[:size]
            return
    if inside:
        _copy_elements(mem, to, from_, _displacements(0, count, width, order), width)
    else:
        _copy_until_trap(mem, to, from_, count or _ENDLESS, width, order)


def _copy_until_trap(mem: Buffer, to: int, from_: int, count: int, width: int, order: Order) -> None:
    """Copy as far as the loop would have come."""
    whole = _whole_turns(count, min(_room(mem, to, width), _room(mem, from_, width)), order)
    if whole:
        _copy(mem, to, from_, whole, width, order)
    _copy_elements(mem, to, from_, _displacements(whole, count, width, order), width)


def _copy_elements(mem: Buffer, to: int, from_: int, displacements: Iterator[int], width: int) -> None:
    for at in displacements:
        source, place = _inside(mem, from_ + at, width), _inside(mem, to + at, width)
        mem[place : place + width] = mem[source : source + width]


def copy_down(mem: Buffer, to: int, from_: int, count: int, width: int) -> None:
    """Copy elements one after the other, from the last, which is at these addresses, downwards."""
    back = (count - 1) * width
    low, source = to - back, from_ - back
    size = back + width
    inside = count and low >= 0 <= source and max(to, from_) + width <= len(mem)
    if inside and not 0 < from_ - to < size:
        mem[low : low + size] = mem[source : source + size]
        return
    for at in range(0, (count or _ENDLESS) * width, width):
        here, place = _inside(mem, from_ - at, width), _inside(mem, to - at, width)
        mem[place : place + width] = mem[here : here + width]


# Searches and sums


def find_u8(mem: Buffer, address: int, value: int) -> int:
    """The address of the first byte of this value, from `address` on."""
    if type(mem) is bytearray and value < 256 and address >= 0:
        at = mem.find(value, address)
    else:
        at = _find(mem, address, len(mem), value)
    if at < 0:
        raise Trap("out of bounds memory access")
    return at


def find_within_u8(mem: Buffer, address: int, count: int, value: int) -> int:
    """The index of the first byte of this value among `count`, or 2**32 - 1."""
    end = address + (count or _ENDLESS)
    at = _find(mem, address, min(end, len(mem)), value)
    if at >= 0:
        return at - address
    if end > len(mem) or address < 0:
        raise Trap("out of bounds memory access")
    return _NOWHERE


def _find(mem: Buffer, address: int, end: int, value: int) -> int:
    """Where a byte is, or -1."""
    if value > 255 or address < 0:
        return -1
    if type(mem) is bytearray:
        return mem.find(value, address, end)
    size = _FIRST_LOOK
    while address < end:
        at = bytes(mem[address : min(address + size, end)]).find(value)
        if at >= 0:
            return address + at
        address += size
        size = _NEXT_LOOKS
    return -1


def find_block_u8(mem: Buffer, address: int, step: int, value: int) -> int:
    """The index of the first byte of this value, from `address` on, by loads of whole blocks of `step` bytes."""
    at = mem.find(value, address) if type(mem) is bytearray else _find(mem, address, len(mem), value)
    if step <= at + step <= len(mem):  # so is the end of the block that it is in
        return at - address
    return _index_of_block(mem, address, step, at)


def find_block_in(mem: Buffer, address: int, step: int, wanted: Wanted) -> int:
    """The same of any of several bytes: where there are a few of them, what is near is found soonest."""
    if type(wanted) is tuple and type(mem) is bytearray:
        near = at = address + _NEAR
        for byte in wanted:
            found = mem.find(byte, address, at)
            if found >= 0:
                at = found
        if at < near and at + step <= len(mem):
            return at - address
    return _index_of_block(mem, address, step, _find_any(mem, address, len(mem), wanted))


def _index_of_block(mem: Buffer, address: int, step: int, at: int) -> int:
    """How far a byte was found from there, if the whole block is in memory."""
    if at < 0 or at - (at - address) % step + step > len(mem):
        raise Trap("out of bounds memory access")
    return at - address


def find_in_blocks(mem: Buffer, address: int, step: int, wanted: int | Wanted, most: int) -> int:
    """The index of the first byte wanted in the whole blocks of `step` bytes, `most` at most, that lie in memory.

    If there is none, 2**32 - 1 less the size of these blocks, which are searched up to less than 2**31 bytes.
    """
    size = min(most * step, len(mem) - address, _FURTHEST)
    size -= size % step
    if size <= 0:
        return _NOWHERE
    end = address + size
    at = _find(mem, address, end, wanted) if isinstance(wanted, int) else _find_any(mem, address, end, wanted)
    return at - address if at >= 0 else _NOWHERE - size


def _find_any(mem: Buffer, address: int, end: int, wanted: Wanted) -> int:
    """Where one of several bytes is, or -1."""
    if type(wanted) is tuple:
        return _find_few(mem, address, end, wanted)
    found = _pattern(wanted).search(mem, address, end) if address < end else None
    return -1 if found is None else found.start()


def _find_few(mem: Buffer, address: int, end: int, wanted: Iterable[int]) -> int:
    """The same by a search for each byte: none goes further than a bit beyond where another finds something."""
    size, aside = _FIRST_LOOK, type(mem) is not bytearray
    while address < end:
        stop = min(address + size, end)
        looked, first = (bytes(mem[address:stop]), address) if aside else (mem, 0)
        near = stop - first
        for byte in wanted:
            at = looked.find(byte, address - first, near)
            if at >= 0:
                near = at
        if near + first < stop:
            return near + first
        address, size = stop, _NEXT_LOOKS
    return -1


@lru_cache(256)
def _pattern(wanted: Wanted) -> re.Pattern[bytes]:
    """The set of bytes of a pattern."""
    return re.compile(bytes(wanted))


def mismatch_u8(mem: Buffer, words: Buffer, address: int, other: int, count: int) -> int:
    """The index of the first of `count` bytes that is not the same in two places, or 2**32 - 1.

    `words` has the eight bytes from each address on, as an integer: most that differ do so soon.
    """
    if count < 8 or address < 0 or other < 0:
        return _any_mismatch(mem, address, other, count or _ENDLESS)
    try:
        bits: int = words[address] ^ words[other]
        if bits:
            return (bits & -bits).bit_length() - 1 >> 3
        for at in _NEXT_WORDS if count >= 24 else ():
            bits = words[address + at] ^ words[other + at]
            if bits:
                return at + ((bits & -bits).bit_length() - 1 >> 3)
    except IndexError:  # less than a word is left of memory: they may differ before its end all the same
        return _any_mismatch(mem, address, other, count)
    if count > _NEXT_LOOKS or max(address, other) + count > len(mem):
        return _any_mismatch(mem, address, other, count)
    here, there = mem[address : address + count], mem[other : other + count]
    return _NOWHERE if here == there else _first_difference(here, there)


def _any_mismatch(mem: Buffer, address: int, other: int, count: int) -> int:
    inside = min(count, len(mem) - max(address, other)) if address >= 0 <= other else 0
    for done in range(0, inside, _NEXT_LOOKS):
        past = min(done + _NEXT_LOOKS, inside)
        here, there = mem[address + done : address + past], mem[other + done : other + past]
        if here != there:
            return done + _first_difference(here, there)
    if inside < count:
        raise Trap("out of bounds memory access")
    return _NOWHERE


def _first_difference(one: Buffer, other: Buffer) -> int:
    """The index of the first byte that differs in two buffers of the same size, which are not the same."""
    start = 0
    while len(one) > _SHORT and one[:_SHORT] == other[:_SHORT]:
        one, other = one[_SHORT:], other[_SHORT:]
        start += _SHORT
    if len(one) > _SHORT:
        one, other = one[:_SHORT], other[:_SHORT]
    bits = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    return start + ((bits & -bits).bit_length() - 1 >> 3)


def sum_u8(mem: Buffer, address: int, count: int) -> int:
    """The sum of `count` bytes from `address` on."""
    return _sum(mem, address, count, "B")


def sum_u16(mem: Buffer, address: int, count: int) -> int:
    """The sum of `count` integers of 2 bytes from `address` on."""
    return _sum(mem, address, 2 * count, "H")


def sum_u32(mem: Buffer, address: int, count: int) -> int:
    """The sum of `count` integers of 4 bytes from `address` on."""
    return _sum(mem, address, 4 * count, "I")


def _sum(mem: Buffer, address: int, size: int, format_: Literal["B", "H", "I"]) -> int:
    """By a view of the machine's byte order, which is little-endian where views are used."""
    if 0 <= address < address + size <= len(mem):
        return sum(memoryview(mem)[address : address + size].cast(format_))
    raise Trap("out of bounds memory access")


# Loops that go through memory


def items(view: Buffer, first: int, size: int, stride: int) -> Buffer:
    """The items of a view that lie so far apart, from the first address on; their strides together are `size`."""
    if first >= 0 < size and first + size - stride < len(view):
        return view[first : first + size : stride]
    raise Trap("out of bounds memory access")


# Where a loop traps


def _inside(mem: Buffer, address: int, width: int) -> int:
    if not 0 <= address <= len(mem) - width:
        raise Trap("out of bounds memory access")
    return address


def _room(mem: Buffer, address: int, width: int) -> int:
    """How many elements fit between an address and the end of memory."""
    return max(len(mem) - address, 0) // width if address >= 0 else 0


def _whole_turns(count: int, room: int, order: Order) -> int:
    """How many of `count` elements the turns have that find room."""
    group = len(order) or 1
    first = count % group
    fitting = min(count, room)
    return fitting if fitting < first else fitting - (fitting - first) % group


def _displacements(done: int, count: int, width: int, order: Order) -> Iterator[int]:
    """How far the elements after the first `done` are from the first, in the order in which the loop goes."""
    group = len(order) or 1
    first = count % group
    yield from range(done * width, first * width, width)
    for turn in range(max(done, first) * width, count * width, group * width):
        for element in order or (0,):
            yield turn + element * width
