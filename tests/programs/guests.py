"""One face for instances of wasm2py and of wasmtime, so that the same driver can be run on both and compared."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
import wasm2py


class Guest(Protocol):
    """An instance: host values go in and out, addresses are in the memory that it exports."""

    def call(self, export: str, *args: Any) -> Any: ...

    def read(self, address: int, length: int) -> bytes: ...

    def write(self, address: int, data: bytes) -> None: ...


#: Functions of the host by module and name; each is called with the guest first.
Host = Mapping[tuple[str, str], Callable[..., Any]]

#: Makes an instance of a module's bytes; WASI preview 1 is there for those that import it.
Loader = Callable[[bytes, Host], Guest]


Dialect = Literal["auto", "cpython", "portable"]


@cache
def engine(dialect: Dialect = "auto") -> wasm2py.Engine:
    """The engine of these tests: it keeps what it translates, but leaves no trace on disk."""
    return wasm2py.Engine(wasm2py.Config(cache=None, dialect=dialect))


@cache
def wasm2py_module(data: bytes, dialect: Dialect = "auto") -> wasm2py.Module:
    """The module, decoded and validated once."""
    return wasm2py.Module(data, engine=engine(dialect))


class Wasm2pyGuest:
    """An instance of wasm2py's library."""

    def __init__(self, data: bytes, host: Host, dialect: Dialect = "auto") -> None:
        linker = wasm2py.Linker(engine(dialect))
        linker.wasi()
        for (module, name), function in host.items():
            linker.function(module, name)(lambda *args, function=function: function(self, *args))
        self.instance_engine = linker.engine
        self.instance = linker.instantiate(wasm2py_module(data, dialect))
        exports = (self.instance.exports[name] for name in self.instance.exports)
        self._memory: Any = next((item for item in exports if isinstance(item, wasm2py.Memory)), None)

    def call(self, export: str, *args: Any) -> Any:
        return self.instance.exports[export](*args)

    def read(self, address: int, length: int) -> bytes:
        return bytes(self._memory.read(address, length))

    def write(self, address: int, data: bytes) -> None:
        self._memory.write(address, data)


def wasmtime_package() -> Any:
    """The package wasmtime; skips the test where there is none for this Python."""
    return pytest.importorskip("wasmtime", reason="wasmtime is not installed for this Python")


@cache
def wasmtime_engine() -> Any:
    """The engine of wasmtime that compiles for these tests, with what its versions do not all turn on."""
    wasmtime = wasmtime_package()
    config = wasmtime.Config()
    config.wasm_exceptions = config.wasm_gc = config.wasm_function_references = True
    config.wasm_threads = config.shared_memory = True
    return wasmtime.Engine(config)


@cache
def wasmtime_module(data: bytes) -> Any:
    """The module as wasmtime compiles it, once: that takes it a second for every 300 KB."""
    return wasmtime_package().Module(wasmtime_engine(), data)


class WasmtimeGuest:
    """An instance of wasmtime's."""

    def __init__(self, data: bytes, host: Host) -> None:
        wasmtime, engine = wasmtime_package(), wasmtime_engine()
        self._store = wasmtime.Store(engine)
        self._store.set_wasi(wasmtime.WasiConfig())
        module = wasmtime_module(data)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        types = {(entry.module, entry.name): entry.type for entry in module.imports}
        for (space, name), function in host.items():
            linker.define_func(space, name, types[space, name], lambda *args, function=function: function(self, *args))
        self._exports = linker.instantiate(self._store, module).exports(self._store)
        exports = self._exports.values()
        self._memory: Any = next((item for item in exports if isinstance(item, wasmtime.Memory)), None)

    def call(self, export: str, *args: Any) -> Any:
        result = self._exports[export](self._store, *args)
        return tuple(result) if isinstance(result, list) else result

    def read(self, address: int, length: int) -> bytes:
        return bytes(self._memory.read(self._store, address, address + length))

    def write(self, address: int, data: bytes) -> None:
        self._memory.write(self._store, data, address)


#: Instances in each dialect, and in wasmtime.
LOADERS: Mapping[str, Loader] = {
    "cpython": partial(Wasm2pyGuest, dialect="cpython"),
    "portable": partial(Wasm2pyGuest, dialect="portable"),
    "wasmtime": WasmtimeGuest,
}


@dataclass(frozen=True, slots=True)
class Command:
    """A WASI command to run: `args` begins with the program's name, `root` is preopened as `/`."""

    data: bytes
    args: Sequence[str]
    root: Path
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def run_wasm2py(command: Command) -> Outcome:
    """Runs the command in wasm2py."""
    out, err = io.BytesIO(), io.BytesIO()
    linker = wasm2py.Linker(engine())
    linker.wasi(
        args=command.args,
        env=command.env,
        stdin=io.BytesIO(command.stdin),
        stdout=out,
        stderr=err,
        preopens={"/": command.root},
    )
    code = 0
    try:
        linker.instantiate(wasm2py_module(command.data)).exports["_start"]()
    except wasm2py.WasiExit as stop:
        code = stop.code
    return Outcome(code, out.getvalue(), err.getvalue())


def run_wasmtime(command: Command) -> Outcome:
    """Runs the command in wasmtime, through files."""
    wasmtime = wasmtime_package()
    with tempfile.TemporaryDirectory() as scratch:
        stdin, stdout, stderr = (Path(scratch) / name for name in ("stdin", "stdout", "stderr"))
        stdin.write_bytes(command.stdin)
        config = wasmtime.WasiConfig()
        config.argv, config.env = list(command.args), list(command.env.items())
        config.stdin_file, config.stdout_file, config.stderr_file = str(stdin), str(stdout), str(stderr)
        config.preopen_dir(str(command.root), "/")
        store = wasmtime.Store(wasmtime_engine())
        store.set_wasi(config)
        linker = wasmtime.Linker(wasmtime_engine())
        linker.define_wasi()
        code = 0
        try:
            linker.instantiate(store, wasmtime_module(command.data)).exports(store)["_start"](store)
        except wasmtime.ExitTrap as stop:
            code = stop.code
        store.close()
        return Outcome(code, stdout.read_bytes(), stderr.read_bytes())
