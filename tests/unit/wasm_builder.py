"""A tiny builder of binary modules, valid and otherwise, for the tests of the decoder and the validator.

Everything is bytes; a body is written as the hexadecimal digits of its instructions.
"""

from __future__ import annotations

from collections.abc import Iterable

HEADER = b"\0asm\1\0\0\0"

CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEM, CODE, DATA, DATA_COUNT = range(13)

VALUE_TYPES = {"i32": 0x7F, "i64": 0x7E, "f32": 0x7D, "f64": 0x7C, "funcref": 0x70, "externref": 0x6F}
KINDS = {"func": 0, "table": 1, "memory": 2, "global": 3}


def leb(value: int) -> bytes:
    """An unsigned integer in LEB128."""
    result = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        result.append(low | 0x80 if value else low)
        if not value:
            return bytes(result)


def vec(items: Iterable[bytes]) -> bytes:
    items = list(items)
    return leb(len(items)) + b"".join(items)


def name(text: str) -> bytes:
    encoded = text.encode()
    return leb(len(encoded)) + encoded


def section(number: int, content: bytes) -> bytes:
    return bytes([number]) + leb(len(content)) + content


def vec_section(number: int, *items: bytes) -> bytes:
    return section(number, vec(items))


def custom(title: str, content: bytes) -> bytes:
    return section(CUSTOM, name(title) + content)


def module(*sections: bytes) -> bytes:
    return HEADER + b"".join(sections)


def func_type(signature: str) -> bytes:
    """A function type from `i32 i64 -> f32`."""
    params, results = (side.split() for side in signature.split("->"))
    return b"\x60" + b"".join(vec(bytes([VALUE_TYPES[word]]) for word in side) for side in (params, results))


def body(instructions: str, locals_: bytes = b"\0") -> bytes:
    """An entry of the code section; the final `end` is added."""
    content = locals_ + bytes.fromhex(instructions) + b"\x0b"
    return leb(len(content)) + content


def export(title: str, kind: str, index: int) -> bytes:
    return name(title) + bytes([KINDS[kind]]) + leb(index)


def import_(kind: int, type_: bytes, title: str = "n") -> bytes:
    return name("m") + name(title) + bytes([kind]) + type_


def world(
    instructions: str,
    signature: str = "->",
    locals_: bytes = b"\0",
    memories: int = 1,
    data_count: bool = True,
) -> bytes:
    """A module around one body: a bit of everything that an instruction can refer to.

    Types: 0 is the body's, 1 `->`, 2 `i32 -> i32`, 3 `i32 i64 ->`.  Functions: 0 an import of type 2, 1 the body, 2 of
    type 1 and declared by nothing.  Tables: 0 funcref, 1 externref.  Globals: 0 mutable i32, 1 i64, 2 mutable f64.
    Elem segments: 0 funcref passive (declares function 1), 1 externref passive.  One passive data segment.
    """
    signatures = (signature, "->", "i32 -> i32", "i32 i64 ->")
    sections = [
        vec_section(TYPE, *map(func_type, signatures)),
        vec_section(IMPORT, import_(0, b"\2")),
        vec_section(FUNCTION, b"\0", b"\1"),
        vec_section(TABLE, b"\x70\0\x05", b"\x6f\0\x05"),
        vec_section(MEMORY, *[b"\0\1"] * memories),
        vec_section(GLOBAL, b"\x7f\1\x41\0\x0b", b"\x7e\0\x42\0\x0b", b"\x7c\1\x44" + bytes(8) + b"\x0b"),
        vec_section(ELEM, b"\1\0\1\1", b"\5\x6f\1\xd0\x6f\x0b"),
        section(DATA_COUNT, b"\1"),
        vec_section(CODE, body(instructions, locals_), body("")),
        vec_section(DATA, b"\1\2ab"),
    ]
    if not data_count:
        del sections[7]
    return module(*sections)
