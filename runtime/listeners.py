"""Function listeners: told before and after calls of the functions that they were asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.function import Func
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.traps import hidden, settle, translate_exception
from wasm2py.runtime.types import ValType
from wasm2py.runtime.values import from_raw


class FunctionListener(Protocol):
    """Watches the calls of a function, those from within wasm included.

    Each call gives one `before`, then either one `after` or one `abort`; nested calls come in between.  Values are
    host values.  An exception that a listener raises passes through like a host function's.
    """

    def before(self, func: Func, params: tuple[Any, ...]) -> None:
        """The function is about to run."""

    def after(self, func: Func, results: tuple[Any, ...]) -> None:
        """The function has returned."""

    def abort(self, func: Func, error: BaseException) -> None:
        """The function was left by a trap (a `Trap`) or by another exception."""


#: One for each defined function of a module, in order; None where nobody listens.
Listeners: TypeAlias = Sequence[FunctionListener | None]


def listen(func: Func, run: Callable[..., Any], listener: FunctionListener) -> Callable[..., Any]:
    """The function `run` of raw values, which is `func`'s, with its calls reported."""

    @hidden
    def listened(*args: Any) -> Any:
        listener.before(func, _host_values(func.type.params, args, func.dialect))
        try:
            result = run(*args)
        except BaseException as error:
            seen = translate_exception(error)
            listener.abort(func, seen)
            if isinstance(seen, Trap):
                try:
                    raise seen
                except Trap:
                    settle(seen, error)
                    del seen
                    raise
            del seen
            raise
        listener.after(func, _host_values(func.type.results, _results(func, result), func.dialect))
        return result

    return listened


def _results(func: Func, result: Any) -> tuple[Any, ...]:
    count = len(func.type.results)
    if count == 1:
        return (result,)
    values: tuple[Any, ...] = result if count else ()
    return values


def _host_values(types: tuple[ValType, ...], raw: tuple[Any, ...], dialect: Dialect) -> tuple[Any, ...]:
    return tuple(from_raw(valtype, value, dialect) for valtype, value in zip(types, raw, strict=True))
