"""The context of validation (spec: Validation / Conventions / Contexts)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from wasm2py.runtime.types import CompositeType, FuncType, GlobalType, MemoryType, TableType, TagType, ValType
from wasm2py.transpile.module import Module
from wasm2py.transpile.validate.errors import InvalidError, unknown
from wasm2py.transpile.validate.stacks import MISMATCH, Bottoms
from wasm2py.transpile.validate.subtyping import Subtyping

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """The types of everything that a module defines or imports, by index.

    `type_indices` has the typeidx of each function. `datas` is the number of data segments; `references` are the
    functions that `ref.func` may name, because they occur in the module outside of functions. `wide` tells whether any
    memory or table has 64-bit indices. `subtyping` tells which types match, `bottoms` are what operand stacks begin
    with.
    """

    types: tuple[CompositeType, ...] = ()
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
    subtyping: Subtyping = field(default_factory=lambda: Subtyping(Module(b"", b"")), compare=False, repr=False)
    bottoms: Bottoms = field(default_factory=Bottoms, compare=False, repr=False)

    def function_type(self, index: int) -> FuncType:
        """The type at a typeidx, which must be one of functions."""
        return function_type(self.types, index)

    def storage_matches(self, given: str, expected: str) -> bool:
        """Whether what is stored as one type may be stored as the other."""
        return self.subtyping.storage_matches(given, expected)


def function_type(types: Sequence[CompositeType], index: int) -> FuncType:
    """The type at an index of those, which must be one of functions."""
    type_ = lookup(types, index, "type")
    if not isinstance(type_, FuncType):
        raise InvalidError(f"{MISMATCH}: type {index} is not one of functions")
    return type_


def lookup(space: Sequence[T], index: int, what: str) -> T:
    """An entry of an index space; `what` is the singular of what it holds."""
    if index >= len(space):
        raise unknown(what, index)
    return space[index]
