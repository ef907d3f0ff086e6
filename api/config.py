"""Configuration of an engine."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wasm2py.runtime.program import Dialect, Options

if TYPE_CHECKING:
    from wasm2py.runtime.cache import Cache


@dataclass(frozen=True)
class Config:
    """How modules are translated, and where translations are kept.

    - `cache`: True for the user's cache directory, a path for another one, a `Cache` to share it, None or False to
      keep translations in memory only.
    - `dialect`: "cpython" reads memory through typed views, "portable" through little-endian `struct`; "auto" is
      portable on PyPy, on big-endian machines, and without ctypes, where that is the faster or the only one.
    - `eager`: translate a module at once, instead of each function when it is first called.
    - `passes`: the optimiser passes to run, by name (docs/architecture.md lists them); None for all.
    - `lazy_validation`: validate a function just before it is translated, unless `eager`; then one that is invalid is
      refused when it is called, not when the module is made.
    - `jobs`: how many processes translate a large module that is translated at once.
    - `features`: the features of WebAssembly that modules may use, by their names or those of "wasm1", "wasm2", "wasm3"
      and "all" (docs/guide.md lists them), with what they require; a module that uses another is refused.

    Raises ValueError for a dialect, a pass or a feature that there is not, or for no jobs.
    """

    cache: Cache | str | os.PathLike[str] | bool | None = True
    dialect: Literal["auto", "cpython", "portable"] = "auto"
    eager: bool = False
    passes: tuple[str, ...] | None = None
    jobs: int = 1
    lazy_validation: bool = False
    features: str | Collection[str] = "all"

    def __post_init__(self) -> None:
        if self.dialect not in ("auto", "cpython", "portable"):
            raise ValueError(f"unknown dialect {self.dialect!r}, expected 'auto', 'cpython' or 'portable'")
        if self.jobs < 1:
            raise ValueError(f"expected at least one job, got {self.jobs}")
        if self.passes is not None:
            _left_out(self.passes)
        disabled_features(self.features)

    def options(self) -> Options:
        """What generated code depends on."""
        dialect = native_dialect() if self.dialect == "auto" else self.dialect
        return Options(
            dialect=dialect,
            disabled_passes=() if self.passes is None else _left_out(self.passes),
            lazy_validation=self.lazy_validation and not self.eager,
            disabled_features=disabled_features(self.features),
        )


def _left_out(passes: tuple[str, ...]) -> tuple[str, ...]:
    """The passes that are not among these."""
    from wasm2py.transpile.optimise.passes import NAMES

    unknown = [name for name in passes if name not in NAMES]
    if unknown:
        raise ValueError(f"unknown pass {unknown[0]!r}, expected some of {', '.join(NAMES)}")
    return tuple(name for name in NAMES if name not in passes)


def disabled_features(features: str | Collection[str]) -> tuple[str, ...]:
    """The features that are off where these are on.  Raises ValueError for one that there is not."""
    if features == "all":
        return ()
    from wasm2py.transpile.features import disabled

    return disabled(features)


def native_dialect() -> Dialect:
    """The dialect that suits the Python that is running."""
    suits = sys.implementation.name != "pypy" and sys.byteorder == "little" and find_spec("_ctypes") is not None
    return "cpython" if suits else "portable"


def user_cache_directory() -> Path | None:
    """Where translations are kept by default; WASM2PY_CACHE_DIR overrides it.  None where the user has no home."""
    chosen = os.environ.get("WASM2PY_CACHE_DIR")
    if chosen:
        return Path(chosen)
    try:
        from platformdirs import user_cache_dir

        return Path(user_cache_dir("wasm2py", appauthor=False))
    except (ImportError, RuntimeError, OSError):
        return None
