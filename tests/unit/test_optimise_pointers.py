"""`pointers`: what loops over memory become, and that they do the same."""

from __future__ import annotations

from hashlib import sha256
from random import Random
from typing import Any

import pytest
from unit.loop_functions import Generator
from unit.translation import DIALECTS, DISABLED, instance_of, outcome
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import Dialect
from wasm2py.transpile.optimise.passes import PASSES

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
