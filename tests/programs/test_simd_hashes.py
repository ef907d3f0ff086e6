"""Hashes in instructions on vectors: npm's blake3-wasm against BLAKE3 in plain Python, npm's argon2-browser against the
vectors of RFC 9106, and both in wasmtime."""

from __future__ import annotations

import pytest
from programs.guests import LOADERS, Loader
from programs.hashes import Argon2Browser, Blake3
from programs.reference import blake3

DATA = bytes(i % 251 for i in range(9000))
ABC = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"


@pytest.fixture(params=LOADERS)
def load(request: pytest.FixtureRequest) -> Loader:
    return LOADERS[request.param]


def test_the_plain_twin() -> None:
    assert blake3(b"abc").hex() == ABC


def test_blake3_whole(load: Loader) -> None:
    hashes = Blake3(load)
    assert hashes.whole(b"abc").hex() == ABC
    for length in (0, 1, 63, 64, 65, 1023, 1024, 1025, 4096, 5121, 9000):
        assert hashes.whole(DATA[:length]) == blake3(DATA[:length]), length
    assert hashes.whole(DATA[:70], 200) == blake3(DATA[:70], 200)


def test_blake3_in_parts(load: Loader) -> None:
    hashes, parts = Blake3(load), [DATA[:5], b"", DATA[5:1030], DATA[1030:2048]]
    assert hashes.parts(hashes.plain(), parts) == blake3(DATA[:2048])
    key = bytes(range(32))
    assert hashes.parts(hashes.keyed(key), parts, 50, 30) == blake3(DATA[:2048], 80, key=key)[30:]
    assert hashes.parts(hashes.derived(b"a test"), parts) == blake3(DATA[:2048], context=b"a test")


RFC_9106 = {
    0: "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb",
    1: "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8",
    2: "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659",
}


@pytest.mark.parametrize("build", ["argon2", "argon2-simd"])
@pytest.mark.parametrize("variant", RFC_9106)
def test_argon2(load: Loader, build: str, variant: int) -> None:
    digest = Argon2Browser(load, build).digest(
        b"\1" * 32, b"\2" * 16, variant, passes=3, memory=32, lanes=4, size=32, secret=b"\3" * 8, data=b"\4" * 12
    )  # fmt: skip
    assert digest.hex() == RFC_9106[variant]


def test_argon2_says_what_is_wrong(load: Loader) -> None:
    with pytest.raises(ValueError, match=r"^Salt is too short$"):
        Argon2Browser(load, "argon2-simd").digest(b"password", b"salt", 2, passes=1, memory=8, lanes=1, size=16)
