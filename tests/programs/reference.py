"""Plain Python twins of some examples, to hold them against."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

ROMAN = {1: "I", 4: "IV", 14: "XIV", 49: "XLIX", 1987: "MCMLXXXVII", 3999: "MMMCMXCIX", 0: "", 4000: ""}


def signed(value: int, bits: int) -> int:
    """The low bits of the value, read as a two's complement number."""
    value %= 2**bits
    return value - 2**bits if value >> bits - 1 else value


def f32(value: float) -> float:
    """The value rounded to single precision."""
    (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    return float(rounded)


def lcg(seed: int, steps: int) -> int:
    """Twin of lcg.c's 32-bit generator, unsigned."""
    total = 0
    for _ in range(steps):
        seed = (seed * 1664525 + 1013904223) % 2**32
        total ^= seed >> 16
    return total ^ seed


def lcg64(seed: int, steps: int) -> int:
    """Twin of lcg.c's 64-bit generator, unsigned."""
    for _ in range(steps):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
    return seed


def escape(x: float, y: float, limit: int) -> int:
    """Twin of mandelbrot.c: every operation is rounded to single precision."""
    x, y = f32(x), f32(y)
    a = b = aa = bb = 0.0
    for step in range(limit):
        if f32(aa + bb) > 4.0:
            return step
        b = f32(f32(f32(2.0 * a) * b) + y)
        a = f32(f32(aa - bb) + x)
        aa, bb = f32(a * a), f32(b * b)
    return limit


def levenshtein(a: str, b: str) -> int:
    """The edit distance of two strings."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        new = [i + 1]
        for j, y in enumerate(b):
            new.append(min(row[j] + (x != y), row[j + 1] + 1, new[j] + 1))
        row = new
    return row[-1]


_TOKEN = re.compile(r'[{}\[\]:,]|(?P<s>"(?:[^"\\]|\\.)*")|(?P<n>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|true|false|null')


def tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Kind, start and length of each token of valid JSON, as json.c gives them."""
    for match in _TOKEN.finditer(text):
        first = match.group()[0]
        yield match.lastgroup or ("z" if first == "n" else first), match.start(), len(match.group())


_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety"


def spell(n: int) -> str:
    """A number below 10**12 in English."""
    if n < 0:
        return "minus " + spell(-n)
    if n < 20:
        return _UNITS.split()[n]
    if n < 100:
        return _TENS.split()[n // 10] + ("-" + _UNITS.split()[n % 10] if n % 10 else "")
    scales = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
    size, name = next(scale for scale in scales if n >= scale[0])
    return f"{spell(n // size)} {name}" + (" " + spell(n % size) if n % size else "")


def pseudo_random_words(length: int) -> bytes:
    """Text that compresses a little, always the same."""
    seed, words = 1, list[bytes]()
    while sum(map(len, words)) < length:
        seed = (seed * 1664525 + 1013904223) % 2**32
        words.append(b"w%x " % (seed >> 24))
    return b"".join(words)[:length]


def _run_length(length: int) -> bytes:
    return b"" if length < 15 else b"\xff" * ((length - 15) // 255) + bytes([(length - 15) % 255])


def _sequence(literals: bytes, offset: int, match: int) -> bytes:
    token = min(len(literals), 15) << 4 | min(match - 4, 15)
    return bytes([token]) + _run_length(len(literals)) + literals + struct.pack("<H", offset) + _run_length(match - 4)


def lz4_compress(data: bytes) -> bytes:
    """The data as one LZ4 block, by a greedy search for earlier groups of four bytes."""
    result, seen, start, i = b"", dict[bytes, int](), 0, 0
    while i + 12 < len(data):
        group, match = data[i : i + 4], 4
        earlier = seen.get(group, -65536)
        seen[group] = i
        if i - earlier > 65535:
            i += 1
            continue
        while i + match + 5 < len(data) and data[earlier + match] == data[i + match]:
            match += 1
        result += _sequence(data[start:i], i - earlier, match)
        start = i = i + match
    rest = data[start:]
    return result + bytes([min(len(rest), 15) << 4]) + _run_length(len(rest)) + rest


_YEAR = 365.24
_SUN = 39.47841760435743
_PLANETS = (
    (4.84143144246472090e00, -1.16032004402742839e00, -1.03622044471123109e-01),
    (1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05, 9.54791938424326609e-04),
    (8.34336671824457987e00, 4.12479856412430479e00, -4.03523417114321381e-01),
    (-2.76742510726411160e-03, 4.99852801234917238e-03, 2.30417297573763929e-05, 2.85885980666130812e-04),
    (1.28943695621391310e01, -1.51111514016986312e01, -2.23307578892655734e-01),
    (2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05, 4.36624404335156298e-05),
    (1.53796971148509165e01, -2.59193146099879641e01, 1.79258772950371181e-01),
    (2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05, 5.15138902046611451e-05),
)


class Bodies:
    """Twin of nbody.c, operation for operation, so that results are equal to the last bit."""

    def __init__(self) -> None:
        self.positions = [[0.0, 0.0, 0.0], *(list(place) for place in _PLANETS[::2])]
        self.velocities = [[0.0, 0.0, 0.0], *([v * _YEAR for v in motion[:3]] for motion in _PLANETS[1::2])]
        self.masses = [_SUN, *(motion[3] * _SUN for motion in _PLANETS[1::2])]
        for k in range(3):
            momentum = 0.0
            for i in range(1, 5):
                momentum += self.velocities[i][k] * self.masses[i]
            self.velocities[0][k] = -momentum / _SUN

    def _distance(self, i: int, j: int) -> tuple[list[float], float]:
        d = [a - b for a, b in zip(self.positions[i], self.positions[j], strict=True)]
        return d, math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])

    def energy(self) -> float:
        """The total energy of the system."""
        total = 0.0
        for i, (v, mass) in enumerate(zip(self.velocities, self.masses, strict=True)):
            total += 0.5 * mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
            for j in range(i + 1, 5):
                total -= mass * self.masses[j] / self._distance(i, j)[1]
        return total

    def _attract(self, i: int, j: int, dt: float) -> None:
        d, r = self._distance(i, j)
        magnitude = dt / (r * r * r)
        for k in range(3):
            self.velocities[i][k] -= d[k] * self.masses[j] * magnitude
            self.velocities[j][k] += d[k] * self.masses[i] * magnitude

    def advance(self, steps: int, dt: float) -> None:
        """Moves the bodies by `steps` steps of `dt` years."""
        for _ in range(steps):
            for i in range(5):
                for j in range(i + 1, 5):
                    self._attract(i, j, dt)
            for place, velocity in zip(self.positions, self.velocities, strict=True):
                for k in range(3):
                    place[k] += dt * velocity[k]


_BLAKE3_START = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
_BLAKE3_ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_BLAKE3_MIXES = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
_FIRST, _LAST, _PARENT, _ROOT, _KEYED, _CONTEXT, _MATERIAL = (1 << bit for bit in range(7))


def _mix(v: list[int], a: int, b: int, c: int, d: int, x: int, y: int) -> None:
    for word, first, second in ((x, 16, 12), (y, 8, 7)):
        v[a] = (v[a] + v[b] + word) % 2**32
        v[d] ^= v[a]
        v[d] = (v[d] >> first | v[d] << 32 - first) % 2**32
        v[c] = (v[c] + v[d]) % 2**32
        v[b] ^= v[c]
        v[b] = (v[b] >> second | v[b] << 32 - second) % 2**32


@dataclass(frozen=True, slots=True)
class _Node:
    """A last block of a chunk, or a parent: all that the compression function takes."""

    chain: tuple[int, ...]
    block: bytes
    counter: int
    flags: int

    def compress(self, counter: int, flags: int) -> tuple[int, ...]:
        words = struct.unpack("<16I", self.block.ljust(64, b"\0"))
        v = [*self.chain, *_BLAKE3_START[:4], counter % 2**32, counter >> 32, len(self.block), flags]
        for _ in range(7):
            for i, places in enumerate(_BLAKE3_MIXES):
                _mix(v, *places, words[2 * i], words[2 * i + 1])
            words = tuple(words[i] for i in _BLAKE3_ORDER)
        return (*(v[i] ^ v[i + 8] for i in range(8)), *(v[i + 8] ^ self.chain[i] for i in range(8)))

    def value(self) -> tuple[int, ...]:
        return self.compress(self.counter, self.flags)[:8]

    def output(self, size: int) -> bytes:
        blocks = (self.compress(i, self.flags | _ROOT) for i in range((size + 63) // 64))
        return b"".join(struct.pack("<16I", *block) for block in blocks)[:size]


def _chunk(key: tuple[int, ...], data: bytes, counter: int, flags: int) -> _Node:
    chain, last = key, max(0, (len(data) - 1) // 64)
    for i in range(last):
        start = _FIRST if i == 0 else 0
        chain = _Node(chain, data[64 * i : 64 * i + 64], counter, flags | start).value()
    return _Node(chain, data[64 * last :], counter, flags | _LAST | (0 if last else _FIRST))


def _tree(key: tuple[int, ...], data: bytes, counter: int, flags: int) -> _Node:
    if len(data) <= 1024:
        return _chunk(key, data, counter, flags)
    left = 1 << ((len(data) - 1) // 1024).bit_length() - 1
    children = (_tree(key, data[: left * 1024], counter, flags), _tree(key, data[left * 1024 :], counter + left, flags))
    return _Node(key, struct.pack("<16I", *children[0].value(), *children[1].value()), 0, flags | _PARENT)


def blake3(data: bytes, size: int = 32, *, key: bytes = b"", context: bytes = b"") -> bytes:
    """BLAKE3 of the data, with a key of 32 bytes, or as a key that is derived for a context."""
    if context:
        words = struct.unpack("<8I", _tree(_BLAKE3_START, context, 0, _CONTEXT).output(32))
        return _tree(words, data, 0, _MATERIAL).output(size)
    if key:
        return _tree(struct.unpack("<8I", key), data, 0, _KEYED).output(size)
    return _tree(_BLAKE3_START, data, 0, 0).output(size)
