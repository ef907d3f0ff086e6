"""Constant expressions (spec: Validation / Instructions / Constant Expressions), evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from wasm2py.runtime.access import f32_from_bits, f64_from_bits
from wasm2py.runtime.program import ConstExpr


class Environment(Protocol):
    """The instance, as far as constant expressions can look at it."""

    def global_raw(self, index: int) -> Any:
        """The raw value of a global."""

    def function(self, index: int) -> Any:
        """The reference of a function."""


def evaluate(expression: ConstExpr, environment: Environment) -> Any:
    """The raw value of a valid constant expression."""
    stack: list[Any] = []
    for mnemonic, immediate in expression:
        _INSTRUCTIONS[mnemonic](stack, immediate, environment)
    return stack.pop()


_Instruction = Callable[[list[Any], Any, Environment], None]


def _constant(convert: Callable[[Any], Any]) -> _Instruction:
    def run(stack: list[Any], immediate: Any, _environment: Environment) -> None:
        stack.append(convert(immediate))

    return run


def _binary(operator: Callable[[int, int], int], bits: int) -> _Instruction:
    mask = (1 << bits) - 1

    def run(stack: list[Any], _immediate: Any, _environment: Environment) -> None:
        right = stack.pop()
        stack.append(operator(stack.pop(), right) & mask)

    return run


def _global_get(stack: list[Any], immediate: Any, environment: Environment) -> None:
    stack.append(environment.global_raw(immediate))


def _ref_func(stack: list[Any], immediate: Any, environment: Environment) -> None:
    stack.append(environment.function(immediate))


_INSTRUCTIONS: dict[str, _Instruction] = {
    "i32.const": _constant(int),
    "i64.const": _constant(int),
    "f32.const": _constant(f32_from_bits),
    "f64.const": _constant(f64_from_bits),
    "v128.const": _constant(int),
    "ref.null": _constant(lambda _: None),
    "ref.func": _ref_func,
    "global.get": _global_get,
    "i32.add": _binary(int.__add__, 32),
    "i32.sub": _binary(int.__sub__, 32),
    "i32.mul": _binary(int.__mul__, 32),
    "i64.add": _binary(int.__add__, 64),
    "i64.sub": _binary(int.__sub__, 64),
    "i64.mul": _binary(int.__mul__, 64),
}
