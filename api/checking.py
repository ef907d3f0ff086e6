"""From bytes to a module that is known to be valid, and ready to be translated."""

from __future__ import annotations

from dataclasses import replace

from wasm2py.progress import Progress, silent
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.module import Module
from wasm2py.transpile.optimise.aligned_globals import AlignedGlobals
from wasm2py.transpile.validate import validate


def checked_module(data: bytes, progress: Progress = silent) -> Module:
    """A module, decoded and validated; what translation has to know of all functions is found out on the way.

    Raises DecodeError or ValidationError.
    """
    module = decode_module(data)
    aligned = AlignedGlobals(module)
    validate(module, progress("checking", len(module.functions)), aligned.look)
    return replace(module, aligned_globals=aligned.result())
