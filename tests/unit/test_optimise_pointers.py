"""`pointers`: what loops over memory become, and that they do the same."""

from __future__ import annotations

from hashlib import sha256
from random import Random
from typing import Any

import pytest
from unit.loop_functions import Generator
from unit.translation import DIALECTS, DISABLED, instance_of, lifted, outcome
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import Dialect
from wasm2py.transpile.optimise.passes import PASSES
from wasm2py.transpile.optimise.pointers import step_pointers

EVERY = tuple(PASSES)


def observed(wat: str, arguments: tuple[int, int, int], dialect: Dialect, disabled: tuple[str, ...]) -> Any:
    """The result or trap of `f`, and what the memory holds then."""
    instance = instance_of(wat, dialect, disabled)
    result = outcome(instance, "f", *arguments)
    memory = instance.exports["memory"]
    assert isinstance(memory, Memory)
    return result, sha256(memory.read(0, memory.size)).hexdigest()


def check(number: int, dialect: Dialect, disabled: tuple[str, ...] = ()) -> None:
    generator = Generator(Random(number))
    wat = generator.wat()
    for _ in range(3):
        arguments = generator.arguments()
        assert observed(wat, arguments, dialect, disabled) == observed(wat, arguments, dialect, EVERY), (number, wat)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("shard", range(4))
def test_random_loops(shard: int, dialect: Dialect) -> None:
    for number in range(shard * 1000, shard * 1000 + 20):
        check(number, dialect)


@pytest.mark.parametrize("disabled", DISABLED)
def test_random_loops_without_a_pass(disabled: tuple[str, ...]) -> None:
    for number in range(7000, 7003):
        check(number, "cpython", disabled)


def test_nothing_that_was_marked_for_it_stays() -> None:
    wat = """(module (memory 1) (func (export "f") (param $base i32) (result i32)
        (local $k i32) (local $sum i32)
        (local.set $k (i32.const -16))
        (loop (local.set $sum (i32.add (local.get $sum) (i32.load (i32.add (local.get $k) (local.get $base)))))
            (local.set $k (i32.add (local.get $k) (i32.const 1)))
            (br_if 0 (local.get $k)))
        (local.get $sum)))"""
    function = lifted(wat)
    step_pointers(function)
    assert not function.counting
    assert all(node.range is None for b in function.reverse_postorder() for e in b.exprs() for node in e.reads())
