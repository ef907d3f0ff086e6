"""What tests of the translator share: from WAT to IR, to Python's text, and to a running instance."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.function import Func
from wasm2py.runtime.instance import Instance, instantiate
from wasm2py.runtime.program import Dialect, Options, Program
from wasm2py.transpile.decode import decode_body, decode_module
from wasm2py.transpile.ir.cfg import FunctionIR
from wasm2py.transpile.ir.printer import print_function
from wasm2py.transpile.ir.verify import verify
from wasm2py.transpile.lift import lift_function
from wasm2py.transpile.lift.context import LiftContext
from wasm2py.transpile.module import Module
from wasm2py.transpile.optimise.passes import PASSES
from wasm2py.transpile.text import assemble
from wasm2py.transpile.translate import PythonTranslator
from wasm2py.transpile.validate import validate

DIALECTS: tuple[Dialect, ...] = ("cpython", "portable")
#: Every way to run the optimiser with a pass off, none off, or all off.
DISABLED: tuple[tuple[str, ...], ...] = ((), *((name,) for name in PASSES), tuple(PASSES))


def module_of(wat: str) -> Module:
    """A valid module."""
    module = decode_module(assemble(wat))
    validate(module)
    return module


def lifted(wat: str, index: int = 0) -> FunctionIR:
    """One function's IR as lifting makes it."""
    context = LiftContext(module_of(wat))
    function = context.functions[index - context.imported_functions]
    return lift_function(context, index, decode_body(context.module, function))


def after(wat: str, *passes: str, index: int = 0) -> str:
    """One function's printed IR, lifted and run through these passes, verified after each."""
    function = lifted(wat, index)
    verify(function)
    for name in passes:
        PASSES[name](function)
        verify(function)
    return print_function(function)


def program_of(
    wat: str, dialect: Dialect = "cpython", disabled: tuple[str, ...] = ()
) -> tuple[PythonTranslator, Module, Program]:
    """A translator that verifies the IR, a module, and its program."""
    module = module_of(wat)
    translator = PythonTranslator(check=True)
    return translator, module, translator.program(module, Options(dialect=dialect, disabled_passes=disabled))


def python(wat: str, index: int = 0, dialect: Dialect = "cpython", disabled: tuple[str, ...] = ()) -> str:
    """One function as Python text."""
    translator, module, program = program_of(wat, dialect, disabled)
    return ast.unparse(translator.function_ast(module, program, index)) + "\n"


def instance_of(
    wat: str, dialect: Dialect = "cpython", disabled: tuple[str, ...] = (), imports: Sequence[Any] = ()
) -> Instance:
    """An instance; no cache is involved."""
    translator, module, program = program_of(wat, dialect, disabled)
    return instantiate(program, lambda unit: translator.unit(module, program, unit), imports)


def outcome(instance: Instance, name: str, *args: int) -> Any:
    """What a call of an export of integers gives: a raw value, a tuple of them, None, or the kind of its trap."""
    function = instance.exports[name]
    assert isinstance(function, Func)
    try:
        result = function(*args)
    except Trap as trap:
        return trap.kind
    results = result if isinstance(result, tuple) else () if result is None else (result,)
    raw = tuple(value & _MASKS[type_] for value, type_ in zip(results, function.type.results, strict=True))
    return raw[0] if len(raw) == 1 else raw or None


_MASKS = {"i32": 0xFFFFFFFF, "i64": 0xFFFFFFFFFFFFFFFF}
