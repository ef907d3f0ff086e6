"""The interpreters that are measured, each with an environment that has wasm2py and its peers.

CPython 3.11, the newest CPython and PyPy are looked for on the PATH, in pyenv, and where the checkout's neighbour
installs PyPy (as `.ci/run` does).  The environments are kept in the folder that WASM2PY_BENCH_CACHE names, else in the
user's cache directory, and get this checkout's wasm2py anew when its sources have changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

ROOT = Path(__file__).parents[1]
SOURCES = ("api", "transpile", "runtime", "pyproject.toml", "README.md", "LICENSE")
NEWEST = 20
_DESCRIBE = "import json, sys; print(json.dumps([sys.executable, sys.implementation.name, sys.version_info[:3]]))"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python with wasm2py installed: `label` as in tables, `role` one of those in ROLES."""

    role: str
    label: str
    python: str

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Runs this Python in the checkout, so that `benchmarks` can be imported, and returns what it prints."""
        return subprocess.run(self.command(*args), stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)

    def command(self, *args: str) -> list[str]:
        """The command line of this Python with these arguments."""
        return [self.python, *args]


@dataclass(frozen=True, slots=True)
class _Found:
    python: str
    implementation: str
    version: tuple[int, ...]

    @property
    def label(self) -> str:
        name = {"cpython": "CPython", "pypy": "PyPy"}.get(self.implementation, self.implementation)
        return f"{name} {'.'.join(map(str, self.version))}"


#: What is measured where: the whole comparison, the newest CPython, and the tracing compiler.
ROLES = ("cpython", "newest", "pypy")


def cache_folder() -> Path:
    """Where environments and downloaded modules are kept, made if need be."""
    named = os.environ.get("WASM2PY_BENCH_CACHE")
    folder = Path(named) if named else user_cache_path("wasm2py-benchmarks", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _describe(command: str) -> _Found | None:
    try:
        done = subprocess.run([command, "-c", _DESCRIBE], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    python, implementation, version = json.loads(done.stdout)
    return _Found(python, implementation, tuple(version))


def _candidates() -> Iterator[str]:
    yield getattr(sys, "_base_executable", sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in range(11, NEWEST):
        yield f"python3.{minor}"
        yield from map(str, sorted(pyenv.glob(f"3.{minor}.*/bin/python")))
    yield from ("pypy3.11", "pypy3")
    yield from map(str, sorted(pyenv.glob("pypy3.1*/bin/pypy3")))
    installer = ROOT.parent / "shared" / "tools" / "install-pypy"
    if installer.exists():
        yield subprocess.run([installer], stdout=subprocess.PIPE, text=True).stdout.strip()


def _found() -> dict[str, _Found]:
    """The Pythons by role, as far as there are any."""
    pythons = [found for command in _candidates() if command and (found := _describe(command))]
    cpythons = sorted((p for p in pythons if p.implementation == "cpython"), key=lambda p: p.version)
    roles: dict[str, _Found] = {}
    for python in pythons:
        if python.version[:2] == (3, 11):
            roles.setdefault(python.implementation, python)
    if cpythons and cpythons[-1].version[:2] > (3, 11):
        roles["newest"] = cpythons[-1]
    return {role: roles[role] for role in ROLES if role in roles}


def _digest() -> str:
    digest = hashlib.sha256()
    for name in SOURCES:
        path = ROOT / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _pip(*args: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *args]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"cannot install what the benchmarks need: {done.stderr.strip()}")


def _wheel(folder: Path) -> Path:
    """A wheel of this checkout, built from a copy of its sources."""
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(source))
    return next(folder.glob("*.whl"))


def _prepare(role: str, found: _Found, wheel: Path, digest: str) -> Interpreter:
    folder = cache_folder() / f"{found.label.replace(' ', '-').lower()}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    mark = folder / "wasm2py-sources"
    if not mark.exists():
        subprocess.run([found.python, "-m", "venv", "--clear", "--without-pip", folder], check=True)
    if not mark.exists() or mark.read_text() != digest:
        extra = "[bench]" if role == "cpython" else ""
        _pip("--python", str(python), "install", f"{wheel}{extra}")
        _pip("--python", str(python), "install", "--no-deps", "--force-reinstall", str(wheel))
        mark.write_text(digest)
    return Interpreter(role, found.label, str(python))


def interpreters(roles: Sequence[str] = ROLES) -> dict[str, Interpreter]:
    """The interpreters by role, ready to be used; those that are not found are missing.

    Exits with a message where packages cannot be installed.
    """
    digest = _digest()
    with tempfile.TemporaryDirectory() as scratch:
        wheel = _wheel(Path(scratch))
        return {role: _prepare(role, found, wheel, digest) for role, found in _found().items() if role in roles}
