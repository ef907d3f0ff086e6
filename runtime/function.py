"""Functions at the boundary between host and wasm (spec: Execution / Runtime Structure / Function Instances)."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from wasm2py.runtime.adapters import bridge_factory, entry_factory, host_factory
from wasm2py.runtime.dialects import convention
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.numerics import is_helper
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.traps import hidden, settle, translate_exception
from wasm2py.runtime.types import FuncType

if TYPE_CHECKING:
    from wasm2py.runtime.instance import Instance

#: That of a host function when the host calls it.
_HOST_DIALECT: Dialect = "cpython"
#: The attributes under which code of each dialect finds what to call.
_DIALECTS: dict[str, Dialect] = {"call_cpython": "cpython", "call_portable": "portable"}


class Func:
    """A function: one of a module's, or one of the host's for modules to import.

    Calling it follows the host's convention: integers in range `-2**(N-1) ≤ x < 2**N` go in and come out signed; no
    result is None, several are a tuple.  A wrong number of arguments or one of a wrong type raises TypeError, an
    integer out of range OverflowError; what goes wrong in wasm raises `Trap`; what a host function raises, passes
    through.

    Generated code calls what `raw` gives for its dialect; `dialect` is the one that the function itself is of.  Where
    it has a reference, it finds that under `call_cpython` or `call_portable`; null has neither, which is a trap.

    `type` is its type, `name` what to call it in messages, `instance` the instance that it belongs to (None for the
    host's), `index` its funcidx there.  A function reference is a Func: the same function gives the same object.
    """

    # A slot named __call__ lets the interpreter call what it holds directly, with no frame between.
    __slots__ = (
        "__call__", "__weakref__", "_host", "_raw", "call_cpython", "call_portable", "dialect", "index", "instance",
        "name", "type",
    )  # fmt: skip

    __call__: Callable[..., Any]

    def __init__(self, functype: FuncType, function: Callable[..., Any], name: str | None = None) -> None:
        """Make a host function of a Python callable that takes and returns host values of these types."""
        self.type = functype
        self.name: str = name or getattr(function, "__name__", None) or type(function).__name__
        self.instance: Instance | None = None
        self.index: int | None = None
        self.dialect: Dialect = convention(functype, _HOST_DIALECT)
        self._host: Callable[..., Any] | None = function
        self._raw: dict[Dialect, Callable[..., Any]] = {}
        self.__call__ = self._first_call

    @classmethod
    def of_instance(
        cls, functype: FuncType, raw: Callable[..., Any], name: str, instance: Instance, index: int
    ) -> Func:
        """The Func of an instance's own function, whose Python function is `raw`."""
        func = cls.__new__(cls)
        func.type = functype
        func.name = name
        func.instance = instance
        func.index = index
        func.dialect = convention(functype, instance.program.options.dialect)
        func._host = None
        func._raw = {func.dialect: raw}
        func.__call__ = func._first_call
        return func

    def raw(self, dialect: Dialect) -> Callable[..., Any]:
        """What code of a dialect calls: takes and returns raw values as they are there."""
        dialect = convention(self.type, dialect)
        raw = self._raw.get(dialect)
        if raw is None:
            raw = self._raw[dialect] = self._adapted(dialect)
        return raw

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """What is not there yet of what `raw` gives."""
        dialect = _DIALECTS.get(name)
        if dialect is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        raw = self.raw(dialect)
        setattr(self, name, raw)
        return raw

    def _adapted(self, dialect: Dialect) -> Callable[..., Any]:
        if self._host is not None:
            return host_factory(self.type, dialect)(self._host, self)
        return bridge_factory(self.type, dialect)(self._raw[self.dialect], self)

    def replace_raw(self, raw: Callable[..., Any]) -> None:
        """Put a wrapper in the place of what generated code of its own dialect calls, before anything has looked it
        up.
        """
        self._raw = {self.dialect: raw}

    def _entry(self) -> Callable[..., Any]:
        raw = self.raw(self.dialect)
        if self.instance is not None and self.index is not None:
            self.instance.load(self.index)
        return entry_factory(self.type, not _is_leaf(raw), self.dialect)(raw, self)

    @hidden
    def _first_call(self, *args: Any) -> Any:
        """Become the function made for this signature; like it, leave no trace in a trap's traceback."""
        self.__call__ = self._entry()
        try:
            return self.__call__(*args)
        except Trap as error:
            trap = translate_exception(error)
            try:
                raise trap
            except Trap:
                settle(trap, error)
                del trap
                raise

    def __repr__(self) -> str:
        return f"<Func {self.name} {self.type}>"


def _is_leaf(raw: Callable[..., Any]) -> bool:
    """Whether a function certainly calls nothing that could recurse: all that its code names is helpers and data."""
    if not isinstance(raw, FunctionType) or "__wasm__" not in raw.__globals__:
        return False
    return _names_no_function(raw.__code__, raw.__globals__)


def _names_no_function(code: CodeType, namespace: dict[str, Any]) -> bool:
    dialect: Dialect = namespace["__wasm__"].dialect
    for name in code.co_names:
        value = namespace.get(name)
        if (callable(value) or isinstance(value, list | tuple)) and not is_helper(name, value, dialect):
            return False
    return not any(isinstance(constant, CodeType) for constant in code.co_consts)
