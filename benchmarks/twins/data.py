"""Twins of kernels that work on data structures in memory."""

from __future__ import annotations

from itertools import islice

from benchmarks.twins.randoms import random_numbers


def sieve(limit: int) -> int:
    composite = bytearray(limit)
    count = 0
    for i in range(2, limit):
        if not composite[i]:
            count += 1
            composite[2 * i :: i] = b"\1" * len(range(2 * i, limit, i))
    return count


def sum32(rounds: int) -> int:
    numbers = list(islice(random_numbers(), 10_000))
    total = 0
    for i in range(rounds):
        numbers[i % len(numbers)] ^= total
        for number in numbers:
            total += number
        total &= 0xFFFFFFFF
    return total


def quicksort(rounds: int) -> int:
    numbers = random_numbers()
    total = 0
    for _ in range(rounds):
        a = [((x ^ 0x80000000) - 0x80000000) >> 8 for x in islice(numbers, 1000)]
        _sort(a, 0, len(a) - 1)
        total = (total * 31 + a[500]) & 0xFFFFFFFF
    return total


def _sort(a: list[int], low: int, high: int) -> None:
    while high - low > 12:
        middle = _partition(a, low, high)
        _sort(a, low, middle)
        low = middle + 1
    for i in range(low + 1, high + 1):
        x = a[i]
        j = i
        while j > low and a[j - 1] > x:
            a[j] = a[j - 1]
            j -= 1
        a[j] = x


def _partition(a: list[int], low: int, high: int) -> int:
    pivot = a[(low + high) // 2]
    i, j = low, high
    while True:
        while a[i] < pivot:
            i += 1
        while a[j] > pivot:
            j -= 1
        if i >= j:
            return j
        a[i], a[j] = a[j], a[i]
        i += 1
        j -= 1


EMPTY, REMOVED = -1, -2


class HashTable:
    """From integers of 64 bits to integers: open addressing with linear probing.

    `keys` holds EMPTY and REMOVED beside keys.
    """

    __slots__ = ("keys", "live", "used", "values")

    def __init__(self) -> None:
        self.used = self.live = 0
        self.keys: list[int] = []
        self.values: list[int] = []

    def slot(self, key: int) -> int:
        """The index of the key, or of the place where it would go."""
        keys = self.keys
        h = (key ^ key >> 33) * 0xFF51AFD7ED558CCD & 0xFFFFFFFFFFFFFFFF
        h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 & 0xFFFFFFFFFFFFFFFF
        mask = len(keys) - 1
        i = (h ^ h >> 33) & mask
        free = -1
        while (found := keys[i]) != key:
            if found == EMPTY:
                return i if free < 0 else free
            if found == REMOVED and free < 0:
                free = i
            i = (i + 1) & mask
        return i

    def put(self, key: int, value: int) -> bool:
        if self.used * 4 >= len(self.keys) * 3:
            self.rehash()
        i = self.slot(key)
        old = self.keys[i]
        self.values[i] = value
        if old == key:
            return False
        self.keys[i] = key
        self.used += old == EMPTY
        self.live += 1
        return True

    def get(self, key: int, fallback: int) -> int:
        i = self.slot(key)
        return self.values[i] if self.keys[i] == key else fallback

    def remove(self, key: int) -> bool:
        i = self.slot(key)
        if self.keys[i] != key:
            return False
        self.keys[i] = REMOVED
        self.live -= 1
        return True

    def rehash(self) -> None:
        keys, values = self.keys, self.values
        capacity = 64 if self.live * 4 < 64 else 2 * len(keys)
        self.keys = [EMPTY] * capacity
        self.values = [0] * capacity
        self.used = self.live
        for key, value in zip(keys, values, strict=True):
            if key >= 0:
                i = self.slot(key)
                self.keys[i] = key
                self.values[i] = value


def _random_keys(count: int) -> list[int]:
    numbers = random_numbers()
    return [next(numbers) << 32 | next(numbers) for _ in range(count)]


def hashtable(count: int) -> int:
    table = HashTable()
    for i, key in enumerate(_random_keys(count)):
        table.put(key, i)
    total = 0
    for key in _random_keys(count):
        total += table.get(key, 1)
    for key in _random_keys(count)[1::2]:
        table.remove(key)
    total *= 31
    for key in _random_keys(count):
        total += table.get(key, 1)
    return total & 0xFFFFFFFFFFFFFFFF


def lz4(rounds: int) -> int:
    block = _lz4_block()
    total = 0
    out = bytearray()
    for i in range(rounds):
        block[-1] = i & 255
        out = _lz4_decompress(block)
        total = (total * 31 + out[-1] + len(out)) & 0xFFFFFFFF
    for byte in out:
        total = (total * 31 + byte) & 0xFFFFFFFF
    return total


def _lz4_block() -> bytearray:
    numbers = random_numbers()
    block = bytearray()
    made = 0
    while len(block) < 4096 - 32:
        literals = 1 + (next(numbers) >> 24) % 12
        match = (next(numbers) >> 24) % 15
        block.append(literals << 4 | match)
        block += bytes(next(numbers) >> 24 for _ in range(literals))
        made += literals
        block += (1 + (next(numbers) >> 8) % made).to_bytes(2, "little")
        made += match + 4
    return block + b"\x10\0"


def _lz4_length(block: bytearray, p: int, length: int) -> tuple[int, int]:
    if length == 15:
        while True:
            length += block[p]
            p += 1
            if block[p - 1] != 255:
                break
    return p, length


def _lz4_decompress(block: bytearray) -> bytearray:
    out = bytearray()
    p, end = 0, len(block)
    while p < end:
        token = block[p]
        p, literals = _lz4_length(block, p + 1, token >> 4)
        out += block[p : p + literals]
        p += literals
        if p == end:
            return out
        start = len(out) - (block[p] | block[p + 1] << 8)
        if start < 0 or start == len(out):
            break
        p, match = _lz4_length(block, p + 2, token & 15)
        match += 4
        while match > 0:  # a match may run into what it makes
            piece = out[start : start + match]
            out += piece
            match -= len(piece)
    raise ValueError("the block is damaged")


class Node:
    """A node of a singly linked list."""

    __slots__ = ("next", "value")

    def __init__(self, value: int, following: Node | None) -> None:
        self.value = value
        self.next = following


def lists(rounds: int) -> int:
    numbers = random_numbers()
    total = 0
    for _ in range(rounds):
        node = None
        for x in islice(numbers, 500):
            node = Node(x >> 8, node)
        assert node is not None
        left = _remove_odd(_reverse(_sort_list(node, 500)))
        while left is not None:
            total = (total * 31 + left.value) & 0xFFFFFFFF
            left = left.next
    return total


def _merge(a: Node | None, b: Node | None) -> Node:
    head = last = Node(0, None)
    while a is not None and b is not None:
        if a.value <= b.value:
            last.next = last = a
            a = a.next
        else:
            last.next = last = b
            b = b.next
    last.next = b if a is None else a
    assert head.next is not None
    return head.next


def _sort_list(node: Node, count: int) -> Node:
    if count == 1:
        node.next = None
        return node
    half = count // 2
    middle = node
    for _ in range(half):
        assert middle.next is not None
        middle = middle.next
    right = _sort_list(middle, count - half)
    return _merge(_sort_list(node, half), right)


def _reverse(node: Node | None) -> Node | None:
    result = None
    while node is not None:
        following = node.next
        node.next = result
        result = node
        node = following
    return result


def _remove_odd(node: Node | None) -> Node | None:
    while node is not None and node.value & 1:
        node = node.next
    first = node
    while node is not None:
        following = node.next
        while following is not None and following.value & 1:
            following = following.next
        node.next = following
        node = following
    return first


def life(generations: int) -> int:
    numbers = random_numbers()
    rows = [bytearray(x >> 30 == 0 for x in islice(numbers, 64)) for _ in range(64)]
    for _ in range(generations):
        rows = [_life_row(rows[y - 1], rows[y], rows[(y + 1) % 64]) for y in range(64)]
    return sum(i for i, cell in enumerate(b"".join(rows)) if cell)


def _life_row(above: bytearray, row: bytearray, below: bytearray) -> bytearray:
    result = bytearray(64)
    for x in range(64):
        left, right = x - 1, (x + 1) % 64
        neighbours = (
            above[left] + above[x] + above[right] + row[left] + row[right] + below[left] + below[x] + below[right]
        )
        if neighbours == 3 or (neighbours == 2 and row[x]):
            result[x] = 1
    return result
