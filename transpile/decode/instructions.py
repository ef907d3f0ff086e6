"""Reading instructions (spec: Binary Format / Instructions).

There is one reader for each kind of immediate, and from it and the opcode table one for each opcode byte.  The loop
over a body handles by itself what most instructions are: those without an immediate, those whose immediate is a small
index, constant or offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from wasm2py.runtime.errors import DecodeError
from wasm2py.runtime.references import heap_of, reference
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.decode import features
from wasm2py.transpile.decode.reader import (
    UNEXPECTED_END,
    Reader,
    read_fixed,
    read_signed,
    read_u32,
    read_u64,
)
from wasm2py.transpile.decode.types import REFERENCES, VALUE_TYPES, heap_type, value_type
from wasm2py.transpile.module import Expression, Function, Instr, Module
from wasm2py.transpile.opcodes import BY_CODE, CATCHES, OPS, Catch, Immediate, Op, prefixed

#: Reads an immediate at a position: the value and the position behind it.
ImmediateReader: TypeAlias = Callable[[bytes, int], tuple[Any, int]]
#: Reads a whole instruction whose opcode stands at a position.
InstructionReader: TypeAlias = Callable[[bytes, int], tuple[Op, Any, int]]

_EMPTY_BLOCK = 0x40
_BLOCK_TYPES = {code: FuncType((), (valtype,)) for code, valtype in VALUE_TYPES.items()} | {_EMPTY_BLOCK: FuncType()}
_EXPLICIT_MEMORY = 0x40


def _block_type(data: bytes, pos: int) -> tuple[FuncType | int, int]:
    """Empty, a value type, or a typeidx as an s33 that is not negative."""
    if data[pos] in _BLOCK_TYPES:
        return _BLOCK_TYPES[data[pos]], pos + 1
    index, after = read_signed(data, pos, 33)
    if index >= 0:
        return index, after
    if data[pos] in REFERENCES:
        reader = Reader(data, pos)
        return FuncType((), (value_type(reader),)), reader.pos
    raise DecodeError(features.describe(features.TYPES, data[pos], "malformed block type"), pos)


def _pair(data: bytes, pos: int) -> tuple[tuple[int, int], int]:
    first, pos = read_u32(data, pos)
    second, pos = read_u32(data, pos)
    return (first, second), pos


def _labels(data: bytes, pos: int) -> tuple[tuple[tuple[int, ...], int], int]:
    count, pos = read_u32(data, pos)
    labels = []
    for _ in range(count):
        label, pos = read_u32(data, pos)
        labels.append(label)
    default, pos = read_u32(data, pos)
    return (tuple(labels), default), pos


def _try_table(data: bytes, pos: int) -> tuple[tuple[FuncType | int, tuple[Catch, ...]], int]:
    type_, pos = _block_type(data, pos)
    count, pos = read_u32(data, pos)
    clauses = []
    for _ in range(count):
        clause, pos = _catch(data, pos)
        clauses.append(clause)
    return (type_, tuple(clauses)), pos


def _catch(data: bytes, pos: int) -> tuple[Catch, int]:
    """One clause of a `try_table`: its kind, a tag unless it catches all, and a label."""
    kind = data[pos]
    if kind >= len(CATCHES):
        raise DecodeError(f"malformed catch clause {kind:02x}", pos)
    tag, pos = (None, pos + 1) if CATCHES[kind].startswith("catch_all") else read_u32(data, pos + 1)
    label, pos = read_u32(data, pos)
    return (CATCHES[kind], tag, label), pos


def _memarg(data: bytes, pos: int) -> tuple[tuple[int, int, int], int]:
    """Alignment, where its bit 6 is set a memidx, and an offset, which may have 64 bits as far as the format goes."""
    flags, after = read_u32(data, pos)
    if flags >= 0x80:
        raise DecodeError("malformed memop flags", pos)
    memory, after = read_u32(data, after) if flags & _EXPLICIT_MEMORY else (0, after)
    offset, after = read_u64(data, after)
    return (flags & ~_EXPLICIT_MEMORY, offset, memory), after


def _memarg_lane(data: bytes, pos: int) -> tuple[tuple[int, int, int, int], int]:
    memarg, pos = _memarg(data, pos)
    return (*memarg, data[pos]), pos + 1


def _lane(data: bytes, pos: int) -> tuple[int, int]:
    return data[pos], pos + 1


def _lanes(data: bytes, pos: int) -> tuple[bytes, int]:
    return read_fixed(data, pos, 16)[0].to_bytes(16, "little"), pos + 16


def _zero(data: bytes, pos: int) -> tuple[None, int]:
    if data[pos]:
        raise DecodeError("zero byte expected", pos)
    return None, pos + 1


def _types(data: bytes, pos: int) -> tuple[tuple[ValType, ...], int]:
    reader = Reader(data, pos)
    return reader.vector(value_type), reader.pos


def _heap_type(data: bytes, pos: int) -> tuple[ValType, int]:
    reader = Reader(data, pos)
    return heap_type(reader), reader.pos


def _cast(data: bytes, pos: int) -> tuple[tuple[int, ValType, ValType], int]:
    """Which of two types are nullable, a label, and the heap types of both."""
    flags = data[pos]
    if flags > 3:
        raise DecodeError(f"malformed cast flags {flags:02x}", pos)
    label, pos = read_u32(data, pos + 1)
    given, pos = _heap_type(data, pos)
    wanted, pos = _heap_type(data, pos)
    return (label, reference(heap_of(given), bool(flags & 1)), reference(heap_of(wanted), bool(flags & 2))), pos


def _i32(data: bytes, pos: int) -> tuple[int, int]:
    value, pos = read_signed(data, pos, 32)
    return value & 0xFFFFFFFF, pos


def _i64(data: bytes, pos: int) -> tuple[int, int]:
    value, pos = read_signed(data, pos, 64)
    return value & 0xFFFFFFFFFFFFFFFF, pos


def _f32(data: bytes, pos: int) -> tuple[int, int]:
    return read_fixed(data, pos, 4)


def _f64(data: bytes, pos: int) -> tuple[int, int]:
    return read_fixed(data, pos, 8)


def _v128(data: bytes, pos: int) -> tuple[int, int]:
    return read_fixed(data, pos, 16)


def _nothing(data: bytes, pos: int) -> tuple[None, int]:
    return None, pos


IMMEDIATES: dict[Immediate, ImmediateReader] = {
    "block": _block_type,
    "label": read_u32,
    "labels": _labels,
    "func": read_u32,
    "type": read_u32,
    "call_indirect": _pair,
    "local": read_u32,
    "global": read_u32,
    "table": read_u32,
    "tables": _pair,
    "elem": read_u32,
    "elem_table": _pair,
    "memory": read_u32,
    "memories": _pair,
    "data": read_u32,
    "data_memory": _pair,
    "memarg": _memarg,
    "zero": _zero,
    "tag": read_u32,
    "try_table": _try_table,
    "types": _types,
    "heaptype": _heap_type,
    "cast": _cast,
    "field": _pair,
    "count": _pair,
    "type_data": _pair,
    "type_elem": _pair,
    "type_pair": _pair,
    "i32": _i32,
    "i64": _i64,
    "f32": _f32,
    "f64": _f64,
    "v128": _v128,
    "lane": _lane,
    "lanes": _lanes,
    "memarg_lane": _memarg_lane,
}


def _reader_of(op: Op) -> InstructionReader:
    """Reads `op`, whose opcode is one byte."""
    read = IMMEDIATES[op.immediate] if op.immediate else _nothing

    def instruction(data: bytes, pos: int) -> tuple[Op, Any, int]:
        immediate, pos = read(data, pos + 1)
        return op, immediate, pos

    return instruction


def _prefixed(data: bytes, pos: int) -> tuple[Op, Any, int]:
    """An instruction of two parts: a prefix byte and a u32."""
    prefix = data[pos]
    sub, after = read_u32(data, pos + 1)
    op = BY_CODE.get(prefixed(prefix, sub))
    if op is None:
        raise DecodeError(features.describe_prefixed(prefix, sub), pos)
    immediate, after = IMMEDIATES[op.immediate](data, after) if op.immediate else (None, after)
    return op, immediate, after


def _illegal(data: bytes, pos: int) -> tuple[Op, Any, int]:
    raise DecodeError(features.describe(features.OPCODES, data[pos], "illegal opcode"), pos)


def _by_byte(code: int) -> InstructionReader:
    if code in features.PREFIXES:
        return _prefixed
    return _reader_of(BY_CODE[code]) if code in BY_CODE else _illegal


_INSTRUCTIONS: tuple[InstructionReader, ...] = tuple(_by_byte(code) for code in range(256))

# Structure: what openers and what stands between parts do to the list of open blocks, which tells what may follow in
# each besides its end: nothing, `else`, or a handler, before the first of which there may be `delegate` instead.

_NOTHING, _ELSE, _DELEGATE, _HANDLER = range(4)


def _open_block(blocks: list[int], pos: int) -> None:
    blocks.append(_NOTHING)


def _open_if(blocks: list[int], pos: int) -> None:
    blocks.append(_ELSE)


def _open_try(blocks: list[int], pos: int) -> None:
    blocks.append(_DELEGATE)


def _follows(blocks: list[int], pos: int, *wanted: int) -> None:
    if not blocks or blocks[-1] not in wanted:
        raise DecodeError("END opcode expected", pos)


def _else(blocks: list[int], pos: int) -> None:
    _follows(blocks, pos, _ELSE)
    blocks[-1] = _NOTHING


def _catch_part(blocks: list[int], pos: int) -> None:
    _follows(blocks, pos, _DELEGATE, _HANDLER)
    blocks[-1] = _HANDLER


def _catch_all(blocks: list[int], pos: int) -> None:
    _follows(blocks, pos, _DELEGATE, _HANDLER)
    blocks[-1] = _NOTHING


def _delegate(blocks: list[int], pos: int) -> None:
    _follows(blocks, pos, _DELEGATE)
    blocks.pop()


_STRUCTURE: dict[int, Callable[[list[int], int], None]] = {
    OPS["block"].code: _open_block,
    OPS["loop"].code: _open_block,
    OPS["if"].code: _open_if,
    OPS["try_table"].code: _open_block,
    OPS["else"].code: _else,
    OPS["try"].code: _open_try,
    OPS["catch"].code: _catch_part,
    OPS["catch_all"].code: _catch_all,
    OPS["delegate"].code: _delegate,
}

# For the loop: by opcode byte, the instruction, and its shape. A shape above zero tells which bytes of an immediate are
# its last: those below this limit. Those below zero are named here; zero sends all to the readers above.

_BARE, _END_SHAPE, _MEMARG_SHAPE = -1, -2, -3
_INDEX = 0x80
_SHAPES_OF: dict[Immediate | None, int] = {
    "label": _INDEX,
    "func": _INDEX,
    "type": _INDEX,
    "local": _INDEX,
    "global": _INDEX,
    "table": _INDEX,
    "memory": _INDEX,
    "tag": _INDEX,
    "i32": 0x40,  # from 0x40 on the number is negative
    "i64": 0x40,
    "memarg": _MEMARG_SHAPE,
    None: _BARE,
}


def _shape(code: int) -> int:
    if code == OPS["end"].code:
        return _END_SHAPE
    if code not in BY_CODE or code in _STRUCTURE:
        return 0
    return _SHAPES_OF.get(BY_CODE[code].immediate, 0)


_OPS: tuple[Op, ...] = tuple(BY_CODE.get(code, OPS["unreachable"]) for code in range(256))
_SHAPES: tuple[int, ...] = tuple(_shape(code) for code in range(256))


def _read_instructions(data: bytes, pos: int) -> tuple[list[Instr], int]:
    """The instructions of an expression, its `end` included, and the position behind them."""
    ops, shapes = _OPS, _SHAPES
    blocks: list[int] = []
    instructions: list[Instr] = []
    append = instructions.append
    try:
        while True:
            code = data[pos]
            shape = shapes[code]
            if shape > 0:
                byte = data[pos + 1]
                if byte < shape:
                    append((ops[code], byte, pos))
                    pos += 2
                    continue
                if byte >= 0x80 and data[pos + 2] < shape:
                    append((ops[code], byte & 0x7F | data[pos + 2] << 7, pos))
                    pos += 3
                    continue
            elif shape == _BARE:
                append((ops[code], None, pos))
                pos += 1
                continue
            elif shape == _MEMARG_SHAPE:
                alignment, offset = data[pos + 1], data[pos + 2]
                if alignment < _EXPLICIT_MEMORY and offset < 0x80:
                    append((ops[code], (alignment, offset, 0), pos))
                    pos += 3
                    continue
                if alignment < _EXPLICIT_MEMORY and data[pos + 3] < 0x80:
                    append((ops[code], (alignment, offset & 0x7F | data[pos + 3] << 7, 0), pos))
                    pos += 4
                    continue
            elif shape == _END_SHAPE:
                append((ops[code], None, pos))
                pos += 1
                if not blocks:
                    return instructions, pos
                blocks.pop()
                continue
            op, immediate, after = _INSTRUCTIONS[code](data, pos)
            append((op, immediate, pos))
            if code in _STRUCTURE:
                _STRUCTURE[code](blocks, pos)
            pos = after
    except IndexError:
        raise DecodeError(UNEXPECTED_END, len(data)) from None


def read_expression(reader: Reader) -> Expression:
    """A constant expression, without its `end`."""
    try:
        instructions, reader.pos = _read_instructions(reader.data, reader.pos)
    except DecodeError as error:
        if error.offset >= reader.end:
            raise DecodeError(UNEXPECTED_END, reader.end) from None
        raise
    return tuple(instructions[:-1])


def read_body(data: bytes, start: int, end: int) -> list[Instr]:
    """The instructions of an expression, its `end` included, that must be all that stands from `start` to `end`."""
    instructions, actual_end = _read_instructions(data, start)
    if actual_end != end:
        raise DecodeError("section size mismatch", min(actual_end, end))
    return instructions


def decode_body(module: Module, function: Function) -> list[Instr]:
    """The instructions of a function of `module`, its final `end` included (spec: Binary Format / Code Section).

    Raises `DecodeError` where they are malformed or not as long as they are said to be.
    """
    instructions = read_body(module.data, function.start, function.end)
    if module.data_count is None and _MAYBE_DATA.search(module.data, function.start, function.end):
        _refuse_data_indices(instructions)
    return instructions


def _refuse_data_indices(instructions: list[Instr]) -> None:
    for op, _, offset in instructions:
        if op in _DATA_OPS:
            raise DecodeError("data count section required", offset)


_DATA_OPS = frozenset(op for op in OPS.values() if op.immediate in ("data", "data_memory", "type_data"))
#: How those begin: with their number in one byte, or in more than it needs.
_MAYBE_DATA = re.compile(rb"\xfc[\x08\x09\x88\x89]|\xfb[\x09\x12\x89\x92]")


def check_bodies(module: Module) -> None:
    """Read the instructions of every function of a module; raises `DecodeError` where any are malformed."""
    for function in module.functions:
        decode_body(module, function)
