"""From bytes to a module that is known to be valid, and ready to be translated."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from itertools import count

from wasm2py.progress import Progress, silent
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.module import Function, Instr, Module
from wasm2py.transpile.optimise.aligned_globals import AlignedGlobals
from wasm2py.transpile.validate import Context, check_module, validate, validate_function


def checked_module(data: bytes, progress: Progress = silent, disabled: Collection[str] = ()) -> Module:
    """A module, decoded and validated; what translation has to know of all functions is found out on the way.

    Raises DecodeError or ValidationError, also where it uses one of the features that are `disabled`.
    """
    module = decode_module(data)
    aligned = AlignedGlobals(module)
    look = _refusing(module, disabled, aligned.look) if disabled else aligned.look
    validate(module, progress("checking", len(module.functions)), look)
    if disabled:
        refuse_definitions(module, disabled)
    return replace(module, aligned_globals=aligned.result())


def _refusing(
    module: Module, disabled: Collection[str], look: Callable[[Function, list[Instr]], object]
) -> Callable[[Function, list[Instr]], None]:
    """What looks at one valid function after the other, and refuses those that use features that are off."""
    indices = count(len(module.imported("func")))

    def looking(function: Function, instructions: list[Instr]) -> None:
        refuse_function(next(indices), function, instructions, disabled)
        look(function, instructions)

    return looking


def outlined_module(data: bytes, disabled: Collection[str] = ()) -> tuple[Module, Context]:
    """A module, decoded and validated but for its functions, and what `validated_function` needs for each of those.

    Those that globals' alignment depends on are validated, too. Raises DecodeError or ValidationError.
    """
    module = decode_module(data)
    context = check_module(module)
    if disabled:
        refuse_definitions(module, disabled)
    aligned = AlignedGlobals(module)
    for index, function in enumerate(module.functions, len(context.functions) - len(module.functions)):
        if aligned.concerns(function):
            aligned.look(function, validated_function(module, context, index, disabled))
    return replace(module, aligned_globals=aligned.result()), context


def validated_function(module: Module, context: Context, index: int, disabled: Collection[str] = ()) -> list[Instr]:
    """The instructions of a function, by funcidx, that is valid and uses none of the features that are `disabled`.

    Raises DecodeError or ValidationError.
    """
    instructions = validate_function(module, context, index)
    if disabled:
        function = module.functions[index - (len(context.functions) - len(module.functions))]
        refuse_function(index, function, instructions, disabled)
    return instructions


def refuse_definitions(module: Module, disabled: Collection[str]) -> None:
    """Raise ValidationError where anything but the functions of a module uses one of these features."""
    from wasm2py.transpile.usage import refuse_disabled, uses_of_definitions

    refuse_disabled(uses_of_definitions(module), disabled)


def refuse_function(index: int, function: Function, instructions: list[Instr], disabled: Collection[str]) -> None:
    """Raise ValidationError where a function uses one of these features."""
    from wasm2py.transpile.usage import refuse_disabled, uses_of_function

    refuse_disabled(uses_of_function(index, function, instructions), disabled)
