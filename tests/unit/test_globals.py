"""Globals: the host's side, the raw side, and those that live in a namespace."""

from __future__ import annotations

from typing import Any

import pytest
from wasm2py.runtime.globals import Global, NamespaceGlobal
from wasm2py.runtime.types import GlobalType


def test_value_is_signed_and_raw_is_not() -> None:
    variable = Global("i32", -1, mutable=True)
    assert (variable.value, variable.raw) == (-1, 0xFFFFFFFF)
    variable.value = 0xFFFFFFFE
    assert (variable.value, variable.raw) == (-2, 0xFFFFFFFE)
    variable.raw = 7
    assert variable.value == 7
    assert variable.type == GlobalType("i32", True)


def test_defaults_are_zero_and_null() -> None:
    assert Global("i64").value == 0
    assert Global("f32").value == 0.0
    assert Global("externref").value is None
    assert Global("funcref").value is None


def test_f32_values_are_rounded() -> None:
    assert Global("f32", 0.1).value == 0.10000000149011612


def test_an_immutable_global_cannot_be_set() -> None:
    constant = Global("i32", 5)
    with pytest.raises(TypeError, match=r"^global i32 is immutable$"):
        constant.value = 6
    assert constant.value == 5


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [("x", TypeError, "expected i32, got str"), (1 << 32, OverflowError, "i32 out of range: 4294967296")],
)
def test_wrong_values(value: Any, error: type[Exception], message: str) -> None:
    variable = Global("i32", 3, mutable=True)
    with pytest.raises(error, match=message):
        variable.value = value
    with pytest.raises(error, match=message):
        Global("i32", value)
    assert variable.value == 3


def test_from_raw() -> None:
    variable = Global.from_raw(GlobalType("i64", True), 2**64 - 1)
    assert variable.value == -1
    assert repr(variable) == "<Global global (mut i64) = -1>"


def test_a_namespace_global_reads_and_writes_the_namespace() -> None:
    namespace = {"counter": 0xFFFFFFFF}
    variable = NamespaceGlobal(GlobalType("i32", True), namespace, "counter")
    assert isinstance(variable, Global)
    assert (variable.value, variable.raw) == (-1, 0xFFFFFFFF)
    variable.value = -2
    assert namespace == {"counter": 0xFFFFFFFE}
    variable.raw = 3
    assert namespace == {"counter": 3}
    namespace["counter"] = 4
    assert variable.value == 4


def test_an_immutable_namespace_global() -> None:
    namespace = {"limit": 4}
    constant = NamespaceGlobal(GlobalType("i32"), namespace, "limit")
    with pytest.raises(TypeError, match="immutable"):
        constant.value = 5
    assert namespace == {"limit": 4}
