"""The table of preview 1's functions, filled by the modules that implement them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from wasm2py.runtime.errors import StackExhausted
from wasm2py.runtime.types import I32, I64, FuncType, ValType
from wasm2py.runtime.wasi.errno import WasiError, from_os_error

if TYPE_CHECKING:
    from wasm2py.runtime.wasi.context import Context

#: Takes the context and raw values; returns nothing, and raises `WasiError` or `OSError` for an errno.
Implementation: TypeAlias = "Callable[..., None]"
_F = TypeVar("_F", bound=Implementation)

_VALTYPES: dict[str, ValType] = {"i32": I32, "i64": I64}
_MASKS: Mapping[str, int] = {I32: 0xFFFFFFFF, I64: 0xFFFFFFFFFFFFFFFF}


@dataclass(frozen=True, slots=True)
class Entry:
    """One function: its core wasm type, and what implements it."""

    type: FuncType
    implementation: Implementation


PREVIEW1: dict[str, Entry] = {}


def function(params: str = "", results: str = "i32", table: dict[str, Entry] = PREVIEW1) -> Callable[[_F], _F]:
    """Enter the decorated function in a table by its own name, with parameters and results as in the text format."""
    type_ = FuncType(tuple(_VALTYPES[p] for p in params.split()), tuple(_VALTYPES[r] for r in results.split()))

    def register(implementation: _F) -> _F:
        table[implementation.__name__] = Entry(type_, implementation)
        return implementation

    return register


def raw_callable(entry: Entry, context: Context) -> Callable[..., int]:
    """`entry` for one context: takes raw values and gives the errno."""
    implementation = entry.implementation

    def call(*values: int) -> int:
        try:
            implementation(context, *values)
        except WasiError as error:
            return error.errno
        except OSError as error:
            return from_os_error(error)
        except RecursionError:  # whoever met it: the guest's calls have filled the stack
            raise StackExhausted from None
        return 0

    call.__name__ = implementation.__name__
    return call


def host_callable(entry: Entry, context: Context) -> Callable[..., int]:
    """As `raw_callable`, but integers may be negative."""
    raw = raw_callable(entry, context)
    masks = tuple(_MASKS[p] for p in entry.type.params)

    def call(*values: Any) -> int:
        return raw(*[value & mask for value, mask in zip(values, masks, strict=True)])

    call.__name__ = raw.__name__
    return call
