"""Binary modules taken apart into sections, and made tame: memories and tables that stay small, NaNs that are settled.

Which NaN an operation gives is not determined.  In a module that is settled, a call behind each operation that makes
NaNs makes them canonical; it behaves the same in every implementation.
"""

from __future__ import annotations

from collections.abc import Iterable

from property.encoder import END, TYPE_CODES, code, composite_type, name, unsigned, vector
from property.operands import CANONICAL_NAN, CANONICAL_NANS
from property.vectors import unsettles
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.decode.instructions import decode_body
from wasm2py.transpile.module import Function, Module
from wasm2py.transpile.opcodes import OPS, Op

TYPE, FUNCTION, TABLE, MEMORY, CODE = 1, 3, 4, 5, 10
HEADER = b"\0asm\1\0\0\0"
#: By how much memories (in pages) and tables that know no limit may grow.
GROWTH = 4
_HAS_MAXIMUM = 1
_LONG_REFERENCES = (0x63, 0x64)
#: What tables begin with that say what their elements are at first.
_WITH_INIT = b"\x40\0"


def read_unsigned(data: bytes, pos: int) -> tuple[int, int]:
    """A LEB128 natural number at a position, and the position behind it."""
    result = shift = 0
    while data[pos] & 0x80:
        result |= (data[pos] & 0x7F) << shift
        pos, shift = pos + 1, shift + 7
    return result | data[pos] << shift, pos + 1


def sections(binary: bytes) -> list[tuple[int, bytes]]:
    """The number and the content of each section."""
    found, pos = [], len(HEADER)
    while pos < len(binary):
        size, start = read_unsigned(binary, pos + 1)
        found.append((binary[pos], binary[start : start + size]))
        pos = start + size
    return found


def assembled(parts: Iterable[tuple[int, bytes]]) -> bytes:
    """A module of sections."""
    return HEADER + b"".join(bytes([number]) + name(content) for number, content in parts)


def extended(content: bytes, added: Iterable[bytes]) -> bytes:
    """A section that is a vector, with entries added at its end."""
    count, pos = read_unsigned(content, 0) if content else (0, 0)
    added = list(added)
    return unsigned(count + len(added)) + content[pos:] + b"".join(added)


def entries(content: bytes) -> list[bytes]:
    """What is in a section that is a vector of entries which begin with their sizes."""
    found = []
    count, pos = read_unsigned(content, 0)
    for _ in range(count):
        size, start = read_unsigned(content, pos)
        pos = start + size
        found.append(content[start:pos])
    return found


def limited(module: Module) -> bytes:
    """The module, with memories and tables that cannot grow by much."""
    tables = [table.offset for table in module.tables]
    memories = [memory.offset for memory in module.memories]
    starts, pos = {TABLE: tables, MEMORY: memories}, len(HEADER)
    parts = []
    for number, content in sections(module.data):
        pos = read_unsigned(module.data, pos + 1)[1] + len(content)
        if starts.get(number):
            ends = [*starts[number][1:], pos]
            content = vector([_limited(module.data[i:j]) for i, j in zip(starts[number], ends, strict=True)])
        parts.append((number, content))
    return assembled(parts)


def _limited(entry: bytes) -> bytes:
    """An entry of the table or the memory section, with a maximum."""
    start = len(_WITH_INIT) if entry.startswith(_WITH_INIT) else 0
    if entry[start] in _LONG_REFERENCES:
        _, start = read_unsigned(entry, start + 1)
    elif entry[start] in TYPE_CODES.values():
        start += 1
    flags = entry[start]
    minimum, pos = read_unsigned(entry, start + 1)
    if flags & _HAS_MAXIMUM:
        return entry
    return (
        entry[:start]
        + bytes([flags | _HAS_MAXIMUM])
        + entry[start + 1 : pos]
        + unsigned(minimum + GROWTH)
        + entry[pos:]
    )


#: What NaNs are in, and the type of what has them.
_KINDS: dict[str, ValType] = {"f32": "f32", "f64": "f64", "f32x4": "v128", "f64x2": "v128"}


def settled(module: Module) -> bytes:
    """The module, with a call behind each operation whose NaNs are not determined."""
    first = len(module.imported("func")) + len(module.functions)
    calls = {kind: code(("call", first + i)) for i, kind in enumerate(_KINDS)}
    parts = []
    for number, content in sections(module.data):
        if number == TYPE:
            content = extended(content, (composite_type(FuncType((type_,), (type_,))) for type_ in _KINDS.values()))
        elif number == FUNCTION:
            content = extended(content, (unsigned(len(module.types) + i) for i in range(len(_KINDS))))
        elif number == CODE:
            bodies = zip(module.functions, entries(content), strict=True)
            content = vector([_settled(module, function, body, calls) for function, body in bodies])
            content = extended(content, map(_settler, _KINDS))
        parts.append((number, content))
    return assembled(parts)


def _settled(module: Module, function: Function, body: bytes, calls: dict[str, bytes]) -> bytes:
    """An entry of the code section; its locals are left as they are."""
    locals_ = body[: function.start - function.end]
    instructions = decode_body(module, function)
    ends = [offset for _, _, offset in instructions[1:]] + [function.end]
    spelled = (
        module.data[offset:end] + calls.get(_unsettled(op), b"")
        for (op, _, offset), end in zip(instructions, ends, strict=True)
    )
    return name(locals_ + b"".join(spelled))


def _settler(kind: str) -> bytes:
    """A function that makes NaNs of a kind canonical."""
    type_ = _KINDS[kind]
    get = ("local.get", 0)
    canonical = CANONICAL_NANS[kind] if type_ == "v128" else CANONICAL_NAN[kind]
    choose = "v128.bitselect" if type_ == "v128" else "select"
    return name(b"\0" + code(get, (f"{type_}.const", canonical), get, get, f"{kind}.eq", choose) + END)


_SIGNS = ("abs", "neg", "copysign")


def _unsettled(op: Op) -> str:
    """What kind of NaNs an operation makes, if any."""
    if op.family == "vector":
        return unsettles(op, unsettled=False)
    kind, _, operation = op.mnemonic.partition(".")
    if op.family == "float" and operation not in _SIGNS:
        return kind
    return kind if op in (OPS["f32.demote_f64"], OPS["f64.promote_f32"]) else ""
