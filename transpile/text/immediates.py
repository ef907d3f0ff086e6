"""Immediates of instructions (spec: Text Format / Instructions), parsed and encoded, by kind.

`IMMEDIATES` has a handler for each kind of immediate in the opcode table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from wasm2py.runtime.references import is_nullable
from wasm2py.runtime.types import FuncType
from wasm2py.transpile.opcodes import CATCHES, OPS, Immediate, Op
from wasm2py.transpile.text.builder import ModuleBuilder, Space
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.encode import signed, unsigned, vector
from wasm2py.transpile.text.numbers import any_integer, float_bits, unsigned_integer
from wasm2py.transpile.text.types import (
    LocalName,
    encode_heaptype,
    encode_valtype,
    encode_valtypes,
    heaptype,
    reftype,
    results,
    signature,
)
from wasm2py.transpile.text.vectors import constant, lane, shuffled


@dataclass(slots=True)
class Scope:
    """What an expression can refer to: the module, the function's locals, and the labels around it."""

    module: ModuleBuilder
    locals: dict[str, int] = field(default_factory=dict)
    labels: list[str | None] = field(default_factory=list)
    label_depths: dict[str, list[int]] = field(default_factory=dict)
    #: Offsets of instructions in the code, and what is likely there.
    branch_hints: list[tuple[int, bytes]] = field(default_factory=list)

    def push_label(self, name: str | None) -> None:
        self.labels.append(name)
        if name is not None:
            self.label_depths.setdefault(name, []).append(len(self.labels))

    def pop_label(self) -> None:
        name = self.labels.pop()
        if name is not None:
            self.label_depths[name].pop()

    def label(self, cursor: Cursor) -> int:
        """Step over a label index, counted from the innermost."""
        at = cursor.at
        name = cursor.take_id()
        if name is None:
            return cursor.natural()
        depths = self.label_depths.get(name)
        if not depths:
            raise cursor.error(f"unknown label ${name}", at)
        return len(self.labels) - depths[-1]

    def local(self, cursor: Cursor) -> int:
        at = cursor.at
        name = cursor.take_id()
        if name is None:
            return cursor.natural()
        if name not in self.locals:
            raise cursor.error(f"unknown local ${name}", at)
        return self.locals[name]


#: Steps over the immediate of an instruction and returns the instruction's encoding.
Handler: TypeAlias = Callable[[Cursor, Scope, Op], bytes]


def encode_opcode(op: Op) -> bytes:
    """An instruction's opcode: one byte, or a prefix and a number."""
    prefix, sub = op.code >> 32, op.code & 0xFFFFFFFF
    return bytes((prefix,)) + unsigned(sub) if prefix else bytes((sub,))


#: The encoded opcode of each instruction.
OPCODES: dict[str, bytes] = {mnemonic: encode_opcode(op) for mnemonic, op in OPS.items()}


def typeuse(cursor: Cursor, module: ModuleBuilder, named: bool) -> tuple[int, FuncType | None, list[LocalName]]:
    """`(type x)? (param …)* (result …)*`: the typeidx, the type (None if x does not exist), the parameters' names.

    Without `(type x)` the first equal type of the module is meant, or one is added.
    """
    at = cursor.at
    if not cursor.take_open("type"):
        found, names = signature(cursor, named)
        return module.type_index(found), found, names
    index = module.spaces["type"].index(cursor)
    cursor.close()
    inline, names = signature(cursor, named)
    return index, _agreed(cursor, module, at, index, inline), names


def _agreed(cursor: Cursor, module: ModuleBuilder, at: int, index: int, inline: FuncType) -> FuncType | None:
    """The declared type, with which the parameters and results written after it must agree if there are any."""
    found = module.types[index] if index < module.spaces["type"].count else None
    explicit = found if isinstance(found, FuncType) else None
    if not inline.params and not inline.results:
        return explicit
    if cursor.opens("type", "param", "result"):
        raise cursor.unexpected(cursor.at + 1)
    if found is None:
        raise cursor.error(f"unknown type {index}", at)
    if inline != explicit:
        raise cursor.error("inline function type", at)
    return explicit


def blocktype(cursor: Cursor, module: ModuleBuilder) -> bytes:
    if cursor.opens("type"):
        return signed(typeuse(cursor, module, named=False)[0])
    found, _ = signature(cursor, named=False)
    if not found.params and len(found.results) <= 1:
        return encode_valtype(found.results[0]) if found.results else b"\x40"
    return signed(module.type_index(found))


def _index(space: str) -> Handler:
    """A handler for an index of one space, which must be given."""

    def handle(cursor: Cursor, scope: Scope, op: Op) -> bytes:
        return OPCODES[op.mnemonic] + unsigned(scope.module.spaces[space].index(cursor))

    return handle


def _optional_index(space: str) -> Handler:
    """A handler for an index of one space, 0 where it is left out."""

    def handle(cursor: Cursor, scope: Scope, op: Op) -> bytes:
        return OPCODES[op.mnemonic] + unsigned(scope.module.spaces[space].optional(cursor) or 0)

    return handle


def _two_of(space: str) -> Handler:
    """A handler for two indices of one space, both 0 where they are left out."""

    def handle(cursor: Cursor, scope: Scope, op: Op) -> bytes:
        first = scope.module.spaces[space].optional(cursor)
        second = 0 if first is None else scope.module.spaces[space].index(cursor)
        return OPCODES[op.mnemonic] + unsigned(first or 0) + unsigned(second)

    return handle


def _segment(segments: str, space: str) -> Handler:
    """A handler for `x? y`, encoded as y x: a segment, and the table or memory that it goes to (by default 0)."""

    def handle(cursor: Cursor, scope: Scope, op: Op) -> bytes:
        target, at = 0, cursor.at
        cursor.at += 1
        if cursor.kind in ("id", "number"):
            cursor.at = at
            target = scope.module.spaces[space].index(cursor)
        else:
            cursor.at = at
        segment = scope.module.spaces[segments].index(cursor)
        _note_data(scope, segments)
        return OPCODES[op.mnemonic] + unsigned(segment) + unsigned(target)

    return handle


def _note_data(scope: Scope, segments: str) -> None:
    """Code that names data segments needs the data count section before it."""
    scope.module.needs_data_count |= segments == "data"


def _data(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    _note_data(scope, "data")
    return OPCODES[op.mnemonic] + unsigned(scope.module.spaces["data"].index(cursor))


def _block(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return OPCODES[op.mnemonic] + blocktype(cursor, scope.module)


def _try_table(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    """The labels of its clauses are those around it."""
    type_ = blocktype(cursor, scope.module)
    clauses = []
    while cursor.opens(*CATCHES):
        kind = cursor.expect_open(*CATCHES)
        tag = b"" if kind.startswith("catch_all") else unsigned(scope.module.spaces["tag"].index(cursor))
        clauses.append(bytes((CATCHES.index(kind),)) + tag + unsigned(scope.label(cursor)))
        cursor.close()
    return OPCODES[op.mnemonic] + type_ + vector(clauses)


def _label(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return OPCODES[op.mnemonic] + unsigned(scope.label(cursor))


def _labels(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    found = [scope.label(cursor)]
    while cursor.kind in ("id", "number"):
        found.append(scope.label(cursor))
    return OPCODES[op.mnemonic] + vector([unsigned(label) for label in found[:-1]]) + unsigned(found[-1])


def _local(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return OPCODES[op.mnemonic] + unsigned(scope.local(cursor))


def _call_indirect(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    table = scope.module.spaces["table"].optional(cursor) or 0
    index, _, _ = typeuse(cursor, scope.module, named=False)
    return OPCODES[op.mnemonic] + unsigned(index) + unsigned(table)


def _memarg(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    memory = scope.module.spaces["memory"].optional(cursor) or 0
    return OPCODES[op.mnemonic] + _rest_of_memarg(cursor, op, memory)


def _rest_of_memarg(cursor: Cursor, op: Op, memory: int) -> bytes:
    offset = _assigned(cursor, "offset=", 64)
    align = _alignment(cursor, op)
    flags = unsigned(align) if memory == 0 else unsigned(align | 0x40) + unsigned(memory)
    return flags + unsigned(offset or 0)


def _memarg_lane(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    """The first of two numbers, or one before a word, is a memidx."""
    memory = 0
    if cursor.kind == "id" or (cursor.kind == "number" and cursor.kinds[cursor.at + 1] in ("number", "keyword")):
        memory = scope.module.spaces["memory"].index(cursor)
    memarg = _rest_of_memarg(cursor, op, memory)
    return OPCODES[op.mnemonic] + memarg + bytes((lane(cursor),))


def _alignment(cursor: Cursor, op: Op) -> int:
    """`align=N`, as an exponent; by default the width of the access."""
    at = cursor.at
    align = _assigned(cursor, "align=", 64)
    if align is None:
        align = op.width
    if align == 0 or align & align - 1:
        raise cursor.error("alignment must be a power of two", at)
    return align.bit_length() - 1


def _assigned(cursor: Cursor, prefix: str, bits: int) -> int | None:
    """Step over a word such as `offset=8`, if it comes next; returns the number."""
    text = cursor.text
    if cursor.kind != "keyword" or not text.startswith(prefix):
        return None
    try:
        value = unsigned_integer(text[len(prefix) :] or "+", bits)
    except OverflowError:
        raise cursor.error(f"i{bits} constant out of range") from None
    if value is None:
        raise cursor.error(f"unknown operator {text}")
    cursor.at += 1
    return value


def _zero(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return OPCODES[op.mnemonic] + b"\0"


def _types(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return OPCODES[op.mnemonic] + encode_valtypes(results(cursor))


def _select(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return _types(cursor, scope, OPS["select_t"]) if cursor.opens("result") else OPCODES[op.mnemonic]


def _heaptype(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return OPCODES[op.mnemonic] + encode_heaptype(heaptype(cursor))


def _tested(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    """A reftype, by which of two instructions it is whether null passes the test."""
    type_ = reftype(cursor)
    mnemonic = f"{op.mnemonic}_null" if is_nullable(type_) else op.mnemonic
    return OPCODES[mnemonic] + encode_heaptype(type_)


def _cast(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    label, given, wanted = scope.label(cursor), reftype(cursor), reftype(cursor)
    flags = bytes((is_nullable(given) | is_nullable(wanted) << 1,))
    return OPCODES[op.mnemonic] + flags + unsigned(label) + encode_heaptype(given) + encode_heaptype(wanted)


def _field(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    """A type, and a field of it."""
    type_ = scope.module.spaces["type"].index(cursor)
    place = scope.module.fields.get(type_, Space("field", "field")).index(cursor)
    return OPCODES[op.mnemonic] + unsigned(type_) + unsigned(place)


def _count(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    type_ = scope.module.spaces["type"].index(cursor)
    return OPCODES[op.mnemonic] + unsigned(type_) + unsigned(cursor.natural())


def _type_and(space: str) -> Handler:
    """A handler for a type, and an index of a space."""

    def handle(cursor: Cursor, scope: Scope, op: Op) -> bytes:
        type_ = scope.module.spaces["type"].index(cursor)
        _note_data(scope, space)
        return OPCODES[op.mnemonic] + unsigned(type_) + unsigned(scope.module.spaces[space].index(cursor))

    return handle


def _integer(bits: int) -> Handler:
    def handle(cursor: Cursor, scope: Scope, op: Op) -> bytes:
        value = cursor.number(any_integer, bits, "constant")
        return OPCODES[op.mnemonic] + signed(value - (value >> bits - 1 << bits))

    return handle


def _float(bits: int) -> Handler:
    def handle(cursor: Cursor, scope: Scope, op: Op) -> bytes:
        value = cursor.number(float_bits, bits, "constant")
        return OPCODES[op.mnemonic] + value.to_bytes(bits // 8, "little")

    return handle


def _v128(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return OPCODES[op.mnemonic] + constant(cursor).to_bytes(16, "little")


def _lane(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return OPCODES[op.mnemonic] + bytes((lane(cursor),))


def _lanes(cursor: Cursor, scope: Scope, op: Op) -> bytes:
    return OPCODES[op.mnemonic] + shuffled(cursor)


IMMEDIATES: dict[Immediate, Handler] = {
    "block": _block,
    "label": _label,
    "labels": _labels,
    "func": _index("func"),
    "type": _index("type"),
    "call_indirect": _call_indirect,
    "local": _local,
    "global": _index("global"),
    "table": _optional_index("table"),
    "tables": _two_of("table"),
    "elem": _index("elem"),
    "elem_table": _segment("elem", "table"),
    "memory": _optional_index("memory"),
    "memories": _two_of("memory"),
    "data": _data,
    "data_memory": _segment("data", "memory"),
    "memarg": _memarg,
    "zero": _zero,
    "tag": _index("tag"),
    "try_table": _try_table,
    "types": _types,
    "heaptype": _heaptype,
    "cast": _cast,
    "field": _field,
    "count": _count,
    "type_data": _type_and("data"),
    "type_elem": _type_and("elem"),
    "type_pair": _type_and("type"),
    "i32": _integer(32),
    "i64": _integer(64),
    "f32": _float(32),
    "f64": _float(64),
    "v128": _v128,
    "lane": _lane,
    "lanes": _lanes,
    "memarg_lane": _memarg_lane,
}
#: Instructions whose text differs from what their immediate says.
SPECIAL: dict[str, Handler] = {"select": _select, "ref.test": _tested, "ref.cast": _tested}
