"""Extensions of quickjs-wasi: shared libraries (tool conventions: Dynamic Linking) that work in the engine's memory,
table and stack, linked as the package's own JavaScript links them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wasm2py
from programs.downloads import QUICKJS_WASI
from programs.guests import Wasm2pyGuest
from programs.javascript import JavaScript
from wasm2py.runtime.types import GlobalType


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def _sizes(module: wasm2py.Module) -> tuple[int, int]:
    """How much memory and how many table elements a library needs, out of its section "dylink.0"."""
    section = dict(module.decoded.customs)["dylink.0"]
    kind, at = _leb128(section, 0)
    _, at = _leb128(section, at)
    assert kind == 1, "the first subsection is not WASM_DYLINK_MEM_INFO"
    memory, at = _leb128(section, at)
    _, at = _leb128(section, at)
    return memory, _leb128(section, at)[0]


class Extension:
    """One library, linked to an engine that runs."""

    def __init__(self, name: str, engine: JavaScript) -> None:
        assert isinstance(engine.guest, Wasm2pyGuest)
        self._main = engine.guest.instance.exports
        self._table: wasm2py.Table = self._main["__indirect_function_table"]
        data = QUICKJS_WASI.read(f"package/extensions/{name}/{name}.so")
        self._module = wasm2py.Module(data, engine=engine.guest.instance_engine)
        self._own = {item.name for item in self._module.exports if item.kind == "func"}
        memory, elements = _sizes(self._module)
        bases = {"__memory_base": self._allocate(memory), "__table_base": self._table.grow(elements)}
        self._instance = self._linker(bases).instantiate(self._module)
        for export in ("__wasm_apply_data_relocs", "__wasm_call_ctors"):
            if export in self._own:
                self._instance.exports[export]()
        start = self._instance.exports[f"qjs_ext_{name.replace('-', '_')}_init"]
        if start(self._main.qjs_get_context_ptr(), self._main.qjs_get_runtime_ptr()):
            raise RuntimeError(f"the extension {name} does not start")

    def _allocate(self, size: int) -> int:
        address: int = self._main.malloc(size)
        self._main.memory.write(address, bytes(size))
        return address

    def _linker(self, bases: dict[str, int]) -> wasm2py.Linker:
        linker = wasm2py.Linker(self._module.engine)
        linker.wasi()
        for item in self._module.imports:
            if item.name in bases:
                linker.define(item.module, item.name, wasm2py.Global("i32", bases[item.name]))
            elif item.module == "env":
                linker.define("env", item.name, self._resolve(item.name))
            elif isinstance(item.type, GlobalType):
                linker.define(item.module, item.name, wasm2py.Global("i32", self._address(item), mutable=True))
        return linker

    def _resolve(self, name: str) -> Any:
        """What the engine exports; else what the library itself does, once it is there; else a symbol never called."""
        return self._main[name] if name in self._main else self._later(name)

    def _later(self, name: str) -> Callable[..., Any]:
        return lambda *args: self._instance.exports[name](*args)

    def _address(self, item: wasm2py.ImportType) -> int:
        """The place in the table of a function of the engine's, for GOT.func; 0 for what is not there."""
        if item.module != "GOT.func" or item.name not in self._main:
            return 0
        return self._table.grow(1, self._main[item.name])
