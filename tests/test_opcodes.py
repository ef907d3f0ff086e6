"""The opcode table is consistent, and every part that has to know an instruction knows all of them."""

from __future__ import annotations

import random
import re
from collections import Counter
from functools import cache
from itertools import chain

import pytest
from property.modules import generate
from wasm2py.runtime.program import Dialect, Options
from wasm2py.transpile.decode import decode_body, decode_module
from wasm2py.transpile.module import Module
from wasm2py.transpile.opcodes import ACCESSES, BY_CODE, OPS, WIDE, Op
from wasm2py.transpile.text.module import assemble
from wasm2py.transpile.translate import PythonTranslator

ALL = list(OPS.values())
#: What the modules below have: all but exceptions as they were before 3.0, for which unit/test_exceptions.py has tests.
GENERATED = [op for op in ALL if op.feature != "legacy-exception-handling"]
VECTORS = [op for op in ALL if op.feature in ("simd", "relaxed-simd")]
NUMERIC = ("const", "compare", "integer", "float", "convert")


def test_codes_and_mnemonics_are_unique() -> None:
    assert len(OPS) == len(BY_CODE) == len(ALL)
    assert all(OPS[op.mnemonic] is op and BY_CODE[op.code] is op for op in ALL)


def test_all_but_simd_is_complete() -> None:
    single = [code for code in BY_CODE if code < 0x100]
    prefixed = [code & 0xFFFFFFFF for code in BY_CODE if code >> 32 == 0xFC]
    reserved = {0x16, 0x17, *range(0x1D, 0x1F), 0x27, *range(0xC5, 0xD0)}
    assert sorted(single) == sorted(set(range(0xD7)) - reserved)
    wide = {op.code & 0xFFFFFFFF for op in WIDE}
    assert sorted(prefixed) == [*range(18), *sorted(wide)]
    assert sorted(code & 0xFFFFFFFF for code in BY_CODE if code >> 32 == 0xFB) == [*range(31)]


def test_threads_are_complete() -> None:
    codes = [op.code & 0xFFFFFFFF for op in ALL if op.feature == "threads"]
    assert sorted(codes) == [0, 1, 2, 3, *range(0x10, 0x4F)]


def test_vectors_are_complete() -> None:
    codes = [op.code & 0xFFFFFFFF for op in ALL if op.feature == "simd"]
    reserved = {0x9A, 0xA2, 0xA5, 0xA6, 0xAF, 0xB0, *range(0xB2, 0xB5), 0xBB, 0xC2, 0xC5, 0xC6, 0xCF, 0xD0}
    reserved |= {0xD2, 0xD3, 0xD4, 0xE2, 0xEE}
    assert sorted(codes) == sorted(set(range(0x100)) - reserved)
    relaxed = [op.code & 0xFFFFFFFF for op in ALL if op.feature == "relaxed-simd"]
    assert sorted(relaxed) == [*range(0x100, 0x114)]


def test_how_many_of_each_family() -> None:
    counts = Counter(op.family for op in ALL)
    families = ("load", "store", "const", "compare", "integer", "float", "convert", "vector_load", "vector_store")
    assert {family: counts[family] for family in families} == {
        "load": 14,
        "store": 9,
        "vector_load": 17,
        "vector_store": 5,
        "const": 5,
        "compare": 34,
        "integer": 36 + len(WIDE),
        "float": 28,
        "convert": 38,
    }


@pytest.mark.parametrize("op", [op for op in ALL if op.family in NUMERIC], ids=str)
def test_numeric_types_follow_from_the_mnemonic(op: Op) -> None:
    own = op.mnemonic.split(".")[0]
    assert op.params is not None and op.results is not None
    if op.family == "compare":
        assert set(op.params) == {own} and op.results == ("i32",)
    elif op.family == "convert":
        source = next((t for t in ("i32", "i64", "f32", "f64") if f"_{t}" in op.mnemonic), own)
        assert (op.params, op.results) == ((source,), (own,))
    else:
        assert {*op.params, *op.results} == {own}


@pytest.mark.parametrize("op", [op for op in ALL if op.width], ids=str)
def test_widths_follow_from_the_mnemonic(op: Op) -> None:
    digits = re.search(r"(?:load|store|rmw|wait)(\d+)(?:x(\d+))?", op.mnemonic)
    if digits:
        bits = int(digits[1]) * int(digits[2] or 1)
    else:
        bits = {"memory": 32, "v128": 128}.get(type_ := op.mnemonic.partition(".")[0]) or int(type_[1:])
    assert op.width * 8 == bits
    assert op.family in (*ACCESSES, "atomic") and op.traps
    assert op.immediate == ("memarg_lane" if op.mnemonic.endswith("_lane") else "memarg")


def test_which_instructions_trap() -> None:
    arithmetic = {op.mnemonic for op in ALL if op.traps and op.family in NUMERIC}
    divisions = {f"{t}.{o}" for t in ("i32", "i64") for o in ("div_s", "div_u", "rem_s", "rem_u")}
    truncations = {f"{i}.trunc_{f}_{s}" for i in ("i32", "i64") for f in ("f32", "f64") for s in "su"}
    assert arithmetic == divisions | truncations


#: What modules that are generated at random do not use.
REFERENCES = """(module (type $t (func (result i32)))
    (func (param (ref null $t)) (result i32) (return_call_ref $t (ref.as_non_null (local.get 0))))
    (func (param (ref null $t)) (result i32)
        (call_ref $t (block (result (ref $t)) (br_on_non_null 0 (local.get 0)) (return (i32.const 0)))))
    (func (param (ref null $t)) (br_on_null 0 (local.get 0)) (drop)))"""

AGGREGATES = """(module
    (type $s (struct (field (mut i32)) (field i8) (field i64)))
    (type $a (array (mut i16)))
    (type $r (array (mut anyref)))
    (data $d "abcd")
    (elem $e anyref (ref.i31 (i32.const 1)))
    (func (param externref) (result externref) (local (ref null $s))
        (local.set 1 (struct.new $s (i32.const 1) (i32.const 2) (i64.const 3)))
        (drop (i32.add (struct.get $s 0 (local.get 1)) (struct.get_s $s 1 (struct.new_default $s))))
        (struct.set $s 0 (local.get 1) (struct.get_u $s 1 (local.get 1)))
        (drop (ref.eq (local.get 1) (ref.null none)))
        (drop (i32.add (ref.test (ref $s) (local.get 1)) (ref.test (ref null $s) (local.get 1))))
        (drop (block (result anyref)
            (drop (br_on_cast 0 anyref (ref $s) (any.convert_extern (local.get 0))))
            (br_on_cast_fail 0 (ref null any) (ref $s) (ref.null any))))
        (drop (i32.add (i31.get_s (ref.cast (ref i31) (local.get 1))) (i31.get_u (ref.cast i31ref (local.get 1)))))
        (extern.convert_any (ref.i31 (i32.const 2))))
    (func (param (ref $a)) (result i32) (local (ref null $r))
        (local.set 0 (array.new $a (i32.const 1) (i32.const 2)))
        (local.set 0 (array.new_default $a (i32.const 2)))
        (local.set 0 (array.new_data $a $d (i32.const 0) (i32.const 2)))
        (local.set 1 (array.new_elem $r $e (i32.const 0) (i32.const 1)))
        (local.set 1 (array.new_fixed $r 2 (ref.null any) (array.get $r (local.get 1) (i32.const 0))))
        (array.set $a (local.get 0) (i32.const 0) (array.get_s $a (local.get 0) (i32.const 1)))
        (array.fill $a (local.get 0) (i32.const 0) (i32.const 7) (i32.const 1))
        (array.copy $a $a (local.get 0) (i32.const 0) (local.get 0) (i32.const 1) (i32.const 1))
        (array.init_data $a $d (local.get 0) (i32.const 0) (i32.const 0) (i32.const 1))
        (array.init_elem $r $e (local.get 1) (i32.const 0) (i32.const 0) (i32.const 1))
        (i32.add (array.get_u $a (local.get 0) (i32.const 0)) (array.len (local.get 1)))))"""


def _vectors() -> str:
    """A function for each vector instruction, which gives it parameters."""
    immediates = {
        "lane": "0",
        "memarg_lane": "offset=3 0",
        "memarg": "offset=3",
        "lanes": " ".join(map(str, range(16))),
        "v128": "i64x2 1 2",
        None: "",
    }
    functions = []
    for op in VECTORS:
        assert op.params is not None and op.results is not None
        operands = " ".join(f"(local.get {i})" for i in range(len(op.params)))
        type_ = f"(param {' '.join(op.params)}) (result {' '.join(op.results)})"
        functions.append(f"(func {type_} ({op.mnemonic} {immediates[op.immediate]} {operands}))")
    return f"(module (memory 1) {' '.join(functions)})"


@cache
def _users() -> dict[Op, tuple[Module, int]]:
    """For each instruction, a module and the index of a function in it that uses the instruction."""
    users: dict[Op, tuple[Module, int]] = {}
    generated = (generate(random.Random(seed).randbytes(1500)).binary for seed in range(400))
    for binary in chain([assemble(REFERENCES), assemble(AGGREGATES), assemble(_vectors())], generated):
        if len(users) == len(GENERATED):
            break
        module = decode_module(binary)
        imported = len(module.imported("func"))
        for index, function in enumerate(module.functions, imported):
            users.update((op, (module, index)) for op, _, _ in decode_body(module, function) if op not in users)
    return users


@pytest.mark.parametrize("dialect", ["cpython", "portable"])
@pytest.mark.parametrize("op", GENERATED, ids=str)
def test_every_instruction_is_lifted_and_emitted(op: Op, dialect: Dialect) -> None:
    module, index = _users()[op]
    translator = PythonTranslator(check=True)
    program = translator.program(module, Options(dialect=dialect))
    assert translator.function_code(module, program, index).co_name == program.functions[index].identifier
