"""`fold`."""

from __future__ import annotations

import pytest
from unit.translation import after


def folded(expression: str, type_: str = "i32") -> str:
    """What a function of two i32 and two i64 parameters returns."""
    module = f"(module (memory 1) (func (param i32 i32 i64 i64) (result {type_}) {expression}))"
    return after(module, "fold").splitlines()[-1].strip().removeprefix("return ")


def constants(name: str, left: int, right: int, type_: str = "i32") -> str:
    """An instruction of two constants."""
    return folded(f"({type_}.{name} ({type_}.const {left}) ({type_}.const {right}))", type_)


@pytest.mark.parametrize(
    ("name", "left", "right", "result"),
    [
        ("add", 0xFFFFFFFF, 2, 1),
        ("sub", 1, 2, 0xFFFFFFFF),
        ("mul", 0x10000, 0x10001, 0x10000),
        ("and", 12, 10, 8),
        ("or", 12, 10, 14),
        ("xor", 12, 10, 6),
        ("shl", 1, 33, 2),
        ("shr_u", 0x80000000, 31, 1),
        ("shr_s", 0x80000000, 31, 0xFFFFFFFF),
        ("eq", 5, 5, 1),
        ("lt_s", 0xFFFFFFFF, 0, 1),
        ("lt_u", 0xFFFFFFFF, 0, 0),
        ("gt_s", 0, 0xFFFFFFFF, 1),
    ],
)
def test_constants(name: str, left: int, right: int, result: int) -> None:
    assert constants(name, left, right) == str(result)


def test_constants_of_64_bits() -> None:
    assert constants("add", (1 << 64) - 1, 2, "i64") == "1"
    assert constants("shr_s", 1 << 63, 63, "i64") == str((1 << 64) - 1)
    assert folded("(i64.extend_i32_s (i32.const -1))", "i64") == str((1 << 64) - 1)
    assert folded("(i64.extend_i32_u (i32.const -1))", "i64") == str((1 << 32) - 1)
    assert folded("(i32.wrap_i64 (i64.const 0x100000005))") == "5"


def test_what_traps_is_kept() -> None:
    assert constants("div_u", 1, 0) == "i32.div_u(1, 0)"
    assert constants("div_s", 0x80000000, 0xFFFFFFFF) == f"i32.div_s({0x80000000}, {0xFFFFFFFF})"
    load = "(i32.load (local.get 0))"
    assert folded(f"(i32.mul {load} (i32.const 0))") == "i32.mul(i32.load (2, 0, 0)($0), 0)"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("(i32.add (local.get 0) (i32.const 0))", "$0"),
        ("(i32.add (local.get 0) (i32.sub (local.get 1) (local.get 0)))", "$1"),
        (
            "(i32.sub (i32.add (i32.sub (local.get 1) (i32.const 9)) (local.get 0)) (local.get 0))",
            "i32.add($1, 4294967287)",
        ),
        ("(i32.add (i32.add (local.get 1) (local.get 0)) (i32.sub (local.get 1) (local.get 0)))", "i32.add($1, $1)"),
        ("(i32.sub (local.get 0) (local.get 0))", "i32.sub($0, $0)"),
        ("(i32.xor (i32.add (i32.extend8_s (local.get 0)) (i32.const 128)) (i32.const 128))", "i32.and($0, 255)"),
        ("(i32.add (i32.const 4) (i32.load (local.get 0)))", "i32.add(i32.load (2, 0, 0)($0), 4)"),
        ("(i32.mul (local.get 0) (i32.const 1))", "$0"),
        ("(i32.and (local.get 0) (i32.const -1))", "$0"),
        ("(i32.or (local.get 0) (i32.const 0))", "$0"),
        ("(i32.shl (local.get 0) (i32.const 0))", "$0"),
        ("(i32.mul (local.get 0) (i32.const 0))", "0"),
        ("(i32.and (local.get 0) (i32.const 0))", "0"),
        ("(i32.add (i32.const 5) (local.get 0))", "i32.add($0, 5)"),
        ("(i32.sub (local.get 0) (i32.const 5))", f"i32.add($0, {2**32 - 5})"),
        ("(i32.add (i32.add (local.get 0) (i32.const 5)) (i32.const 7))", "i32.add($0, 12)"),
        ("(i32.sub (i32.add (local.get 0) (i32.const 5)) (i32.const 5))", "$0"),
        ("(i32.eqz (i32.eqz (local.get 0)))", "i32.ne($0, 0)"),
        ("(i32.eqz (i32.lt_s (local.get 0) (local.get 1)))", "i32.ge_s($0, $1)"),
        ("(i32.eqz (i64.eq (local.get 2) (local.get 3)))", "i64.ne($2, $3)"),
        ("(i32.eqz (i32.const 0))", "1"),
        ("(select (local.get 0) (local.get 1) (i32.const 2))", "$0"),
        ("(select (local.get 0) (local.get 1) (i32.const 0))", "$1"),
        ("(select (local.get 0) (local.get 1) (i32.eqz (local.get 0)))", "select($1, $0, $0)"),
        ("(i32.wrap_i64 (i64.extend_i32_u (local.get 0)))", "$0"),
        ("(i32.wrap_i64 (i64.extend_i32_s (local.get 0)))", "$0"),
    ],
)
def test_identities(expression: str, result: str) -> None:
    assert folded(expression) == result


def test_operands_come_first() -> None:
    assert folded("(i32.add (local.get 0) (i32.sub (i32.const 3) (i32.const 3)))") == "$0"


def branch(condition: str) -> str:
    text = after(f"(module (func (param i32 i32) (if {condition} (then (unreachable)))))", "fold")
    return next(line.strip() for line in text.splitlines() if "branch" in line)


def test_branches_test_for_zero_themselves() -> None:
    assert branch("(local.get 0)") == "branch $0 ? b3 : b4"
    assert branch("(i32.eqz (local.get 0))") == "branch $0 ? b4 : b3"
    assert branch("(i32.ne (local.get 0) (i32.const 0))") == "branch $0 ? b3 : b4"
    assert branch("(i32.eqz (i32.eqz (local.get 0)))") == "branch $0 ? b3 : b4"
