"""Instances of different dialects linked in one process: an i64 crosses over as the same i64, wherever it passes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from translation import DIALECTS, instance_of, program_of
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.instance import Instance, instantiate
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.table import Table
from wasm2py.runtime.types import FuncType

PAIRS = list(itertools.product(DIALECTS, DIALECTS))
pairs = pytest.mark.parametrize(("inner", "outer"), PAIRS, ids="-".join)
#: Host values: an i64 goes in as any of its two readings, and comes out signed.
NUMBERS = [0, 1, -1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 0x123456789ABCDEF0]

PROVIDER = """(module
    (type $binary (func (param i64 i32) (result i64)))
    (table (export "table") funcref (elem $shift $none))
    (global (export "changing") (mut i64) (i64.const -5))
    (global (export "fixed") i64 (i64.const -6))
    (func $shift (export "shift") (type $binary)
        (i64.shr_u (local.get 0) (i64.extend_i32_u (local.get 1))))
    (func $none (export "none") (param i64))
    (func (export "several") (param i64) (result i64 i32 i64)
        (local.get 0) (i32.const -1) (i64.add (local.get 0) (i64.const 1)))
    (func (export "traps") (param i64) (result i64)
        (i64.div_u (local.get 0) (i64.const 0)))
    (func (export "read") (result i64) (global.get 1))
    (func (export "changed") (result i64) (global.get 0)))"""

USER = """(module
    (type $binary (func (param i64 i32) (result i64)))
    (import "p" "shift" (func $shift (type $binary)))
    (import "p" "several" (func $several (param i64) (result i64 i32 i64)))
    (import "p" "traps" (func $traps (param i64) (result i64)))
    (import "p" "changing" (global $changing (mut i64)))
    (import "p" "fixed" (global $fixed i64))
    (import "p" "table" (table $table 2 funcref))
    (global $own (export "own") i64 (global.get $fixed))
    (func $xor (type $binary) (i64.xor (local.get 0) (i64.extend_i32_s (local.get 1))))
    (elem declare func $xor)
    (func (export "call") (type $binary) (call $shift (local.get 0) (local.get 1)))
    (func (export "several") (param i64) (result i64 i32 i64) (call $several (local.get 0)))
    (func (export "traps") (param i64) (result i64) (call $traps (local.get 0)))
    (func (export "indirect") (param i64 i32 i32) (result i64)
        (call_indirect $table (type $binary) (local.get 0) (local.get 1) (local.get 2)))
    (func (export "put") (table.set $table (i32.const 1) (ref.func $xor)))
    (func (export "increase") (param i64) (result i64)
        (global.set $changing (i64.add (global.get $changing) (local.get 0)))
        (global.get $changing))
    (func (export "smallest") (result i64)
        (select (global.get $fixed) (global.get $own) (i64.lt_u (global.get $fixed) (i64.const -6)))))"""


def linked(inner: Dialect, outer: Dialect) -> tuple[Instance, Instance]:
    """An instance of one dialect, and one of another that imports everything of it."""
    provider = instance_of(PROVIDER, inner)
    names = ("shift", "several", "traps", "changing", "fixed", "table")
    return provider, instance_of(USER, outer, imports=[provider.exports[name] for name in names])


def signed(x: int) -> int:
    return (x + 2**63) % 2**64 - 2**63


@pairs
def test_functions(inner: Dialect, outer: Dialect) -> None:
    provider, user = linked(inner, outer)
    for x in NUMBERS:
        for n in (0, 1, 63):
            expected = signed((x & 2**64 - 1) >> n)
            assert provider.exports.shift(x, n) == user.exports.call(x, n) == expected
            assert user.exports.indirect(x, n, 0) == expected
        assert user.exports.several(x) == (signed(x), -1, signed(x + 1))


@pairs
def test_traps_and_their_frames(inner: Dialect, outer: Dialect) -> None:
    _, user = linked(inner, outer)
    with pytest.raises(Trap, match="integer divide by zero") as caught:
        user.exports.traps(-1)
    assert [frame.function for frame in caught.value.frames] == ["traps", "traps"]
    with pytest.raises(Trap, match="indirect call type mismatch"):
        user.exports.indirect(-1, 0, 1)


@pairs
def test_a_table_takes_functions_of_both(inner: Dialect, outer: Dialect) -> None:
    provider, user = linked(inner, outer)
    user.exports.put()
    table: Table = provider.exports.table
    for x in NUMBERS:
        assert user.exports.indirect(x, -2, 1) == signed(x ^ -2) == table[1](x, -2)
    # the same function in another instance, through a view that exists already
    again = instance_of(USER, inner, imports=[provider.exports[n] for n in USED])
    assert again.exports.indirect(-1, 1, 1) == -2


USED = ("shift", "several", "traps", "changing", "fixed", "table")


@pairs
def test_globals(inner: Dialect, outer: Dialect) -> None:
    provider, user = linked(inner, outer)
    changing: Global = provider.exports.changing
    assert (changing.value, changing.raw, changing.portable) == (-5, 2**64 - 5, -5)
    assert user.exports.increase(3) == provider.exports.changed() == changing.value == -2
    assert user.exports.increase(3) == provider.exports.changed() == changing.value == changing.portable == 1
    changing.value = 2**64 - 1
    assert provider.exports.changed() == user.exports.increase(0) == -1
    changing.portable = -7
    assert (changing.raw, provider.exports.changed(), user.exports.increase(0)) == (2**64 - 7, -7, -7)
    assert user.exports.own.value == user.exports.smallest() == provider.exports.read() == -6


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_hosts_globals_and_functions(dialect: Dialect) -> None:
    changing, fixed, table = Global("i64", 2**63, mutable=True), Global("i64", 2**64 - 2), Table("funcref", 2)
    seen: list[int] = []

    def host(function: Callable[..., Any], *types: str) -> Func:
        return Func(FuncType(types[:-1], types[-1:]), function)  # type: ignore[arg-type]

    def shift(x: int, n: int) -> int:
        seen.append(x)
        return x + 2**64 if x < 0 else x

    several = Func(FuncType(("i64",), ("i64", "i32", "i64")), lambda x: (x, -1, x))
    imports = [host(shift, "i64", "i32", "i64"), several, host(lambda x: x, "i64", "i64"), changing, fixed, table]
    user = instance_of(USER, dialect, imports=imports)
    table[0] = imports[0]
    for x in NUMBERS:
        assert user.exports.call(x, 0) == user.exports.indirect(x, 0, 0) == imports[0](x, 0) == signed(x)
        assert user.exports.several(x) == (signed(x), -1, signed(x))
    assert seen == [signed(x) for x in NUMBERS for _ in range(3)]
    assert user.exports.increase(-1) == changing.value == 2**63 - 1
    assert user.exports.own.value == -2


@pytest.mark.parametrize("dialect", DIALECTS)
def test_listeners_see_host_values(dialect: Dialect) -> None:
    heard: list[Any] = []

    class Listener:
        def before(self, func: Func, params: tuple[Any, ...]) -> None:
            heard.append(params)

        def after(self, func: Func, results: tuple[Any, ...]) -> None:
            heard.append(results)

        def abort(self, func: Func, error: BaseException) -> None:
            heard.append(error)

    translator, module, program = program_of(PROVIDER, dialect)
    listeners = [Listener(), *[None] * (len(module.functions) - 1)]
    provider = instantiate(program, lambda unit: translator.unit(module, program, unit), (), listeners)
    other: Dialect = "cpython" if dialect == "portable" else "portable"
    user = instance_of(USER, other, imports=[provider.exports[name] for name in USED])
    assert provider.exports.shift(-1, 0) == user.exports.call(-1, 0) == user.exports.indirect(-1, 0, 0) == -1
    assert heard == [(-1, 0), (-1,)] * 3


def test_functions_without_i64_are_the_same_to_all() -> None:
    provider = instance_of('(module (func (export "f") (param i32 f64) (result f32) (f32.const 1)))', "portable")
    func: Func = provider.exports.f
    assert func.raw("cpython") is func.raw("portable")


def test_a_bridge_is_made_once() -> None:
    provider = instance_of(PROVIDER, "portable")
    func: Func = provider.exports.shift
    assert func.raw("cpython") is func.raw("cpython") is not func.raw("portable")
    assert func.raw("cpython")(2**64 - 1, 0) == 2**64 - 1
