"""How npm's hash-wasm, xxhash-wasm, blake3-wasm and argon2-browser are driven: their tiny interfaces, as the packages'
own JavaScript uses them."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from functools import cache

from programs.downloads import ARGON2_BROWSER, BLAKE3_WASM, HASH_WASM, XXHASH_WASM
from programs.guests import Guest, Host, Loader

CHUNK = 16 * 1024


@cache
def hash_wasm_modules() -> dict[str, bytes]:
    """The modules of hash-wasm by name, out of the base64 in its bundle."""
    bundle = HASH_WASM.read("package/dist/index.umd.min.js").decode()
    found = re.findall(r'name:\s*"(\w+)",\s*data:\s*"([A-Za-z0-9+/=]+)"', bundle)
    return {name: base64.b64decode(data) for name, data in found}


@cache
def xxhash_wasm_module() -> bytes:
    """The one module of xxhash-wasm, which the package also holds as a file of its own."""
    return XXHASH_WASM.read("package/workerd/xxhash.wasm")


class Hasher:
    """A hash of hash-wasm: data goes through a buffer of 16 KiB, and the digest comes back there.

    `init` and `final` are the arguments that Hash_Init and Hash_Final take, `before` is what must lie in the buffer
    when Hash_Init is called, such as a seed.
    """

    def __init__(
        self, guest: Guest, size: int, init: tuple[int, ...] = (), final: tuple[int, ...] = (), before: bytes = b""
    ) -> None:
        self._guest, self._size, self._init, self._final, self._before = guest, size, init, final, before
        self._buffer = guest.call("Hash_GetBuffer")

    def digest(self, data: bytes) -> bytes:
        """The digest by Hash_Init, Hash_Update for every chunk, and Hash_Final."""
        self._guest.write(self._buffer, self._before)
        self._guest.call("Hash_Init", *self._init)
        for start in range(0, len(data), CHUNK):
            chunk = data[start : start + CHUNK]
            self._guest.write(self._buffer, chunk)
            self._guest.call("Hash_Update", len(chunk))
        self._guest.call("Hash_Final", *self._final)
        return self._guest.read(self._buffer, self._size)

    def calculate(self, data: bytes) -> bytes:
        """The digest of less than a buffer by the one call Hash_Calculate."""
        self._guest.write(self._buffer, data)
        self._guest.call("Hash_Calculate", len(data), *self._init, *self._final)
        return self._guest.read(self._buffer, self._size)


def bcrypt(guest: Guest, password: bytes, salt: bytes, cost: int) -> bytes:
    """The password's hash in bcrypt's own notation."""
    buffer = guest.call("Hash_GetBuffer")
    guest.write(buffer, salt + password)
    guest.call("bcrypt", len(password), cost, 1)
    return guest.read(buffer, 60)


def scrypt(guest: Guest, password: bytes, salt: bytes, cost: int, block: int, parallel: int, size: int) -> bytes:
    """Scrypt (RFC 7914): the guest mixes the blocks, PBKDF2 around it is the host's."""
    blocks = hashlib.pbkdf2_hmac("sha256", password, salt, 1, 128 * block * parallel)
    guest.call("Hash_SetMemorySize", len(blocks) + 128 * block * cost + 256 * block)
    buffer = guest.call("Hash_GetBuffer")
    guest.write(buffer, blocks)
    guest.call("scrypt", block, cost, parallel)
    return hashlib.pbkdf2_hmac("sha256", password, guest.read(buffer, len(blocks)), 1, size)


def _long_blake2b(data: bytes, size: int) -> bytes:
    """H' of RFC 9106, section 3.3."""
    prefixed = struct.pack("<I", size) + data
    if size <= 64:
        return hashlib.blake2b(prefixed, digest_size=size).digest()
    result = last = hashlib.blake2b(prefixed).digest()
    result = result[:32]
    while size - len(result) > 64:
        last = hashlib.blake2b(last).digest()
        result += last[:32]
    return result + hashlib.blake2b(last, digest_size=size - len(result)).digest()


def argon2(
    guest: Guest, password: bytes, salt: bytes, *, variant: int, passes: int, memory: int, lanes: int, size: int
) -> bytes:
    """Argon2 (RFC 9106), version 0x13, `memory` in KiB: the guest fills the memory, the host hashes around it."""
    parameters = struct.pack("<6I", lanes, size, memory, passes, 0x13, variant)
    parts = b"".join(struct.pack("<I", len(part)) + part for part in (password, salt, b"", b""))
    start = hashlib.blake2b(parameters + parts).digest()
    guest.call("Hash_SetMemorySize", memory * 1024 + 1024)
    buffer = guest.call("Hash_GetBuffer")
    guest.write(buffer + memory * 1024, parameters)
    for lane in range(lanes):
        for column in range(2):
            block = _long_blake2b(start + struct.pack("<2I", column, lane), 1024)
            guest.write(buffer + (lane * (memory // (lanes * 4) * 4) + column) * 1024, block)
    guest.call("Hash_Calculate", 0, memory)
    return _long_blake2b(guest.read(buffer, 1024), size)


class XxHash:
    """xxhash-wasm: states and data lie at the start of its memory."""

    def __init__(self, load: Loader) -> None:
        self._guest = load(xxhash_wasm_module(), {})

    def whole(self, bits: int, data: bytes, seed: int) -> int:
        """The hash by one call."""
        self._guest.write(0, data)
        return int(self._guest.call(f"xxh{bits}", 0, len(data), seed)) % (1 << bits)

    def streamed(self, bits: int, parts: list[bytes], seed: int) -> int:
        """The hash part by part, with the state in front of the data."""
        state = {32: 48, 64: 88}[bits]
        self._guest.call(f"init{bits}", 0, seed)
        for part in parts:
            self._guest.write(state, part)
            self._guest.call(f"update{bits}", 0, state, len(part))
        return int(self._guest.call(f"digest{bits}", 0)) % (1 << bits)


def _copy(guest: Guest, target: int, source: int, length: int) -> int:
    guest.write(target, guest.read(source, length))
    return target


def _allocated(guest: Guest, malloc: str, data: bytes) -> int:
    """The address of a copy of the data, by the guest's allocator."""
    address = int(guest.call(malloc, len(data)))
    guest.write(address, data)
    return address


#: What Emscripten's JavaScript gives the module; its names there and those of exports are minified.
_BLAKE3_HOST: Host = {
    ("a", "a"): lambda guest, size: 0,
    ("a", "b"): lambda guest, *args: _copy(guest, *args) and None,
    ("a", "c"): lambda guest, *args: None,
}


class Blake3:
    """blake3-wasm: hashes in one call, and hashers that are filled in parts, keyed or for the derivation of keys."""

    def __init__(self, load: Loader) -> None:
        self._guest = load(BLAKE3_WASM.read("package/dist/wasm/blake3.wasm"), _BLAKE3_HOST)
        self._guest.call("e")

    def _put(self, data: bytes) -> int:
        return _allocated(self._guest, "h", data)

    def whole(self, data: bytes, size: int = 32) -> bytes:
        """The digest by hash_oneshot."""
        address, output = self._put(data), self._put(bytes(size))
        self._guest.call("f", address, len(data), output, size)
        return self._guest.read(output, size)

    def parts(self, hasher: int, parts: list[bytes], size: int = 32, start: int = 0) -> bytes:
        """What the hasher gives from byte `start` of its output on, after these parts: hasher_update, hasher_read."""
        for part in parts:
            self._guest.call("l", hasher, self._put(part), len(part))
        output = self._put(bytes(size))
        self._guest.call("m", hasher, start >> 32, start % 2**32, output, size)
        return self._guest.read(output, size)

    def plain(self) -> int:
        """A hasher by hasher_init."""
        return int(self._guest.call("i", 0))

    def keyed(self, key: bytes) -> int:
        """A hasher by hasher_init_keyed, with a key of 32 bytes."""
        return int(self._guest.call("j", self._put(key)))

    def derived(self, context: bytes) -> int:
        """A hasher by hasher_init_derive, which makes keys out of what it is given."""
        return int(self._guest.call("k", self._put(context), len(context)))


_ARGON2_HOST: Host = {("a", "a"): _copy, ("a", "b"): lambda guest, size: 0}


class Argon2Browser:
    """argon2-browser, of which `build` is the file's name: the whole of Argon2 in C."""

    def __init__(self, load: Loader, build: str) -> None:
        self._guest = load(ARGON2_BROWSER.read(f"package/dist/{build}.wasm"), _ARGON2_HOST)
        self._guest.call("d")

    def digest(
        self, password: bytes, salt: bytes, variant: int, *, passes: int, memory: int, lanes: int, size: int,
        secret: bytes = b"", data: bytes = b"",
    ) -> bytes:  # fmt: skip
        """The digest of `size` bytes, by argon2_hash_ext; ValueError with what argon2_error_message says."""
        inputs = [
            value
            for part in (password, salt, secret, data)
            for value in (_allocated(self._guest, "f", part), len(part))
        ]
        output = _allocated(self._guest, "f", bytes(size))
        costs = (passes, memory, lanes)
        code = self._guest.call("l", *costs, *inputs[:4], output, size, 0, 0, variant, *inputs[4:], 0x13)
        if code:
            raise ValueError(self._text(self._guest.call("i", code)))
        return self._guest.read(output, size)

    def _text(self, address: int) -> str:
        return self._guest.read(address, 100).split(b"\0")[0].decode()
