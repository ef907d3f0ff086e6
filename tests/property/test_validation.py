"""Damaged modules are refused just where wasmtime refuses them, and never end in an error that is not ours."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from property.modules import generate
from wasm2py.runtime.errors import DecodeError, ValidationError
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.usage import features_used
from wasm2py.transpile.validate import validate

wasmtime = pytest.importorskip("wasmtime", reason="wasmtime has no build for this Python: nothing to compare with")

from property import oracle  # noqa: E402 - only where wasmtime is


def _engine() -> wasmtime.Engine:
    """An engine with just the features that we have."""
    config = wasmtime.Config()
    oracle.enable(config)
    return wasmtime.Engine(config)


ENGINE = _engine()
HEADER = 8


def is_valid(binary: bytes) -> bool:
    """Our verdict; any error but ours goes through."""
    try:
        validate(decode_module(binary))
    except (DecodeError, ValidationError):
        return False
    return True


def wasmtime_accepts(binary: bytes) -> bool:
    try:
        wasmtime.Module.validate(ENGINE, binary)
    except wasmtime.WasmtimeError:
        return False
    return True


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A valid module with a few bytes changed, deleted or put in, or its end cut off."""
    binary = bytearray(generate(draw(st.binary(min_size=40, max_size=400))).binary)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(HEADER, len(binary) - 1))
        kind = draw(st.sampled_from(("set", "set", "flip", "delete", "insert", "cut")))
        if kind == "set":
            binary[at] = draw(st.integers(0, 255))
        elif kind == "flip":
            binary[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "delete":
            del binary[at]
        elif kind == "insert":
            binary.insert(at, draw(st.integers(0, 255)))
        elif at > HEADER:
            del binary[at:]
        if len(binary) <= HEADER:
            break
    return bytes(binary)


@settings(max_examples=1500)
@given(damaged())
def test_damaged_modules_are_refused_as_in_wasmtime(binary: bytes) -> None:
    valid = is_valid(binary)
    assume(not valid or "legacy-exception-handling" not in features_used(decode_module(binary)))  # wasmtime has not
    assert valid == wasmtime_accepts(binary)


@settings(max_examples=300)
@given(st.binary(max_size=60))
def test_any_bytes_get_a_verdict(junk: bytes) -> None:
    for binary in (junk, b"\0asm\1\0\0\0" + junk):
        assert is_valid(binary) == wasmtime_accepts(binary)
