"""Host values to raw values and back (docs/architecture.md, "Raw values and host values").

Host integers of either sign go in, `-2**(N-1) <= i < 2**N`, and come out signed.  Numbers for f32 are rounded to it.
A v128 is an integer `0 <= i < 2**128`, with lane 0 in the lowest bits (raw, False may stand for 0).
A funcref is a `Func` or None, an externref any object, with None for null, an exnref a `WasmException` or None.
`TO_RAW` and `FROM_RAW` hold one converter for each value type, for those who convert the same type again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import index
from typing import Any, cast

from wasm2py.runtime.access import f32_bits, f32_from_bits
from wasm2py.runtime.dialects import from_portable
from wasm2py.runtime.errors import WasmException
from wasm2py.runtime.floats import f32, f32_from_int
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.references import (
    erased,
    heap_matches,
    heap_of,
    is_function_reference,
    is_nullable,
    is_reference,
    name_of,
)
from wasm2py.runtime.types import ArrayType, FuncType, StructType, ValType, shown


def to_raw(valtype: ValType, value: Any) -> Any:
    """The raw value of a host value; TypeError if it is of the wrong type, OverflowError if it is out of range."""
    return TO_RAW[valtype](value)


def from_raw(valtype: ValType, raw: Any, dialect: Dialect = "cpython") -> Any:
    """The host value of a raw value as a dialect has it."""
    return FROM_RAW[valtype](from_portable(valtype, raw) if dialect == "portable" else raw)


def default_value(valtype: ValType) -> Any:
    """The raw value that a local or a table entry starts with: zero or null (spec: Runtime Structure / Values)."""
    return _DEFAULTS.get(valtype)


_DEFAULTS: dict[str, Any] = {"i32": 0, "i64": 0, "f32": 0.0, "f64": 0.0, "v128": 0}


class External:
    """An integer of the host's that is too large for an i31, while it is an `anyref`."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


def _mismatch(valtype: str, value: object) -> TypeError:
    return TypeError(f"expected {valtype}, got {'null' if value is None else type(value).__name__}")


def _integer(valtype: str, value: Any, bits: int) -> int:
    """The slow path: integers of other types, and everything that is wrong."""
    try:
        number = index(value)
    except TypeError:
        raise _mismatch(valtype, value) from None
    if not -1 << bits - 1 <= number < 1 << bits:
        raise OverflowError(f"{valtype} out of range: {number}, expected -2**{bits - 1} <= i < 2**{bits}")
    return number & (1 << bits) - 1


def _i32_to_raw(value: Any) -> int:
    if type(value) is int and -0x80000000 <= value <= 0xFFFFFFFF:
        return value & 0xFFFFFFFF
    return _integer("i32", value, 32)


def _i64_to_raw(value: Any) -> int:
    if type(value) is int and -0x8000000000000000 <= value <= 0xFFFFFFFFFFFFFFFF:
        return value & 0xFFFFFFFFFFFFFFFF
    return _integer("i64", value, 64)


def _v128_to_raw(value: Any) -> int:
    try:
        number = index(value)
    except TypeError:
        raise _mismatch("v128", value) from None
    if number >> 128:
        raise OverflowError(f"v128 out of range: {number}, expected 0 <= i < 2**128")
    return number


def _number(valtype: str, value: Any) -> float:
    """The f64 of a real number of any type but text."""
    if not (hasattr(type(value), "__float__") or hasattr(type(value), "__index__")):
        raise _mismatch(valtype, value)
    try:
        return float(value)
    except OverflowError:
        raise OverflowError(f"{valtype} out of range: the number has no finite f64") from None


def _f32_to_raw(value: Any) -> float:
    if isinstance(value, int) and value.bit_length() <= 128:
        return f32_from_int(value)
    number = value if type(value) is float else _number("f32", value)
    return f32(number) if number == number else _f32_nan(number)


def _f32_nan(value: float) -> float:
    """The f32 NaN with the upper payload bits of a NaN; signalling stays so unless nothing of the payload is left."""
    bits = f32_bits(value)
    return f32_from_bits(bits if bits & 0x7FFFFF else bits | 0x400000)


def _f64_to_raw(value: Any) -> float:
    return value if type(value) is float else _number("f64", value)


def _funcref_to_raw(value: Any) -> Any:
    # Func is known by its type: importing it here would be circular.
    if value is None or isinstance(getattr(value, "type", None), FuncType):
        return value
    raise _mismatch("funcref", value)


def _exnref_to_raw(value: Any) -> Any:
    if value is None or isinstance(value, WasmException):
        return value
    raise _mismatch("exnref", value)


def _i32_from_raw(raw: int) -> int:
    return (raw ^ 0x80000000) - 0x80000000


def _i64_from_raw(raw: int) -> int:
    return (raw ^ 0x8000000000000000) - 0x8000000000000000


def _same(value: Any) -> Any:
    return value


def _function_to_raw(type_: ValType) -> Callable[[Any], Any]:
    """The converter of references to functions of one type, or of those that are not null."""
    heap, nullable = heap_of(type_), is_nullable(type_)

    def convert(value: Any) -> Any:
        functype = getattr(value, "type", None)
        fits = nullable if value is None else isinstance(functype, FuncType) and heap_matches(name_of(functype), heap)
        if fits:
            return value
        raise _mismatch(shown(type_), value)

    return convert


def _object_to_raw(type_: ValType) -> Callable[[Any], Any]:
    """The converter of other references: of what has a class, or of the host's objects and exceptions."""
    heap, nullable = heap_of(type_), is_nullable(type_)
    convert_usual = TO_RAW[erased(type_)]

    def convert(value: Any) -> Any:
        if value is None:
            if nullable:
                return None
        elif heap_matches(_heap_of_object(value, heap), heap):
            return convert_usual(value)
        raise _mismatch(shown(type_), value)

    return convert


def _heap_of_object(value: Any, wanted: str) -> str:
    """The heap type of an object of which a reference to `wanted` is wanted."""
    if wanted in ("extern", "noextern", "exn", "noexn"):
        return wanted.removeprefix("no")
    if type(value) is int:
        return "i31" if -0x40000000 <= value < 0x40000000 else "any"
    composite = getattr(type(value), "type", None)
    return composite.name if isinstance(composite, StructType | ArrayType) else "any"


def _any_to_raw(value: Any) -> Any:
    if type(value) is int and not -0x40000000 <= value < 0x40000000:
        return External(value)
    return value


def _any_from_raw(value: Any) -> Any:
    return value.value if type(value) is External else value


@lru_cache(maxsize=1024)
def _reference_to_raw(type_: ValType) -> Callable[[Any], Any]:
    return (_function_to_raw if is_function_reference(type_) else _object_to_raw)(type_)


class _ToRaw(dict[str, Callable[[Any], Any]]):
    def __missing__(self, type_: str) -> Callable[[Any], Any]:
        if not is_reference(type_):
            raise KeyError(type_)
        return _reference_to_raw(cast(ValType, type_))


class _FromRaw(dict[str, Callable[[Any], Any]]):
    def __missing__(self, type_: str) -> Callable[[Any], Any]:
        if not is_reference(type_):
            raise KeyError(type_)
        return self[erased(cast(ValType, type_))]


TO_RAW: dict[str, Callable[[Any], Any]] = _ToRaw(
    {
        "i32": _i32_to_raw,
        "i64": _i64_to_raw,
        "f32": _f32_to_raw,
        "f64": _f64_to_raw,
        "v128": _v128_to_raw,
        "funcref": _funcref_to_raw,
        "externref": _same,
        "exnref": _exnref_to_raw,
        "anyref": _any_to_raw,
    }
)

FROM_RAW: dict[str, Callable[[Any], Any]] = _FromRaw(
    {
        "i32": _i32_from_raw,
        "i64": _i64_from_raw,
        "f32": _same,
        "f64": _same,
        "v128": int,
        "funcref": _same,
        "externref": _same,
        "exnref": _same,
        "anyref": _any_from_raw,
    }
)
