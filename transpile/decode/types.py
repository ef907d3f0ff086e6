"""Reading types (spec: Binary Format / Types)."""

from __future__ import annotations

from wasm2py.runtime.errors import DecodeError
from wasm2py.runtime.references import ABSTRACT, heap_of, reference
from wasm2py.runtime.types import (
    F32,
    F64,
    I32,
    I64,
    PAGE_SIZE,
    V128,
    GlobalType,
    IndexType,
    Limits,
    MemoryType,
    TableType,
    ValType,
)
from wasm2py.transpile.decode import features
from wasm2py.transpile.decode.reader import Reader, read_signed

#: The codes of the abstract heap types, and of the nullable references to them.
HEAP_TYPES: dict[str, int] = {
    "noexn": 0x74,
    "nofunc": 0x73,
    "noextern": 0x72,
    "none": 0x71,
    "func": 0x70,
    "extern": 0x6F,
    "any": 0x6E,
    "eq": 0x6D,
    "i31": 0x6C,
    "struct": 0x6B,
    "array": 0x6A,
    "exn": 0x69,
}
REFERENCE_TYPES: dict[int, ValType] = {code: ABSTRACT[heap] for heap, code in HEAP_TYPES.items()}
VALUE_TYPES: dict[int, ValType] = {0x7F: I32, 0x7E: I64, 0x7D: F32, 0x7C: F64, 0x7B: V128, **REFERENCE_TYPES}

#: The bytes before a heaptype that make it a reference type, and whether null is one of its references.
REFERENCES = {0x64: False, 0x63: True}
_HAS_MAXIMUM = 0x01
_SHARED = 0x02
_INDEX_64 = 0x04
_PAGE_SIZE = 0x08


def _type_of(types: dict[int, ValType], message: str, reader: Reader) -> ValType:
    start = reader.pos
    code = reader.s7()
    if code in types:
        return types[code]
    if code in REFERENCES:
        return reference(heap_of(heap_type(reader)), REFERENCES[code])
    raise DecodeError(features.describe(features.TYPES, code, message), start)


def value_type(reader: Reader) -> ValType:
    return _type_of(VALUE_TYPES, "malformed value type", reader)


def reference_type(reader: Reader) -> ValType:
    return _type_of(REFERENCE_TYPES, "malformed reference type", reader)


def heap_type(reader: Reader) -> ValType:
    """A heaptype, an abstract one or a typeidx, as the type of the nullable references to it."""
    start = reader.pos
    index, reader.pos = read_signed(reader.data, start, 33)
    if index >= 0:
        return reference(str(index), True)
    code = reader.data[start]
    if code not in REFERENCE_TYPES:
        raise DecodeError(features.describe(features.TYPES, code, "malformed heap type"), start)
    return REFERENCE_TYPES[code]


def limits(reader: Reader, flags: int) -> tuple[Limits, IndexType]:
    """A range of sizes, and the type of what counts them; each is a u64 in any case, and validation refuses what a
    32-bit index cannot reach.
    """
    sizes = Limits(reader.u64(), reader.u64() if flags & _HAS_MAXIMUM else None)
    return sizes, "i64" if flags & _INDEX_64 else "i32"


def _limits_flags(reader: Reader, allowed: int) -> int:
    start = reader.pos
    flags = reader.byte()
    if flags & ~allowed:
        raise DecodeError(f"malformed limits flags {flags:02x}", start)
    return flags


def table_type(reader: Reader) -> TableType:
    return TableType(reference_type(reader), *limits(reader, _limits_flags(reader, _HAS_MAXIMUM | _INDEX_64)))


def memory_type(reader: Reader) -> MemoryType:
    flags = _limits_flags(reader, _HAS_MAXIMUM | _SHARED | _INDEX_64 | _PAGE_SIZE)
    sizes, index = limits(reader, flags)
    return MemoryType(sizes, index, bool(flags & _SHARED), _page_size(reader) if flags & _PAGE_SIZE else PAGE_SIZE)


def _page_size(reader: Reader) -> int:
    """A power of two of up to 64 bits, of which validation takes few."""
    start = reader.pos
    exponent = reader.u32()
    if exponent >= 64:
        raise DecodeError("invalid custom page size", start)
    return 1 << exponent


def global_type(reader: Reader) -> GlobalType:
    valtype = value_type(reader)
    start = reader.pos
    mutability = reader.byte()
    if mutability > 1:
        raise DecodeError(f"malformed mutability {mutability:02x}", start)
    return GlobalType(valtype, mutability == 1)
