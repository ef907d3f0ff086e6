"""`inline`."""

from __future__ import annotations

import pytest
from unit.translation import after

#: Sets local 2.
INCREASED = "(local.set 2 (i32.add (local.get 0) (i32.const 1)))"


def lines(body: str, *passes: str) -> list[str]:
    """The statements of a function of two parameters and two locals, after `inline`, without those that set zero."""
    callee = "(func (param i32) (result i32) (local.get 0))"
    function = f"(func (param i32 i32) (result i32) (local i32 i32) {body})"
    module = f"(module (memory 1) (global (mut i32) (i32.const 0)) (table 1 funcref) {callee} {function})"
    text = after(module, *passes, "inline", index=1)
    return [line.strip() for line in text.splitlines()[2:] if line.strip() not in ("$2 = 0", "$3 = 0")]


def test_single_uses_move_into_their_readers() -> None:
    body = f"{INCREASED} (local.set 3 (i32.mul (local.get 2) (local.get 1))) (local.get 3)"
    assert lines(body) == ["return i32.mul(i32.add($0, 1), $1)"]


def test_values_that_are_read_twice_stay() -> None:
    body = f"{INCREASED} (i32.mul (local.get 2) (local.get 2))"
    assert lines(body) == ["$2 = i32.add($0, 1)", "return i32.mul($2, $2)"]


def test_values_that_another_block_reads_stay() -> None:
    body = f"{INCREASED} (if (local.get 1) (then (return (local.get 2)))) (local.get 0)"
    assert lines(body)[0] == "$2 = i32.add($0, 1)"


def test_a_branch_takes_its_condition() -> None:
    test = "(local.set 2 (i32.lt_u (local.get 0) (local.get 1)))"
    body = f"{test} (if (local.get 2) (then (return (i32.const 1)))) (i32.const 2)"
    assert lines(body)[0].startswith("branch i32.lt_u($0, $1) ?")


def test_nothing_moves_past_an_assignment_to_what_it_reads() -> None:
    body = f"{INCREASED} (local.set 0 (local.get 1)) (i32.sub (local.get 2) (local.get 0))"
    assert lines(body) == ["$2 = i32.add($0, 1)", "return i32.sub($2, $1)"]


@pytest.mark.parametrize(
    ("value", "between", "moves"),
    [
        ("(i32.load (local.get 0))", "(i32.store (local.get 1) (i32.const 1))", False),
        ("(i32.load (local.get 0))", "(drop (i32.load (local.get 1)))", True),
        ("(i32.load (local.get 0))", "(global.set 0 (local.get 1))", False),
        ("(i32.load (local.get 0))", "(drop (i32.div_u (local.get 0) (local.get 1)))", False),
        ("(i32.div_u (local.get 0) (local.get 1))", "(drop (i32.load (local.get 1)))", False),
        ("(global.get 0)", "(drop (call 0 (i32.const 1)))", False),
        ("(global.get 0)", "(drop (i32.load (local.get 1)))", True),
        ("(memory.size)", "(drop (memory.grow (i32.const 1)))", False),
        ("(call 0 (local.get 0))", "(drop (global.get 0))", False),
        ("(i32.add (local.get 0) (local.get 1))", "(drop (call 0 (i32.const 1)))", True),
    ],
)
def test_what_may_pass_what(value: str, between: str, moves: bool) -> None:
    last = lines(f"(local.set 2 {value}) {between} (local.get 2)")[-1]
    assert (last != "return $2") == moves


def test_order_of_evaluation_is_kept_within_an_expression() -> None:
    body = "(local.set 2 (call 0 (local.get 0))) (local.set 3 (call 0 (local.get 1))) "
    assert lines(body + "(i32.sub (local.get 2) (local.get 3))") == ["return i32.sub(call 0($0), call 0($1))"]
    assert lines(body + "(i32.sub (local.get 3) (local.get 2))") == [
        "$2 = call 0($0)",
        "return i32.sub(call 0($1), $2)",
    ]


def test_calls_do_not_move_where_they_might_not_be_evaluated() -> None:
    body = "(local.set 2 (call 0 (local.get 0))) (select (local.get 2) (i32.const 1) (local.get 1))"
    assert lines(body) == ["$2 = call 0($0)", "return select($2, 1, $1)"]


def test_calls_do_not_move_into_the_address_of_a_load_that_looks_up_the_memory_first() -> None:
    body = "(local.set 2 (call 0 (local.get 0))) (i32.load (local.get 2))"
    assert lines(body) == ["$2 = call 0($0)", "return i32.load (2, 0, 0)($2)"]


def test_trees_stay_readable() -> None:
    steps = "".join("(local.set 2 (i32.add (local.get 2) (local.get 0)))" for _ in range(20))
    text = lines(f"{steps} (local.get 2)")
    assert [line.count("i32.add") for line in text] == [8, 8, 4]
