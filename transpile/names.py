"""Every identifier of generated code is made here, and nowhere else.

A wasm name may be any string. It becomes an ASCII Python identifier that is neither a keyword, nor a builtin, nor a
name that the runtime puts into an instance's namespace; two entities of one scope never share one. Locals also keep
clear of every name of the namespace, so that they shadow nothing.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable
from dataclasses import is_dataclass
from functools import lru_cache

from wasm2py.runtime import program, types
from wasm2py.runtime.numerics import AGGREGATE_HELPERS, HELPERS
from wasm2py.runtime.types import FuncType
from wasm2py.transpile.ir.expr import BY_PARITY, FROM_CONDITIONS, FROM_LANES
from wasm2py.transpile.module import Module
from wasm2py.transpile.opcodes import OPS, Op

MAX_LENGTH = 60

_FIXED = frozenset({"memory", "mem", "table", "data_segments", "elem_segments", "funcrefs", "single", "types"})
#: What dumps and precompiled packages bind around the functions.
_DUMPED = frozenset({"Precompiled", "PROGRAM", "instantiate", "exports"}) | {
    item.__name__
    for module in (program, types)
    for item in vars(module).values()
    if isinstance(item, type) and is_dataclass(item)
}


def vector_name(op: Op) -> str:
    """The namespace's name of the function that a vector instruction is."""
    return op.mnemonic.replace(".", "_")


#: All such names, and those of functions that either dialect has besides.
VECTOR_NAMES = frozenset(
    vector_name(op)
    for op in (*OPS.values(), *FROM_LANES.values(), *FROM_CONDITIONS.values(), *BY_PARITY)
    if op.family.startswith("vector")
) | {"v128_from_int", "v128_to_int", "f32x4_load", "f64x2_load", "i8x16_eq_bitmask"}
_RESERVED = frozenset().union(
    keyword.kwlist, keyword.softkwlist, dir(builtins), HELPERS, AGGREGATE_HELPERS, VECTOR_NAMES, _FIXED, _DUMPED
)
#: Numbered names that the runtime puts into a namespace, and names that mean something to Python.
_PATTERNS = re.compile(r"(memory|mem|table|tag)\d+|mem\d*_[uif]\d+(_at_\d+)?(_by_\d+)?|table\d*_type\d+|__\w*__")


def memory_name(index: int) -> str:
    """The namespace's name of a memory."""
    return "memory" + _number(index)


@lru_cache(1024)
def view_name(index: int, format_: str, offset: int = 0, step: int = 1) -> str:
    """The namespace's name of a typed view of a memory; formats are spelled u8, i16, f64, …

    One that begins at an offset says so, and one whose items are some bytes apart.
    """
    start = f"_at_{offset}" if offset or step > 1 else ""
    return f"mem{_number(index)}_{format_}{start}{f'_by_{step}' if step > 1 else ''}"


def buffer_name(index: int) -> str:
    """The namespace's name of a memory's bytes in the portable dialect."""
    return "mem" + _number(index)


def table_name(index: int) -> str:
    """The namespace's name of a table."""
    return "table" + _number(index)


def tag_name(index: int) -> str:
    """The namespace's name of a tag."""
    return f"tag{index}"


def call_view_name(table: int, type_index: int) -> str:
    """The namespace's name of a table's entries as functions of one type."""
    return f"{table_name(table)}_type{type_index}"


def _number(index: int) -> str:
    return str(index) if index else ""


class Scope:
    """A set of identifiers in which each is given out once."""

    def __init__(self, taken: Iterable[str] = (), outer: Scope | None = None) -> None:
        self.taken = set(taken)
        self._outer = outer
        self._next: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.taken or (self._outer is not None and name in self._outer)

    def make(self, wanted: str, fallback: str) -> str:
        """A new identifier as close to `wanted` as can be; `fallback` where nothing of it is usable."""
        base = identifier(wanted) or fallback
        name, number = base, self._next.get(base, 2)
        while name in self:
            name, number = f"{base}_{number}", number + 1
        self._next[base] = number
        self.taken.add(name)
        return name


def identifier(wanted: str) -> str:
    """`wanted` as a Python identifier that nothing else claims, or "" if it has no usable character."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", wanted)[:MAX_LENGTH]
    if not name.strip("_"):
        return ""
    if name[0].isdigit():
        name = "_" + name
    if name in _RESERVED or _PATTERNS.fullmatch(name):
        name += "_"
    return name


class Names:
    """The identifiers of one module's namespace.

    `functions` and `globals` follow the index spaces, imports first, `types` the types; `display` holds the names to
    show for functions, which may be any string.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self.scope = Scope()
        imports = module.imported("func")
        exported = {item.index: item.name for item in reversed(module.exports) if item.kind == "func"}
        count = len(imports) + len(module.functions)
        self.display: list[str] = []
        self.functions: list[str] = []
        for index in range(count):
            shown = module.names.functions.get(index) or exported.get(index)
            if shown is None and index < len(imports):
                shown = imports[index].name
            self.display.append(f"func[{index}]" if shown is None else shown)
            self.functions.append(self.scope.make(shown or "", f"func{index}"))
        self.globals = self._globals()
        self.types = self._types()

    def _types(self) -> list[str | None]:
        """The identifiers of the classes of structures and arrays, in the order of the types."""
        shown = self._module.names.types
        return [
            None if isinstance(type_, FuncType) else self.scope.make(shown.get(index, ""), f"type{index}")
            for index, type_ in enumerate(self._module.types)
        ]

    def _globals(self) -> list[str]:
        module = self._module
        imports = module.imported("global")
        exported = {item.index: item.name for item in reversed(module.exports) if item.kind == "global"}
        names = []
        for index in range(len(imports) + len(module.globals)):
            shown = module.names.globals.get(index) or exported.get(index)
            if shown is None and index < len(imports):
                shown = imports[index].name
            names.append(self.scope.make(shown or "", f"global{index}"))
        return names

    def locals(self, function: int) -> tuple[Scope, dict[int, str]]:
        """A scope for one function's variables, and the identifiers of those locals that the name section names."""
        scope = Scope(outer=self.scope)
        given = self._module.names.locals.get(function, {})
        return scope, {index: scope.make(name, f"local{index}") for index, name in sorted(given.items())}
