"""Which types of a module are valid, which are equal, and which match which (spec: Validation / Types, Matching)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from wasm2py.runtime import references
from wasm2py.runtime.references import defined_index, is_nullable, reference
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.validate.errors import unknown


class Subtyping:
    """The matching of a module's types, among which there may be equal ones."""

    def __init__(self, types: Sequence[FuncType]) -> None:
        self._types = types

    def matches(self, given: ValType, expected: ValType) -> bool:
        """Whether a value of one type is one of the other."""
        return references.matches(self._canonical(given), self._canonical(expected))

    def _canonical(self, type_: ValType) -> ValType:
        """The type in terms of the first of equal types."""
        index = defined_index(type_)
        return type_ if index is None else reference(str(self._first[index]), is_nullable(type_))

    @cached_property
    def _first(self) -> list[int]:
        """For each type the first that is equal; a type refers to none but those before it and itself."""
        first: list[int] = []
        known: dict[tuple[tuple[ValType, ...], ...], int] = {}
        for index, type_ in enumerate(self._types):

            def within(valtype: ValType, index: int = index) -> ValType:
                to = defined_index(valtype)
                if to is None:
                    return valtype
                return reference("self" if to == index else str(first[to]), is_nullable(valtype))

            sides = tuple(tuple(map(within, side)) for side in (type_.params, type_.results))
            first.append(known.setdefault(sides, index))
        return first


def check_valid(type_: ValType, types: int) -> None:
    """A type must refer to one of the first `types` of its module, if to any."""
    index = defined_index(type_)
    if index is not None and index >= types:
        raise unknown("type", index)
