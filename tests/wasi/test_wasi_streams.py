"""Standard input, output and error."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from wasi.guest import APPEND, DSYNC, NONBLOCK, RESULT, TestGuest, errno
from wasm2py.runtime.wasi import Errno, Wasi, streams

UNKNOWN, CHARACTER_DEVICE = 0, 2


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


class Collector:
    """The least that a caller may hand in: keeps what it gets."""

    def __init__(self) -> None:
        self.chunks: list[Any] = []

    def write(self, data: bytes) -> None:
        self.chunks.append(data)


def test_output_and_error() -> None:
    out, err = io.BytesIO(), io.BytesIO()
    with TestGuest(stdout=out, stderr=err) as guest:
        assert guest.write(1, b"hello ", b"", b"world") == 11
        assert guest.write(2, b"oops") == 4
        assert guest.write(1) == 0
    assert (out.getvalue(), err.getvalue()) == (b"hello world", b"oops")


def test_an_object_that_keeps_what_it_gets() -> None:
    collector = Collector()
    with TestGuest(stdout=collector) as guest:
        assert guest.write(1, b"one") == 3
        assert guest.write(1, b"two") == 3
        guest.memory.grow(1)
    assert collector.chunks == [b"one", b"two"]


def test_every_write_is_flushed(tmp_path: Path) -> None:
    with open(tmp_path / "out", "wb") as out, TestGuest(stdout=out) as guest:
        guest.write(1, b"now")
        assert (tmp_path / "out").read_bytes() == b"now"
        guest.run("fd_sync", 1)
        guest.run("fd_datasync", 1)


def test_the_process_s_own_streams(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with TestGuest() as guest:
        print("before ", end="")
        guest.write(1, b"guest ")
        print("after", end="", flush=True)
        guest.write(2, b"error")
    assert capfdbinary.readouterr() == (b"before guest after", b"error")


def test_streams_are_looked_up_at_each_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with TestGuest() as guest:
        for _ in range(2):
            out = io.BytesIO()
            monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, "utf-8"))
            guest.write(1, b"x")
            assert out.getvalue() == b"x"


def test_text_streams_without_a_binary_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stdin", io.StringIO("zwölf\nend"))
    with TestGuest() as guest:
        assert guest.write(1, "ä".encode()[:1]) == 1
        guest.write(1, "ä".encode()[1:])
        assert guest.read(0, 3) == b"zw\xc3"
        assert guest.read(0, 100) == b"\xb6lf\n"
        assert guest.read(0, 100) == b"end"
        assert guest.read(0, 100) == b""
    assert out.getvalue() == "ä"


def test_a_process_without_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    with TestGuest() as guest:
        assert guest.read(0, 10) == b""
        assert guest.write(1, b"lost") == 4
        assert guest.fdstat(2).filetype == UNKNOWN


@pytest.mark.parametrize("stdin", [b"some input", bytearray(b"some input"), io.BytesIO(b"some input")])
def test_input(stdin: Any) -> None:
    with TestGuest(stdin=stdin) as guest:
        assert guest.read(0, 0, 4, 4) == b"some"
        assert guest.read(0, 100) == b" input"
        assert guest.read(0, 100) == b""
        assert guest.read(0) == b""


def test_input_is_asked_for_no_more_than_a_guest_may_have_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_MOST", 4)
    with TestGuest(stdin=b"some input") as guest:
        assert guest.read(0, 100) == b"some"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot tell whether a pipe has data")
def test_files_that_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """What such a file holds back is not seen by the system."""
    monkeypatch.setattr(streams, "_READS_AHEAD", True)
    reading, writing = os.pipe()
    with open(reading, "rb") as pipe, TestGuest(stdin=pipe) as guest:
        guest.run("fd_fdstat_set_flags", 0, NONBLOCK)
        os.write(writing, b"abc")
        assert pipe.peek(1) == b"abc"
        assert errno(guest.read, 0, 1) == "AGAIN"
        os.write(writing, b"d")
        assert guest.read(0, 1) == b"a"
        assert guest.read(0, 9) == b"bc"
        assert guest.read(0, 9) == b"d"
        os.close(writing)


def test_input_gives_what_there_is() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as pipe, TestGuest(stdin=pipe) as guest:
        os.write(writing, b"ab")
        assert guest.read(0, 100) == b"ab"
        os.close(writing)
        assert guest.read(0, 100) == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot tell whether a pipe has data")
def test_input_that_does_not_block() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as pipe, TestGuest(stdin=pipe) as guest:
        guest.run("fd_fdstat_set_flags", 0, NONBLOCK)
        assert guest.fdstat(0).flags == NONBLOCK
        assert errno(guest.read, 0, 10) == "AGAIN"
        os.write(writing, b"x")
        assert guest.read(0, 10) == b"x"
        os.close(writing)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no non-blocking pipes")
def test_a_raw_file_of_the_host_that_does_not_block() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    with (
        open(reading, "rb", buffering=0) as stdin,
        open(writing, "wb", buffering=0) as stdout,
        TestGuest(stdin=stdin, stdout=stdout) as guest,
    ):
        assert errno(guest.read, 0, 10) == "AGAIN"
        written = 0
        while errno(guest.write, 1, bytes(8192)) == "SUCCESS":
            written += guest.u32()
        assert written >= 4096
        assert errno(guest.write, 1, b"full") == "AGAIN"


def test_what_a_stream_is() -> None:
    with TestGuest(stdin=Terminal(), stdout=Terminal(), stderr=io.BytesIO()) as guest:
        poll, read, write = 1 << 27, 1 << 1, 1 << 6
        assert guest.fdstat(0) == (CHARACTER_DEVICE, 0, read | poll, read | poll)
        assert guest.fdstat(1) == (CHARACTER_DEVICE, 0, write | poll, write | poll)
        assert guest.fdstat(2) == (UNKNOWN, 0, write | poll, write | poll)
        assert guest.fstat(0) == (0, 0, CHARACTER_DEVICE, 0, 0, 0, 0, 0)


def test_what_streams_cannot_do() -> None:
    with TestGuest(stdin=b"", stdout=io.BytesIO(), stderr=io.BytesIO()) as guest:
        for fd in (0, 1):
            assert errno(guest.seek, fd, 0) == "SPIPE"
            assert errno(guest.tell, fd) == "SPIPE"
            assert errno(guest.pread, fd, 1, 0) == "SPIPE"
            assert errno(guest.pwrite, fd, b"x", 0) == "SPIPE"
            assert guest.call("fd_filestat_set_size", fd, 0) == Errno.BADF
            assert guest.call("fd_fdstat_set_flags", fd, DSYNC) == Errno.INVAL
            assert guest.call("fd_fdstat_set_flags", fd, APPEND) == 0
            assert guest.call("fd_prestat_get", fd, RESULT) == Errno.BADF
            assert errno(guest.readdir, fd) == "BADF"
            assert errno(guest.open, "x", fd=fd) == "NOTDIR"
        assert errno(guest.write, 0, b"x") == "BADF"
        assert errno(guest.read, 1, 1) == "BADF"


def test_closing_a_stream_leaves_the_host_s_file_open() -> None:
    out = io.BytesIO()
    with TestGuest(stdout=out) as guest:
        guest.close(1)
        assert errno(guest.write, 1, b"x") == "BADF"
        assert not out.closed


def test_a_file_that_the_host_closed() -> None:
    out, stdin = io.BytesIO(), io.BytesIO()
    out.close()
    stdin.close()
    with TestGuest(stdin=stdin, stdout=out) as guest:
        assert errno(guest.write, 1, b"x") == "IO"
        assert errno(guest.read, 0, 1) == "IO"
        assert guest.fdstat(1).filetype == UNKNOWN


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other errors for pipes")
def test_a_pipe_that_nobody_reads() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb", buffering=0) as out, TestGuest(stdout=out) as guest:
        assert errno(guest.write, 1, b"x") == "PIPE"


def test_what_the_host_s_object_raises_passes_through() -> None:
    class Broken:
        def write(self, data: bytes) -> int:
            raise KeyboardInterrupt

    with TestGuest(stdout=Broken()) as guest, pytest.raises(KeyboardInterrupt):
        guest.write(1, b"x")


def test_text_files_are_refused() -> None:
    with pytest.raises(TypeError, match="stdout must be a binary file, not StringIO"):
        Wasi(stdout=io.StringIO())
    with pytest.raises(TypeError, match="stdin must be a binary file"):
        Wasi(stdin=io.StringIO())
