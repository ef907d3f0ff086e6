"""Atomic instructions, and threads that wait for each other (the threads proposal).

Each access holds the memory's lock, so that for all threads they happen in one order, on a Python without a global lock
as well: a read-modify-write is whole, and a load sees no half of a store.  Other loads and stores take no lock; where
those meet atomic accesses of other threads to the same bytes, the proposal promises nothing that Python would not
keep.

A thread that waits has a lock of its own, which it cannot get before it is notified, in the queue of its address.  It
looks at the memory and queues up in one go, and notifying takes it out of the queue: no notification in between is
lost, and none goes to a thread that gave up.
"""

from __future__ import annotations

import operator
import sys
import time
from collections.abc import Callable
from struct import Struct
from threading import Lock
from typing import Any, NamedTuple

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.layouts import I64, U8, U16, U32, U64
from wasm2py.runtime.types import IndexType

#: What waiting results in.
WOKEN, NOT_EQUAL, TIMED_OUT = 0, 1, 2
#: How many addresses there are.
_ADDRESSES: dict[IndexType, int] = {"i32": 1 << 32, "i64": 1 << 64}
#: At most so many seconds the main thread sleeps deaf to signals: on Windows, where waiting for a lock cannot be
#: interrupted, the user should not wait long for it.
_NAP = 0.1 if sys.platform == "win32" else 3600.0


class _Kind(NamedTuple):
    """How an access of one width reads and writes; what is written is cut to `mask`."""

    width: int
    mask: int
    read: Callable[[Any, int], tuple[int]]
    write: Callable[[Any, int, int], None]


def _kind(layout: Struct, reading: Struct) -> _Kind:
    return _Kind(layout.size, (1 << 8 * layout.size) - 1, reading.unpack_from, layout.pack_into)


#: What atomic accesses read: unsigned integers; "i64" is the portable dialect's word of 64 bits.
_KINDS: dict[str, _Kind] = {
    "u8": _kind(U8, U8),
    "u16": _kind(U16, U16),
    "u32": _kind(U32, U32),
    "u64": _kind(U64, U64),
    "i64": _kind(U64, I64),
}
#: What is made of the old value and the operand.
_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "xchg": lambda old, new: new,
}


class Atomics:
    """The atomic instructions of a memory.

    An address is unsigned, the static offset added.  It must be a multiple of the width, shared memory or not.
    """

    __slots__ = ()

    _buffer: Any
    _index: IndexType
    _lock: Any
    _waiting: dict[int, list[Any]] | None

    def atomic_load(self, kind: str, address: int) -> int:
        """Spec: `atomic.load`."""
        width, _, read, _ = _KINDS[kind]
        with self._lock:
            self._check_atomic(address, width)
            return read(self._buffer, address)[0]

    def atomic_store(self, kind: str, address: int, value: int) -> None:
        """Store the low bytes of a value (spec: `atomic.store`)."""
        width, mask, _, write = _KINDS[kind]
        with self._lock:
            self._check_atomic(address, width)
            write(self._buffer, address, value & mask)

    def atomic_rmw(self, operation: str, kind: str, address: int, value: int) -> int:
        """Replace a value by what `operation` ("add", "sub", "and", "or", "xor", "xchg") makes of it; returns the old
        one (spec: `atomic.rmw`).
        """
        width, mask, read, write = _KINDS[kind]
        with self._lock:
            self._check_atomic(address, width)
            old = read(self._buffer, address)[0]
            write(self._buffer, address, _OPERATIONS[operation](old, value) & mask)
            return old

    def atomic_cmpxchg(self, kind: str, address: int, expected: int, value: int) -> int:
        """Replace a value if it is the expected one, of which the low bytes count; returns the old one (spec:
        `atomic.rmw.cmpxchg`).
        """
        width, mask, read, write = _KINDS[kind]
        with self._lock:
            self._check_atomic(address, width)
            old = read(self._buffer, address)[0]
            if not (old ^ expected) & mask:
                write(self._buffer, address, value & mask)
            return old

    def atomic_wait(self, kind: str, address: int, expected: int, timeout: int) -> int:
        """Wait until notified, if the value is the expected one, for some nanoseconds; for ever if the timeout as a
        signed number is negative (spec: `memory.atomic.wait`).  Returns 0 if notified, 1 if the value is another, 2
        if time is up.

        Pressing Ctrl-C interrupts the main thread as anything else.
        """
        width, mask, read, _ = _KINDS[kind]
        self._check_waiting(address, width)
        if self._waiting is None:
            raise Trap("expected shared memory")
        waiter = Lock()
        waiter.acquire()
        try:
            with self._lock:
                if (read(self._buffer, address)[0] ^ expected) & mask:
                    return NOT_EQUAL
                self._waiting.setdefault(address, []).append(waiter)
            _sleep(waiter, timeout if timeout < 1 << 63 else timeout - (1 << 64))
        finally:
            gave_up = self._leave(address, waiter)
        return TIMED_OUT if gave_up else WOKEN

    def _leave(self, address: int, waiter: Any) -> bool:
        """Take a waiter out of its queue; False if it is not in there."""
        assert self._waiting is not None
        with self._lock:
            queue = self._waiting.get(address, [])
            if waiter not in queue:
                return False
            queue.remove(waiter)
            if not queue:
                del self._waiting[address]
            return True

    def atomic_notify(self, address: int, count: int) -> int:
        """Wake at most so many of those that wait at an address, first come, first served; returns how many (spec:
        `memory.atomic.notify`).
        """
        self._check_waiting(address, 4)
        if self._waiting is None:
            return 0
        with self._lock:
            queue = self._waiting.get(address, [])
            woken = queue[:count]
            del queue[:count]
            if woken and not queue:
                del self._waiting[address]
            for waiter in woken:
                waiter.release()
        return len(woken)

    def _check_waiting(self, address: int, width: int) -> None:
        """For what waits and notifies, as in other engines, a sum of address and offset that is no address is out of
        bounds before it is unaligned.
        """
        if address >= _ADDRESSES[self._index]:
            raise Trap("out of bounds memory access")
        self._check_atomic(address, width)

    def _check_atomic(self, address: int, width: int) -> None:
        if address % width:
            raise Trap("unaligned atomic")
        if address + width > len(self._buffer):
            raise Trap("out of bounds memory access")


def _sleep(waiter: Any, timeout: int) -> None:
    """Wait for a lock, for so many nanoseconds or, if that is negative, for ever."""
    if timeout < 0:
        while not waiter.acquire(timeout=_NAP):
            pass
        return
    end = time.monotonic_ns() + timeout
    while not waiter.acquire(timeout=min(timeout / 1e9, _NAP)):
        timeout = end - time.monotonic_ns()
        if timeout <= 0:
            return
