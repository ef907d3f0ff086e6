"""WASI preview 1: the system interface of command-line programs.

`Wasi` describes what one guest sees of its host, and gives the functions that its module imports:

    wasi = Wasi(["prog", "-v"], env={"LANG": "C"}, preopens={"/data": "host/dir", "/etc": ("etc", True)})
    functions = wasi.functions()        # name -> (FuncType, callable)
    wasi.bind(memory)                   # once the instance, and so its memory, exists
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, TypeAlias

from wasm2py.runtime.types import FuncType
from wasm2py.runtime.wasi import args as _args  # noqa: F401
from wasm2py.runtime.wasi import process, sockets  # noqa: F401
from wasm2py.runtime.wasi.clocks import host_clocks
from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.directories import Directory
from wasm2py.runtime.wasi.errno import Errno
from wasm2py.runtime.wasi.guest import LinearMemory
from wasm2py.runtime.wasi.hostdirs import open_host_dir
from wasm2py.runtime.wasi.registry import PREVIEW1, Entry, host_callable, raw_callable
from wasm2py.runtime.wasi.streams import InputStream, OutputStream
from wasm2py.runtime.wasi.types import ClockId
from wasm2py.runtime.wasi.unstable import UNSTABLE

__all__ = ["ClockId", "Errno", "Preopen", "Wasi"]

#: Where a preopened directory is on the host, and whether it is read-only.
Preopen: TypeAlias = "str | os.PathLike[str] | tuple[str | os.PathLike[str], bool]"

#: Import module → its functions.  Importing the modules that hold them has filled the tables.
_TABLES: Mapping[str, Mapping[str, Entry]] = {"wasi_snapshot_preview1": PREVIEW1, "wasi_unstable": UNSTABLE}


class Wasi:
    """What a guest sees of its host, and the functions of preview 1 that it sees it by.

    - `args`: the program's arguments, its name first; `env`: its environment, nothing of the host's being passed on.
    - `stdin`, `stdout`, `stderr`: binary file objects, for `stdin` also bytes.  None stands for the process's own
      `sys.stdin` and so on, looked up at each use.  Every write is flushed.
    - `preopens`: directories by guest path, the first as descriptor 3 and so on.  Guests cannot reach anything
      outside them; in a read-only one every change fails with ROFS.
    - `clocks`: functions that give nanoseconds, by `ClockId`, in place of the host's; `sleep` (seconds) and
      `random` (a number of bytes to bytes) likewise.

    Raises `OSError` where a directory cannot be opened, ValueError where a string cannot be passed to a guest.
    Belongs to one instance at a time.  The host's descriptors are released by `close`, at the end of a `with`
    statement, or when the object is forgotten.
    """

    def __init__(
        self,
        args: Iterable[str | bytes] = (),
        env: Mapping[str, str] | None = None,
        stdin: Any = None,
        stdout: Any = None,
        stderr: Any = None,
        preopens: Mapping[str, Preopen] | None = None,
        *,
        clocks: Mapping[int, Callable[[], int]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._context = Context(
            args=tuple(_encode(arg) for arg in args),
            environ=tuple(_encode_variable(name, value) for name, value in (env or {}).items()),
            clocks={**host_clocks(), **(clocks or {})},
            sleep=sleep,
            random=random,
        )
        descriptors = self._context.descriptors
        descriptors.add(InputStream("stdin", _input_file(stdin)))
        descriptors.add(OutputStream("stdout", stdout))
        descriptors.add(OutputStream("stderr", stderr))
        for guest_path, preopen in (preopens or {}).items():
            host_path, read_only = preopen if isinstance(preopen, tuple) else (preopen, False)
            descriptors.add(Directory(open_host_dir(os.fspath(host_path)), read_only, _encode(guest_path)))

    def bind(self, memory: LinearMemory) -> None:
        """Serve the instance whose memory this is."""
        self._context.guest.memory = memory

    def functions(self, module: str = "wasi_snapshot_preview1") -> dict[str, tuple[FuncType, Callable[..., int]]]:
        """The functions of an import module by name, for host values.

        KeyError for a module that is neither `wasi_snapshot_preview1` nor the older `wasi_unstable`.  They return an
        errno; `proc_exit` raises `WasiExit`, and a bad pointer `Trap`.
        """
        return {name: (entry.type, host_callable(entry, self._context)) for name, entry in _TABLES[module].items()}

    def raw_functions(self, module: str = "wasi_snapshot_preview1") -> dict[str, tuple[FuncType, Callable[..., int]]]:
        """As `functions`, for raw values."""
        return {name: (entry.type, raw_callable(entry, self._context)) for name, entry in _TABLES[module].items()}

    def close(self) -> None:
        """Close all that the guest has open; the standard streams stay open on the host's side."""
        self._context.descriptors.close()

    def __enter__(self) -> Wasi:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _encode(text: str | bytes) -> bytes:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise ValueError(f"a string for a guest contains a zero byte: {text!r}")
    return data


def _encode_variable(name: str, value: str) -> bytes:
    if not name or "=" in name:
        raise ValueError(f"not a name for an environment variable: {name!r}")
    return _encode(f"{name}={value}")


def _input_file(stdin: Any) -> Any:
    return io.BytesIO(stdin) if isinstance(stdin, (bytes, bytearray, memoryview)) else stdin
