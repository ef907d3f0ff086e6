# Translated from WebAssembly by wasm2py, cpython dialect.
# `instantiate` makes instances; functions run with an instance's namespace as their globals.
# Module: quicksort.wasm
# ruff: noqa
# mypy: ignore-errors

from wasm2py.runtime.precompiled import Precompiled
from wasm2py.runtime.program import CallView, ExportInfo, FunctionInfo, GlobalInfo, Options, Program
from wasm2py.runtime.types import FuncType, GlobalType, Limits, MemoryType, TableType


PROGRAM = Program(
    "quicksort.wasm",
    Options(),
    types=(
        FuncType(results=("i32",)),
        FuncType(params=("i32",)),
        FuncType(params=("i32", "i32")),
        FuncType(params=("i32", "i32"), results=("i32",)),
    ),
    functions=(
        FunctionInfo(FuncType(results=("i32",)), "input_", "input", offset=99),
        FunctionInfo(FuncType(params=("i32",)), "sort", "sort", offset=108),
        FunctionInfo(FuncType(params=("i32", "i32")), "quicksort", "quicksort", offset=127),
        FunctionInfo(
            FuncType(params=("i32", "i32"), results=("i32",)),
            "find",
            "find",
            offset=522,
        ),
    ),
    tables=(TableType("funcref", Limits(1, maximum=1)),),
    memories=(MemoryType(Limits(2)),),
    globals=(
        GlobalInfo(
            GlobalType("i32", mutable=True),
            "__stack_pointer",
            init=(("i32.const", 16384),),
        ),
    ),
    exports=(
        ExportInfo("memory", "memory", 0),
        ExportInfo("input", "func", 0),
        ExportInfo("sort", "func", 1),
        ExportInfo("find", "func", 3),
    ),
    call_views=(
        CallView("table_type0", 0, FuncType(results=("i32",))),
        CallView("table_type1", 0, FuncType(params=("i32",))),
        CallView("table_type2", 0, FuncType(params=("i32", "i32"))),
        CallView("table_type3", 0, FuncType(params=("i32", "i32"), results=("i32",))),
    ),
    units=((0, 4),),
    imported={"func": 0, "table": 0, "memory": 0, "global": 0, "tag": 0},
)


# func 0 "input" () -> (i32)
def input_():
    return 16384


# func 1 "sort" (i32) -> ()
def sort(p0):
    quicksort(0, (p0 - 1) % 0x100000000)


# func 2 "quicksort" (i32, i32) -> ()
def quicksort(p0, p1):
    i9 = (p1 ^ 0x80000000) - 0x80000000
    i0 = (i9 - p0) % 0x100000000
    if 13 <= i0 <= 0x7FFFFFFF:
        i1 = i9 + 1
        while True:
            i0 = mem_i32[(p0 * 4 + ((i0 * 2) & 0xFFFFFFFC) + 16384) % 0x100000000]
            i2 = p0 - 1
            i3 = (i2 * 4 + 16384) % 0x100000000
            i8 = i1 + 1
            i6 = (i8 * 4 + 16376) % 0x100000000
            while True:
                i3 = (i3 + 4) % 0x100000000
                while True:
                    i2 += 1
                    i4 = mem_i32[i3]
                    if i4 >= i0:
                        break
                    i3 += 4
                while True:
                    i8 -= 1
                    i5 = mem_i32[i6]
                    i6 = (i6 - 4) % 0x100000000
                    if i5 <= i0:
                        break
                i7 = (i8 - 1) % 0x100000000
                if ((i2 % 0x100000000) ^ 0x80000000) >= (i7 ^ 0x80000000):
                    break
                mem_i32[i3] = i5
                mem_i32[(i6 + 4) % 0x100000000] = i4
            quicksort(p0, (i8 - 1) % 0x100000000)
            p0 = i8 % 0x100000000
            i0 = (i9 - i8) % 0x100000000
            if i0 < 13 or i0 > 0x7FFFFFFF:
                break
        i0 = ((i8 % 0x100000000) ^ 0x80000000) - 0x80000000
    else:
        i0 = (p0 ^ 0x80000000) - 0x80000000
    if i0 < i9:
        i1 = i0 * 4 + 16384
        i2 = i0
        while True:
            i3 = i2 < i0
            i2 += 1
            i4 = mem_i32[(i2 * 4 + 16384) % 0x100000000]
            i5 = i2
            if not i3:
                i3 = i1 % 0x100000000
                i5 = i2
                while True:
                    i6 = mem_i32[i3]
                    if i6 <= i4:
                        break
                    mem_i32_at_4[i3] = i6
                    i3 = (i3 - 4) % 0x100000000
                    i5 -= 1
                    if i5 <= i0:
                        i5 = i0
                        break
            mem_i32[(i5 * 4 + 16384) % 0x100000000] = i4
            i1 += 4
            if i2 == i9:
                return


# func 3 "find" (i32, i32) -> (i32)
def find(p0, p1):
    i4 = (p1 ^ 0x80000000) - 0x80000000
    i0 = 0
    if 1 <= p0 <= 0x7FFFFFFF:
        i1 = p0
        while True:
            i2 = ((((i1 - i0) % 0x100000000) >> 1) + i0) % 0x100000000
            i3 = mem_i32_at_16384[i2 * 4 % 0x100000000] < i4
            if i3:
                i0 = (i2 + 1) % 0x100000000
            else:
                i1 = i2
            if (i0 ^ 0x80000000) >= (i1 ^ 0x80000000):
                break
    if (i0 ^ 0x80000000) >= (p0 ^ 0x80000000):
        return 0xFFFFFFFF
    return i0 if mem_i32_at_16384[i0 * 4 % 0x100000000] == i4 else 0xFFFFFFFF


instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate
exports = instantiate().exports
