"""Every error that wasm2py raises.

    WasmError
    ├── DecodeError(message, offset)                 malformed binary
    ├── TextError(message, line, column)             malformed text
    ├── ValidationError(message, function, offset)   invalid module
    ├── LinkError(message)                           imports do not fit
    ├── Trap(kind, message)                          execution stopped, by the spec's rules
    │   └── StackExhausted
    ├── WasmException(tag, values)                   an uncaught wasm exception
    ├── WasiExit(code)                               the guest called proc_exit
    └── Interrupted                                  the host asked the guest to stop

All can be pickled.  Messages use the spec's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class WasmError(Exception):
    """The base of every error that wasm2py raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(cls: type[WasmError], args: tuple[Any, ...], state: dict[str, Any]) -> WasmError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class DecodeError(WasmError):
    """The binary format is malformed (spec: Binary Format); `offset` counts bytes from the module's start."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"{message} (at offset 0x{offset:x})")
        self.message = message
        self.offset = offset


class TextError(WasmError):
    """The text format is malformed (spec: Text Format); `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.message = message
        self.line = line
        self.column = column


class ValidationError(WasmError):
    """The module is invalid (spec: Validation).

    `function` is the funcidx that the error is in (None outside functions), `offset` the byte offset in the module.
    """

    def __init__(self, message: str, function: int | None = None, offset: int | None = None) -> None:
        where = "" if function is None else f" in function {function}"
        where += "" if offset is None else f" (at offset 0x{offset:x})"
        super().__init__(message + where)
        self.message = message
        self.function = function
        self.offset = offset


class LinkError(WasmError):
    """An import is missing, or what was given for it does not match (spec: Execution / Modules / External Typing)."""


@dataclass(frozen=True, slots=True)
class WasmFrame:
    """One wasm function on the stack when a trap was raised, as the traceback shows it."""

    module: str
    function: str
    offset: int

    def __str__(self) -> str:
        return f"{self.module}!{self.function} at 0x{self.offset:x}"


class Trap(WasmError):
    """Execution stopped (spec: Execution / Runtime / Traps).

    `kind` is the spec's wording, such as "integer divide by zero"; `frames` lists the wasm functions that were
    active, outermost first.
    """

    def __init__(self, kind: str, message: str | None = None) -> None:
        super().__init__(message or kind)
        self.kind = kind
        self.frames: tuple[WasmFrame, ...] = ()


class StackExhausted(Trap):
    """The call stack is full; its kind is "call stack exhausted"."""

    def __init__(self, kind: str = "call stack exhausted", message: str | None = None) -> None:
        super().__init__(kind, message)


class WasmException(WasmError):
    """A wasm exception that nothing caught; `tag` identifies it, `values` is its payload."""

    def __init__(self, tag: object, values: tuple[Any, ...] = ()) -> None:
        super().__init__(tag, values)
        self.tag = tag
        self.values = values


class WasiExit(WasmError):
    """The guest called `proc_exit`; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class Interrupted(WasmError):
    """The host asked the guest to stop."""
