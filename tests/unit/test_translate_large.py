"""Functions that are large in one way: nothing recurses with them, and their work stays in proportion.

None of these is timed: what went wrong would take minutes or all memory.
"""

from __future__ import annotations

import ast

import pytest
from unit.translation import DISABLED, instance_of, outcome, program_of

_MANY = 2000


def repeat(text: str, count: int = _MANY) -> str:
    return " ".join(text.replace("#", str(number)) for number in range(count))


LOCALS = f"(local {repeat('i32')})"
SUM = "(i32.add)" * (_MANY - 1)

#: name → body of a function of an i32 (with an i32 as its result), and its result for 1.
BODIES: dict[str, tuple[str, int]] = {
    "branches in a row": (f"(block {repeat('(br_if 0 (i32.eqz (local.get 0)))')}) (local.get 0)", 1),
    "branches past assignments": (
        f"{LOCALS} (block {repeat('(br_if 0 (i32.eqz (local.get 0))) (local.set # (i32.const 1))')}) (local.get 5)",
        1,
    ),
    "a chain of dead assignments": (
        f"{LOCALS} {repeat('(if (local.get 0) (then (local.set # (i32.add (local.get #) (i32.const 1)))))')}"
        "(local.get 0)",
        2,
    ),
    "locals that live together": (
        f"{LOCALS} {repeat('(local.set # (i32.add (local.get #) (i32.const 1)))')}"
        f"(loop (br_if 0 (i32.eqz (local.get 0)))) {repeat('(local.get #)')} {SUM}",
        _MANY + 1,
    ),
    "a deep stack below assignments": (
        f"{repeat('(local.get 0)')} {repeat('(local.set 0 (i32.const 7))')} {SUM}",
        _MANY,
    ),
    "a deep stack of operations below calls": (
        f"{repeat('(i32.add (local.get 0) (i32.const 1))')} {repeat('(drop (call $f))')} {SUM}",
        2 * _MANY,
    ),
    "a deep stack of loads below blocks": (
        f"{repeat('(i32.load8_u (local.get 0))')} {repeat('(block)')} {SUM}",
        0,
    ),
    "calls that wait for each other": (f"{repeat('(call $f)')} {SUM}", _MANY),
    "stores": (
        f"{repeat('(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1)))')}"
        "(i32.load (local.get 0))",
        _MANY,
    ),
    "divisions in divisions": (
        f"(local f64) (local.set 1 (f64.convert_i32_u (local.get 0))) {'(f64.div ' * 60} (local.get 1)"
        f" {'(local.get 1))' * 60} (i32.trunc_f64_u)",
        1,
    ),
    "signed comparisons in comparisons": (
        f"{'(i32.lt_s ' * 60} (local.get 0) {'(local.get 0))' * 60}",
        1,
    ),
    "comparisons with constants in comparisons": (
        f"{'(i32.lt_s ' * 60} (local.get 0) {'(i32.const 5))' * 60}",
        1,
    ),
    "comparisons of loads of comparisons": (
        f"{'(i32.lt_s (i32.load ' * 40} (local.get 0) {') (i32.const 5))' * 40}",
        1,
    ),
    "selects in selects": (
        f"{'(select (local.get 0) ' * 60} (local.get 0) {'(i32.lt_s (local.get 0) (i32.const 9)))' * 60}",
        1,
    ),
    "nested ifs": (f"{'(if (local.get 0) (then ' * _MANY} {'))' * _MANY} (local.get 0)", 1),
    "nested loops": (f"{'(loop ' * _MANY} {'(br_if 0 (i32.eqz (local.get 0))))' * _MANY} (local.get 0)", 1),
    "nested loops left at once": (
        f"(block {'(loop ' * _MANY} (br_if {_MANY} (local.get 0)) {'(br_if 0 (i32.const 1)))' * _MANY}) (local.get 0)",
        1,
    ),
    "nested blocks": (
        f"{'(block ' * _MANY} {'(br_if 0 (local.get 0)) (drop (call $f)))' * _MANY} (local.get 0)",
        1,
    ),
    "a switch of many cases": (
        f"(local i32) {'(block ' * _MANY} (br_table {repeat('#')} 0 (local.get 0))"
        f" {') (local.set 1 (i32.add (local.get 1) (i32.const 1)))' * _MANY} (local.get 1)",
        _MANY - 1,
    ),
    "conditions that do not matter": (f"{repeat('(block (br_if 0 (i32.load8_u (local.get 0))))')} (local.get 0)", 1),
}


def module(body: str) -> str:
    return f"""(module (memory 1) (func $f (result i32) (i32.const 1))
        (func (export "f") (param i32) (result i32) {body}))"""


@pytest.mark.parametrize("name", BODIES)
def test_large_functions(name: str) -> None:
    body, expected = BODIES[name]
    assert outcome(instance_of(module(body)), "f", 1) == expected


@pytest.mark.parametrize("name", ["conditions that do not matter", "branches in a row", "divisions in divisions"])
def test_large_functions_without_a_pass(name: str) -> None:
    body, expected = BODIES[name]
    for disabled in DISABLED:
        assert outcome(instance_of(module(body), disabled=disabled), "f", 1) == expected


def test_expressions_are_cut_before_they_grow_too_deep() -> None:
    translator, decoded, program = program_of(module(f"{'(i32.mul ' * 999} (local.get 0) {'(local.get 0))' * 999}"))
    tree = translator.function_ast(decoded, program, 1)
    assert depth(tree) < 100


def depth(node: ast.AST) -> int:
    deepest, level = 0, [node]
    while level:
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
        deepest += 1
    return deepest
