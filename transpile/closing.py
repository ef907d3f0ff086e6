"""The types of a module as others see them: with names of function types where the module has indices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from wasm2py.runtime.references import closed, defined_index, is_nullable, name_of, reference
from wasm2py.runtime.types import FuncType, GlobalType, TableType, TagType, ValType
from wasm2py.transpile.module import Tag


class Closing:
    """Closes the types of one module, given its function types; types without indices stay the same objects."""

    def __init__(self, types: Sequence[FuncType]) -> None:
        self._types = types

    @cached_property
    def types(self) -> tuple[FuncType, ...]:
        """The function types; each refers to those before it, and maybe to itself."""
        if not any(valtype[0] == "(" for type_ in self._types for valtype in (*type_.params, *type_.results)):
            return tuple(self._types)
        found: list[FuncType] = []
        for type_ in self._types:
            sides = (type_.params, type_.results)
            params, results = (tuple(_closed(valtype, found) for valtype in side) for side in sides)
            found.append(closed(params, results))
        return tuple(found)

    def value(self, type_: ValType) -> ValType:
        """A value type, closed."""
        index = defined_index(type_)
        return type_ if index is None else reference(name_of(self.types[index]), is_nullable(type_))

    def extern(self, type_: Any) -> Any:
        """The type of an import, or of what may be one; that of a function as its typeidx."""
        if isinstance(type_, int):
            return self.types[type_]
        if isinstance(type_, Tag):
            return self.tag(type_)
        if isinstance(type_, TableType) and type_.element[0] == "(":
            return TableType(self.value(type_.element), type_.limits, type_.index)
        if isinstance(type_, GlobalType) and type_.valtype[0] == "(":
            return GlobalType(self.value(type_.valtype), type_.mutable)
        return type_

    def tag(self, tag: Tag) -> TagType:
        """The type of a tag."""
        return TagType(self.types[tag.type_index])


def _closed(type_: ValType, before: Sequence[FuncType]) -> ValType:
    """A type in the definition of the one that comes after those, which is `self` in it."""
    index = defined_index(type_)
    if index is None:
        return type_
    return reference(name_of(before[index]) if index < len(before) else "self", is_nullable(type_))
