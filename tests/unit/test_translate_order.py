"""Evaluation order: operands, traps, and what calls among operands change; each case in both dialects and with
every pass off in turn.
"""

from __future__ import annotations

import pytest
from unit.translation import DIALECTS, DISABLED, instance_of, outcome
from wasm2py.runtime.program import Dialect

_GROW = "(memory 1) (func $grow (param i32) (result i32) (drop (memory.grow (i32.const 1))) (local.get 0))"
_SETS = "(global $g (mut i32) (i32.const 8)) (func $set (result i32) (global.set $g (i32.const 100)) (i32.const 1))"
_DROPS = '(data $d "abcd") (func $drop (result i32) (data.drop $d) (i32.const 0))'

#: name → a module's fields, and the result of its export `f`.
CASES: dict[str, tuple[str, object]] = {
    "load8 from a call that grows": (
        f'{_GROW} (func (export "f") (result i32) (i32.load8_u (call $grow (i32.const 65540))))',
        0,
    ),
    "aligned load from a call that grows": (
        f"""{_GROW} (func (export "f") (result i32)
            (i32.load (i32.shl (call $grow (i32.const 16385)) (i32.const 2))))""",
        0,
    ),
    "load from memory.grow's own result": (
        """(memory 1) (func (export "f") (result i32)
            (i32.load (i32.shl (memory.grow (i32.const 1)) (i32.const 16))))""",
        0,
    ),
    "f32.load from a call that grows": (
        f"""{_GROW} (func (export "f") (result i32)
            (i32.reinterpret_f32 (f32.load (call $grow (i32.const 65540)))))""",
        0,
    ),
    "store at an address from a call that grows": (
        f"""{_GROW} (func (export "f") (result i32)
            (i32.store8 (call $grow (i32.const 65540)) (i32.const 7)) (i32.load8_u (i32.const 65540)))""",
        7,
    ),
    "unaligned store of a call that grows": (
        f"""{_GROW} (func (export "f") (result i32)
            (i32.store (i32.const 65541) (call $grow (i32.const 5))) (i32.load (i32.const 65541)))""",
        5,
    ),
    "f32.store of a call that grows": (
        """(memory 1) (func (export "f") (result i32)
            (f32.store (i32.const 65540) (f32.reinterpret_i32 (memory.grow (i32.const 1))))
            (i32.load (i32.const 65540)))""",
        1,
    ),
    "store at a global that the value's call changes": (
        f"""(memory 1) {_SETS} (func (export "f") (result i32)
            (i32.store (global.get $g) (call $set)) (i32.load (i32.const 8)))""",
        1,
    ),
    "byte store at a global that the value's call changes": (
        f"""(memory 1) {_SETS} (func (export "f") (result i32)
            (i32.store8 (global.get $g) (call $set)) (i32.load (i32.const 8)))""",
        1,
    ),
    "global read before and after a call": (
        f'{_SETS} (func (export "f") (result i32) (i32.sub (global.get $g) (i32.add (call $set) (global.get $g))))',
        8 - 101 & 0xFFFFFFFF,
    ),
    "memory.init with an operand that drops the segment": (
        f"""(memory 1) {_DROPS} (func (export "f") (result i32)
            (memory.init $d (call $drop) (i32.const 0) (i32.const 4)) (i32.load (i32.const 0)))""",
        "out of bounds memory access",
    ),
    "table.init with an operand that drops the segment": (
        """(table 9 funcref) (elem $e func $drop $drop) (func $drop (result i32) (elem.drop $e) (i32.const 0))
            (func (export "f") (table.init $e (call $drop) (i32.const 0) (i32.const 2)))""",
        "out of bounds table access",
    ),
    "a local whose reader a call could not reach": (
        f"""(memory 1) {_SETS} (func (export "f") (result i32) (local $x i32) (local $y i32) (local $z i32)
            (local.set $x (i32.load (i32.const 8)))
            (local.set $z (select (local.get $x) (i32.const 3) (local.get $z)))
            (local.set $y (global.get $g))
            (local.set $x (call $set))
            (i32.add (local.get $z) (i32.sub (local.get $x) (local.get $y))))""",
        3 + 1 - 8 & 0xFFFFFFFF,
    ),
    "of two traps the first": (
        """(memory 1) (func (export "f") (result i32) (local $zero i32)
            (i32.add (i32.load (i32.const 65536)) (i32.div_u (i32.const 1) (local.get $zero))))""",
        "out of bounds memory access",
    ),
    "of two traps the first, the other way round": (
        """(memory 1) (func (export "f") (result i32) (local $zero i32)
            (i32.add (i32.div_u (i32.const 1) (local.get $zero)) (i32.load (i32.const 65536))))""",
        "integer divide by zero",
    ),
    "a trap in an operand comes before the store's own": (
        """(memory 1) (func (export "f") (local $zero i32)
            (i32.store (i32.const 65536) (i32.div_u (i32.const 1) (local.get $zero))))""",
        "integer divide by zero",
    ),
    "a trap in an address comes before the value's": (
        """(memory 1) (func (export "f") (local $zero i32)
            (i32.store (i32.load (i32.const 65536)) (i32.div_u (i32.const 1) (local.get $zero))))""",
        "out of bounds memory access",
    ),
    "a trap in an argument comes before a missing element": (
        """(type $t (func (param i32))) (table 1 funcref)
            (func (export "f") (local $zero i32)
                (call_indirect (type $t) (i32.div_u (i32.const 1) (local.get $zero)) (i32.const 7)))""",
        "integer divide by zero",
    ),
    "an argument's call happens before a missing element traps": (
        """(type $t (func (param i32))) (table 1 funcref)
            (func $traps (result i32) unreachable)
            (func (export "f") (call_indirect (type $t) (call $traps) (i32.const 7)))""",
        "unreachable",
    ),
    "both values of a select are evaluated, before its condition": (
        """(memory 1) (func (export "f") (result i32) (local $zero i32)
            (select (i32.const 1) (i32.load (i32.const 65536)) (i32.div_u (i32.const 1) (local.get $zero))))""",
        "out of bounds memory access",
    ),
    "a dropped value traps": (
        """(memory 1) (func (export "f") (result i32)
            (drop (i32.load (i32.const 65536))) (i32.const 1))""",
        "out of bounds memory access",
    ),
    "what a branch leaves on the stack traps": (
        """(memory 1) (func (export "f") (result i32)
            (block $out (result i32) (i32.load (i32.const 65536)) (br $out (i32.const 1))))""",
        "out of bounds memory access",
    ),
    "what stands before unreachable traps": (
        """(memory 1) (func (export "f") (result i32) (i32.load (i32.const 65536)) unreachable)""",
        "out of bounds memory access",
    ),
    "a local read before it is set again": (
        """(func (export "f") (result i32) (local $x i32) (local.set $x (i32.const 3))
            (i32.sub (local.get $x) (local.tee $x (i32.const 1))))""",
        2,
    ),
    "operands of a loop change places": (
        """(func (export "f") (result i32) (local $n i32) (local $a i32) (local $b i32)
            (i32.const 1) (i32.const 2)
            (loop $again (param i32 i32) (result i32 i32)
                (local.set $b) (local.set $a) (local.get $b) (local.get $a)
                (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 4))))
            (local.set $b) (i32.mul (i32.const 10)) (i32.add (local.get $b)))""",
        12,
    ),
    "table.grow's operands": (
        """(table $t 1 externref) (global $n (mut i32) (i32.const 2))
            (func $ref (result externref) (global.set $n (i32.const 5)) (ref.null extern))
            (func (export "f") (result i32) (drop (table.grow $t (call $ref) (global.get $n))) (table.size $t))""",
        6,
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", CASES)
def test_order(name: str, dialect: Dialect) -> None:
    wat, expected = CASES[name]
    for disabled in DISABLED:
        assert outcome(instance_of(f"(module {wat})", dialect, disabled), "f") == expected, disabled


@pytest.mark.parametrize("dialect", DIALECTS)
def test_first_test_of_a_function_that_starts_with_a_loop(dialect: Dialect) -> None:
    # the loop's own test must not be merged into the way back: it is also that of the way in
    wat = """(module (memory 1) (data (i32.const 0) "\\09\\08\\00\\01\\00\\07")
        (func (export "f") (param i32 i32) (result i32)
          (block $exit (loop $again
            (br_if $exit (i32.lt_s (local.get 0) (local.get 1)))
            (local.set 0 (i32.load8_u (local.get 0)))
            (local.set 1 (i32.load8_u (local.get 1)))
            (br_if $again (i32.load8_u (i32.const 4)))))
          (local.get 0)))"""
    for disabled in DISABLED:
        instance = instance_of(wat, dialect, disabled)
        assert outcome(instance, "f", 0x80000000, 4) == 0x80000000, disabled
        assert outcome(instance, "f", 4, 0x80000000) == "out of bounds memory access", disabled


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["address", "value", "t", "goto", "arm"])
def test_temporaries_of_ours_take_no_name_of_the_module(name: str, dialect: Dialect) -> None:
    store = "(i32.store (i32.add (local.get 0) (i32.const 1)) (i32.mul (local.get 1) (i32.const 3)))"
    wats = {
        "local": f'(func (export "f") (param ${name} i32) (param $x i32) (result i32) {store} (local.get 0))',
        "function": f"""(func ${name} (param i32) (result i32) (local.get 0))
            (func (export "f") (param i32 i32) (result i32) {store} (call ${name} (local.get 0)))""",
        "global": f"""(global ${name} i32 (i32.const 6))
            (func (export "f") (param i32 i32) (result i32) {store} (global.get ${name}))""",
    }
    for kind, wat in wats.items():
        assert outcome(instance_of(f"(module (memory 1) {wat})", dialect), "f", 6, 7) == 6, kind
