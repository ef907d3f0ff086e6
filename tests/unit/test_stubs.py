"""Stubs: how they become the real functions."""

from __future__ import annotations

import dis
import sys
from types import CodeType, FunctionType
from typing import Any

import pytest
from wasm2py.runtime import stubs
from wasm2py.runtime.stubs import make_stub, stub_code, take_over
from wasm2py.runtime.tails import DEFAULTS

SOURCES = {
    "f": "def f(x):\n    return x + offset",
    "g": "def g(n):\n    for i in range(n):\n        f(i)\n    return n",
    "t": "def t(x, tail):\n    return tail((f, (x,)))",
}


def code_of(identifier: str) -> CodeType:
    code = compile(SOURCES[identifier], "<wasm m>", "exec")
    return next(constant for constant in code.co_consts if isinstance(constant, CodeType))


def loaded(identifier: str, names: dict[str, Any]) -> tuple[FunctionType, FunctionType]:
    """The stub of a function of one parameter, and what is called in its place; the latter goes into the namespace."""
    stub = make_stub(stub_code(), names, identifier, 0)
    names[identifier] = take_over(stub, code_of(identifier), 1)
    return stub, names[identifier]


@pytest.fixture(params=[False, True], ids=["replaced", "defined"])
def names(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A namespace, under interpreters that do and do not want functions to be defined."""
    monkeypatch.setattr(stubs, "_DEFINED_ARE_FASTER", request.param)
    return {"offset": 5}


def test_both_are_the_real_function(names: dict[str, Any]) -> None:
    for function in loaded("f", names):
        assert function(2) == 7
        assert function.__globals__ is names
        assert function.__name__ == function.__qualname__ == "f"
        assert function.__defaults__ is None
        assert not function.__kwdefaults__


def test_both_take_what_becomes_of_tail_calls(names: dict[str, Any]) -> None:
    loaded("f", names)
    for function in loaded("t", names):
        assert function.__defaults__ == DEFAULTS
        assert function(2) == 7


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy has no such instructions")
def test_calls_are_specialised() -> None:
    names: dict[str, Any] = {"offset": 5}
    loaded("f", names)
    loaded("g", names)
    names["g"](1000)
    names["g"](1000)
    specialised: dict[str, Any] = {"adaptive": True}
    assert "CALL_PY_EXACT_ARGS" in {item.opname for item in dis.get_instructions(names["g"], **specialised)}
