"""The generator itself: what it makes is valid, and together uses the whole opcode table."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from property.choices import Choices
from property.encoder import signed, unsigned
from property.modules import generate
from wasm2py.transpile.decode import decode_body, decode_module
from wasm2py.transpile.opcodes import OPS

wasmtime = pytest.importorskip("wasmtime", reason="wasmtime has no build for this Python: nothing to compare with")

#: Instructions that no generated body needs: markers.
_MARKERS = {"else", "end"}


def test_no_decisions_make_a_valid_module() -> None:
    from property.oracle import validate

    validate(generate(b"").binary)


def _used(seeds: range) -> Iterator[str]:
    for seed in seeds:
        case = generate(random.Random(seed).randbytes(2000))
        for binary in {case.binary, case.ours}:
            module = decode_module(binary)
            for function in module.functions:
                yield from (op.mnemonic for op, _, _ in decode_body(module, function))


def test_every_instruction_of_the_table_is_generated() -> None:
    assert set(OPS) - _MARKERS - set(_used(range(400))) == set()


def test_the_same_decisions_make_the_same_module() -> None:
    data = random.Random(1).randbytes(500)
    assert generate(data) == generate(data)


def test_decisions_end_in_zeros() -> None:
    choices = Choices(b"\x05")
    assert (choices.below(4), choices.exhausted, choices.below(4), choices.one_in(1)) == (1, True, 0, True)


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, "00"), (127, "7f"), (128, "8001"), (624485, "e58e26"), (2**32 - 1, "ffffffff0f")]
)
def test_unsigned_leb128(value: int, encoded: str) -> None:
    assert unsigned(value).hex() == encoded


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (63, "3f"), (64, "c000"), (-1, "7f"), (-64, "40"), (-65, "bf7f"), (-123456, "c0bb78")],
)
def test_signed_leb128(value: int, encoded: str) -> None:
    assert signed(value).hex() == encoded
