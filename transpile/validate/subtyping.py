"""Which types of a module are valid, which are equal, and which match which (spec: Validation / Types, Matching)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from wasm2py.runtime import references
from wasm2py.runtime.references import defined_index
from wasm2py.runtime.types import PACKED, ArrayType, CompositeType, FieldType, FuncType, StructType, ValType
from wasm2py.transpile.closing import Closing
from wasm2py.transpile.module import FINAL, Module, SubType
from wasm2py.transpile.validate.errors import InvalidError, unknown

#: Limits of this implementation (spec: Appendix / Implementation Limitations); those of other engines are the same.
MAX_PARAMS = MAX_RESULTS = 1000
MAX_FIELDS = 10_000
MAX_DEPTH = 63


class Subtyping:
    """The matching of a module's types, once they have been checked."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._closing = Closing(module)

    def matches(self, given: ValType, expected: ValType) -> bool:
        """Whether a value of one type is one of the other."""
        if given == expected:
            return True
        return references.matches(self._closing.value(given), self._closing.value(expected))

    def check(self) -> None:
        """Check the definitions of the types."""
        module, first = self._module, 0
        while first < len(module.types):
            past = module.groups.get(first, first + 1)
            for index in range(first, past):
                _check_composite(module.types[index], index, past)
            for index in range(first, past):
                for above in module.subtypes.get(index, FINAL).supers:
                    if above >= index:
                        raise InvalidError(f"unknown type {above}" if above >= past else _mismatched(index, above))
            for index in range(first, past):
                self._check_declaration(index, module.subtypes.get(index, FINAL))
            first = past

    def _check_declaration(self, index: int, declared: SubType) -> None:
        module = self._module
        if len(declared.supers) > 1:
            raise InvalidError(f"sub type {index} has more than one supertype")
        for above in declared.supers:
            if module.subtypes.get(above, FINAL).final or not self._refines(module.types[index], module.types[above]):
                raise InvalidError(_mismatched(index, above))
            if self._closing.name(index).count("/") > MAX_DEPTH:
                raise InvalidError(f"sub type {index} has more than {MAX_DEPTH} supertypes")

    def _refines(self, given: CompositeType, expected: CompositeType) -> bool:
        """Whether what one type is made of may be used as what the other is made of."""
        if isinstance(given, FuncType) and isinstance(expected, FuncType):
            sides = ((expected.params, given.params), (given.results, expected.results))
            return all(len(own) == len(other) and all(map(self.matches, own, other)) for own, other in sides)
        if isinstance(given, StructType) and isinstance(expected, StructType):
            enough = len(given.fields) >= len(expected.fields)
            return enough and all(map(self.field_refines, given.fields, expected.fields))
        if isinstance(given, ArrayType) and isinstance(expected, ArrayType):
            return self.field_refines(given.element, expected.element)
        return False

    def field_refines(self, given: FieldType, expected: FieldType) -> bool:
        """Whether a field may stand for another: one that can be written only for one of the same type."""
        if given.mutable != expected.mutable:
            return False
        own, other = given.storage, expected.storage
        if given.mutable and not self.storage_matches(other, own):
            return False
        return self.storage_matches(own, other)

    def storage_matches(self, given: str, expected: str) -> bool:
        """The matching of storage types."""
        if given in PACKED or expected in PACKED:
            return given == expected
        return self.matches(cast(ValType, given), cast(ValType, expected))


def _mismatched(index: int, above: int) -> str:
    return f"sub type {index} does not match super type {above}"


def _check_composite(type_: CompositeType, index: int, past: int) -> None:
    """A type can refer to those of its group, which ends at `past`, and those before."""
    if isinstance(type_, FuncType):
        _check_count(index, "parameters", len(type_.params), MAX_PARAMS)
        _check_count(index, "results", len(type_.results), MAX_RESULTS)
    elif isinstance(type_, StructType):
        _check_count(index, "fields", len(type_.fields), MAX_FIELDS)
    for valtype in value_types(type_):
        if valtype[0] == "(":
            check_valid(valtype, past)


def _check_count(index: int, what: str, count: int, limit: int) -> None:
    if count > limit:
        raise InvalidError(f"too many {what} in type {index}: {count} exceed the limit of {limit}")


def value_types(type_: CompositeType) -> Iterator[ValType]:
    """The value types in a definition; what is packed is none."""
    if isinstance(type_, FuncType):
        yield from type_.params
        yield from type_.results
    else:
        fields = type_.fields if isinstance(type_, StructType) else (type_.element,)
        yield from (cast(ValType, field.storage) for field in fields if field.storage not in PACKED)


def check_valid(type_: ValType, types: int) -> None:
    """A type must refer to one of the first `types` of its module, if to any."""
    index = defined_index(type_)
    if index is not None and index >= types:
        raise unknown("type", index)
