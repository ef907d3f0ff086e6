"""Translating in several processes at once, for a module that is wanted whole (`Config(eager=True, jobs=N)`).

A worker is a Python of its own, which is sent the module and its program over a pipe, then the indices of some units at
a time, and answers with their code. It imports nothing of the program that started it, so that needs no guard against
being imported again. Where no process can be made, or one goes wrong, units are missing: whoever asked for them
translates them himself.
"""

from __future__ import annotations

import json
import marshal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from queue import SimpleQueue
from threading import Thread
from typing import IO, TypeAlias

from wasm2py.runtime import codec
from wasm2py.runtime.program import Program, UnitCode
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.module import Module
from wasm2py.transpile.translate import PythonTranslator

#: How many bytes of code are worth starting processes.
WORTHWHILE = 100_000
#: How many units a worker is given at a time.
_UNITS = 32
#: What a worker runs; whatever Python prints while it starts stands before the line that says that it is ready.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); import wasm2py.workers as w; w.serve()"
)
_READY = b"wasm2py worker\n"
#: How many bytes tell the length of a message.
_LENGTH = 8


def translated(module: Module, program: Program, units: Sequence[int], jobs: int) -> Iterator[tuple[int, UnitCode]]:
    """These units of a valid module with their code, in no order, as up to `jobs` processes have translated them."""
    if sum(function.end - function.start for function in module.functions) < WORTHWHILE:
        return
    pending = deque(units[start : start + _UNITS] for start in range(0, len(units), _UNITS))
    results: _Results = SimpleQueue()
    start = marshal.dumps((module.data, module.aligned_globals, codec.dump_program(program)))
    workers = [_Worker(start, pending, results, program) for _ in range(min(jobs, len(pending)))]
    try:
        working = sum(worker.begin() for worker in workers)
        while working:
            found = results.get()
            if found is None:
                working -= 1
            else:
                yield from found.items()
    finally:
        pending.clear()
        for worker in workers:
            worker.stop()


#: Units with their code; None from each worker that has come to an end.
_Results: TypeAlias = "SimpleQueue[dict[int, UnitCode] | None]"


class _Worker(Thread):
    """Asks one process for units, as long as any are `pending`."""

    def __init__(self, start: bytes, pending: deque[Sequence[int]], results: _Results, program: Program) -> None:
        super().__init__(name="wasm2py worker", daemon=True)
        self._first = start
        self._pending = pending
        self._results = results
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> bool:
        """Set to work; False where there can be no threads."""
        try:
            self.start()
        except RuntimeError:
            return False
        return True

    def run(self) -> None:
        try:
            with _process() as self._process:
                self._ask(self._process)
        except (OSError, EOFError, ValueError, IndexError):
            pass  # what is missing is translated by whoever wants it
        finally:
            self._results.put(None)

    def _ask(self, process: subprocess.Popen[bytes]) -> None:
        to, from_ = process.stdin, process.stdout
        assert to is not None and from_ is not None
        to.write(json.dumps([path for path in sys.path if isinstance(path, str)]).encode() + b"\n")
        _send(to, self._first)
        while (line := from_.readline()) != _READY:
            if not line:
                raise EOFError
        while self._pending:
            _send(to, marshal.dumps(list(self._pending.popleft())))
            self._results.put(codec.load_units(_receive(from_), self._program.units))

    def stop(self) -> None:
        """End the process, if it is still at work."""
        if self._process is not None and self.is_alive():
            self._process.kill()
        if self.ident is not None:
            self.join()


def _process() -> subprocess.Popen[bytes]:
    """A Python that has nothing but its own library to import, until it is told where to look."""
    if not sys.executable or getattr(sys, "frozen", False):
        raise FileNotFoundError("no Python to run")
    command = [sys.executable, "-I", "-c", _START]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def serve() -> None:
    """What a worker does: translate what it is asked for, until nobody asks."""
    data, aligned_globals, described = marshal.loads(_receive(sys.stdin.buffer))
    module = replace(decode_module(data), aligned_globals=aligned_globals)
    program = codec.load_program(described)
    assert program is not None
    sys.stdout.buffer.write(b"\n" + _READY)
    translator = PythonTranslator()
    while True:
        sys.stdout.buffer.flush()
        try:
            units = marshal.loads(_receive(sys.stdin.buffer))
        except EOFError:
            return
        code = {index: translator.unit(module, program, index) for index in units}
        _send(sys.stdout.buffer, codec.dump_units(code))


def _send(to: IO[bytes], message: bytes) -> None:
    to.write(len(message).to_bytes(_LENGTH, "little"))
    to.write(message)
    to.flush()


def _receive(from_: IO[bytes]) -> bytes:
    length = int.from_bytes(_read(from_, _LENGTH), "little")
    return _read(from_, length)


def _read(from_: IO[bytes], size: int) -> bytes:
    data = from_.read(size)
    if len(data) < size:
        raise EOFError
    return data
