"""`dead`, and the liveness behind it."""

from __future__ import annotations

from unit.translation import after, lifted
from wasm2py.transpile.ir.liveness import live_out


def test_dead_assignments_go_and_what_they_trap_on_stays() -> None:
    wat = """(module (memory 1) (func $f (result i32) (i32.const 1)) (func (param i32) (result i32) (local i32 i32 i32)
        (local.set 1 (i32.add (local.get 0) (i32.const 1)))
        (local.set 2 (i32.load (local.get 1)))
        (local.set 1 (i32.mul (local.get 0) (local.get 0)))
        (local.set 3 (call $f))
        (local.get 0)))"""
    assert (
        after(wat, "dead", index=1)
        == """func 1($0: i32) -> (i32)
b0:
    $1 = i32.add($0, 1)
    i32.load (2, 0, 0)($1)
    call 0()
    return $0
"""
    )


def test_chain_of_dead_assignments_across_blocks_goes_at_once() -> None:
    wat = """(module (func (param i32) (local i32 i32 i32)
        (local.set 1 (local.get 0))
        (if (local.get 0) (then (local.set 2 (i32.add (local.get 1) (i32.const 1)))))
        (if (local.get 0) (then (local.set 3 (i32.add (local.get 2) (i32.const 1)))))))"""
    assert " = " not in after(wat, "dead")


def test_variable_that_only_feeds_itself_in_a_loop_goes() -> None:
    wat = """(module (func (param i32) (local i32)
        (loop (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if 0 (local.get 0)))))"""
    assert "$1" not in after(wat, "dead")


def test_assignment_to_itself_goes() -> None:
    assert "=" not in after(
        "(module (func (param i32) (result i32) (local.set 0 (local.get 0)) (local.get 0)))", "dead"
    )


def test_liveness_around_a_loop() -> None:
    function = lifted(
        """(module (func (param i32 i32) (result i32)
            (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9))))
            (local.get 1)))"""
    )
    blocks = function.reverse_postorder()
    live = live_out(function)
    entry, loop, last = blocks
    assert (live[entry.id], live[loop.id], live[last.id]) == (0b11, 0b11, 0)
