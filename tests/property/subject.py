"""Runs a generated case in wasm2py, and records the same things of it as `oracle`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from property.modules import Case
from property.record import EXCEPTION, Outcome, Record, host_result
from wasm2py.runtime import words
from wasm2py.runtime.errors import Trap, WasmException
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.instance import Instance, instantiate
from wasm2py.runtime.program import Dialect, Options
from wasm2py.runtime.types import FuncType
from wasm2py.runtime.words import word
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.dump.document import dump_module
from wasm2py.transpile.dump.functions import Source
from wasm2py.transpile.translate import PythonTranslator
from wasm2py.transpile.validate import validate

DIALECTS: tuple[Dialect, ...] = ("cpython", "portable")


def load(binary: bytes, dialect: Dialect, imports: Sequence[Any] = (), without: tuple[str, ...] = ()) -> Instance:
    """An instance of a module, translated in a dialect with some passes left out; no cache is involved."""
    module = decode_module(binary)
    validate(module)
    translator = PythonTranslator()
    program = translator.program(module, Options(dialect=dialect, disabled_passes=without))
    instance = instantiate(program, lambda unit: translator.unit(module, program, unit), imports)
    instance.namespace.__dict__.update(CHECKED)
    return instance


def _checked(function: Callable[[int, int], int]) -> Callable[[int, int], int]:
    """The function, which outside PyPy takes any integers, for words only."""

    def checked(x: int, y: int) -> int:
        for operand in (x, y):
            if operand != word(operand & _MASKS["i64"]):
                raise AssertionError(f"{operand} is not a word")
        return function(x, y)

    return checked


CHECKED = {name: _checked(vars(words)[name]) for name in ("int_add", "int_sub", "int_mul", "int_lshift", "uint_rshift")}


def source(binary: bytes, dialect: Dialect) -> Source:
    """What prints a module's functions, unformatted."""
    module = decode_module(binary)
    translator = PythonTranslator()
    return Source(module, translator.program(module, Options(dialect=dialect)), translator, "none")


def dump(binary: bytes, dialect: Dialect) -> str:
    """A module's dump, unformatted."""
    return dump_module(source(binary, dialect))


def load_dump(text: str, imports: Mapping[str, Any] | None = None) -> Instance:
    """An instance of a dumped module, which is run as a Python module is when it is imported."""
    names: dict[str, Any] = {"__name__": "dumped"}
    exec(compile(text, "dumped.py", "exec"), names)
    instance: Instance = names["instantiate"](imports)
    return instance


def call(function: Callable[..., Any], arguments: tuple[int, ...]) -> Outcome:
    """Call an exported function of integers with raw values."""
    assert isinstance(function, Func)
    try:
        results = function(*arguments)
    except Trap as trap:
        return trap.kind
    except WasmException:
        return EXCEPTION
    values = results if isinstance(results, tuple) else () if results is None else (results,)
    for value, valtype in zip(values, function.type.results, strict=True):
        assert -_MASKS[valtype] // 2 <= value <= _MASKS[valtype] // 2
    return tuple(value & _MASKS[valtype] for value, valtype in zip(values, function.type.results, strict=True))


_MASKS = {"i32": 0xFFFFFFFF, "i64": 0xFFFFFFFFFFFFFFFF}


def run(case: Case, dialect: Dialect, dumped: bool = False, without: tuple[str, ...] = ()) -> Record:
    """Run a case in one dialect, `without` some passes, or by way of its dump where `dumped`."""
    record = Record()

    def host(argument: int) -> int:
        record.host_calls.append(argument & 0xFFFFFFFF)
        return host_result(argument & 0xFFFFFFFF)

    imports = {"host": Func(FuncType(("i32",), ("i32",)), host), "counter": Global("i32", 5, mutable=True)}
    if dumped:
        instance = load_dump(dump(case.ours, dialect), {"env": imports})
    else:
        instance = load(case.ours, dialect, tuple(imports.values()), without)
    exports = instance.exports
    for item in case.calls:
        record.outcomes.append(call(exports[item.export], item.arguments))
    record.state = [call(exports[name], ()) for name in case.observers]
    record.memories = [bytes(memory.data) for memory in instance.memories]
    return record
