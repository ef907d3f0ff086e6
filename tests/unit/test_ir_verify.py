"""The verifier notices each invariant broken; the printer shows what there is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from unit.translation import lifted
from wasm2py.runtime.types import FuncType
from wasm2py.transpile.ir.cfg import Branch, FunctionIR, Jump, Return, Stmt, Switch
from wasm2py.transpile.ir.expr import (
    AND,
    LOCAL_GET,
    MAX_DEPTH,
    READS_MEMORY,
    SELECT,
    TRAPS_MEMORY,
    TRAPS_OTHERWISE,
    WRITES,
    Expr,
    Var,
    commute,
    const,
    get,
)
from wasm2py.transpile.ir.printer import print_function
from wasm2py.transpile.ir.verify import VerifyError, verify
from wasm2py.transpile.opcodes import OPS


def small() -> FunctionIR:
    """(param i32) (result i32), in one block."""
    function = FunctionIR(0, FuncType(("i32",), ("i32",)), 1)
    function.params = [function.variable("i32", 0)]
    function.entry.end = Return((get(function.params[0]),), 2)
    return function


def call() -> Expr:
    return Expr(OPS["call"], "i32", (), 0)


def deep(depth: int) -> Expr:
    expr = const("i32", 1)
    for _ in range(depth):
        expr = Expr(OPS["i32.eqz"], "i32", (expr,))
    return expr


def add(left: Expr, right: Expr) -> Expr:
    return Expr(OPS["i32.add"], "i32", (left, right))


def _assign(expr: Expr, type_: str = "i32") -> Callable[[FunctionIR], None]:
    def change(function: FunctionIR) -> None:
        function.entry.stmts.append(Stmt((function.variable(type_),), expr))  # type: ignore[arg-type]

    return change


def _end(function: FunctionIR) -> None:
    function.entry.end = Jump(function.block())


def _foreign_target(function: FunctionIR) -> None:
    function.entry.stmts.append(Stmt((Var(0, "i32"),), const("i32", 1)))


def _branch_on(expr: Expr) -> Callable[[FunctionIR], None]:
    def change(function: FunctionIR) -> None:
        then, other = function.block(), function.block()
        then.end = other.end = function.entry.end
        function.entry.end = Branch(expr, then, other)

    return change


def _switch_on(expr: Expr) -> Callable[[FunctionIR], None]:
    def change(function: FunctionIR) -> None:
        only = function.block()
        only.end = function.entry.end
        function.entry.end = Switch(expr, [only], only)

    return change


def _return(*values: Expr) -> Callable[[FunctionIR], None]:
    def change(function: FunctionIR) -> None:
        function.entry.end = Return(values, 0)

    return change


BROKEN: dict[str, tuple[Callable[[FunctionIR], None], str]] = {
    "block without an end": (_end, "a block has no end"),
    "assignment of another type": (_assign(const("i64", 1)), "i32 = 1: i64"),
    "target of another function": (_foreign_target, "is not a variable of this function"),
    "read of another function's variable": (_assign(get(Var(0, "i32"))), "is not a variable of this function"),
    "operand of another type": (_assign(add(const("i32", 1), const("f32", 0))), "is f32, not i32"),
    "condition of another type": (_branch_on(const("i64", 1)), "is i64, not i32"),
    "index of another type": (_switch_on(const("f64", 1)), "is f64, not i32"),
    "result of another type": (_return(const("i64", 1)), "is i64, not i32"),
    "expression too deep": (_assign(deep(MAX_DEPTH + 1)), "is too deep"),
    "call in a value of select": (
        _assign(Expr(SELECT, "i32", (const("i32", 1), call(), const("i32", 1)))),
        "writes conditionally",
    ),
    "call in a load's address": (
        _assign(Expr(OPS["i32.load"], "i32", (call(),), (2, 0, 0))),
        "looks up before an operand writes",
    ),
    "call in a store's address": (
        lambda function: function.entry.stmts.append(
            Stmt((), Expr(OPS["i32.store"], None, (call(), const("i32", 1)), (2, 0, 0)))
        ),
        "looks up before an operand writes",
    ),
    "call after and": (_branch_on(Expr(AND, "i32", (const("i32", 1), call()))), "writes conditionally"),
}


def test_small_function_is_well_formed() -> None:
    verify(small())


@pytest.mark.parametrize("name", BROKEN)
def test_verifier_notices(name: str) -> None:
    change, message = BROKEN[name]
    function = small()
    change(function)
    function.edges_changed()
    with pytest.raises(VerifyError, match=message):
        verify(function)


def test_wrong_number_of_results() -> None:
    function = small()
    _return()(function)
    with pytest.raises(ValueError, match="zip"):
        verify(function)


def test_printer() -> None:
    function = lifted(
        """(module (memory 1) (func (param i32 f64) (result i32)
            (block (block (br_table 0 1 0 (local.get 0)))
                (i32.store offset=8 (local.get 0) (i32.const 7))
                (br_if 0 (i32.eqz (local.get 0)))
                unreachable)
            (i32.trunc_f64_s (f64.add (local.get 1) (f64.const 1)))))"""
    )
    assert (
        print_function(function)
        == """func 0($0: i32, $1: f64) -> (i32)
b0:
    switch $0 [b3, b2] else b3
b3:
    i32.store (2, 8, 0)($0, 7)
    branch i32.eqz($0) ? b2 : b4
b4:
    unreachable
b2:
    return i32.trunc_f64_s(f64.add($1, f64 0x3ff0000000000000))
"""
    )


@pytest.mark.parametrize(
    ("first", "second", "free"),
    [
        (0, WRITES, True),
        (READS_MEMORY, READS_MEMORY | TRAPS_MEMORY, True),
        (READS_MEMORY, WRITES, False),
        (WRITES, WRITES, False),
        (TRAPS_MEMORY, TRAPS_MEMORY, True),
        (TRAPS_MEMORY, TRAPS_OTHERWISE, False),
        (TRAPS_OTHERWISE, TRAPS_OTHERWISE, False),
        (TRAPS_OTHERWISE, READS_MEMORY, True),
        (TRAPS_MEMORY, WRITES, False),
    ],
)
def test_what_may_change_places(first: int, second: int, free: bool) -> None:
    assert commute(first, second) == commute(second, first) == free


def test_every_local_get_knows_its_variable() -> None:
    function = small()
    assert get(function.params[0]).op is LOCAL_GET
    assert get(function.params[0]).variables == 1
