"""WebAssembly in, Python out.

    import wasm2py

    inst = wasm2py.load("add.wasm")
    inst.exports.add(2, 3)

Names are imported when they are first used (PEP 562), so that `import wasm2py` itself costs next to nothing.
"""

from __future__ import annotations

import importlib

#: True to type checkers, which know the name; importing it from `typing` would take longer than all the rest here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasm2py.config import Config as Config
    from wasm2py.engine import Engine as Engine
    from wasm2py.instance import Exports as Exports
    from wasm2py.instance import Instance as Instance
    from wasm2py.linker import Linker as Linker
    from wasm2py.linker import load as load
    from wasm2py.module import ExportType as ExportType
    from wasm2py.module import ImportType as ImportType
    from wasm2py.module import Module as Module
    from wasm2py.runtime.cache import Cache as Cache
    from wasm2py.runtime.errors import DecodeError as DecodeError
    from wasm2py.runtime.errors import Interrupted as Interrupted
    from wasm2py.runtime.errors import LinkError as LinkError
    from wasm2py.runtime.errors import StackExhausted as StackExhausted
    from wasm2py.runtime.errors import TextError as TextError
    from wasm2py.runtime.errors import Trap as Trap
    from wasm2py.runtime.errors import ValidationError as ValidationError
    from wasm2py.runtime.errors import WasiExit as WasiExit
    from wasm2py.runtime.errors import WasmError as WasmError
    from wasm2py.runtime.errors import WasmException as WasmException
    from wasm2py.runtime.errors import WasmFrame as WasmFrame
    from wasm2py.runtime.function import Func as Func
    from wasm2py.runtime.globals import Global as Global
    from wasm2py.runtime.memory import Memory as Memory
    from wasm2py.runtime.signature import exnref as exnref
    from wasm2py.runtime.signature import externref as externref
    from wasm2py.runtime.signature import f32 as f32
    from wasm2py.runtime.signature import f64 as f64
    from wasm2py.runtime.signature import funcref as funcref
    from wasm2py.runtime.signature import i32 as i32
    from wasm2py.runtime.signature import i64 as i64
    from wasm2py.runtime.signature import v128 as v128
    from wasm2py.runtime.table import Table as Table
    from wasm2py.runtime.tag import Tag as Tag
    from wasm2py.runtime.types import FuncType as FuncType
    from wasm2py.runtime.types import GlobalType as GlobalType
    from wasm2py.runtime.types import Limits as Limits
    from wasm2py.runtime.types import MemoryType as MemoryType
    from wasm2py.runtime.types import TableType as TableType
    from wasm2py.runtime.types import TagType as TagType
    from wasm2py.wasi import Wasi as Wasi

__version__ = "0.1.0"

_HOMES = {
    "config": ["Config"],
    "engine": ["Engine"],
    "instance": ["Exports", "Instance"],
    "linker": ["Linker", "load"],
    "module": ["ExportType", "ImportType", "Module"],
    "runtime.signature": ["exnref", "externref", "f32", "f64", "funcref", "i32", "i64", "v128"],
    "wasi": ["Wasi"],
    "runtime.cache": ["Cache"],
    "runtime.errors": [
        "DecodeError", "Interrupted", "LinkError", "StackExhausted", "TextError", "Trap", "ValidationError", "WasiExit",
        "WasmError", "WasmException", "WasmFrame",
    ],
    "runtime.function": ["Func"],
    "runtime.globals": ["Global"],
    "runtime.memory": ["Memory"],
    "runtime.table": ["Table"],
    "runtime.tag": ["Tag"],
    "runtime.types": ["FuncType", "GlobalType", "Limits", "MemoryType", "TableType", "TagType"],
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
