"""What several commands share: reading a module, progress on a terminal, writing output."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wasm2py.progress import Progress, Step
from wasm2py.runtime.errors import DecodeError, LinkError, TextError, ValidationError, WasmError

if TYPE_CHECKING:
    import rich.progress
    from wasm2py.engine import Engine
    from wasm2py.module import Module

#: Seconds that a command works silently.
_PATIENCE = 1.0
#: Seconds between two refreshes of a progress bar.
_REFRESH = 0.1


def add_features(parser: Any) -> None:
    """Add `--features`, of which `args.features` is what `Config` takes."""
    parser.add_argument(
        "--features",
        metavar="F,…",
        type=_features,
        default="all",
        help="the features that modules may use, by their names, or wasm1, wasm2, wasm3, all (the default)",
    )


def _features(text: str) -> str | tuple[str, ...]:
    from wasm2py.config import disabled_features

    names = text if text == "all" else tuple(text.split(","))
    try:
        disabled_features(names)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return names


def read_bytes(path: str) -> bytes:
    """The bytes of a file, or of standard input for "-"."""
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def write_text(path: str | None, text: str) -> None:
    """Write to a file, or to standard output for None and "-"."""
    if path is None or path == "-":
        # as a file would hold it, whatever the terminal's encoding
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
    else:
        Path(path).write_text(text, encoding="utf-8", newline="\n")


def binary(path: str, progress: Progress) -> bytes:
    """The module in a file or on standard input, in the binary format whichever it is in."""
    from wasm2py.module import assemble, is_text

    data = read_bytes(path)
    return assemble(data, progress) if is_text(data, path) else data


def module_file(path: str, engine: Engine, progress: Progress) -> Module:
    """The module in a file, or on standard input."""
    from wasm2py.module import Module

    return Module(binary(path, progress), name=stem(path), engine=engine, progress=progress)


def stem(path: str) -> str:
    """A module's name after its file."""
    return "stdin" if path == "-" else Path(path).stem


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Put the file's name before the message of an error in it."""
    try:
        yield
    except TextError as error:
        raise WasmError(f"{path}:{error}") from error
    except (DecodeError, ValidationError, LinkError) as error:
        raise WasmError(f"{path}: {error}") from error


@contextmanager
def progress() -> Iterator[Bar]:
    """Shows the progress of one command on stderr, if that is a terminal, once the command has taken over a second."""
    seen = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    bar = Bar() if seen else Bar(math.inf)
    try:
        yield bar
    finally:
        bar.clear()


class Bar:
    """A `Progress` that draws a bar, the first time after `patience` seconds."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._due = time.monotonic() + patience
        self._what = ""
        self._total: int | None = None
        self._done = 0
        self._drawn: rich.progress.Progress | None = None

    def __call__(self, what: str, total: int | None) -> Step:
        """Begin something else, instead of what there was before."""
        self._what, self._total, self._done = what, total, 0
        return self._step

    def clear(self) -> None:
        """Take the bar off the terminal, until the next step is due."""
        if self._drawn is not None:
            self._drawn.stop()
            self._drawn = None

    def _step(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _REFRESH
            self._draw()

    def _draw(self) -> None:
        drawn = self._drawn or _empty_bar()
        task = drawn.tasks[0]
        task.description, task.total, task.completed = self._what, self._total, self._done
        if drawn is self._drawn:
            drawn.refresh()
        else:
            self._drawn = drawn
            drawn.start()


def _empty_bar() -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import Progress

    # Left to itself, rich starts a thread and replaces sys.stdout and sys.stderr.
    bar = Progress(
        console=Console(stderr=True), transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
    )
    bar.add_task("")
    return bar
