"""Types (spec: Text Format / Types), parsed and encoded."""

from __future__ import annotations

from typing import TypeAlias, cast

from wasm2py.runtime.references import ABSTRACT, heap_of, is_nullable, reference
from wasm2py.runtime.types import PAGE_SIZE, FuncType, GlobalType, IndexType, Limits, MemoryType, TableType, ValType
from wasm2py.transpile.decode.types import HEAP_TYPES
from wasm2py.transpile.text.annotations import annotated_name
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.encode import signed, unsigned, vector

#: Value types and their codes.
VALTYPE_CODES: dict[str, int] = {
    "i32": 0x7F,
    "i64": 0x7E,
    "f32": 0x7D,
    "f64": 0x7C,
    "v128": 0x7B,
    **{ABSTRACT[heap]: code for heap, code in HEAP_TYPES.items()},
}
#: Reference types that have a name.
REFTYPES = frozenset(ABSTRACT.values())
#: The largest limit that the grammar takes; what the kind of memory or table allows is the validator's business.
_LIMIT_BITS = 64


def at_valtype(cursor: Cursor) -> bool:
    """Whether a value type comes next."""
    return cursor.text in VALTYPE_CODES or cursor.opens("ref")


def valtype(cursor: Cursor) -> ValType:
    if cursor.text not in VALTYPE_CODES:
        return _explicit_reftype(cursor)
    cursor.at += 1
    return cast(ValType, cursor.texts[cursor.at - 1])


def valtypes(cursor: Cursor) -> list[ValType]:
    """As many value types as follow."""
    found = []
    while at_valtype(cursor):
        found.append(valtype(cursor))
    return found


def at_reftype(cursor: Cursor) -> bool:
    return cursor.text in REFTYPES or cursor.opens("ref")


def reftype(cursor: Cursor) -> ValType:
    if not at_reftype(cursor):
        raise cursor.unexpected()
    return valtype(cursor)


def _explicit_reftype(cursor: Cursor) -> ValType:
    """`(ref null? heaptype)`."""
    if not cursor.take_open("ref"):
        raise cursor.unexpected()
    nullable = bool(cursor.take_keyword("null"))
    found = reference(heap_of(heaptype(cursor)), nullable)
    cursor.close()
    return found


def heaptype(cursor: Cursor) -> ValType:
    """A heap type, as the nullable reference type to it."""
    if cursor.kind in ("id", "number"):
        return reference(str(cursor.type_index(cursor)), True)
    found = ABSTRACT.get(cursor.text)
    if found is None:
        raise cursor.unexpected()
    cursor.at += 1
    return found


#: The symbolic name of a parameter or local, and the one to show, each None where there is none.
LocalName: TypeAlias = tuple[str | None, str | None]
UNNAMED: LocalName = (None, None)


def signature(cursor: Cursor, named: bool = True) -> tuple[FuncType, list[LocalName]]:
    """`(param …)* (result …)*`: the type, and the name of each parameter; `named` says whether they may have names."""
    params: list[ValType] = []
    names: list[LocalName] = []
    while cursor.take_open("param"):
        _param_list(cursor, params, names, named)
    return FuncType(tuple(params), results(cursor)), names


def _param_list(cursor: Cursor, types: list[ValType], names: list[LocalName], named: bool) -> None:
    """The rest of `(param …)` or `(local …)`: one named type, or any number without names."""
    name = _local_name(cursor) if named else UNNAMED
    found = valtypes(cursor) if name is UNNAMED else [valtype(cursor)]
    cursor.close()
    types += found
    names += [name] * len(found)


def _local_name(cursor: Cursor) -> LocalName:
    symbolic = cursor.take_id()
    shown = annotated_name(cursor, "local") if cursor.annotations else None
    return UNNAMED if symbolic is None and shown is None else (symbolic, symbolic if shown is None else shown)


def results(cursor: Cursor) -> tuple[ValType, ...]:
    """`(result …)*`."""
    types: list[ValType] = []
    while cursor.take_open("result"):
        types += valtypes(cursor)
        cursor.close()
    return tuple(types)


def local_lists(cursor: Cursor) -> tuple[list[ValType], list[LocalName]]:
    """`(local …)*`: the type and name of each."""
    types: list[ValType] = []
    names: list[LocalName] = []
    while cursor.take_open("local"):
        _param_list(cursor, types, names, named=True)
    return types, names


def functype(cursor: Cursor) -> FuncType:
    """`(func (param …)* (result …)*)`."""
    cursor.expect_open("func")
    found, _ = signature(cursor)
    cursor.close()
    return found


def indextype(cursor: Cursor) -> IndexType:
    """The type of a memory's or table's indices, i32 where it is left out."""
    if cursor.take_keyword("i64"):
        return "i64"
    cursor.take_keyword("i32")
    return "i32"


def limits(cursor: Cursor) -> Limits:
    minimum = cursor.natural(_LIMIT_BITS)
    return Limits(minimum, cursor.natural(_LIMIT_BITS) if cursor.kind == "number" else None)


def globaltype(cursor: Cursor) -> GlobalType:
    if cursor.take_open("mut"):
        found = GlobalType(valtype(cursor), True)
        cursor.close()
        return found
    return GlobalType(valtype(cursor))


def memorytype(cursor: Cursor) -> MemoryType:
    return memorytype_of(cursor, indextype(cursor))


def memorytype_of(cursor: Cursor, index: IndexType) -> MemoryType:
    """The rest of a memory type, after its index type."""
    return MemoryType(limits(cursor), index, bool(cursor.take_keyword("shared")), pagesize(cursor))


def pagesize(cursor: Cursor) -> int:
    """`(pagesize N)?`."""
    if not cursor.take_open("pagesize"):
        return PAGE_SIZE
    at = cursor.at
    size = cursor.natural(_LIMIT_BITS)
    if size == 0 or size & size - 1:
        raise cursor.error("invalid custom page size", at)
    cursor.close()
    return size


def tabletype(cursor: Cursor) -> TableType:
    index = indextype(cursor)
    found = limits(cursor)
    return TableType(reftype(cursor), found, index)


def encode_valtype(type_: ValType) -> bytes:
    if type_ in VALTYPE_CODES:
        return bytes((VALTYPE_CODES[type_],))
    return (b"\x63" if is_nullable(type_) else b"\x64") + encode_heaptype(type_)


def encode_heaptype(type_: ValType) -> bytes:
    """What a reference type refers to."""
    heap = heap_of(type_)
    return signed(int(heap)) if heap not in HEAP_TYPES else bytes((HEAP_TYPES[heap],))


def encode_valtypes(types: tuple[ValType, ...]) -> bytes:
    return vector([encode_valtype(type_) for type_ in types])


def encode_limits(found: Limits, index: IndexType, shared: bool = False) -> bytes:
    flags = (0x04 if index == "i64" else 0x00) | (0x02 if shared else 0x00)
    if found.maximum is None:
        return bytes((flags,)) + unsigned(found.minimum)
    return bytes((flags | 0x01,)) + unsigned(found.minimum) + unsigned(found.maximum)


def encode_globaltype(type_: GlobalType) -> bytes:
    return encode_valtype(type_.valtype) + (b"\x01" if type_.mutable else b"\x00")


def encode_memorytype(type_: MemoryType) -> bytes:
    code = encode_limits(type_.limits, type_.index, type_.shared)
    if type_.page_size == PAGE_SIZE:
        return code
    return bytes((code[0] | 0x08,)) + code[1:] + unsigned(type_.page_size.bit_length() - 1)


def encode_tabletype(type_: TableType) -> bytes:
    return encode_valtype(type_.element) + encode_limits(type_.limits, type_.index)
