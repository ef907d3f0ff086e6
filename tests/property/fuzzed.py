"""Runs a generated module between its companions, in wasmtime and in wasm2py, and records what can be seen of it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import wasmtime
from property import surroundings
from property.oracle import TRAP_KINDS
from property.record import EXCEPTION, SAME_KIND
from property.subject import load
from wasm2py.runtime.errors import Trap, WasmException
from wasm2py.runtime.function import Func
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.module import Module

_MASKS: dict[str, int] = {"i32": 0xFFFFFFFF, "i64": 0xFFFFFFFFFFFFFFFF}
_HOST: tuple[tuple[str, ValType], ...] = (("note", "i32"), ("note64", "i64"))
#: What wasmtime says of an exception that leaves a start function; any others are caught in the module behind.
_THROWN = "thrown Wasm exception"
#: A null where there must be none has one trap in wasmtime.
_KINDS = SAME_KIND | dict.fromkeys(
    (f"null {what} reference" for what in ("function", "structure", "array", "i31", "exception")), "null reference"
)


@dataclass
class Seen:
    """What is seen of a run: the numbers told to the host, and at the end of each call how it ended."""

    told: list[int | str] = field(default_factory=list)
    memories: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trio:
    """A module, and the two that it runs between."""

    module: Module
    before: bytes
    behind: bytes

    @classmethod
    def of(cls, binary: bytes) -> Trio:
        module = decode_module(binary)
        return cls(module, surroundings.before(module), surroundings.behind(module))

    def import_names(self) -> list[str]:
        """The names, in the module before, of what the module imports."""
        return [str(number) for number in range(len(self.module.imports))]

    def calls(self) -> list[str]:
        """What to call of the module behind, in order."""
        return [*(str(number) for number in range(len(surroundings.calls(self.module)))), "state"]

    def memories(self) -> list[str]:
        return [export.name for export in self.module.exports if export.kind == "memory"]


@cache
def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.parallel_compilation = False
    config.cranelift_opt_level = "none"
    config.shared_memory = True
    config.wasm_threads = config.wasm_memory64 = config.wasm_multi_memory = config.wasm_wide_arithmetic = True
    config.wasm_exceptions = config.wasm_function_references = config.wasm_gc = config.wasm_tail_call = True
    return wasmtime.Engine(config)


def expected(trio: Trio) -> Seen:
    """Run a module in wasmtime."""
    seen, store = Seen(), wasmtime.Store(_engine())
    types = {"i32": wasmtime.ValType.i32(), "i64": wasmtime.ValType.i64()}
    host = {
        name: wasmtime.Func(store, wasmtime.FuncType([types[valtype]], []), _teller(seen, valtype))
        for name, valtype in _HOST
    }

    def instantiate(binary: bytes, externs: Sequence[Any]) -> Any:
        return wasmtime.Instance(store, wasmtime.Module(_engine(), binary), externs).exports(store)

    def run(call: Callable[[], object]) -> None:
        try:
            call()
        except wasmtime.Trap as trap:
            assert trap.trap_code is not None, trap.message
            seen.told.append(TRAP_KINDS[trap.trap_code])
        except wasmtime.WasmtimeError as error:
            if _THROWN not in str(error):
                raise
            seen.told.append(EXCEPTION)

    before = instantiate(trio.before, list(host.values()))
    middle: list[Any] = []
    run(lambda: middle.append(instantiate(trio.module.data, [before[name] for name in trio.import_names()])))
    for exports in middle:
        given = {surroundings.HOST: host, surroundings.BEFORE: before, surroundings.BETWEEN: exports}
        imports = decode_module(trio.behind).imports
        behind = instantiate(trio.behind, [given[item.module][item.name] for item in imports])
        for name in trio.calls():
            run(partial(behind[name], store))
        seen.memories = {name: _contents(store, exports[name]) for name in trio.memories()}
    return seen


def _contents(store: wasmtime.Store, memory: Any) -> bytes:
    if isinstance(memory, wasmtime.SharedMemory):
        return ctypes.string_at(memory.data_ptr(), memory.data_len())
    return bytes(memory.read(store, 0, memory.data_len(store)))


def _teller(seen: Seen, valtype: str) -> Callable[[int], None]:
    mask = _MASKS[valtype]

    def tell(value: int) -> None:
        seen.told.append(value & mask)

    return tell


def actual(trio: Trio, dialect: Dialect, without: tuple[str, ...] = ()) -> Seen:
    """Run a module in wasm2py, translated whole, with these passes left out."""
    seen = Seen()
    host = {name: Func(FuncType((valtype,)), _teller(seen, valtype)) for name, valtype in _HOST}
    before = load(trio.before, dialect, list(host.values()), without).exports

    def run(call: Callable[[], object]) -> None:
        try:
            call()
        except Trap as trap:
            seen.told.append(_KINDS.get(trap.kind, trap.kind))
        except WasmException:
            seen.told.append(EXCEPTION)

    middle: list[Any] = []
    imports = [before[name] for name in trio.import_names()]
    run(lambda: middle.append(load(trio.module.data, dialect, imports, without)))
    for instance in middle:
        for index in range(len(trio.module.imported("func")), len(instance.functions)):
            instance.load(index)
        given = {surroundings.HOST: host, surroundings.BEFORE: before, surroundings.BETWEEN: instance.exports}
        needed = decode_module(trio.behind).imports
        behind = load(trio.behind, dialect, [given[item.module][item.name] for item in needed], without).exports
        for name in trio.calls():
            run(behind[name])
        seen.memories = {name: bytes(instance.exports[name].data) for name in trio.memories()}
    return seen
