"""The context of validation (spec: Validation / Conventions / Contexts)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from wasm2py.runtime.types import FuncType, GlobalType, MemoryType, TableType, ValType

T = TypeVar("T")


class InvalidError(Exception):
    """A rule is violated; who knows the place turns it into a `ValidationError`.

    `detail` is about the instruction, whose name then goes between it and the message.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    def at(self, mnemonic: str) -> str:
        """The whole message, for a violation by that instruction."""
        return f"{self.message}: {mnemonic} {self.detail}" if self.detail else self.message


@dataclass(frozen=True, slots=True)
class Context:
    """The types of everything that a module defines or imports, by index.

    `datas` is the number of data segments; `references` are the functions that `ref.func` may name, because they
    occur in the module outside of functions.
    """

    types: tuple[FuncType, ...] = ()
    functions: tuple[FuncType, ...] = ()
    tables: tuple[TableType, ...] = ()
    memories: tuple[MemoryType, ...] = ()
    globals: tuple[GlobalType, ...] = ()
    elems: tuple[ValType, ...] = ()
    datas: int = 0
    references: frozenset[int] = frozenset()


def lookup(space: Sequence[T], index: int, what: str) -> T:
    """An entry of an index space; `what` is the singular of what it holds."""
    if index >= len(space):
        raise unknown(what, index)
    return space[index]


def unknown(what: str, index: int) -> InvalidError:
    return InvalidError(f"unknown {what} {index}")
