"""Typed function references: types and their names, validation, calls through references, linking, dumps."""

from __future__ import annotations

from typing import Any

import pytest
import wasm2py
from unit.translation import DIALECTS, DISABLED, instance_of, module_of, outcome, program_of, python
from wasm2py.runtime.codec import dump_program, load_program
from wasm2py.runtime.errors import LinkError, Trap, ValidationError
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.references import erased, heap_of, is_nullable, matches, name_of, reference, reference_to
from wasm2py.runtime.table import Table
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.describe import describe
from wasm2py.transpile.dump.stubs import function_types
from wasm2py.transpile.usage import features_used

UNARY = FuncType(("i64",), ("i64",))

MODULE = """(module
    (type $unary (func (param i64) (result i64)))
    (type $count (func (param i32 (ref null $count)) (result i32)))
    (global $twice (export "twice") (ref $unary) (ref.func $double))
    (table $t (export "table") 3 (ref $unary) (ref.func $double))
    (elem declare func $down $divide)
    (func $double (export "double") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 2)))
    (func (export "apply") (param (ref null $unary) i64) (result i64)
        (call_ref $unary (local.get 1) (local.get 0)))
    (func (export "global") (param i64) (result i64) (call_ref $unary (local.get 0) (global.get $twice)))
    (func (export "element") (param i32 i64) (result i64)
        (call_ref $unary (local.get 1) (table.get $t (local.get 0))))
    (func (export "missing") (result i64) (call_ref $unary (i64.const 1) (ref.null $unary)))
    (func $divide (param i64) (result i64) (i64.div_u (i64.const 6) (local.get 0)))
    (func (export "order") (param (ref null $unary) i64) (result i64)
        (call_ref $unary (call $divide (local.get 1)) (local.get 0)))
    (func (export "order_inline") (param (ref null $unary) i64) (result i64)
        (call_ref $unary (i64.div_u (i64.const 6) (local.get 1)) (local.get 0)))
    (func (export "present") (param (ref null $unary)) (result (ref $unary)) (ref.as_non_null (local.get 0)))
    (func (export "or_zero") (param (ref null $unary) i64) (result i64)
        (block $none
            (return (call_ref $unary (local.get 1) (br_on_null $none (local.get 0)))))
        (i64.const 0))
    (func (export "or_seven") (param (ref null $unary) i64) (result i64)
        (block $some (result (ref $unary))
            (br_on_non_null $some (local.get 0))
            (return (i64.const 7)))
        (drop)
        (local.get 1))
    (func $down (export "down") (type $count)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 5))))
        (return_call_ref $count (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (local.get 1)))
    (func (export "chain") (param i32) (result i32)
        (call_ref $count (local.get 0) (ref.func $down) (ref.func $down)))
    (func (export "local") (param i64) (result i64) (local $f (ref $unary))
        (local.set $f (ref.func $divide))
        (call_ref $unary (local.get 0) (local.get $f)))
    (func (export "choose") (param i32) (result (ref null $unary))
        (select (result (ref null $unary)) (ref.null $unary) (ref.func $double) (local.get 0))))"""


def exports_of(dialect: Dialect, text: str = MODULE) -> wasm2py.Exports:
    return wasm2py.load(text, engine=wasm2py.Engine(wasm2py.Config(cache=None, dialect=dialect))).exports


@pytest.fixture(params=DIALECTS)
def exports(request: pytest.FixtureRequest) -> wasm2py.Exports:
    return exports_of(request.param)


def kind_of(call: Any, *args: Any) -> str:
    with pytest.raises(Trap) as caught:
        call(*args)
    return caught.value.kind


def test_calls_through_references(exports: wasm2py.Exports) -> None:
    assert exports.apply(exports.double, 21) == 42
    assert exports["global"](4) == exports.element(2, 4) == 8
    assert exports.local(3) == 2


def test_null_traps(exports: wasm2py.Exports) -> None:
    assert kind_of(exports.apply, None, 1) == "null function reference"
    assert kind_of(exports.missing) == "null function reference"
    assert kind_of(exports.present, None) == "null reference"
    assert exports.present(exports.double) is exports.double


@pytest.mark.parametrize("name", ["order", "order_inline"])
def test_arguments_are_evaluated_before_the_reference_is_looked_at(exports: wasm2py.Exports, name: str) -> None:
    assert kind_of(exports[name], None, 0) == "integer divide by zero"
    assert kind_of(exports[name], None, 1) == "null function reference"
    assert exports[name](exports.double, 2) == 6


def test_branches_on_null(exports: wasm2py.Exports) -> None:
    assert [exports.or_zero(None, 5), exports.or_zero(exports.double, 5)] == [0, 10]
    assert [exports.or_seven(None, 5), exports.or_seven(exports.double, 5)] == [7, 5]


def test_tail_calls_through_references_take_constant_space(exports: wasm2py.Exports) -> None:
    assert exports.chain(100_000) == 5
    assert kind_of(exports.down, 1, None) == "null function reference"


def test_what_a_call_through_a_reference_throws_is_caught() -> None:
    text = """(module (type $f (func (param i32) (result i32))) (tag $e (param i32))
        (elem declare func $throws)
        (func $throws (type $f) (throw $e (local.get 0)))
        (func (export "f") (param i32) (result i32)
            (block $caught (result i32 (ref exn))
                (return (try_table (result i32) (catch_ref $e $caught)
                    (call_ref $f (local.get 0) (ref.func $throws)))))
            (drop) (i32.add (i32.const 1))))"""
    for dialect in DIALECTS:
        assert outcome(instance_of(text, dialect), "f", 6) == 7


def test_references_are_functions(exports: wasm2py.Exports) -> None:
    assert exports.choose(0) is exports.double is exports.twice.value
    assert exports.choose(1) is None


def test_the_host_gives_references_of_the_right_type(exports: wasm2py.Exports) -> None:
    assert exports.apply(Func(UNARY, lambda x: x - 1), 5) == 4
    with pytest.raises(TypeError, match=r"expected \(ref null func:[0-9a-f]{8}\), got Func"):
        exports.apply(Func(FuncType(), lambda: None), 5)
    with pytest.raises(TypeError, match="got null"):
        exports.table[0] = None
    with pytest.raises(TypeError, match="got null"):
        Global(reference_to(UNARY, nullable=False))


@pytest.mark.parametrize("user", DIALECTS)
def test_references_cross_dialects(user: Dialect) -> None:
    giver = exports_of("portable" if user == "cpython" else "cpython")
    assert exports_of(user).apply(giver.double, -3) == -6


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("disabled", DISABLED, ids=str)
def test_every_pass_can_be_left_out(dialect: Dialect, disabled: tuple[str, ...]) -> None:
    instance = instance_of(MODULE, dialect, disabled)
    assert [outcome(instance, "global", 4), outcome(instance, "element", 2, 4)] == [8, 8]
    assert [outcome(instance, "chain", 50), outcome(instance, "missing")] == [5, "null function reference"]
    made = instance.exports
    assert (made["or_zero"](made["double"], 5), made["order"](made["double"], 3)) == (10, 4)


def test_what_is_generated() -> None:
    assert "p0.call_cpython(" in python(MODULE, 1)


def test_spellings() -> None:
    assert reference("func", nullable=True) == "funcref"
    assert reference("extern", nullable=False) == "(ref extern)"
    assert [heap_of("funcref"), heap_of("(ref null 3)"), heap_of("(ref 3)")] == ["func", "3", "3"]
    assert [is_nullable("externref"), is_nullable("(ref null 3)"), is_nullable("(ref 3)")] == [True, True, False]
    closed = [erased("(ref func:3)"), erased("(ref extern)"), erased("(ref null struct:3)"), erased("i32")]  # type: ignore[arg-type]
    assert closed == ["funcref", "externref", "anyref", "i32"]


@pytest.mark.parametrize(
    ("given", "expected", "fits"),
    [
        ("i32", "i32", True),
        ("i32", "funcref", False),
        ("(ref func)", "funcref", True),
        ("funcref", "(ref func)", False),
        ("(ref func:1)", "(ref null func:1)", True),
        ("(ref func:1)", "(ref func:2)", False),
        ("(ref func:1/2)", "(ref func:1)", True),
        ("(ref func:1)", "(ref func:1/2)", False),
        ("(ref func:12)", "(ref func:1)", False),
        ("(ref null func:1)", "funcref", True),
        ("(ref func:1)", "externref", False),
        ("funcref", "(ref null func:1)", False),
        ("(ref bot)", "(ref func:1)", True),
        ("(ref struct:1)", "eqref", True),
        ("(ref struct:1)", "structref", True),
        ("(ref struct:1)", "arrayref", False),
        ("(ref array:1)", "anyref", True),
        ("i31ref", "eqref", True),
        ("nullref", "(ref null struct:1)", True),
        ("nullref", "(ref null func:1)", False),
        ("nullfuncref", "(ref null func:1)", True),
        ("(ref none)", "i31ref", True),
        ("nullexternref", "externref", True),
        ("nullexnref", "exnref", True),
        ("anyref", "eqref", False),
    ],
)
def test_matching(given: str, expected: str, fits: bool) -> None:
    assert matches(given, expected) is fits


def types_of(text: str) -> tuple[FuncType, ...]:
    return program_of(f"(module {text})")[2].types


def test_equal_types_of_different_modules_have_one_name() -> None:
    (_, first) = types_of("(type $a (func (param i64) (result i64))) (type (func (param (ref $a))))")
    (_, _, second) = types_of("(type (func)) (type $b (func (param i64) (result i64))) (type (func (param (ref $b))))")
    assert first == second == FuncType((reference_to(UNARY, nullable=False),))


def test_types_that_refer_to_themselves() -> None:
    first, other = types_of("(type $t (func (param (ref $t)))) (type (func (param (ref $t))))")
    (again,) = types_of("(type $u (func (param (ref $u))))")
    assert first == again
    assert first.params == other.params == (reference_to(first, nullable=False),)
    assert first != other
    assert name_of(first) != name_of(other)


def test_names_stay_short_however_often_types_refer_to_each_other() -> None:
    chain = " ".join(f"(type (func (param (ref {i}) (ref {i}))))" for i in range(200))
    assert max(len(type_) for function in types_of(f"(type (func)) {chain}") for type_ in function.params) < 64


@pytest.mark.parametrize(
    "text",
    [
        "(type $a (func)) (type $b (func)) (func (param (ref $a)) (result (ref $b)) (local.get 0))",
        "(type $a (func)) (func (param (ref $a)) (result funcref) (local.get 0))",
        "(type $t (func (param (ref null $t)))) (func (type $t) (call_ref $t (local.get 0) (local.get 0)))",
        "(type $t (func)) (func (local (ref $t)))",
        "(func $f) (elem declare func $f) (func (result (ref func)) (ref.func $f))",
        "(func (result (ref func)) (unreachable) (ref.as_non_null))",
        "(table 1 (ref func) (ref.func $f)) (elem (i32.const 0) func $f) (func $f)",
        "(type $t (func)) (table (ref null $t) (elem $f)) (func $f)",
        "(type $t (func)) (elem (ref $t) (ref.func $f)) (func $f)",
    ],
)
def test_valid(text: str) -> None:
    module_of(f"(module {text})")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(type (func (param (ref 1)))) (type (func))", "unknown type 1"),
        ("(func (local (ref 4)))", "unknown type 4"),
        ("(func (drop (ref.null 4)))", "unknown type 4"),
        ("(func (block (result (ref 4)) (unreachable)) (drop))", "unknown type 4"),
        ("(global (ref null 4) (ref.null 4))", "unknown type 4"),
        ("(table 1 (ref null 4))", "unknown type 4"),
        ('(import "" "" (global (ref null 4)))', "unknown type 4"),
        ("(type $t (func)) (func (result (ref $t)) (ref.null $t))", "type mismatch"),
        ("(type $t (func)) (func (param funcref) (call_ref $t (local.get 0)))", "type mismatch"),
        ("(table 1 (ref func))", "type mismatch"),
        ("(table 1 (ref func) (ref.null func))", "type mismatch"),
        ("(func (param i32) (drop (ref.as_non_null (local.get 0))))", "type mismatch"),
        ("(func (unreachable) (ref.as_non_null) (i32.eqz) (drop))", "type mismatch"),
        ("(func (param funcref) (block (br_on_non_null 0 (local.get 0))))", "type mismatch"),
        ("(type $t (func)) (func (local $x (ref $t)) (drop (local.get $x)))", "uninitialized local 0"),
        (
            "(type $t (func)) (func (param (ref $t)) (local $x (ref $t))"
            " (block (local.set $x (local.get 0))) (drop (local.get $x)))",
            "uninitialized local 1",
        ),
        (
            "(type $t (func)) (func (param (ref $t)) (local $x (ref $t)) (if (i32.const 1)"
            " (then (local.set $x (local.get 0))) (else (drop (local.get $x)))))",
            "uninitialized local 1",
        ),
        ("(func (local (ref func)) (local.get 7) (drop))", "unknown local 7"),
    ],
)
def test_invalid(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        module_of(f"(module {text})")
    assert caught.value.message.startswith(message)


IMPORT = '(module (type $t (func (param i64) (result i64))) (import "m" "x" (%s)))'


@pytest.mark.parametrize(
    ("wanted", "given", "fits"),
    [
        ("global (ref null $t)", Global(reference_to(UNARY), None), True),
        ("global funcref", Global(reference_to(UNARY), None), True),
        ("global (mut funcref)", Global(reference_to(UNARY), None, mutable=True), False),
        ("global (ref $t)", Global(reference_to(UNARY), None), False),
        ("table 0 (ref null $t)", Table(reference_to(UNARY), 0), True),
        ("table 0 funcref", Table(reference_to(UNARY), 0), False),
        ("func (param (ref null $t))", Func(FuncType((reference_to(UNARY),)), lambda f: None), True),
        ("func (param (ref null $t))", Func(FuncType(("funcref",)), lambda f: None), False),
        ("func (param (ref null $t))", lambda f: None, True),
    ],
)
def test_import_matching(wanted: str, given: Any, fits: bool) -> None:
    def load() -> wasm2py.Instance:
        return wasm2py.load(IMPORT % wanted, {"m": {"x": given}}, engine=wasm2py.Engine(wasm2py.Config(cache=None)))

    if fits:
        load()
    else:
        with pytest.raises(LinkError, match="incompatible import type"):
            load()


def test_programs_survive_the_cache() -> None:
    program = program_of(MODULE)[2]
    assert load_program(dump_program(program)) == program


def test_descriptions() -> None:
    module = module_of(MODULE)
    assert "function-references" in features_used(module)
    assert describe(module)["globals"][0]["type"] == "global (ref 0)"
    assert "function-references" not in features_used(module_of("(module (func $f) (table funcref (elem $f)))"))


def test_stubs_say_what_may_be_null() -> None:
    types: tuple[ValType, ...] = (reference_to(UNARY), reference_to(UNARY, nullable=False))
    assert function_types(FuncType(types, types[1:])) == (["Func | None", "Func"], "Func")
