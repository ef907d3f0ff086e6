"""The two modules that a generated module runs between, made for it: what it imports, and what calls its exports.

All that goes out to the host are integers: what is logged, and what becomes of values.  Everything else, references,
vectors, exceptions, stays in wasm, so that any two implementations can be compared by the same numbers.  Both modules
begin with the types of the one in the middle, and so may name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from property.encoder import (
    END,
    EXPORT_KINDS,
    code,
    composite_type,
    heap_type,
    limits,
    name,
    signed,
    unsigned,
    value_type,
    vector,
)
from property.rewriting import CODE, FUNCTION, TABLE, TYPE, assembled, extended, sections
from wasm2py.runtime.references import heap_of, is_nullable, is_reference
from wasm2py.runtime.references import reference as reference_type
from wasm2py.runtime.types import ArrayType, ExternKind, FuncType, StructType, ValType
from wasm2py.transpile.module import Module
from wasm2py.transpile.opcodes import OPS

IMPORT, EXPORT, ELEM, TAG, GLOBAL = 2, 7, 9, 13, 6
#: How deep references are followed, in what is made and in what is looked at.
DEPTH = 3

_TAG_KIND = 4
_NUMBERS: dict[str, tuple[Any, Any]] = {
    "i32": (0, -5 & 0xFFFFFFFF),
    "i64": (0, 0x123456789ABCDEF0),
    "f32": (0, 0xBFA00000),
    "f64": (0, 0x400921FB54442D18),
    "v128": (0, 0x8000000080000001 << 64 | 0x123456789ABCDEF0),
}


def op(mnemonic: str, *immediates: int) -> bytes:
    """An instruction whose immediates are natural numbers."""
    prefix, number = divmod(OPS[mnemonic].code, 1 << 32)
    opcode = bytes([prefix]) + unsigned(number) if prefix else bytes([number])
    return opcode + b"".join(map(unsigned, immediates))


def constant(valtype: ValType, value: int) -> bytes:
    return code((f"{valtype}.const", value))


def i32(value: int) -> bytes:
    return constant("i32", value)


def block(body: bytes, blocktype: bytes = b"\x40", mnemonic: str = "block") -> bytes:
    return op(mnemonic) + blocktype + body + END


def cast(index: int) -> bytes:
    """From a more general reference to one to a type of the module's, not null."""
    return op("ref.cast") + signed(index)


def is_a(index: int) -> bytes:
    """Whether a reference is one to a type of the module's."""
    return op("ref.test") + signed(index)


class Companion:
    """A module under construction; what is imported comes before what is defined of the same kind.

    `tellers` are the functions that tell the host of values, by name.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.tellers: dict[str, int] = {}
        self._types = next((content for number, content in sections(module.data) if number == TYPE), b"\0")
        self._more_types: list[bytes] = []
        self._imports: list[bytes] = []
        self._counts: dict[ExternKind, int] = dict.fromkeys(("func", "table", "memory", "global", "tag"), 0)
        self._functions: list[int] = []
        self._bodies: dict[int, bytes] = {}
        self._exports: list[bytes] = []
        self._declared: list[bytes] = []
        self._elems: list[bytes] = []
        self._tables: list[bytes] = []
        self._tags: list[bytes] = []
        self._globals: list[bytes] = []
        self._stubs: dict[int, int] = {}

    # What the module is made of

    def type_index(self, params: Iterable[ValType] = (), results: Iterable[ValType] = ()) -> int:
        """The typeidx of a function type."""
        type_ = composite_type(FuncType(tuple(params), tuple(results)))
        if type_ not in self._more_types:
            self._more_types.append(type_)
        return len(self.module.types) + self._more_types.index(type_)

    def _next(self, kind: ExternKind) -> int:
        self._counts[kind] += 1
        return self._counts[kind] - 1

    def imported(self, module: str, field: str, kind: ExternKind, type_: bytes) -> int:
        """Import something, with what says its type; returns its index."""
        number = _TAG_KIND if kind == "tag" else EXPORT_KINDS[kind]
        self._imports.append(name(module) + name(field) + bytes([number]) + type_)
        return self._next(kind)

    def imported_function(
        self, module: str, field: str, params: Iterable[ValType], results: Iterable[ValType] = ()
    ) -> int:
        return self.imported(module, field, "func", unsigned(self.type_index(params, results)))

    def declare(self, type_index: int, export: str | None = None) -> int:
        """A function whose body follows, of a type of the module's or an own one; returns its funcidx."""
        self._functions.append(type_index)
        index = self._next("func")
        if export is not None:
            self.export(export, "func", index)
        return index

    def define(self, function: int, body: bytes, locals_: Sequence[ValType] = ()) -> None:
        self._bodies[function] = vector([unsigned(1) + value_type(valtype) for valtype in locals_]) + body + END

    def function(self, type_index: int, body: bytes, export: str | None = None, locals_: Sequence[ValType] = ()) -> int:
        index = self.declare(type_index, export)
        self.define(index, body, locals_)
        return index

    def export(self, field: str, kind: ExternKind, index: int) -> None:
        number = _TAG_KIND if kind == "tag" else EXPORT_KINDS[kind]
        self._exports.append(name(field) + bytes([number]) + unsigned(index))

    def table(self, size: int) -> int:
        """A table of functions."""
        self._tables.append(value_type("funcref") + limits(size, size))
        return self._next("table")

    def tag(self, type_index: int) -> int:
        self._tags.append(b"\0" + unsigned(type_index))
        return self._next("tag")

    def global_(self, valtype: ValType, init: bytes) -> int:
        """An immutable global."""
        self._globals.append(value_type(valtype) + b"\0" + init + END)
        return self._next("global")

    def fill(self, table: int, offset: int, functions: Sequence[int]) -> None:
        """Fill a table with functions when the module starts."""
        functions_ = b"\0" + vector([unsigned(function) for function in functions])
        self._elems.append(unsigned(2) + unsigned(table) + i32(offset) + END + functions_)

    def build(self) -> bytes:
        """The module's bytes."""
        first = self._counts["func"] - len(self._functions)
        bodies = [name(self._bodies[first + i]) for i in range(len(self._functions))]
        declared = [b"\3\0" + vector(self._declared)] if self._declared else []
        parts = (
            (TYPE, extended(self._types, self._more_types)), (IMPORT, vector(self._imports)),
            (FUNCTION, vector([unsigned(index) for index in self._functions])), (TABLE, vector(self._tables)),
            (TAG, vector(self._tags)), (GLOBAL, vector(self._globals)), (EXPORT, vector(self._exports)),
            (ELEM, vector(self._elems + declared)), (CODE, vector(bodies)),
        )  # fmt: skip
        return assembled(parts)

    # Values

    def arguments(self, types: Iterable[ValType], variant: int, depth: int = DEPTH) -> bytes | None:
        """What puts a value of each type on the stack; None where there is a type of which none can be made."""
        values = [self.value(valtype, variant, depth) for valtype in types]
        return None if None in values else b"".join(value for value in values if value is not None)

    def value(self, valtype: ValType, variant: int, depth: int = DEPTH) -> bytes | None:
        """A value: zero or null where `variant` is 0, if it can, else something."""
        if not is_reference(valtype):
            return constant(valtype, _NUMBERS[valtype][variant])
        null = op("ref.null") + heap_type(valtype) if is_nullable(valtype) else None
        if null is not None and (variant == 0 or depth == 0):
            return null
        return (self._made(heap_of(valtype), depth) if depth else None) or null

    def _made(self, heap: str, depth: int) -> bytes | None:
        """A reference that is not null."""
        if heap.isdigit():
            return self._made_of_type(int(heap), depth)
        return self._made_by_kind(heap, depth)

    def _made_by_kind(self, heap: str, depth: int) -> bytes | None:
        i31 = i32(depth + 40) + op("ref.i31")
        if heap in ("any", "eq", "i31"):
            return i31
        if heap == "extern":
            return i31 + op("extern.convert_any")
        kind = {"struct": StructType, "array": ArrayType, "func": FuncType}.get(heap)
        indices = (index for index, type_ in enumerate(self.module.types) if kind and isinstance(type_, kind))
        return next((made for index in indices if (made := self._made_of_type(index, depth))), None)

    def _made_of_type(self, index: int, depth: int) -> bytes | None:
        type_ = self.module.types[index]
        if isinstance(type_, FuncType):
            return op("ref.func", self._stub(index))
        fields = type_.fields if isinstance(type_, StructType) else (type_.element,) * 2
        values = self.arguments((field.valtype for field in fields), 1, depth - 1)
        if values is None:
            return None
        if isinstance(type_, StructType):
            return values + op("struct.new", index)
        return values + op("array.new_fixed", index, len(fields))

    def _stub(self, index: int) -> int:
        """A function of a type of the module's, to which there may be references."""
        if index not in self._stubs:
            function = self._stubs[index] = self.declare(index)
            self._declared.append(unsigned(function))
            results = self.arguments(self.module.function_type(index).results, 0)
            self.define(function, op("unreachable") if results is None else results)
        return self._stubs[index]

    # What becomes of values

    def note(self, number: int) -> bytes:
        """Tell the host a number that is known."""
        return i32(number) + self.call("note")

    def call(self, function: str) -> bytes:
        return op("call", self.tellers[function])

    def told(self, valtype: ValType, depth: bytes) -> bytes:
        """Tell the host of what is on top of the stack, followed so deep, and take it from there."""
        if not is_reference(valtype):
            conversion, teller = _TOLD[valtype]
            return (op(conversion) if conversion else b"") + self.call(teller)
        heap = heap_of(valtype)
        if heap in _FUNCTIONS or (heap.isdigit() and isinstance(self.module.types[int(heap)], FuncType)):
            return self.call("function")
        if heap in _EXCEPTIONS:
            return op("ref.is_null") + self.call("note")
        return (op("any.convert_extern") if heap in _EXTERNAL else b"") + depth + self.call("any")

    def all_told(self, types: Sequence[ValType], first_local: int) -> tuple[bytes, list[ValType]]:
        """Tell the host of all that is on the stack, first to last, with locals from `first_local` on."""
        locals_ = [_with_default(valtype) for valtype in types]
        numbered = list(enumerate(locals_, first_local))
        taken = b"".join(op("local.set", local) for local, _ in reversed(numbered))
        return taken + b"".join(
            op("local.get", local) + self.told(type_, i32(DEPTH)) for local, type_ in numbered
        ), locals_


_FUNCTIONS, _EXCEPTIONS, _EXTERNAL = ("func", "nofunc"), ("exn", "noexn"), ("extern", "noextern")
_TOLD = {
    "i32": ("", "note"),
    "i64": ("", "note64"),
    "f32": ("i32.reinterpret_f32", "note"),
    "f64": ("i64.reinterpret_f64", "note64"),
    "v128": ("", "vector"),
}


def _with_default(valtype: ValType) -> ValType:
    """The type that a local needs which is to hold values of a type."""
    if not is_reference(valtype) or is_nullable(valtype):
        return valtype
    return reference_type(heap_of(valtype), nullable=True)
