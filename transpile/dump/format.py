"""Formatting of a dump: black function by function, ruff over the whole, or nothing.

black takes more than linear time, so that a large module must be formatted in pieces; ruff is a program of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from wasm2py.runtime.errors import WasmError

if TYPE_CHECKING:
    from black.mode import Mode

Style: TypeAlias = Literal["black", "ruff", "none"]
STYLES: tuple[Style, ...] = ("black", "ruff", "none")
LINE_LENGTH = 120
#: Characters beyond which black, whose time grows faster than the source, is not asked.
BLACK_LIMIT = 100_000


def piece_formatter(style: Style) -> Callable[[str], str]:
    """What formats one function's source; only black works on pieces."""
    return _black if style == "black" else _unchanged


def format_whole(source: str, style: Style) -> str:
    """Format a finished dump; only ruff works on the whole.

    Raises `WasmError` where ruff is asked for and is not installed, or refuses the source.
    """
    return _ruff(source) if style == "ruff" else source


def find_ruff() -> str | None:
    """Where ruff is: on the path, or beside the Python that is running, as in a virtual environment."""
    return shutil.which("ruff") or shutil.which("ruff", path=os.path.dirname(sys.executable))


def _unchanged(source: str) -> str:
    return source


def _black(source: str) -> str:
    """Format with black; source too long for its patience, or nested too deeply for its parser, stays as it is."""
    from black import format_str
    from black.parsing import InvalidInput

    if len(source) > BLACK_LIMIT:
        return source
    try:
        return format_str(source, mode=_black_mode())
    except (InvalidInput, RecursionError):
        return source


@cache
def _black_mode() -> Mode:
    from black.mode import Mode, TargetVersion

    return Mode(target_versions={TargetVersion.PY311}, line_length=LINE_LENGTH)


def _ruff(source: str) -> str:
    program = find_ruff()
    if program is None:
        raise WasmError("--format ruff needs ruff, which is not installed (pip install ruff)")
    command = [program, "format", "--isolated", f"--line-length={LINE_LENGTH}", "--target-version=py311", "-"]
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
    if done.returncode:
        raise WasmError(f"ruff failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()
