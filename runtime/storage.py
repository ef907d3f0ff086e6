"""The cache's directory: entries that can be read back only as they were written, by the user who wrote them.

Loading an entry runs the code in it.  So the directory and its files must belong to the current user and be writable
by nobody else; a symbolic link to an entry is not followed.  A file begins with a magic number and a checksum; it
appears under its name complete or not at all.  Nothing here raises for what the file system does: an entry that
cannot be read is absent, one that cannot be written is lost.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

_MAGIC = b"wasm2py\x01"
_SUFFIX = ".cache"
_ENTRY = re.compile(r"[0-9a-f]{64}-\w+\.cache")
_TEMPORARY = re.compile(r"\.[0-9a-f]{64}-\w+\.cache\.\w+\.tmp")


class Storage:
    """Named byte strings in a directory, which is made (with mode 0700) when the first is written."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def read(self, name: str) -> bytes | None:
        """An entry's content; None if there is none that is complete and can be trusted."""
        if self.problem() is not None:
            return None
        try:
            data = _read_trusted(self.directory / (name + _SUFFIX))
        except OSError:
            return None
        header = len(_MAGIC) + hashlib.sha256().digest_size
        content = data[header:]
        return content if data[:header] == _header(name, content) else None

    def write(self, name: str, content: bytes) -> bool:
        """Write or replace an entry; whether that succeeded."""
        try:
            self._make_directory()
            if self.problem() is not None:
                return False
            _write_atomically(self.directory / (name + _SUFFIX), _header(name, content) + content)
        except OSError:
            return False
        return True

    def problem(self) -> str | None:
        """Why nothing can be loaded from the directory, or None."""
        try:
            link, found = os.lstat(self.directory), os.stat(self.directory)
        except OSError as error:
            return error.strerror or str(error)
        if not stat.S_ISDIR(found.st_mode):
            return "it is not a directory"
        if stat.S_ISLNK(link.st_mode) and not _is_mine(link):
            return "it is a symbolic link of another user"
        return _distrust(found)

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """The files of entries, readable or not."""
        return (item for item in self._scan() if _ENTRY.fullmatch(item.name))

    def clear(self) -> int:
        """Remove all entries, and temporary files that were left behind; how many entries were removed."""
        removed = 0
        for item in self._scan():
            is_entry = _ENTRY.fullmatch(item.name) is not None
            if is_entry or _TEMPORARY.fullmatch(item.name):
                removed += _remove(item.path) and is_entry
        return removed

    def _scan(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.directory) as items:
                return list(items)
        except OSError:
            return []

    def _make_directory(self) -> None:
        if not self.directory.is_dir():
            self.directory.parent.mkdir(parents=True, exist_ok=True)
            self.directory.mkdir(mode=0o700, exist_ok=True)


def _header(name: str, content: bytes) -> bytes:
    return _MAGIC + hashlib.sha256(name.encode() + b"\0" + content).digest()


def _is_mine(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _distrust(status: os.stat_result) -> str | None:
    if not _is_mine(status):
        return "another user owns it"
    if hasattr(os, "geteuid") and status.st_mode & 0o022:
        return "other users can write to it"
    return None


def _read_trusted(path: Path) -> bytes:
    # O_NONBLOCK: opening a pipe that somebody put there must not wait.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or _distrust(status) is not None:
            return b""
        return file.read()


def _write_atomically(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}_{os.urandom(8).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        raise


def _remove(path: str | Path) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
