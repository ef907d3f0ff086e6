"""Modules that were translated ahead of time: what dumps and precompiled packages call."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any

from wasm2py.runtime.errors import LinkError
from wasm2py.runtime.exports import is_special
from wasm2py.runtime.imports import Given, bind_memory, resolve
from wasm2py.runtime.instance import Instance, instantiate
from wasm2py.runtime.program import Program, UnitCode

#: Gives the Python names, functions among them, that hold the code of one unit.
UnitNames = Callable[[int], Mapping[str, Any]]


class Precompiled:
    """A translated module whose functions' code comes from Python modules."""

    def __init__(self, program: Program, unit_names: UnitNames) -> None:
        self.program = program
        self._unit_names = unit_names
        self._units: dict[int, UnitCode] = {}

    @classmethod
    def from_functions(cls, program: Program, names: Mapping[str, Any]) -> Precompiled:
        """A module all of whose functions are among `names`, under their identifiers."""
        return cls(program, lambda unit: names)

    @classmethod
    def from_package(cls, program: Program, package: str) -> Precompiled:
        """A module whose unit *i* is the submodule `_unit{i}` of a package, imported when it is first needed."""
        return cls(program, lambda unit: vars(importlib.import_module(f"{package}._unit{unit}")))

    def instantiate(self, imports: Given | None = None) -> Instance:
        """Make an instance; `imports` maps import modules to what provides them (see `runtime.imports`).

        Raises LinkError if an import is missing or does not fit, or if the code is for little-endian machines and this
        is none; traps if the start function does.
        """
        if self.program.options.dialect == "cpython" and sys.byteorder == "big":
            raise LinkError(
                f"{self.program.name} was translated for little-endian machines: translate it with --target portable"
            )
        given = imports or {}
        namespace = ModuleType(self.program.name)
        externs = resolve(self.program, given, namespace)
        bind_memory(namespace, self.program, given)
        return instantiate(self.program, self._load_unit, externs, module_namespace=namespace)

    @cached_property
    def default(self) -> Instance:
        """The instance that a package's own attributes belong to; made when it is first asked for."""
        return self.instantiate()

    def attribute(self, name: str) -> Any:
        """An export of the default instance, for a package's `__getattr__`."""
        if is_special(name) or name not in self.names():
            raise AttributeError(f"{self.program.name} has no export {name!r}")
        return self.default.exports[name]

    def names(self) -> list[str]:
        """The names of the exports."""
        return [item.name for item in self.program.exports]

    def _load_unit(self, unit: int) -> UnitCode:
        codes = self._units.get(unit)
        if codes is None:
            codes = self._units[unit] = self._code_of(unit)
        return codes

    def _code_of(self, unit: int) -> UnitCode:
        first, past = self.program.units[unit]
        names = self._unit_names(unit)
        return tuple(names[info.identifier].__code__ for info in self.program.functions[first:past])
