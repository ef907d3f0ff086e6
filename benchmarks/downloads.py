"""Large modules of other people, fetched once from their registry, pinned by version and digest."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import cache_folder

TIMEOUT = 900


@dataclass(frozen=True, slots=True)
class Download:
    """A module in a package of npm: `member` is its path there, `sha256` the digest of the module itself."""

    package: str
    version: str
    member: str
    sha256: str

    def fetch(self) -> Path:
        """The module's path, downloaded if it is not there yet.

        Raises OSError or subprocess.SubprocessError where the registry cannot be reached, ValueError where what came is
        not what was pinned.
        """
        path = cache_folder() / f"{Path(self.member).stem}-{self.version}.wasm"
        if not path.exists() or _digest(path) != self.sha256:
            with tempfile.TemporaryDirectory(dir=cache_folder()) as scratch:
                self._download(Path(scratch)).replace(path)
        return path

    def _download(self, folder: Path) -> Path:
        command = [shutil.which("npm") or "npm", "pack", f"{self.package}@{self.version}"]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT, cwd=folder)
        with tarfile.open(next(folder.glob("*.tgz"))) as tar:
            tar.extract(self.member, folder, filter="data")
        path = folder / self.member
        if _digest(path) != self.sha256:
            raise ValueError(f"{self.member} of {self.package} {self.version} has SHA-256 {_digest(path)}")
        return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
