"""Where the bytes of memories come from."""

from __future__ import annotations

import sys
from typing import Any, TypeVar, cast

_Storage = TypeVar("_Storage")

#: More than so much at once comes from `mmap`, which touches no page before it is used (measured: a bytearray of 4 MiB
#: takes 0.4 ms, and up to 15 ms on a machine that is slow at finding pages).
LARGE = 1 << 22


def moved(source: Any, storage: _Storage) -> _Storage:
    """Storage that has got the bytes of a smaller or equal source at its start."""
    memoryview(cast(Any, storage))[: len(source)] = source
    return storage


def allocate(size: int, capacity: int) -> Any:
    """Zeroed storage of `capacity` bytes, or of `size` if there is not so much; MemoryError if there is not that."""
    if capacity <= LARGE:
        return bytearray(capacity)
    try:
        return _map(capacity)
    except MemoryError:
        return _map(size)


def reserve(size: int) -> Any:
    """Zeroed storage for all that a shared memory can become."""
    try:
        return bytearray(size) if size <= LARGE else _map(size, promised=False)
    except MemoryError as error:
        message = f"a shared memory needs the address space of its maximum, {size} bytes, from the start: {error}"
        raise MemoryError(message) from None


def _map(size: int, promised: bool = True) -> Any:
    """Zeroed storage of which no page is touched yet; it belongs to this process alone, also after a fork.

    Where the system has a way, there need not be as much memory if it is not `promised`.
    """
    try:
        import mmap
    except ImportError:  # not on every WebAssembly host
        return bytearray(size)
    try:
        if sys.platform == "win32":
            return mmap.mmap(-1, size)
        lazily = 0 if promised else getattr(mmap, "MAP_NORESERVE", 0)
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | lazily)
    except (OSError, OverflowError) as error:
        raise MemoryError(f"no memory of {size} bytes: {error}") from None
