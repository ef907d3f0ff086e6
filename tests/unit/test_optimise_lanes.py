"""`lanes`, and what is done to vectors on the way to Python."""

from __future__ import annotations

import pytest
from unit.translation import DIALECTS, after, instance_of, outcome, python
from wasm2py.runtime.program import Dialect

DISABLED: list[tuple[str, ...]] = [(), ("lanes",)]
#: A 1, 2, 3, 4 as an f32x4, and those numbers in memory at 16.
COUNTING = "(v128.const f32x4 1 2 3 4)"
DATA = (
    '(memory (export "m") 1) (data (i32.const 16) "\\00\\00\\80\\3f\\00\\00\\00\\40\\00\\00\\40\\40\\00\\00\\80\\40")'
)


def bits(source: str, dialect: Dialect, disabled: tuple[str, ...], locals_: str = "v128 v128 i32") -> object:
    """What lane 0 of an f32x4 that some code leaves is, as bits; a trap's kind."""
    wat = f"""(module {DATA} (func (export "f") (result i32) (local {locals_})
        {source} f32x4.extract_lane 0 i32.reinterpret_f32))"""
    return outcome(instance_of(wat, dialect, disabled), "f")


def test_vectors_of_floats_become_floats() -> None:
    text = after(
        f"""(module {DATA} (func (result f32) (local v128) (local.set 0 (v128.load (i32.const 16)))
            (local.set 0 (f32x4.add (local.get 0) (f32x4.mul (v128.load (i32.const 32)) (local.get 0))))
            (f32x4.extract_lane 2 (local.get 0))))""",
        "lanes",
    )
    assert "v128 " not in text.replace("v128 0x0", "")
    assert text.count("f32.mul") == 4


def test_what_is_no_float_stays_a_vector() -> None:
    text = after(
        """(module (func (param v128) (result v128) (local v128)
            (local.set 1 (i32x4.add (local.get 0) (local.get 0))) (f32x4.add (local.get 1) (local.get 0))))""",
        "lanes",
    )
    assert "f32x4.add" in text


def test_functions_without_floats_are_left_alone() -> None:
    source = "(module (func (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0))))"
    assert after(source, "lanes") == after(source)


@pytest.mark.parametrize("disabled", DISABLED)
@pytest.mark.parametrize("dialect", DIALECTS)
class TestResults:
    """The same with the pass and without."""

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            (f"{COUNTING} (f32x4.splat (f32.const 2)) f32x4.mul", 0x40000000),
            (f"(local.set 0 {COUNTING}) (f32x4.splat (f32x4.extract_lane 3 (local.get 0)))", 0x40800000),
            ("(v128.load (i32.const 16)) f32x4.neg (v128.load32_splat (i32.const 28)) f32x4.max", 0x40800000),
            (f"{COUNTING} (f32.const 7) f32x4.replace_lane 0 f32x4.sqrt", 0x402953FD),
            (f"(f32x4.pmin {COUNTING} (f32x4.splat (f32.const nan:0x200001)))", 0x3F800000),
            (f"(f32x4.pmax (f32x4.splat (f32.const nan:0x200001)) {COUNTING})", 0x7FA00001),
            (f"(f32x4.relaxed_madd {COUNTING} {COUNTING} {COUNTING})", 0x40000000),
            (f"(f32x4.relaxed_nmadd {COUNTING} {COUNTING} {COUNTING})", 0),
            ("(f32x4.convert_i32x4_s (v128.const i32x4 -3 0 0 0))", 0xC0400000),
            ("(f32x4.demote_f64x2_zero (f64x2.splat (f64.const 0.5)))", 0x3F000000),
            ("(f32x4.demote_f64x2_zero (f64x2.promote_low_f32x4 (v128.load (i32.const 16))))", 0x3F800000),
            (f"(f32x4.lt {COUNTING} (f32x4.splat (f32.const 2)))", 0xFFFFFFFF),
            ("(f64x2.ge (f64x2.splat (f64.const 1)) (f64x2.splat (f64.const 2)))", 0),
            (f"(v128.xor (f32x4.abs {COUNTING}) (v128.const i32x4 1 0 0 0))", 0x3F800001),
            (f"{COUNTING} (f32x4.neg {COUNTING}) (i32.const 0) select", 0xBF800000),
        ],
    )  # fmt: skip
    def test_instructions(self, dialect: Dialect, disabled: tuple[str, ...], source: str, expected: int) -> None:
        assert bits(source, dialect, disabled) == expected

    def test_a_lane_that_all_are_made_of_is_read_before_it_changes(
        self, dialect: Dialect, disabled: tuple[str, ...]
    ) -> None:
        source = f"""(local.set 0 {COUNTING})
            (local.set 0 (f32x4.splat (f32x4.extract_lane 1 (local.get 0))))
            (local.set 0 (f32x4.add (local.get 0) (f32x4.splat (f32x4.extract_lane 3 (local.get 0)))))
            (local.get 0)"""
        assert bits(source, dialect, disabled) == 0x40800000

    def test_all_lanes_are_loaded(self, dialect: Dialect, disabled: tuple[str, ...]) -> None:
        source = f"(f32x4.add (v128.load (i32.const 65524)) {COUNTING})"
        assert bits(source, dialect, disabled) == "out of bounds memory access"
        assert bits(source.replace("65524", "65520"), dialect, disabled) == 0x3F800000

    def test_nothing_is_stored_where_not_all_fits(self, dialect: Dialect, disabled: tuple[str, ...]) -> None:
        wat = f"""(module {DATA} (func (export "f") (param i32)
            (v128.store offset=4 (local.get 0) (f32x4.add {COUNTING} (v128.load (i32.const 16)))))
            (func (export "at") (param i32) (result i32) (i32.load (local.get 0))))"""
        instance = instance_of(wat, dialect, disabled)
        assert outcome(instance, "f", 65520) == "out of bounds memory access"
        assert outcome(instance, "at", 65524) == 0
        assert outcome(instance, "f", 12) is None  # onto what was loaded
        assert [outcome(instance, "at", 16 + 4 * i) for i in range(4)] == [
            0x40000000, 0x40800000, 0x40C00000, 0x41000000,
        ]  # fmt: skip

    def test_sums_in_a_loop(self, dialect: Dialect, disabled: tuple[str, ...]) -> None:
        source = """(loop
                (local.set 1 (v128.load (i32.const 16)))
                (local.set 0 (f32x4.add (local.get 0) (f32x4.mul (local.get 1) (local.get 1))))
                (local.set 2 (i32.add (local.get 2) (i32.const 1)))
                (br_if 0 (i32.lt_u (local.get 2) (i32.const 5))))
            (local.get 0)"""
        assert bits(source, dialect, disabled) == 0x40A00000

    def test_what_may_trap_otherwise_stays_in_its_place(self, dialect: Dialect, disabled: tuple[str, ...]) -> None:
        source = """(f32x4.add (f32x4.splat (f32.convert_i32_u (i32.div_u (i32.const 1) (local.get 2))))
            (v128.load (i32.const 65530)))"""
        assert bits(source, dialect, disabled) == "integer divide by zero"

    def test_vectors_are_made_of_lanes_for_calls(self, dialect: Dialect, disabled: tuple[str, ...]) -> None:
        wat = f"""(module (func $g (param v128 i32) (result v128) (i32x4.shl (local.get 0) (local.get 1)))
            (func (export "f") (param i32) (result i32) (local v128)
                (local.set 1 (f32x4.add {COUNTING} {COUNTING}))
                (i32x4.extract_lane 1 (call $g (f32x4.mul (local.get 1) (local.get 1)) (local.get 0)))))"""
        assert outcome(instance_of(wat, dialect, disabled), "f", 1) == 0x41800000 << 1 & 0xFFFFFFFF


# Other ways to say it


def test_halves_are_made_wider_where_they_are() -> None:
    lanes = " ".join(map(str, (8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0)))
    source = f"""(module (func (param v128) (result v128)
        (i16x8.extend_low_i8x16_u (i8x16.shuffle {lanes} (local.get 0) (local.get 0)))))"""
    assert "i16x8.extend_high_i8x16_u($0)" in after(source, "fold")
    other = source.replace("8 9 10", "8 9 11")
    assert "i8x16.shuffle" in after(other, "fold")


def test_searches_for_bytes_take_one_function() -> None:
    source = """(module (func (export "f") (param i64 i64) (result i32)
        (i8x16.bitmask (i8x16.eq (i64x2.replace_lane 1 (i64x2.splat (local.get 0)) (local.get 1)) (i8x16.splat
            (i32.const 0x41))))))"""
    assert "i8x16_eq_bitmask(" in python(source)
    for dialect in DIALECTS:
        instance = instance_of(source, dialect)
        assert outcome(instance, "f", 0x4142434445464041, 0x4041424344454647) == 0x4081
        assert outcome(instance, "f", 0x4242434445464042, 0x4042424344454647) == 0


def test_lanes_that_are_all_replaced_lie_side_by_side() -> None:
    result = "(i64x2.extract_lane 0 (local.get 2)) (i64x2.extract_lane 1 (local.get 2))"
    module = f"""(module (func (export "f") (param i32 i32) (result i64 i64) (local v128)
        (local.set 2 {{}}) {result}))"""
    zero = "(v128.const i64x2 0 0)"
    one = "(i32x4.replace_lane 2 (i32x4.splat (local.get 0)) (i32.const 7))"
    two = f"(i32x4.replace_lane 1 (i32x4.replace_lane 3 {one} (i32.sub (local.get 1) (i32.const 1))) (local.get 1))"
    for vector, helper, expected in (
        (two, False, (0x5_00000009, 0x4_00000007)),
        (f"(i32x4.replace_lane 1 {zero} (i32.lt_u (local.get 1) (local.get 0)))", False, (0x1_00000000, 0)),
        (f"(i64x2.replace_lane 1 {zero} (i64.extend_i32_u (local.get 1)))", False, (0, 5)),
        (one, True, (0x9_00000009, 0x9_00000007)),
        (two.replace("replace_lane 3", "replace_lane 1"), True, (0x5_00000009, 0x9_00000007)),
        (one.replace("splat (local.get 0)", "neg (i32x4.splat (local.get 0))"), True,
         (0xFFFFFFF7_FFFFFFF7, 0xFFFFFFF7_00000007)),
    ):  # fmt: skip
        source = module.format(vector)
        assert ("replace_lane" in python(source)) is helper
        for dialect in DIALECTS:
            assert outcome(instance_of(source, dialect), "f", 9, 5) == expected
