"""Several threads at one shared memory, each with an instance of its own."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from unit.translation import DIALECTS, instance_of, outcome
from wasm2py.runtime import pages
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import Dialect

PAGE = 65536
PATIENCE = 60.0
FOREVER = 2**64 - 1

WORKER = """(module
    (import "m" "m" (memory 1 100 shared))
    (func (export "count") (param $n i32)
        (loop $again
            (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
            (drop (i64.atomic.rmw8.sub_u (i32.const 8) (i64.const 1)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "cas") (param $n i32) (local $old i64)
        (loop $again
            (local.set $old (i64.atomic.load (i32.const 16)))
            (br_if $again (i64.ne (local.get $old)
                (i64.atomic.rmw.cmpxchg (i32.const 16) (local.get $old) (i64.add (local.get $old) (i64.const 3)))))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "ping") (param $n i32) (param $mine i32)
        (loop $again
            (block $go (loop $wait
                (br_if $go (i32.eq (i32.atomic.load (i32.const 32)) (local.get $mine)))
                (drop (memory.atomic.wait32 (i32.const 32) (i32.xor (local.get $mine) (i32.const 1)) (i64.const -1)))
                (br $wait)))
            (i32.store (i32.const 40) (i32.add (i32.load (i32.const 40)) (i32.const 1)))
            (i32.atomic.store (i32.const 32) (i32.xor (local.get $mine) (i32.const 1)))
            (drop (memory.atomic.notify (i32.const 32) (i32.const 1)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size))
    (func (export "touch") (param i32) (i32.store (local.get 0) (i32.const 1)))
    (func (export "follow") (param $pages i32)
        (loop $again
            (i32.store (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4)) (i32.const 7))
            (br_if $again (i32.lt_u (memory.size) (local.get $pages)))))
    (func (export "wait") (param i32 i32 i64) (result i32)
        (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1))))"""


class Crew:
    """A shared memory and threads that use it."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.memory = Memory(1, 100, shared=True)
        self.results: list[Any] = []
        self.threads: list[threading.Thread] = []

    def worker(self) -> Instance:
        return instance_of(WORKER, self.dialect, imports=[self.memory])

    def start(self, name: str, *args: int) -> None:
        """Call an export of a new instance in a new thread."""

        def run() -> None:
            try:
                self.results.append(outcome(self.worker(), name, *args))
            except BaseException as error:
                self.results.append(error)

        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def join(self) -> list[Any]:
        """What the threads gave, which must not take for ever."""
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        self.threads.clear()
        return self.results

    def until_waiting(self, address: int, count: int) -> None:
        eventually(lambda: len((self.memory._waiting or {}).get(address, ())) == count)


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.fixture(params=DIALECTS)
def crew(request: pytest.FixtureRequest) -> Crew:
    return Crew(request.param)


@pytest.fixture(autouse=True)
def switching() -> Any:
    """Threads take turns as often as can be."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_a_counter(crew: Crew) -> None:
    for _ in range(4):
        crew.start("count", 3000)
    assert crew.join() == [None] * 4
    assert crew.memory.read_u32(0) == 12000
    assert crew.memory.read_u64(8) == -12000 % 256


def test_compare_and_exchange(crew: Crew) -> None:
    crew.memory.write_u64(16, 2**63 - 100)
    for _ in range(4):
        crew.start("cas", 500)
    assert crew.join() == [None] * 4
    assert crew.memory.read_u64(16) == 2**63 - 100 + 6000


def test_ping_pong(crew: Crew) -> None:
    crew.start("ping", 300, 0)
    crew.start("ping", 300, 1)
    assert crew.join() == [None, None]
    assert crew.memory.read_u32(40) == 600 and crew.memory._waiting == {}


def test_notify_counts(crew: Crew) -> None:
    me = crew.worker()
    for _ in range(3):
        crew.start("wait", 64, 0, FOREVER)
    crew.start("wait", 68, 0, FOREVER)
    crew.until_waiting(64, 3)
    crew.until_waiting(68, 1)
    assert outcome(me, "notify", 64, 0) == 0
    assert outcome(me, "notify", 64, 2) == 2
    crew.until_waiting(64, 1)
    assert outcome(me, "notify", 64, 2**32 - 1) == 1
    assert outcome(me, "notify", 64, 2**32 - 1) == 0
    assert outcome(me, "notify", 68, 1) == 1
    assert crew.join() == [0] * 4 and crew.memory._waiting == {}


def test_time_is_up(crew: Crew) -> None:
    me = crew.worker()
    start = time.monotonic_ns()
    assert outcome(me, "wait", 64, 0, 20_000_000) == 2
    assert time.monotonic_ns() - start >= 20_000_000
    assert outcome(me, "notify", 64, 1) == 0 and crew.memory._waiting == {}


def test_a_notification_ends_a_long_wait(crew: Crew) -> None:
    crew.start("wait", 64, 0, 2**63 - 1)
    crew.until_waiting(64, 1)
    assert outcome(crew.worker(), "notify", 64, 1) == 1
    assert crew.join() == [0]


@pytest.mark.skipif(sys.platform == "win32", reason="tells too little of what a user's Ctrl-C does there")
def test_waiting_can_be_interrupted(crew: Crew) -> None:
    me = crew.worker()

    def interrupt() -> None:
        crew.until_waiting(64, 1)
        signal_main()

    thread = threading.Thread(target=interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs the tests may ignore it
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            outcome(me, "wait", 64, 0, FOREVER)
        thread.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert crew.memory._waiting == {}


def signal_main() -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def test_growth_while_another_thread_runs(crew: Crew) -> None:
    """Who learns of a new size can use all of it; what is beyond traps for everyone."""
    me, other = crew.worker(), crew.worker()
    crew.start("follow", 60)
    for pages_before in range(1, 60):
        assert outcome(me, "grow", 1) == pages_before
        assert outcome(other, "size") == pages_before + 1
        assert outcome(other, "touch", (pages_before + 1) * PAGE - 4) is None
        assert outcome(other, "touch", (pages_before + 1) * PAGE) == "out of bounds memory access"
    assert crew.join() == [None]
    assert crew.memory.read_u32(60 * PAGE - 4) in (1, 7)
    assert outcome(me, "grow", 41) == 2**32 - 1
    assert crew.memory.pages == 60


def test_growth_by_several_threads(crew: Crew) -> None:
    for _ in range(33):
        crew.start("grow", 3)
    assert sorted(crew.join()) == list(range(1, 100, 3))
    assert crew.memory.pages == 100


def test_instances_of_both_dialects() -> None:
    memory = Memory(1, 3, shared=True)
    first, second = (instance_of(WORKER, dialect, imports=[memory]) for dialect in DIALECTS)
    for instance in (first, second):
        assert outcome(instance, "count", 5) is None
    assert memory.read_u32(0) == 10
    assert outcome(first, "grow", 1) == 1
    for instance in (first, second):
        assert outcome(instance, "touch", 2 * PAGE - 4) is None
        assert outcome(instance, "touch", 2 * PAGE) == "out of bounds memory access"


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="there a shared memory is a bytearray")
def test_no_room_for_the_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    def scarce(size: int, promised: bool = True) -> Any:
        raise MemoryError("none left")

    monkeypatch.setattr(pages, "_map", scarce)
    with pytest.raises(MemoryError, match="address space of its maximum, 4294901760 bytes, from the start: none left"):
        Memory(1, 65536, shared=True)


def test_the_largest_maximum() -> None:
    """Takes address space, but no memory."""
    memory = Memory(0, 65536, shared=True)
    assert memory.grow(2) == 0
    memory.write_u32(2 * PAGE - 4, 5)
    assert memory.read_u32(2 * PAGE - 4) == 5
