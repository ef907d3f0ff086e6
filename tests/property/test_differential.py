"""Modules from the opcode table behave in wasm2py as they do in wasmtime, bit for bit, in both dialects."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from property.modules import Case, generate

wasmtime = pytest.importorskip("wasmtime", reason="wasmtime has no build for this Python: nothing to compare with")

from property import oracle, subject  # noqa: E402 - only where wasmtime is

SHARDS = 8
EXAMPLES = int(os.environ.get("WASM2PY_EXAMPLES", "120"))

cases = st.binary(min_size=80, max_size=1600).map(generate)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_generated_modules_behave_as_in_wasmtime(shard: int) -> None:
    @seed(shard)
    @settings(max_examples=-(-EXAMPLES // SHARDS))
    @given(cases)
    def compare(case: Case) -> None:
        expected = oracle.run(case).comparable()
        for dialect in subject.DIALECTS:
            assert subject.run(case, dialect).comparable() == expected, dialect

    compare()
