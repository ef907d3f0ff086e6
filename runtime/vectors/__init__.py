"""Vector instructions (spec: Execution / Numerics, and Instructions / Vector Instructions): `VECTOR_HELPERS`.

The spec's SIMD and relaxed SIMD instructions but `v128.const`, each a plain function of raw values, named as in the
text format with dots as underscores.  Immediates come after the operands: a lane, or the 16 lanes of `i8x16_shuffle` as
bytes; only in `replace_lane` the lane comes before the number.  Accesses take the memory's bytes and the address first.

A v128 is an unsigned integer of 128 bits (see `shapes`).  Nothing here is imported before a module uses vectors.
"""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.vectors import (
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
VECTOR_HELPERS: dict[str, Callable[..., object]] = {
    name: helper for family in _FAMILIES for name, helper in family.HELPERS.items()
}


def __getattr__(name: str) -> Callable[..., object]:
    try:
        return VECTOR_HELPERS[name]
    except KeyError:
        raise AttributeError(name) from None
