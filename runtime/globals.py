"""Global variables (spec: Execution / Runtime Structure / Global Instances)."""

from __future__ import annotations

from typing import Any

from wasm2py.runtime.dialects import from_portable, to_portable
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import GlobalType, ValType
from wasm2py.runtime.values import default_value, from_raw, to_raw


class Global:
    """A global variable that holds its own value.

    `value` is the host's side: signed integers, checked when set.  `raw` is the raw value, unchecked, as generated
    code reads and writes it; `portable` is what it is in the portable dialect.
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
    def portable(self) -> Any:
        """The value as the portable dialect has it."""
        return to_portable(self._type.valtype, self.raw)

    @portable.setter
    def portable(self, value: Any) -> None:
        self.raw = from_portable(self._type.valtype, value)

    def held(self, dialect: Dialect) -> Any:
        """The value as code of a dialect has it."""
        return self.portable if dialect == "portable" else self.raw

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


class PortableGlobal(NamespaceGlobal):
    """A global in the namespace of an instance of the portable dialect, where its value has another form."""

    __slots__ = ()

    @property
    def portable(self) -> Any:
        """The value as the portable dialect has it."""
        return self._namespace[self._identifier]

    @portable.setter
    def portable(self, value: Any) -> None:
        self._namespace[self._identifier] = value

    @property
    def raw(self) -> Any:
        """The raw value."""
        return from_portable(self._type.valtype, self.portable)

    @raw.setter
    def raw(self, raw: Any) -> None:
        self.portable = to_portable(self._type.valtype, raw)
