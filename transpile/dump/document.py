"""A whole module as one Python file that can be read, imported and run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from wasm2py.runtime import access, bulk, errors, floats, integers, references, tails, words
from wasm2py.runtime.numerics import AGGREGATE_HELPERS, HELPERS
from wasm2py.runtime.program import Program
from wasm2py.transpile.dump import literals
from wasm2py.transpile.dump.format import LINE_LENGTH, Style, format_whole, piece_formatter
from wasm2py.transpile.dump.functions import Source
from wasm2py.transpile.names import VECTOR_NAMES

#: Where a dump imports from; a standalone package has its own copy.
RUNTIME = "wasm2py.runtime"

#: What every file begins with.
FIRST_LINE = "# Translated from WebAssembly by wasm2py, "

_HELPER_MODULES = (errors, integers, words, floats, access, bulk, tails, references)
_LINTERS = "# ruff: noqa\n# mypy: ignore-errors\n"
_PURPOSE = "`instantiate` makes instances; functions run with an instance's namespace as their globals."


def dump_module(source: Source, progress: Callable[[], object] = lambda: None) -> str:
    """The module as a Python file that binds `PROGRAM`, the functions, and `instantiate(imports)`.

    If nothing has to be imported, it makes an instance too and binds its `exports`.  Raises `WasmError` if the style's
    formatter is not there.
    """
    described = source.program
    texts, names = source.functions(described.imported_count("func"), len(described.functions), progress)
    needed = {"precompiled": {"Precompiled"}, **description_imports(described), **helper_imports(names, described)}
    parts = [
        f"{header(described, _PURPOSE)}\n{imports(RUNTIME, needed)}\n",
        description(described, source.style),
        *texts,
        _footer(described),
    ]
    return format_whole("\n\n".join(parts), source.style)


def header(described: Program, purpose: str) -> str:
    """The comment at the top of every file.

    The module's name comes after the first two lines, in which it could declare an encoding (PEP 263).
    """
    dialect = described.options.dialect
    lines = [
        f"{FIRST_LINE}{dialect} dialect.",
        f"# {purpose}",
        f"# Module: {literals.comment(described.name)}",
    ]
    return "".join(f"{line}\n" for line in lines) + _LINTERS


def description(described: Program, style: Style) -> str:
    """The assignment that binds `PROGRAM`."""
    return piece_formatter(style)(f"PROGRAM = {literals.literal(described)}\n")


def imports(runtime: str, names: Mapping[str, Iterable[str]]) -> str:
    """Import statements from modules of the runtime, which is the package `runtime`."""
    return "\n".join(_import(f"{runtime}.{module}", sorted(names[module])) for module in sorted(names))


def description_imports(described: Program) -> dict[str, set[str]]:
    """The classes that a program's description is made of, by their module in the runtime."""
    homes: dict[str, set[str]] = {}
    for cls in _classes(described):
        homes.setdefault(_last(cls.__module__), set()).add(cls.__name__)
    return homes


def helper_imports(names: Iterable[str], described: Program) -> dict[str, set[str]]:
    """The runtime's helpers among `names`, by their module in the runtime."""
    homes: dict[str, set[str]] = {}
    used = set(names)
    for name in HELPERS.keys() & used:
        homes.setdefault(_helper_home(name), set()).add(name)
    if used & VECTOR_NAMES:
        homes[vectors_home(described)] = used & VECTOR_NAMES
    if used & AGGREGATE_HELPERS:
        homes["aggregates"] = used & AGGREGATE_HELPERS
    return homes


def vectors_home(described: Program) -> str:
    """The module of the runtime that has the helpers for vectors."""
    return "vectors.words" if described.options.dialect == "portable" else "vectors"


def _helper_home(name: str) -> str:
    home = next(module for module in _HELPER_MODULES if vars(module).get(name) is HELPERS[name])
    return _last(home.__name__)


def _last(module: str) -> str:
    return module.rpartition(".")[2]


def _classes(value: Any) -> set[type]:
    if isinstance(value, tuple):
        return {cls for item in value for cls in _classes(item)}
    if not is_dataclass(value):
        return set()
    inner = {cls for field in fields(value) for cls in _classes(getattr(value, field.name))}
    return inner | {type(value)}


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= LINE_LENGTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _footer(described: Program) -> str:
    lines = ["instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate"]
    if not described.imports:
        lines.append("exports = instantiate().exports")
    return "\n".join(lines) + "\n"
