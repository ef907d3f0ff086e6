"""The shapes that control flow takes in Python."""

from __future__ import annotations

from textwrap import dedent

import pytest
from unit.translation import instance_of, outcome, python
from wasm2py.transpile.structure import lower


def shape(body: str, fields: str = "") -> str:
    """The Python of a function of three parameters, without its first line."""
    text = python(
        f"(module {fields} (func $f (param $a i32) (param $b i32) (param $c i32) (result i32) {body}))",
        disabled=("late",),
    )
    return dedent(text.split("\n", 1)[1])


def expect(text: str) -> str:
    return dedent(text).lstrip("\n")


def test_if_and_else() -> None:
    assert shape("(if (result i32) (local.get $a) (then (local.get $b)) (else (local.get $c)))") == expect(
        """
        if a:
            return b
        return c
        """
    )


def test_while_with_its_test_at_the_head() -> None:
    body = """(block $out (loop $again
        (br_if $out (i32.ge_u (local.get $a) (local.get $b)))
        (local.set $a (i32.add (local.get $a) (local.get $c)))
        (br $again)))
        (local.get $a)"""
    assert shape(body) == expect(
        """
        while a < b:
            a = (a + c) % 4294967296
        return a
        """
    )


def test_loop_with_its_test_at_the_end() -> None:
    body = """(loop $again
        (local.set $a (i32.add (local.get $a) (local.get $c)))
        (br_if $again (i32.lt_u (local.get $a) (local.get $b))))
        (local.get $a)"""
    assert shape(body) == expect(
        """
        while True:
            a = (a + c) % 4294967296
            if a >= b:
                break
        return a
        """
    )


def test_short_circuit() -> None:
    body = """(block $out (block $in
        (br_if $in (i32.eq (local.get $a) (i32.const 1)))
        (br_if $out (i32.ne (local.get $b) (i32.const 2))))
        (local.set $c (i32.const 7)))
        (local.get $c)"""
    assert shape(body) == expect(
        """
        if a == 1 or b == 2:
            return 7
        return c
        """
    )


def test_break_out_of_two_loops_and_on_to_the_outer_one() -> None:
    body = """(block $out (loop $outer
        (local.set $a (i32.add (local.get $a) (local.get $c)))
        (loop $inner
            (br_if $out (i32.eq (local.get $b) (i32.const 9)))
            (local.set $b (i32.add (local.get $b) (i32.const 1)))
            (br_if $outer (i32.lt_u (local.get $b) (local.get $a)))
            (br_if $inner (local.get $c)))
        (local.set $c (i32.const 5))
        (br $outer)))
        (local.get $a)"""
    assert shape(body) == expect(
        """
        while True:
            a = (a + c) % 4294967296
            while True:
                if b == 9:
                    return a
                b = (b + 1) % 4294967296
                if b < a:
                    break
                if not c:
                    c = 5
                    break
        """
    )
    module = f'(module (func (export "f") (param $a i32) (param $b i32) (param $c i32) (result i32) {body}))'
    for a, b, c in [(0, 0, 0), (1, 2, 3), (9, 9, 9), (3, 8, 1)]:
        assert outcome(instance_of(module), "f", a, b, c) == _two_loops(a, b, c)


def test_two_ways_out_of_a_loop_that_lead_far_apart_need_a_flag() -> None:
    step = "(local.set $a (i32.add (local.get $a) (i32.const 1)))"
    rest = "(local.set $c (i32.mul (local.get $c) (call $f (local.get $a) (local.get $b) (local.get $c))))" * 3
    body = f"""(block $out (loop $outer (local.set $b (i32.add (local.get $b) (i32.const 2)))
        (loop $inner {step}
            (br_if $out (i32.eq (local.get $a) (i32.const 5)))
            (br_if $inner (i32.rem_u (local.get $a) (i32.const 4))))
        {rest} (br_if $outer (i32.lt_u (local.get $c) (i32.const 50))) {rest} (br $out)))
        {rest} {rest} (local.get $c)"""
    text = shape(body)
    assert text.count("goto = 1") == 1
    assert text.count("if goto == 1:") == 1


def _two_loops(a: int, b: int, c: int) -> int:
    while True:
        a += c
        while True:
            if b == 9:
                return a
            b += 1
            if b < a:
                break
            if not c:
                c = 5
                break


def test_switch_of_neighbours_is_a_tree() -> None:
    body = """(block $2 (block $1 (block $0 (br_table $0 $1 $2 (local.get $a)))
        (return (i32.const 10))) (return (i32.const 20))) (i32.const 30)"""
    assert shape(body) == expect(
        """
        if a == 0:
            return 10
        if a == 1:
            return 20
        return 30
        """
    )


def joins(calls: int) -> str:
    """A function with three places that several ways lead to, each with so many calls of its own."""
    places = ["".join(f"(call $g (i32.const {number}{call}))" for call in range(calls)) for number in "123"]
    body = f"""(block $3 (block $2 (block $1
        (if (local.get $a) (then (br_if $1 (local.get $b)) (br_if $2 (local.get $c)) (br $3)))
        (br_if $2 (local.get $b))
        (br_if $3 (local.get $c)))
        {places[0]} (br_if $3 (local.get $b)))
        {places[1]})
        {places[2]}
        (local.get $a)"""
    function = f"(func (param $a i32) (param $b i32) (param $c i32) (result i32) {body})"
    return python(f"(module (func $g (param i32)) {function})", index=1)


def test_three_joins_behind_one_tree_stand_side_by_side() -> None:
    text = joins(calls=9)
    assert "goto" in text
    for number in (10, 20, 30):
        assert text.count(f"g({number})") == 1


def test_of_three_joins_short_ones_are_repeated() -> None:
    text = joins(calls=1)
    assert "goto" not in text
    assert "while" not in text


def test_what_only_returns_is_repeated_if_it_is_short() -> None:
    ways = " ".join(
        f"(br_if 0 (i32.eq (local.get $a) (i32.const {n})))"
        " (local.set $a (call $f (local.get $a) (local.get $a) (local.get $a)))"
        for n in range(4)
    )
    assert shape(f"(loop (block {ways} (br 1))) (local.get $c)").count("return c") > 1
    long = "(local.get $c)" + "(i32.mul (local.get $c))" * 30
    assert shape(f"(loop (block {ways} (br 1))) {long}").count("return") == 1


def test_many_early_ways_out_do_not_indent_for_ever() -> None:
    ways = "".join(
        f"(br_if 0 (i32.eq (local.get $a) (i32.const {n}))) (local.set $a (i32.add (local.get $a) (local.get $b)))"
        for n in range(200)
    )
    tail = "(local.set $c (i32.mul (local.get $c) (local.get $a)))" * 3
    text = shape(f"(block {ways}) {tail} (local.get $c)")
    assert "state" not in text
    assert max(len(line) - len(line.lstrip()) for line in text.splitlines()) < 4 * (lower.MAX_DEPTH + 4)


def test_empty_endless_loop() -> None:
    assert shape("(loop (br 0)) (i32.const 1)") == "while True:\n    pass\n"


def test_unreachable() -> None:
    assert shape("unreachable") == "raise Trap('unreachable')\n"


def test_function_that_nests_too_deep_is_a_loop_over_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower, "MAX_LOOPS", 0)
    body = """(loop $again
        (local.set $a (i32.add (local.get $a) (local.get $c)))
        (br_if $again (i32.lt_u (local.get $a) (local.get $b))))
        (local.get $a)"""
    assert shape(body) == expect(
        """
        state = 0
        while True:
            a = (a + c) % 4294967296
            if a < b:
                state = 0
                continue
            else:
                return a
        """
    )
