"""What several commands share: reading a module, progress on a terminal, writing output."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wasm2py.runtime.errors import DecodeError, LinkError, TextError, ValidationError, WasmError

if TYPE_CHECKING:
    from wasm2py.engine import Engine
    from wasm2py.module import Module

#: Seconds that a command works silently.
_PATIENCE = 1.0
#: Seconds between two refreshes of a progress bar.
_REFRESH = 0.1


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


def binary(path: str) -> bytes:
    """The module in a file or on standard input, in the binary format whichever it is in."""
    from wasm2py.module import assemble, is_text

    data = read_bytes(path)
    return assemble(data) if is_text(data, path) else data


def module_file(path: str, engine: Engine) -> Module:
    """The module in a file, or on standard input."""
    from wasm2py.module import Module

    return Module(binary(path), name=stem(path), engine=engine)


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
def progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Gives a function to call after each of `total` steps; see `progress_of`."""
    with progress_of(what) as start:
        yield start(total)


@contextmanager
def progress_of(what: str) -> Iterator[Callable[[int], Callable[[], None]]]:
    """Gives a function that takes the number of steps, and gives a function to call after each.

    Once work has taken over a second, a bar on stderr shows how far it is, if stderr is a terminal.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda total: lambda: None
        return
    bars: list[_Bar] = []

    def start(total: int) -> Callable[[], None]:
        bars.append(_Bar(what, total))
        return bars[-1].step

    try:
        yield start
    finally:
        for bar in bars:
            bar.close()


class _Bar:
    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._shown = time.monotonic()
        self._close: Callable[[], None] = lambda: None
        self._show: Callable[[int], None] | None = None

    def step(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._shown < (_PATIENCE if self._show is None else _REFRESH):
            return
        self._shown = now
        if self._show is None:
            self._show = self._open()
        self._show(self._done)

    def close(self) -> None:
        self._close()

    def _open(self) -> Callable[[int], None]:
        from rich.console import Console
        from rich.progress import Progress

        # Left to itself, rich starts a thread and replaces sys.stdout and sys.stderr.
        bar = Progress(
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        task = bar.add_task(self._what, total=self._total)
        bar.start()
        self._close = bar.stop
        return lambda done: bar.update(task, completed=done, refresh=True)
