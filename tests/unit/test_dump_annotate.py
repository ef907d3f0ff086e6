"""Wasm text beside statements: every instruction once, at the statement that it became."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from wasm2py.precompile import source_of
from wasm2py.runtime.program import Options
from wasm2py.transpile.decode import decode_body
from wasm2py.transpile.dump import wat
from wasm2py.transpile.dump.annotate import annotate
from wasm2py.transpile.text import assemble

EXAMPLES = Path(__file__).parents[2] / "examples"


def annotated(text: str) -> list[str]:
    source = source_of(assemble(text), "m", Options(), "none", annotate=True)
    return source.function(0)[0].splitlines()[2:]


def test_operands_come_before_and_sets_after() -> None:
    text = """(module (memory 1) (func (param i32 i32) (result i32)
      local.get 0 i32.const 8 i32.add local.set 0
      i32.const 0 local.get 0 i32.store8
      local.get 0 local.get 0 i32.mul))"""
    assert annotated(text) == [
        "    # 0x1f: local.get 0; i32.const 8; i32.add; local.set 0",
        "    p0 = (p0 + 8) % 0x100000000",
        "    # 0x26: i32.const 0; local.get 0; i32.store8",
        "    mem_u8[0] = p0 & 0xFF",
        "    # 0x2d: local.get 0; local.get 0; i32.mul; end",
        "    return (p0 * p0) & 0xFFFFFFFF",
    ]


@pytest.mark.parametrize("name", ["calculator", "crc32", "greeting", "hello", "json", "registry", "vm"])
def test_every_instruction_stands_once(name: str) -> None:
    source = source_of((EXAMPLES / f"{name}.wasm").read_bytes(), name, Options(), "none")
    first = source.program.imported_count("func")
    for index in range(first, len(source.program.functions)):
        body = decode_body(source.module, source.module.functions[index - first])
        notes = annotate(source.translator.function_ast(source.module, source.program, index), body)
        texts = [re.sub(r"^0x[0-9a-f]+: ", "", " ".join(line.strip() for line in lines)) for lines in notes.values()]
        assert Counter("; ".join(texts).split("; ")) == Counter(wat.instruction(instr) for instr in body)
