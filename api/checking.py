"""From bytes to a module that is known to be valid, and ready to be translated."""

from __future__ import annotations

from dataclasses import replace

from wasm2py.progress import Progress, silent
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.module import Module
from wasm2py.transpile.optimise.aligned_globals import AlignedGlobals
from wasm2py.transpile.validate import Context, check_module, validate, validate_function


def checked_module(data: bytes, progress: Progress = silent) -> Module:
    """A module, decoded and validated; what translation has to know of all functions is found out on the way.

    Raises DecodeError or ValidationError.
    """
    module = decode_module(data)
    aligned = AlignedGlobals(module)
    validate(module, progress("checking", len(module.functions)), aligned.look)
    return replace(module, aligned_globals=aligned.result())


def outlined_module(data: bytes) -> tuple[Module, Context]:
    """A module, decoded and validated but for its functions, and what `validate_function` needs for each of those.

    Those that globals' alignment depends on are validated, too. Raises DecodeError or ValidationError.
    """
    module = decode_module(data)
    context = check_module(module)
    aligned = AlignedGlobals(module)
    for index, function in enumerate(module.functions, len(context.functions) - len(module.functions)):
        if aligned.concerns(function):
            aligned.look(function, validate_function(module, context, index))
    return replace(module, aligned_globals=aligned.result()), context
