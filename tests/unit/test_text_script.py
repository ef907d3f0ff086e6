"""Scripts: commands, values, modules that are read only when asked for, and later features recognised in text."""

from __future__ import annotations

import pytest
from wasm2py.runtime.errors import TextError
from wasm2py.transpile.text import assemble, parse_script
from wasm2py.transpile.text.features import later_feature
from wasm2py.transpile.text.script import (
    AssertFailure,
    AssertReturn,
    DefineModule,
    Get,
    Instantiate,
    Invoke,
    ModuleText,
    Register,
    Thread,
    Unknown,
    Value,
    Wait,
)
from wasm2py.transpile.text.tokens import tokenize


def test_modules() -> None:
    text = r"""(module $a (func))
(module binary "\00asm" "\01\00\00\00")
(module $q quote "(func" ")")
(module definition $d (memory 1))
(module instance $i $d)"""
    first, binary, quote, definition, instance = parse_script(text)
    assert isinstance(first, DefineModule)
    assert (first.line, first.module.name, first.module.form, first.definition) == (1, "a", "text", False)
    assert first.module.binary() == assemble("(module $a (func))")
    assert isinstance(binary, DefineModule)
    assert (binary.line, binary.module.binary()) == (2, b"\0asm\1\0\0\0")
    assert isinstance(quote, DefineModule)
    assert (quote.module.name, quote.module.form, quote.module.binary()) == ("q", "quote", assemble("(func)"))
    assert isinstance(definition, DefineModule)
    assert definition.definition
    assert instance == Instantiate(5, "i", "d")


def test_actions_and_assertions() -> None:
    text = """
(register "m" $a) (invoke $a "f" (i32.const -1) (f32.const nan) (ref.extern 7) (ref.null func))
(assert_return (get "g") (i64.const 1) (f64.const nan:canonical) (either (i32.const 1) (i32.const 2)) (ref.func))
(assert_trap (invoke "f") "unreachable")
(assert_exhaustion (invoke "f") "call stack exhausted")"""
    arguments = (
        Value("i32.const", 0xFFFFFFFF),
        Value("f32.const", 0x7FC00000),
        Value("ref.extern", 7),
        Value("ref.null", "func"),
    )
    results = (
        Value("i64.const", 1),
        Value("f64.const", "nan:canonical"),
        Value("either", (Value("i32.const", 1), Value("i32.const", 2))),
        Value("ref.func", None),
    )
    assert parse_script(text) == [
        Register(2, "m", "a"),
        Invoke(2, "a", "f", arguments),
        AssertReturn(3, Get(3, None, "g"), results),
        AssertFailure(4, "assert_trap", Invoke(4, None, "f", ()), "unreachable"),
        AssertFailure(5, "assert_exhaustion", Invoke(5, None, "f", ()), "call stack exhausted"),
    ]


def test_malformed_modules_cost_nothing_but_themselves() -> None:
    invalid, malformed, unknown = parse_script(
        '(assert_invalid (module (func (result i32))) "type mismatch")'
        '(assert_malformed (module quote "(func $x) (func $x)") "duplicate func")'
        "(module (func (f16.add)))"
    )
    assert isinstance(invalid, AssertFailure)
    assert isinstance(invalid.subject, ModuleText)
    assert invalid.subject.binary().startswith(b"\0asm")
    assert isinstance(malformed, AssertFailure)
    assert isinstance(malformed.subject, ModuleText)
    with pytest.raises(TextError, match="duplicate func"):
        malformed.subject.binary()
    assert isinstance(unknown, DefineModule)
    with pytest.raises(TextError, match=r"1:149: unknown operator f16\.add"):
        unknown.module.binary()


def test_bare_fields_are_one_module() -> None:
    (command,) = parse_script('(func $f) (export "f" (func $f))')
    assert isinstance(command, DefineModule)
    assert command.module.binary() == assemble('(func $f) (export "f" (func $f))')


def test_unknown_commands_and_values() -> None:
    either, invoke = parse_script('(either $t (invoke "f")) (invoke "f" (v256.const i32x8 1 2 3 4))')
    assert either == Unknown(1, "either")
    assert isinstance(invoke, Invoke)
    assert invoke.args == (Value("v256.const", ("i32x8", "1", "2", "3", "4")),)


def test_vectors() -> None:
    integers = parse_script('(invoke "f" (v128.const i64x2 -1 0x10))')[0]
    assert isinstance(integers, Invoke)
    assert integers.args == (Value("v128.const", ("i64x2", (2**64 - 1, 16))),)
    floats = parse_script('(assert_return (invoke "f") (v128.const f32x4 1 nan:canonical nan:arithmetic -0))')[0]
    assert isinstance(floats, AssertReturn)
    assert floats.results == (Value("v128.const", ("f32x4", (0x3F800000, "nan:canonical", "nan:arithmetic", 1 << 31))),)


def test_threads() -> None:
    thread, wait = parse_script('(thread $t (shared (module $m)) (get "g")\n(get $m "g"))(wait $t)')
    assert thread == Thread(1, "t", ("m",), (Get(1, None, "g"), Get(2, "m", "g")))
    assert wait == Wait(2, "t")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(module", "unexpected token"),
        ("module", "unexpected token module"),
        ("(assert_return)", "unexpected token )"),
        ("(assert_return (module))", "unexpected token module"),
        ('(invoke "f" (i32.const 1_0000_0000_0000))', "constant out of range"),
        ('(invoke "f" 1)', "unexpected token 1"),
        ('(invoke "f" (v128.const i64x2 1))', "unexpected token )"),
        ('(invoke "f" (v128.const 1 2))', "unexpected token 1"),
        ("(module) (0)", "unexpected token 0"),
    ],
)
def test_malformed_scripts(text: str, message: str) -> None:
    with pytest.raises(TextError) as caught:
        parse_script(text)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("(func (param v128) (drop (i8x16.relaxed_swizzle)) (v128.not))", None),
        ("(memory i64 1) (table $t i64 1 funcref)", None),
        ("(memory $i64 1) (global i64 (i64.const 1))", None),
        ('(func $v128 (export "struct"))', None),
        ("(type $t (struct (descriptor $x)))", "custom-descriptors"),
        ("(func (param (ref null $t)) (ref.as_non_null (local.get 0)))", None),
        ("(table 10 funcref (ref.func $f))", None),
        ("(table funcref (elem (ref.func $f)))", None),
        ("(type (struct)) (func (param (ref 0)))", None),
        ("(tag $t) (func (throw $t))", None),
        ("(func try catch_all end)", None),
        ("(memory 1 1 shared) (func (i32.atomic.load))", None),
        ("(memory 1 (pagesize 1))", None),
        ("(func i64.add128)", None),
        ("(func (f16.add))", None),
    ],
)
def test_later_features(text: str, feature: str | None) -> None:
    assert later_feature(tokenize(text).texts) == feature
