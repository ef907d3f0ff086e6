"""Instructions: immediates, structure, and each way of being malformed (spec: Binary Format / Instructions)."""

from __future__ import annotations

from typing import Any

import pytest
from unit.wasm_builder import leb, world
from wasm2py.runtime.errors import DecodeError
from wasm2py.runtime.types import FuncType
from wasm2py.transpile.decode import check_bodies, decode_body, decode_module
from wasm2py.transpile.opcodes import OPS, Op

#: Each kind of immediate: examples as (hexadecimal, value).
IMMEDIATES: dict[str | None, list[tuple[str, Any]]] = {
    None: [("", None)],
    "block": [
        ("40", FuncType()),
        ("7f", FuncType((), ("i32",))),
        ("7c", FuncType((), ("f64",))),
        ("6f", FuncType((), ("externref",))),
        ("05", 5),
        ("8001", 128),
        ("ff00", 127),
    ],
    "label": [("00", 0), ("7f", 127), ("8001", 128), ("8000", 0)],
    "labels": [("0005", ((), 5)), ("0301800102 03", ((1, 128, 2), 3))],
    "func": [("01", 1), ("ff01", 255)],
    "type": [("01", 1), ("ff01", 255)],
    "call_indirect": [("0201", (2, 1)), ("80018102", (128, 257))],
    "local": [("03", 3), ("8080808000", 0)],
    "global": [("03", 3), ("ffffffff0f", 0xFFFFFFFF)],
    "table": [("01", 1), ("8100", 1)],
    "tables": [("0100", (1, 0))],
    "elem": [("04", 4)],
    "elem_table": [("0401", (4, 1))],
    "memory": [("00", 0), ("8100", 1)],
    "memories": [("0001", (0, 1))],
    "data": [("04", 4)],
    "data_memory": [("0400", (4, 0))],
    "memarg": [
        ("0210", (2, 16, 0)),
        ("00808002", (0, 32768, 0)),
        ("420305", (2, 5, 3)),
        ("00ffffffffffffffffff01", (0, 2**64 - 1, 0)),
    ],
    "zero": [("00", None)],
    "tag": [("03", 3), ("8100", 1)],
    "try_table": [
        ("4000", (FuncType(), ())),
        ("03020001020205", (3, (("catch", 1, 2), ("catch_all", None, 5)))),
        ("7f0201800102 0380 01", (FuncType((), ("i32",)), (("catch_ref", 128, 2), ("catch_all_ref", None, 128)))),
    ],
    "types": [("017f", ("i32",)), ("027f70", ("i32", "funcref")), ("00", ())],
    "heaptype": [
        ("70", "funcref"),
        ("6f", "externref"),
        ("69", "exnref"),
        ("6e", "anyref"),
        ("71", "nullref"),
        ("03", "(ref null 3)"),
        ("e400", "(ref null 100)"),
    ],
    "cast": [("03026e05", (2, "anyref", "(ref null 5)")), ("00006b6c", (0, "(ref struct)", "(ref i31)"))],
    **{
        kind: [("0304", (3, 4)), ("80018002", (128, 256))]
        for kind in ("field", "count", "type_data", "type_elem", "type_pair")
    },
    "i32": [("00", 0), ("3f", 63), ("40", 0xFFFFFFC0), ("7f", 0xFFFFFFFF), ("ff00", 127), ("8080808078", 0x80000000)],
    "i64": [("3f", 63), ("7f", 2**64 - 1), ("8080808078", 2**64 - 2**31), ("8080808080808080807f", 2**63)],
    "f32": [("0000c07f", 0x7FC00000), ("010080ff", 0xFF800001)],
    "f64": [("000000000000f0ff", 0xFFF0000000000000)],
    "v128": [("01" + "00" * 14 + "80", 1 << 127 | 1)],
    "lane": [("00", 0), ("ff", 255)],
    "lanes": [("ff" + "01" * 15, b"\xff" + b"\1" * 15)],
    "memarg_lane": [("021003", (2, 16, 0, 3)), ("420305ff", (2, 5, 3, 255))],
}
STRUCTURED = ("block", "loop", "if", "else", "end", "try_table", "try", "catch", "catch_all", "delegate")


def opcode(op: Op) -> str:
    prefix, sub = divmod(op.code, 1 << 32)
    return (bytes([prefix]) + leb(sub)).hex() if prefix else bytes([op.code]).hex()


def decode(instructions: str, data_count: bool = True) -> list[tuple[str, Any, int]]:
    """The instructions of a body, with offsets from its start."""
    module = decode_module(world(instructions, data_count=data_count))
    function = module.functions[0]
    return [(op.mnemonic, value, offset - function.start) for op, value, offset in decode_body(module, function)]


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.mnemonic not in STRUCTURED], ids=str)
def test_every_instruction(op: Op) -> None:
    for encoded, value in IMMEDIATES[op.immediate]:
        digits = opcode(op) + encoded
        size = len(bytes.fromhex(digits))
        assert decode(digits + "01") == [(op.mnemonic, value, 0), ("nop", None, size), ("end", None, size + 1)]


@pytest.mark.parametrize(("encoded", "value"), IMMEDIATES["block"])
def test_blocks(encoded: str, value: Any) -> None:
    nested = f"02{encoded} 03{encoded} 04{encoded} 05 0b 0b 0b"
    names = [(name, immediate) for name, immediate, _ in decode(nested)]
    assert names == [
        ("block", value), ("loop", value), ("if", value), ("else", None), ("end", None), ("end", None), ("end", None),
        ("end", None),
    ]  # fmt: skip


@pytest.mark.parametrize(("encoded", "value"), IMMEDIATES["try_table"])
def test_try_tables(encoded: str, value: Any) -> None:
    names = [(name, immediate) for name, immediate, _ in decode(f"1f{encoded} 0b")]
    assert names == [("try_table", value), ("end", None), ("end", None)]


def test_sub_opcode_of_several_bytes() -> None:
    assert decode("fc8680808000")[0] == ("i64.trunc_sat_f64_s", None, 0)


@pytest.mark.parametrize("depth", [1, 50_000])
def test_nesting_has_no_limit(depth: int) -> None:
    assert len(decode("0240" * depth + "0b" * depth)) == 2 * depth + 1


MALFORMED: list[tuple[str, str, int]] = [
    ("ff", "illegal opcode ff", 0),
    ("01 27", "illegal opcode 27", 1),
    ("1f 40 01 04 00", "malformed catch clause 04", 3),
    ("fd 9a01", "illegal opcode fd 9a", 0),
    ("fd 9402", "illegal opcode fd 114", 0),
    ("fb 1f", "illegal opcode fb 1f", 0),
    ("fb 18 04 00 6e 6e", "malformed cast flags 04", 2),
    ("0263 62", "malformed heap type 62: exact needs the custom-descriptors feature", 2),
    ("fe 04", "illegal opcode fe 04", 0),
    ("fe 03 01", "zero byte expected", 2),
    ("fc 40", "illegal opcode fc 40", 0),
    ("fc 878080808000", "integer representation too long", 6),
    ("05", "END opcode expected", 0),
    ("0240 05 0b", "END opcode expected", 2),
    ("0440 05 05 0b", "END opcode expected", 3),
    ("0263 7f", "malformed heap type 7f", 2),
    ("0241 0b", "malformed block type 41", 1),
    ("02ff7f 0b", "malformed block type ff", 1),
    ("1c 01 40", "malformed value type 40", 2),
    ("d0 7f", "malformed heap type 7f", 1),
    ("28 8001 00", "malformed memop flags", 1),
    ("28 00 80808080808080808002", "integer too large", 11),
    ("20 8080808010", "integer too large", 5),
    ("41 8080808008", "integer too large", 5),
    ("0b", "section size mismatch", 1),
    ("0b 01", "section size mismatch", 1),
]  # fmt: skip


@pytest.mark.parametrize(("instructions", "message", "offset"), MALFORMED)
def test_malformed_instruction(instructions: str, message: str, offset: int) -> None:
    module = decode_module(world(instructions))
    function = module.functions[0]
    with pytest.raises(DecodeError) as caught:
        decode_body(module, function)
    assert (caught.value.message, caught.value.offset - function.start) == (message, offset)
    with pytest.raises(DecodeError):
        check_bodies(module)


@pytest.mark.parametrize("instructions", ["fc0900", "410041004100 fc080000"])
def test_data_indices_need_a_data_count_section(instructions: str) -> None:
    assert decode(instructions)
    with pytest.raises(DecodeError, match="data count section required"):
        decode(instructions, data_count=False)


def test_a_byte_that_looks_like_the_prefix_needs_no_data_count_section() -> None:
    assert decode("41fc00 1a", data_count=False)[0] == ("i32.const", 124, 0)


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (b"", "unexpected end of section or function"),
        (b"\x0b\3\1\1\0", "section size mismatch"),
        (b"\5", "END opcode expected"),
    ],
)
def test_missing_end(after: bytes, message: str) -> None:
    head = bytes.fromhex("0061736d01000000 010401600000 03020100 0a06010400 41011a")
    with pytest.raises(DecodeError, match=message):
        module = decode_module(head + after)
        decode_body(module, module.functions[0])
