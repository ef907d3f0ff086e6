"""poll_oneoff: clocks, files, streams, errors of single subscriptions."""

from __future__ import annotations

import io
import os
import struct
import sys
from pathlib import Path

import pytest
from wasi.guest import BOTH, CREAT, READ, RESULT, WRITE, TestGuest
from wasm2py.runtime.wasi import ClockId, Errno

REALTIME, MONOTONIC, PROCESS = 0, 1, 2
CLOCK, FD_READ, FD_WRITE = 0, 1, 2
ABSTIME = 1
HANGUP = 1
MS = 1_000_000


def clock(userdata: int, timeout: int, clock_id: int = MONOTONIC, flags: int = 0) -> bytes:
    return struct.pack("<QB7xI4xQQH6x", userdata, CLOCK, clock_id, timeout, 0, flags)


def fd(userdata: int, kind: int, number: int) -> bytes:
    return struct.pack("<QB7xI28x", userdata, kind, number)


def poll(guest: TestGuest, *subscriptions: bytes) -> list[tuple[int, ...]]:
    """The events: userdata, error, type, nbytes, flags."""
    subscribed, events = guest.put(b"".join(subscriptions)), guest.put(bytes(32 * len(subscriptions)))
    guest.run("poll_oneoff", subscribed, events, len(subscriptions), RESULT)
    found = [struct.unpack("<QHB5xQH6x", guest.memory.read(events + 32 * n, 32)) for n in range(guest.u32())]
    return [(*event[:3], *event[3:]) for event in found]


class Sleeper:
    """Clocks and a sleep without waiting; the clocks may stand still."""

    def __init__(self, standing: bool = False) -> None:
        self.now = 1000 * MS
        self.standing = standing
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if not self.standing:
            self.now += round(seconds * 1e9)

    def guest(self) -> TestGuest:
        clocks = {ClockId.REALTIME: lambda: self.now, ClockId.MONOTONIC: lambda: self.now}
        return TestGuest(clocks=clocks, sleep=self.sleep)


@pytest.mark.parametrize("standing", [False, True])
def test_the_first_of_several_clocks(standing: bool) -> None:
    sleeper = Sleeper(standing)
    with sleeper.guest() as guest:
        assert poll(guest, clock(7, 30 * MS), clock(8, 20 * MS), clock(9, 20 * MS, REALTIME)) == [
            (8, 0, CLOCK, 0, 0),
            (9, 0, CLOCK, 0, 0),
        ]
    assert sleeper.slept == [0.02]


def test_absolute_times() -> None:
    sleeper = Sleeper()
    with sleeper.guest() as guest:
        assert poll(guest, clock(1, 1005 * MS, REALTIME, ABSTIME)) == [(1, 0, CLOCK, 0, 0)]
        assert poll(guest, clock(2, 5 * MS, MONOTONIC, ABSTIME)) == [(2, 0, CLOCK, 0, 0)]
        assert poll(guest, clock(3, 0)) == [(3, 0, CLOCK, 0, 0)]
    assert sleeper.slept == [0.005]


def test_a_very_long_time() -> None:
    sleeper = Sleeper()
    with sleeper.guest() as guest:
        assert poll(guest, clock(1, 3 * 86400 * 10**9 + 1)) == [(1, 0, CLOCK, 0, 0)]
    assert sleeper.slept == [86400.0, 86400.0, 86400.0, 1e-9]


def test_the_host_s_clocks() -> None:
    with TestGuest() as guest:
        assert poll(guest, clock(1, 2 * MS), clock(2, 10**18)) == [(1, 0, CLOCK, 0, 0)]


def test_errors_of_subscriptions_are_events() -> None:
    with TestGuest(stdin=b"", stdout=io.BytesIO()) as guest:
        assert poll(guest, clock(1, 10**18), fd(2, FD_READ, 99), fd(3, FD_READ, 1), fd(4, FD_WRITE, 0)) == [
            (2, Errno.BADF, FD_READ, 0, 0),
            (3, Errno.BADF, FD_READ, 0, 0),
            (4, Errno.BADF, FD_WRITE, 0, 0),
        ]
        assert poll(guest, clock(5, 1, PROCESS), clock(6, 1, 9)) == [
            (5, Errno.NOTSUP, CLOCK, 0, 0),
            (6, Errno.INVAL, CLOCK, 0, 0),
        ]


def test_errors_of_the_call() -> None:
    with TestGuest() as guest:
        assert guest.call("poll_oneoff", 0, 0, 0, RESULT) == Errno.INVAL
        assert guest.call("poll_oneoff", guest.put(fd(1, 3, 0)), 4096, 1, RESULT) == Errno.INVAL


def test_files_are_always_ready(guest: TestGuest, root: Path) -> None:
    (root / "file").write_bytes(b"12345")
    file = guest.open("file", 0, BOTH)
    guest.seek(file, 2)
    both = fd(1, FD_READ, file), fd(2, FD_WRITE, file)
    assert poll(guest, clock(0, 10**18), *both) == [(1, 0, FD_READ, 3, 0), (2, 0, FD_WRITE, 1, 0)]
    guest.seek(file, 5)
    assert poll(guest, fd(1, FD_READ, file)) == [(1, 0, FD_READ, 0, HANGUP)]


def test_files_that_are_not_open_for_this(guest: TestGuest) -> None:
    reading, writing = guest.open("file", CREAT, READ), guest.open("file", 0, WRITE)
    assert poll(guest, fd(1, FD_WRITE, reading), fd(2, FD_READ, writing), fd(3, FD_READ, 3)) == [
        (1, Errno.BADF, FD_WRITE, 0, 0),
        (2, Errno.BADF, FD_READ, 0, 0),
        (3, Errno.BADF, FD_READ, 0, 0),
    ]


def test_streams_in_memory_are_ready() -> None:
    with TestGuest(stdin=b"x", stdout=io.BytesIO(), stderr=io.BytesIO()) as guest:
        assert poll(guest, fd(0, FD_READ, 0), fd(1, FD_WRITE, 1), fd(2, FD_WRITE, 2), clock(3, 10**18)) == [
            (0, 0, FD_READ, 1, 0),
            (1, 0, FD_WRITE, 1, 0),
            (2, 0, FD_WRITE, 1, 0),
        ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot wait for pipes")
def test_pipes() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as stdin, open(writing, "wb") as stdout, TestGuest(stdin=stdin, stdout=stdout) as guest:
        assert poll(guest, fd(1, FD_READ, 0), clock(2, MS)) == [(2, 0, CLOCK, 0, 0)]
        assert poll(guest, fd(1, FD_READ, 0), clock(2, 0)) == [(2, 0, CLOCK, 0, 0)]
        assert poll(guest, fd(1, FD_READ, 0), fd(2, FD_WRITE, 1)) == [(2, 0, FD_WRITE, 1, 0)]
        guest.write(1, b"x")
        assert poll(guest, clock(3, 10**18), fd(1, FD_READ, 0), fd(4, FD_READ, 0)) == [
            (1, 0, FD_READ, 1, 0),
            (4, 0, FD_READ, 1, 0),
        ]
        assert guest.read(0, 9) == b"x"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot wait for files")
def test_a_regular_file_as_standard_input(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"x")
    with open(tmp_path / "input", "rb") as stdin, TestGuest(stdin=stdin) as guest:
        assert poll(guest, fd(1, FD_READ, 0)) == [(1, 0, FD_READ, 1, 0)]
