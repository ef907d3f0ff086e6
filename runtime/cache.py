"""The cache: compiled modules in memory, and optionally their programs and code in a directory.

An entry's key covers everything that the code depends on: the module's bytes, the translator's version, the options
(listeners among them), and the Python that is to run it.  What is missing, stale, damaged or not to be trusted is
made again; no state of the directory makes a run fail.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import sys
import weakref
from pathlib import Path
from threading import Lock
from typing import Any

from wasm2py.runtime import codec
from wasm2py.runtime.packs import Packs
from wasm2py.runtime.program import Options, Program, Translator, UnitCode
from wasm2py.runtime.storage import Storage


@dataclasses.dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a cache's directory holds: `entries` files of `bytes` in all, for `modules` modules.

    `problem` says why the directory is not used, if it is not.  Without a directory, `modules` counts those in memory.
    """

    directory: Path | None
    modules: int
    entries: int
    bytes: int
    problem: str | None = None


class Cache:
    """Compiled modules, for several engines to share; with a directory, also for later runs.

    Whoever makes a cache closes it: an engine that was given one leaves it as it is.  It may be used by several
    threads, its directory by several processes.  The directory is made with mode 0700 when it is first needed; one
    that another user owns or can write to is not used.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        self._storage = None if directory is None else Storage(Path(directory))
        self._modules: dict[str, CompiledModule] = {}
        self._lock = Lock()

    @property
    def directory(self) -> Path | None:
        """Where entries are kept, if they are."""
        return None if self._storage is None else self._storage.directory

    def compiled(self, module: Any, translator: Translator, options: Options) -> CompiledModule:
        """A module's entry; made if there is none."""
        key = cache_key(module.hash, translator.version, options)
        found = self._modules.get(key)
        if found is None:
            made = CompiledModule(key, module, translator, options, self._storage)
            with self._lock:
                found = self._modules.setdefault(key, made)
        return found

    def find(self, module: Any, translator: Translator, options: Options) -> CompiledModule | None:
        """A module's entry in memory, if there is one."""
        return self._modules.get(cache_key(module.hash, translator.version, options))

    def discard(self, module: Any, translator: Translator, options: Options) -> None:
        """Forget a module's entry in memory; instances made of it keep what they need."""
        entry = self._modules.pop(cache_key(module.hash, translator.version, options), None)
        if entry is not None:
            entry.release()

    def in_memory(self) -> list[CompiledModule]:
        """All entries in memory."""
        with self._lock:
            return list(self._modules.values())

    def info(self) -> CacheInfo:
        """What the directory holds."""
        if self._storage is None:
            return CacheInfo(None, len(self._modules), 0, 0)
        sizes = {}
        for item in self._storage.entries():
            try:
                sizes[item.name] = item.stat(follow_symlinks=False).st_size
            except OSError:
                continue  # just removed by somebody else
        modules = {name.partition("-")[0] for name in sizes}
        problem = self._storage.problem() if os.path.lexists(self._storage.directory) else None
        return CacheInfo(self._storage.directory, len(modules), len(sizes), sum(sizes.values()), problem)

    def clear(self) -> int:
        """Remove everything, from memory and from the directory; how many files were removed."""
        self.close()
        return 0 if self._storage is None else self._storage.clear()

    def close(self) -> None:
        """Release what is in memory; the directory stays.  Instances that exist go on."""
        with self._lock:
            entries = [*self._modules.values()]
            self._modules.clear()
        for entry in entries:
            entry.release()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class CompiledModule:
    """One module under one translator and one set of options: its program, and its units as they become known."""

    def __init__(
        self, key: str, module: Any, translator: Translator, options: Options, storage: Storage | None
    ) -> None:
        self.version = translator.version
        self.options = options
        self._key = key
        self._module = module
        self._translator = translator
        self._storage = storage
        self.program = self._load_program()
        self._packs = Packs(key, self.program, storage)
        self._finalizer = weakref.finalize(self, self._packs.flush)

    def _load_program(self) -> Program:
        name = f"{self._key}-program"
        data = self._storage and self._storage.read(name)
        program = codec.load_program(data) if data else None
        if program is None:
            program = self._translator.program(self._module, self.options)
            if self._storage is not None:
                self._storage.write(name, codec.dump_program(program))
        return program

    def unit(self, index: int) -> UnitCode:
        """A unit's code: from memory, else from the directory, else translated now.

        Several threads may ask at once; each unit is translated once.
        """
        found = self._packs.known(index)
        if found is None:
            with self._packs.lock:
                found = self._packs.find(index)
                if found is None:
                    found = self._translator.unit(self._module, self.program, index)
                    self._packs.add(index, found)
        return found

    def flush(self) -> None:
        """Write what is not in the directory yet; happens by itself where a module is forgotten, and at the end."""
        self._packs.flush()

    def release(self) -> None:
        """Flush, and no longer at the end: what waits for that is kept alive, on PyPy with instances that ran it."""
        self._finalizer.detach()
        self.flush()

    def load_all(self) -> None:
        """Fetch or translate every unit."""
        with self._packs.lock:
            missing = [index for index in range(len(self.program.units)) if self._packs.find(index) is None]
        for index, unit in self._translator.ahead(self._module, self.program, missing):
            with self._packs.lock:
                if self._packs.find(index) is None:
                    self._packs.add(index, unit)
        for index in range(len(self.program.units)):
            self.unit(index)
        self.flush()


def cache_key(module_hash: bytes, version: str, options: Options) -> str:
    """The key of a module's entry, as 64 hexadecimal digits."""
    chosen = [(field.name, getattr(options, field.name)) for field in dataclasses.fields(options)]
    digest = hashlib.sha256(repr((module_hash, version, chosen)).encode())
    digest.update(python_identity().encode())
    return digest.hexdigest()


def python_identity() -> str:
    """What must agree between the Python that wrote code and the one that runs it."""
    from importlib.util import MAGIC_NUMBER

    version = sys.version if sys.implementation.name == "pypy" else ""
    parts = (sys.implementation.cache_tag, MAGIC_NUMBER, version, sys.byteorder, sys.flags.optimize, codec.LAYOUT)
    return repr(parts)
