"""Sections: what well-formed ones hold, and each way of being malformed (spec: Binary Format / Modules)."""

from __future__ import annotations

import hashlib

import pytest
from unit.wasm_builder import (
    CODE,
    DATA,
    DATA_COUNT,
    ELEM,
    EXPORT,
    FUNCTION,
    GLOBAL,
    HEADER,
    IMPORT,
    MEMORY,
    START,
    TABLE,
    TYPE,
    body,
    custom,
    export,
    func_type,
    import_,
    module,
    section,
    vec_section,
)
from wasm2py.runtime.errors import DecodeError
from wasm2py.runtime.types import FuncType, GlobalType, Limits, MemoryType, TableType
from wasm2py.transpile.decode import check_bodies, decode_module
from wasm2py.transpile.decode.sections import SectionSpan, section_spans
from wasm2py.transpile.opcodes import OPS

TYPES = vec_section(TYPE, func_type("->"))
FUNCTIONS = vec_section(FUNCTION, b"\0")
ONE_FUNCTION = TYPES + FUNCTIONS


def test_empty_module() -> None:
    decoded = decode_module(HEADER)
    assert (decoded.data, decoded.hash) == (HEADER, hashlib.sha256(HEADER).digest())
    assert (decoded.types, decoded.functions, decoded.customs) == ((), (), ())


def test_every_section() -> None:
    decoded = decode_module(
        module(
            vec_section(TYPE, func_type("->"), func_type("i32 i64 -> f32 externref")),
            vec_section(
                IMPORT,
                import_(0, b"\1", "f"),
                import_(1, b"\x70\1\1\2", "t"),
                import_(2, b"\0\3", "m"),
                import_(3, b"\x7c\1", "g"),
            ),
            vec_section(FUNCTION, b"\0"),
            vec_section(TABLE, b"\x6f\0\x07"),
            vec_section(MEMORY, b"\1\1\2"),
            vec_section(GLOBAL, b"\x7f\0\x41\x2a\x0b"),
            vec_section(EXPORT, export("run", "func", 1), export("", "memory", 0)),
            section(START, b"\1"),
            vec_section(ELEM, b"\0\x41\0\x0b\1\0"),
            section(DATA_COUNT, b"\1"),
            vec_section(CODE, body("", b"\2\2\x7f\1\x7c")),
            vec_section(DATA, b"\1\3abc"),
            custom("note", b"content"),
        )
    )
    assert decoded.types == (FuncType(), FuncType(("i32", "i64"), ("f32", "externref")))
    assert [(item.module, item.name, item.type) for item in decoded.imports] == [
        ("m", "f", 1),
        ("m", "t", TableType("funcref", Limits(1, 2))),
        ("m", "m", MemoryType(Limits(3))),
        ("m", "g", GlobalType("f64", True)),
    ]
    assert [table.type for table in decoded.tables] == [TableType("externref", Limits(7))]
    assert [memory.type for memory in decoded.memories] == [MemoryType(Limits(1, 2))]
    assert [(item.type, [step[:2] for step in item.init]) for item in decoded.globals] == [
        (GlobalType("i32"), [(OPS["i32.const"], 42)])
    ]
    assert [(item.name, item.kind, item.index) for item in decoded.exports] == [("run", "func", 1), ("", "memory", 0)]
    assert (decoded.start, decoded.data_count) == (1, 1)
    (function,) = decoded.functions
    assert (function.type_index, function.locals, function.end - function.start) == (0, ((2, "i32"), (1, "f64")), 1)
    assert decoded.data[function.start] == 0x0B
    assert decoded.customs == (("note", b"content"),)


@pytest.mark.parametrize(
    ("encoded", "mode", "type_", "table", "items"),
    [
        (b"\0\x41\0\x0b\1\0", "active", "(ref func)", 0, [("ref.func", 0)]),
        (b"\1\0\2\0\1", "passive", "(ref func)", 0, [("ref.func", 0), ("ref.func", 1)]),
        (b"\2\1\x41\0\x0b\0\1\0", "active", "(ref func)", 1, [("ref.func", 0)]),
        (b"\3\0\1\0", "declarative", "(ref func)", 0, [("ref.func", 0)]),
        (b"\4\x41\0\x0b\1\xd0\x70\x0b", "active", "funcref", 0, [("ref.null", "funcref")]),
        (b"\5\x6f\1\xd0\x6f\x0b", "passive", "externref", 0, [("ref.null", "externref")]),
        (b"\6\2\x41\0\x0b\x6f\1\x23\0\x0b", "active", "externref", 2, [("global.get", 0)]),
        (b"\7\x70\1\xd2\3\x0b", "declarative", "funcref", 0, [("ref.func", 3)]),
    ],
)  # fmt: skip
def test_element_segment(encoded: bytes, mode: str, type_: str, table: int, items: list[object]) -> None:
    (elem,) = decode_module(module(vec_section(ELEM, encoded))).elems
    assert (elem.mode, elem.type, elem.table) == (mode, type_, table)
    assert [(op.mnemonic, value) for ((op, value, _),) in elem.items] == items
    assert len(elem.table_offset) == (mode == "active")


@pytest.mark.parametrize(
    ("encoded", "mode", "memory"),
    [(b"\0\x41\0\x0b\2ab", "active", 0), (b"\1\2ab", "passive", 0), (b"\2\3\x41\0\x0b\2ab", "active", 3)],
)
def test_data_segment(encoded: bytes, mode: str, memory: int) -> None:
    (data,) = decode_module(module(vec_section(DATA, encoded))).datas
    assert (data.mode, data.memory, data.data) == (mode, memory, b"ab")
    assert len(data.memory_offset) == (mode == "active")


def test_offsets_of_definitions() -> None:
    decoded = decode_module(module(vec_section(GLOBAL, b"\x7f\0\x41\0\x0b", b"\x7f\0\x41\1\x0b")))
    assert [item.offset for item in decoded.globals] == [11, 16]
    assert decoded.globals[1].init == ((OPS["i32.const"], 1, 18),)


def test_custom_sections_anywhere() -> None:
    decoded = decode_module(module(custom("a", b"1"), TYPES, custom("b", b""), FUNCTIONS, vec_section(CODE, body(""))))
    assert decoded.customs == (("a", b"1"), ("b", b""))


def test_section_spans() -> None:
    data = module(TYPES, custom("a", b"123"))
    assert section_spans(data) == (SectionSpan("type", 10, 4), SectionSpan("custom", 16, 5))


MALFORMED: list[tuple[bytes, str, int]] = [
    (b"", "unexpected end", 0),
    (b"\0as", "unexpected end", 3),
    (b"wasm\1\0\0\0", "magic header not detected", 0),
    (b"\0asm\1\0", "unexpected end", 6),
    (b"\0asm\x0d\0\1\0", "unknown binary version", 4),
    (module(b"\x0e\0"), "malformed section id 0e", 8),
    (module(b"\x0d\3\1\1\0"), "malformed tag attribute 01", 11),
    (module(b"\1"), "unexpected end of section or function", 9),
    (module(b"\1\5\0"), "length out of bounds", 9),
    (module(b"\0\0"), "unexpected end of section or function", 10),
    (module(b"\0\1\1\x61"), "unexpected end of section or function", 11),
    (module(section(0, b"\1\xff")), "malformed UTF-8 encoding", 11),
    (module(TYPES, TYPES), "unexpected content after last section", 14),
    (module(vec_section(IMPORT), vec_section(TYPE)), "unexpected content after last section", 11),
    (module(vec_section(CODE), section(DATA_COUNT, b"\0")), "unexpected content after last section", 11),
    (module(section(TYPE, b"\1\x60\0\0\x60\0\0")), "section size mismatch", 10),
    (
        module(section(TYPE, b"\1\x4d")),
        "malformed definition type 4d: descriptor needs the custom-descriptors feature",
        11,
    ),
    (module(section(TYPE, b"\1\x5e\x7f\2")), "malformed mutability 02", 13),
    (module(section(TYPE, b"\1\x40")), "malformed definition type 40", 11),
    (module(section(TYPE, b"\1\xe0\x7f\0\0")), "integer representation too long", 12),
    (module(section(TYPE, b"\1\x60\1\x40\0")), "malformed value type 40", 13),
    (module(vec_section(IMPORT, b"\0\0\5")), "malformed import kind 05", 13),
    (module(vec_section(IMPORT, b"\0\0\4\1\0")), "malformed tag attribute 01", 14),
    (module(vec_section(TABLE, b"\x7f\0\0")), "malformed reference type 7f", 11),
    (module(vec_section(TABLE, b"\x40\1\x70\0\0\xd0\x70\x0b")), "zero byte expected", 12),
    (module(vec_section(TABLE, b"\x70\x10")), "malformed limits flags 10", 12),
    (module(vec_section(MEMORY, b"\x81\0\0")), "malformed limits flags 81", 11),
    (module(vec_section(MEMORY, b"\x10\0")), "malformed limits flags 10", 11),
    (module(vec_section(MEMORY, b"\x08\0\x40")), "invalid custom page size", 13),
    (module(vec_section(TABLE, b"\x70\3\0\0")), "malformed limits flags 03", 12),
    (module(section(MEMORY, b"\1")), "unexpected end of section or function", 11),
    (module(vec_section(GLOBAL, b"\x7f\2\x41\0\x0b")), "malformed mutability 02", 12),
    (module(vec_section(GLOBAL, b"\x7f\0\x41\0"), vec_section(EXPORT)), "unexpected end of section or function", 15),
    (module(vec_section(GLOBAL, b"\x7f\0\x41\0"), vec_section(ELEM)), "unexpected end of section or function", 15),
    (module(vec_section(GLOBAL, b"\x7f\0\xf3")), "illegal opcode f3", 13),
    (module(vec_section(EXPORT, b"\0\5\0")), "malformed export kind 05", 12),
    (module(vec_section(ELEM, b"\x08")), "malformed elements segment kind 08", 11),
    (module(vec_section(ELEM, b"\1\x70\0")), "malformed element kind 70", 12),
    (module(vec_section(ELEM, b"\5\x7f\0")), "malformed reference type 7f", 12),
    (module(vec_section(DATA, b"\3")), "malformed data segment kind 03", 11),
    (module(vec_section(DATA, b"\1\5ab")), "unexpected end of section or function", 15),
    (module(vec_section(DATA, b"\1\1ab")), "section size mismatch", 10),
    (module(ONE_FUNCTION), "function and code section have inconsistent lengths", 18),
    (module(vec_section(CODE, body(""))), "function and code section have inconsistent lengths", 14),
    (module(section(DATA_COUNT, b"\1")), "data count and data section have inconsistent lengths", 11),
    (module(section(DATA_COUNT, b"\3"), vec_section(DATA, b"\1\0")),
     "data count and data section have inconsistent lengths", 16),
    (module(ONE_FUNCTION, vec_section(CODE, body("", b"\2\xff\xff\xff\xff\x0f\x7f\2\x7e"))), "too many locals", 22),
    (module(ONE_FUNCTION, vec_section(CODE, body("", b"\1\x80\x80\x80\x80\x10\x7f"))), "integer too large", 27),
    (module(ONE_FUNCTION, vec_section(CODE, b"\1\1\x01\x7f\x0b")), "section size mismatch", 22),
    (module(ONE_FUNCTION, vec_section(CODE, b"\x70\0\x0b")), "length out of bounds", 21),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message", "offset"), MALFORMED)
def test_malformed_module(data: bytes, message: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_module(data)
    assert (caught.value.message, caught.value.offset) == (message, offset)


def test_a_body_is_blamed_rather_than_the_sizes_around_it() -> None:
    data = module(ONE_FUNCTION, section(CODE, b"\1\4\0\x41\x80\x80\x80\x80\x80\0\x1a\x0b"))
    with pytest.raises(DecodeError) as caught:
        decode_module(data)
    assert (caught.value.message, caught.value.offset) == ("integer representation too long", 29)


def test_every_prefix_of_a_module_is_decoded_or_refused() -> None:
    whole = module(ONE_FUNCTION, vec_section(EXPORT, export("f", "func", 0)), vec_section(CODE, body("41001a")))
    lengths = []
    for length in range(len(whole) + 1):
        try:
            check_bodies(decode_module(whole[:length]))
            lengths.append(length)
        except DecodeError as error:
            assert 0 <= error.offset <= length
    assert lengths == [8, 14, len(whole)]
