"""Raw values that the portable dialect has in another form (docs/architecture.md): i64s as words, v128s as tuples.

What has to do with vectors is imported when the first of them turns up.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.runtime.words import unsigned, word

#: The types whose values have another form there.
DIFFERING: frozenset[ValType] = frozenset({"i64", "v128"})
#: What the vector instructions of a dialect are in: a module, and a table in it, from names to functions.
_VECTORS: dict[Dialect, tuple[str, str]] = {
    "cpython": ("vectors", "VECTOR_HELPERS"),
    "portable": ("vectors.words", "WORD_HELPERS"),
}


def convention(functype: FuncType, dialect: Dialect) -> Dialect:
    """The dialect whose raw values a function of this type has: where none differ, they are the same in all."""
    return "cpython" if DIFFERING.isdisjoint(functype.params + functype.results) else dialect


def vector_table(dialect: Dialect) -> dict[str, Any]:
    """The functions that a dialect's code calls for vector instructions, by name."""
    module, table = _VECTORS[dialect]
    found: dict[str, Any] = getattr(import_module(f"{__package__}.{module}"), table)
    return found


def to_portable(valtype: ValType, raw: Any) -> Any:
    """A raw value as the portable dialect has it."""
    if valtype == "i64":
        return word(raw)
    return vector_table("portable")["v128_from_int"](raw) if valtype == "v128" else raw


def from_portable(valtype: ValType, value: Any) -> Any:
    """The raw value that the portable dialect has so."""
    if valtype == "i64":
        return unsigned(value)
    return vector_table("portable")["v128_to_int"](value) if valtype == "v128" else value
