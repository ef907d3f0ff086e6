# Translated from WebAssembly by wasm2py, cpython dialect.
# `instantiate` makes instances; functions run with an instance's namespace as their globals.
# Module: vm.wasm
# ruff: noqa
# mypy: ignore-errors

from wasm2py.runtime.precompiled import Precompiled
from wasm2py.runtime.program import CallView, ExportInfo, FunctionInfo, GlobalInfo, Options, Program
from wasm2py.runtime.types import FuncType, GlobalType, Limits, MemoryType, TableType


PROGRAM = Program(
    "vm.wasm",
    Options(),
    types=(FuncType(results=("i32",)), FuncType(params=("i32", "i32"), results=("i32",))),
    functions=(
        FunctionInfo(FuncType(results=("i32",)), "input_", "input", offset=90),
        FunctionInfo(FuncType(results=("i32",)), "status", "status", offset=99),
        FunctionInfo(
            FuncType(params=("i32", "i32"), results=("i32",)),
            "run",
            "run",
            offset=114,
        ),
    ),
    tables=(TableType("funcref", Limits(1, maximum=1)),),
    memories=(MemoryType(Limits(1)),),
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
        ExportInfo("status", "func", 1),
        ExportInfo("run", "func", 2),
    ),
    call_views=(
        CallView("table_type0", 0, FuncType(results=("i32",))),
        CallView("table_type1", 0, FuncType(params=("i32", "i32"), results=("i32",))),
    ),
    units=((0, 3),),
    imported={"func": 0, "table": 0, "memory": 0, "global": 0, "tag": 0},
)


# func 0 "input" () -> (i32)
def input_():
    return 16384


# func 1 "status" () -> (i32)
def status():
    return mem_u32[20480]


# func 2 "run" (i32, i32) -> (i32)
def run(p0, p1):
    global __stack_pointer
    i0 = (__stack_pointer - 2128) % 0x100000000
    __stack_pointer = i0
    mem_u64_at_1024[i0] = 0
    mem_u64_at_1080[i0] = 0
    mem_u64_at_1072[i0] = 0
    mem_u64_at_1064[i0] = 0
    mem_u64_at_1056[i0] = 0
    mem_u64_at_1048[i0] = 0
    mem_u64_at_1040[i0] = 0
    mem_u64_at_1032[i0] = 0
    mem_u32_at_1024[i0] = p0
    i1 = 1
    i2 = 0
    if 1 <= p1 <= 0x7FFFFFFF:
        i3 = p1 + 1
        i9 = 8
        i4 = (i0 + 1088) | 8
        i5 = 0
        i6 = 0
        while True:
            i10 = i5
            i7 = i9
            if not 8 <= i9 <= 1023 or i6 > 255 or i5 > 4090:
                i1 = 3
                break
            i5 += 1
            i9 -= 4
            i8 = i0 + i9 + 1088
            i2 = mem_i32[i8]
            i1 = mem_u8_at_16384[i10]
            if i1 < 15:
                if i1 < 7:
                    if i1 < 3:
                        if i1 == 0:
                            mem_u32[20480] = i1
                            __stack_pointer = i0 + 2128
                            return i2 % 0x100000000
                        if i1 == 1:
                            mem_u32[i4] = mem_u32_at_16385[i10]
                            i5 = i10 + 5
                            i9 = i7 + 4
                    elif i1 < 5:
                        if i1 == 3:
                            mem_i32[i4] = i2
                            i9 = i7 + 4
                        else:
                            i1 = i4 - 8
                            mem_u32[i8] = mem_u32[i1]
                            mem_i32[i1] = i2
                            i9 = i7
                    elif i1 == 5:
                        mem_u32[i4] = mem_u32[i4 - 8]
                        i9 = i7 + 4
                    else:
                        mem_u32[i4] = mem_u32_at_1024[i0 + (mem_u8_at_16385[i10] & 0xF) * 4]
                        i9 = i7 + 4
                        i5 = i10 + 2
                elif i1 < 11:
                    if i1 < 9:
                        if i1 == 7:
                            mem_i32_at_1024[i0 + (mem_u8_at_16385[i10] & 0xF) * 4] = i2
                            i5 = i10 + 2
                        else:
                            i1 = i8 - 4
                            mem_u32[i1] = (mem_u32[i1] + i2) % 0x100000000
                    elif i1 == 9:
                        i1 = i8 - 4
                        mem_u32[i1] = (mem_u32[i1] - i2) % 0x100000000
                    else:
                        i1 = i8 - 4
                        mem_u32[i1] = (mem_u32[i1] * i2) & 0xFFFFFFFF
                elif i1 < 13:
                    if i1 == 11:
                        if not i2:
                            i1 = 4
                            break
                        i1 = i8 - 4
                        mem_u32[i1] = mem_u32[i1] // (i2 % 0x100000000)
                    else:
                        if not i2:
                            i1 = 4
                            break
                        i1 = i8 - 4
                        mem_u32[i1] = mem_u32[i1] % (i2 % 0x100000000)
                elif i1 == 13:
                    i1 = i8 - 4
                    mem_u32[i1] &= i2
                else:
                    i1 = i8 - 4
                    mem_u32[i1] = (mem_u32[i1] | i2) & 0xFFFFFFFF
            elif i1 < 22:
                if i1 < 18:
                    if i1 == 15:
                        i1 = i8 - 4
                        mem_u32[i1] = (mem_u32[i1] ^ i2) & 0xFFFFFFFF
                    elif i1 == 16:
                        i1 = i8 - 4
                        mem_u32[i1] = (mem_u32[i1] << (i2 & 0x1F)) & 0xFFFFFFFF
                    else:
                        i1 = i8 - 4
                        mem_u32[i1] >>= i2 & 0x1F
                elif i1 < 20:
                    if i1 == 18:
                        mem_u32[i8] = i2 == 0
                        i9 = i7
                    else:
                        mem_u32[i8] = -i2 % 0x100000000
                        i9 = i7
                elif i1 == 20:
                    i1 = i8 - 4
                    mem_u32[i1] = mem_i32[i1] == i2
                else:
                    i1 = i8 - 4
                    mem_u32[i1] = mem_i32[i1] < i2
            elif i1 < 26:
                if i1 < 24:
                    if i1 == 22:
                        i1 = i8 - 4
                        mem_u32[i1] = mem_i32[i1] > i2
                    else:
                        i5 = ((mem_u8_at_16385[i5] * 256) & 0xF00) | mem_u8_at_16384[i5]
                        i9 = i7
                elif i1 == 24:
                    if i2:
                        i5 = i10 + 3
                    else:
                        i5 = ((mem_u8_at_16385[i5] * 256) & 0xF00) | mem_u8_at_16384[i5]
                else:
                    mem_u32[i0 + i6 * 4] = i10 + 3
                    i5 = ((mem_u8_at_16386[i10] * 256) & 0xF00) | mem_u8_at_16385[i10]
                    i6 += 1
                    i9 = i7
            elif i1 < 28:
                if i1 == 26:
                    if not i6:
                        i1 = 3
                        break
                    i6 -= 1
                    i5 = mem_u32[i0 + i6 * 4]
                    i9 = i7
                else:
                    mem_u32[i8] = (i2 + 1) % 0x100000000
                    i9 = i7
            elif i1 == 28:
                mem_u32[i8] = (i2 - 1) % 0x100000000
                i9 = i7
            else:
                i1 = 2
                break
            i4 = i0 + i9 + 1088
            i3 -= 1
            if i3 <= 1:
                i1 = 1
                break
        i2 = 0
    mem_u32[20480] = i1
    __stack_pointer = i0 + 2128
    return i2 % 0x100000000


instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate
exports = instantiate().exports
