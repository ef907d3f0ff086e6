"""Reference types beyond `funcref`, `externref` and `exnref` (spec: Structure / Types / Reference Types).

They are strings as all value types are, spelled as in the text format: `(ref func)`, `(ref null 3)`.  What stands for a
defined type is an index inside a module; what leaves the module is *closed*: there it is the type's name, which is a
digest of what the type is made of, so that types of different modules are equal exactly when their names are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.types import FuncType, ValType

#: The heap types that nothing defines, whose nullable references have a short name.
ABSTRACT = frozenset({"func", "extern", "exn"})
#: The reference that validation has where the operand stack is polymorphic: it fits every reference type.
BOTTOM = cast(ValType, "(ref bot)")

_NAME = "func:"
_SELF = "self"


def reference(heap: str, nullable: bool) -> ValType:
    """The type of references to what a heap type tells: an abstract one, a typeidx, or a name."""
    if nullable and heap in ABSTRACT:
        return cast(ValType, heap + "ref")
    return cast(ValType, f"(ref null {heap})" if nullable else f"(ref {heap})")


def is_reference(type_: str) -> bool:
    """Whether a value type is a reference type."""
    return type_[0] == "(" or type_.endswith("ref")


def is_nullable(type_: str) -> bool:
    """Whether null is one of the references."""
    return type_[0] != "(" or type_.startswith("(ref null ")


def heap_of(type_: str) -> str:
    """What references of the type refer to."""
    return type_[5:-1].removeprefix("null ") if type_[0] == "(" else type_.removesuffix("ref")


def defined_index(type_: str) -> int | None:
    """The typeidx in a type, if there is one."""
    heap = heap_of(type_) if type_[0] == "(" else ""
    return int(heap) if heap.isdigit() else None


def is_function_reference(type_: str) -> bool:
    """Whether all references of the type are to functions."""
    return is_reference(type_) and _to_functions(heap_of(type_))


def _to_functions(heap: str) -> bool:
    return heap == "func" or heap.isdigit() or heap.startswith(_NAME)


def erased(type_: ValType) -> ValType:
    """The value type with nothing but the kind of reference left of it: what to know where types were checked."""
    if type_[0] != "(":
        return type_
    heap = heap_of(type_)
    return reference("func" if _to_functions(heap) else heap, True)


def matches(given: str, expected: str) -> bool:
    """Whether a value of one type is one of the other (spec: Validation / Matching), with equal heap types spelled
    alike.
    """
    if given == expected:
        return True
    if not (is_reference(given) and is_reference(expected)) or (is_nullable(given) and not is_nullable(expected)):
        return False
    heap, wanted = heap_of(given), heap_of(expected)
    return heap in (wanted, "bot") or (wanted == "func" and _to_functions(heap))


@lru_cache(maxsize=4096)
def name_of(type_: FuncType) -> str:
    """The name of a closed function type."""
    return type_.name or _digest(type_.params, type_.results)


def closed(params: tuple[ValType, ...], results: tuple[ValType, ...]) -> FuncType:
    """A function type; where its parameters and results refer to `self`, they are to the type itself."""
    if not any(type_[0] == "(" and heap_of(type_) == _SELF for type_ in params + results):
        return FuncType(params, results)
    name = _digest(params, results)

    def named(types: tuple[ValType, ...]) -> tuple[ValType, ...]:
        return tuple(
            reference(name, is_nullable(type_)) if type_[0] == "(" and heap_of(type_) == _SELF else type_
            for type_ in types
        )

    return FuncType(named(params), named(results), name)


def _digest(params: tuple[ValType, ...], results: tuple[ValType, ...]) -> str:
    from hashlib import sha256

    return _NAME + sha256(repr((params, results)).encode()).hexdigest()[:40]


def reference_to(type_: FuncType, nullable: bool = True) -> ValType:
    """The type of references to functions of a type."""
    return reference(name_of(type_), nullable)


def non_null(value: Any) -> Any:
    """A reference that must not be null (spec: `ref.as_non_null`)."""
    if value is None:
        raise Trap("null reference")
    return value
