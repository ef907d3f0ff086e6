"""What the host gives for a module's imports, made into externs (spec: Execution / Modules / Instantiation).

Imports are given as a mapping from module names to what provides them: a mapping from names to values, an instance,
a host module such as `Wasi`, or any object whose public attributes are the values.  A value is an extern, a Python
callable for a function, or a number for a global that cannot change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Protocol, TypeAlias, runtime_checkable

from wasm2py.runtime.errors import LinkError
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.link import Extern, describe, matches
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import ImportInfo, Program
from wasm2py.runtime.signature import Signature, signature_of
from wasm2py.runtime.table import Table
from wasm2py.runtime.tag import Tag
from wasm2py.runtime.types import FuncType, GlobalType


class GuestMemory(Protocol):
    """What a host module needs of a memory."""

    @property
    def data(self) -> bytearray | memoryview:
        """The bytes, writable."""


@runtime_checkable
class HostModule(Protocol):
    """A set of host functions that work on the memory of the instance they serve, as `Wasi` is."""

    def functions(self, module: str) -> Mapping[str, tuple[FuncType, Callable[..., Any]]]:
        """The functions for an import module, with host values; KeyError for a module that this does not provide."""

    def bind(self, memory: GuestMemory) -> None:
        """Serve the instance whose memory this is."""


#: Import module → what provides it.
Given: TypeAlias = Mapping[str, Any]

_MISSING: Any = object()


def resolve(program: Program, given: Given, namespace: ModuleType) -> list[Extern]:
    """An extern for each import, in order, for the instance that is about to be made in `namespace`.

    Raises LinkError "unknown import", which lists all that are missing, or "incompatible import type" for what
    cannot stand for the import.
    """
    names = {module: _values(provider, module) for module, provider in given.items() if module in _modules(program)}
    found = [names.get(item.module, _nothing)(item.name) for item in program.imports]
    missing = [item for item, value in zip(program.imports, found, strict=True) if value is _MISSING]
    if missing:
        raise LinkError("unknown import: " + "; ".join(_unknown(program, item, given) for item in missing))
    return [_extern(program, item, value, namespace) for item, value in zip(program.imports, found, strict=True)]


def bind_memory(namespace: ModuleType, program: Program, given: Given) -> None:
    """Let host modules among the imports serve the instance that is about to be made in `namespace`."""
    for module in sorted(_modules(program) & given.keys()):
        if program.memories and _is_host_module(given[module]):
            given[module].bind(_LateMemory(namespace))


def exact_func(function: Callable[..., Any], name: str) -> Func | None:
    """A Func of a Python callable whose annotations settle its type, and that serves any instance, else None."""
    signature = signature_of(function)
    type_ = signature.exact()
    return None if type_ is None or signature.takes_instance else Func(type_, function, name)


class _LateMemory:
    """The memory 0 of an instance that does not exist yet."""

    def __init__(self, namespace: ModuleType) -> None:
        self._namespace = namespace

    @property
    def data(self) -> memoryview:
        memory: Memory = self._namespace.__dict__["memory"]
        return memory.data


def _modules(program: Program) -> set[str]:
    return {item.module for item in program.imports}


def _values(provider: Any, module: str) -> Callable[[str], Any]:
    """What looks up the names of one import module."""
    if _is_host_module(provider):
        provider = _host_functions(provider, module)
    if isinstance(provider, Instance):
        provider = provider.exports
    if isinstance(provider, Mapping):
        # an export may be called "get"
        return lambda name: provider[name] if name in provider else _MISSING  # noqa: SIM401
    # the names are the guest's: it must not reach what Python keeps in any object
    return lambda name: _MISSING if name.startswith("_") else getattr(provider, name, _MISSING)


def _is_host_module(provider: Any) -> bool:
    # a mapping's or an instance's attributes may be a module's exports
    return not isinstance(provider, Mapping | Instance) and isinstance(provider, HostModule)


def _nothing(name: str) -> Any:
    return _MISSING


def _host_functions(provider: HostModule, module: str) -> Mapping[str, Func]:
    try:
        functions = provider.functions(module)
    except KeyError:
        return {}
    return {name: Func(type_, function, f"{module}.{name}") for name, (type_, function) in functions.items()}


def _extern(program: Program, item: ImportInfo, value: Any, namespace: ModuleType) -> Extern:
    if isinstance(value, Func | Table | Memory | Global | Tag):
        if not matches(value.type, item.type):
            raise _incompatible(program, item, describe(value.type))
        return value
    if isinstance(item.type, FuncType) and callable(value):
        return _func(program, item, item.type, value, namespace)
    if isinstance(item.type, GlobalType) and isinstance(value, int | float) and not item.type.mutable:
        return _constant(program, item, item.type, value)
    raise _incompatible(program, item, f"a Python object of type {type(value).__name__}")


def _func(
    program: Program, item: ImportInfo, type_: FuncType, function: Callable[..., Any], namespace: ModuleType
) -> Func:
    signature = _signature(program, item, function)
    if not signature.allows(type_):
        raise _incompatible(program, item, f"a Python function {signature}")
    called = _with_instance(function, namespace) if signature.takes_instance else function
    return Func(type_, called, f"{item.module}.{item.name}")


def _with_instance(function: Callable[..., Any], namespace: ModuleType) -> Callable[..., Any]:
    names = namespace.__dict__
    # the instance puts itself there when it is made
    return lambda *args: function(names["__wasm__"], *args)


def _signature(program: Program, item: ImportInfo, function: Callable[..., Any]) -> Signature:
    try:
        return signature_of(function)
    except TypeError as error:
        raise _incompatible(program, item, str(error)) from error


def _constant(program: Program, item: ImportInfo, type_: GlobalType, value: float) -> Global:
    try:
        return Global(type_.valtype, value)
    except (TypeError, OverflowError) as error:
        raise _incompatible(program, item, str(error)) from error


def _unknown(program: Program, item: ImportInfo, given: Given) -> str:
    where = f"(imported by {program.name})"
    there = "" if item.module in given else f"; nothing is defined for {item.module!r}"
    return f'"{item.module}" "{item.name}" {where}, expected {describe(item.type)}{there}'


def _incompatible(program: Program, item: ImportInfo, came: str) -> LinkError:
    return LinkError(
        f'incompatible import type: "{item.module}" "{item.name}" (imported by {program.name}), '
        f"expected {describe(item.type)}, got {came}"
    )
