"""The context of validation (spec: Validation / Conventions / Contexts)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from wasm2py.runtime.types import FuncType, GlobalType, MemoryType, TableType, TagType, ValType
from wasm2py.transpile.validate.errors import unknown
from wasm2py.transpile.validate.stacks import Bottoms

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """The types of everything that a module defines or imports, by index.

    `type_indices` has the typeidx of each function. `datas` is the number of data segments; `references` are the
    functions that `ref.func` may name, because they occur in the module outside of functions. `wide` tells whether any
    memory or table has 64-bit indices. `bottoms` are what operand stacks begin with.
    """

    types: tuple[FuncType, ...] = ()
    functions: tuple[FuncType, ...] = ()
    type_indices: tuple[int, ...] = ()
    tables: tuple[TableType, ...] = ()
    memories: tuple[MemoryType, ...] = ()
    globals: tuple[GlobalType, ...] = ()
    elems: tuple[ValType, ...] = ()
    tags: tuple[TagType, ...] = ()
    datas: int = 0
    references: frozenset[int] = frozenset()
    wide: bool = False
    bottoms: Bottoms = field(default_factory=Bottoms, compare=False, repr=False)


def lookup(space: Sequence[T], index: int, what: str) -> T:
    """An entry of an index space; `what` is the singular of what it holds."""
    if index >= len(space):
        raise unknown(what, index)
    return space[index]
