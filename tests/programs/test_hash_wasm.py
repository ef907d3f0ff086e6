"""The hashes inside npm's hash-wasm (1 to 16 KB each, no imports) against hashlib, zlib, and answers of their reference
implementations."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from programs.guests import Loader, Wasm2pyGuest, WasmtimeGuest
from programs.hashes import Hasher, argon2, bcrypt, hash_wasm_modules, scrypt

LONG = bytes(i * i * 7 // 5 % 256 for i in range(20000))
MESSAGES = (b"", b"abc", LONG)
PASSWORD, SALT = b"correct horse", bytes(range(16))


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A hash: its module, the arguments around it, and the digests of `MESSAGES` in hexadecimal, or what gives them."""

    module: str
    size: int
    answers: Callable[[bytes], bytes] | tuple[str, ...]
    init: tuple[int, ...] = ()
    final: tuple[int, ...] = ()
    before: bytes = b""
    one_call: bool = True

    def expected(self, message: bytes) -> bytes:
        if callable(self.answers):
            return self.answers(message)
        return bytes.fromhex(self.answers[MESSAGES.index(message)])

    def hasher(self, load: Loader) -> Hasher:
        guest = load(hash_wasm_modules()[self.module], {})
        return Hasher(guest, self.size, self.init, self.final, self.before)


def _crc64(message: bytes) -> bytes:
    crc = 2**64 - 1
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xC96C5795D7870F42 * (crc & 1)
    return (crc ^ 2**64 - 1).to_bytes(8, "big")


SEED = 0x123456789ABCDEF0.to_bytes(8, "little")
NO_SEED = bytes(8)

ALGORITHMS = {
    "adler32": Algorithm("adler32", 4, lambda data: zlib.adler32(data).to_bytes(4, "big")),
    "crc32": Algorithm("crc32", 4, lambda data: zlib.crc32(data).to_bytes(4, "big"), (0xEDB88320,)),
    "crc64": Algorithm("crc64", 8, _crc64, before=0xC96C5795D7870F42.to_bytes(8, "little"), one_call=False),
    "md4": Algorithm(
        "md4",
        16,
        ("31d6cfe0d16ae931b73c59d7e0c089c0", "a448017aaf21d8525fc10ae87aa6729d", "6edcb5378c06dc1e1e5f83385c8622da"),
    ),
    "md5": Algorithm("md5", 16, lambda data: hashlib.md5(data).digest()),
    "sha1": Algorithm("sha1", 20, lambda data: hashlib.sha1(data).digest()),
    "sha224": Algorithm("sha256", 28, lambda data: hashlib.sha224(data).digest(), (224,)),
    "sha256": Algorithm("sha256", 32, lambda data: hashlib.sha256(data).digest(), (256,)),
    "sha384": Algorithm("sha512", 48, lambda data: hashlib.sha384(data).digest(), (384,)),
    "sha512": Algorithm("sha512", 64, lambda data: hashlib.sha512(data).digest(), (512,)),
    "sha3-224": Algorithm("sha3", 28, lambda data: hashlib.sha3_224(data).digest(), (224,), (6,)),
    "sha3-512": Algorithm("sha3", 64, lambda data: hashlib.sha3_512(data).digest(), (512,), (6,)),
    "keccak-256": Algorithm(
        "sha3",
        32,
        (
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
            "2dcb3ff7b85b31ba22b724588bcc70f0a3d7952bd25f2f147a75f33396c0b587",
        ),
        (256,),
        (1,),
    ),
    "blake2b": Algorithm("blake2b", 64, lambda data: hashlib.blake2b(data).digest(), (512,)),
    "blake2b-160-keyed": Algorithm(
        "blake2b",
        20,
        lambda data: hashlib.blake2b(data, digest_size=20, key=SALT).digest(),
        (160 | len(SALT) << 16,),
        before=SALT,
        one_call=False,
    ),
    "blake2s": Algorithm("blake2s", 32, lambda data: hashlib.blake2s(data).digest(), (256,)),
    "blake3": Algorithm(
        "blake3",
        32,
        (
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
            "d5d995a8684de719342a0220bbce98ba5a4ffb2c9adbfea5db79712f9809ef94",
        ),
        (0,),
        (32,),
    ),
    "ripemd160": Algorithm(
        "ripemd160",
        20,
        (
            "9c1185a5c5e9fc54612808977ee8f548b2258d31",
            "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
            "98ae81f0c1519ace85c73b3ab8873ec9231aaae4",
        ),
    ),
    "sm3": Algorithm(
        "sm3",
        32,
        (
            "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b",
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
            "78f0f699f45e1ad26f9f8b9dd2504549bdc1efeac1f4efcac5a332dde6e2cbce",
        ),
    ),
    "whirlpool": Algorithm(
        "whirlpool",
        64,
        (
            "19fa61d75522a4669b44e39c1d2e1726c530232130d407f89afee0964997f7a7"
            "3e83be698b288febcf88e3e03c4f0757ea8964e59b63d93708b138cc42a66eb3",
            "4e2448a4c6f486bb16b6562c73b4020bf3043e3a731bce721ae1b303d97e6d4c"
            "7181eebdb6c57e277d0e34957114cbd6c797fc9d95d8b582d225292076d4eef5",
            "ab58647c1c3b5cc2c91effb1c907f29814bec0ce8daebed4cb7ab88d690d24e8"
            "c7662f6a4fda506e601a3cb81c67da1c5bc6eeb4bed65cd66d670a4b18984de3",
        ),
    ),
    "xxhash32": Algorithm("xxhash32", 4, ("02cc5d05", "32d153ff", "2927ffbc"), (0,)),
    "xxhash32-seeded": Algorithm("xxhash32", 4, ("1b764462", "86d8d6b6", "d4d19887"), (0xCAFEBABE,)),
    "xxhash64": Algorithm(
        "xxhash64", 8, ("ef46db3751d8e999", "44bc2cf5ad770999", "b7e855f6bbe5a17d"), before=NO_SEED, one_call=False
    ),
    "xxhash64-seeded": Algorithm(
        "xxhash64", 8, ("7fef5b0c316777ed", "628e181b1c6c4783", "c94975ed2422fc3e"), before=SEED, one_call=False
    ),
    "xxhash3": Algorithm(
        "xxhash3", 8, ("2d06800538d394c2", "78af5f94892f3950", "b21acef0bdd68a91"), before=NO_SEED, one_call=False
    ),
    "xxhash3-seeded": Algorithm(
        "xxhash3", 8, ("8aa56c2c3d8317f6", "fdc1d43821ba04d4", "e1677d2095c57b24"), before=SEED, one_call=False
    ),
    "xxhash128": Algorithm(
        "xxhash128",
        16,
        ("99aa06d3014798d86001c324468d497f", "06b05ab6733a618578af5f94892f3950", "e79d776253bcbd02b21acef0bdd68a91"),
        before=NO_SEED,
        one_call=False,
    ),
    "xxhash128-seeded": Algorithm(
        "xxhash128",
        16,
        ("e7da00845366b2f3b950a1d9e9a4a947", "aa3ffa283cbef46ffdc1d43821ba04d4", "c99f9729ddea7bc2e1677d2095c57b24"),
        before=SEED,
        one_call=False,
    ),
}

ARGON2 = {
    0: "b7abdf88b81d4c3d41c47d769acacfdbc0e47cf3dff5eca68bec34e001a97bfb",
    1: "038df3692fca372edbdce351d4f90385a5ce9f6ae16c4d2c4c788d4f99a51e6f",
    2: "25a70f2cbb5e0dbeb50ebc737959ede1c4a78b86962931bf8ac82e63dd81eaa2",
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_digests(name: str) -> None:
    algorithm = ALGORITHMS[name]
    hasher = algorithm.hasher(Wasm2pyGuest)
    for message in MESSAGES:
        assert hasher.digest(message) == algorithm.expected(message)
    if algorithm.one_call:
        assert hasher.calculate(b"abc") == algorithm.expected(b"abc")


@pytest.mark.parametrize("name", ALGORITHMS)
def test_wasmtime_agrees(name: str) -> None:
    ours, theirs = (ALGORITHMS[name].hasher(load) for load in (Wasm2pyGuest, WasmtimeGuest))
    for length in (1, 3, 8, 16, 31, 55, 56, 64, 111, 127, 128, 129, 240, 241, 1023, 1025):
        assert ours.digest(LONG[:length]) == theirs.digest(LONG[:length])


def test_bcrypt() -> None:
    guest = Wasm2pyGuest(hash_wasm_modules()["bcrypt"], {})
    hashed = bcrypt(guest, PASSWORD, SALT, 4)
    assert hashed == b"$2a$04$..CA.uOD/eaGAOmJB.yMBuM872uvtNqimzkCcRocGwv7haFzmUZ5a"


def test_scrypt() -> None:
    guest = Wasm2pyGuest(hash_wasm_modules()["scrypt"], {})
    expected = hashlib.scrypt(PASSWORD, salt=SALT, n=16, r=4, p=2, dklen=40)
    assert scrypt(guest, PASSWORD, SALT, 16, 4, 2, 40) == expected


@pytest.mark.parametrize("variant", ARGON2)
def test_argon2(variant: int) -> None:
    guest = Wasm2pyGuest(hash_wasm_modules()["argon2"], {})
    hashed = argon2(guest, PASSWORD, SALT, variant=variant, passes=2, memory=64, lanes=2, size=32)
    assert hashed.hex() == ARGON2[variant]


def test_every_module_of_the_package_is_tried() -> None:
    tried = {algorithm.module for algorithm in ALGORITHMS.values()} | {"bcrypt", "scrypt", "argon2"}
    assert set(hash_wasm_modules()) == tried
