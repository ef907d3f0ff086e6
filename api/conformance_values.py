"""Values in conformance scripts: arguments, and patterns that results must match bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wasm2py.runtime.access import f32_bits, f32_from_bits, f64_bits, f64_from_bits
from wasm2py.runtime.aggregates import Array, Struct
from wasm2py.runtime.function import Func
from wasm2py.runtime.references import ABSTRACT, erased, is_function_reference, is_reference
from wasm2py.runtime.types import REFERENCE_TYPES, ValType
from wasm2py.transpile.text.features import later_feature
from wasm2py.transpile.text.script import Value
from wasm2py.transpile.text.vectors import SHAPES


class Needs(Exception):
    """A command cannot be run without a feature that is not here."""

    def __init__(self, feature: str) -> None:
        super().__init__(feature)
        self.feature = feature


@dataclass(frozen=True, slots=True)
class HostReference:
    """The host's object that scripts call `(ref.extern number)`."""

    number: int


def argument(value: Value) -> Any:
    """The host value of a script's argument.  Raises `Needs` for a kind of value that a later feature brings."""
    return _of_kind(_ARGUMENTS, value)(value.value)


def _vector(value: tuple[str, tuple[int, ...]]) -> int:
    shape, lanes = value
    return sum(lane << SHAPES[shape][0] * index for index, lane in enumerate(lanes))


_ARGUMENTS: dict[str, Callable[[Any], Any]] = {
    "i32.const": int,
    "i64.const": int,
    "f32.const": f32_from_bits,
    "f64.const": f64_from_bits,
    "v128.const": _vector,
    "ref.null": lambda _heaptype: None,
    "ref.extern": HostReference,
    "ref.host": HostReference,
}


def _of_kind(table: dict[str, Any], value: Value) -> Any:
    found = table.get(value.kind)
    if found is None:
        feature = later_feature([value.kind])
        raise ValueError(f"unknown value: {value.kind}") if feature is None else Needs(feature)
    return found


def mismatch(patterns: Sequence[Value], types: Sequence[ValType], values: Sequence[Any]) -> str | None:
    """How results (host values of these types) differ from the patterns; None where they match.

    Raises `Needs` for a kind of pattern that a later feature brings.
    """
    matched = [
        matches(pattern, valtype, value)
        for pattern, valtype, value in zip(patterns, types, values, strict=len(patterns) == len(values))
    ]
    if len(patterns) == len(values) and all(matched):
        return None
    expected = ", ".join(_show_pattern(pattern) for pattern in patterns)
    got = ", ".join(_show(valtype, value) for valtype, value in zip(types, values, strict=True))
    return f"expected ({expected}), got ({got})"


def matches(pattern: Value, valtype: ValType, value: Any) -> bool:
    """Whether a host value of a type is what a pattern asks for."""
    found: bool = _of_kind(_PATTERNS, pattern)(pattern.value, valtype, value)
    return found


def _integer(name: ValType, bits: int) -> Callable[[Any, ValType, Any], bool]:
    def match(expected: int, valtype: ValType, value: Any) -> bool:
        return valtype == name and type(value) is int and value & (1 << bits) - 1 == expected

    return match


def _float(name: ValType, to_bits: Callable[[float], int], bits: int) -> Callable[..., bool]:
    def match(expected: int | str, valtype: ValType, value: Any) -> bool:
        return valtype == name and type(value) is float and _same_bits(expected, to_bits(value), bits)

    return match


def _same_bits(expected: int | str, pattern: int, bits: int) -> bool:
    """Whether the bit pattern of a float, or any integer, is as expected."""
    if isinstance(expected, int):
        return pattern == expected
    canonical = _CANONICAL_NANS[bits]
    if expected == "nan:canonical":
        return pattern & ~(1 << bits - 1) == canonical
    return pattern & canonical == canonical


_CANONICAL_NANS = {32: 0x7FC00000, 64: 0x7FF8000000000000}


def _matches_vector(expected: tuple[str, tuple[int | str, ...]], valtype: ValType, value: Any) -> bool:
    """Whether each lane is as expected."""
    if valtype != "v128" or type(value) is not int or value >> 128:
        return False
    shape, lanes = expected
    bits, _ = SHAPES[shape]
    mask = (1 << bits) - 1
    return all(_same_bits(lane, value >> bits * index & mask, bits) for index, lane in enumerate(lanes))


def _null(heaptype: str | None, valtype: ValType, value: Any) -> bool:
    return value is None and is_reference(valtype) and erased(valtype) in _REFERENCE_TYPES.get(heaptype, ())


_REFERENCE_TYPES: dict[str | None, tuple[str, ...]] = {
    None: tuple(REFERENCE_TYPES),
    **{heap: (erased(type_),) for heap, type_ in ABSTRACT.items()},
}


def _extern(number: int | None, valtype: ValType, value: Any) -> bool:
    if erased(valtype) != "externref" or value is None:
        return False
    return number is None or value == HostReference(number)


def _host(number: int | None, valtype: ValType, value: Any) -> bool:
    return erased(valtype) == "anyref" and isinstance(value, HostReference) and number in (None, value.number)


def _aggregate(*classes: type) -> Callable[[None, ValType, Any], bool]:
    def match(_: None, valtype: ValType, value: Any) -> bool:
        return erased(valtype) == "anyref" and isinstance(value, classes)

    return match


def _exception(_: None, valtype: ValType, value: Any) -> bool:
    return erased(valtype) == "exnref" and value is not None


def _func(index: int | None, valtype: ValType, value: Any) -> bool:
    return is_function_reference(valtype) and isinstance(value, Func) and index in (None, value.index)


def _either(patterns: Sequence[Value], valtype: ValType, value: Any) -> bool:
    return any(matches(pattern, valtype, value) for pattern in patterns)


_PATTERNS: dict[str, Callable[[Any, ValType, Any], bool]] = {
    "i32.const": _integer("i32", 32),
    "i64.const": _integer("i64", 64),
    "f32.const": _float("f32", f32_bits, 32),
    "f64.const": _float("f64", f64_bits, 64),
    "v128.const": _matches_vector,
    "ref.null": _null,
    "ref.extern": _extern,
    "ref.func": _func,
    "ref.host": _host,
    "ref.any": _aggregate(object),
    "ref.eq": _aggregate(int, Struct, Array),
    "ref.i31": _aggregate(int),
    "ref.struct": _aggregate(Struct),
    "ref.array": _aggregate(Array),
    "ref.exn": _exception,
    "either": _either,
}


def _show_pattern(pattern: Value) -> str:
    value = pattern.value
    if pattern.kind in ("f32.const", "f64.const") and isinstance(value, int):
        return f"{pattern.kind} {value:#x}"
    if pattern.kind == "v128.const":
        return " ".join([pattern.kind, value[0], *(lane if isinstance(lane, str) else hex(lane) for lane in value[1])])
    return pattern.kind if value is None else f"{pattern.kind} {value}"


def _show(valtype: ValType, value: Any) -> str:
    if isinstance(value, float):
        bits = f32_bits(value) if valtype == "f32" else f64_bits(value)
        return f"{valtype} {bits:#x} = {value}"
    return f"{valtype} {value:#034x}" if valtype == "v128" else f"{valtype} {value}"
