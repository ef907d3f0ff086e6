"""`restarts`: pointers that go on from where they were when their loop is entered again."""

from __future__ import annotations

from random import Random

import pytest
from unit.translation import after, instance_of, outcome, python
from wasm2py.transpile.optimise.passes import PASSES

#: Adds up from both sides of an array towards the middle, as a partition goes through it.
TWO_SIDES = """(module (memory 1)
    (data (i32.const 64) "\\01\\00\\00\\00\\07\\00\\00\\00\\02\\00\\00\\00\\09\\00\\00\\00\\03")
    (func (export "f") (param $low i32) (param $high i32) (result i32)
        (local $p i32) (local $q i32) (local $j i32) (local $sum i32)
        (loop $outer
            (local.set $p (i32.add (i32.shl (local.get $low) (i32.const 2)) (i32.const 60)))
            (loop
                (local.set $low (i32.add (local.get $low) (i32.const 1)))
                (local.set $p (i32.add (local.get $p) (i32.const 4)))
                (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load (local.get $p))))
                (br_if 0 (i32.lt_u (i32.load (local.get $p)) (i32.const 5))))
            (local.set $j (i32.add (local.get $high) (i32.const 1)))
            (local.set $q (i32.add (i32.shl (local.get $high) (i32.const 2)) (i32.const 64)))
            (loop
                (local.set $j (i32.sub (local.get $j) (i32.const 1)))
                (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load (local.get $q))))
                (local.set $q (i32.sub (local.get $q) (i32.const 4)))
                (br_if 0 (i32.gt_u (i32.load offset=4 (local.get $q)) (i32.const 5))))
            (local.set $high {high})
            (br_if $outer (i32.lt_s (local.get $low) (local.get $high))))
        (local.get $sum)))"""
STEPPED = "(i32.sub (local.get $j) (i32.const 1))"


def test_both_pointers_are_worked_out_once() -> None:
    text = python(TWO_SIDES.replace("{high}", STEPPED))
    start, loops = text.split("while True:", 1)
    assert start.count("* 4") == 2
    assert "* 4" not in loops


@pytest.mark.parametrize("high", [STEPPED, "(i32.sub (local.get $j) (i32.const 2))", "(local.get $low)"])
def test_it_makes_no_difference(high: str) -> None:
    wat = TWO_SIDES.replace("{high}", high)
    plain, moved, portable = (
        instance_of(wat, disabled=tuple(PASSES)),
        instance_of(wat),
        instance_of(wat, "portable"),
    )
    for low in (0, 1, 2, 3, 0x40000000, 0xFFFFFFFF):
        for high_ in (0, 2, 3, 4, 0x40000003, 0x3FFFFFFF):
            expected = outcome(plain, "f", low, high_)
            assert outcome(moved, "f", low, high_) == outcome(portable, "f", low, high_) == expected


@pytest.mark.parametrize("high", ["(i32.sub (local.get $j) (i32.const 2))", "(local.get $low)"])
def test_what_is_set_anew_is_worked_out_anew(high: str) -> None:
    assert "* 4" in python(TWO_SIDES.replace("{high}", high)).split("while True:", 1)[1]


def test_what_is_needed_before_stays_in_its_place() -> None:
    wat = TWO_SIDES.replace("{high}", STEPPED).replace(
        "(loop $outer", "(loop $outer (local.set $sum (i32.add (local.get $sum) (local.get $p)))"
    )
    assert "* 4" in python(wat).split("while True:", 1)[1]
    for low in (0, 1):
        assert outcome(instance_of(wat), "f", low, 4) == outcome(instance_of(wat, disabled=tuple(PASSES)), "f", low, 4)


def test_what_was_moved_is_live_in_the_loop() -> None:
    text = after(
        """(module (memory 1) (func (local $p i32) (local $q i32) (loop $outer
            (i32.store8 (i32.const 0) (i32.const 0))
            (local.set $q (i32.sub (local.get $p) (i32.const 64)))
            (block $out (loop $inner
                (br_if $out (i32.load8_u (local.get $q)))
                (local.set $q (i32.add (local.get $q) (i32.const 1)))
                (br $inner)))
            (local.set $p (i32.add (local.get $q) (i32.const 64)))
            (br $outer))))""",
        "copies", "dead", "inline", "cleanup", "dead", "restarts",
    )  # fmt: skip
    assert text.index("i32.sub") < text.index("i32.store8") if "i32.sub" in text else "4294967232" in text


class _Generator:
    """Random loops in loops that step variables together, or nearly so."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def some(self) -> int:
        return self.random.randrange(6)

    def relation(self, target: int, source: int, factor: int, constant: int) -> str:
        value = f"(i32.mul (local.get {source}) (i32.const {factor}))"
        return f"(local.set {target} (i32.add {value} (i32.const {constant})))"

    def step(self, variable: int, by: int) -> str:
        return f"(local.set {variable} (i32.add (local.get {variable}) (i32.const {by})))"

    def condition(self) -> str:
        name = self.random.choice(("lt_s", "gt_u", "ne", "eq"))
        some = f"(i32.and (local.get {self.some()}) (i32.const 7))"
        return f"(i32.{name} {some} (i32.const {self.random.randrange(8)}))"

    def hash(self) -> str:
        return f"(local.set $h (i32.add (i32.mul (local.get $h) (i32.const 31)) (local.get {self.some()})))"

    def inner(self, target: int, source: int, factor: int) -> str:
        by = self.random.choice((1, -1, 2))
        parts = [self.step(source, by), self.step(target, factor * by if self.random.random() < 0.8 else 4)]
        self.random.shuffle(parts)
        if self.random.random() < 0.2:
            parts.append(f"(if {self.condition()} (then {self.step(self.random.choice((target, source)), by)}))")
        return f"(loop {self.hash()} {' '.join(parts)} {FUEL} (br_if 0 {self.condition()}))"

    def outer(self, depth: int) -> str:
        target, source = self.random.sample(range(6), 2)
        factor, constant = self.random.choice((1, 1, 4, 8)), self.random.choice((0, 1, 1000, -4))
        parts = [self.hash()] if self.random.random() < 0.2 else []
        parts += [self.relation(target, source, factor, constant), self.inner(target, source, factor)]
        if self.random.random() < 0.4:
            other = self.random.choice([var for var in range(6) if var != target])
            parts.append(self.relation(other, self.random.choice((target, source)), 1, -constant))
            parts.append(self.inner(other, target, 1))
        if factor == 1 and self.random.random() < 0.5:
            parts.append(self.relation(source, target, 1, self.random.choice((-constant, 0))))
        if depth:
            parts.append(self.outer(depth - 1))
        return f"(loop {' '.join(parts)} {FUEL} (br_if 0 {self.condition()}))"

    def wat(self) -> str:
        hashes = "".join(
            f"(local.set $h (i32.add (i32.mul (local.get $h) (i32.const 31)) (local.get {var})))" for var in range(6)
        )
        return f"""(module (func (export "f") (param i32 i32 i32) (result i32) (local i32 i32 i32) (local $h i32)
            (local $fuel i32) (local.set $fuel (i32.const 60))
            (block $out {self.outer(1)} {self.outer(0)}) {hashes} (local.get $h)))"""


FUEL = "(local.set $fuel (i32.sub (local.get $fuel) (i32.const 1))) (br_if $out (i32.eqz (local.get $fuel)))"


def test_random_loops() -> None:
    moved = 0
    for number in range(60):
        random = Random(number)
        wat = _Generator(random).wat()
        moved += after(wat, "webs", "restarts") != after(wat, "webs")
        plain, made = instance_of(wat, disabled=tuple(PASSES)), instance_of(wat)
        for _ in range(3):
            args = [random.choice((0, 1, 2, 5, 100, 0x7FFFFFFF, 0xFFFFFFFF)) for _ in range(3)]
            assert outcome(made, "f", *args) == outcome(plain, "f", *args), number
    assert moved > 10
