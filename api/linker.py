"""Linking: what modules import comes from host functions, other instances and WASI."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, TypeVar

from wasm2py.engine import Engine, default_engine
from wasm2py.module import Module
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.imports import Given, bind_memory, exact_func, resolve
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.link import Extern
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.table import Table
from wasm2py.runtime.tag import Tag
from wasm2py.runtime.types import FuncType

_F = TypeVar("_F", bound=Callable[..., Any])


class Linker:
    """Collects definitions by module and name, and instantiates modules with them.

    A name can be defined again; instances that were made before keep what they had.
    """

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine or default_engine()
        self._definitions: dict[str, dict[str, Any]] = {}
        self._wasi: Callable[[], Any] | None = None

    def function(self, module: str, name: str | None = None, type: FuncType | None = None) -> Callable[[_F], _F]:
        """Decorate a Python function to be importable as `module` `name` (its own name by default).

        Its type is `type`, or else what its annotations settle; what they leave open (`int` may be i32 or i64, no
        annotation anything), the import that it meets decides.  If its first parameter is annotated
        `wasm2py.Instance`, it is given the instance that calls it, for its memory for example.
        """

        def define(function: _F) -> _F:
            own = name if name is not None else function.__name__
            self.define(module, own, function if type is None else Func(type, function, f"{module}.{own}"))
            return function

        return define

    def define(self, module: str, name: str, value: Extern | Callable[..., Any] | float) -> None:
        """Define an extern, a Python callable, or a number for an immutable global.

        Raises TypeError for anything else, and for a callable that cannot be called by position.
        """
        if not isinstance(value, Func | Table | Memory | Global | Tag | int | float):
            if not callable(value):
                raise TypeError(f"cannot define {module!r} {name!r} as a {type(value).__name__}")
            value = exact_func(value, f"{module}.{name}") or value
        self._definitions.setdefault(module, {})[name] = value

    def define_module(self, module: str, values: Mapping[str, Extern | Callable[..., Any] | float]) -> None:
        """Define every value of a mapping under its name."""
        for name in values:
            self.define(module, name, values[name])

    def define_instance(self, module: str, instance: Instance) -> None:
        """Define everything that an instance exports."""
        self.define_module(module, instance.exports)

    def wasi(self, wasi: Any = None, **options: Any) -> None:
        """Provide WASI preview 1: a `Wasi`, or the arguments to make one for each instance with.

        Instances must not run at the same time with one `Wasi`, as it works on the memory of the latest of them.
        """
        from wasm2py.runtime.wasi import Wasi

        if wasi is not None and options:
            raise TypeError("wasi() takes a Wasi or the arguments to make one, not both")
        self._wasi = (lambda: Wasi(**options)) if wasi is None else (lambda: wasi)

    def instantiate(self, module: Module) -> Instance:
        """Make an instance of a module, with its imports from this linker.

        Raises LinkError if an import is missing or does not fit, naming all that are missing; traps if a segment is
        out of bounds or the start function traps.
        """
        return link(module, self._given(module))

    def _given(self, module: Module) -> dict[str, Any]:
        from wasm2py.runtime.command import WASI_MODULES, needs_wasi

        given: dict[str, Any] = dict(self._definitions)
        if self._wasi is not None and needs_wasi(module.program):
            provider = self._wasi()
            for name in WASI_MODULES:
                given.setdefault(name, provider)
        return given


def link(module: Module, given: Given) -> Instance:
    """Instantiate a module with what is given for its import modules (see `runtime.imports`)."""
    namespace = ModuleType(module.name)
    externs = resolve(module.program, given, namespace)
    bind_memory(namespace, module.program, given)
    return module.engine.instantiate(module, externs, namespace)


def load(
    source: str | bytes | os.PathLike[str],
    imports: Given | None = None,
    *,
    engine: Engine | None = None,
) -> Instance:
    """Instantiate a module: the path of a file, the bytes of one, or WAT text.

    A string is WAT text if it begins with a parenthesis or a comment, else a path.  `imports` maps import modules to
    what provides them: a mapping from names to functions and other externs, an instance, a `Wasi`.

    Raises OSError, DecodeError, TextError, ValidationError, LinkError or Trap.
    """
    return link(module_of(source, engine), imports or {})


def module_of(source: str | bytes | os.PathLike[str], engine: Engine | None = None) -> Module:
    """The module that `source`, as for `load`, stands for."""
    if isinstance(source, bytes | bytearray | memoryview):
        return Module(source, engine=engine)
    if isinstance(source, str) and _is_wat(source):
        return Module.from_wat(source, engine=engine)
    return Module.from_file(source, engine=engine)


def _is_wat(source: str) -> bool:
    # a file may be called "(copy) of m.wasm"
    return source.lstrip().startswith(("(", ";;")) and not source.endswith((".wasm", ".wat"))
