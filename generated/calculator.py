# Translated from WebAssembly by wasm2py, cpython dialect.
# `instantiate` makes instances; functions run with an instance's namespace as their globals.
# Module: calculator
# ruff: noqa
# mypy: ignore-errors

from wasm2py.runtime.floats import f_div, f_floor
from wasm2py.runtime.integers import i64_div_s, i64_rem_s
from wasm2py.runtime.precompiled import Precompiled
from wasm2py.runtime.program import CallView, ElemInfo, ExportInfo, FunctionInfo, GlobalInfo, Options, Program
from wasm2py.runtime.types import FuncType, GlobalType, Limits, TableType


PROGRAM = Program(
    "calculator",
    Options(),
    types=(
        FuncType(params=("f64", "f64"), results=("f64",)),
        FuncType(),
        FuncType(params=("i32", "f64", "f64"), results=("f64",)),
        FuncType(params=("i64", "i64"), results=("i64", "i64")),
    ),
    functions=(
        FunctionInfo(
            FuncType(params=("f64", "f64"), results=("f64",)),
            "plus",
            "plus",
            offset=109,
        ),
        FunctionInfo(
            FuncType(params=("f64", "f64"), results=("f64",)),
            "minus",
            "minus",
            offset=117,
        ),
        FunctionInfo(
            FuncType(params=("f64", "f64"), results=("f64",)),
            "times",
            "times",
            offset=125,
        ),
        FunctionInfo(
            FuncType(params=("f64", "f64"), results=("f64",)),
            "over",
            "over",
            offset=133,
        ),
        FunctionInfo(
            FuncType(params=("f64", "f64"), results=("f64",)),
            "modulo",
            "modulo",
            offset=141,
        ),
        FunctionInfo(FuncType(), "count", "count", offset=156),
        FunctionInfo(
            FuncType(params=("i32", "f64", "f64"), results=("f64",)),
            "calculate",
            "calculate",
            offset=166,
        ),
        FunctionInfo(
            FuncType(params=("i64", "i64"), results=("i64", "i64")),
            "divmod_",
            "divmod",
            offset=180,
        ),
    ),
    tables=(TableType("funcref", Limits(5)),),
    globals=(GlobalInfo(GlobalType("i32", mutable=True), "calls", init=(("i32.const", 0),)),),
    exports=(
        ExportInfo("calls", "global", 0),
        ExportInfo("calculate", "func", 6),
        ExportInfo("divmod", "func", 7),
    ),
    elems=(
        ElemInfo(
            "active",
            "(ref func)",
            (
                (("ref.func", 0),),
                (("ref.func", 1),),
                (("ref.func", 2),),
                (("ref.func", 3),),
                (("ref.func", 4),),
            ),
            offset=(("i32.const", 0),),
        ),
    ),
    call_views=(
        CallView("table_type0", 0, FuncType(params=("f64", "f64"), results=("f64",))),
        CallView("table_type1", 0, FuncType()),
        CallView("table_type2", 0, FuncType(params=("i32", "f64", "f64"), results=("f64",))),
        CallView("table_type3", 0, FuncType(params=("i64", "i64"), results=("i64", "i64"))),
    ),
    units=((0, 8),),
    imported={"func": 0, "table": 0, "memory": 0, "global": 0, "tag": 0},
)


# func 0 "plus" (f64, f64) -> (f64)
def plus(p0, p1):
    return p0 + p1


# func 1 "minus" (f64, f64) -> (f64)
def minus(p0, p1):
    return p0 - p1


# func 2 "times" (f64, f64) -> (f64)
def times(p0, p1):
    return p0 * p1


# func 3 "over" (f64, f64) -> (f64)
def over(p0, p1):
    return p0 / p1 if p1 else f_div(p0, p1)


# func 4 "modulo" (f64, f64) -> (f64)
def modulo(p0, p1):
    return p0 - p1 * f_floor(p0 / p1 if p1 else f_div(p0, p1))


# func 5 "count" () -> ()
def count():
    global calls
    calls = (calls + 1) % 0x100000000


# func 6 "calculate" (i32, f64, f64) -> (f64)
def calculate(operator, a, b):
    count()
    return table_type0[operator](a, b)


# func 7 "divmod" (i64, i64) -> (i64, i64)
def divmod_(a, b):
    count()
    return i64_div_s(a, b), i64_rem_s(a, b)


instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate
exports = instantiate().exports
