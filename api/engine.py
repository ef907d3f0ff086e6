"""The engine as users make it: from a `Config`, with the translator filled in."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from wasm2py.config import Config, user_cache_directory
from wasm2py.runtime import engine as runtime_engine
from wasm2py.runtime.cache import Cache
from wasm2py.runtime.program import Options, Program, UnitCode
from wasm2py.transpile.version import VERSION


class Engine(runtime_engine.Engine):
    """Translates modules as a `Config` says, and keeps the translations (see `runtime.engine.Engine`).

    Closing it releases what it holds in memory; a `Cache` that came with the configuration stays open.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = Config() if config is None else config
        cache, self._own_cache = _cache(self.config)
        super().__init__(ModuleTranslator(self.config.jobs), cache, self.config.options())

    def close(self) -> None:
        """Release everything that this engine made."""
        super().close()
        if self._own_cache is not None:
            self._own_cache.close()


class ModuleTranslator:
    """The translator, for `wasm2py.Module`: decodes and validates a module when there is really something to translate.

    A module that the cache knows is thus not decoded until it calls a function that the cache has not, and never
    validated: it was valid when it was stored. Where validation is lazy, each function is before it is translated.
    """

    def __init__(self, jobs: int = 1) -> None:
        self._jobs = jobs

    @functools.cached_property
    def _translator(self) -> Any:
        from wasm2py.transpile.translate import PythonTranslator

        return PythonTranslator()

    #: Part of every cache key.
    version = VERSION

    def program(self, module: Any, options: Options) -> Program:
        """Decode, validate and describe a module."""
        decoded = module.outlined[0] if options.lazy_validation else module.decoded
        program: Program = self._translator.program(decoded, options)
        return program if decoded.names.module else replace(program, name=module.fallback_name)

    def unit(self, module: Any, program: Program, index: int) -> UnitCode:
        """Translate and compile one unit."""
        decoded = _validated(module, program, index) if program.options.lazy_validation else module.trusted
        code: UnitCode = self._translator.unit(decoded, program, index)
        return code

    def ahead(self, module: Any, program: Program, units: Sequence[int]) -> Iterable[tuple[int, UnitCode]]:
        """What other processes translate, if there are to be any; they validate nothing."""
        if self._jobs < 2 or not units or program.options.lazy_validation:
            return ()
        from wasm2py.workers import translated

        return translated(module.trusted, program, units, self._jobs)


def _validated(module: Any, program: Program, unit: int) -> Any:
    """The decoded module, once the functions of a unit are known to be valid."""
    from wasm2py.checking import validated_function

    decoded, context = module.outlined
    for index in range(*program.units[unit]):
        validated_function(decoded, context, index, program.options.disabled_features)
    return decoded


@functools.cache
def default_engine() -> Engine:
    """The engine behind everything that was given none."""
    return Engine()


def _cache(config: Config) -> tuple[Cache, Cache | None]:
    """The cache to use, and again if it is the engine's to close."""
    if isinstance(config.cache, Cache):
        return config.cache, None
    made = Cache(user_cache_directory()) if config.cache is True else Cache(config.cache or None)
    return made, made
