"""The features of WebAssembly beyond its first version: what they are called, and what brings them into a module.

An instruction's feature is a column of the opcode table; that of a type stands here.  What else needs a feature,
`usage` knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

from wasm2py.runtime.references import heap_of, is_nullable, is_reference
from wasm2py.runtime.types import FUNCREF, NUMERIC_TYPES, ArrayType, FuncType, StructType, ValType
from wasm2py.transpile.opcodes import Feature

#: Every feature, in the order in which versions of WebAssembly took them up.
FEATURES: tuple[Feature, ...] = tuple(name for name in get_args(Feature) if name != "mvp")

_WASM1 = ("mutable-globals",)
_WASM2 = (
    *_WASM1, "sign-extension", "saturating-float-to-int", "multi-value", "bulk-memory", "reference-types", "simd",
)  # fmt: skip
_WASM3 = (
    *_WASM2, "extended-const", "tail-call", "exception-handling", "function-references", "gc", "memory64",
    "multi-memory", "relaxed-simd",
)  # fmt: skip
#: Names for several features: those of a version of WebAssembly, or all that there are.
PRESETS: Mapping[str, tuple[str, ...]] = {"wasm1": _WASM1, "wasm2": _WASM2, "wasm3": _WASM3, "all": FEATURES}

#: What a feature is built on, and brings along.
_REQUIRES: Mapping[str, tuple[str, ...]] = {
    "exception-handling": ("reference-types",),
    "function-references": ("reference-types",),
    "gc": ("function-references",),
    "legacy-exception-handling": ("exception-handling",),
    "relaxed-simd": ("simd",),
}

#: What brings each kind of type definition.
DEFINITIONS: Mapping[type, Feature] = {FuncType: "mvp", StructType: "gc", ArrayType: "gc"}
#: What brings references to what an abstract heap type tells.
HEAPS: Mapping[str, Feature] = {
    "func": "reference-types",
    "extern": "reference-types",
    "exn": "exception-handling",
    "noexn": "exception-handling",
    **dict.fromkeys(("any", "eq", "i31", "struct", "array", "none", "nofunc", "noextern"), "gc"),
}


def disabled(wanted: str | Iterable[str]) -> tuple[str, ...]:
    """The features that are off where those, given by their names or presets', are on with what they require.

    Raises ValueError for a name that there is not.
    """
    enabled: set[str] = set()
    pending = [wanted] if isinstance(wanted, str) else list(wanted)
    while pending:
        name = pending.pop()
        if name not in PRESETS and name not in FEATURES:
            raise ValueError(f"unknown feature {name!r}, expected some of {', '.join((*PRESETS, *FEATURES))}")
        names = set(PRESETS.get(name, (name,))) - enabled
        enabled |= names
        pending += (required for each in names for required in _REQUIRES.get(each, ()))
    return tuple(name for name in FEATURES if name not in enabled)


def features_of_type(valtype: ValType) -> tuple[Feature, ...]:
    """What brings a value type."""
    if valtype in NUMERIC_TYPES:
        return ()
    if not is_reference(valtype):
        return ("simd",)
    heap: Feature = HEAPS.get(heap_of(valtype), "function-references")
    return (heap,) if is_nullable(valtype) else (heap, "function-references")


def features_of_elements(valtype: ValType) -> tuple[Feature, ...]:
    """What brings a table with elements of a type: functions the first version had."""
    return () if valtype == FUNCREF else features_of_type(valtype)
