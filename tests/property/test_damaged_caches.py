"""Whatever happens to the files of a cache, a module runs as it would without one."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasm2py
from hypothesis import given, settings
from hypothesis import strategies as st

WAT = '(module (func (export "f") (param i32) (result i32) local.get 0 i32.const 7 i32.mul))'


def run(directory: Path) -> int:
    """The module's answer, with an engine that knows nothing but the directory."""
    engine = wasm2py.Engine(wasm2py.Config(cache=str(directory)))
    try:
        result: int = wasm2py.load(WAT, engine=engine).exports.f(6)
    finally:
        engine.close()
    return result


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache") / "entries"
    assert run(folder) == 42
    return folder


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


@settings(max_examples=150)
@given(st.data())
def test_damaged_entries_are_misses(directory: Path, data: st.DataObject) -> None:
    assert run(directory) == 42
    entries = files(directory)
    assert entries
    path = data.draw(st.sampled_from(entries))
    content = bytearray(path.read_bytes())
    kind = data.draw(st.sampled_from(("change", "cut", "add", "replace", "remove")))
    if kind == "change":
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    elif kind == "add":
        content += data.draw(st.binary(min_size=1, max_size=8))
    elif kind == "replace":
        content[:] = data.draw(st.binary(max_size=64))
    if kind == "remove":
        path.unlink()
    else:
        path.write_bytes(content)
    assert run(directory) == 42


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_bytes(b"")
    assert run(place) == 42
    assert place.read_bytes() == b""
