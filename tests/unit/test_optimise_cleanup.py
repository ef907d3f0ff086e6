"""`cleanup`."""

from __future__ import annotations

from unit.translation import after


def graph(body: str) -> str:
    """The cleaned-up graph of a function of two parameters, without its first line."""
    function = f"(func (param i32 i32) (result i32) {body})"
    callee = "(func (param i32) (result i32) (local.get 0))"
    return after(f"(module (memory 1) {callee} {function})", "cleanup", index=1).partition("\n")[2]


def test_empty_blocks_and_branches_that_meet_again_go() -> None:
    assert (
        graph("(block (block (br_if 0 (local.get 0)) (br 1)) (nop)) (local.get 1)")
        == """\
b0:
    return $1
"""
    )


def test_blocks_in_a_row_become_one() -> None:
    assert (
        graph("(local.set 0 (i32.const 1)) (block (br 0)) (local.set 1 (i32.const 2)) (local.get 1)")
        == """\
b0:
    $0 = 1
    $1 = 2
    return $1
"""
    )


def test_settled_branches_go_with_what_they_never_reach() -> None:
    body = "(if (i32.const {}) (then (local.set 0 (i32.const 5))) (else (local.set 0 (i32.const 6)))) (local.get 0)"
    assert graph(body.format(7)) == "b3:\n    $0 = 5\n    return $0\n"
    assert graph(body.format(0)) == "b4:\n    $0 = 6\n    return $0\n"


def test_settled_switches_go() -> None:
    body = """(block (block (block (br_table 0 1 2 (i32.const {})))
        (return (i32.const 10))) (return (i32.const 11))) (i32.const 12)"""
    assert [graph(body.format(index)) for index in (0, 1, 2, 99)] == [
        f"b0:\n    return {result}\n" for result in (10, 11, 12, 12)
    ]


def test_conditions_of_branches_that_meet_again_are_still_evaluated() -> None:
    assert (
        graph("(if (i32.load (local.get 0)) (then)) (local.get 1)")
        == """\
b0:
    i32.load (2, 0, 0)($0)
    return $1
"""
    )
    assert (
        graph("(block (br_table 0 0 0 (i32.load (local.get 0)))) (local.get 1)")
        == """\
b0:
    i32.load (2, 0, 0)($0)
    return $1
"""
    )


def test_jumps_to_a_return_return() -> None:
    assert (
        graph("(if (local.get 0) (then (local.set 1 (i32.const 3)))) (local.get 1)")
        == """\
b0:
    branch $0 ? b3 : b2
b2:
    return $1
b3:
    $1 = 3
    return $1
"""
    )


def test_returns_that_compute_are_not_repeated() -> None:
    assert (
        graph("(if (local.get 0) (then (local.set 1 (i32.const 3)))) (i32.mul (local.get 1) (local.get 1))")
        == """\
b0:
    branch $0 ? b3 : b2
b3:
    $1 = 3
    jump b2
b2:
    return i32.mul($1, $1)
"""
    )


def test_endless_loops_stay() -> None:
    assert (
        graph("(loop (br 0)) (i32.const 1)")
        == """\
b3:
    jump b3
"""
    )
    assert graph("(block (loop (br 0))) (i32.const 1)").endswith("    jump b4\n")


def test_a_loop_can_be_where_the_function_begins() -> None:
    body = "(loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)"
    assert (
        graph(body)
        == """\
b3:
    $0 = i32.sub($0, 1)
    branch $0 ? b3 : b4
b4:
    return $0
"""
    )
