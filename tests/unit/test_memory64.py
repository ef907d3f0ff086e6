"""Memories and tables with 64-bit indices, in both dialects."""

from __future__ import annotations

import pytest
import wasm2py
from unit.translation import DIALECTS, DISABLED, after, instance_of, module_of, outcome, program_of, python
from wasm2py.runtime.codec import dump_program, load_program
from wasm2py.runtime.errors import LinkError, Trap, ValidationError
from wasm2py.runtime.link import match_imports
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.table import Table
from wasm2py.runtime.types import Limits, MemoryType, TableType
from wasm2py.transpile.usage import features_used

PAGE = 65536
OUT_OF_BOUNDS = "out of bounds memory access"
TABLE_BOUNDS = "out of bounds table access"
#: No address of a memory of one page, nor, as a word, one from its end.
BEYOND = (PAGE, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 8, 2**64 - 1)
FULL = 2**64 - 1


def accesses() -> str:
    """A load and a store for every kind of access, without an offset and with some."""
    functions = []
    for type_, name in (("i32", "load8_u"), ("i64", "load"), ("i32", "load16_s"), ("f32", "load"), ("f64", "load")):
        store = name.replace("load", "store").removesuffix("_u").removesuffix("_s")
        for offset in (0, 8, 2**32, 2**64 - 1):
            kind = f"{type_}_{name}_{offset}"
            functions.append(
                f'(func (export "{kind}") (param i64) (drop ({type_}.{name} offset={offset} (local.get 0))))'
                f'(func (export "put_{kind}") (param i64)'
                f" ({type_}.{store} offset={offset} (local.get 0) ({type_}.const 1)))"
            )
    return "(module (memory i64 1)" + "".join(functions) + ")"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_accesses_trap_where_addresses_leave_memory(dialect: Dialect) -> None:
    instance = instance_of(accesses(), dialect)
    for name in instance.exports:
        offset = int(name.rsplit("_", 1)[1])
        for address in BEYOND:
            assert outcome(instance, name, address) == OUT_OF_BOUNDS, (name, address)
        for address in (0, PAGE - 16):
            inside = address + offset < PAGE
            assert outcome(instance, name, address) == (None if inside else OUT_OF_BOUNDS), (name, address)


BULK = """(module (memory $m i64 1 4) (memory $n 1) (data $d "wasm")
    (func (export "fill") (param i64 i64) (memory.fill $m (local.get 0) (i32.const 7) (local.get 1)))
    (func (export "copy") (param i64 i64 i64) (memory.copy $m $m (local.get 0) (local.get 1) (local.get 2)))
    (func (export "to") (param i64 i32 i32) (memory.copy $m $n (local.get 0) (local.get 1) (local.get 2)))
    (func (export "from") (param i32 i64 i32) (memory.copy $n $m (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i64 i32 i32) (memory.init $m $d (local.get 0) (local.get 1) (local.get 2)))
    (func (export "size") (result i64) (memory.size $m))
    (func (export "grow") (param i64) (result i64) (memory.grow $m (local.get 0)))
    (func (export "get") (param i64) (result i32) (i32.load8_u $m (local.get 0))))"""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_memory_instructions(dialect: Dialect) -> None:
    instance = instance_of(BULK, dialect)
    assert outcome(instance, "fill", 4, 2) is None
    assert outcome(instance, "copy", 10, 4, 1) is None
    assert outcome(instance, "init", 20, 1, 3) is None
    assert outcome(instance, "from", 30, 20, 3) is None
    assert outcome(instance, "to", 40, 31, 2) is None
    assert [outcome(instance, "get", at) for at in (4, 5, 6, 10, 11, 20, 22, 40, 41)] == [7, 7, 0, 7, 0, *b"amsm"]
    assert outcome(instance, "fill", PAGE, 0) is None
    for at in BEYOND:
        assert outcome(instance, "fill", at + 1 & FULL, 0) == (None if at == FULL else OUT_OF_BOUNDS)
        assert outcome(instance, "fill", 0, at + 1 & FULL) == (None if at == FULL else OUT_OF_BOUNDS)
        assert outcome(instance, "copy", 0, at, 1) == outcome(instance, "copy", at, 0, 1) == OUT_OF_BOUNDS
        assert outcome(instance, "copy", 1, 1, at) == OUT_OF_BOUNDS
        assert outcome(instance, "init", at, 0, 1) == outcome(instance, "to", at, 0, 1) == OUT_OF_BOUNDS
        assert outcome(instance, "from", 0, at, 1) == OUT_OF_BOUNDS


@pytest.mark.parametrize("dialect", DIALECTS)
def test_growing(dialect: Dialect) -> None:
    instance = instance_of(BULK, dialect)
    assert [outcome(instance, "grow", n) for n in (2, 2, 2**32, 2**32 + 1, 2**63, FULL)] == [1, *[FULL] * 5]
    assert [outcome(instance, "grow", n) for n in (1, 0, 1)] == [3, 4, FULL]
    assert outcome(instance, "size") == 4


TABLES = """(module (type $t (func (result i32))) (table $t i64 3 6 funcref) (table $u 3 funcref)
    (elem (table $t) (i64.const 1) func $one) (elem $e func $one $one)
    (func $one (result i32) (i32.const 1))
    (func (export "get") (param i64) (result i32) (ref.is_null (table.get $t (local.get 0))))
    (func (export "set") (param i64) (table.set $t (local.get 0) (ref.null func)))
    (func (export "size") (result i64) (table.size $t))
    (func (export "grow") (param i64) (result i64) (table.grow $t (ref.null func) (local.get 0)))
    (func (export "fill") (param i64 i64) (table.fill $t (local.get 0) (ref.null func) (local.get 1)))
    (func (export "copy") (param i64 i64 i64) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
    (func (export "to") (param i64 i32 i32) (table.copy $t $u (local.get 0) (local.get 1) (local.get 2)))
    (func (export "from") (param i32 i64 i32) (table.copy $u $t (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i64 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
    (func (export "call") (param i64) (result i32) (call_indirect $t (type $t) (local.get 0)))
    (func (export "tail") (param i64) (result i32) (return_call_indirect $t (type $t) (local.get 0))))"""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_table_instructions(dialect: Dialect) -> None:
    instance = instance_of(TABLES, dialect)
    assert [outcome(instance, "get", at) for at in range(3)] == [1, 0, 1]
    assert outcome(instance, "call", 1) == outcome(instance, "tail", 1) == 1
    assert outcome(instance, "call", 0) == outcome(instance, "tail", 2) == "uninitialized element"
    assert [outcome(instance, "grow", n) for n in (2, 2, 2**32, 2**63, FULL)] == [3, *[FULL] * 4]
    assert outcome(instance, "size") == 5
    assert outcome(instance, "init", 3, 0, 2) is None
    assert outcome(instance, "copy", 0, 3, 1) is None
    assert outcome(instance, "set", 3) is outcome(instance, "fill", 4, 1) is None
    assert outcome(instance, "from", 1, 0, 1) is outcome(instance, "to", 2, 1, 1) is None
    assert [outcome(instance, "get", at) for at in range(5)] == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_indices_outside_of_tables(dialect: Dialect) -> None:
    instance = instance_of(TABLES, dialect)
    for at in (3, *BEYOND):
        assert outcome(instance, "call", at) == outcome(instance, "tail", at) == "undefined element"
        for name, *others in (("get",), ("set",), ("fill", 1), ("copy", 0, 1), ("to", 0, 1), ("init", 0, 1)):
            assert outcome(instance, name, at, *others) == TABLE_BOUNDS, (name, at)
        assert outcome(instance, "fill", 0, at + 1) == TABLE_BOUNDS if at < FULL else True
        assert outcome(instance, "from", 0, at, 1) == outcome(instance, "copy", 0, at, 1) == TABLE_BOUNDS


def test_active_segments() -> None:
    fits = '(module (memory i64 1) (data (i64.const 65532) "last") (table i64 funcref (elem $f)) (func $f))'
    assert instance_of(fits).memories[0].read(PAGE - 4, 4) == b"last"
    for place in (65533, 2**32, 2**64 - 4):
        with pytest.raises(Trap, match=OUT_OF_BOUNDS):
            instance_of(f'(module (memory i64 1) (data (i64.const {place}) "last"))')
        with pytest.raises(Trap, match=TABLE_BOUNDS):
            instance_of(f"(module (table i64 2 funcref) (elem (i64.const {place}) $f) (func $f))")


def test_inline_segments_have_the_index_type() -> None:
    module = module_of('(module (memory i64 (data "x")) (table i64 funcref (elem $f $f)) (func $f))')
    assert module.memories[0].type == MemoryType(Limits(1, 1), "i64")
    assert module.tables[0].type == TableType("funcref", Limits(2, 2), "i64")
    assert [str(module.memories[0].type), str(module.tables[0].type)] == ["memory i64 1..1", "table i64 2..2 funcref"]
    assert features_used(module) == ("memory64",)
    assert module_of("(module (memory i32 1) (table i32 1 funcref))").memories[0].type == MemoryType(Limits(1))


LOOP = """(module (memory i64 1) (func (export "sum") (param $at i64) (param $n i32) (result i32) (local $sum i32)
    (loop $next
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u offset=1 (local.get $at))))
        (i32.store8 (local.get $at) (i32.const 3))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))"""


@pytest.mark.parametrize("disabled", DISABLED)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_loops_over_memory(dialect: Dialect, disabled: tuple[str, ...]) -> None:
    instance = instance_of(LOOP, dialect, disabled)
    instance.memories[0].write(PAGE - 8, bytes(range(8)))
    assert outcome(instance, "sum", PAGE - 8, 7) == 28
    assert outcome(instance, "sum", PAGE - 8, 8) == OUT_OF_BOUNDS
    assert instance.memories[0].read(PAGE - 8, 8) == b"\3\3\3\3\3\3\3\7"
    assert outcome(instance, "sum", FULL, 2) == OUT_OF_BOUNDS  # the offset does not wrap, as the counter would


def test_deep_operands_are_cut() -> None:
    for depth in range(20, 30):
        address = "(local.get 0)"
        for _ in range(depth):
            address = f"(i64.add (i64.load {address}) (i64.const 8))"
        wat = f'(module (memory i64 1) (func (export "f") (param i64) (result i64) (i64.load {address})))'
        after(wat, "inline", "fold")
        assert outcome(instance_of(wat), "f", 0) == 0


def test_views_are_indexed_by_the_address_itself() -> None:
    wat = "(module (memory i64 1) (func (param i64) (result i32) (i32.load offset=4 (local.get 0))))"
    assert "mem_u32_at_4[p0]" in python(wat)
    assert "unpack_u32(mem, narrowed(p0, 4))" in python(wat, dialect="portable")


def test_addresses_that_are_known_to_be_small_need_no_helper() -> None:
    wat = """(module (memory i64 1) (func (param i64) (result i32)
        (i32.load offset=4 (i64.and (local.get 0) (i64.const 255)))))"""
    assert "narrowed" not in python(wat, dialect="portable")


def test_modules_with_32_bit_memories_besides() -> None:
    wat = "(module (memory $a i64 1) (memory $b 1) (func (param i32) (i32.store $b (local.get 0) (local.get 0))))"
    assert "mem1_u32[p0] = p0" in python(wat)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("(memory i64 1) (func (drop (i32.load (i32.const 0))))", "type mismatch"),
        ("(memory 1) (func (drop (i32.load (i64.const 0))))", "type mismatch"),
        ("(memory i64 1) (memory 1) (func (drop (i32.load 1 (i64.const 0))))", "type mismatch"),
        ("(memory 1) (func (drop (i32.load offset=0x1_0000_0000 (i32.const 0))))", "offset out of range"),
        ("(memory i64 1) (func (drop (i32.load align=8 (i64.const 0))))", "alignment must not be larger than natural"),
        ("(memory i64 1) (func (result i32) (memory.size))", "type mismatch"),
        ("(memory i64 1) (func (result i64) (memory.grow (i32.const 1)))", "type mismatch"),
        (
            "(memory i64 1) (memory 1) (func (memory.copy 0 1 (i64.const 0) (i32.const 0) (i64.const 0)))",
            "type mismatch",
        ),
        ("(memory i64 1) (data (i32.const 0))", "type mismatch"),
        ("(table i64 1 funcref) (elem (i32.const 0))", "type mismatch"),
        ("(table i64 1 funcref) (func (call_indirect (i32.const 0)))", "type mismatch"),
        ("(table i64 1 funcref) (func (drop (table.get 0 (i32.const 0))))", "type mismatch"),
        ("(table i64 1 funcref) (func (result i32) (table.size 0))", "type mismatch"),
        ("(memory i64 0x1_0000_0000_0001)", "memory size must be at most 2^48 pages"),
        ("(memory 0x1_0001)", "memory size must be at most 65536 pages"),
        ("(table 0x1_0000_0000 funcref)", "table size must be at most 2^32-1"),
    ],
)
def test_what_is_not_valid(fields: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message.replace("^", r"\^")):
        module_of(f"(module {fields})")


@pytest.mark.parametrize("fields", ["(memory i64 0x1_0000_0000_0000)", "(table i64 0xffff_ffff_ffff_ffff funcref)"])
def test_what_cannot_be_had(fields: str) -> None:
    module_of(f"(module {fields})")
    with pytest.raises(MemoryError):
        instance_of(f"(module {fields})")


def test_imports_match_by_index_type() -> None:
    _, _, program = program_of('(module (import "m" "m" (memory i64 1)) (import "m" "t" (table i64 1 externref)))')
    match_imports(program, (Memory(1, index="i64"), Table("externref", 1, index="i64")))
    with pytest.raises(LinkError, match="expected memory i64 1, got memory 1"):
        match_imports(program, (Memory(1), Table("externref", 1, index="i64")))
    with pytest.raises(LinkError, match="expected table i64 1 externref, got table 1 externref"):
        match_imports(program, (Memory(1, index="i64"), Table("externref", 1)))


def test_programs_keep_index_types() -> None:
    _, _, program = program_of("(module (memory i64 1) (table i64 1 funcref))")
    assert load_program(dump_program(program)) == program


def test_memories_made_by_the_host() -> None:
    memory = wasm2py.Memory(1, index="i64")
    linker = wasm2py.Linker()
    linker.define("m", "m", memory)
    module = wasm2py.Module.from_wat("""(module (import "m" "m" (memory i64 1))
        (func (export "f") (param i64) (i64.store (local.get 0) (local.get 0))))""")
    exports = linker.instantiate(module).exports
    assert repr(memory) == "<Memory i64 1 pages>"
    exports.f(8)
    assert memory.read_u64(8) == 8
    with pytest.raises(wasm2py.Trap, match=OUT_OF_BOUNDS):
        exports.f(-8)
