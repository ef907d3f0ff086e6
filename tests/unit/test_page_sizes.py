"""Memories whose pages are one byte."""

from __future__ import annotations

import itertools

import pytest
from unit.translation import DIALECTS, instance_of, module_of, outcome, program_of
from wasm2py.runtime.codec import dump_program, load_program
from wasm2py.runtime.errors import LinkError
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import LARGEST_MEMORY, PAGE_SIZE, Limits, MemoryType
from wasm2py.transpile.usage import features_used

OUT_OF_BOUNDS = "out of bounds memory access"
BYTES = """(module (memory (export "memory") {index} 0 100000 {shared} (pagesize 1))
    (func (export "size") (result {index}) (memory.size))
    (func (export "grow") (param {index}) (result {index}) (memory.grow (local.get 0)))
    (func (export "load") (param {index}) (result i32) (i32.load (local.get 0)))
    (func (export "load8") (param {index}) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store") (param {index} i64) (i64.store (local.get 0) (local.get 1))))"""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("index", ["i32", "i64"])
@pytest.mark.parametrize("shared", ["", "shared"])
def test_every_byte_counts(dialect: Dialect, index: str, shared: str) -> None:
    instance = instance_of(BYTES.format(index=index, shared=shared), dialect)
    sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 65535, 65536, 65537, 100000]
    for before, size in itertools.pairwise(sizes):
        assert outcome(instance, "grow", size - before) == before
        assert outcome(instance, "size") == size
        assert outcome(instance, "load8", size - 1) == 0
        assert outcome(instance, "load8", size) == OUT_OF_BOUNDS
        for name, width, rest in (("load", 4, ()), ("store", 8, (0,))):
            assert outcome(instance, name, max(size - width + 1, 0), *rest) == OUT_OF_BOUNDS
            if size >= width:
                assert outcome(instance, name, size - width, *rest) != OUT_OF_BOUNDS
    assert outcome(instance, "grow", 1) == (2**32 if index == "i32" else 2**64) - 1


def test_host_side() -> None:
    memory = Memory(3, 10, page_size=1)
    memory.write(0, b"abc")
    assert memory.grow(4) == 3 and memory.read(0, 7) == b"abc" + bytes(4) and memory.size == memory.pages == 7
    assert memory.type == MemoryType(Limits(7, 10), page_size=1) and str(memory.type) == "memory 7..10 (pagesize 1)"
    assert Memory.from_type(memory.type).type == memory.type
    with pytest.raises(ValueError, match="a page has 1 or 65536 bytes, not 4"):
        Memory(1, page_size=4)
    with pytest.raises(ValueError, match="out of range"):
        Memory(0, 1 << 32, page_size=1)
    with pytest.raises(MemoryError):
        Memory(LARGEST_MEMORY + 1, page_size=1)
    with pytest.raises(MemoryError):
        Memory(1 << 31, index="i64", page_size=1)  # its size would look negative to memory.grow


def test_modules() -> None:
    wat = """(module (memory (import "m" "m") 1 (pagesize 1)) (memory 1 (pagesize 65536))
        (memory (pagesize 1) (data "xyz")))"""
    module = module_of(wat)
    assert [memory.type.page_size for memory in module.memories] == [PAGE_SIZE, 1]
    assert module.memories[1].type.limits == Limits(3, 3)
    assert "custom-page-sizes" in features_used(module)
    with pytest.raises(LinkError, match=r"expected memory 1 \(pagesize 1\), got memory 1"):
        instance_of(wat, imports=[Memory(1)])
    instance_of(wat, imports=[Memory(1, page_size=1)])


def test_programs_keep_it() -> None:
    _, _, program = program_of("(module (memory 5 (pagesize 1)))")
    loaded = load_program(dump_program(program))
    assert loaded is not None and loaded.memories == (MemoryType(Limits(5), page_size=1),)
