"""Vector instructions in the portable dialect: `WORD_HELPERS`, with the names and parameters of `VECTOR_HELPERS`.

A v128 is a tuple there, of words or of floats (see `pairs`); `from_int` and `to_int` convert what has 128 bits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from wasm2py.runtime.vectors.words import (
    bitwise,
    comparisons,
    conversions,
    floats,
    integers,
    lanes,
    memory,
    products,
    relaxed,
    shifts,
    widths,
)
from wasm2py.runtime.vectors.words.pairs import from_int, to_int

__all__ = ["WORD_HELPERS", "from_int", "to_int"]

if sys.implementation.name == "pypy":
    # What is one instruction for vectors is many for PyPy, and it gives up compiling what takes more of them than this:
    # with its usual 6,000, loops of a few dozen vector instructions ran 30 to 50 times as long as without vectors.
    import pypyjit  # type: ignore[import-not-found]

    pypyjit.set_param(trace_limit=60000)

_FAMILIES = (
    bitwise,
    comparisons,
    conversions,
    floats,
    integers,
    lanes,
    memory,
    products,
    relaxed,
    shifts,
    widths,
)

#: Name in the namespace → function.
WORD_HELPERS: dict[str, Callable[..., object]] = {
    name: helper for family in _FAMILIES for name, helper in family.HELPERS.items()
} | {"v128_from_int": from_int, "v128_to_int": to_int}


def __getattr__(name: str) -> Callable[..., object]:
    try:
        return WORD_HELPERS[name]
    except KeyError:
        raise AttributeError(name) from None
