"""`halves`: even and odd bytes instead of lower and upper ones."""

from __future__ import annotations

from random import Random

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python
from unit.vector_model import DIALECTS as FUNCTIONS
from unit.vector_model import lanes, saturated, vector
from wasm2py.runtime.program import Dialect

LOWER = " ".join(str(i) for i in range(0, 32, 2))
#: The export `f` makes vectors of its parameters, in the locals 5 and 6; 7 has the i32 in all lanes of 16 bits.
MODULE = """(module (func (export "f") (param i64 i64 i64 i64 i32) (result i64 i64) (local v128 v128 v128)
    (local.set 5 (i64x2.replace_lane 1 (i64x2.splat (local.get 0)) (local.get 1)))
    (local.set 6 (i64x2.replace_lane 1 (i64x2.splat (local.get 2)) (local.get 3)))
    (local.set 7 (i16x8.splat (local.get 4)))
    (local.set 5 {result})
    (i64x2.extract_lane 0 (local.get 5)) (i64x2.extract_lane 1 (local.get 5))))"""


def both(half: str, joined: str) -> str:
    """A module that puts both halves together, of which the lower one is given."""
    high = half.replace("_low_", "_high_")
    return MODULE.format(result=f"({joined} {half} {high})")


BLENDED = """(i16x8.shr_u (i16x8.add (i16x8.mul (local.get 7) (i16x8.extend_low_i8x16_u (local.get 5)))
    (i16x8.mul (i16x8.extend_low_i8x16_u (local.get 6)) (i16x8.sub (v128.const i16x8 256 256 256 256 256 256 256 256)
    (local.get 7)))) (i32.const 8))"""


def test_no_byte_is_moved_for_what_is_done_to_all() -> None:
    text = python(both(BLENDED, "i8x16.narrow_i16x8_u"))
    assert "extend" not in text
    assert "narrow" not in text
    for dialect in DIALECTS:
        instance = instance_of(both(BLENDED, "i8x16.narrow_i16x8_u"), dialect)
        assert outcome(instance, "f", 0x00FF10, 200, 0xFF00FF, 100, 128) == (0x7F7F87, 150)


@pytest.mark.parametrize(
    ("half", "joined"),
    [
        ("(i16x8.extend_low_i8x16_s (local.get 5))", "i8x16.narrow_i16x8_u"),
        ("(i16x8.extend_low_i8x16_u (local.get 5))", "i8x16.narrow_i16x8_s"),
        ("(i16x8.add (i16x8.extend_low_i8x16_u (local.get 5)) (local.get 6))", "i8x16.narrow_i16x8_u"),
        ("(i16x8.extadd_pairwise_i8x16_u (i16x8.extend_low_i8x16_u (local.get 5)))", "i8x16.narrow_i16x8_u"),
        ("(i16x8.extend_low_i8x16_u (local.get 5))", f"i8x16.shuffle 1 {LOWER.removeprefix('0 ')}"),
        ("(i16x8.add (i16x8.extend_low_i8x16_u (local.get 5)) (v128.const i8x16 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2))",
         "i8x16.narrow_i16x8_u"),
    ],
)  # fmt: skip
def test_what_differs_from_lane_to_lane_stays(half: str, joined: str) -> None:
    source = both(half, joined)
    assert python(source) == python(source, disabled=("halves",))


def test_halves_of_different_vectors_stay() -> None:
    source = both("(i16x8.extend_low_i8x16_u (local.get 5))", "i8x16.narrow_i16x8_u")
    source = source.replace("high_i8x16_u (local.get 5)", "high_i8x16_u (local.get 6)")
    assert "extend_high" in python(source)
    other = both("(i16x8.shl (i16x8.extend_low_i8x16_u (local.get 5)) (i32.const 1))", f"i8x16.shuffle {LOWER}")
    assert "extend" not in python(other)
    assert "extend_high" in python(other[::-1].replace(")1 tsnoc.23i", ")2 tsnoc.23i", 1)[::-1])


BINARY = (
    *("add", "sub", "mul", "min_s", "max_u", "add_sat_s", "sub_sat_u", "avgr_u", "q15mulr_sat_s"),
    *("eq", "ne", "lt_s", "ge_u"),
)


def _half(random: Random, depth: int) -> str:
    """Any calculation with lanes, as it is for the lower ones."""
    kind = random.randrange(9) if depth else 0
    if kind < 3:
        extended = f"(i16x8.extend_low_i8x16_u (local.get {random.choice((5, 6))}))"
        number = random.choice((0, 1, 7, 128, 255, 256, 257, 258, 0x8000, 0xFFFF))
        byte = f"(v128.const i8x16 {' '.join([str(random.choice((3, 255)))] * 16)})"
        product = f"(i16x8.extmul_low_i8x16_u (local.get 5) {byte})"
        repeated = f"(v128.const i16x8 {' '.join([str(number)] * 8)})"
        return random.choice((extended, extended, extended, product, repeated, "(local.get 7)"))
    if kind == 3:
        shift, count = (
            random.choice(("shl", "shr_s", "shr_u")),
            random.choice(("(i32.const 8)", "(i32.const 20)", "(local.get 4)")),
        )
        return f"(i16x8.{shift} {_half(random, depth - 1)} {count})"
    if kind == 4:
        return f"({random.choice(('v128.not', 'i16x8.neg', 'i16x8.abs'))} {_half(random, depth - 1)})"
    name = f"v128.{random.choice(('and', 'or', 'xor', 'andnot'))}" if kind == 5 else f"i16x8.{random.choice(BINARY)}"
    return f"({name} {_half(random, depth - 1)} {_half(random, depth - 1)})"


@pytest.mark.parametrize("seed", range(60))
def test_lanes_are_what_they_are_without_it(seed: int) -> None:
    random = Random(seed)
    half = f"(i16x8.add {_half(random, 3)} (i16x8.extend_low_i8x16_u (local.get 5)))"
    source = both(half, random.choice(("i8x16.narrow_i16x8_u", f"i8x16.shuffle {LOWER}")))
    assert "extend" not in python(source)
    instances = [instance_of(source, dialect, without) for dialect in DIALECTS for without in ((), ("halves",))]
    numbers = [random.choice((0, (1 << 64) - 1, 0x00FF00FF80017F02, random.getrandbits(64))) for _ in range(16)]
    for start in range(0, 16, 4):
        arguments = (*numbers[start : start + 4], random.choice((0, 8, 255, 257, 258, 0x7FFF, 0xFFFF, 0x12345)))
        outcomes = [outcome(instance, "f", *arguments) for instance in instances]
        assert outcomes == outcomes[:1] * 4, source


@pytest.mark.parametrize("dialect", DIALECTS)
def test_helpers(dialect: Dialect) -> None:
    helpers, random = FUNCTIONS[dialect], Random(1)
    for factor in (0, 1, 128, 256, 257, 258, 0xFFFF):
        a, b = random.getrandbits(128), random.getrandbits(128)
        numbers = lanes(a, 8)
        even, odd = helpers["i16x8_even"](a), helpers["i16x8_odd"](a)
        assert (lanes(even, 16), lanes(odd, 16)) == (numbers[::2], numbers[1::2])
        assert helpers["i8x16_zip_fitting"](even, odd) == helpers["i8x16_zip"](even, odd) == a
        zipped = [
            saturated(n, 8, False) for pair in zip(lanes(a, 16, True), lanes(b, 16, True), strict=True) for n in pair
        ]
        assert lanes(helpers["i8x16_zip"](a, b), 8) == zipped
        scaled = [n * factor & 0xFFFF for n in numbers[::2]]
        assert lanes(helpers["i16x8_scale"](even, vector([factor] * 8, 16)), 16) == scaled
