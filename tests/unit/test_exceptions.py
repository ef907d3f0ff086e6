"""Exceptions, in both dialects and with every pass off in turn; the official scripts have the rest."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
import wasm2py
from property import subject
from unit.translation import DIALECTS, DISABLED, instance_of, lifted, module_of, outcome, python
from wasm2py.runtime.function import Func
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import FuncType

WAT = """(module
    (import "h" "e" (tag $e (param i32 i64)))
    (import "h" "f" (func $f (param i32) (result i32)))
    (tag $own (export "own") (param i64 f32))
    (func $same (param i32) (result i32) (call $f (local.get 0)))
    (func (export "locals") (param i32) (result i32) (local $n i32)
        (block $h
            (try_table (catch_all $h)
                (local.set $n (i32.const 1))
                (drop (call $f (local.get 0)))
                (local.set $n (i32.const 2))
                (drop (call $same (i32.sub (local.get 0) (i32.const 1))))
                (local.set $n (i32.const 3))))
        (local.get $n))
    (func (export "values") (param i32) (result i32 i64)
        (block $h (result i32 i64)
            (try_table (result i32 i64) (catch $e $h)
                (call $same (local.get 0)) (i64.const 7))))
    (func (export "outside") (param i32) (result i32)
        (local.set 0 (call $f (local.get 0)))
        (block $h
            (try_table (catch_all $h) (return (call $f (local.get 0)))))
        (i32.const 99))
    (func (export "loop") (param i32) (result i32) (local $i i32) (local $caught i32)
        (loop $l
            (block $h (result exnref)
                (try_table (catch_all_ref $h)
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (drop (call $f (i32.rem_u (local.get $i) (i32.const 3)))))
                (br_if $l (i32.lt_u (local.get $i) (local.get 0)))
                (return (local.get $caught)))
            (local.set $caught (i32.add (local.get $caught) (i32.const 1)))
            (if (param exnref) (i32.eq (local.get $caught) (i32.const 9)) (then (throw_ref)) (else (drop)))
            (br_if $l (i32.lt_u (local.get $i) (local.get 0))))
        (local.get $caught))
    (func (export "throws") (param i64 f32) (throw $own (local.get 0) (local.get 1)))
    (func (export "null") (result i32)
        (block $h (try_table (catch_all $h) (throw_ref (ref.null exn))))
        (i32.const 1))
    (func (export "trap") (param i32) (result i32)
        (block $h (try_table (catch_all $h) (drop (i32.div_u (call $f (i32.const 5)) (local.get 0)))))
        (i32.const 1))
    (func $deep (export "deep") (result i32)
        (block $h (try_table (catch_all $h) (return (i32.add (call $deep) (i32.const 1)))))
        (i32.const 1))
    (func (export "reference") (param exnref) (result exnref)
        (block $h (result exnref) (try_table (catch_all_ref $h) (throw_ref (local.get 0))) (unreachable)))
)"""

TAG = wasm2py.Tag(("i32", "i64"))


def host(x: int) -> int:
    """What the module imports."""
    if x == 0:
        raise wasm2py.WasmException(TAG, (-1, -2))
    if x == 77:
        raise KeyError(x)
    return x


def made(
    dialect: Dialect = "cpython", disabled: tuple[str, ...] = (), function: Callable[[int], int] = host
) -> Instance:
    func = Func(FuncType(("i32",), ("i32",)), function, "f")
    return instance_of(WAT, dialect, disabled, (TAG, func))


def thrown(instance: Instance, name: str, *args: Any) -> wasm2py.WasmException:
    with pytest.raises(wasm2py.WasmException) as caught:
        instance.exports[name](*args)
    return caught.value


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("disabled", DISABLED, ids=str)
def test_what_is_caught(dialect: Dialect, disabled: tuple[str, ...]) -> None:
    instance = made(dialect, disabled)
    assert [instance.exports["locals"](x) for x in (0, 1, 2)] == [1, 2, 3]
    assert instance.exports["values"](5) == (5, 7)
    assert instance.exports["values"](0) == (-1, -2)
    assert instance.exports["loop"](20) == 6
    assert outcome(instance, "null") == "null exception reference"
    assert outcome(instance, "trap", 0) == "integer divide by zero"
    assert instance.exports["trap"](1) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_leaves_a_call(dialect: Dialect) -> None:
    instance = made(dialect)
    error = thrown(instance, "throws", -5, 0.5)
    assert error.tag is instance.exports["own"] and error.values == (-5, 0.5)
    assert thrown(instance, "loop", 100).tag is TAG


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_call_before_the_region_is_not_caught(dialect: Dialect) -> None:
    calls: list[int] = []

    def function(x: int) -> int:
        calls.append(x)
        if len(calls) == 1:
            raise wasm2py.WasmException(TAG, (1, 2))
        return x

    assert thrown(made(dialect, function=function), "outside", 5).values == (1, 2)
    assert made(dialect).exports["outside"](3) == 3


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_no_exception_of_wasm_passes_through(dialect: Dialect) -> None:
    instance = made(dialect)
    with pytest.raises(KeyError):
        instance.exports["locals"](77)
    assert outcome(instance, "deep") == "call stack exhausted"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_references_are_the_exception_itself(dialect: Dialect) -> None:
    error = wasm2py.WasmException(TAG, (1, 2))
    instance = made(dialect)
    assert instance.exports["reference"](error) is error
    assert outcome(instance, "reference", None) == "null exception reference"  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected exnref, got int"):
        instance.exports["reference"](1)


def test_no_traceback_is_kept() -> None:
    errors = []

    def function(x: int) -> int:
        errors.append(wasm2py.WasmException(TAG, (1, 2)))
        raise errors[-1]

    made(function=function).exports["locals"](1)
    assert errors[0].__traceback__ is None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dump_throws_and_catches(dialect: Dialect) -> None:
    dumped = subject.load_dump(subject.dump(module_of(WAT).data, dialect), {"h": {"e": TAG, "f": host}})
    assert dumped.exports["values"](0) == (-1, -2) and dumped.exports["loop"](20) == 6
    assert outcome(dumped, "null") == "null exception reference"
    assert thrown(dumped, "throws", -5, 0.5).values == (-5, 0.5)


def test_tags_are_told_apart_by_identity() -> None:
    linker = wasm2py.Linker()
    one, two = wasm2py.Tag(), wasm2py.Tag()
    linker.define("h", "one", one)
    linker.define("h", "two", two)
    source = """(module (import "h" "one" (tag $one)) (import "h" "two" (tag $two)) (export "again" (tag $one))
        (func (export "f") (result i32) (block $h (try_table (catch $two $h) (throw $one))) (i32.const 1)))"""
    instance = linker.instantiate(wasm2py.Module.from_wat(source))
    assert instance.exports.again is one and thrown(instance, "f").tag is one
    linker.define("h", "two", one)
    assert linker.instantiate(wasm2py.Module.from_wat(source)).exports.f() == 1


def test_imports_must_have_the_type() -> None:
    with pytest.raises(wasm2py.LinkError, match=r"expected tag \(i32\), got tag \(i64\)"):
        wasm2py.load('(module (import "h" "e" (tag (param i32))))', {"h": {"e": wasm2py.Tag(("i64",))}})


def test_a_module_tells_of_its_tags() -> None:
    module = wasm2py.Module.from_wat('(module (import "h" "e" (tag (param i32))) (tag (export "own")))')
    assert [(item.kind, str(item.type)) for item in module.imports] == [("tag", "tag (i32)")]
    assert [(item.kind, str(item.type)) for item in module.exports] == [("tag", "tag ()")]


def test_an_exception_of_the_host() -> None:
    error = wasm2py.WasmException(TAG, (0xFFFFFFFF, 3))
    assert error.values == (-1, 3) and str(error) == "tag (i32, i64): -1, 3"
    assert repr(error) == "WasmException(<Tag (i32, i64)>, (-1, 3))"
    copy = pickle.loads(pickle.dumps(error))
    assert copy.values == (-1, 3) and copy.tag is not TAG
    with pytest.raises(TypeError, match="expected 2 values, got 1"):
        wasm2py.WasmException(TAG, (1,))
    with pytest.raises(OverflowError):
        wasm2py.WasmException(TAG, (1 << 32, 0))


def test_a_throw_where_it_is_caught_is_a_jump() -> None:
    text = python("""(module (tag $e (param i32)) (func (param i32) (result i32)
        (block $h (result i32) (try_table (result i32) (catch $e $h) (throw $e (local.get 0))))))""")
    assert "try:" not in text and "raise" in text


def test_a_function_without_regions_catches_nothing() -> None:
    assert not lifted("(module (tag $e) (func (call 1)) (func (throw $e)))").catches


LEGACY = """(module
    (import "h" "e" (tag $e (param i32 i64)))
    (import "h" "f" (func $f (param i32) (result i32)))
    (tag $other)
    (func (export "unfolded") (param i32) (result i32) (local $n i32)
        try $t (result i32)
            local.get 0 call $f
            local.set $n i32.const 5
        catch $other
            i32.const 6
        catch $e
            drop
        catch_all
            i32.const 7
        end
        local.get $n i32.add)
    (func (export "delegates") (param i32) (result i32)
        try $out (result i32)
            try (result i32)
                try (result i32) local.get 0 call $f delegate $out
            catch_all
                i32.const 1
            end
        catch_all
            i32.const 2
        end)
    (func (export "rethrows") (param i32) (result i32)
        (try $t (result i32)
            (do (call $f (local.get 0)))
            (catch $e
                (drop) (drop)
                (try (do (throw $other)) (catch $other (rethrow $t)))
                (unreachable))))
    (func (export "dead") (param i32) (result i32)
        (try (result i32)
            (do
                (return (call $f (local.get 0)))
                (try (do) (catch $e (drop) (drop)) (catch_all)) (try (do) (delegate 0)))
            (catch $e (drop) (return) (try (do) (catch_all)) (unreachable))
            (catch_all (br 0 (i32.const 1)) (try (do) (delegate 1)) (drop) (i32.const 3))))
)"""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("disabled", [(), DISABLED[-1]], ids=str)
def test_exceptions_of_before(dialect: Dialect, disabled: tuple[str, ...]) -> None:
    func = Func(FuncType(("i32",), ("i32",)), host, "f")
    instance = instance_of(LEGACY, dialect, disabled, (TAG, func))
    assert [instance.exports["unfolded"](x) for x in (0, 4)] == [-1, 9]
    assert [instance.exports["delegates"](x) for x in (0, 4)] == [2, 4]
    assert thrown(instance, "rethrows", 0).values == (-1, -2) and instance.exports["rethrows"](4) == 4
    assert [instance.exports["dead"](x) for x in (0, 4)] == [-1, 4]


@pytest.mark.parametrize(
    "body",
    [
        "catch 0",
        "catch_all",
        "delegate 0",
        "try catch_all catch 0 end",
        "try catch_all delegate 0",
        "block catch 0 end",
    ],
)
def test_handlers_out_of_place(body: str) -> None:
    with pytest.raises(wasm2py.TextError, match="unexpected token"):
        wasm2py.Module.from_wat(f"(module (tag) (func {body}))")


def nested(depth: int) -> str:
    """Regions in each other, each for a tag of its own; `f(n)` throws the nth and gives how far out it was caught."""
    tags = "".join(f"(tag $e{n})" for n in range(depth))
    throws = "".join(f"(if (i32.eq (local.get 0) (i32.const {n})) (then (throw $e{n})))" for n in range(depth))
    opening = "".join(f"(block $h{n} (try_table (catch $e{n} $h{n}) " for n in range(depth))
    closing = "".join(f") (return (i32.const -1))) (return (i32.const {n}))" for n in reversed(range(depth)))
    closing = closing.replace(" (return (i32.const -1))", "", 1)
    return f"""(module {tags}
        (func $throw (param i32) {throws})
        (func (export "f") (param i32) (result i32)
            {opening} (call $throw (local.get 0)) (return (i32.const -1)) {closing} (i32.const -2)))"""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_regions_nest_deeper_than_python_can(dialect: Dialect) -> None:
    instance = instance_of(nested(300), dialect)
    assert [instance.exports["f"](n) for n in (0, 1, 150, 299, 300)] == [0, 1, 150, 299, -1]


def looped(depth: int) -> str:
    """Loops in each other, each with a region around its body; they count to 70, and one on the way out of each."""
    opening = closing = ""
    for n in range(depth):
        opening += f"(loop $l{n} (block $h{n} (try_table (catch_all $h{n}) (drop (call $f (i32.const 1)))"
        count = "(local.tee 0 (i32.add (local.get 0) (i32.const 1)))"
        closing = f")) (br_if $l{n} (i32.lt_u {count} (i32.const 70)))){closing}"
    return f"""(module (import "h" "f" (func $f (param i32) (result i32)))
        (func (export "f") (param i32) (result i32)
            {opening} (drop (call $f (local.get 0))) {closing} (local.get 0)))"""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("depth", [1, *range(15, 23), 60])
def test_loops_with_regions_nest_deeper_than_python_can(dialect: Dialect, depth: int) -> None:
    func = Func(FuncType(("i32",), ("i32",)), host, "f")
    assert instance_of(looped(depth), dialect, (), (func,)).exports["f"](0) == 69 + depth


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_an_exception_holds_is_added_to_and_stored(dialect: Dialect) -> None:
    instance = instance_of(
        """(module (tag $e (param i64)) (memory 1)
            (func $throw (param i64) (throw $e (local.get 0)))
            (func (export "f") (param i64) (result i64) (local i64)
                (block $h (result i64)
                    (try_table (catch $e $h) (call $throw (local.get 0)))
                    unreachable)
                (local.set 1)
                (i64.store (i32.const 8) (i64.xor (local.get 1) (i64.const 5)))
                (i64.load (i32.const 8))))""",
        dialect,
    )
    assert outcome(instance, "f", 12) == 9
