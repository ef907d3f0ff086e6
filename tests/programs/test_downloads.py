"""What is fetched is pinned; a registry that cannot be reached is a skip with its reason."""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from programs.downloads import Package, fetch

CONTENT = b"what the registry sends"
PACKAGE = Package("npm", "some-package", "1.0.0", "some-package-1.0.0.tgz", sha256(CONTENT).hexdigest())


def _registry(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    def command(self: Package, folder: Path) -> Sequence[str]:
        return [sys.executable, "-c", script, str(folder / self.file)]

    monkeypatch.setattr(Package, "command", command)


SENDS = f"import sys; open(sys.argv[1], 'wb').write({CONTENT!r})"
FAILS = "raise SystemExit('no route to host')"


def test_an_archive_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _registry(monkeypatch, SENDS)
    assert fetch(PACKAGE, tmp_path).read_bytes() == CONTENT
    _registry(monkeypatch, FAILS)
    assert fetch(PACKAGE, tmp_path).read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == [PACKAGE.file]


def test_a_damaged_archive_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / PACKAGE.file).write_bytes(CONTENT[:5])
    _registry(monkeypatch, SENDS)
    assert fetch(PACKAGE, tmp_path).read_bytes() == CONTENT


def test_another_digest_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _registry(monkeypatch, SENDS)
    with pytest.raises(ValueError, match="has SHA-256"):
        fetch(replace(PACKAGE, sha256="0" * 64), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_registry_skips_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASM2PY_TEST_CACHE", str(tmp_path))
    _registry(monkeypatch, FAILS)
    with pytest.raises(pytest.skip.Exception, match=r"cannot be fetched from npm: no route to host"):
        PACKAGE.read("package/any")


def test_members_of_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASM2PY_TEST_CACHE", str(tmp_path))
    source = tmp_path / "file.txt"
    source.write_bytes(CONTENT)
    archive = tmp_path / PACKAGE.file
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(source, "package/file.txt")
    package = replace(PACKAGE, sha256=sha256(archive.read_bytes()).hexdigest())
    assert package.read("package/file.txt") == CONTENT
    with pytest.raises(KeyError):
        package.read("package/other.txt")
