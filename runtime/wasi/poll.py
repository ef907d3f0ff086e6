"""Waiting for clocks and descriptors (specification: poll_oneoff)."""

from __future__ import annotations

import select
from dataclasses import dataclass
from typing import TypeAlias

from wasm2py.runtime.wasi.clocks import now
from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.errno import Errno, WasiError, from_os_error
from wasm2py.runtime.wasi.registry import function
from wasm2py.runtime.wasi.types import (
    EVENT,
    SUBCLOCK_ABSTIME,
    SUBSCRIPTION,
    SUBSCRIPTION_CLOCK,
    SUBSCRIPTION_FD,
    ClockId,
    EventType,
)

#: errno, bytes, flags
Outcome: TypeAlias = tuple[int, int, int]

#: The longest that hosts let anything wait at once, in nanoseconds; longer waits are made of several.
_LONGEST = 10**9 * 86400
_CLOCKS = (ClockId.REALTIME, ClockId.MONOTONIC)


@dataclass(slots=True)
class Subscription:
    """One thing to wait for: a deadline on a clock (ns), or a descriptor; and its outcome, once there is one."""

    userdata: int
    kind: EventType
    clock: int = 0
    deadline: int = 0
    fd: int = -1
    host: int | None = None
    outcome: Outcome | None = None


@function("i32 i32 i32 i32")
def poll_oneoff(context: Context, subscriptions: int, events: int, count: int, result: int) -> None:
    """A subscription that fails is an event with an errno; the call itself fails only if there are none (INVAL)."""
    if not count:
        raise WasiError(Errno.INVAL)
    polled = [_subscribe(context, *record) for record in context.guest.records(SUBSCRIPTION, subscriptions, count)]
    _wait(context, polled)
    ready = [subscription for subscription in polled if subscription.outcome is not None]
    for number, subscription in enumerate(ready):
        errno, size, flags = subscription.outcome or (0, 0, 0)
        address = events + number * EVENT.struct.size
        context.guest.pack(EVENT, address, subscription.userdata, errno, subscription.kind, size, flags)
    context.guest.set_u32(result, len(ready))


def _subscribe(context: Context, userdata: int, tag: int, union: bytes) -> Subscription:
    if tag > EventType.FD_WRITE:
        raise WasiError(Errno.INVAL)
    kind = EventType(tag)
    subscription = Subscription(userdata, kind)
    try:
        if kind == EventType.CLOCK:
            _subscribe_clock(context, subscription, *SUBSCRIPTION_CLOCK.unpack(union))
        else:
            (subscription.fd,) = SUBSCRIPTION_FD.unpack(union)
            _subscribe_fd(context, subscription)
    except WasiError as error:
        subscription.outcome = error.errno, 0, 0
    except OSError as error:
        subscription.outcome = from_os_error(error), 0, 0
    return subscription


def _subscribe_clock(
    context: Context, subscription: Subscription, clock: int, timeout: int, precision: int, flags: int
) -> None:
    """Time that a process has used does not pass while it waits, so its clocks are refused (NOTSUP)."""
    current = now(context, clock)
    if clock not in _CLOCKS:
        raise WasiError(Errno.NOTSUP)
    subscription.clock = clock
    subscription.deadline = timeout if flags & SUBCLOCK_ABSTIME else current + timeout


def _subscribe_fd(context: Context, subscription: Subscription) -> None:
    descriptor = context.descriptors[subscription.fd]
    ready = descriptor.readable() if subscription.kind == EventType.FD_READ else descriptor.writable()
    subscription.host = descriptor.selectable()
    if subscription.host is None:
        subscription.outcome = 0, *ready


def _wait(context: Context, subscriptions: list[Subscription]) -> None:
    """Wait until at least one subscription has an outcome, and give one to all that are due then."""
    while True:
        idle = any(subscription.outcome for subscription in subscriptions)
        pending = [subscription for subscription in subscriptions if subscription.outcome is None]
        _select(context, pending, 0 if idle else _shortest(context, pending))
        for subscription in pending:
            if subscription.kind == EventType.CLOCK and now(context, subscription.clock) >= subscription.deadline:
                subscription.outcome = 0, 0, 0
        if any(subscription.outcome for subscription in subscriptions):
            return


def _shortest(context: Context, pending: list[Subscription]) -> int:
    """Nanoseconds until the first deadline."""
    clocks = [subscription for subscription in pending if subscription.kind == EventType.CLOCK]
    waits = [max(0, subscription.deadline - now(context, subscription.clock)) for subscription in clocks]
    return min(waits, default=_LONGEST)


def _select(context: Context, pending: list[Subscription], timeout: int) -> None:
    """Wait for the descriptors among `pending`, up to `timeout` nanoseconds."""
    seconds = min(timeout, _LONGEST) / 1e9
    reads = [s.host for s in pending if s.kind == EventType.FD_READ and s.host is not None]
    writes = [s.host for s in pending if s.kind == EventType.FD_WRITE and s.host is not None]
    if not reads and not writes:
        if seconds:
            context.sleep(seconds)
        return
    readable, writable, _ = select.select(reads, writes, [], seconds)
    for subscription in pending:
        ready = readable if subscription.kind == EventType.FD_READ else writable
        if subscription.host in ready:
            subscription.outcome = 0, 1, 0
