"""Reading instructions (spec: Binary Format / Instructions).

There is one reader for each kind of immediate, and from it and the opcode table one for each opcode byte.  The loop
over a body handles by itself what most instructions are: those without an immediate, and those whose immediate is an
index or a constant of a single byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from wasm2py.runtime.errors import DecodeError
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
from wasm2py.transpile.decode.types import VALUE_TYPES, heap_type, value_type
from wasm2py.transpile.module import Expression, Function, Instr, Module
from wasm2py.transpile.opcodes import BY_CODE, OPS, Immediate, Op, prefixed

#: Reads an immediate at a position: the value and the position behind it.
ImmediateReader: TypeAlias = Callable[[bytes, int], tuple[Any, int]]
#: Reads a whole instruction whose opcode stands at a position.
InstructionReader: TypeAlias = Callable[[bytes, int], tuple[Op, Any, int]]

_EMPTY_BLOCK = 0x40
_BLOCK_TYPES = {code: FuncType((), (valtype,)) for code, valtype in VALUE_TYPES.items()} | {_EMPTY_BLOCK: FuncType()}
_EXPLICIT_MEMORY = 0x40


def _block_type(data: bytes, pos: int) -> tuple[FuncType | int, int]:
    """Empty, a value type, or a typeidx as an s33 that is not negative."""
    index, after = read_signed(data, pos, 33)
    if index >= 0:
        return index, after
    code = index & 0x7F
    if after != pos + 1 or code not in _BLOCK_TYPES:
        raise DecodeError(features.describe(features.TYPES, data[pos], "malformed block type"), pos)
    return _BLOCK_TYPES[code], after


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


def _memarg(data: bytes, pos: int) -> tuple[tuple[int, int, int], int]:
    """Alignment, where its bit 6 is set a memidx, and an offset, which may have 64 bits as far as the format goes."""
    flags, after = read_u32(data, pos)
    if flags >= 0x80:
        raise DecodeError("malformed memop flags", pos)
    memory, after = read_u32(data, after) if flags & _EXPLICIT_MEMORY else (0, after)
    offset, after = read_u64(data, after)
    return (flags & ~_EXPLICIT_MEMORY, offset, memory), after


def _types(data: bytes, pos: int) -> tuple[tuple[ValType, ...], int]:
    reader = Reader(data, pos)
    return reader.vector(value_type), reader.pos


def _heap_type(data: bytes, pos: int) -> tuple[ValType, int]:
    reader = Reader(data, pos)
    return heap_type(reader), reader.pos


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


def _nothing(data: bytes, pos: int) -> tuple[None, int]:
    return None, pos


IMMEDIATES: dict[Immediate, ImmediateReader] = {
    "block": _block_type,
    "label": read_u32,
    "labels": _labels,
    "func": read_u32,
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
    "types": _types,
    "heaptype": _heap_type,
    "i32": _i32,
    "i64": _i64,
    "f32": _f32,
    "f64": _f64,
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

# Structure: what an opener, `else` and `end` do to the list of open blocks, which tells for each whether `else` may
# follow.  False means that the expression is over.


def _open_block(blocks: list[bool], pos: int) -> bool:
    blocks.append(False)
    return True


def _open_if(blocks: list[bool], pos: int) -> bool:
    blocks.append(True)
    return True


def _else(blocks: list[bool], pos: int) -> bool:
    if not blocks or not blocks[-1]:
        raise DecodeError("END opcode expected", pos)
    blocks[-1] = False
    return True


def _end(blocks: list[bool], pos: int) -> bool:
    if not blocks:
        return False
    blocks.pop()
    return True


_STRUCTURE: dict[int, Callable[[list[bool], int], bool]] = {
    OPS["block"].code: _open_block,
    OPS["loop"].code: _open_block,
    OPS["if"].code: _open_if,
    OPS["else"].code: _else,
    OPS["end"].code: _end,
}

# For the loop: by opcode byte, the instruction, and which first bytes of its immediate are the whole immediate: all
# below the limit.  _BARE marks instructions without an immediate; a limit of 0 sends everything to the readers above.

_BARE = -1
_ONE_BYTE: dict[Immediate | None, int] = {
    "label": 0x80,
    "func": 0x80,
    "local": 0x80,
    "global": 0x80,
    "table": 0x80,
    "memory": 0x80,
    "i32": 0x40,  # from 0x40 on the byte is negative
    "i64": 0x40,
    None: _BARE,
}


def _limit(code: int) -> int:
    if code not in BY_CODE or code in _STRUCTURE:
        return 0
    return _ONE_BYTE.get(BY_CODE[code].immediate, 0)


_OPS: tuple[Op, ...] = tuple(BY_CODE.get(code, OPS["unreachable"]) for code in range(256))
_LIMITS: tuple[int, ...] = tuple(_limit(code) for code in range(256))


def _read_instructions(data: bytes, pos: int) -> tuple[list[Instr], int]:
    """The instructions of an expression, its `end` included, and the position behind them."""
    ops, limits, structure = _OPS, _LIMITS, _STRUCTURE
    blocks: list[bool] = []
    instructions: list[Instr] = []
    append = instructions.append
    try:
        while True:
            code = data[pos]
            limit = limits[code]
            if limit < 0:
                append((ops[code], None, pos))
                pos += 1
            elif limit and data[pos + 1] < limit:
                append((ops[code], data[pos + 1], pos))
                pos += 2
            else:
                op, immediate, after = _INSTRUCTIONS[code](data, pos)
                append((op, immediate, pos))
                if code in structure and not structure[code](blocks, pos):
                    return instructions, after
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
    if module.data_count is None and module.data.find(_DATA_PREFIX, function.start, function.end) >= 0:
        _refuse_data_indices(instructions)
    return instructions


def _refuse_data_indices(instructions: list[Instr]) -> None:
    for op, _, offset in instructions:
        if op in _DATA_OPS:
            raise DecodeError("data count section required", offset)


_DATA_OPS = frozenset(op for op in OPS.values() if op.immediate in ("data", "data_memory"))
_DATA_PREFIX = b"\xfc"


def check_bodies(module: Module) -> None:
    """Read the instructions of every function of a module; raises `DecodeError` where any are malformed."""
    for function in module.functions:
        decode_body(module, function)
