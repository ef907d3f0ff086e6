"""Constant expressions (spec: Validation / Instructions / Constant Expressions), evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from wasm2py.runtime.access import f32_from_bits, f64_from_bits
from wasm2py.runtime.program import ConstExpr
from wasm2py.runtime.values import default_value, from_raw, to_raw


class Environment(Protocol):
    """The instance, as far as constant expressions can look at it."""

    def global_raw(self, index: int) -> Any:
        """The raw value of a global."""

    def function(self, index: int) -> Any:
        """The reference of a function."""

    def aggregate(self, index: int) -> Any:
        """The class of a type of structures or arrays."""


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


# Those that came with garbage collection; where one comes, `aggregates` is loaded.


def _popped(stack: list[Any], count: int) -> list[Any]:
    taken = stack[len(stack) - count :]
    del stack[len(stack) - count :]
    return taken


def _struct_new(stack: list[Any], immediate: Any, environment: Environment) -> None:
    from wasm2py.runtime.aggregates import constant_struct

    cls = environment.aggregate(immediate)
    stack.append(constant_struct(cls, _popped(stack, len(cls.type.fields))))


def _struct_new_default(stack: list[Any], immediate: Any, environment: Environment) -> None:
    from wasm2py.runtime.aggregates import constant_default

    stack.append(constant_default(environment.aggregate(immediate)))


def _array_new(stack: list[Any], immediate: Any, environment: Environment) -> None:
    from wasm2py.runtime.aggregates import constant_filled

    value, count = _popped(stack, 2)
    stack.append(constant_filled(environment.aggregate(immediate), value, count))


def _array_new_default(stack: list[Any], immediate: Any, environment: Environment) -> None:
    from wasm2py.runtime.aggregates import array_new

    cls = environment.aggregate(immediate)
    stack.append(array_new(cls, default_value(cls.type.element.valtype), stack.pop()))


def _array_new_fixed(stack: list[Any], immediate: Any, environment: Environment) -> None:
    from wasm2py.runtime.aggregates import constant_array

    type_index, count = immediate
    stack.append(constant_array(environment.aggregate(type_index), _popped(stack, count)))


def _ref_i31(stack: list[Any], _immediate: Any, _environment: Environment) -> None:
    stack.append((stack.pop() + 0x40000000 & 0x7FFFFFFF) - 0x40000000)


def _extern_to_any(stack: list[Any], _immediate: Any, _environment: Environment) -> None:
    stack.append(to_raw("anyref", stack.pop()))


def _any_to_extern(stack: list[Any], _immediate: Any, _environment: Environment) -> None:
    stack.append(from_raw("anyref", stack.pop()))


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
    "struct.new": _struct_new,
    "struct.new_default": _struct_new_default,
    "array.new": _array_new,
    "array.new_default": _array_new_default,
    "array.new_fixed": _array_new_fixed,
    "ref.i31": _ref_i31,
    "any.convert_extern": _extern_to_any,
    "extern.convert_any": _any_to_extern,
}
