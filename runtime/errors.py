"""Every error that wasm2py raises.

    WasmError
    ├── DecodeError(message, offset)                 malformed binary
    ├── TextError(message, line, column)             malformed text
    ├── ValidationError(message, function, offset)   invalid module
    ├── LinkError(message)                           imports do not fit
    ├── Trap(kind, message)                          execution stopped, by the spec's rules
    │   └── StackExhausted
    ├── WasmException(tag, values)                   a wasm exception
    ├── WasiExit(code)                               the guest called proc_exit
    └── Interrupted                                  the host asked the guest to stop

All can be pickled.  Messages use the spec's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


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


class ExceptionTag(Protocol):
    """What an exception needs of its tag (see `runtime.tag.Tag`)."""

    def raw_values(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The raw values of host values; TypeError or OverflowError if they do not fit the tag."""

    def host_values(self, raw: tuple[Any, ...]) -> tuple[Any, ...]:
        """The host values of raw values."""


class WasmException(WasmError):
    """A wasm exception: one that nothing caught, or that a host function raises for wasm to catch.

    `tag` identifies it; `raw` are the raw values that it carries, an i64 unsigned in every dialect.
    """

    tag: ExceptionTag
    raw: tuple[Any, ...]

    def __init__(self, tag: ExceptionTag, values: Sequence[Any] = ()) -> None:
        """Make an exception of host values; raises TypeError or OverflowError if they do not fit the tag."""
        super().__init__()
        self.tag = tag
        self.raw = tag.raw_values(values)

    @property
    def values(self) -> tuple[Any, ...]:
        """The values as the host sees them."""
        return self.tag.host_values(self.raw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.tag!r}, {self.values!r})"

    def __str__(self) -> str:
        return f"{self.tag}: {', '.join(map(repr, self.values))}" if self.raw else str(self.tag)


def thrown(tag: ExceptionTag, *raw: Any) -> WasmException:
    """The exception that generated code throws."""
    error = WasmException.__new__(WasmException)
    error.tag = tag
    error.raw = raw
    return error


class WasiExit(WasmError):
    """The guest called `proc_exit`; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class Interrupted(WasmError):
    """The host asked the guest to stop."""
