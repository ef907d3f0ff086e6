"""The shapes of `br_table`, and that each leads where it should."""

from __future__ import annotations

from random import Random
from textwrap import dedent

import pytest
from unit.translation import DIALECTS, instance_of, outcome, python
from wasm2py.runtime.program import Dialect


def switch(table: list[int], default: int, index: str, falls: bool = False) -> str:
    """A function of $a that calls $mark with the number of the arm, or, where that falls through, of those after it."""
    arms = max((*table, default)) + 1
    opened = "".join(f"(block $b{arm} " for arm in reversed(range(arms)))
    targets = " ".join(f"$b{arm}" for arm in (*table, default))
    out = "" if falls else "(br $out)"
    closed = "".join(f") (call $mark (i32.const {arm})) (call $mark (i32.const 777)) {out}" for arm in range(arms))
    return f"(block $out {opened} (br_table {targets} {index}) {closed})"


def module(*bodies: str) -> str:
    """Functions f0, f1, …, each of which gives the number that its marks make."""
    fields = "".join(
        f'(func (export "f{i}") (param $a i32) (result i32) (global.set $g (i32.const 0)) {body} (global.get $g))'
        for i, body in enumerate(bodies)
    )
    return f"""(module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
        (func $mark (param i32) (global.set $g (i32.add (i32.mul (global.get $g) (i32.const 10)) (local.get 0))))
        {fields})"""


def shape(table: list[int], default: int, index: str = "(local.get $a)", dialect: Dialect = "cpython") -> str:
    """The tests of a switch: its Python without the calls."""
    text = python(module(switch(table, default, index)), index=1, dialect=dialect)
    lines = text.splitlines()[3:-1]
    return "".join(line + "\n" for line in lines if "mark(777)" not in line)


def expect(text: str) -> str:
    return "".join("    " + line + "\n" for line in dedent(text).strip().splitlines())


def test_few_arms_are_tested_in_turn_and_the_default_is_left() -> None:
    assert shape([0, 2, 2, 2, 1, 2], 2) == expect("""
        if a == 0:
            mark(0)
        elif a == 4:
            mark(1)
        else:
            mark(2)
        """)


def test_values_of_one_arm_stand_in_one_test() -> None:
    text = shape([0, 2, 0, 2, 0, 1, 1], 2)
    assert "if a in {0, 2, 4}:" in text
    assert "elif 5 <= a <= 6:" in text


def test_what_is_subtracted_from_the_index_is_added_to_the_values() -> None:
    text = shape([0, 2, 1, 1], 2, "(i32.sub (i32.load8_u (local.get $a)) (i32.const 34))")
    assert "key = mem_u8[a]\n" in text
    assert "if 36 <= key <= 37:" in text
    assert "elif key == 34:" in text


def test_one_test_needs_no_variable() -> None:
    text = shape([0, 1, 0], 1, "(i32.sub (i32.load8_u (local.get $a)) (i32.const 43))")
    assert "if mem_u8[a] in {43, 45}:" in text
    assert "key" not in text


def test_pypy_tests_a_tuple() -> None:
    assert "if a in (0, 2):" in shape([0, 1, 0], 1, dialect="portable")


def test_many_arms_are_a_balanced_tree() -> None:
    text = shape(list(range(64)), 64)
    assert text.count("mark(") == 65
    assert max(len(line) - len(line.lstrip()) for line in text.splitlines()) <= 4 * 8


def test_many_arms_that_take_turns_are_looked_up() -> None:
    text = shape([0, 1, 2, 3, 4, 5, 6, 7] * 4, 8)
    assert "arm = b'" in text
    assert text.count("mark(") == 9


def test_short_tables_are_tuples() -> None:
    assert "arm = (0, 1, 2, 3, 4, 5, 6, 0)[a] if a < 8 else 7" in shape([0, 1, 2, 3, 4, 5, 6, 0], 7)


INDEXES = {
    "(local.get $a)": lambda a: a,
    "(i32.sub (local.get $a) (i32.const 3))": lambda a: a - 3,
    "(i32.add (local.get $a) (i32.const 2))": lambda a: a + 2,
    "(i32.sub (i32.and (local.get $a) (i32.const 15)) (i32.const 4))": lambda a: (a & 15) - 4,
    "(i32.sub (i32.load8_u (local.get $a)) (i32.const 250))": lambda a: -250,
    "(i32.sub (local.get $a) (i32.const 4000))": lambda a: a - 4000,
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("arms", [1, 2, 3, 5, 9, 40])
def test_random_tables(arms: int, dialect: Dialect) -> None:
    random = Random(arms)
    cases = []
    for number in range(24):
        table = [random.randrange(arms) for _ in range(random.choice((1, 3, 8, 33, 70)))]
        if number % 2:
            table.sort()
        cases.append((table, random.randrange(arms), random.choice(list(INDEXES)), bool(number % 3 == 2)))
    instance = instance_of(module(*(switch(*case) for case in cases)), dialect)
    for number, (table, default, index, falls) in enumerate(cases):
        for value in (*range(80), *range(3998, 4075), 0xFFFF, 0xFFFFFFFD, 0xFFFFFFFF):
            if "load" in index and value > 0xFFF0:
                continue
            at = INDEXES[index](value) % (1 << 32)
            arm = table[at] if at < len(table) else default
            last = max((*table, default)) if falls else arm
            expected = 0
            for mark in range(arm, last + 1):
                expected = (expected * 10 + mark) * 10 + 777 & 0xFFFFFFFF
            assert outcome(instance, f"f{number}", value) == expected, (table, default, index, value)
