"""Instructions in the text format (spec: Text Format / Instructions), driven from the opcode table."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from wasm2py.runtime.references import heap_of, reference
from wasm2py.runtime.types import FuncType
from wasm2py.transpile.module import Instr
from wasm2py.transpile.opcodes import Catch, Immediate, Op

#: Mnemonics of the table that differ from the text format's.
_SPELLINGS = {"select_t": "select", "ref.test_null": "ref.test", "ref.cast_null": "ref.cast"}


def instruction(instr: Instr) -> str:
    """One instruction as the text format writes it, with indices as numbers."""
    op, immediate, _ = instr
    words = [_SPELLINGS.get(op.mnemonic, op.mnemonic)]
    if op.immediate is not None:
        words += _IMMEDIATES[op.immediate](immediate, op)
    return " ".join(words)


def float_text(bits: int, width: int) -> str:
    """A float constant from its bit pattern, exactly: NaNs with their payload, all else in decimal."""
    layout, mantissa = _FLOATS[width]
    value: float = struct.unpack(layout, bits.to_bytes(width, "little"))[0]
    payload = bits & ((1 << mantissa) - 1)
    if value == value:
        return repr(value)
    sign = "-" if bits >> (8 * width - 1) else ""
    return sign + ("nan" if payload == 1 << (mantissa - 1) else f"nan:0x{payload:x}")


_FLOATS = {4: ("<f", 23), 8: ("<d", 52)}


def _index(value: int, op: Op) -> list[str]:
    return [str(value)]


def _block(type_: FuncType | int, op: Op) -> list[str]:
    if isinstance(type_, int):
        return [f"(type {type_})"]
    return [
        f"({word} {' '.join(types)})" for word, types in (("param", type_.params), ("result", type_.results)) if types
    ]


def _labels(value: tuple[tuple[int, ...], int], op: Op) -> list[str]:
    return [str(label) for label in (*value[0], value[1])]


def _call_indirect(value: tuple[int, int], op: Op) -> list[str]:
    typeidx, table = value
    return [*_unless_zero(table), f"(type {typeidx})"]


def _pair(value: tuple[int, int], op: Op) -> list[str]:
    return [str(index) for index in value] if any(value) else []


def _segment(value: tuple[int, int], op: Op) -> list[str]:
    segment, target = value
    return [*_unless_zero(target), str(segment)]


def _optional(value: int, op: Op) -> list[str]:
    return _unless_zero(value)


def _memarg(value: tuple[int, int, int], op: Op) -> list[str]:
    align, offset, memory = value
    words = _unless_zero(memory)
    if offset:
        words.append(f"offset={offset}")
    if 1 << align != op.width:
        words.append(f"align={1 << align}")
    return words


def _memarg_lane(value: tuple[int, int, int, int], op: Op) -> list[str]:
    return [*_memarg(value[:3], op), str(value[3])]


def _v128(value: int, op: Op) -> list[str]:
    return ["i32x4", *(f"0x{value >> bits & 0xFFFFFFFF:x}" for bits in range(0, 128, 32))]


def _try_table(value: tuple[FuncType | int, tuple[Catch, ...]], op: Op) -> list[str]:
    type_, clauses = value
    words = _block(type_, op)
    for kind, tag, label in clauses:
        words.append(f"({kind} {label})" if tag is None else f"({kind} {tag} {label})")
    return words


def _types(value: tuple[str, ...], op: Op) -> list[str]:
    return [f"(result {' '.join(value)})"]


def _heaptype(value: str, op: Op) -> list[str]:
    if op.mnemonic.startswith("ref.null"):
        return [heap_of(value)]
    return [reference(heap_of(value), op.mnemonic.endswith("_null"))]


def _cast(value: tuple[int, str, str], op: Op) -> list[str]:
    return [str(item) for item in value]


def _indices(value: tuple[int, int], op: Op) -> list[str]:
    return [str(index) for index in value]


def _signed(bits: int) -> Callable[[int, Op], list[str]]:
    return lambda value, op: [str(value - (1 << bits) if value >> (bits - 1) else value)]


def _float(width: int) -> Callable[[int, Op], list[str]]:
    return lambda value, op: [float_text(value, width)]


def _unless_zero(index: int) -> list[str]:
    return [str(index)] if index else []


_IMMEDIATES: dict[Immediate, Callable[[Any, Op], list[str]]] = {
    "block": _block,
    "label": _index,
    "labels": _labels,
    "func": _index,
    "type": _index,
    "call_indirect": _call_indirect,
    "local": _index,
    "global": _index,
    "table": _index,
    "tables": _pair,
    "elem": _index,
    "elem_table": _segment,
    "memory": _optional,
    "memories": _pair,
    "data": _index,
    "data_memory": _segment,
    "memarg": _memarg,
    "zero": lambda value, op: [],
    "tag": _index,
    "try_table": _try_table,
    "types": _types,
    "heaptype": _heaptype,
    "cast": _cast,
    "field": _indices,
    "count": _indices,
    "type_data": _indices,
    "type_elem": _indices,
    "type_pair": _indices,
    "i32": _signed(32),
    "i64": _signed(64),
    "f32": _float(4),
    "f64": _float(8),
    "v128": _v128,
    "lane": _index,
    "lanes": lambda value, op: [str(lane) for lane in value],
    "memarg_lane": _memarg_lane,
}
