"""Random control flow does in Python what it does in wasm: structured, and where Python cannot nest so deep."""

from __future__ import annotations

from random import Random

import pytest
from unit.control_flow import Generator, Interpreter, wat
from unit.translation import DISABLED, instance_of, outcome
from wasm2py.transpile.structure import lower

SEEDS = (1, 2, 3, 0x80000000, 0xDEADBEEF, 12345, 99999999)

#: Nested loops and depth that Python is taken to stand: what it does, so little that most is flattened, none at all.
LIMITS = {"real": (lower.MAX_LOOPS, lower.MAX_DEPTH), "low": (2, 6), "none": (0, 0)}


def check(number: int, size: int, deepest: int, disabled: tuple[str, ...] = ()) -> None:
    nodes = Generator(Random(number), size, deepest).function()
    instance = instance_of(wat(nodes), disabled=disabled)
    for seed in SEEDS:
        assert outcome(instance, "f", seed) == Interpreter(seed).run(nodes), (number, seed)


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("shard", range(4))
def test_random_functions(shard: int, limits: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower, "MAX_LOOPS", LIMITS[limits][0])
    monkeypatch.setattr(lower, "MAX_DEPTH", LIMITS[limits][1])
    for number in range(shard * 1000, shard * 1000 + 40):
        check(number, size=10 + number % 90, deepest=4 + number % 9)


@pytest.mark.parametrize("disabled", DISABLED)
def test_random_functions_without_a_pass(disabled: tuple[str, ...]) -> None:
    for number in range(5000, 5025):
        check(number, size=10 + number % 60, deepest=8, disabled=disabled)


def test_random_functions_that_nest_deep() -> None:
    for number in range(9000, 9010):
        check(number, size=400, deepest=60)
