"""Whatever the bytes: a module is accepted, or refused by an error of ours, as wasmtime accepts or refuses it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from property.modules import generate
from unit.wasm_builder import HEADER, world
from wasm2py.runtime.errors import DecodeError, ValidationError
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.validate import validate

if TYPE_CHECKING:
    import wasmtime


def refusal(data: bytes) -> str | None:
    """Why we refuse a module; None where we accept it.  Any other exception fails the test."""
    try:
        validate(decode_module(data))
    except (DecodeError, ValidationError) as error:
        assert error.offset is None or 0 <= error.offset <= len(data)
        return error.message
    return None


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
@example(b"")
def test_random_bytes(data: bytes) -> None:
    refusal(data)
    refusal(HEADER + data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_random_instructions(data: bytes) -> None:
    refusal(world(data.hex(), "-> i32"))


@pytest.fixture(scope="module")
def engine() -> wasmtime.Engine:
    """An engine with just the features that we have."""
    library = pytest.importorskip("wasmtime", reason="wasmtime has no wheels for this Python")
    config = library.Config()
    config.wasm_multi_memory = config.wasm_tail_call = config.wasm_memory64 = True
    config.wasm_wide_arithmetic = config.wasm_exceptions = config.wasm_function_references = config.wasm_gc = True
    config.wasm_threads = config.wasm_custom_page_sizes = True
    engine: wasmtime.Engine = library.Engine(config)
    return engine


@settings(max_examples=100, deadline=None)
@given(seed=st.binary(min_size=20, max_size=300), chance=st.randoms(use_true_random=False))
def test_as_wasmtime_does(engine: wasmtime.Engine, seed: bytes, chance: random.Random) -> None:
    import wasmtime

    valid = generate(seed).binary
    assert refusal(valid) is None
    for _ in range(8):
        data = mutate(valid, chance)
        ours = refusal(data)
        try:
            wasmtime.Module.validate(engine, data)
            theirs = None
        except wasmtime.WasmtimeError as error:
            theirs = str(error)
        assert (ours is None) == (theirs is None) or _differs_by_intent(ours, theirs), (ours, theirs, data.hex())


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Change a byte or two after the header."""
    result = bytearray(data)
    for _ in range(chance.choice((1, 1, 2))):
        position = chance.randrange(len(HEADER), len(result))
        new = chance.choice((chance.randrange(256), result[position] ^ 1, result[position] + 1 & 255, 0x0B, 0x7F))
        result[position : position + chance.choice((0, 1, 1, 1, 1, 2))] = bytes([new])
    return bytes(result)


def _differs_by_intent(ours: str | None, theirs: str | None) -> bool:
    """Constant expressions may use earlier globals and sizes may have 64 bits, as in 3.0; import groups are newer.

    Exceptions as they were before 3.0 wasmtime has not, and `noexn` it has with exceptions.
    """
    if ours is None and theirs is not None:
        return any(part in theirs for part in ("global.get of locally defined global", "var_u32", "legacy"))
    return ours is not None and (ours in _IMPORT_GROUPS or "noexn needs the gc feature" in ours)


_IMPORT_GROUPS = ("malformed import kind 7e", "malformed import kind 7f")
