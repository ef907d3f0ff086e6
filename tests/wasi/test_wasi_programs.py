"""A C program on a real C library: what it prints is what it prints on wasmtime."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import wasm2py

PROGRAMS = Path(__file__).parent / "programs"
#: `removing` is not compared: wasmtime's cookies move when entries go, and so it misses every other file.
TOPICS = ["environment", "files", "directories", "links", "waiting"]

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")


class Outcome(NamedTuple):
    code: int
    output: bytes
    error: bytes


@pytest.fixture(scope="module")
def probe() -> wasm2py.Module:
    return wasm2py.Module.from_file(PROGRAMS / "probe.wasm", engine=wasm2py.Engine(wasm2py.Config(cache=None)))


def _run(module: wasm2py.Module, root: Path, *args: str, read_only: bool = False) -> Outcome:
    output, error = io.BytesIO(), io.BytesIO()
    wasi = wasm2py.Wasi(
        ["probe.wasm", *args],
        env={"LANG": "C", "EMPTY": ""},
        stdin=b"one\ntwo",
        stdout=output,
        stderr=error,
        preopens={"/": (root, read_only)},
    )
    with wasi:
        start = wasm2py.Linker(module.engine)
        start.wasi(wasi)
        with pytest.raises(wasm2py.WasiExit) as exit_:
            start.instantiate(module).exports["_start"]()
    return Outcome(exit_.value.code, output.getvalue(), error.getvalue())


@pytest.mark.usefixtures("host_kind")
@pytest.mark.parametrize(
    "topic", [pytest.param(topic, marks=needs_links if topic == "links" else []) for topic in [*TOPICS, "removing"]]
)
def test_a_program(probe: wasm2py.Module, root: Path, topic: str) -> None:
    outcome = _run(probe, root, topic, "ä b")
    expected = (PROGRAMS / f"{topic}.txt").read_bytes().replace(b"\r\n", b"\n")
    assert outcome == (43, expected, b"to standard error\n" if topic == "environment" else b"")


@pytest.mark.usefixtures("host_kind")
def test_a_program_in_a_read_only_directory(probe: wasm2py.Module, root: Path) -> None:
    (root / "dir").mkdir()
    (root / "dir" / "file").write_bytes(b"data")
    lines = _run(probe, root, "directories", read_only=True).output.decode().splitlines()
    assert lines[1:4] == [f'mkdir("{path}", 0777): Read-only file system' for path in ("/dir", "/dir", "/none/dir")]
    assert (root / "dir" / "file").read_bytes() == b"data"


def test_the_outputs_are_wasmtime_s(tmp_path: Path) -> None:
    wasmtime = pytest.importorskip("wasmtime", reason="wasmtime has no build for this Python: nothing to compare with")
    engine = wasmtime.Engine()
    module = wasmtime.Module.from_file(engine, str(PROGRAMS / "probe.wasm"))
    (tmp_path / "input").write_bytes(b"one\ntwo")
    for topic in TOPICS:
        (tmp_path / f"{topic}-root").mkdir()
        config = wasmtime.WasiConfig()
        config.argv = ["probe.wasm", topic, "ä b"]
        config.env = [("LANG", "C"), ("EMPTY", "")]
        config.stdin_file = str(tmp_path / "input")
        config.stdout_file = str(tmp_path / topic)
        config.preopen_dir(str(tmp_path / f"{topic}-root"), "/")
        store, linker = wasmtime.Store(engine), wasmtime.Linker(engine)
        store.set_wasi(config)
        linker.define_wasi()
        with pytest.raises(wasmtime.ExitTrap) as exit_:
            linker.instantiate(store, module).exports(store)["_start"](store)
        del store
        assert exit_.value.code == 43
        assert (tmp_path / topic).read_bytes() == (PROGRAMS / f"{topic}.txt").read_bytes()
