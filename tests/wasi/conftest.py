"""Guests with a sandbox directory, on both ways to reach the host's directories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from wasi.guest import TestGuest
from wasm2py.runtime.wasi import hostdirs


@pytest.fixture(params=["descriptors", "paths"])
def host_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How host directories are held: by descriptor where the host can, or by path as on Windows."""
    kind = str(request.param)
    if kind == "descriptors" and not hostdirs.HAS_DIR_FD:
        pytest.skip("this host has no openat")
    monkeypatch.setattr(hostdirs, "HAS_DIR_FD", kind == "descriptors")
    return kind


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The preopened directory; beside it lies a `secret` that no guest may reach."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").write_bytes(b"secret")
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def guest(host_kind: str, root: Path) -> Iterator[TestGuest]:
    """A guest with `root` as descriptor 3."""
    with TestGuest(preopens={"/": root}) as guest:
        yield guest


@pytest.fixture
def reader(host_kind: str, root: Path) -> Iterator[TestGuest]:
    """A guest with `root` as descriptor 3, read-only."""
    with TestGuest(preopens={"/": (root, True)}) as guest:
        yield guest
