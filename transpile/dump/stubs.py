"""The `.pyi` of a precompiled package: its exports' types, for type checkers and editors."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from wasm2py.runtime.program import ExportInfo, Program
from wasm2py.runtime.references import erased, is_nullable
from wasm2py.runtime.types import FuncType, ValType

_TYPES = {
    "i32": "int",
    "i64": "int",
    "f32": "float",
    "f64": "float",
    "v128": "int",
    "funcref": "Func | None",
    "externref": "Any",
    "exnref": "WasmException | None",
    "anyref": "Any",
}
_KINDS = {"memory": "Memory", "table": "Table", "global": "Global", "tag": "Tag"}

#: Names that mean something else in the stub or in the package; exports so called are reached by `exports["…"]`.
RESERVED = frozenset({
    "Any", "Exports", "Func", "Global", "Instance", "Iterator", "Mapping", "Memory", "None", "PROGRAM", "Precompiled",
    "Table", "Tag", "WasmException", "bool", "float", "instantiate", "int", "object", "str", "tuple",
})  # fmt: skip
#: Names with a meaning of their own, and those of the package's own modules.
_PRIVATE = re.compile(r"__|_module$|_program$|_runtime$|_unit\d+$")

_HEADER = """\
from collections.abc import Iterator, Mapping
from typing import Any

from {runtime}.errors import WasmException
from {runtime}.function import Func
from {runtime}.globals import Global
from {runtime}.instance import Instance as _Instance
from {runtime}.memory import Memory
from {runtime}.table import Table
from {runtime}.tag import Tag
"""

_CLASSES = """\
class Exports:
    def __getitem__(self, name: str) -> Any: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __contains__(self, name: object) -> bool: ...
{members}
class Instance(_Instance):
    exports: Exports  # type: ignore[assignment]

def instantiate(imports: Mapping[str, Any] | None = None) -> Instance: ...
"""


def stub(program: Program, runtime: str) -> str:
    """The stub file's text; `runtime` is the package that the runtime is imported from."""
    members = "".join(f"    {line}\n" for line in _declarations(program, "self, "))
    parts = [_HEADER.format(runtime=runtime), _CLASSES.format(members=members)]
    if not program.imports:
        parts.append("".join(f"{line}\n" for line in _declarations(program, "")))
    return "\n".join(part for part in parts if part)


def attribute_names(program: Program) -> list[str]:
    """The exports that can be attributes of the package."""
    return [item.name for item in program.exports if _usable(item.name)]


def function_types(type_: FuncType) -> tuple[list[str], str]:
    """Python's types for the parameters, and for the result."""
    results = [_python_type(valtype) for valtype in type_.results]
    result = "None" if not results else results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
    return [_python_type(valtype) for valtype in type_.params], result


def _python_type(valtype: ValType) -> str:
    if valtype in _TYPES:
        return _TYPES[valtype]
    python = _TYPES[erased(valtype)]
    return python if is_nullable(valtype) else python.removesuffix(" | None")


def _declarations(program: Program, receiver: str) -> Iterator[str]:
    for item in program.exports:
        if _usable(item.name):
            yield _declaration(program, item, receiver)


def _declaration(program: Program, item: ExportInfo, receiver: str) -> str:
    if item.kind != "func":
        return f"{item.name}: {_KINDS[item.kind]}"
    params, result = function_types(program.functions[item.index].type)
    listed = ", ".join(f"p{index}: {param}" for index, param in enumerate(params))
    # a slash has to follow something
    return (
        f"def {item.name}({receiver if listed else receiver.rstrip(', ')}{listed and listed + ', /'}) -> {result}: ..."
    )


def _usable(name: str) -> bool:
    """Whether an export's name can stand as an identifier; ASCII only, as Python folds other letters together."""
    plain = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    return plain and not _PRIVATE.match(name) and name not in RESERVED
