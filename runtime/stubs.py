"""Stubs: Python functions that take over their real code when it is loaded (docs/architecture.md, "The namespace of
an instance").
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Any


def _stub(*args: Any, function: int) -> Any:
    return __wasm__.load(function)(*args)  # type: ignore[name-defined]  # noqa: F821


#: The code of every stub; it finds its instance in the globals that it runs with.
STUB_CODE: CodeType = _stub.__code__


def make_stub(namespace: dict[str, Any], identifier: str, index: int) -> FunctionType:
    """A stub of function `index` of the instance whose namespace this is."""
    stub = FunctionType(STUB_CODE, namespace, identifier)
    stub.__kwdefaults__ = {"function": index}
    return stub


def take_over(stub: FunctionType, code: CodeType) -> None:
    """Let a stub become the real function; calls already begun are not disturbed."""
    stub.__code__ = code
    stub.__kwdefaults__ = {}
    stub.__qualname__ = stub.__name__
