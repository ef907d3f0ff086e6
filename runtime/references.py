"""Reference types (spec: Structure / Types / Reference Types, Heap Types; Validation / Matching).

They are strings as all value types are, spelled as in the text format: `anyref`, `(ref func)`, `(ref null 3)`.  What
stands for a defined type is an index inside a module; what leaves the module is *closed*: there it is the type's name,
so that types of different modules are equal exactly when their names are.

A name says whether the type is of functions, structures or arrays, and tells its supertypes, from the most general to
itself, by digests of what defines each: `struct:1f…/07…/3c…`.  So a type is a subtype of another exactly when its name
begins with the other's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.types import FuncType, ValType

#: The heap types that nothing defines, with the short name of the nullable references to each.
ABSTRACT: dict[str, ValType] = {
    "func": "funcref",
    "extern": "externref",
    "exn": "exnref",
    "any": "anyref",
    "eq": "eqref",
    "i31": "i31ref",
    "struct": "structref",
    "array": "arrayref",
    "none": "nullref",
    "nofunc": "nullfuncref",
    "noextern": "nullexternref",
    "noexn": "nullexnref",
}
_HEAPS: dict[str, str] = {short: heap for heap, short in ABSTRACT.items()}
#: The reference that validation has where the operand stack is polymorphic: it fits every reference type.
BOTTOM = cast(ValType, "(ref bot)")

#: For each abstract heap type, and each kind of defined types, what it is a subtype of.
_ABOVE: dict[str, tuple[str, ...]] = {
    "any": (),
    "eq": ("any",),
    "i31": ("eq", "any"),
    "struct": ("eq", "any"),
    "array": ("eq", "any"),
    "none": ("i31", "struct", "array", "eq", "any"),
    "func": (),
    "nofunc": ("func",),
    "extern": (),
    "noextern": ("extern",),
    "exn": (),
    "noexn": ("exn",),
}
#: Which defined types an abstract heap type without values is below.
_BOTTOMS: dict[str, tuple[str, ...]] = {"none": ("struct", "array"), "nofunc": ("func",)}
#: The most general heap type above each.
_TOPS = {heap: above[-1] if above else heap for heap, above in _ABOVE.items()}
_DIGITS = 32


def reference(heap: str, nullable: bool) -> ValType:
    """The type of references to what a heap type tells: an abstract one, a typeidx, or a name."""
    if nullable and heap in ABSTRACT:
        return ABSTRACT[heap]
    return cast(ValType, f"(ref null {heap})" if nullable else f"(ref {heap})")


def is_reference(type_: str) -> bool:
    """Whether a value type is a reference type."""
    return type_[0] == "(" or type_.endswith("ref")


def is_nullable(type_: str) -> bool:
    """Whether null is one of the references."""
    return type_[0] != "(" or type_.startswith("(ref null ")


def heap_of(type_: str) -> str:
    """What references of the type refer to."""
    return type_[5:-1].removeprefix("null ") if type_[0] == "(" else _HEAPS[type_]


def defined_index(type_: str) -> int | None:
    """The typeidx in a type, if there is one."""
    heap = heap_of(type_) if type_[0] == "(" else ""
    return int(heap) if heap.isdigit() else None


def kind_of(heap: str) -> str:
    """Of a closed heap type, the abstract one that tells its kind: of a name what stands before the digests."""
    return heap.partition(":")[0]


def is_function_reference(type_: str) -> bool:
    """Whether all references of a closed type are to functions."""
    return is_reference(type_) and kind_of(heap_of(type_)) in ("func", "nofunc")


def erased(type_: ValType) -> ValType:
    """A closed value type with nothing but the kind of reference left of it: what to know where types were checked."""
    return ABSTRACT[_TOPS[kind_of(heap_of(type_))]] if is_reference(type_) else type_


def matches(given: str, expected: str) -> bool:
    """Whether a value of one closed type is one of the other (spec: Validation / Matching)."""
    if given == expected:
        return True
    if not (is_reference(given) and is_reference(expected)) or (is_nullable(given) and not is_nullable(expected)):
        return False
    return heap_matches(heap_of(given), heap_of(expected))


def heap_matches(given: str, expected: str) -> bool:
    """The same of closed heap types."""
    if given == expected or given == "bot":
        return True
    kind = kind_of(given)
    if ":" in expected:
        return name_matches(given, expected) or kind_of(expected) in _BOTTOMS.get(given, ())
    return expected in _ABOVE[kind] or (expected == kind and ":" in given)


def name_matches(given: str, expected: str) -> bool:
    """Whether the type of one name is the other, or a subtype of it."""
    return given == expected or given.startswith(expected + "/")


def functions_match(given: FuncType, expected: FuncType) -> bool:
    """Whether functions of one closed type are functions of the other."""
    if given == expected:
        return True
    return bool(given.name and expected.name) and name_matches(given.name, expected.name)


@lru_cache(maxsize=4096)
def name_of(type_: FuncType) -> str:
    """The name of a closed function type."""
    return type_.name or f"func:{digest((type_.params, type_.results))}"


def digest(content: object) -> str:
    """What stands in names for what has this `repr`."""
    from hashlib import sha256

    return sha256(repr(content).encode()).hexdigest()[:_DIGITS]


def reference_to(type_: FuncType, nullable: bool = True) -> ValType:
    """The type of references to functions of a type."""
    return reference(name_of(type_), nullable)


def non_null(value: Any) -> Any:
    """A reference that must not be null (spec: `ref.as_non_null`)."""
    if value is None:
        raise Trap("null reference")
    return value
