"""Atomic instructions, in both dialects: what they compute, where they trap, and how they are validated."""

from __future__ import annotations

import itertools

import pytest
from unit.translation import DIALECTS, instance_of, module_of, outcome, python
from wasm2py.runtime.errors import LinkError, ValidationError
from wasm2py.runtime.link import matches
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import Limits, MemoryType
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.opcodes import OPS, Op
from wasm2py.transpile.text import assemble
from wasm2py.transpile.usage import features_used
from wasm2py.transpile.validate import validate

PAGE = 65536
UNALIGNED = "unaligned atomic"
OUT_OF_BOUNDS = "out of bounds memory access"
ATOMICS = [op for op in OPS.values() if op.family == "atomic" and op.immediate == "memarg"]
RMW = [op for op in ATOMICS if ".rmw" in op.mnemonic]
#: What the bytes from 8 on hold, as an unsigned integer.
OLD = 0xF1E2D3C4B5A69788


def functions(memory: str, offset: int = 0) -> str:
    """A module with an export for every atomic instruction, named like it."""
    index = "i64" if "i64" in memory else "i32"
    parts = []
    for op in ATOMICS:
        assert op.params is not None
        params = " ".join((index, *op.params[1:]))
        results = f"(result {op.results[0]})" if op.results else ""
        operands = " ".join(f"(local.get {i})" for i in range(len(op.params)))
        where = f" offset={offset}" if offset else ""
        parts.append(f'(func (export "{op}") (param {params}) {results} ({op}{where} {operands}))')
    return f'(module (memory (export "memory") {memory}) {" ".join(parts)})'


def expected(op: Op, operand: int, other: int) -> tuple[int, int]:
    """What an instruction finds, and what it leaves behind, in its own width."""
    mask = (1 << 8 * op.width) - 1
    old, operand = OLD & mask, operand & mask
    operation = op.mnemonic.split(".")[3].removesuffix("_u")
    new = {
        "add": old + operand,
        "sub": old - operand,
        "and": old & operand,
        "or": old | operand,
        "xor": old ^ operand,
        "xchg": operand,
        "cmpxchg": other if operand == old else old,
    }[operation]
    return old, new & mask


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("memory", ["1 1 shared", "1", "i64 1 1 shared"])
def test_read_modify_write(dialect: Dialect, memory: str) -> None:
    instance = instance_of(functions(memory), dialect)
    bytes_: Memory = instance.exports["memory"]  # type: ignore[assignment]
    operands = (0, 1, 0x7F, 0xFFFFFFFFFFFFFFFF, 0x8000000080008080, OLD, 0x123456789ABCDEF0)
    for op, operand in itertools.product(RMW, operands):
        assert op.params is not None
        bits = 0xFFFFFFFF if op.params[1] == "i32" else 0xFFFFFFFFFFFFFFFF
        bytes_.write_u64(8, OLD)
        more = (operand & bits, 0xABCDABCDABCDABCD & bits)[: len(op.params) - 1]
        old, new = expected(op, operand & bits, 0xABCDABCDABCDABCD)
        assert outcome(instance, op.mnemonic, 8, *more) == old, op
        rest = (1 << 64) - (1 << 8 * op.width)
        assert bytes_.read_u64(8) == OLD & rest | new, op


@pytest.mark.parametrize("dialect", DIALECTS)
def test_loads_and_stores(dialect: Dialect) -> None:
    instance = instance_of(functions("1 1 shared", offset=8), dialect)
    memory: Memory = instance.exports["memory"]  # type: ignore[assignment]
    for op in ATOMICS:
        mask = (1 << 8 * op.width) - 1
        memory.write_u64(16, OLD)
        if ".load" in op.mnemonic:
            assert outcome(instance, op.mnemonic, 8) == OLD & mask
        elif ".store" in op.mnemonic:
            value = 0x0123456789ABCDEF
            assert outcome(instance, op.mnemonic, 8, value if op.mnemonic[1] == "6" else value & 0xFFFFFFFF) is None
            assert memory.read_u64(16) == OLD & ~mask | value & mask


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("index", ["i32", "i64"])
@pytest.mark.parametrize("offset", [0, 4, 65533])
def test_traps(dialect: Dialect, index: str, offset: int) -> None:
    """Alignment comes first, of the sum of address and offset, but for waiting where that is beyond all addresses."""
    instance = instance_of(functions(f"{index} 1 1 shared", offset), dialect)
    beyond = (2**32 - 8, 2**32 - 1, *((2**32, 2**63, 2**63 + 1, 2**64 - 8, 2**64 - 1) if index == "i64" else ()))
    for op in ATOMICS:
        assert op.params is not None
        rest = (0,) * (len(op.params) - 1)
        for address in (1, 2, 4, PAGE - 8, PAGE - 1, PAGE, PAGE + 1, *beyond):
            place = address + offset
            waiting = op.mnemonic.startswith("memory.")
            unaligned = place % op.width and not (waiting and place >= 2 ** int(index[1:]))
            kind = UNALIGNED if unaligned else OUT_OF_BOUNDS if place + op.width > PAGE else None
            found = outcome(instance, op.mnemonic, address, *rest)
            assert isinstance(found, str) == (kind is not None) and kind in (None, found), (op, address)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_waiting_needs_a_shared_memory(dialect: Dialect) -> None:
    instance = instance_of(functions("1 1"), dialect)
    assert outcome(instance, "memory.atomic.wait32", 0, 0, 0) == "expected shared memory"
    assert outcome(instance, "memory.atomic.wait64", 4, 0, 0) == UNALIGNED
    assert outcome(instance, "memory.atomic.notify", 0, 1) == 0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_waiting_without_anyone_else(dialect: Dialect) -> None:
    instance = instance_of(functions("1 1 shared"), dialect)
    instance.exports["memory"].write_u64(0, 2**64 - 1)  # type: ignore[union-attr]
    for name, value in (("memory.atomic.wait32", 2**32 - 1), ("memory.atomic.wait64", 2**64 - 1)):
        assert outcome(instance, name, 0, value - 1, 2**64 - 1) == 1
        assert outcome(instance, name, 0, value, 0) == 2
        assert outcome(instance, name, 0, value, 1_000_000) == 2
    assert outcome(instance, "memory.atomic.notify", 0, 2**32 - 1) == 0


def test_results_that_nobody_reads() -> None:
    wat = """(module (memory 1 1 shared) (func
        (drop (i32.atomic.rmw.add offset=4 (i32.const 0) (i32.const 1))) (atomic.fence) (i32.atomic.store8 (i32.const 1)
        (i32.const 300))))"""
    text = python(wat)
    assert "memory.atomic_rmw('add', 'u32', 4, 1)" in text
    assert "memory.atomic_store('u8', 1, 300)" in text


def test_loads_stay_where_they_are() -> None:
    """What another thread may have written is read after the atomic access that tells so."""
    wat = """(module (memory 1 1 shared) (func (result i32)
        (i32.load (i32.const 8)) (i32.atomic.load (i32.const 0)) (i32.load (i32.const 8)) (i32.add) (i32.add)))"""
    text = python(wat)
    first, atomic, second = (text.index(part) for part in ("[8]", "atomic_load", "mem_u32[8]"))
    assert first < atomic and second < atomic < text.rindex("mem_u32[8]")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("index", ["i32", "i64"])
def test_a_shared_size_is_read_before_what_it_leads_to(dialect: Dialect, index: str) -> None:
    """Python looks a view up before it works out the index: it would be one from before another thread's growth."""
    wat = f"""(module (memory {index} 1 2 shared) (func (result i32)
        (i32.load ({index}.sub (memory.size) ({index}.const 1)))))"""
    text = python(wat, dialect=dialect)
    assert text.index("memory.pages\n") < text.index("mem_u32" if dialect == "cpython" else "(mem,")
    assert "memory.pages\n" not in python(wat.replace(" shared", ""), dialect=dialect)


@pytest.mark.parametrize("align", [1, 2, 8])
def test_alignment_is_natural(align: int) -> None:
    wat = f"(module (memory 1) (func (drop (i32.atomic.load align={align} (i32.const 0)))))"
    message = "alignment must not be larger than natural" if align == 8 else "atomic alignment must be natural"
    with pytest.raises(ValidationError, match=message):
        validate(decode_module(assemble(wat)))


def test_a_shared_memory_needs_a_maximum() -> None:
    for wat in ("(module (memory 1 shared))", '(module (import "m" "m" (memory 1 shared)))'):
        with pytest.raises(ValidationError, match="shared memory must have maximum"):
            validate(decode_module(assemble(wat)))
    with pytest.raises(ValueError, match="needs a maximum"):
        Memory(1, shared=True)


def test_types() -> None:
    module = module_of("(module (memory 1 2 shared) (memory i64 1 2 shared))")
    first, second = (memory.type for memory in module.memories)
    assert first == MemoryType(Limits(1, 2), "i32", True) and second == MemoryType(Limits(1, 2), "i64", True)
    assert str(first) == "memory 1..2 shared"
    assert features_used(module) == ("memory64", "multi-memory", "threads")
    assert Memory.from_type(first).type == first
    assert repr(Memory(1, 2, shared=True)) == "<Memory 1..2 pages, shared>"
    assert matches(Memory(1, 2, shared=True).type, first)
    assert not matches(Memory(1, 2).type, first)
    assert not matches(first, MemoryType(Limits(1, 2)))


def test_import_matching() -> None:
    wat = '(module (import "m" "m" (memory 1 2 shared)))'
    with pytest.raises(LinkError, match=r"expected memory 1\.\.2 shared, got memory 1\.\.2"):
        instance_of(wat, imports=[Memory(1, 2)])
    instance_of(wat, imports=[Memory(1, 2, shared=True)])
