"""Structures, arrays, i31 and casts: what they do in both dialects, how they trap, and how the host sees them."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from unit.translation import DIALECTS, DISABLED, instance_of, module_of, program_of
from wasm2py.runtime.aggregates import Array, Struct
from wasm2py.runtime.codec import dump_program, load_program
from wasm2py.runtime.errors import LinkError, Trap, ValidationError
from wasm2py.runtime.program import Dialect


def trapped(function: Any, *args: Any) -> str:
    """The kind of trap that a call comes to."""
    with pytest.raises(Trap) as caught:
        function(*args)
    return caught.value.kind


POINT = """
    (type $point (sub (struct (field $x (mut i32)) (field $y (mut i64)))))
    (type $pixel (sub final $point (struct (field $x (mut i32)) (field $y (mut i64)) (field $colour (mut i8)))))
    (func (export "point") (param i32 i64) (result (ref $point)) (struct.new $point (local.get 0) (local.get 1)))
    (func (export "pixel") (param i32 i64 i32) (result (ref $pixel))
        (struct.new $pixel (local.get 0) (local.get 1) (local.get 2)))
    (func (export "x") (param (ref null $point)) (result i32) (struct.get $point $x (local.get 0)))
    (func (export "y") (param (ref null $point)) (result i64) (struct.get $point $y (local.get 0)))
    (func (export "colour_s") (param (ref null $pixel)) (result i32) (struct.get_s $pixel $colour (local.get 0)))
    (func (export "colour_u") (param (ref null $pixel)) (result i32) (struct.get_u $pixel $colour (local.get 0)))
    (func (export "step") (param (ref null $point))
        (struct.set $point $x (local.get 0) (i32.add (struct.get $point $x (local.get 0)) (i32.const 1)))
        (struct.set $point $y (local.get 0) (i64.mul (struct.get $point $y (local.get 0)) (i64.const 3))))
    (func (export "is_pixel") (param anyref) (result i32) (ref.test (ref $pixel) (local.get 0)))
    (func (export "is_point") (param anyref) (result i32) (ref.test (ref null $point) (local.get 0)))
    (func (export "as_pixel") (param anyref) (result (ref $pixel)) (ref.cast (ref $pixel) (local.get 0)))
    (func (export "as_pixel_or_null") (param anyref) (result (ref null $pixel))
        (ref.cast (ref null $pixel) (local.get 0)))
    (func (export "kind") (param anyref) (result i32)
        (block $pixel (result (ref $pixel))
            (block $point (result (ref $point))
                (br_on_cast $point anyref (ref $point) (br_on_cast $pixel anyref (ref $pixel) (local.get 0)))
                (drop) (return (i32.const 0)))
            (return (struct.get $point $x)))
        (struct.get_u $pixel $colour))"""


@pytest.fixture(params=DIALECTS)
def points(request: pytest.FixtureRequest) -> Any:
    return instance_of(f"(module {POINT})", request.param).exports


def test_fields_by_name_and_index(points: Any) -> None:
    pixel = points["pixel"](-1, -2, 0x1FF)
    assert isinstance(pixel, Struct) and not hasattr(pixel, "__dict__")
    assert (pixel.x, pixel.y, pixel.colour) == (-1, -2, 255)
    assert [pixel[0], pixel[-1], *pixel] == [-1, 255, -1, -2, 255] and len(pixel) == 3
    pixel.x, pixel[1] = 0xFFFFFFFF, 2**64 - 5
    assert (points["x"](pixel), points["y"](pixel)) == (-1, -5)
    assert (points["colour_s"](pixel), points["colour_u"](pixel)) == (-1, 255)
    assert type(pixel).__name__ == "pixel_2"  # in the namespace a function has the name


def test_what_does_not_fit_a_field(points: Any) -> None:
    point = points["point"](1, 2)
    with pytest.raises(TypeError, match="expected i32, got str"):
        point.x = "one"
    with pytest.raises(OverflowError):
        point[1] = 1 << 64
    with pytest.raises(IndexError):
        point[2]


def test_integers_wrap_in_fields(points: Any) -> None:
    point = points["point"](0x7FFFFFFF, 0x7FFFFFFFFFFFFFFF)
    points["step"](point)
    assert (point.x, point.y) == (-0x80000000, 0x7FFFFFFFFFFFFFFD)


def test_tests_and_casts(points: Any) -> None:
    point, pixel = points["point"](7, 2), points["pixel"](1, 2, 3)
    assert [points["is_pixel"](value) for value in (point, pixel, None, 5, object())] == [0, 1, 0, 0, 0]
    assert [points["is_point"](value) for value in (point, pixel, None, 5, object())] == [1, 1, 1, 0, 0]
    assert points["as_pixel"](pixel) is pixel and points["as_pixel_or_null"](None) is None
    assert [points["kind"](value) for value in (point, pixel, None, 5)] == [7, 3, 0, 0]


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("x", "null structure reference"), ("step", "null structure reference"), ("as_pixel", "cast failure"),
        ("colour_s", "null structure reference"),
    ],
)  # fmt: skip
def test_null(points: Any, function: str, kind: str) -> None:
    assert trapped(points[function], None) == kind


def test_arguments_are_checked(points: Any) -> None:
    point = points["point"](1, 2)
    for wrong in (point, 5, object()):
        with pytest.raises(TypeError, match="expected"):
            points["colour_u"](wrong)


def test_equal_types_share_a_class_and_others_do_not() -> None:
    one, other = (instance_of(f"(module {POINT})", dialect).exports for dialect in DIALECTS)
    point = one["point"](1, -(2**63))
    assert other["y"](point) == -(2**63) and other["is_point"](point) == 1
    renamed = instance_of(
        "(module (rec (type $p (sub (struct (field (mut i32)) (field (mut i64))))) (type (func)))"
        ' (func (export "is") (param anyref) (result i32) (ref.test (ref $p) (local.get 0))))'
    )
    assert renamed.exports["is"](point) == 0


ARRAYS = """
    (type $bytes (array (mut i8))) (type $shorts (array (mut i16))) (type $longs (array (mut i64)))
    (type $objects (array (mut anyref)))
    (data $d "\\01\\80\\ff\\7f\\00\\00\\00\\80")
    (func (export "bytes") (result (ref $bytes)) (array.new_data $bytes $d (i32.const 0) (i32.const 4)))
    (func (export "shorts") (result (ref $shorts)) (array.new_data $shorts $d (i32.const 0) (i32.const 2)))
    (func (export "longs") (result (ref $longs)) (array.new_data $longs $d (i32.const 0) (i32.const 1)))
    (func (export "objects") (param anyref i32) (result (ref $objects))
        (array.new $objects (local.get 0) (local.get 1)))
    (func (export "fixed") (result (ref $shorts))
        (array.new_fixed $shorts 3 (i32.const 1) (i32.const -1) (i32.const 0x12345)))
    (func (export "get") (param (ref null $bytes) i32) (result i32) (array.get_s $bytes (local.get 0) (local.get 1)))
    (func (export "set") (param (ref null $bytes) i32 i32)
        (array.set $bytes (local.get 0) (local.get 1) (local.get 2)))
    (func (export "put") (param (ref null $objects) i32 anyref)
        (array.set $objects (local.get 0) (local.get 1) (local.get 2)))
    (func (export "take") (param (ref null $objects) i32) (result anyref)
        (array.get $objects (local.get 0) (local.get 1)))
    (func (export "length") (param arrayref) (result i32) (array.len (local.get 0)))
    (func (export "sum") (param (ref $longs)) (result i64) (local i32 i64)
        (block $done (loop $next
            (br_if $done (i32.ge_u (local.get 1) (array.len (local.get 0))))
            (local.set 2 (i64.add (local.get 2) (array.get $longs (local.get 0) (local.get 1))))
            (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br $next)))
        (local.get 2))
    (func (export "move") (param (ref null $bytes) i32 i32 i32)
        (array.copy $bytes $bytes (local.get 0) (local.get 1) (local.get 0) (local.get 2) (local.get 3)))"""


@pytest.fixture(params=DIALECTS)
def arrays(request: pytest.FixtureRequest) -> Any:
    return instance_of(f"(module {ARRAYS})", request.param).exports


def test_elements(arrays: Any) -> None:
    data, shorts, longs = arrays["bytes"](), arrays["shorts"](), arrays["longs"]()
    assert isinstance(data, Array) and [*data] == [1, 0x80, 0xFF, 0x7F] and data.items == bytearray(b"\x01\x80\xff\x7f")
    assert [*shorts] == [0x8001, 0x7FFF]
    assert longs[0] == int.from_bytes(b"\x01\x80\xff\x7f\0\0\0\x80", "little", signed=True)
    assert [*arrays["fixed"]()] == [1, 0xFFFF, 0x2345]
    assert arrays["sum"](longs) == longs[0]
    longs[0] = 5
    assert arrays["sum"](longs) == 5


def test_packed_elements_are_masked_and_extended(arrays: Any) -> None:
    data = arrays["bytes"]()
    arrays["set"](data, 0, -2)
    assert [data[0], arrays["get"](data, 0), arrays["get"](data, 3)] == [254, -2, 127]
    arrays["move"](data, 1, 0, 3)
    assert [*data] == [254, 254, 0x80, 0xFF]


@pytest.mark.parametrize(
    ("function", "arguments", "kind"),
    [
        ("get", (None, 0), "null array reference"),
        ("set", (None, 0, 1), "null array reference"),
        ("length", (None,), "null array reference"),
        ("take", (None, 0), "null array reference"),
        ("move", (None, 0, 0, 0), "null array reference"),
        ("get", ("bytes", 4), "out of bounds array access"),
        ("get", ("bytes", -1), "out of bounds array access"),
        ("set", ("bytes", 4, 1), "out of bounds array access"),
        ("move", ("bytes", 2, 0, 3), "out of bounds array access"),
        ("objects", (None, -1), "allocation size too large"),
    ],
)
def test_arrays_trap(arrays: Any, function: str, arguments: tuple[Any, ...], kind: str) -> None:
    given = [arrays[value]() if isinstance(value, str) else value for value in arguments]
    assert trapped(arrays[function], *given) == kind


def test_objects_and_lists_trap_apart(arrays: Any) -> None:
    objects = arrays["objects"](object(), 2)
    for function, arguments in (("take", (objects, 2)), ("put", (objects, 2, None))):
        assert trapped(arrays[function], *arguments) == "out of bounds array access"


MIXED = """(module (type $a (array (mut i32))) (type $b (array i8)) (type $f (func (result i32)))
    (memory 1) (table 1 funcref)
    (func (export "run") (param (ref $a) (ref $b) i32 i32 i32 i32) (result i32)
        (i32.add (i32.add (array.get $a (local.get 0) (local.get 2)) (array.get_u $b (local.get 1) (local.get 3)))
                 (i32.add (call_indirect (type $f) (local.get 4)) (i32.load8_u (local.get 5)))))
    (func $one (result i32) (i32.const 1)) (elem (i32.const 0) $one)
    (func (export "a") (result (ref $a)) (array.new_default $a (i32.const 1)))
    (func (export "b") (result (ref $b)) (array.new_default $b (i32.const 1))))"""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("indices", "kind"),
    [
        ((1, 0, 0, 0), "out of bounds array access"),
        ((0, 1, 0, 0), "out of bounds array access"),
        ((0, 0, 1, 0), "undefined element"),
        ((0, 0, 0, 65536), "out of bounds memory access"),
    ],
)
def test_what_is_out_of_bounds(dialect: Dialect, indices: tuple[int, ...], kind: str) -> None:
    exports = instance_of(MIXED, dialect).exports
    given = exports["a"](), exports["b"]()
    assert exports["run"](*given, 0, 0, 0, 0) == 1
    assert trapped(exports["run"], *given, *indices) == kind


I31 = """(module
    (func (export "s") (param i31ref) (result i32) (i31.get_s (local.get 0)))
    (func (export "u") (param i31ref) (result i32) (i31.get_u (local.get 0)))
    (func (export "less") (param i31ref) (result i32) (i32.lt_s (i31.get_s (local.get 0)) (i32.const 3)))
    (func (export "make") (param i32) (result anyref) (ref.i31 (local.get 0)))
    (func (export "truth") (param i32 i32) (result anyref) (ref.i31 (i32.lt_s (local.get 0) (local.get 1))))
    (func (export "same") (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1)))
    (func (export "is") (param anyref) (result i32) (ref.test (ref i31) (local.get 0)))
    (func (export "comparable") (param anyref) (result i32) (ref.test (ref eq) (local.get 0)))
    (func (export "in") (param externref) (result anyref) (any.convert_extern (local.get 0)))
    (func (export "out") (param anyref) (result externref) (extern.convert_any (local.get 0)))
    (func (export "there") (param externref) (result i32) (ref.test (ref i31) (any.convert_extern (local.get 0)))))"""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("disabled", DISABLED)
def test_i31(dialect: Dialect, disabled: tuple[str, ...]) -> None:
    exports = instance_of(I31, dialect, disabled).exports
    assert [exports["make"](number) for number in (0, -1, 0x40000000, 0x3FFFFFFF)] == [0, -1, -0x40000000, 0x3FFFFFFF]
    assert [(exports["s"](number), exports["u"](number)) for number in (-1, 5)] == [(-1, 0x7FFFFFFF), (5, 5)]
    truth = exports["truth"](1, 2)
    assert type(truth) is int and exports["is"](truth) == 1 and exports["less"](-1) == 1
    assert [exports["same"](*pair) for pair in ((7, 7), (7, 8), (None, None), (1 << 20, 1 << 20))] == [1, 0, 1, 1]
    for function in ("s", "u", "less"):
        assert trapped(exports[function], None) == "null i31 reference"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_host_s_objects(dialect: Dialect) -> None:
    exports = instance_of(I31, dialect).exports
    thing = object()
    for value in (thing, None, 5, 1 << 40, True, "text", -(1 << 31)):
        assert exports["in"](value) is value or exports["in"](value) == value
        assert exports["out"](value) is value or exports["out"](value) == value
    assert [exports["there"](value) for value in (5, 1 << 40, True, thing)] == [1, 0, 0, 0]
    assert [exports["comparable"](value) for value in (5, 1 << 40, True, thing)] == [1, 0, 0, 0]


def test_cycles_are_collected() -> None:
    exports = instance_of("""(module (rec (type $n (struct (field $next (mut (ref null $n))) (field $it externref))))
        (func (export "ring") (param externref) (local (ref null $n))
            (local.set 1 (struct.new $n (ref.null $n) (local.get 0)))
            (struct.set $n $next (local.get 1) (struct.new $n (local.get 1) (ref.null extern)))))""").exports

    class Thing:
        pass

    thing = Thing()
    gone = weakref.ref(thing)
    exports["ring"](thing)
    del thing
    gc.collect()
    assert gone() is None


CONSTANTS = """(module (type $s (struct (field i64) (field i8) (field (ref null $a)))) (type $a (array i64))
    (global $a (export "a") (ref $a) (array.new_fixed $a 2 (i64.const -1) (i64.const 2)))
    (global (export "s") (ref $s) (struct.new $s (i64.const -7) (i32.const 0x101) (global.get $a)))
    (global (export "d") (ref $s) (struct.new_default $s))
    (global (export "n") (ref $a) (array.new $a (i64.const -3) (i32.const 2)))
    (global (export "z") (ref $a) (array.new_default $a (i32.const 2)))
    (global (export "i") (ref i31) (ref.i31 (i32.const -1)))
    (global (export "e") externref (extern.convert_any (ref.i31 (i32.const 3))))
    (table (export "t") 2 (ref any) (struct.new_default $s)))""".replace("(type $s", "(rec (type $s").replace(
    "(type $a (array i64))", "(type $a (array i64)))"
)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_constant_expressions(dialect: Dialect) -> None:
    exports = instance_of(CONSTANTS, dialect).exports
    s = exports["s"].value
    assert [s[0], s[1]] == [-7, 1] and s[2] is exports["a"].value
    assert [*exports["a"].value] == [-1, 2] and [*exports["d"].value] == [0, 0, None]
    assert [[*exports[name].value] for name in "nz"] == [[-3, -3], [0, 0]]
    assert (exports["i"].value, exports["e"].value) == (-1, 3)
    assert exports["t"][0] is exports["t"][1]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_operands_are_evaluated_in_order(dialect: Dialect) -> None:
    """The reference before the value, the index too, and null shows after both."""
    text = """(module (type $s (struct (field (mut i32)))) (type $a (array (mut i32))) (global $log (export "log")
        (mut i32) (i32.const 0))
        (func $note (param i32) (result i32)
            (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))) (local.get 0))
        (func $s (param i32) (result (ref null $s)) (drop (call $note (local.get 0))) (ref.null $s))
        (func $a (param i32) (result (ref null $a)) (drop (call $note (local.get 0))) (ref.null $a))
        (func (export "set") (struct.set $s 0 (call $s (i32.const 1)) (call $note (i32.const 2))))
        (func (export "put")
            (array.set $a (call $a (i32.const 1)) (call $note (i32.const 2)) (call $note (i32.const 3))))
        (func (export "get") (result i32) (array.get $a (call $a (i32.const 1)) (call $note (i32.const 2))))
        (func (export "divide") (param i32) (result i32)
            (array.get $a (ref.null $a) (i32.div_u (i32.const 1) (local.get 0)))))"""
    for name, log in (("set", 12), ("put", 123), ("get", 12)):
        exports = instance_of(text, dialect).exports
        assert trapped(exports[name]) == ("null structure reference" if name == "set" else "null array reference")
        assert exports["log"].value == log
    assert trapped(exports["divide"], 0) == "integer divide by zero"


def test_a_program_keeps_its_types() -> None:
    program = program_of(f"(module {POINT})")[2]
    assert load_program(dump_program(program)) == program
    assert [info and info.fields for info in program.classes[:2]] == [("x", "y"), ("x", "y", "colour")]


def test_import_matching_by_subtyping() -> None:
    types = "(type $a (sub (func))) (type $b (sub $a (func)))"
    given = instance_of(f'(module {types} (func (export "f") (type $b)))').exports["f"]
    instance_of(f'(module {types} (import "m" "f" (func (type $a))))', imports=[given])
    with pytest.raises(LinkError, match="incompatible import type"):
        instance_of('(module (import "m" "f" (func)))', imports=[given])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(type $a (struct)) (type (sub $a (struct)))", "sub type 1 does not match super type 0"),
        ("(type $a (sub (struct (field i32)))) (type (sub $a (struct)))", "sub type 1 does not match super type 0"),
        ("(type (array (ref 1)))", "unknown type 1"),
        ("(type $s (struct (field i32))) (func (param (ref $s)) (struct.set $s 0 (local.get 0) (i32.const 1)))",
         "immutable field"),
        ("(type $s (struct (field i8))) (func (param (ref $s)) (result i32) (struct.get $s 0 (local.get 0)))",
         "type mismatch"),
        ("(type $a (array i32)) (func (param (ref $a)) (array.set $a (local.get 0) (i32.const 0) (i32.const 0)))",
         "immutable array"),
        ("(type $s (struct (field (ref $s)))) (func (drop (struct.new_default $s)))", "type mismatch"),
        ("(type $s (struct)) (func (type $s))", "type mismatch"),
    ],
)  # fmt: skip
def test_invalid(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        module_of(f"(module {text})")


def test_locals_without_a_value_in_handlers_of_before() -> None:
    """What is set in a part of a `try` is unset in the next."""
    text = """(module (type $s (struct)) (tag $e) (func (local $x (ref $s))
        (try (do (local.set $x (struct.new $s))) (catch $e {}) (catch_all))))"""
    module_of(text.format("(local.set $x (struct.new $s)) (drop (local.get $x))"))
    with pytest.raises(ValidationError, match="uninitialized local"):
        module_of(text.format("(drop (local.get $x))"))


VECTORS = """(module (type $s (struct (field (mut v128)))) (type $a (array (mut v128)))
    (func (export "s") (param v128) (result (ref $s)) (struct.new $s (local.get 0)))
    (func (export "get") (param (ref $s)) (result v128) (struct.get $s 0 (local.get 0)))
    (func (export "double") (param (ref $s)) (result (ref $a))
        (struct.set $s 0 (local.get 0)
            (i32x4.add (struct.get $s 0 (local.get 0)) (struct.get $s 0 (local.get 0))))
        (array.new $a (struct.get $s 0 (local.get 0)) (i32.const 2)))
    (func (export "item") (param (ref $a)) (result v128) (array.get $a (local.get 0) (i32.const 1)))
    (func (export "default") (result v128) (struct.get $s 0 (struct.new_default $s))))"""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_vectors_are_stored_as_integers(dialect: Dialect) -> None:
    exports = instance_of(VECTORS, dialect).exports
    number = 1 << 96 | 0x80000000 << 64 | 3
    s = exports["s"](number)
    assert s[0] == exports["get"](s) == number
    doubled = exports["double"](s)
    assert s[0] == doubled[0] == exports["item"](doubled) == 2 << 96 | 6
    assert exports["default"]() == 0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_vectors_in_constant_expressions(dialect: Dialect) -> None:
    text = """(module (type $s (struct (field v128))) (type $a (array v128))
        (global $s (ref $s) (struct.new $s (v128.const i64x2 1 2)))
        (global $a (ref $a) (array.new_fixed $a 2 (v128.const i64x2 3 4) (v128.const i64x2 5 6)))
        (func (export "s") (result v128) (struct.get $s 0 (global.get $s)))
        (func (export "a") (param i32) (result v128) (array.get $a (global.get $a) (local.get 0))))"""
    exports = instance_of(text, dialect).exports
    assert [exports["s"](), exports["a"](0), exports["a"](1)] == [1 | 2 << 64, 3 | 4 << 64, 5 | 6 << 64]


NUMBERS_TESTED = """(module
    (func (export "is_null") (result i32) (ref.is_null (ref.i31 (i32.const 5))))
    (func (export "is_null, wrapped") (result i32) (ref.is_null (ref.i31 (i32.const 0xC0000001))))
    (func (export "of no value") (result i32) (ref.test (ref none) (ref.i31 (i32.const -5))))
    (func (export "equal to null") (result i32) (ref.eq (ref.null none) (ref.i31 (i32.const 5))))
    (func (export "br_on_null") (result i32)
        (block $null (drop (br_on_null $null (ref.i31 (i32.const 5)))) (return (i32.const 0))) (i32.const 1)))"""


@pytest.mark.parametrize("disabled", DISABLED, ids=lambda names: names[0] if len(names) == 1 else f"{len(names)} off")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_numbers_that_are_spelled_out_are_no_null(dialect: Dialect, disabled: tuple[str, ...]) -> None:
    """Python, which compiles them, has nothing to warn of."""
    exports = instance_of(NUMBERS_TESTED, dialect, disabled).exports
    assert {name: exports[name]() for name in exports} == dict.fromkeys(exports, 0)
