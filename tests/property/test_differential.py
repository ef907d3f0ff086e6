"""Modules from the opcode table behave in wasm2py as they do in wasmtime, bit for bit, in both dialects, with every
optimiser pass and with one left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from property.counts import EXAMPLES, SEED
from property.modules import Case, generate
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.usage import features_used

wasmtime = pytest.importorskip("wasmtime", reason="wasmtime has no build for this Python: nothing to compare with")

from property import oracle, subject  # noqa: E402 - only where wasmtime is

SHARDS = 8

#: Decisions for small modules and large ones; left to itself hypothesis makes small ones only.
cases = (
    st.sampled_from((80, 80, 400, 1200)).flatmap(lambda least: st.binary(min_size=least, max_size=2400)).map(generate)
)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_generated_modules_behave_as_in_wasmtime(shard: int, record_property: Callable[[str, object], None]) -> None:
    wanted, compared = -(-EXAMPLES // SHARDS), set[bytes]()

    @seed(SEED * SHARDS + shard)
    @settings(max_examples=wanted)
    @given(cases)
    def compare(case: Case) -> None:
        expected = oracle.run(case).comparable()
        for dialect in subject.DIALECTS:
            assert subject.run(case, dialect).comparable() == expected, dialect
        assert subject.run(case, "cpython", without=(case.without,)).comparable() == expected, f"no {case.without}"
        compared.add(case.ours)

    compare()
    record_property("modules compared with wasmtime", len(compared))
    features = Counter(feature for binary in compared for feature in features_used(decode_module(binary)))
    for feature, count in sorted(features.items()):
        record_property(f"  with {feature}", count)
    assert len(compared) >= wanted * 0.9
