"""Operands of which the value is known are worked out where that may trap."""

from __future__ import annotations

from itertools import product

import pytest
from unit.translation import DIALECTS, instance_of, outcome

BINARY = (
    "add",
    "sub",
    "mul",
    "and",
    "or",
    "xor",
    "shl",
    "shr_u",
    "shr_s",
    "rotl",
    "rotr",
    "lt_u",
    "ge_u",
    "lt_s",
    "eq",
)
#: Zero, one, or all ones, if nothing traps.
KNOWN = {
    "(T.div_u (T.const 0) (local.get $n))": "integer divide by zero",
    "(T.or (T.div_u (T.const 0) (local.get $n)) (T.const 1))": "integer divide by zero",
    "(T.sub (T.div_u (T.const 0) (local.get $n)) (T.const 1))": "integer divide by zero",
    "(T.and (T.load offset=65536 (i32.const 0)) (T.const 0))": "out of bounds memory access",
}


@pytest.mark.parametrize("type_", ["i32", "i64"])
@pytest.mark.parametrize("name", BINARY)
def test_what_traps_is_worked_out(name: str, type_: str) -> None:
    result = "i32" if ("_" in name and name[0] in "lg") or name == "eq" else type_
    others = (
        "(local.get $x)",
        "(T.const 0)",
        "(T.and (local.get $x) (T.const 1))",
        "(T.shr_s (local.get $x) (T.const 1))",
    )
    for (known, trap), other, swapped in product(KNOWN.items(), others, (False, True)):
        operands = f"{known} {other}" if swapped else f"{other} {known}"
        wat = f"""(module (memory 1) (func (export "f") (param $x T) (param $n T) (result {result})
            (T.{name} {operands})))""".replace("T.", f"{type_}.").replace(" T)", f" {type_})")
        for dialect in DIALECTS:
            assert outcome(instance_of(wat, dialect), "f", 5, 0) == trap
