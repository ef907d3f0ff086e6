"""How many examples the property tests try, and what they share."""

from __future__ import annotations

import os

import pytest

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")

#: WASM2PY_EXAMPLES is how many modules the comparison with wasmtime makes; CI sets it to more than 5,000.
EXAMPLES = int(os.environ.get("WASM2PY_EXAMPLES", "120"))

hypothesis.settings.register_profile(
    "wasm2py", deadline=None, print_blob=True, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("wasm2py")
