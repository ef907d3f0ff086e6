"""Arguments, environment, clocks."""

from __future__ import annotations

import struct
import time

import pytest
from wasi.guest import TestGuest
from wasm2py.runtime.wasi import ClockId, Errno, Wasi


def _strings(guest: TestGuest, prefix: str) -> tuple[list[int], bytes]:
    """The pointers and the buffer that `args_get` or `environ_get` fills."""
    assert guest.call(f"{prefix}_sizes_get", 0, 4) == 0
    count, size = guest.u32(0), guest.u32(4)
    assert guest.call(f"{prefix}_get", 100, 1000) == 0
    return list(struct.unpack(f"<{count}I", guest.memory.read(100, 4 * count))), guest.memory.read(1000, size)


def test_arguments() -> None:
    with TestGuest(["prog", "", "äö", b"raw\xff"]) as guest:
        assert _strings(guest, "args") == ([1000, 1005, 1006, 1011], b"prog\0\0\xc3\xa4\xc3\xb6\0raw\xff\0")


def test_no_arguments() -> None:
    with TestGuest() as guest:
        assert _strings(guest, "args") == ([], b"")


def test_environment() -> None:
    with TestGuest(env={"A": "1", "EMPTY": "", "EQ": "a=b"}) as guest:
        assert _strings(guest, "environ") == ([1000, 1004, 1011], b"A=1\0EMPTY=\0EQ=a=b\0")


def test_the_environment_of_the_host_stays_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_SECRET", "1")
    with TestGuest() as guest:
        assert _strings(guest, "environ") == ([], b"")


@pytest.mark.parametrize(("args", "env"), [(["a\0b"], {}), ([], {"A": "\0"}), ([], {"A=B": "c"}), ([], {"": "c"})])
def test_strings_that_cannot_be_passed(args: list[str], env: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"zero byte|environment variable"):
        Wasi(args, env)


@pytest.mark.parametrize(
    ("clock", "reading"),
    [
        (ClockId.REALTIME, time.time_ns),
        (ClockId.MONOTONIC, time.monotonic_ns),
        (ClockId.PROCESS_CPUTIME_ID, time.process_time_ns),
        (ClockId.THREAD_CPUTIME_ID, time.thread_time_ns),
    ],
)
def test_clocks_are_the_host_s(clock: ClockId, reading: object) -> None:
    assert callable(reading)
    with TestGuest() as guest:
        before = reading()
        assert guest.call("clock_time_get", clock, 0, 16) == 0
        assert before <= guest.u64() <= reading()
        assert guest.call("clock_res_get", clock, 16) == 0
        assert 1 <= guest.u64() <= 10**9


def test_clocks_can_be_replaced() -> None:
    with TestGuest(clocks={ClockId.REALTIME: lambda: 1234}) as guest:
        assert guest.call("clock_time_get", 0, 0, 16) == 0
        assert guest.u64() == 1234
        assert guest.call("clock_time_get", 1, 0, 16) == 0
        assert guest.u64() != 1234


@pytest.mark.parametrize("clock", [4, 100, -1])
def test_unknown_clocks(clock: int) -> None:
    with TestGuest() as guest:
        assert guest.call("clock_time_get", clock, 0, 16) == Errno.INVAL
        assert guest.call("clock_res_get", clock, 16) == Errno.INVAL
