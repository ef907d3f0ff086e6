"""Functions between host values and raw values, made to measure for each signature.

`entry_factory` gives the maker of host→wasm functions, `host_factory` that of wasm→host functions, `bridge_factory`
that of wasm→wasm functions between instances of different dialects.  A signature's maker is compiled once from the
templates below.  They are filled with fragments that stand in this file and with numbers counted here; nothing that
comes from a module enters them.

Entries are the trap boundary.  Raising an exception in an entry adds the entry to its traceback, so a trap is raised,
caught, rid of that line, and passed on with a bare `raise`, which adds none.  PyPy takes its own copy of the
traceback; there the entry is hidden altogether.  No local variable may keep the trap: its traceback leads back to the
entry, and only the garbage collector could end that.
"""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from wasm2py.runtime.dialects import vector_table
from wasm2py.runtime.errors import StackExhausted, Trap
from wasm2py.runtime.floats import f32
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.references import erased
from wasm2py.runtime.stack import GUARD, MAX_NESTING
from wasm2py.runtime.traps import hidden, settle, translate_exception
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.runtime.values import External, to_raw
from wasm2py.runtime.words import word

#: Makes an adapter of (the function to call, the `Func` to name in errors).
Factory = Callable[[Callable[..., Any], Any], Callable[..., Any]]

_ENTRY = """
def make(raw, func):
    @hidden
    def entry(*args):
        {unpack}
        {convert}
        {begin}
        try:
            {enter}
            result = raw({arguments})
        except BaseException as error:
            trap = translate_exception(error)
            if isinstance(trap, Trap):
                try:
                    raise trap
                except Trap:
                    settle(trap, error)
                    del trap
                    raise
            del trap
            raise
        {leave}
        {deliver}
    return entry
"""
_HOST = """
def make(host, func):
    def wrapper({parameters}):
        result = host({arguments})
        {convert}
    return wrapper
"""
_BRIDGE = """
def make(raw, func):
    def bridge({parameters}):
        {convert}
        {result}raw({arguments})
        {deliver}
    return bridge
"""
_UNPACK = """
        try:
            {targets}, = args
        except ValueError:
            raise arity_error(func, args) from None
"""
_UNPACK_NOTHING = """
        if args:
            raise arity_error(func, args)
"""
_BEGIN = """
        thread = get_ident()
        depth = active.get(thread, 0)
"""
_ENTER = """
            if not depth:
                enter(thread)
            elif depth < MAX_NESTING:
                active[thread] = depth + 1
            else:
                raise StackExhausted
"""
_LEAVE = """
        finally:
            if depth:
                active[thread] = depth
            else:
                try:
                    leave(thread)
                except BaseException:  # an interrupt: once more
                    leave(thread)
                    raise
"""

#: The statement for types that are not among these: references.
_CHECKED = "{x} = {fix}"
#: Value type → statement that makes `{x}`, a host value, raw; the usual values pass through one test.
_TO_RAW: dict[ValType, str] = {
    "i32": "if type({x}) is not int or {x} >> 32: {x} = {fix}",
    "i64": "if type({x}) is not int or {x} >> 64: {x} = {fix}",
    "f32": "{x} = f32({x}) if type({x}) is float and {x} == {x} else {fix}",
    "f64": "if type({x}) is not float: {x} = {fix}",
    "v128": "if type({x}) is not int or {x} >> 128: {x} = {fix}",
    "funcref": "{x} = {fix}",
    "externref": "pass",
    "exnref": "{x} = {fix}",
}
#: The same for the portable dialect.
_TO_WORDS: dict[ValType, str] = {
    **_TO_RAW,
    "i64": "if type({x}) is not int or not -0x8000000000000000 <= {x} <= 0x7FFFFFFFFFFFFFFF: {x} = word({fix})",
    "v128": "{x} = v128_from_int({x} if type({x}) is int and not {x} >> 128 else {fix})",
}
#: Value type → expression of the host value of `{x}`, a raw one; the plus makes a bool an int.
_FROM_RAW: dict[ValType, str] = {
    "i32": "{x} - 0x100000000 if {x} > 0x7FFFFFFF else +{x}",
    "i64": "{x} - 0x10000000000000000 if {x} > 0x7FFFFFFFFFFFFFFF else +{x}",
    "f32": "{x}",
    "f64": "{x}",
    "v128": "+{x}",
    "funcref": "{x}",
    "externref": "{x}",
    "exnref": "{x}",
    "anyref": "{x}.value if type({x}) is External else {x}",
}
#: The same for the portable dialect.
_FROM_WORDS: dict[ValType, str] = {**_FROM_RAW, "i64": "+{x}", "v128": "v128_to_int({x})"}

_ACCEPTED: dict[Dialect, dict[ValType, str]] = {"cpython": _TO_RAW, "portable": _TO_WORDS}
_DELIVERED: dict[Dialect, dict[ValType, str]] = {"cpython": _FROM_RAW, "portable": _FROM_WORDS}
#: Dialect → how what differs becomes what it is there from what it is in the other.
_BRIDGED: dict[Dialect, dict[ValType, str]] = {
    "cpython": {"i64": "{x} & 0xFFFFFFFFFFFFFFFF", "v128": "v128_to_int({x})"},
    "portable": {"i64": "word({x})", "v128": "v128_from_int({x})"},
}


@cache
def entry_factory(functype: FuncType, guarded: bool, dialect: Dialect) -> Factory:
    """The maker of host→wasm functions; `guarded` ones see to the recursion limit, which calls that cannot recurse do
    not need.
    """
    params = _names("a", functype.params)
    source = _ENTRY.format(
        unpack=_UNPACK.format(targets=", ".join(params)) if params else _UNPACK_NOTHING,
        convert=_to_raw(params, functype.params, "param", dialect),
        begin=_BEGIN if guarded else "",
        enter=_ENTER if guarded else "",
        arguments=", ".join(params),
        leave=_LEAVE if guarded else "",
        deliver=_deliver(functype.results, dialect),
    )
    return _compile(source)


@cache
def host_factory(functype: FuncType, dialect: Dialect) -> Factory:
    """The maker of wasm→host functions."""
    params = _names("a", functype.params)
    source = _HOST.format(
        parameters=", ".join(params),
        arguments=_from_raw(params, functype.params, _DELIVERED[dialect]),
        convert=_accept(functype.results, dialect),
    )
    return _compile(source)


@cache
def bridge_factory(functype: FuncType, caller: Dialect) -> Factory:
    """The maker of functions for the code of one dialect to call, out of those of the other dialect."""
    callee: Dialect = "portable" if caller == "cpython" else "cpython"
    params, results = _names("a", functype.params), _names("r", functype.results)
    source = _BRIDGE.format(
        parameters=", ".join(params),
        convert=_bridged(params, functype.params, callee),
        result=f"{', '.join(results)} = " if results else "",
        arguments=", ".join(params),
        deliver=f"{_bridged(results, functype.results, caller)}\n        return {', '.join(results)}",
    )
    return _compile(source)


def _names(prefix: str, types: Sequence[ValType]) -> list[str]:
    return [f"{prefix}{index}" for index in range(len(types))]


def _bridged(names: Sequence[str], types: Sequence[ValType], to: Dialect) -> str:
    conversions = _BRIDGED[to]
    return "\n        ".join(
        f"{name} = {conversions[valtype].format(x=name)}"
        for name, valtype in zip(names, types, strict=True)
        if valtype in conversions
    )


def _to_raw(names: Sequence[str], types: Sequence[ValType], fix: str, dialect: Dialect) -> str:
    return "\n        ".join(
        _ACCEPTED[dialect].get(valtype, _CHECKED).format(x=name, fix=f"{fix}(func, {index}, {name})")
        for index, (name, valtype) in enumerate(zip(names, types, strict=True))
    )


def _from_raw(names: Sequence[str], types: Sequence[ValType], expressions: dict[ValType, str]) -> str:
    return ", ".join(expressions[erased(valtype)].format(x=name) for name, valtype in zip(names, types, strict=True))


def _deliver(results: Sequence[ValType], dialect: Dialect) -> str:
    if not results:
        return ""
    if len(results) == 1:
        return "return " + _from_raw(["result"], results, _DELIVERED[dialect])
    names = _names("r", results)
    return f"{', '.join(names)} = result\n        return ({_from_raw(names, results, _DELIVERED[dialect])})"


def _accept(results: Sequence[ValType], dialect: Dialect) -> str:
    if not results:
        return "if result is not None: raise unwanted_result(func, result)"
    if len(results) == 1:
        return f"{_to_raw(['result'], results, 'one_result', dialect)}\n        return result"
    names = _names("r", results)
    unpack = f"{', '.join(names)} = several_results(func, result)"
    return f"{unpack}\n        {_to_raw(names, results, 'one_result', dialect)}\n        return ({', '.join(names)})"


def _compile(source: str) -> Factory:
    names: dict[str, Any] = dict(_NAMES)
    if "v128_" in source:
        names.update(vector_table("portable"))
    exec(compile(source, "<wasm2py>", "exec"), names)
    factory: Factory = names["make"]
    return factory


def arity_error(func: Any, args: Sequence[object]) -> TypeError:
    """The error for a wrong number of arguments."""
    return TypeError(f"{_label(func)}: expected {len(func.type.params)} params, but passed {len(args)}")


def _label(func: Any) -> str:
    """The function for messages, spelled as in a trap's frames where it belongs to an instance."""
    return f"{func.name}" if func.instance is None else f"{func.instance.name}!{func.name}"


def param(func: Any, index: int, value: object) -> Any:
    """The raw value of an argument; TypeError or OverflowError names the function and the parameter."""
    return _convert(f"{_label(func)}: parameter {index}", func.type.params[index], value)


def one_result(func: Any, index: int, value: object) -> Any:
    """The raw value of what a host function returned; TypeError or OverflowError names the function and the result."""
    return _convert(f"{func.name}: result {index} of the host function", func.type.results[index], value)


def several_results(func: Any, values: object) -> Sequence[object]:
    """The results of a host function that is to return several; TypeError unless they are that many."""
    count = len(func.type.results)
    if not isinstance(values, tuple | list):
        raise TypeError(f"{func.name}: expected {count} results of the host function, got {type(values).__name__}")
    if len(values) != count:
        raise TypeError(f"{func.name}: expected {count} results of the host function, got {len(values)}")
    return values


def unwanted_result(func: Any, value: object) -> TypeError:
    """The error for a host function that returned something where its type has no results."""
    return TypeError(f"{func.name}: expected no result of the host function, got {type(value).__name__}")


def _convert(where: str, valtype: ValType, value: object) -> Any:
    try:
        return to_raw(valtype, value)
    except (TypeError, OverflowError) as error:
        raise type(error)(f"{where}: {error}") from None


#: What the templates refer to.
_NAMES: dict[str, Any] = {
    "__name__": __name__,
    "MAX_NESTING": MAX_NESTING,
    "External": External,
    "StackExhausted": StackExhausted,
    "Trap": Trap,
    "active": GUARD.active,
    "arity_error": arity_error,
    "enter": GUARD.enter,
    "f32": f32,
    "get_ident": get_ident,
    "hidden": hidden,
    "leave": GUARD.leave,
    "one_result": one_result,
    "param": param,
    "settle": settle,
    "several_results": several_results,
    "translate_exception": translate_exception,
    "unwanted_result": unwanted_result,
    "word": word,
}
