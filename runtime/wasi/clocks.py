"""Clocks (specification: clock_res_get, clock_time_get)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.registry import function
from wasm2py.runtime.wasi.types import ClockId

_INFO_NAMES: dict[ClockId, Literal["time", "monotonic", "process_time", "thread_time"]] = {
    ClockId.REALTIME: "time",
    ClockId.MONOTONIC: "monotonic",
    ClockId.PROCESS_CPUTIME_ID: "process_time",
    ClockId.THREAD_CPUTIME_ID: "thread_time",
}
_U64 = 0xFFFFFFFFFFFFFFFF


def host_clocks() -> dict[int, Callable[[], int]]:
    """The host's clocks, in nanoseconds; not every host has one for threads."""
    clocks: dict[int, Callable[[], int]] = {
        ClockId.REALTIME: time.time_ns,
        ClockId.MONOTONIC: time.monotonic_ns,
        ClockId.PROCESS_CPUTIME_ID: time.process_time_ns,
    }
    if hasattr(time, "thread_time_ns"):
        clocks[ClockId.THREAD_CPUTIME_ID] = time.thread_time_ns
    return clocks


def now(context: Context, clock: int) -> int:
    """Nanoseconds on a clock; INVAL where there is no such clock."""
    try:
        read = context.clocks[clock]
    except KeyError:
        raise WasiError(Errno.INVAL) from None
    return read() & _U64


@function("i32 i32")
def clock_res_get(context: Context, clock: int, result: int) -> None:
    now(context, clock)
    resolution = time.get_clock_info(_INFO_NAMES[ClockId(clock)]).resolution
    context.guest.set_u64(result, max(1, round(resolution * 1e9)))


@function("i32 i64 i32")
def clock_time_get(context: Context, clock: int, precision: int, result: int) -> None:
    context.guest.set_u64(result, now(context, clock))
