"""A translator of "modules" that are Python source already, so that these tests need no real one.

A `FakeModule` describes itself with a `Program`, and holds the source of one Python function for each defined
function.  The translator compiles it, and keeps a record of what it was asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import CodeType
from typing import Any

from wasm2py.runtime.program import ExportInfo, FunctionInfo, Options, Program, UnitCode
from wasm2py.runtime.types import FuncType, ValType

I32: ValType = "i32"


@dataclass(frozen=True)
class FakeModule:
    """A module of Python functions; `units` says how many functions each unit has."""

    described: Program
    sources: tuple[str, ...] = ()

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(repr((self.described, self.sources)).encode()).digest()


@dataclass
class FakeTranslator:
    """Records the calls of `program` and, by unit index, of `unit`."""

    version: str = "fake 1"
    programs: int = 0
    units: list[int] = field(default_factory=list)

    def program(self, module: FakeModule, options: Options) -> Program:
        self.programs += 1
        return replace(module.described, options=options)

    def unit(self, module: FakeModule, program: Program, index: int) -> UnitCode:
        self.units.append(index)
        first, last = program.units[index]
        imported = program.imported_count("func")
        return tuple(
            compile_function(module.sources[function - imported], program.name) for function in range(first, last)
        )

    def ahead(self, module: FakeModule, program: Program, units: Sequence[int]) -> Iterable[tuple[int, UnitCode]]:
        return ()


def compile_function(source: str, name: str) -> CodeType:
    """The code object of the one function that `source` defines."""
    code = compile(source, f"<wasm {name}>", "exec")
    return next(constant for constant in code.co_consts if isinstance(constant, CodeType))


def func_type(signature: str) -> FuncType:
    """A function type from `params->results`, as in "i32,i64->f32"."""
    params, results = ([name for name in side.split(",") if name] for side in signature.split("->"))
    return FuncType(tuple(params), tuple(results))  # type: ignore[arg-type]


def make_module(
    functions: dict[str, tuple[str, str]], name: str = "fake", unit_size: int = 1, **described: Any
) -> FakeModule:
    """A module of exported functions: identifier → (signature, source of `def identifier(…)`).

    `described` replaces fields of its program; function imports are given with `imports` and `imported`.
    """
    imported = [item for item in described.get("imports", ()) if isinstance(item.type, FuncType)]
    imported_infos = [FunctionInfo(item.type, item.name, item.name) for item in imported]
    defined = [
        FunctionInfo(func_type(signature), identifier, identifier, 1)
        for identifier, (signature, _) in functions.items()
    ]
    first, last = len(imported), len(imported) + len(defined)
    program = Program(
        name,
        Options(),
        functions=(*imported_infos, *defined),
        exports=tuple(ExportInfo(info.identifier, "func", index) for index, info in enumerate(defined, first)),
        units=tuple((start, min(start + unit_size, last)) for start in range(first, last, unit_size)),
    )
    sources = tuple(source for _, source in functions.values())
    return FakeModule(replace(program, **described), sources)


#: A module with the functions that most tests need.
BASIC: dict[str, tuple[str, str]] = {
    "add": ("i32,i32->i32", "def add(a, b):\n    return (a + b) & 0xFFFFFFFF"),
    "divide": ("i32,i32->i32", "def divide(a, b):\n    return a // b"),
    "outer": ("i32,i32->i32", "def outer(a, b):\n    return divide(a, b)"),
    "forever": ("i32->i32", "def forever(a):\n    return forever(a)"),
    "depth": ("i32->i32", "def depth(n):\n    return depth(n - 1) + 1 if n else 0"),
    "nothing": ("->", "def nothing():\n    pass"),
    "swap": ("i32,f64->f64,i32", "def swap(a, b):\n    return (b, a)"),
}
