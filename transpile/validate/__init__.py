"""Validation (spec: Validation; the algorithm: Appendix / Validation Algorithm).

`validate` checks a whole module; `check_module` and `validate_function` do the same in parts, so that a function can be
checked just when it is needed:

    context = check_module(module)
    instructions = validate_function(module, context, index)

A module that is invalid is refused with `ValidationError`, one with a malformed function body with `DecodeError`.
"""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.transpile.module import Function, Instr, Module
from wasm2py.transpile.validate.context import Context
from wasm2py.transpile.validate.functions import validate_function
from wasm2py.transpile.validate.modules import check_module

__all__ = ["Context", "check_module", "validate", "validate_function"]


def validate(
    module: Module,
    step: Callable[[], object] = lambda: None,
    look: Callable[[Function, list[Instr]], object] = lambda function, instructions: None,
) -> None:
    """Check a module with all of its functions; raises `ValidationError`, or `DecodeError` for malformed bodies.

    `step` is called after each function, to show progress; `look` gets each that is valid, with its instructions, for
    whoever has to read them all.
    """
    context = check_module(module)
    first = len(context.functions) - len(module.functions)
    for index, function in enumerate(module.functions, first):
        look(function, validate_function(module, context, index))
        step()
