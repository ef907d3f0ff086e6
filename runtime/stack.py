"""Room on the stack: the recursion limit while wasm code runs (spec: Appendix / Implementation Limitations).

Wasm functions are Python functions, so the interpreter's recursion limit bounds their depth, and 1,000 is too little
for real programs.  The outermost call into wasm raises the limit, and puts it back when it returns; calls that nest
in it find it raised.  The limit belongs to the process, so threads share one raised limit, and the last to leave
restores it.

What is safe to raise it to differs.  From CPython 3.12 on the limit counts only Python frames, which live on the
heap. CPython 3.11 counts C recursion too, which host functions may do (measured: `list(map(f, …))` within itself
overflows a C stack of 8 MB somewhere between 12,000 and 16,000 levels).  On PyPy the limit is 768 bytes of the C
stack for each unit (measured: 8,000 allow 13,500 simple frames, 260,000 once they are compiled; 11,000 overflow 8
MB).
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import cache
from sys import getrecursionlimit, setrecursionlimit

#: Frames that wasm code may use beyond what the host's limit allows.
ALLOWANCE = 11_000 if sys.version_info < (3, 12) else 20_000
#: How deep calls from wasm to the host and back into wasm can nest.  They use the C stack, up to 4 KiB a level with
#: `sorted(…, key=f)` in between.
MAX_NESTING = 1_000
#: CPython 3.11: beyond this, C recursion in host functions could overflow the C stack.
_SAFE_ON_3_11 = 13_000
#: Frames on top of that for translating a unit, which may begin at any depth.
_TRANSLATION = 2_000
_PYPY_BYTES_PER_LEVEL = 768
_PYPY_UNKNOWN_STACK = 1 << 20


class RecursionGuard:
    """Keeps the process's recursion limit raised while any thread is in wasm code.

    `active` holds how many calls from the host are on the stack of each thread that is, by the thread's identifier.  A
    thread's outermost call is put between `enter` and `leave`, both of which can be repeated without harm, should an
    interrupt separate them; calls nested in it only count themselves, and stop at MAX_NESTING.
    """

    __slots__ = ("_before", "_during", "_lock", "_translating", "active")

    def __init__(self) -> None:
        self.active: dict[int, int] = {}
        self._lock = threading.RLock()  # a signal handler may call wasm, even from within here
        self._translating = 0
        self._before: int | None = None  # the host's limit, while it is raised
        self._during = 0  # what it was raised to

    def enter(self, thread: int) -> None:
        """The current thread, which has this identifier, begins to run wasm code."""
        with self._lock:
            self.active[thread] = 1
            if self._before is None or self._translating:
                self._apply()

    def leave(self, thread: int) -> None:
        """The current thread's outermost wasm call is over."""
        with self._lock:
            self.active.pop(thread, None)
            if not self.active:
                self._apply()

    def __enter__(self) -> None:
        """Make room for the translator, however deep the stack is already."""
        with self._lock:
            self._translating += 1
            self._apply()

    def __exit__(self, *_exception: object) -> None:
        with self._lock:
            self._translating -= 1
            self._apply()

    def _apply(self) -> None:
        """Set the limit that `active` and `_translating` ask for."""
        current = getrecursionlimit()
        before = self._before
        if before is None or current != self._during:
            before = current  # or the host has set it meanwhile: that is to stay
        wanted = raised_limit(before) if self.active else before
        if self._translating:
            wanted += translation_room()
        # An interrupt may come in between: what is noted must never make the host's limit of ours.
        if wanted != before:
            self._before, self._during = before, wanted
        if wanted != current:
            try:
                setrecursionlimit(wanted)
            except RecursionError:  # this thread is deeper than that already: leave it for a later `leave`
                self._during = current
                return
        if wanted == before:
            self._before = None


def _raised_on_cpython(before: int) -> int:
    return before + ALLOWANCE


def _raised_on_cpython_3_11(before: int) -> int:
    raised = before + ALLOWANCE
    return raised if raised <= _SAFE_ON_3_11 else max(before, _SAFE_ON_3_11)


def _raised_on_pypy(before: int) -> int:
    return max(before, _c_stack_size() * 3 // 4 // _PYPY_BYTES_PER_LEVEL)


def _room_on_pypy() -> int:
    # A further eighth of the stack: the limit then stands at seven eighths.
    return _c_stack_size() // 8 // _PYPY_BYTES_PER_LEVEL


def _c_stack_size() -> int:
    """Bytes that any thread can count on having."""
    return min(_default_stack_size(), threading.stack_size() or _default_stack_size())


@cache
def _default_stack_size() -> int:
    try:
        import resource
    except ImportError:
        return _PYPY_UNKNOWN_STACK
    size, _ = resource.getrlimit(resource.RLIMIT_STACK)
    # Unlimited holds for the main thread alone.
    return size if 0 < size < 1 << 30 else _PYPY_UNKNOWN_STACK


def _choose() -> tuple[Callable[[int], int], Callable[[], int]]:
    if sys.implementation.name == "pypy":
        return _raised_on_pypy, _room_on_pypy
    raised = _raised_on_cpython_3_11 if sys.version_info < (3, 12) else _raised_on_cpython
    return raised, lambda: _TRANSLATION


#: The limit that wasm code runs under where the host's is `before`; how much more the translator gets.
raised_limit, translation_room = _choose()

#: The process's one guard: the recursion limit is the process's as well.
GUARD = RecursionGuard()
