"""Stubs: Python functions that take over their real code when it is loaded.

See "The namespace of an instance" in docs/architecture.md.
"""

from __future__ import annotations

import sys
from types import CodeType, FunctionType
from typing import Any

from wasm2py.runtime.tails import DEFAULTS


def _stub(*args: Any, function: int) -> Any:
    # Runs with an instance's namespace as its globals.
    return __wasm__.load(function)(*args)  # type: ignore[name-defined]  # noqa: F821


_FILE = "<wasm2py stub>"
_CODE = _stub.__code__.replace(co_filename=_FILE)


def stub_code() -> CodeType:
    """The code of all stubs of one instance."""
    # A code object of PyPy keeps the first globals that it ran with, for ever.
    return _CODE.replace() if sys.implementation.name == "pypy" else _CODE


def is_stub(code: CodeType) -> bool:
    """Whether this is the code of stubs."""
    return code.co_filename == _FILE


def make_stub(code: CodeType, namespace: dict[str, Any], identifier: str, index: int) -> FunctionType:
    """A stub of function `index` of the instance whose namespace this is; `code` is `stub_code()`."""
    stub = FunctionType(code, namespace, identifier)
    stub.__kwdefaults__ = {"function": index}
    return stub


def take_over(stub: FunctionType, code: CodeType, params: int) -> FunctionType:
    """Let a stub of a function with so many params become the real one; calls already begun are not disturbed.

    Returns what to call from now on: the stub, or a function that does the same and is called faster.
    """
    defaults = DEFAULTS if code.co_argcount > params else None
    stub.__defaults__ = defaults
    stub.__code__ = code
    stub.__kwdefaults__ = {}
    stub.__qualname__ = stub.__name__
    return _defined(stub, defaults) if _DEFINED_ARE_FASTER else stub


#: From 3.13 on, CPython specialises calls only of functions that the execution of a `def` or a lambda made, and whose
#: code and defaults have not been replaced since.
_DEFINED_ARE_FASTER = sys.implementation.name == "cpython" and sys.version_info >= (3, 13)


def _defined(stub: FunctionType, defaults: tuple[Any, ...] | None) -> FunctionType:
    """The function that a stub has become, made anew in the same namespace by code that defines it."""
    template = (_define if defaults is None else _define_with_default).__code__
    constants = tuple(stub.__code__ if isinstance(constant, CodeType) else constant for constant in template.co_consts)
    define = FunctionType(template.replace(co_consts=constants), stub.__globals__)
    function: FunctionType = define(*defaults or ())
    function.__name__ = function.__qualname__ = stub.__name__
    return function


def _define() -> Any:
    return lambda: None


def _define_with_default(default: Any) -> Any:
    return lambda parameter=default: parameter
