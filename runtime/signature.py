"""The signatures of host functions, from the annotations of Python functions.

An annotation may leave the value type open: `int` is i32, i64 or v128, `float` f32 or f64, anything else (or nothing)
any type; the import that the function meets decides.  `i32`, `f64`, … and their names as strings settle it.  A first
parameter annotated `Instance` is no parameter for wasm: it receives the instance that imports the function.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, get_args, get_origin

from wasm2py.runtime.errors import WasmException
from wasm2py.runtime.function import Func
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.references import erased
from wasm2py.runtime.types import FuncType, ValType


@dataclass(frozen=True, slots=True)
class Marker:
    """Marks an annotation as exactly one value type."""

    valtype: ValType


i32: TypeAlias = Annotated[int, Marker("i32")]
i64: TypeAlias = Annotated[int, Marker("i64")]
f32: TypeAlias = Annotated[float, Marker("f32")]
f64: TypeAlias = Annotated[float, Marker("f64")]
v128: TypeAlias = Annotated[int, Marker("v128")]
funcref: TypeAlias = Annotated[Func | None, Marker("funcref")]
externref: TypeAlias = Annotated[object, Marker("externref")]
exnref: TypeAlias = Annotated[WasmException | None, Marker("exnref")]
anyref: TypeAlias = Annotated[object, Marker("anyref")]

#: The value types that an annotation allows.
Choice: TypeAlias = tuple[ValType, ...]

_ALL: Choice = ("i32", "i64", "f32", "f64", "v128", "funcref", "externref", "exnref", "anyref")
_BY_CLASS: dict[Any, Choice] = {
    int: ("i32", "i64", "v128"),
    bool: ("i32",),
    float: ("f32", "f64"),
    Func: ("funcref",),
}
_BY_NAME: dict[str, Choice] = {valtype: (valtype,) for valtype in _ALL}


@dataclass(frozen=True, slots=True)
class Signature:
    """What is known of a host function's type; None stands for any parameters or any results."""

    params: tuple[Choice, ...] | None
    results: tuple[Choice, ...] | None
    takes_instance: bool = False

    def exact(self) -> FuncType | None:
        """The type, if the annotations settle it."""
        sides = [self.params, self.results]
        if any(side is None or any(len(choice) != 1 for choice in side) for side in sides):
            return None
        params, results = (tuple(choice[0] for choice in side or ()) for side in sides)
        return FuncType(params, results)

    def allows(self, type_: FuncType) -> bool:
        """Whether a function of this signature can stand for an import of this type."""
        return _fits(self.params, type_.params) and _fits(self.results, type_.results)

    def __str__(self) -> str:
        return f"{_side(self.params)} -> {_side(self.results)}"


def signature_of(function: Callable[..., Any]) -> Signature:
    """Read the annotations of a Python callable.

    Raises TypeError for parameters that must be given by keyword, as wasm passes all by position.
    """
    try:
        found = inspect.signature(function)
    except ValueError:
        return Signature(None, None)
    scope = getattr(inspect.unwrap(function), "__globals__", {})
    parameters = list(found.parameters.values())
    takes_instance = bool(parameters) and _evaluated(parameters[0].annotation, scope) is Instance
    params = _params(parameters[takes_instance:], scope)
    return Signature(params, _results(found.return_annotation, scope), takes_instance)


def _params(parameters: Sequence[inspect.Parameter], scope: dict[str, Any]) -> tuple[Choice, ...] | None:
    choices: list[Choice] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            return None
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
            raise TypeError(f"a host function takes its parameters by position, but {parameter.name!r} is keyword-only")
        if parameter.default is not parameter.empty:
            return None
        if parameter.kind is not parameter.VAR_KEYWORD:
            choices.append(_choice(parameter.annotation, scope))
    return tuple(choices)


def _results(annotation: Any, scope: dict[str, Any]) -> tuple[Choice, ...] | None:
    annotation = _evaluated(annotation, scope)
    if annotation is inspect.Signature.empty or annotation is Any:
        return None
    if annotation is None or annotation is type(None):
        return ()
    if get_origin(annotation) is tuple and Ellipsis not in get_args(annotation):
        return tuple(_choice(item, scope) for item in get_args(annotation))
    return None if annotation is tuple or get_origin(annotation) is tuple else (_choice(annotation, scope),)


def _choice(annotation: Any, scope: dict[str, Any]) -> Choice:
    annotation = _evaluated(annotation, scope)
    for item in getattr(annotation, "__metadata__", ()):
        if isinstance(item, Marker):
            return (item.valtype,)
    if isinstance(annotation, str):
        return _BY_NAME.get(annotation, _ALL)
    return _BY_CLASS.get(annotation, _ALL) if isinstance(annotation, type) else _ALL


def _evaluated(annotation: Any, scope: dict[str, Any]) -> Any:
    """An annotation written as a string: a value type's name stays, anything else is looked up where it was written."""
    if not isinstance(annotation, str) or annotation in _BY_NAME:
        return annotation
    try:
        value = eval(annotation, scope)  # the host program's own annotation, as typing.get_type_hints does
    except Exception:
        return Any
    return value


def _fits(choices: tuple[Choice, ...] | None, types: tuple[ValType, ...]) -> bool:
    if choices is None:
        return True
    return len(choices) == len(types) and all(
        erased(valtype) in choice for choice, valtype in zip(choices, types, strict=True)
    )


def _side(choices: tuple[Choice, ...] | None) -> str:
    if choices is None:
        return "(...)"
    return "(" + ", ".join("any" if choice == _ALL else "|".join(choice) for choice in choices) + ")"
