"""The types of a module as others see them: with names of defined types where the module has indices.

Types are equal where their recursive groups are, and they stand at the same place in them (spec: Validation / Types /
Equivalence): a name is made of a digest of the group, in which references within the group are by place, and those to
what comes before it by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, cast

from wasm2py.runtime.references import defined_index, digest, is_nullable, name_of, reference
from wasm2py.runtime.types import (
    ArrayType,
    CompositeType,
    FieldType,
    FuncType,
    GlobalType,
    StorageType,
    StructType,
    TableType,
    TagType,
    ValType,
)
from wasm2py.transpile.module import FINAL, Module, Tag

_KINDS: dict[type, str] = {FuncType: "func", StructType: "struct", ArrayType: "array"}


class Closing:
    """Closes the types of one module; types without indices stay the same objects."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._names: list[str] = []
        self._plain: list[bool] = []

    @cached_property
    def types(self) -> tuple[CompositeType, ...]:
        """The module's types, which must be valid."""
        module = self._module
        if not (module.groups or module.subtypes) and all(map(_is_closed, module.types)):
            return module.types
        return tuple(self._closed(index) for index in range(len(module.types)))

    def function(self, index: int) -> FuncType:
        """The function type at a typeidx."""
        return cast(FuncType, self.types[index])

    def value(self, type_: ValType) -> ValType:
        """A value type, closed."""
        index = defined_index(type_)
        return type_ if index is None else reference(self.name(index), is_nullable(type_))

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
        return TagType(self.function(tag.type_index))

    def name(self, index: int) -> str:
        """The name of the type at a typeidx; valid must be that type, and those before the end of its group."""
        while len(self._names) <= index:
            self._name_group(len(self._names))
        return self._names[index]

    def _name_group(self, first: int) -> None:
        """Name the types of the group that begins with a type."""
        module = self._module
        members = range(first, module.groups.get(first, first + 1))
        content = [self._content(index, first) for index in members]
        if len(members) == 1 and module.subtypes.get(first, FINAL) == FINAL and _is_free_of(content[0], "rec "):
            type_ = module.types[first]
            if isinstance(type_, FuncType):
                self._plain.append(True)
                self._names.append(name_of(FuncType(*content[0][1:])))
                return
        group = digest(content)
        for place, index in enumerate(members):
            supers = module.subtypes.get(index, FINAL).supers
            above = self._names[supers[0]] + "/" if supers else _KINDS[type(module.types[index])] + ":"
            self._plain.append(False)
            self._names.append(above + digest((group, place)))

    def _content(self, index: int, first: int) -> tuple[Any, ...]:
        """What a type is made of, as a member of the group that begins at `first`."""

        def within(type_: StorageType) -> StorageType:
            to = defined_index(type_)
            if to is None:
                return type_
            return reference(f"rec {to - first}" if to >= first else self._names[to], is_nullable(type_))

        type_, subtype = self._module.types[index], self._module.subtypes.get(index, FINAL)
        parts = _parts(type_, within)
        if subtype == FINAL:
            return (_KINDS[type(type_)], *parts)
        supers = tuple(f"rec {to - first}" if to >= first else self._names[to] for to in subtype.supers)
        return (_KINDS[type(type_)], *parts, supers, subtype.final)

    def _closed(self, index: int) -> CompositeType:
        type_, name = self._module.types[index], self.name(index)
        if isinstance(type_, StructType):
            return StructType(tuple(self._field(field) for field in type_.fields), name)
        if isinstance(type_, ArrayType):
            return ArrayType(self._field(type_.element), name)
        params, results = (tuple(map(self.value, side)) for side in (type_.params, type_.results))
        return FuncType(params, results, "" if self._plain[index] else name)

    def _field(self, field: FieldType) -> FieldType:
        return replace(field, storage=self.value(cast(ValType, field.storage)))


def _is_closed(type_: CompositeType) -> bool:
    """Whether a type is one of functions that refers to no other."""
    return isinstance(type_, FuncType) and not any(valtype[0] == "(" for valtype in (*type_.params, *type_.results))


def _parts(type_: CompositeType, within: Any) -> Sequence[Any]:
    """What a type consists of, each value type as `within` has it."""
    if isinstance(type_, FuncType):
        return tuple(map(within, type_.params)), tuple(map(within, type_.results))
    fields = type_.fields if isinstance(type_, StructType) else (type_.element,)
    return (tuple((within(field.storage), field.mutable) for field in fields),)


def _is_free_of(content: tuple[Any, ...], word: str) -> bool:
    return word not in repr(content)
