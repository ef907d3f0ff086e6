"""`conditions`."""

from __future__ import annotations

import pytest
from unit.translation import after

LEAVE = "(return (i32.const 1))) (i32.const 2)"


def graph(body: str) -> str:
    """The graph of a function of two parameters after `cleanup` and `conditions`, without its first line."""
    function = f"(func (param i32 i32 i32) (result i32) {body})"
    callee = "(func (param i32) (result i32) (local.get 0))"
    module = f"(module (memory 1) {callee} {function})"
    return after(module, "cleanup", "inline", "conditions", index=1).partition("\n")[2]


def condition(body: str) -> str:
    """The condition of the first branch."""
    return graph(body).partition("branch ")[2].partition(" ? ")[0]


def test_either_leaves() -> None:
    assert (
        graph(f"(block (br_if 0 (local.get 0)) (br_if 0 (local.get 1)) {LEAVE}")
        == """\
b0:
    branch or($0, $1) ? b2 : b4
b4:
    return 1
b2:
    return 2
"""
    )


def test_both_are_needed() -> None:
    body = "(if (local.get 0) (then (if (local.get 1) (then (return (i32.const 1)))))) (i32.const 2)"
    assert (
        graph(body)
        == """\
b0:
    branch and($0, $1) ? b6 : b2
b2:
    return 2
b6:
    return 1
"""
    )


def test_the_second_test_is_turned_round_where_its_ways_are() -> None:
    assert (
        graph(f"(block (block (br_if 0 (local.get 0)) (br_if 1 (local.get 1))) {LEAVE}")
        == """\
b0:
    branch or($0, not($1)) ? b3 : b2
b2:
    return 2
b3:
    return 1
"""
    )


def test_chains_of_three() -> None:
    tests = "".join(f"(br_if 0 (local.get {index}))" for index in range(3))
    assert condition(f"(block {tests} {LEAVE}") == "or($0, or($1, $2))"


def test_long_chains_are_cut() -> None:
    tests = "(br_if 0 (local.get 0))" * 12
    lines = [line for line in graph(f"(block {tests} {LEAVE}").splitlines() if "branch" in line]
    assert [line.count("$0") for line in lines] == [4, 8]


def test_what_may_trap_is_still_only_evaluated_second() -> None:
    body = f"(block (br_if 0 (local.get 0)) (br_if 0 (i32.load (local.get 1))) {LEAVE}"
    assert condition(body) == "or($0, i32.load (2, 0, 0)($1))"


@pytest.mark.parametrize(
    "second",
    [
        "(br_if 0 (call 0 (local.get 1)))",
        "(local.set 1 (i32.const 5)) (br_if 0 (local.get 1)) (local.set 2 (local.get 1))",
    ],
)
def test_what_does_more_than_test_stays_alone(second: str) -> None:
    assert condition(f"(block (br_if 0 (local.get 0)) {second} {LEAVE}") == "$0"


def test_tests_that_are_reached_in_two_ways_stay_alone() -> None:
    text = graph("(loop (br_if 0 (local.get 0)) (br_if 0 (local.get 1))) (local.get 2)")
    assert "or($0, $1) ? b3" in text
    shared = """(block $out (block $test (br_if $test (local.get 0)) (local.set 2 (i32.const 1)))
        (br_if $out (local.get 1)) (return (i32.const 3))) (local.get 2)"""
    assert condition(shared) == "$0"
