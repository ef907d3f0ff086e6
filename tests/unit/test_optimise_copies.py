"""`copies`."""

from __future__ import annotations

from unit.translation import after


def body(wat: str, *passes: str) -> list[str]:
    """The lines of a function of two parameters and three locals."""
    text = after(f"(module (func (param i32 i32) (result i32) (local i32 i32 i32) {wat}))", *passes)
    return [line.strip() for line in text.splitlines()[1:]]


def test_copies_and_constants_are_read_where_they_come_from() -> None:
    assert body(
        "(local.set 2 (local.get 0)) (local.set 3 (i32.const 7)) (i32.add (local.get 2) (local.get 3))", "copies"
    )[-1] == ("return i32.add($0, 7)")


def test_copy_of_a_copy() -> None:
    assert body("(local.set 2 (local.get 0)) (local.set 3 (local.get 2)) (local.get 3)", "copies")[-1] == "return $0"


def test_facts_end_with_an_assignment_to_either_side() -> None:
    source = "(local.set 2 (local.get 0)) (local.set 0 (i32.const 5)) (i32.add (local.get 2) (local.get 0))"
    assert body(source, "copies")[-1] == "return i32.add($2, 5)"
    target = "(local.set 2 (local.get 0)) (local.set 2 (local.get 1)) (i32.add (local.get 2) (local.get 0))"
    assert body(target, "copies")[-1] == "return i32.add($1, $0)"


def test_facts_reach_a_block_from_its_only_predecessor() -> None:
    lines = body(
        """(local.set 2 (local.get 0))
        (if (local.get 1)
            (then (local.set 0 (i32.const 5)) (return (local.get 2)))
            (else (local.set 3 (local.get 2)) (return (local.get 3))))
        (local.get 2)""",
        "copies",
    )
    returns = [line for line in lines if line.startswith("return")]
    # in the first arm the source was changed; its fact is back for the second
    assert sorted(returns) == ["return $0", "return $2"]


def test_facts_do_not_survive_where_ways_join() -> None:
    lines = body(
        "(local.set 2 (local.get 0)) (if (local.get 1) (then (local.set 2 (local.get 1)))) (local.get 2)", "copies"
    )
    assert lines[-1] == "return $2"


def test_facts_do_not_survive_a_loop_header() -> None:
    lines = body(
        """(local.set 2 (i32.const 1))
        (loop (local.set 3 (local.get 2)) (local.set 2 (i32.add (local.get 2) (i32.const 1)))
            (br_if 0 (local.get 3)))
        (local.get 2)""",
        "copies",
    )
    assert "$3 = $2" in lines
    assert lines[-1] == "return $2"


def test_swap() -> None:
    lines = body(
        """(local.set 2 (local.get 0)) (local.set 0 (local.get 1)) (local.set 1 (local.get 2))
        (i32.sub (local.get 0) (local.get 1))""",
        "copies",
    )
    assert lines[-3:] == ["$0 = $1", "$1 = $2", "return i32.sub($0, $2)"]
