"""Traps at the boundary: what an exception of generated code means (spec: Execution / Runtime / Traps).

Generated code tests nothing on the fast path; Python raises by itself.  Where a call comes back to the host, the
exception is judged by its type, its message, and the innermost frame that is not one of our helpers: a trap if that
frame is generated, else the host's own affair.

A trap's traceback shows wasm functions and host functions, none of ours.  Of a deep stack, `frames` and the traceback
keep the outermost and the innermost 50.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Sequence
from types import CodeType, FrameType, TracebackType
from typing import Any, TypeVar

from wasm2py.runtime.errors import StackExhausted, Trap, WasmFrame
from wasm2py.runtime.stubs import is_stub

#: How many frames of each end of a deep stack are kept.
KEPT_FRAMES = 50

_PACKAGE = __name__.rpartition(".")[0]
#: Our modules that call the host or are called by it; the others hold what generated code calls.
_BOUNDARY = frozenset(
    f"{_PACKAGE}.{name}" for name in ("adapters", "engine", "function", "instance", "listeners", "stack", "traps")
)
_OURS = f"{_PACKAGE}."
_HOST = f"{_PACKAGE}.wasi"


_Function = TypeVar("_Function", bound=Callable[..., Any])

if sys.implementation.name == "pypy":
    from __pypy__ import hidden_applevel as _hide  # type: ignore[import-not-found]
else:
    _hide = None


def hidden(function: _Function) -> _Function:
    """Keep a function's frame out of tracebacks where the implementation has a way; elsewhere `settle` takes it out."""
    if _hide is not None:
        _hide(function)
    return function


def translate_exception(error: BaseException) -> BaseException:
    """What the host is to see of `error`, which was caught at the boundary.

    A new `Trap` where `error` means one; `error` itself where it is the host's, untouched; `error` with its frames
    filled in and ours gone from its traceback where it is a trap already.
    """
    entries = _entries(error.__traceback__)
    if not isinstance(error, Trap):
        kind = _kind(error, entries)
        if kind is None:
            return error
        trap = _make(kind)
    else:
        trap = error
    kept = _shorten([entry for entry in entries if not _is_ours(entry.tb_frame)])
    trap.frames = tuple(_wasm_frame(entry) for entry in kept if is_generated(entry.tb_frame))
    trap.__traceback__ = _chain(kept)
    return trap


def settle(trap: BaseException, error: BaseException) -> None:
    """Undo what raising `trap`, made of `error`, at the boundary added to it; to be followed by a bare `raise`."""
    traceback = trap.__traceback__
    while traceback is not None and _is_ours(traceback.tb_frame):
        traceback = traceback.tb_next
    trap.__traceback__ = traceback
    if trap is not error:
        trap.__context__ = error.__context__


def is_generated(frame: FrameType) -> bool:
    """Whether a frame runs generated code."""
    return "__wasm__" in frame.f_globals and not is_stub(frame.f_code)


def _make(kind: str) -> Trap:
    return StackExhausted() if kind == "call stack exhausted" else Trap(kind)


def _entries(traceback: TracebackType | None) -> list[TracebackType]:
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    return entries


def _is_ours(frame: FrameType) -> bool:
    names = frame.f_globals
    if "__wasm__" in names:
        return is_stub(frame.f_code)
    name = names.get("__name__")
    return isinstance(name, str) and name.startswith(_OURS)


def _is_helper(frame: FrameType) -> bool:
    # WASI is a host to the guest: no exception that arises there means a trap, but for the traps that it raises
    name = frame.f_globals.get("__name__", "")
    return _is_ours(frame) and name not in _BOUNDARY and not name.startswith(_HOST)


def _kind(error: BaseException, entries: Sequence[TracebackType]) -> str | None:
    judge = _JUDGES.get(type(error))
    if judge is None or not _arose_in_wasm(error, entries):
        return None
    if isinstance(error, IndexError) and "items" in entries[-1].tb_frame.f_code.co_names:
        from wasm2py.runtime.sites import is_array_access

        if is_array_access(entries[-1], str(error)):
            return "out of bounds array access"
    return judge(str(error))


def _arose_in_wasm(error: BaseException, entries: Sequence[TracebackType]) -> bool:
    if isinstance(error, RecursionError):
        return bool(entries) and (is_generated(entries[-1].tb_frame) or _is_ours(entries[-1].tb_frame))
    for entry in reversed(entries):
        if not _is_helper(entry.tb_frame):
            return is_generated(entry.tb_frame)
    return False


def _judge_index_error(message: str) -> str:
    return "undefined element" if message.startswith("list") else "out of bounds memory access"


#: What CPython and PyPy say of assigning to a slice of a view that ends early. (A bytearray's slice would make it
#: longer, which is a BufferError while it has views.)
_SHORT_SLICE = ("memoryview assignment", "cannot modify size of memoryview")


def _judge_value_error(message: str) -> str | None:
    return "out of bounds memory access" if message.startswith(_SHORT_SLICE) else None


def _judge_attribute_error(message: str) -> str | None:
    """Generated code uses references by attributes that null has not (see `Func` and `aggregates`)."""
    if not message.startswith(_NO_ATTRIBUTE):
        return None
    attribute = message[len(_NO_ATTRIBUTE) :]
    return next((kind for start, kind in _NULLS.items() if attribute.startswith(start)), None)


_NO_ATTRIBUTE = "'NoneType' object has no attribute '"
_NULLS = {"call_": "null function reference", "items'": "null array reference", "f": "null structure reference"}


def _judge_type_error(message: str) -> str | None:
    """Generated code takes the number out of an i31 by operators that null has not."""
    return "null i31 reference" if message.startswith(_NO_OPERATOR) and "'NoneType'" in message else None


_NO_OPERATOR = (
    "unsupported operand type(s) for &: 'NoneType'",
    "bad operand type for unary +",
    "unsupported operand type for unary pos",  # PyPy's words
)


#: Exception type → the kind of trap that its message means, or None if it is no trap.
_JUDGES: dict[type[BaseException], Callable[[str], str | None]] = {
    IndexError: _judge_index_error,
    ValueError: _judge_value_error,
    struct.error: lambda _: "out of bounds memory access",
    AttributeError: _judge_attribute_error,
    TypeError: _judge_type_error,
    BufferError: lambda _: "out of bounds memory access",
    ZeroDivisionError: lambda _: "integer divide by zero",
    RecursionError: lambda _: "call stack exhausted",
}


def _shorten(entries: list[TracebackType]) -> list[TracebackType]:
    if len(entries) <= 2 * KEPT_FRAMES:
        return entries
    return entries[:KEPT_FRAMES] + entries[-KEPT_FRAMES:]


def _chain(entries: Sequence[TracebackType]) -> TracebackType | None:
    traceback = None
    for entry in reversed(entries):
        traceback = TracebackType(traceback, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return traceback


def _wasm_frame(entry: TracebackType) -> WasmFrame:
    code = entry.tb_frame.f_code
    instance = entry.tb_frame.f_globals["__wasm__"]
    return WasmFrame(instance.name, instance.display_name(code.co_name), _offset(code, entry.tb_lineno))


def _offset(code: CodeType, line: int | None) -> int:
    """The byte offset in the module; 0 where lines are those of a dump."""
    return line or 0 if code.co_filename.startswith("<wasm ") else 0
