"""The IR of a few typical functions as lifted and as optimised, and the Python of both dialects, as they were.

    pytest tests/golden --update-golden

makes `ir.txt` again; read the difference before it is committed.
"""

from __future__ import annotations

import ast
from pathlib import Path

from unit.translation import DIALECTS, lifted, program_of
from wasm2py.transpile.ir.printer import print_function
from wasm2py.transpile.ir.verify import verify
from wasm2py.transpile.optimise.passes import optimise

GOLDEN = Path(__file__).with_name("ir.txt")

#: title → the fields of a module, whose last function is shown.
FUNCTIONS: dict[str, str] = {
    "recursion": """(func $fib (param $n i32) (result i32)
        (if (i32.lt_s (local.get $n) (i32.const 2)) (then (return (local.get $n))))
        (i32.add
            (call $fib (i32.sub (local.get $n) (i32.const 1)))
            (call $fib (i32.sub (local.get $n) (i32.const 2)))))""",
    "sum of an array": """(memory 1) (func $sum (param $p i32) (param $n i32) (result i32) (local $total i32)
        (block $done (loop $next
            (br_if $done (i32.eqz (local.get $n)))
            (local.set $total (i32.add (local.get $total) (i32.load (local.get $p))))
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next)))
        (local.get $total))""",
    "64-bit hash": """(func $fnv (param i64 i64) (result i64)
        (i64.rotl (i64.mul (i64.xor (local.get 0) (local.get 1)) (i64.const 1099511628211)) (i64.const 13)))""",
    "swap in memory": """(memory 1) (func $swap (param $a i32) (param $b i32) (local $t i32)
        (local.set $t (i32.load8_u (local.get $a)))
        (i32.store8 (local.get $a) (i32.load8_u (local.get $b)))
        (i32.store8 (local.get $b) (local.get $t)))""",
    "switch": """(func $name (param $k i32) (result i32) (local $r i32)
        (block $end (block $c (block $b (block $a (br_table $a $b $b $c $end (local.get $k)))
            (local.set $r (i32.const 1)) (br $end))
            (local.set $r (i32.const 2)) (br $end))
            (local.set $r (i32.const 3)))
        (i32.add (local.get $r) (local.get $k)))""",
    "floats": """(memory 1) (func $norm (param f32 f64) (result f64)
        (f32.store (i32.const 8) (f32.mul (local.get 0) (f32.const 0.5)))
        (f64.sqrt (f64.add (f64.mul (local.get 1) (local.get 1)) (f64.promote_f32 (local.get 0)))))""",
    "call through a table": """(type $op (func (param i32 i32) (result i32))) (table 4 funcref)
        (global $calls (mut i32) (i32.const 0))
        (func $apply (param i32 i32 i32) (result i32)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (call_indirect (type $op) (local.get 1) (local.get 2) (local.get 0)))""",
    "operands of a loop": """(func $gcd (param i64 i64) (result i64)
        (local.get 0) (local.get 1)
        (loop $again (param i64 i64) (result i64)
            (local.set 1) (local.set 0)
            (if (result i64) (i64.eqz (local.get 1))
                (then (local.get 0))
                (else (local.get 1) (i64.rem_u (local.get 0) (local.get 1)) (br $again)))))""",
    "a value from a block": """(func $clamp (param i32 i32 i32) (result i32)
        (block $low (result i32)
            (drop (br_if $low (local.get 1) (i32.lt_s (local.get 0) (local.get 1))))
            (select (local.get 2) (local.get 0) (i32.gt_s (local.get 0) (local.get 2)))))""",
}


def render(title: str, fields: str) -> str:
    wat = f"(module {fields})"
    translator, module, program = program_of(wat)
    index = len(program.functions) - 1
    function = lifted(wat, index)
    verify(function)
    parts = [f"==== {title}", "---- lifted", print_function(function)]
    optimise(function, check=verify)
    parts += ["---- optimised", print_function(function)]
    for dialect in DIALECTS:
        translator, module, program = program_of(wat, dialect)
        parts += [f"---- {dialect}", ast.unparse(translator.function_ast(module, program, index)) + "\n"]
    return "\n".join(parts)


def test_ir_is_as_it_was(update_golden: bool) -> None:
    text = "\n".join(render(title, fields) for title, fields in FUNCTIONS.items())
    if update_golden:
        GOLDEN.write_text(text, encoding="utf-8")
    assert text.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()
