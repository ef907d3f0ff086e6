"""What the examples must answer, computed by native means: Python's own libraries, or a plain reference below.

`LIBRARIES` maps an example to a function that gives its steps, to be made in order on one instance; `COMMANDS` maps a
WASI command to its runs.  Steps are data, so that any engine can be held against them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain
from typing import Any

from programs.machine import VM_PROGRAMS
from programs.reference import (
    ROMAN,
    Bodies,
    escape,
    lcg,
    lcg64,
    levenshtein,
    lz4_compress,
    pseudo_random_words,
    signed,
    spell,
    tokens,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One call of an export.

    `input` is written at the address that the export `input` gives before the call; `output` is what then must be
    found at the address that the export `output` gives, or at `input()` where `in_place`.  `result` is the host value
    (integers signed), a tuple for several, None for none.  With `trap` set, the call must trap with that kind.
    """

    export: str
    args: tuple[Any, ...] = ()
    result: Any = None
    input: bytes = b""
    output: bytes = b""
    in_place: bool = False
    trap: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a WASI command: `files` lie in a directory preopened as `/`, `written` must lie there afterwards."""

    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0
    written: Mapping[str, bytes] = field(default_factory=dict)


TEXT = b"It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness. "


def _add() -> Iterable[Step]:
    yield Step("add", (2, 3), 5)
    yield Step("add", (2**31 - 1, 1), -(2**31))
    yield Step("add", (2**32 - 1, 2**32 - 1), -2)
    yield Step("div", (-7, 2), -3)
    yield Step("div", (1, 0), trap="integer divide by zero")
    yield Step("div", (-(2**31), -1), trap="integer overflow")


def _fib() -> Iterable[Step]:
    numbers = [0, 1]
    while len(numbers) < 19:
        numbers.append(numbers[-1] + numbers[-2])
    for n in (0, 1, 2, 10, 18):
        yield Step("fib", (n,), numbers[n])
    yield Step("fib", (-5,), -5)


def _lcg() -> Iterable[Step]:
    for seed, steps in ((0, 0), (1, 1), (42, 1000), (2**32 - 1, 5000)):
        yield Step("lcg", (seed, steps), signed(lcg(seed, steps), 32))
        yield Step("lcg64", (seed, steps), signed(lcg64(seed, steps), 64))


def _sieve() -> Iterable[Step]:
    for limit in (0, 2, 3, 100, 10_000):
        primes = sum(all(n % d for d in range(2, math.isqrt(n) + 1)) for n in range(2, limit))
        yield Step("sieve", (limit,), primes)
    yield Step("sieve", (1_000_001,), -1)


def _sum32() -> Iterable[Step]:
    numbers, x = [], 12345
    for _ in range(3000):
        x = (x * 69069 + 1) % 2**32
        numbers.append(x)
    yield Step("fill", (3000,))
    for n in (0, 1, 999, 3000):
        yield Step("sum", (n,), signed(sum(numbers[:n]), 32))
    yield Step("sum", (2**30,), trap="out of bounds memory access")


def _sha256() -> Iterable[Step]:
    for message in (b"", b"abc", bytes(55), bytes(56), bytes(64), TEXT * 9):
        yield Step("sha256", (len(message),), input=message, output=hashlib.sha256(message).digest())


def _crc32() -> Iterable[Step]:
    for message in (b"", b"123456789", TEXT, bytes(range(256)) * 8):
        yield Step("crc32", (0, len(message)), signed(zlib.crc32(message), 32), input=message)
    yield Step("crc32", (zlib.crc32(TEXT), 9), signed(zlib.crc32(b"123456789", zlib.crc32(TEXT)), 32), b"123456789")


def _quicksort() -> Iterable[Step]:
    generator = random.Random(1)
    for n in (0, 1, 2, 13, 14, 500):
        numbers = [generator.randrange(-(2**31), 2**31) for _ in range(n)]
        packed, result = (struct.pack(f"<{n}i", *order) for order in (numbers, sorted(numbers)))
        yield Step("sort", (n,), input=packed, output=result, in_place=True)
    numbers.sort()
    yield Step("find", (500, numbers[123]), 123)
    yield Step("find", (500, numbers[123] + 1), -1)


JSON_TEXTS = (
    '{"name": "wasm", "tags": ["a", "b\\u00e9\\n"], "size": -12.5e+3, "deep": [[[]], {}], "yes": true, "no": [null]}',
    "[0, 1, -0.25, 1e9]",
    '"alone"',
    "{}",
)
NOT_JSON = ("", "[1,]", '{"a" 1}', "[1 2]", "]", '{"a": }', "1 2")


def _json() -> Iterable[Step]:
    for text in JSON_TEXTS:
        json.loads(text)
        packed = b"".join(struct.pack("<III", ord(kind), start, length) for kind, start, length in tokens(text))
        yield Step("tokenize", (len(text),), len(packed) // 12, text.encode(), packed)
        yield Step("check", (len(text),), 1, text.encode())
    for text in NOT_JSON:
        yield Step("check", (len(text),), 0, text.encode())
    for text, offset in (("[tru]", 1), ('{"a\n"}', 1), ("[1, 02x]", 6), ('["\\x"]', 1), ("[1.]", 1)):
        yield Step("tokenize", (len(text),), -1 - offset, text.encode())


def _nbody() -> Iterable[Step]:
    bodies = Bodies()
    yield Step("reset")
    yield Step("energy", (), bodies.energy())
    for steps in (1, 50):
        bodies.advance(steps, 0.01)
        yield Step("advance", (steps, 0.01))
        yield Step("energy", (), bodies.energy())


def _mandelbrot() -> Iterable[Step]:
    for x, y in ((0.0, 0.0), (0.5, 0.5), (-2.0, 0.0), (-0.75, 0.125), (0.25, 0.53125), (3.0, 3.0)):
        yield Step("escape", (x, y, 100), escape(x, y, 100))
    picture = bytes(escape(-2 + 2.5 * i / 32, -1.25 + 2.5 * j / 16, 50) for j in range(16) for i in range(32))
    yield Step("draw", (32, 16, 50), output=picture)


def _vm() -> Iterable[Step]:
    for program in VM_PROGRAMS:
        for argument, result in program.answers.items():
            yield Step("run", (argument, 1_000_000), result, program.code)
            yield Step("status", (), program.status)
    yield Step("run", (5, 3), 0, VM_PROGRAMS[0].code)
    yield Step("status", (), 1)


def _base64() -> Iterable[Step]:
    for data in (b"", b"f", b"fo", b"foo", b"foob", TEXT, bytes(range(256))):
        text = base64.b64encode(data)
        yield Step("encode", (len(data),), len(text), data, text)
        yield Step("decode", (len(text),), len(data), text, data)
    for text in (b"abc", b"ab!=", b"=abc"):
        yield Step("decode", (len(text),), -1, text)


def _lz4() -> Iterable[Step]:
    for data in (b"x", bytes(5000), TEXT * 20, pseudo_random_words(3000)):
        block = lz4_compress(data)
        yield Step("decompress", (len(block),), len(data), block, data)
    yield Step("decompress", (3,), -1, b"\x10a\x02")
    yield Step("decompress", (0,), -1)


def _matmul() -> Iterable[Step]:
    for n in (1, 2, 9):
        a, b = ([[1 / (i + k * j + 1) for j in range(n)] for i in range(n)] for k in (1, 2))
        product = [[reduce(lambda s, k: s + a[i][k] * b[k][j], range(n), 0.0) for j in range(n)] for i in range(n)]
        packed, result = (struct.pack(f"<{len(rows) * n}d", *chain(*rows)) for rows in (a + b, product))
        yield Step("multiply", (n,), input=packed, output=result)
        yield Step("trace", (n,), reduce(lambda s, i: s + product[i][i], range(n), 0.0))


def _hashtable() -> Iterable[Step]:
    generator, table = random.Random(2), dict[int, int]()
    yield Step("get", (1, -1), -1)
    for _ in range(400):
        key, value = generator.randrange(-150, 150) * 2**33, generator.randrange(-(2**63), 2**63)
        if generator.random() < 0.3:
            yield Step("remove", (key,), int(table.pop(key, None) is not None))
        else:
            yield Step("put", (key, value), int(key not in table))
            table[key] = value
    for key in range(-150, 150, 7):
        yield Step("get", (key * 2**33, 5), table.get(key * 2**33, 5))
    yield Step("count", (), len(table))
    for key in range(3000):
        yield Step("put", (key, ~key), int(key not in table))
        table[key] = ~key
    yield Step("get", (2999, 0), -3000)
    yield Step("count", (), len(table))


def _calculator() -> Iterable[Step]:
    for operator, result in enumerate((9.5, 5.5, 15.0, 3.75, 1.5)):
        yield Step("calculate", (operator, 7.5, 2.0), result)
    yield Step("calculate", (3, 1.0, 0.0), math.inf)
    yield Step("calculate", (5, 1.0, 1.0), trap="undefined element")
    yield Step("divmod", (-7, 2), (-3, -1))
    yield Step("divmod", (2**40, 10**6), divmod(2**40, 10**6))
    yield Step("divmod", (1, 0), trap="integer divide by zero")


def _greeting() -> Iterable[Step]:
    yield Step("greet", (5,), 13, b"World", b"Hello, World!")
    yield Step("greet", (0,), 8, output=b"Hello, !")
    yield Step("repeat", (ord("z"), 10), output=b"z" * 10)
    yield Step("repeat", (0, 2**16), trap="out of bounds memory access")


def _text() -> Iterable[Step]:
    for text in ("", "straße naïve Ωμέγα", "the cat and the dog and the bird", " x  yy\tz "):
        data, words = text.encode(), text.split()
        common = min(words, key=lambda word: (-words.count(word), word), default="")
        for export, answer in (
            ("uppercase", text.upper()),
            ("reverse", text[::-1]),
            ("sort_words", " ".join(sorted(words))),
            ("most_frequent", common),
        ):
            yield Step(export, (len(data),), len(answer.encode()), data, answer.encode())
        yield Step("count_chars", (len(data),), len(text), data)
    for text, total in (("1, 22,-333", -310), ("9223372036854775807", 2**63 - 1), ("1,x", -(2**63))):
        yield Step("sum", (len(text),), total, text.encode())
    yield Step("count_chars", (1,), trap="unreachable", input=b"\xff")


def _strings() -> Iterable[Step]:
    for n, numeral in ROMAN.items():
        yield Step("roman", (n,), len(numeral), output=numeral.encode())
    yield Step("caesar", (13, 13), 13, b"Hello, World!", b"Uryyb, Jbeyq!")
    yield Step("caesar", (3, -1), 3, b"abA", b"zaZ")
    for a, b in (("kitten", "sitting"), ("", "abc"), ("flaw", "lawn"), ("same", "same")):
        yield Step("levenshtein", (len(a), len(b)), levenshtein(a, b), (a + b).encode())
    for pattern, text, match in (("*.wasm", "a.wasm", 1), ("?at", "cat", 1), ("a*b*c", "aXbYbZc", 1), ("a?c", "ac", 0)):
        yield Step("glob", (len(pattern), len(text)), match, (pattern + text).encode())


def _spell() -> Iterable[Step]:
    for n in (0, 7, 13, 20, 42, 100, 999, 1001, 123_456_789_012, -5):
        yield Step("spell", (n,), len(spell(n)), output=spell(n).encode())
    yield Step("primes", (1,), 2)
    yield Step("primes", (100,), 541)
    yield Step("mean", (100,), 50.5)


def _f32(x: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", x))[0])


def _dot() -> Iterable[Step]:
    left = [_f32(_f32(i * 37 % 101) / 101) for i in range(1024)]
    right = [_f32(_f32(i * 53 % 97) / 97) for i in range(1024)]
    total = 0.0
    for turn in range(3):
        sums = [0.0] * 4
        for i in range(1024):
            sums[i % 4] = _f32(sums[i % 4] + _f32(left[i] * right[i]))
        total = _f32(total + reduce(lambda x, y: _f32(x + y), sums))
        left[turn] = _f32(total / 1024)
    yield Step("kernel", (3,), total)


def _lengths() -> Iterable[Step]:
    texts = [bytearray(97 + (i + j) % 26 for j in range(i * 37 % 128)).ljust(128, b"\0") for i in range(64)]
    total = 0
    for turn in range(5):
        for text in texts:
            total = (total * 31 + text.index(0)) % (1 << 32)
        texts[turn][0] ^= 1
    yield Step("kernel", (5,), total - (total >> 31 << 32))


def _blend() -> Iterable[Step]:
    front, back = [i * 7 % 256 for i in range(1024)], [(i * 13 + 5) % 256 for i in range(1024)]
    for turn in range(5):
        weight = turn * 29 % 257
        front = [x * weight + y * (256 - weight) >> 8 & 255 for x, y in zip(front, back, strict=True)]
        back[turn] = (back[turn] + turn) % 256
    total = reduce(lambda x, y: (x * 31 + y) % (1 << 32), front, 0)
    yield Step("kernel", (5,), total - (total >> 31 << 32))


LIBRARIES: Mapping[str, Callable[[], Iterable[Step]]] = {
    "add": _add,
    "fib": _fib,
    "lcg": _lcg,
    "sieve": _sieve,
    "sum32": _sum32,
    "sha256": _sha256,
    "crc32": _crc32,
    "quicksort": _quicksort,
    "json": _json,
    "nbody": _nbody,
    "mandelbrot": _mandelbrot,
    "vm": _vm,
    "base64": _base64,
    "lz4": _lz4,
    "matmul": _matmul,
    "hashtable": _hashtable,
    "calculator": _calculator,
    "greeting": _greeting,
    "text": _text,
    "strings": _strings,
    "spell": _spell,
    "simd/dot": _dot,
    "simd/dot_simd": _dot,
    "simd/lengths": _lengths,
    "simd/lengths_simd": _lengths,
    "simd/blend": _blend,
    "simd/blend_simd": _blend,
}

_FILES = {"a.txt": b"one two\nthree\n", "b.bin": bytes(range(256)) * 40}


def _counted(name: str, data: bytes) -> bytes:
    words = len(re.findall(rb"[^ \t\n\v\f\r]+", data))
    return b"%7d %7d %7d" % (data.count(b"\n"), words, len(data)) + (b" " + name.encode() if name else b"") + b"\n"


COMMANDS: Mapping[str, Sequence[Run]] = {
    "hello": (
        Run(stdout=b"Hello from WebAssembly!\n"),
        Run(
            args=("a", "b c"),
            env={"HOME": "/", "X": "1=2"},
            stdout=b"Hello from WebAssembly!\nargument 1: a\nargument 2: b c\n"
            b"environment: HOME=/\nenvironment: X=1=2\n",
        ),
        Run(
            args=("--exit", "7"),
            stdout=b"Hello from WebAssembly!\nargument 1: --exit\nargument 2: 7\n",
            exit_code=7,
        ),
    ),
    "wc": (
        Run(stdin=TEXT, stdout=_counted("", TEXT)),
        Run(args=("a.txt",), files=_FILES, stdout=_counted("a.txt", _FILES["a.txt"])),
        Run(
            args=("/a.txt", "b.bin", "none"),
            files=_FILES,
            stdout=_counted("/a.txt", _FILES["a.txt"])
            + _counted("b.bin", _FILES["b.bin"])
            + _counted("total", _FILES["a.txt"] + _FILES["b.bin"]),
            stderr=b"wc: none: No such file or directory\n",
            exit_code=1,
        ),
    ),
    "cat": (
        Run(stdin=TEXT * 100, stdout=TEXT * 100),
        Run(
            args=("a.txt", "-", "b.bin"),
            stdin=b"\0in\n",
            files=_FILES,
            stdout=b"one two\nthree\n\0in\n" + _FILES["b.bin"],
        ),
        Run(args=("-o", "copy", "b.bin"), files=_FILES, written={"copy": _FILES["b.bin"]}),
        Run(args=("none",), stderr=b"cat: none: No such file or directory\n", exit_code=1),
    ),
}
