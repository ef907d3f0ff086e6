"""Several ways out of a loop, several ways to a place: without flags where Python can say it."""

from __future__ import annotations

from random import Random
from textwrap import dedent

import pytest
from unit.control_flow import Generator, Interpreter, wat
from unit.translation import instance_of, lifted, outcome, python
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.optimise import optimise
from wasm2py.transpile.structure.exits import Exits
from wasm2py.transpile.structure.lower import Lowering
from wasm2py.transpile.structure.tree import TreeBuilder


def shape(body: str) -> str:
    """The Python of a function of three parameters that may call `$g`, without its first line."""
    function = f"(func (param $a i32) (param $b i32) (param $c i32) (result i32) {body})"
    module = f"(module (func $g (param i32) (result i32) (local.get 0)) {function})"
    text = python(module, index=1, disabled=("late",))
    return dedent(text.split("\n", 1)[1])


def expect(text: str) -> str:
    return dedent(text).lstrip("\n")


def call(number: int) -> str:
    """A few statements that nothing else has."""
    return "".join(f"(drop (call $g (i32.const {number})))" for _ in range(3))


STEP = "(local.set $a (i32.add (local.get $a) (local.get $c)))"


def test_what_two_ways_out_set_stands_before_their_breaks() -> None:
    body = f"""(block $out (loop $again
        (if (i32.eq (local.get $a) (local.get $b)) (then (local.set $b (i32.const 7)) (br $out)))
        {STEP}
        (if (i32.gt_u (local.get $a) (i32.const 99)) (then (local.set $b (i32.const 8)) (br $out)))
        (br $again)))
        {call(1)} (local.get $b)"""
    assert shape(body) == expect(
        """
        while True:
            if a == b:
                b = 7
                break
            a = (a + c) % 4294967296
            if a > 99:
                b = 8
                break
        g(1)
        g(1)
        g(1)
        return b
        """
    )


def test_what_only_one_way_out_leads_to_stands_in_the_loop_if_others_pass_it() -> None:
    body = f"""(block $out (block $found (loop $again
        {STEP}
        (br_if $found (i32.eq (local.get $a) (local.get $b)))
        (br_if $again (i32.lt_u (local.get $a) (i32.const 99)))
        (br $out)))
        {call(1)})
        {call(2)} (local.get $b)"""
    assert shape(body) == expect(
        """
        while True:
            a = (a + c) % 4294967296
            if a == b:
                g(1)
                g(1)
                g(1)
                break
            if a >= 99:
                break
        g(2)
        g(2)
        g(2)
        return b
        """
    )


def test_what_a_condition_leads_to_stands_in_the_else_of_the_loop() -> None:
    body = f"""(block $out (block $ended (loop $again
        (br_if $ended (i32.ge_u (local.get $a) (local.get $b)))
        {STEP}
        (br_if $out (i32.eq (local.get $a) (i32.const 50)))
        (br $again)))
        {call(1)} (loop $more {call(3)} (br_if $more (call $g (i32.const 3)))))
        {call(2)} (local.get $b)"""
    text = shape(body)
    assert text.startswith(
        expect(
            """
            while a < b:
                a = (a + c) % 4294967296
                if a == 50:
                    break
            else:
                g(1)
                g(1)
                g(1)
                while True:
            """
        )
    )
    assert "goto" not in text


def test_what_is_short_is_repeated_where_it_would_have_to_be_skipped() -> None:
    body = f"""(block $end (block $join
        (if (local.get $a) (then (br_if $join (call $g (i32.const 1))) {call(11)} (br $end)))
        (if (local.get $b) (then {call(2)} (br $join)))
        {call(3)} (br $end))
        (local.set $c (i32.const 5)))
        {call(4)} (local.get $c)"""
    text = shape(body)
    assert text.count("c = 5") == 2
    assert "while" not in text
    assert "goto" not in text


def test_continue_rather_than_a_loop_that_runs_once() -> None:
    body = f"""(loop $again (block $join
        (if (local.get $a) (then (br_if $join (local.get $b)) {call(1)} (br $again)))
        {call(2)})
        {call(3)} {call(4)} {call(5)} {call(6)} (br $again)) (local.get $c)"""
    text = shape(body)
    assert text.count("while") == 1
    assert "continue" in text


def test_loops_behind_loops_do_not_nest_for_ever() -> None:
    loops = "".join(
        f"""(block (loop
            (br_if $fail (i32.eq (local.get $a) (i32.const {n})))
            {STEP} (br_if 1 (i32.eq (local.get $b) (i32.const {n}))) (br 0)))"""
        for n in range(60)
    )
    text = shape(f"(block $fail {loops} {call(1)} (return (local.get $b))) {call(2)} (local.get $c)")
    assert "state" not in text
    assert max(len(line) - len(line.lstrip()) for line in text.splitlines()) < 4 * 12


@pytest.mark.parametrize("nest", [True, False])
def test_no_block_is_lost(nest: bool) -> None:
    """Every block of random functions stands behind a loop, in one, or is repeated."""
    for number in range(60):
        function = lifted(wat(Generator(Random(number), 60, 8).function()))
        optimise(function)
        graph = Graph(function.reverse_postorder())
        exits = Exits(graph, nest)
        behind = {block for blocks in exits.behind.values() for block in blocks}
        assert behind | exits.copied.keys() == exits.outside
        assert not behind & exits.copied.keys()
        builder = TreeBuilder(graph, nest)
        assert Lowering(function, graph, builder.tiny).lower(builder.build())


def test_random_functions_without_nesting(monkeypatch: pytest.MonkeyPatch) -> None:
    original = TreeBuilder.__init__
    monkeypatch.setattr(TreeBuilder, "__init__", lambda self, graph, nest: original(self, graph, False))
    for number in range(40):
        nodes = Generator(Random(number), 70, 8).function()
        instance = instance_of(wat(nodes))
        for seed in (1, 0x80000000, 12345):
            assert outcome(instance, "f", seed) == Interpreter(seed).run(nodes), (number, seed)
