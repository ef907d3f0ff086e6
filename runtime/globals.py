"""Global variables (spec: Execution / Runtime Structure / Global Instances)."""

from __future__ import annotations

from typing import Any

from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import GlobalType, ValType
from wasm2py.runtime.values import default_value, from_raw, to_raw
from wasm2py.runtime.words import unsigned, word


class Global:
    """A global variable that holds its own value.

    `value` is the host's side: signed integers, checked when set.  `raw` is the raw value, unchecked, as generated
    code reads and writes it; `word` is the raw value of an i64 in the portable dialect, a signed word.
    """

    __slots__ = ("__weakref__", "_type", "raw")

    raw: Any

    def __init__(self, valtype: ValType, value: Any = None, mutable: bool = False) -> None:
        """Make a global with a host value; None stands for the type's default, 0 or null.

        Raises TypeError or OverflowError if the value does not fit the type.
        """
        self._type = GlobalType(valtype, mutable)
        self.raw = default_value(valtype) if value is None and valtype[0] != "(" else to_raw(valtype, value)

    @classmethod
    def from_raw(cls, type_: GlobalType, raw: Any) -> Global:
        """Make a global of a type with a raw value."""
        made = cls.__new__(cls)
        made._type = type_
        made.raw = raw
        return made

    @property
    def word(self) -> int:
        """The value of an i64 as a word."""
        return word(self.raw)

    @word.setter
    def word(self, value: int) -> None:
        self.raw = unsigned(value)

    def held(self, dialect: Dialect) -> Any:
        """The value as code of a dialect has it."""
        return self.word if dialect == "portable" and self._type.valtype == "i64" else self.raw

    @property
    def type(self) -> GlobalType:
        """The value type and mutability."""
        return self._type

    @property
    def value(self) -> Any:
        """The value as the host sees it."""
        return from_raw(self._type.valtype, self.raw)

    @value.setter
    def value(self, value: Any) -> None:
        if not self._type.mutable:
            raise TypeError(f"{self._type} is immutable")
        self.raw = to_raw(self._type.valtype, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._type} = {self.value!r}>"


class NamespaceGlobal(Global):
    """A global variable whose raw value lives in an instance's namespace, under the name that generated code uses."""

    __slots__ = ("_identifier", "_namespace")

    def __init__(self, type_: GlobalType, namespace: dict[str, Any], identifier: str) -> None:
        self._type = type_
        self._namespace = namespace
        self._identifier = identifier

    @property
    def raw(self) -> Any:
        """The raw value."""
        return self._namespace[self._identifier]

    @raw.setter
    def raw(self, raw: Any) -> None:
        self._namespace[self._identifier] = raw


class WordGlobal(NamespaceGlobal):
    """An i64 global in the namespace of an instance of the portable dialect."""

    __slots__ = ()

    @property
    def word(self) -> int:
        """The value as a word."""
        held: int = self._namespace[self._identifier]
        return held

    @word.setter
    def word(self, value: int) -> None:
        self._namespace[self._identifier] = value

    @property
    def raw(self) -> Any:
        """The raw value."""
        return unsigned(self.word)

    @raw.setter
    def raw(self, raw: Any) -> None:
        self.word = word(raw)
