"""Waiting for clocks and descriptors (specification: poll_oneoff)."""

from __future__ import annotations

import selectors
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from wasm2py.runtime.wasi.clocks import now
from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.errno import Errno, WasiError, from_os_error
from wasm2py.runtime.wasi.registry import function
from wasm2py.runtime.wasi.streams import wait_for
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
_INTEREST = {EventType.FD_READ: selectors.EVENT_READ, EventType.FD_WRITE: selectors.EVENT_WRITE}
_CLOCKS = (ClockId.REALTIME, ClockId.MONOTONIC)


@dataclass(slots=True)
class Subscription:
    """One thing to wait for: time to pass (ns), or a host descriptor; and its outcome, once there is one."""

    userdata: int
    kind: EventType
    left: int = 0
    host: int | None = None
    outcome: Outcome | None = None


@function("i32 i32 i32 i32")
def poll_oneoff(context: Context, subscriptions: int, events: int, count: int, result: int) -> None:
    poll(context, context.guest.records(SUBSCRIPTION, subscriptions, count), events, result)


def poll(context: Context, records: Sequence[tuple[int, int, bytes]], events: int, result: int) -> None:
    """Wait for what `records` (userdata, tag, union) subscribe to, and write the events.

    A subscription that fails is an event with an errno; the call itself fails only if there are none (INVAL).
    """
    if not records:
        raise WasiError(Errno.INVAL)
    polled = [_subscribe(context, *record) for record in records]
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
            _subscribe_fd(context, subscription, *SUBSCRIPTION_FD.unpack(union))
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
    subscription.left = max(0, timeout - current) if flags & SUBCLOCK_ABSTIME else timeout


def _subscribe_fd(context: Context, subscription: Subscription, fd: int) -> None:
    descriptor = context.descriptors[fd]
    ready = descriptor.readable() if subscription.kind == EventType.FD_READ else descriptor.writable()
    subscription.host = descriptor.selectable()
    if subscription.host is None:
        subscription.outcome = 0, *ready


def _wait(context: Context, subscriptions: list[Subscription]) -> None:
    """Wait until at least one subscription has an outcome.

    Clocks are not looked at again: a host may have given the guest clocks that stand still.
    """
    while True:
        pending = [subscription for subscription in subscriptions if subscription.outcome is None]
        clocks = [subscription for subscription in pending if subscription.kind == EventType.CLOCK]
        due = len(pending) < len(subscriptions)
        pause = 0 if due else min([_LONGEST, *(subscription.left for subscription in clocks)])
        if not _select(context, pending, pause):
            _pass_time(clocks, pause)
        if any(subscription.outcome for subscription in subscriptions):
            return


def _pass_time(clocks: list[Subscription], elapsed: int) -> None:
    for subscription in clocks:
        subscription.left -= elapsed
        if subscription.left <= 0:
            subscription.outcome = 0, 0, 0


def _select(context: Context, pending: list[Subscription], pause: int) -> bool:
    """Wait for the descriptors among `pending`, up to `pause` nanoseconds; whether one is ready before."""
    interest: dict[int, int] = {}
    for subscription in pending:
        if subscription.host is not None:
            interest[subscription.host] = interest.get(subscription.host, 0) | _INTEREST[subscription.kind]
    if not interest:
        if pause:
            context.sleep(pause / 1e9)
        return False
    ready = wait_for(interest, pause / 1e9)
    for subscription in pending:
        if subscription.host is not None and ready.get(subscription.host, 0) & _INTEREST[subscription.kind]:
            subscription.outcome = 0, 1, 0
    return bool(ready)
