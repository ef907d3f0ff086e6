"""Assembling text modules: exact bytes, equivalent forms, names, and errors with their positions."""

from __future__ import annotations

import pytest
from wasm2py.runtime.errors import TextError
from wasm2py.runtime.types import FuncType
from wasm2py.transpile.decode import decode_body, decode_module
from wasm2py.transpile.module import Instr
from wasm2py.transpile.text import assemble
from wasm2py.transpile.validate import validate

HEADER = b"\0asm\x01\0\0\0"


def body(instructions: str, *, fields: str = "", head: str = "") -> list[tuple[str, object]]:
    """The instructions of a function as (mnemonic, immediate), the final `end` left out."""
    module = decode_module(assemble(f"(module {fields} (func {head} {instructions}))"))
    found: list[Instr] = list(decode_body(module, module.functions[-1]))
    return [(op.mnemonic, immediate) for op, immediate, _ in found[:-1]]


def error(text: str) -> tuple[str, int, int]:
    with pytest.raises(TextError) as caught:
        assemble(text)
    return caught.value.message, caught.value.line, caught.value.column


def test_empty() -> None:
    assert assemble("") == assemble("(module)") == HEADER


def test_exact_bytes() -> None:
    text = '(module (func (export "f") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))'
    assert assemble(text) == HEADER + bytes.fromhex(
        "0107016002 7f7f 017f  03020100  0705 01 0166 00 00  0a09 01 07 00 2000 2001 6a 0b"
    )


def test_binary_and_quote_modules() -> None:
    assert assemble(r'(module $m binary "\00asm" "\01\00\00\00")') == HEADER
    assert assemble(r'(module quote "(func" " nop)")') == assemble("(func nop)")


@pytest.mark.parametrize(
    ("folded", "flat"),
    [
        ("(drop (i32.add (i32.const 1) (i32.const 2)))", "i32.const 1 i32.const 2 i32.add drop"),
        ("(block $a (br $a))", "block br 0 end"),
        ("(loop (nop) nop)", "loop nop nop end"),
        ("(if (i32.const 1) (then nop) (else unreachable))", "i32.const 1 if nop else unreachable end"),
        ("(if $l (i32.const 1) (then (br $l)))", "i32.const 1 if br 0 end"),
        ("(if (i32.const 1) (then) (else))", "i32.const 1 if else end"),
        (
            "(drop (if (result i32) (i32.eqz (i32.const 0)) (then (i32.const 1)) (else (i32.const 2))))",
            "i32.const 0 i32.eqz if (result i32) i32.const 1 else i32.const 2 end drop",
        ),
        ("(drop (i32.const 1) (i32.const 2)) drop", "i32.const 1 i32.const 2 drop drop"),
    ],
)
def test_folded(folded: str, flat: str) -> None:
    assert body(folded) == body(flat)


def test_labels_count_from_the_innermost() -> None:
    found = body("block $a loop $b block $a br $a br $b br 2 end $a end $b end $a")
    assert [immediate for mnemonic, immediate in found if mnemonic == "br"] == [0, 1, 2]


def test_label_of_an_if_is_not_visible_in_its_condition() -> None:
    assert error("(func (if $l (br $l) (then)))")[0] == "unknown label $l"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i32.const -1", ("i32.const", 0xFFFFFFFF)),
        ("i64.const 0x8000_0000_0000_0000", ("i64.const", 1 << 63)),
        ("f32.const nan:0x200000", ("f32.const", 0x7FA00000)),
        ("f64.const -0x1.8p1", ("f64.const", 0xC008000000000000)),
        ("i32.load8_u offset=3", ("i32.load8_u", (0, 3, 0))),
        ("i64.load align=2", ("i64.load", (1, 0, 0))),
        ("i64.store $n offset=0x10 align=8", ("i64.store", (3, 16, 1))),
        ("memory.size", ("memory.size", 0)),
        ("memory.grow 1", ("memory.grow", 1)),
        ("memory.copy $n 0", ("memory.copy", (1, 0))),
        ("memory.init $d", ("memory.init", (0, 0))),
        ("memory.init $n $d", ("memory.init", (0, 1))),
        ("data.drop 0", ("data.drop", 0)),
        ("table.copy", ("table.copy", (0, 0))),
        ("table.init $u $e", ("table.init", (0, 1))),
        ("table.init 0", ("table.init", (0, 0))),
        ("call_indirect $u (type $t)", ("call_indirect", (0, 1))),
        ("call_indirect", ("call_indirect", (1, 0))),
        ("return_call_indirect (param i32) (result i32)", ("return_call_indirect", (0, 0))),
        ("br_table 0 0 0", ("br_table", ((0, 0), 0))),
        ("ref.null extern", ("ref.null", "externref")),
        ("select", ("select", None)),
        ("select (result i64)", ("select_t", ("i64",))),
        ("select (result)", ("select_t", ())),
        ("local.tee $y", ("local.tee", 1)),
    ],
)
def test_immediates(text: str, expected: tuple[str, object]) -> None:
    fields = (
        "(type $t (func (param i32) (result i32))) (memory 1) (memory $n 1) (data $d)"
        "(table 1 funcref) (table $u 1 funcref) (elem $e func)"
    )
    assert body(text, fields=fields, head="(local $x i32) (local $y i64)") == [expected]


def test_blocktypes() -> None:
    found = body(
        "block end block (result i64) end block (param i32) end block (type $t) end block (result i32 i32) end",
        fields="(type $t (func (result f32)))",
    )
    module = decode_module(
        assemble("(type $t (func (result f32))) (func block (param i32) end block (result i32 i32) end)")
    )
    assert [str(type_) for type_ in module.types] == [
        "() -> (f32)", "() -> ()", "(i32) -> ()", "() -> (i32, i32)",
    ]  # fmt: skip
    blocktypes = [immediate for name, immediate in found if name == "block"]
    assert blocktypes == [FuncType(), FuncType((), ("i64",)), 2, 0, 3]


def test_types_used_are_added_after_those_declared() -> None:
    module = decode_module(
        assemble("(func (param i64)) (func (param i32)) (type (func (param i32))) (func (param i64))")
    )
    assert [str(type_) for type_ in module.types] == ["(i32) -> ()", "(i64) -> ()"]
    assert [function.type_index for function in module.functions] == [1, 0, 1]


def test_locals_follow_the_parameters_of_a_type() -> None:
    found = body("local.get $x", fields="(type $t (func (param i32 i64)))", head="(type $t) (local f32) (local $x f64)")
    assert found == [("local.get", 3)]


def test_inline_imports_and_exports() -> None:
    inline = """
        (func $f (export "a") (export "b") (import "m" "f") (param i32))
        (table $t (import "m" "t") 1 2 funcref) (memory $n (export "n") (import "m" "n") 1)
        (global $g (import "m" "g") (mut i64))"""
    spelled_out = """
        (export "a" (func $f)) (export "b" (func 0)) (import "m" "f" (func $f (param i32)))
        (import "m" "t" (table $t 1 2 funcref)) (import "m" "n" (memory $n 1)) (export "n" (memory $n))
        (import "m" "g" (global $g (mut i64)))"""
    assert assemble(inline) == assemble(spelled_out)


def test_inline_segments() -> None:
    inline = '(func $f) (table funcref (elem $f $f)) (memory (data "ab" "\\00"))'
    spelled_out = '(func $f) (table 2 2 funcref) (elem (i32.const 0) $f $f) (memory 1 1) (data (i32.const 0) "ab\\00")'
    assert assemble(inline) == assemble(spelled_out)
    assert len(decode_module(assemble('(memory (data ""))')).memories) == 1


def test_inline_segments_have_an_index() -> None:
    module = decode_module(assemble('(memory (data "a")) (data $d "b") (func data.drop $d)'))
    assert [data.data for data in module.datas] == [b"a", b"b"]
    assert module.data_count == 2
    assert decode_body(module, module.functions[0])[0][1] == 1


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("(elem (i32.const 0) func 0)", 0),
        ("(elem (offset i32.const 0))", 0),
        ("(elem func 0)", 1),
        ("(elem (table 1) (i32.const 0) func 0)", 2),
        ("(elem declare func 0)", 3),
        ("(elem (i32.const 0) funcref (ref.func 0))", 4),
        ("(elem $e externref)", 5),
        ("(elem (table 2) (offset (i32.const 0)) externref (item ref.null extern))", 6),
        ("(elem declare funcref (item (ref.func 0)))", 7),
    ],
)
def test_elem_forms(text: str, flags: int) -> None:
    binary = assemble(f"(func) (table 1 funcref) (table 1 funcref) (table 1 externref) {text}")
    validate(decode_module(binary))
    without = assemble("(func) (table 1 funcref) (table 1 funcref) (table 1 externref)")
    position = len(without) - len(b"\x0a\x04\x01\x02\x00\x0b")
    assert (binary[position], binary[position + 2], binary[position + 3]) == (9, 1, flags)


def test_data_count_only_where_it_is_needed() -> None:
    assert decode_module(assemble('(memory 1) (data "a")')).data_count is None
    assert decode_module(assemble('(memory 1) (data "a") (func data.drop 0)')).data_count == 1


def test_names() -> None:
    names = decode_module(
        assemble('(module $m (import "a" "b" (func $i (param $p i32))) (global $g i32 (i32.const 0))'
                 '(func $"f g" (param $x i32) (param i32) (local $y i32)) (func))')
    ).names  # fmt: skip
    assert names.module == "m"
    assert names.functions == {0: "i", 1: "f g"}
    assert names.locals == {0: {0: "p"}, 1: {0: "x", 2: "y"}}
    assert names.globals == {0: "g"}


def test_no_depth_limit() -> None:
    depth = 20_000
    folded = "(func (result i32)" + "(i32.eqz " * depth + "(i32.const 1)" + ")" * depth + ")"
    assert assemble(folded).count(b"\x45") >= depth
    blocks = "(func " + "(block " * depth + ")" * depth + ")"
    assert assemble(blocks).count(b"\x02\x40") == depth
    comment = "(;" * depth + ";)" * depth
    assert assemble(comment) == HEADER


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(func (i32.const0))", "unknown operator i32.const0"),
        ("(func (get_local 0))", "unknown operator get_local"),
        ("(func select_t)", "unexpected token select_t"),
        ("(func module)", "unexpected token module"),
        ("(func (nop)", "unexpected token"),
        ("(func))", "unexpected token )"),
        ("(module) (module)", "unexpected token ("),
        ("(func 0)", "unexpected token 0"),
        ("(fun)", "unknown operator fun"),
        ("(func block)", "unexpected token )"),
        ("(func end)", "unexpected token end"),
        ("(func (block end))", "unexpected token end"),
        ("(func block else end)", "unexpected token else"),
        ("(func (if (i32.const 1)))", "unexpected token )"),
        ("(func (if (i32.const 1) (then) (nop)))", "unexpected token nop"),
        ("(func (i32.add nop))", "unexpected token nop"),
        ("(func block $a end $b)", "mismatching label $b"),
        ("(func if else $b end)", "mismatching label $b"),
        ("(func (i32.const 0x1_0000_0000))", "constant out of range"),
        ("(func (i32.const 1.0))", "unexpected token 1.0"),
        ("(func (f32.const 1e39))", "constant out of range"),
        ("(func (f64.const nan:0x0))", "constant out of range"),
        ("(func (i32.load align=3))", "alignment must be a power of two"),
        ("(func (i32.load align=0))", "alignment must be a power of two"),
        ("(func (i32.load offset=))", "unknown operator offset="),
        ("(func (i32.load offset=0x1_0000_0000_0000_0000))", "i64 constant out of range"),
        ("(func (local.get $x))", "unknown local $x"),
        ("(func (call $x))", "unknown function $x"),
        ("(func (call 4294967296))", "i32 constant out of range"),
        ("(func (global.get $x))", "unknown global $x"),
        ("(func (memory.size $x))", "unknown memory $x"),
        ("(func (table.size $x))", "unknown table $x"),
        ("(func (elem.drop $x))", "unknown elem segment $x"),
        ("(func (data.drop $x))", "unknown data segment $x"),
        ("(func (type $x))", "unknown type $x"),
        ("(func (type 1) (param i32))", "unknown type 1"),
        ("(func br $x)", "unknown label $x"),
        ("(func $f) (func $f)", "duplicate func $f"),
        ("(global $f i32 (i32.const 0)) (global $f i32 (i32.const 0))", "duplicate global $f"),
        ("(func (param $x i32) (local $x i32))", "duplicate local $x"),
        ("(type $t (func)) (func (type $t) (param i32))", "inline function type"),
        ("(type $t (func (param i32))) (func (type $t) (result i32) (param i32))", "unexpected token param"),
        ("(func (call_indirect (param $x i32)))", "unexpected token $x"),
        ('(func) (import "a" "b" (func))', "import after function"),
        ('(memory 1) (global (import "a" "b") i32)', "import after memory"),
        ("(func $f) (start $f) (start $f)", "multiple start sections"),
        ('(import "\\ff" "" (func))', "malformed UTF-8 encoding"),
        ('(export "" (type 0))', "unexpected token type"),
        ("(global anyfunc)", "unknown operator anyfunc"),
        ("(memory $m)", "unexpected token )"),
        ("(table 1 i32)", "unexpected token i32"),
        ("(elem (table 0) func)", "unexpected token func"),
    ],
)
def test_errors(text: str, message: str) -> None:
    assert error(text)[0] == message


def test_error_position() -> None:
    assert error("(module\n  (func\n    (local.get $x)))") == ("unknown local $x", 3, 16)
