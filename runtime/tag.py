"""Tags of exceptions (spec: Execution / Runtime Structure / Tag Instances)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wasm2py.runtime.types import FuncType, TagType, ValType
from wasm2py.runtime.values import from_raw, to_raw


class Tag:
    """What tells exceptions of one kind from all others: by identity, whoever imports it.

    `params` are the types of the values that such an exception carries.
    """

    __slots__ = ("__weakref__", "_type")

    def __init__(self, params: Sequence[ValType] = ()) -> None:
        self._type = TagType(FuncType(tuple(params)))

    @classmethod
    def from_type(cls, type_: TagType) -> Tag:
        """Make a tag of a type."""
        made = cls.__new__(cls)
        made._type = type_
        return made

    @property
    def type(self) -> TagType:
        """The tag's type."""
        return self._type

    @property
    def params(self) -> tuple[ValType, ...]:
        """The types of the values."""
        return self._type.type.params

    def raw_values(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The raw values of host values; TypeError or OverflowError if they do not fit."""
        if len(values) != len(self.params):
            raise TypeError(f"{self._type}: expected {len(self.params)} values, got {len(values)}")
        return tuple(map(to_raw, self.params, values))

    def host_values(self, raw: tuple[Any, ...]) -> tuple[Any, ...]:
        """The host values of raw values."""
        return tuple(map(from_raw, self.params, raw))

    def __repr__(self) -> str:
        return f"<Tag ({', '.join(self.params)})>"

    def __str__(self) -> str:
        return str(self._type)
