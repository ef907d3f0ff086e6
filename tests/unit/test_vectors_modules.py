"""Vectors through the whole pipeline: variables, globals, calls, memories, the host, dumps; what others pay for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import wasm2py
from unit.translation import DIALECTS, DISABLED, instance_of, module_of, outcome, python
from wasm2py.precompile import precompile
from wasm2py.runtime.codec import dump_program, load_program
from wasm2py.runtime.errors import TextError, Trap, ValidationError
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.program import Dialect, Options
from wasm2py.runtime.types import FuncType
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.dump.document import dump_module
from wasm2py.transpile.dump.functions import Source
from wasm2py.transpile.text import assemble
from wasm2py.transpile.translate import PythonTranslator
from wasm2py.transpile.validate import validate

X = 0x0F0E0D0C_0B0A0908_07060504_03020100
ALL = (1 << 128) - 1


def call(instance: Any, name: str, *args: Any) -> Any:
    return instance.exports[name](*args)


# Text and validation


@pytest.mark.parametrize(
    ("instruction", "message"),
    [
        ("v128.const", "unexpected token )"),
        ("v128.const 1 2", "unexpected token 1"),
        ("v128.const i32x4", "wrong number of lane literals"),
        ("v128.const i32x4 1 2 3", "wrong number of lane literals"),
        ("v128.const i64x2 1 2 3", "wrong number of lane literals"),
        ("v128.const i64x2 1 x", "unknown operator x"),
        ("v128.const i64x2 1 1.5", "unexpected token 1.5"),
        ("v128.const i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "constant out of range"),
        ("v128.const f32x4 0 0 0 1e39", "constant out of range"),
        ("i8x16.shuffle 1 2", "invalid lane length"),
        ("i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 256", "i8 constant out of range"),
        ("i8x16.extract_lane_u", "unexpected token )"),
        ("i8x16.extract_lane_u 256", "i8 constant out of range"),
        ("v128.load8_lane", "unexpected token )"),
        ("v128.load8_lane 1 2 3", "unexpected token 3"),
        ("v128.load8_lane $m 3", "unknown memory $m"),
        ("v128.load8_lane offset=1", "unexpected token )"),
        ("v128.load offset=1 3", "unexpected token 3"),
    ],
)
def test_malformed_text(instruction: str, message: str) -> None:
    with pytest.raises(TextError) as caught:
        assemble(f"(module (func ({instruction})))")
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("(i8x16.extract_lane_s 16 (local.get 0))", "invalid lane index"),
        ("(i64x2.replace_lane 2 (local.get 0) (i64.const 0))", "invalid lane index"),
        ("(i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 32 (local.get 0) (local.get 0))", "invalid lane index"),
        ("(v128.load32_lane 4 (i32.const 0) (local.get 0))", "invalid lane index"),
        ("(v128.load64_lane 0 align=16 0 (i32.const 0) (local.get 0))", "alignment must not be larger than natural"),
        ("(v128.load align=32 (i32.const 0))", "alignment must not be larger than natural"),
        ("(v128.load8_lane 2 0 (i32.const 0) (local.get 0))", "unknown memory 2"),
        ("(i32x4.add (local.get 0) (i32.const 0))", "type mismatch"),
        ("(select (local.get 0) (i64.const 1) (i32.const 1))", "type mismatch"),
    ],
)
def test_invalid(body: str, message: str) -> None:
    module = decode_module(assemble(f"(module (memory 1) (func (param v128) (drop {body})))"))
    with pytest.raises(ValidationError) as caught:
        validate(module)
    assert caught.value.message.startswith(message)
    assert caught.value.function == 0


def test_memidx_and_lane() -> None:
    several = "(memory 1) (memory $m 1)"
    for text in ("1 3", "$m 3", "1 offset=0 3", "$m align=1 3"):
        short = assemble(f"(module {several} (func (v128.store8_lane {text} (i32.const 0) (v128.const i64x2 0 0))))")
        full = "$m offset=0 align=1 3 (i32.const 0) (v128.const i64x2 0 0)"
        assert short == assemble(f"(module {several} (func (v128.store8_lane {full})))")


# What the code looks like


def test_operators_and_helpers() -> None:
    wat = """(module (memory 1) (func (param i32 v128) (result i32)
      (v128.store offset=16 (local.get 0)
        (i32x4.add (v128.and (local.get 1) (v128.load (local.get 0))) (v128.not (local.get 1))))
      (i32.add (i16x8.extract_lane_u 3 (local.get 1)) (v128.any_true (local.get 1)))))"""
    assert python(wat) == (
        "def func0(p0, p1):\n"
        "    v128_store(mem_u8, p0 + 16, i32x4_add(p1 & (mem_u64[p0] | mem_u64_at_8[p0] << 64), "
        "p1 ^ 340282366920938463463374607431768211455))\n"
        "    return (p1 >> 48 & 65535) + v128_any_true(p1)\n"
    )


def test_lanes_and_their_places() -> None:
    wat = """(module (memory 1) (func (param v128 i32) (result v128)
      (v128.store16_lane offset=2 7 (local.get 1) (local.get 0))
      (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31
        (v128.load8_lane 5 (local.get 1) (local.get 0))
        (i32x4.replace_lane 1 (local.get 0) (local.get 1)))))"""
    assert python(wat) == (
        "def func0(p0, p1):\n"
        "    v128_store16_lane(mem_u8, p1 + 2, p0, 7)\n"
        "    return i8x16_shuffle(v128_load8_lane(mem_u8, p1, p0, 5), i32x4_replace_lane(p0, 1, p1), "
        "b'\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\t\\n\\x0b\\x0c\\r\\x0e\\x1f')\n"
    )


# Vectors wherever values are

FLOW = """(module
  (global $g (mut v128) (v128.const i64x2 1 2))
  (global $imm v128 (v128.const i64x2 -1 3))
  (table funcref (elem $double))
  (type $unary (func (param v128) (result v128)))
  (func $double (param v128) (result v128) (i64x2.add (local.get 0) (local.get 0)))
  (func (export "default") (result v128) (local v128) (local.get 0))
  (func (export "global") (param v128) (result v128 v128)
    (global.get $g) (global.set $g (local.get 0)) (global.get $imm))
  (func (export "choose") (param v128 v128 i32) (result v128)
    (select (local.get 0) (local.get 1) (local.get 2)))
  (func (export "typed") (param v128 v128 i32) (result v128)
    (select (result v128) (i64x2.sub (local.get 0) (local.get 1)) (v128.not (local.get 1)) (local.get 2)))
  (func (export "block") (param v128 i32) (result v128)
    (block $b (result v128)
      (br_table $b $b (local.get 0) (local.get 1))))
  (func (export "indirect") (param v128) (result v128)
    (call_indirect (type $unary) (local.get 0) (i32.const 0)))
  (func (export "loop") (param v128 i32) (result v128) (local v128)
    (loop $l
      (local.set 2 (i32x4.add (local.get 2) (local.get 0)))
      (local.set 0 (i32x4.shl (local.get 0) (i32.const 1)))
      (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (local.get 2))
  (func (export "swap") (param v128 v128) (result v128 v128) (local.get 1) (local.get 0))
  (func (export "lane") (param v128) (result i64 i64)
    (i64x2.extract_lane 0 (local.get 0)) (i64x2.extract_lane 1 (local.get 0)))
  (func (export "splat") (param i64) (result v128) (i64x2.splat (local.get 0)))
  (func (export "replace") (param v128 i64) (result v128) (i64x2.replace_lane 1 (local.get 0) (local.get 1)))
  (func (export "if") (param v128) (result i32)
    (if (result i32) (i32x4.all_true (local.get 0)) (then (i32.const 5)) (else (i8x16.bitmask (local.get 0))))))"""


@pytest.mark.parametrize("disabled", DISABLED, ids=str)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_values(dialect: Dialect, disabled: tuple[str, ...]) -> None:
    instance = instance_of(FLOW, dialect, disabled)
    assert call(instance, "default") == 0
    assert call(instance, "global", X) == (2 << 64 | 1, 3 << 64 | (1 << 64) - 1)
    assert call(instance, "global", ALL)[0] == X
    assert [call(instance, "choose", X, ALL, i) for i in (0, 1)] == [ALL, X]
    assert [call(instance, "typed", X, 1, i) for i in (0, 1)] == [ALL - 1, X - 1]
    assert [call(instance, "block", X, i) for i in (0, 1, 2)] == [X] * 3
    assert call(instance, "indirect", 1 << 127 | 1 << 63 | 3) == 6
    assert call(instance, "loop", 1 << 96 | 0x80000001, 3) == 7 << 96 | 0x80000007
    assert call(instance, "swap", 1, X) == (X, 1)
    assert call(instance, "lane", ALL - 1) == (-2, -1)
    assert call(instance, "splat", -2) == ((1 << 64) - 2) * (1 << 64 | 1)
    assert call(instance, "replace", X, -1) == ALL >> 64 << 64 | X & ALL >> 64
    assert [call(instance, "if", i) for i in (X, 1 << 127)] == [5, 1 << 15]
    assert type(call(instance, "default")) is int


EXPORTER = """(module (global (export "g") (mut v128) (v128.const i64x2 5 6))
  (global (export "c") v128 (v128.const i64x2 7 8))
  (tag (export "t") (param v128 i64))
  (func (export "f") (param v128) (result v128) (v128.not (local.get 0)))
  (func (export "throw") (param v128) (throw 0 (local.get 0) (i64.const -1))))"""
IMPORTER = """(module (import "e" "g" (global $g (mut v128))) (import "e" "c" (global $c v128))
  (import "e" "t" (tag $t (param v128 i64)))
  (import "e" "f" (func $f (param v128) (result v128))) (import "e" "throw" (func $throw (param v128)))
  (global $copy (export "copy") v128 (global.get $c))
  (func (export "swap") (param v128) (result v128 v128 v128)
    (global.get $g) (global.set $g (local.get 0)) (global.get $c) (global.get $copy))
  (func (export "call") (param v128) (result v128) (call $f (call $f (local.get 0))))
  (func (export "catch") (param v128) (result v128 i64)
    (block $h (result v128 i64) (try_table (catch $t $h) (call $throw (local.get 0))) (unreachable)))
  (func (export "own") (param v128) (result v128) (local i64)
    (block $h (result v128 i64) (try_table (catch $t $h) (throw $t (local.get 0) (i64.const 1))) (unreachable))
    (local.set 1)))"""


@pytest.mark.parametrize("importing", DIALECTS)
@pytest.mark.parametrize("exporting", DIALECTS)
def test_instances_share_vectors(exporting: Dialect, importing: Dialect) -> None:
    exporter = instance_of(EXPORTER, exporting)
    names = ("g", "c", "t", "f", "throw")
    importer = instance_of(IMPORTER, importing, imports=[exporter.exports[name] for name in names])
    five, seven = 6 << 64 | 5, 8 << 64 | 7
    assert call(importer, "swap", X) == (five, seven, seven)
    shared, copy = exporter.exports["g"], importer.exports["copy"]
    assert isinstance(shared, Global) and isinstance(copy, Global)
    assert (shared.value, copy.value) == (X, seven)
    shared.value = ALL
    assert call(importer, "swap", 0)[0] == ALL
    assert shared.value == 0
    assert call(importer, "call", X) == X
    assert call(importer, "catch", X) == (X, -1)
    assert call(importer, "own", ALL) == ALL
    with pytest.raises(wasm2py.WasmException) as caught:
        call(exporter, "throw", X)
    assert caught.value.values == (X, -1)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_host(dialect: Dialect) -> None:
    seen: list[Any] = []

    def host(v: int, n: int) -> int:
        seen.append((v, n))
        return v ^ 1

    func = Func(FuncType(("v128", "i64"), ("v128",)), host, "host")
    wat = """(module (import "h" "f" (func $h (param v128 i64) (result v128)))
      (func (export "f") (param v128) (result v128) (call $h (v128.not (local.get 0)) (i64.const -1))))"""
    instance = instance_of(wat, dialect, imports=[func])
    assert call(instance, "f", 0) == ALL - 1
    assert seen == [(ALL, -1)]
    for wrong in (-1, 1 << 128):
        with pytest.raises(OverflowError, match=r"parameter 0: v128 out of range"):
            call(instance, "f", wrong)
    with pytest.raises(TypeError, match=r"parameter 0: expected v128, got float"):
        call(instance, "f", 1.0)
    func_wrong = Func(FuncType(("v128", "i64"), ("v128",)), lambda v, n: -1, "host")
    with pytest.raises(OverflowError, match=r"result 0 of the host function: v128 out of range"):
        call(instance_of(wat, dialect, imports=[func_wrong]), "f", 0)


def test_host_globals() -> None:
    assert Global("v128").value == 0
    assert Global("v128", X).value == X
    with pytest.raises(OverflowError):
        Global("v128", -1)


def test_annotated_host_functions() -> None:
    def f(v: wasm2py.v128) -> wasm2py.v128:
        return v + 1

    text = """(module (import "h" "f" (func $f (param v128) (result v128)))
      (func (export "f") (param v128) (result v128) (call $f (local.get 0))))"""
    assert wasm2py.load(text, imports={"h": {"f": f}}).exports.f(X) == X + 1
    with pytest.raises(wasm2py.LinkError):
        wasm2py.load('(module (import "h" "f" (func (param i32) (result v128))))', imports={"h": {"f": f}})


# Memory

MEMORY = """(module (memory (export "m") {index} 1)
  (func (export "load") (param {index}) (result v128) (v128.load offset=8 (local.get 0)))
  (func (export "wider") (param {index}) (result v128) (v128.load8x8_s offset=8 (local.get 0)))
  (func (export "splat") (param {index}) (result v128) (v128.load32_splat offset=8 (local.get 0)))
  (func (export "zero") (param {index}) (result v128) (v128.load64_zero offset=8 (local.get 0)))
  (func (export "lane") (param {index} v128) (result v128) (v128.load16_lane offset=8 7 (local.get 0) (local.get 1)))
  (func (export "store") (param {index} v128) (v128.store offset=8 (local.get 0) (local.get 1)))
  (func (export "store_lane") (param {index} v128) (v128.store32_lane offset=8 3 (local.get 0) (local.get 1))))"""
LAST = {"load": 16, "wider": 8, "splat": 4, "zero": 8, "lane": 2, "store": 16, "store_lane": 4}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("index", ["i32", "i64"])
def test_accesses(index: str, dialect: Dialect) -> None:
    instance = instance_of(MEMORY.format(index=index), dialect)
    call(instance, "store", 1, X)
    assert call(instance, "load", 1) == X
    assert call(instance, "load", 0) == X << 8 & ALL
    assert call(instance, "wider", 4) == 0x000A_0009_0008_0007_0006_0005_0004_0003
    assert call(instance, "splat", 2) == 0x04030201 * ALL // 0xFFFFFFFF
    assert call(instance, "zero", 3) == 0x0908070605040302
    assert call(instance, "lane", 2, 0) == 0x0201 << 112
    call(instance, "store_lane", 1, ALL)
    assert call(instance, "load", 1) == X | 0xFFFFFFFF
    for name, width in LAST.items():
        operands = (X,) if name in ("lane", "store", "store_lane") else ()
        last = 65536 - 8 - width
        call(instance, name, last, *operands)
        before = bytes(instance.memories[0].read(65500, 36))
        for where in (last + 1, 65535, -1 if index == "i32" else 1 << 32):
            assert outcome(instance, name, where, *operands) == "out of bounds memory access"
        assert bytes(instance.memories[0].read(65500, 36)) == before


@pytest.mark.parametrize("dialect", DIALECTS)
def test_order_of_memory_accesses(dialect: Dialect) -> None:
    wat = """(module (memory 1)
      (func $grow (result i32) (memory.grow (i32.const 1)))
      (func (export "early") (result v128) (local v128)
        (local.set 0 (v128.load (i32.const 0)))
        (v128.store (i32.const 0) (v128.not (local.get 0)))
        (v128.xor (local.get 0) (v128.load (i32.const 0))))
      (func (export "grown") (result v128)
        (v128.store (i32.mul (call $grow) (i32.const 65536)) (v128.const i64x2 1 2))
        (v128.load (i32.const 65536))))"""
    instance = instance_of(wat, dialect)
    assert call(instance, "early") == ALL
    assert call(instance, "grown") == 2 << 64 | 1


# What they cost


def test_helpers_are_there_for_code_that_calls_them() -> None:
    wat = """(module (func (export "plain") (result i32) (i32.const 1))
      (func (export "vector") (param v128) (result v128) (i8x16.abs (local.get 0))))"""
    instance = instance_of(wat)
    call(instance, "plain")
    assert "i8x16_abs" not in vars(instance.namespace)
    call(instance, "vector", 0)
    found = {name for name in vars(instance.namespace) if name.startswith(("i8x16_", "i16x8_", "v128_"))}
    assert found == {"i8x16_abs"}


PLAIN = "import sys, wasm2py\nwasm2py.load('(module (func (export \"f\") (result i32) (i32.const 1)))').exports.f()\n"


def test_modules_without_vectors_do_not_import_them() -> None:
    code = PLAIN + "print([name for name in sys.modules if 'runtime.vectors' in name])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"


def test_names_of_instructions_are_taken() -> None:
    wat = '(module (func $i8x16_abs (export "f") (param v128) (result v128) (i8x16.abs (local.get 0))))'
    assert python(wat) == "def i8x16_abs_(p0):\n    return i8x16_abs(p0)\n"


# Programs, dumps, packages

SMALL = """(module (global (export "g") v128 (v128.const i64x2 1 2)) (memory 1)
  (func (export "f") (param v128) (result v128) (i32x4.add (local.get 0) (v128.load (i32.const 0))))
  (func (export "lane") (param v128) (result i64) (i64x2.extract_lane 1 (local.get 0))))"""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_programs_as_bytes(dialect: Dialect) -> None:
    program = PythonTranslator().program(module_of(SMALL), Options(dialect=dialect))
    assert load_program(dump_program(program)) == program


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dumps_run(dialect: Dialect) -> None:
    translator, module = PythonTranslator(), module_of(SMALL)
    program = translator.program(module, Options(dialect=dialect))
    names: dict[str, Any] = {"__name__": "dumped"}
    exec(dump_module(Source(module, program, translator)), names)
    assert names["exports"]["f"](X) == X
    assert names["exports"]["lane"](ALL) == -1
    assert names["exports"]["g"].value == 2 << 64 | 1


def _runtime(folder: Path, wat: str) -> set[str]:
    written = precompile(assemble(wat), folder, "package", standalone=True)
    return {path.name for path in written if "vectors" in path.parts}


def test_standalone_packages_bring_vectors_if_they_use_them(tmp_path: Path) -> None:
    assert "shapes.py" in _runtime(tmp_path / "with", SMALL)
    assert _runtime(tmp_path / "without", '(module (func (export "f") (result i32) (i32.const 1)))') == set()
    code = f"import sys; sys.modules['wasm2py'] = None; import package; print(package.f({X}), package.lane({ALL}))"
    environment = {"PYTHONPATH": str(tmp_path / "with")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, env=environment)
    assert done.stdout == f"{X} -1\n"


def test_trap_in_a_helper() -> None:
    instance = instance_of('(module (memory 0) (func (export "f") (result v128) (v128.load8_splat (i32.const 0))))')
    with pytest.raises(Trap) as caught:
        call(instance, "f")
    assert caught.value.kind == "out of bounds memory access"
    assert [frame.function for frame in caught.value.frames] == ["f"]
