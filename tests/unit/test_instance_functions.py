"""Functions at the boundary: what goes in, what comes out, what is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from contract.fake import FakeTranslator, func_type, make_module
from wasm2py.runtime.access import f32_bits, f32_from_bits
from wasm2py.runtime.function import Func
from wasm2py.runtime.instance import instantiate
from wasm2py.runtime.program import ImportInfo, Options


def wasm(signature: str, source: str) -> Func:
    """A function of an instance, named f."""
    module, translator = make_module({"f": (signature, source)}), FakeTranslator()
    program = translator.program(module, Options())
    return instantiate(program, lambda unit: translator.unit(module, program, unit)).functions[0]


def through(signature: str, host: Callable[..., Any]) -> Func:
    """A function of an instance that hands its arguments to a host function `h`, and gives back what that gives."""
    type_ = func_type(signature)
    names = ", ".join(f"p{index}" for index in range(len(type_.params)))
    module = make_module(
        {"f": (signature, f"def f({names}):\n    return h({names})")},
        imports=(ImportInfo("env", "h", type_),),
        imported={"func": 1},
    )
    translator = FakeTranslator()
    program = translator.program(module, Options())
    return instantiate(
        program, lambda unit: translator.unit(module, program, unit), [Func(type_, host, "h")]
    ).functions[1]


IDENTITY = "def f(x):\n    return x"


@pytest.mark.parametrize(
    ("valtype", "given", "got"),
    [
        ("i32", 5, 5),
        ("i32", -1, -1),
        ("i32", 2**32 - 1, -1),
        ("i32", 2**31, -(2**31)),
        ("i32", -(2**31), -(2**31)),
        ("i32", True, 1),
        ("i64", 2**64 - 1, -1),
        ("i64", -(2**63), -(2**63)),
        ("i64", 2**63 - 1, 2**63 - 1),
        ("f32", 0.1, 0.10000000149011612),
        ("f32", 3, 3.0),
        ("f32", 1e39, math.inf),
        ("f64", 0.1, 0.1),
        ("f64", 7, 7.0),
        ("externref", "any", "any"),
        ("externref", None, None),
        ("funcref", None, None),
    ],
)
def test_values_there_and_back(valtype: str, given: Any, got: Any) -> None:
    for func in (wasm(f"{valtype}->{valtype}", IDENTITY), through(f"{valtype}->{valtype}", lambda x: x)):
        for _ in range(2):
            result = func(given)
            assert (result, type(result)) == (got, type(got))


def test_raw_values_inside() -> None:
    seen: list[Any] = []
    func = wasm("i32,i64->", "def f(x, y):\n    seen.append((x, y))")
    func.raw("cpython").__globals__["seen"] = seen
    func(-1, -2)
    assert seen == [(2**32 - 1, 2**64 - 2)]


def test_a_raw_bool_is_an_integer_outside() -> None:
    result = wasm("->i32", "def f():\n    return 1 < 2")()
    assert (result, type(result)) == (1, int)
    seen: list[Any] = []
    host = Func(func_type("i32->"), seen.append)
    host.raw("cpython")(True)
    assert type(seen[0]) is int


def test_nan_payloads_pass() -> None:
    signalling = f32_from_bits(0x7FA00001)
    for func in (wasm("f32->f32", IDENTITY), through("f32->f32", lambda x: x)):
        assert f32_bits(func(signalling)) == 0x7FA00001


def test_several_results_are_a_tuple() -> None:
    assert wasm("->i32,i64,f64", "def f():\n    return (0xFFFFFFFF, True, 0.5)")() == (-1, 1, 0.5)
    assert through("i32->i32,f32", lambda x: [x, 0.1])(-3) == (-3, 0.10000000149011612)
    assert wasm("->", "def f():\n    pass")() is None


def test_funcrefs_are_funcs() -> None:
    func = wasm("funcref->funcref", IDENTITY)
    assert func(func) is func


@pytest.mark.parametrize(
    ("signature", "args", "error", "words"),
    [
        ("->", (1,), TypeError, "f: expected 0 params, but passed 1"),
        ("i32->", (), TypeError, "f: expected 1 params, but passed 0"),
        ("i32,i32->", (1, 2, 3), TypeError, "f: expected 2 params, but passed 3"),
        ("i32->", ("x",), TypeError, "f: parameter 0: expected i32, got str"),
        ("i32,i32->", (1, 1.0), TypeError, "f: parameter 1: expected i32, got float"),
        ("i32->", (None,), TypeError, "f: parameter 0: expected i32, got null"),
        ("f64->", ("1",), TypeError, "f: parameter 0: expected f64, got str"),
        ("f32->", ("1",), TypeError, "f: parameter 0: expected f32, got str"),
        ("funcref->", ("x",), TypeError, "f: parameter 0: expected funcref, got str"),
        ("i32->", (2**32,), OverflowError, "f: parameter 0: i32 out of range: 4294967296"),
        ("i64->", (-(2**63) - 1,), OverflowError, "f: parameter 0: i64 out of range: -9223372036854775809"),
    ],
)
def test_wrong_arguments(signature: str, args: tuple[Any, ...], error: type[Exception], words: str) -> None:
    count = len(func_type(signature).params)
    func = wasm(signature, f"def f({', '.join(f'p{index}' for index in range(count))}):\n    pass")
    for _ in range(2):
        with pytest.raises(error, match=re.escape(words)):
            func(*args)


@pytest.mark.parametrize(
    ("signature", "returned", "error", "words"),
    [
        ("->i32", None, TypeError, "h: result 0 of the host function: expected i32, got null"),
        ("->i32", 1.5, TypeError, "h: result 0 of the host function: expected i32, got float"),
        ("->i32", 2**32, OverflowError, "h: result 0 of the host function: i32 out of range"),
        ("->f64", "x", TypeError, "h: result 0 of the host function: expected f64, got str"),
        ("->", 0, TypeError, "h: expected no result of the host function, got int"),
        ("->i32,i32", 1, TypeError, "h: expected 2 results of the host function, got int"),
        ("->i32,i32", (1,), TypeError, "h: expected 2 results of the host function, got 1"),
        ("->i32,i32", (1, "x"), TypeError, "h: result 1 of the host function: expected i32, got str"),
    ],
)
def test_wrong_results_of_host_functions(signature: str, returned: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=re.escape(words)):
        through(signature, lambda: returned)()


def test_a_host_function_can_be_called_by_the_host() -> None:
    func = Func(func_type("i32,i32->i32"), lambda a, b: a - b, "minus")
    assert func(2**32 - 1, 1) == -2
    assert repr(func) == "<Func minus (i32, i32) -> (i32)>"


@pytest.mark.parametrize(
    ("function", "name"), [(print, "print"), (lambda: None, "<lambda>"), (type("Callable_", (), {})(), "Callable_")]
)
def test_names_of_host_functions(function: Any, name: str) -> None:
    assert Func(func_type("->"), function).name == name
    assert Func(func_type("->"), function, "given").name == "given"


def test_many_parameters_and_results() -> None:
    count = 300
    names = ", ".join(f"p{index}" for index in range(count))
    signature = f"{','.join(['i32'] * count)}->{','.join(['i32'] * count)}"
    func = wasm(signature, f"def f({names}):\n    return ({names})")
    values = tuple(range(-150, 150))
    assert func(*values) == values
