"""Twins of kernels that are hashes and codecs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from struct import Struct

from benchmarks.twins.randoms import random_numbers

SHA256_K = [
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
]  # fmt: skip
SHA256_START = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
_SIXTEEN_WORDS = Struct(">16I")
_EIGHT_WORDS = Struct(">8I")


def sha256(rounds: int) -> int:
    message = bytearray(i * 7 & 255 for i in range(1000))
    for _ in range(rounds):
        message[:32] = _sha256(message)
    return int.from_bytes(message[:4], "big")


def _sha256(message: bytes | bytearray) -> bytes:
    length = len(message)
    padded = message + b"\x80" + bytes((-length - 9) % 64) + (8 * length).to_bytes(8, "big")
    state: Sequence[int] = SHA256_START
    for start in range(0, len(padded), 64):
        state = _sha256_compress(state, _SIXTEEN_WORDS.unpack_from(padded, start))
    return _EIGHT_WORDS.pack(*state)


def _sha256_compress(state: Sequence[int], block: tuple[int, ...]) -> list[int]:
    w = list(block)
    for i in range(16, 64):
        x, y = w[i - 15], w[i - 2]
        s0 = (x >> 7 | x << 25) ^ (x >> 18 | x << 14) ^ x >> 3
        s1 = (y >> 17 | y << 15) ^ (y >> 19 | y << 13) ^ y >> 10
        w.append((w[i - 16] + s0 + w[i - 7] + s1) & 0xFFFFFFFF)
    a, b, c, d, e, f, g, h = state
    for k, word in zip(SHA256_K, w):  # noqa: B905 (`strict` costs time in a hot loop)
        s1 = (e >> 6 | e << 26) ^ (e >> 11 | e << 21) ^ (e >> 25 | e << 7)
        t1 = h + s1 + (g ^ e & (f ^ g)) + k + word
        s0 = (a >> 2 | a << 30) ^ (a >> 13 | a << 19) ^ (a >> 22 | a << 10)
        t2 = s0 + (a & b | c & (a | b))
        a, b, c, d, e, f, g, h = (t1 + t2) & 0xFFFFFFFF, a, b, c, (d + t1) & 0xFFFFFFFF, e, f, g
    return [(x + y) & 0xFFFFFFFF for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


BLAKE2B_IV = [
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
]  # fmt: skip
BLAKE2B_SIGMA = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
]
#: Which four words each step of a round mixes.
BLAKE2B_QUARTERS = [
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
]  # fmt: skip
#: For each round, its steps: four indices into the words, two into the message.
BLAKE2B_ROUNDS = [
    [(*quarter, s[2 * i], s[2 * i + 1]) for i, quarter in enumerate(BLAKE2B_QUARTERS)]
    for s in (BLAKE2B_SIGMA[i % 10] for i in range(12))
]


def blake2b(rounds: int) -> int:
    message = [i * 0x0123456789ABCDEF & 0xFFFFFFFFFFFFFFFF for i in range(128)]
    for _ in range(rounds):
        message[:8] = _blake2b(message)
    return message[0]


def _blake2b(message: list[int]) -> list[int]:
    state = BLAKE2B_IV.copy()
    state[0] ^= 0x01010040
    for start in range(0, 128, 16):
        _blake2b_compress(state, message[start : start + 16], 8 * (start + 16), start == 112)
    return state


def _blake2b_compress(state: list[int], m: list[int], counter: int, is_last: bool) -> None:
    v = state + BLAKE2B_IV
    v[12] ^= counter
    if is_last:
        v[14] ^= 0xFFFFFFFFFFFFFFFF
    for steps in BLAKE2B_ROUNDS:
        for i, j, k, n, x, y in steps:
            a, b, c, d = v[i], v[j], v[k], v[n]
            a = (a + b + m[x]) & 0xFFFFFFFFFFFFFFFF
            d ^= a
            d = (d >> 32 | d << 32) & 0xFFFFFFFFFFFFFFFF
            c = (c + d) & 0xFFFFFFFFFFFFFFFF
            b ^= c
            b = (b >> 24 | b << 40) & 0xFFFFFFFFFFFFFFFF
            a = (a + b + m[y]) & 0xFFFFFFFFFFFFFFFF
            d ^= a
            d = (d >> 16 | d << 48) & 0xFFFFFFFFFFFFFFFF
            c = (c + d) & 0xFFFFFFFFFFFFFFFF
            b ^= c
            v[i], v[j], v[k], v[n] = a, (b >> 63 | b << 1) & 0xFFFFFFFFFFFFFFFF, c, d
    for i in range(8):
        state[i] ^= v[i] ^ v[i + 8]


def _crc32_entry(x: int) -> int:
    for _ in range(8):
        x = x >> 1 ^ 0xEDB88320 if x & 1 else x >> 1
    return x


CRC32_TABLE = [_crc32_entry(i) for i in range(256)]


def crc32(rounds: int) -> int:
    data = bytes(x >> 24 for x in islice(random_numbers(), 4096))
    crc = 0
    for _ in range(rounds):
        crc = _crc32(crc, data)
    return crc


def _crc32(crc: int, data: bytes) -> int:
    table = CRC32_TABLE
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
BASE64_DIGITS = [BASE64_ALPHABET.find(i) for i in range(256)]


def base64(rounds: int) -> int:
    data = bytearray(x >> 24 for x in islice(random_numbers(), 3072))
    total = 0
    for i in range(rounds):
        data[i % 3072] = (data[i % 3072] + i) & 255
        data = _base64_decode(_base64_encode(data))
        total = (total * 31 + data[total % 3072]) & 0xFFFFFFFF
    return total


def _base64_encode(data: bytearray) -> bytearray:
    alphabet = BASE64_ALPHABET
    out = bytearray()
    padding = -len(data) % 3
    triples = iter(data + bytes(padding))
    for a, b, c in zip(triples, triples, triples):  # noqa: B905
        group = a << 16 | b << 8 | c
        out += bytes(
            (alphabet[group >> 18], alphabet[group >> 12 & 63], alphabet[group >> 6 & 63], alphabet[group & 63])
        )
    if padding:
        out[-padding:] = b"=" * padding
    return out


def _base64_decode(text: bytearray) -> bytearray:
    if len(text) % 4:
        raise ValueError("the text's length is not a multiple of four")
    digits = BASE64_DIGITS
    padding = len(text) - len(text.rstrip(b"="))
    out = bytearray()
    quads = iter(text.replace(b"=", b"A"))
    for a, b, c, d in zip(quads, quads, quads, quads):  # noqa: B905
        group = digits[a] << 18 | digits[b] << 12 | digits[c] << 6 | digits[d]
        if group < 0:
            raise ValueError("a character that is not of the alphabet")
        out += group.to_bytes(3, "big")
    return out[: len(out) - padding]
