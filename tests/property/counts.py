"""How many examples the property tests try, and which."""

from __future__ import annotations

import os

#: WASM2PY_EXAMPLES is how many modules the comparison with wasmtime makes, and how many loops; CI sets it to more than
#: 5,000.
EXAMPLES = int(os.environ.get("WASM2PY_EXAMPLES", "120"))
#: WASM2PY_SEED makes others.
SEED = int(os.environ.get("WASM2PY_SEED", "0"))
