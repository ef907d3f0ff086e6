"""The printer of instructions: every immediate of the opcode table, in the text format's words."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from wasm2py.runtime.types import FuncType
from wasm2py.transpile.dump import wat
from wasm2py.transpile.opcodes import OPS, Immediate

CASES: list[tuple[str, Any, str]] = [
    ("i32.add", None, "i32.add"),
    ("block", FuncType(), "block"),
    ("loop", FuncType(("i32",), ("i64", "f32")), "loop (param i32) (result i64 f32)"),
    ("if", 3, "if (type 3)"),
    ("br", 1, "br 1"),
    ("br_table", ((0, 2, 1), 4), "br_table 0 2 1 4"),
    ("call", 7, "call 7"),
    ("call_ref", 2, "call_ref 2"),
    ("call_indirect", (2, 0), "call_indirect (type 2)"),
    ("call_indirect", (2, 1), "call_indirect 1 (type 2)"),
    ("throw", 3, "throw 3"),
    (
        "try_table",
        (FuncType((), ("i32",)), (("catch", 1, 0), ("catch_all_ref", None, 2))),
        "try_table (result i32) (catch 1 0) (catch_all_ref 2)",
    ),
    ("local.tee", 0, "local.tee 0"),
    ("global.set", 5, "global.set 5"),
    ("table.get", 0, "table.get 0"),
    ("table.copy", (0, 0), "table.copy"),
    ("table.copy", (1, 0), "table.copy 1 0"),
    ("table.init", (3, 0), "table.init 3"),
    ("table.init", (3, 1), "table.init 1 3"),
    ("elem.drop", 3, "elem.drop 3"),
    ("memory.size", 0, "memory.size"),
    ("memory.grow", 1, "memory.grow 1"),
    ("memory.copy", (0, 1), "memory.copy 0 1"),
    ("memory.init", (4, 0), "memory.init 4"),
    ("data.drop", 4, "data.drop 4"),
    ("i32.load", (2, 0, 0), "i32.load"),
    ("i32.load", (0, 16, 1), "i32.load 1 offset=16 align=1"),
    ("i64.store8", (0, 1, 0), "i64.store8 offset=1"),
    ("atomic.fence", None, "atomic.fence"),
    ("select", None, "select"),
    ("select_t", ("externref",), "select (result externref)"),
    ("ref.null", "funcref", "ref.null func"),
    ("ref.null", "exnref", "ref.null exn"),
    ("ref.null", "(ref null 3)", "ref.null 3"),
    ("ref.test", "structref", "ref.test (ref struct)"),
    ("ref.cast_null", "(ref null 3)", "ref.cast (ref null 3)"),
    ("br_on_cast", (1, "anyref", "(ref 2)"), "br_on_cast 1 anyref (ref 2)"),
    ("struct.get_u", (1, 2), "struct.get_u 1 2"),
    ("array.new_fixed", (1, 20), "array.new_fixed 1 20"),
    ("array.new_data", (1, 0), "array.new_data 1 0"),
    ("array.init_elem", (1, 0), "array.init_elem 1 0"),
    ("array.copy", (1, 2), "array.copy 1 2"),
    ("i32.const", 0xFFFFFFFF, "i32.const -1"),
    ("i32.const", 0x7FFFFFFF, "i32.const 2147483647"),
    ("i64.const", 1 << 63, "i64.const -9223372036854775808"),
    ("f32.const", 0x3FC00000, "f32.const 1.5"),
    ("f32.const", 0x7FC00000, "f32.const nan"),
    ("f32.const", 0xFF800001, "f32.const -nan:0x1"),
    ("f64.const", 0x8000000000000000, "f64.const -0.0"),
    ("f64.const", 0x7FF0000000000000, "f64.const inf"),
    ("f64.const", 0x7FF8000000000001, "f64.const nan:0x8000000000001"),
    ("v128.const", 0xC << 96 | 1, "v128.const i32x4 0x1 0x0 0x0 0xc"),
    ("i8x16.shuffle", bytes(range(16, 32)), "i8x16.shuffle 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31"),
    ("i32x4.extract_lane", 3, "i32x4.extract_lane 3"),
    ("v128.load", (4, 0, 0), "v128.load"),
    ("v128.load8_lane", (0, 0, 0, 15), "v128.load8_lane 15"),
    ("v128.store32_lane", (1, 8, 2, 3), "v128.store32_lane 2 offset=8 align=2 3"),
]


@pytest.mark.parametrize(("mnemonic", "immediate", "expected"), CASES)
def test_instruction(mnemonic: str, immediate: Any, expected: str) -> None:
    assert wat.instruction((OPS[mnemonic], immediate, 0)) == expected


def test_every_immediate_of_the_table_is_printed() -> None:
    covered = {OPS[mnemonic].immediate for mnemonic, _, _ in CASES}
    assert covered - {None} == set(get_args(Immediate))
