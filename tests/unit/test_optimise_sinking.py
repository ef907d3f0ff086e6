"""`sinking`: what only the way out of a loop needs."""

from __future__ import annotations

from unit.translation import after, instance_of, outcome


def function(body: str) -> str:
    return f"""(module (memory 1) (func (export "f") (param $n i32) (result i32)
        (local $i i32) (local $last i32) (local $twice i32)
        {body}))"""


COUNTING = """(loop $again
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    {made}
    (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $last)"""


def test_value_for_after_the_loop_is_made_after_it() -> None:
    made = "(local.set $last (i32.mul (local.get $i) (local.get $i)))"
    wat = function(COUNTING.format(made=made))
    text = after(wat, "cleanup", "sinking")
    assert ":\n    $2 = i32.mul($1, $1)\n    return $2\n" in text
    assert text.count("$2 = ") == 2
    assert outcome(instance_of(wat), "f", 7) == 49


def test_chain_of_them_keeps_its_order() -> None:
    made = """(local.set $twice (i32.shl (local.get $i) (i32.const 1)))
        (local.set $last (i32.add (local.get $twice) (local.get $n)))"""
    text = after(function(COUNTING.format(made=made)), "cleanup", "sinking")
    assert text.index("branch") < text.index("$3 = i32.shl") < text.index("$2 = i32.add")


def test_way_out_to_where_others_lead_gets_a_block_of_its_own() -> None:
    body = """(block $out
        (br_if $out (i32.eqz (local.get $n)))
        (loop $again
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (local.set $last (i32.mul (local.get $i) (i32.const 3)))
            (br_if $again (i32.lt_u (local.get $i) (local.get $n)))))
        (local.get $last)"""
    wat = function(body)
    text = after(wat, "cleanup", "sinking")
    assert text.index("branch i32.lt_u") < text.index("$2 = i32.mul")
    assert "    $2 = i32.mul($1, 3)\n    jump" in text
    for argument in (0, 1, 5):
        assert outcome(instance_of(wat), "f", argument) == argument * 3


def test_what_the_loop_reads_or_may_trap_stays() -> None:
    for made in (
        "(local.set $last (i32.add (local.get $last) (local.get $i)))",
        "(local.set $last (i32.load (local.get $i)))",
        "(local.set $last (i32.div_u (local.get $n) (local.get $i)))",
        "(local.set $last (local.get $i)) (local.set $i (i32.mul (local.get $i) (i32.const 3)))",
    ):
        text = after(function(COUNTING.format(made=made)), "cleanup", "sinking")
        assert text.index("$2 = ") < text.index("branch"), made


def test_what_another_way_out_needs_stays() -> None:
    body = """(loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $last (i32.mul (local.get $i) (i32.const 3)))
        (if (i32.ge_u (local.get $i) (local.get $n)) (then (return (local.get $last))))
        (br_if $again (i32.rem_u (local.get $i) (i32.const 7))))
        (i32.add (local.get $last) (i32.const 1000))"""
    text = after(function(body), "cleanup", "sinking")
    assert text.index("$2 = ") < text.index("branch")
    instance = instance_of(function(body))
    assert [outcome(instance, "f", n) for n in (1, 5, 7, 20)] == [3, 15, 21, 1021]


def test_a_constant_is_set_on_the_way_out_though_the_loop_reads_the_variable() -> None:
    made = """(local.set $last (i32.load8_u (local.get $i)))
        (i32.store (i32.const 64) (local.get $last))
        (local.set $last (i32.const 7))"""
    wat = function(COUNTING.format(made=made))
    text = after(wat, "cleanup", "sinking")
    assert text.index("branch i32.lt_u") < text.index("$2 = 7")
    assert outcome(instance_of(wat), "f", 3) == 7


def test_a_constant_that_the_next_turn_reads_stays() -> None:
    made = """(i32.store (i32.const 64) (local.get $last))
        (local.set $last (i32.const 7))"""
    text = after(function(COUNTING.format(made=made)), "cleanup", "sinking")
    assert text.index("$2 = 7") < text.index("branch i32.lt_u")
