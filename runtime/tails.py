"""Tail calls (spec: Execution / Instructions / `return_call` and `return_call_indirect`).

A function that makes any takes one parameter more than its type says, which says what becomes of them: it returns
`tail((function, arguments))`. By default that is `run_tail`, which makes the call, and the calls that the callee ends
in, one after the other: it gives the callee `TailCall` for `tail`, and so is given back what would be called next. So
however many calls follow each other, there is one frame. Functions that make no tail calls know nothing of this.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class TailCall(tuple[Callable[..., Any], tuple[Any, ...]]):
    """A call that is to be made next: the function, and its arguments."""

    __slots__ = ()


def run_tail(call: tuple[Callable[..., Any], tuple[Any, ...]]) -> Any:
    """Make a call, and all that it ends in; the result of the last one."""
    while True:
        function, args = call
        if not makes_tail_calls(function):
            return function(*args)
        call = function(*args, TailCall)
        if type(call) is not TailCall:
            return call


#: The default of the parameter, by which functions are known that have it.
DEFAULTS = (run_tail,)


def makes_tail_calls(function: Callable[..., Any]) -> bool:
    """Whether a function takes the parameter."""
    return getattr(function, "__defaults__", None) == DEFAULTS
