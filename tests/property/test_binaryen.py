"""Modules that binaryen's fuzzer makes of random bytes behave in wasm2py as they do in wasmtime."""

from __future__ import annotations

import os

import pytest
from property.binaryen import modules

wasmtime = pytest.importorskip("wasmtime", reason="wasmtime has no build for this Python: nothing to compare with")

from property import fuzzed, rewriting, subject  # noqa: E402 - only where wasmtime is
from wasm2py.transpile.decode import decode_module  # noqa: E402

#: WASM2PY_SEEDS is how many modules there are; CI sets it to 200.
SEEDS = int(os.environ.get("WASM2PY_SEEDS", "40"))
SHARDS = 8


@pytest.mark.parametrize("shard", range(SHARDS))
def test_fuzzed_modules_behave_as_in_wasmtime(shard: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("binaryen")
    told = 0
    for seed, binary in modules(range(shard, SEEDS, SHARDS), folder).items():
        trio = fuzzed.Trio.of(rewriting.limited(decode_module(binary)))
        expected = fuzzed.expected(trio)
        told += len(expected.told)
        for dialect in subject.DIALECTS:
            if fuzzed.actual(trio, dialect) != expected:
                _compare_settled(trio, dialect, seed)
    assert told > SEEDS


def _compare_settled(trio: fuzzed.Trio, dialect: subject.Dialect, seed: int) -> None:
    """Compare the module with its NaNs settled: the bits of some were free to differ."""
    trio = fuzzed.Trio.of(rewriting.settled(trio.module))
    assert fuzzed.actual(trio, dialect) == fuzzed.expected(trio), (seed, dialect)
