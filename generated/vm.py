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
        i7 = 8
        i9 = i0 + 8
        i4 = 0
        i5 = 0
        a0 = i0 >> 2
        while True:
            i8 = i4
            i6 = i7
            if not 8 <= i7 <= 1023 or i5 > 255 or i4 > 4090:
                i1 = 3
                break
            i4 += 1
            i7 -= 4
            i10 = i0 + i7
            i2 = mem_i32_at_1088[i10]
            i1 = mem_u8_at_16384[i8]
            if i1 < 15:
                if i1 < 7:
                    if i1 < 3:
                        if i1 == 0:
                            mem_u32[20480] = i1
                            __stack_pointer = i0 + 2128
                            return i2 % 0x100000000
                        if i1 == 1:
                            mem_u32_at_1088[i9] = mem_u32_at_16385[i8]
                            i4 = i8 + 5
                            i7 = i6 + 4
                    elif i1 < 5:
                        if i1 == 3:
                            mem_i32_at_1088[i9] = i2
                            i7 = i6 + 4
                        else:
                            mem_u32_at_1088[i10] = mem_u32_at_1080[i9]
                            mem_i32_at_1080[i9] = i2
                            i7 = i6
                    elif i1 == 5:
                        mem_u32_at_1088[i9] = mem_u32_at_1080[i9]
                        i7 = i6 + 4
                    else:
                        mem_u32_at_1088[i9] = mem_u32_at_1024_by_4[a0 + (mem_u8_at_16385[i8] & 0xF)]
                        i7 = i6 + 4
                        i4 = i8 + 2
                elif i1 < 11:
                    if i1 < 9:
                        if i1 == 7:
                            mem_i32_at_1024_by_4[a0 + (mem_u8_at_16385[i8] & 0xF)] = i2
                            i4 = i8 + 2
                        else:
                            mem_u32_at_1084[i10] = (mem_u32_at_1084[i10] + i2) % 0x100000000
                    elif i1 == 9:
                        mem_u32_at_1084[i10] = (mem_u32_at_1084[i10] - i2) % 0x100000000
                    else:
                        mem_u32_at_1084[i10] = (mem_u32_at_1084[i10] * i2) & 0xFFFFFFFF
                elif i1 < 13:
                    if i1 == 11:
                        if not i2:
                            i1 = 4
                            break
                        mem_u32_at_1084[i10] = mem_u32_at_1084[i10] // (i2 % 0x100000000)
                    else:
                        if not i2:
                            i1 = 4
                            break
                        mem_u32_at_1084[i10] = mem_u32_at_1084[i10] % (i2 % 0x100000000)
                elif i1 == 13:
                    mem_u32_at_1084[i10] &= i2
                else:
                    mem_u32_at_1084[i10] = (mem_u32_at_1084[i10] | i2) & 0xFFFFFFFF
            elif i1 < 22:
                if i1 < 18:
                    if i1 == 15:
                        mem_u32_at_1084[i10] = (mem_u32_at_1084[i10] ^ i2) & 0xFFFFFFFF
                    elif i1 == 16:
                        mem_u32_at_1084[i10] = (mem_u32_at_1084[i10] << (i2 & 0x1F)) & 0xFFFFFFFF
                    else:
                        mem_u32_at_1084[i10] >>= i2 & 0x1F
                elif i1 < 20:
                    if i1 == 18:
                        mem_u32_at_1088[i10] = i2 == 0
                        i7 = i6
                    else:
                        mem_u32_at_1088[i10] = -i2 % 0x100000000
                        i7 = i6
                elif i1 == 20:
                    mem_u32_at_1084[i10] = mem_i32_at_1084[i10] == i2
                else:
                    mem_u32_at_1084[i10] = mem_i32_at_1084[i10] < i2
            elif i1 < 26:
                if i1 < 24:
                    if i1 == 22:
                        mem_u32_at_1084[i10] = mem_i32_at_1084[i10] > i2
                    else:
                        i4 = ((mem_u8_at_16385[i4] * 256) & 0xF00) | mem_u8_at_16384[i4]
                        i7 = i6
                elif i1 == 24:
                    if i2:
                        i4 = i8 + 3
                    else:
                        i4 = ((mem_u8_at_16385[i4] * 256) & 0xF00) | mem_u8_at_16384[i4]
                else:
                    mem_u32_at_0_by_4[a0 + i5] = i8 + 3
                    i4 = ((mem_u8_at_16386[i8] * 256) & 0xF00) | mem_u8_at_16385[i8]
                    i5 += 1
                    i7 = i6
            elif i1 < 28:
                if i1 == 26:
                    if not i5:
                        i1 = 3
                        break
                    i5 -= 1
                    i4 = mem_u32_at_0_by_4[a0 + i5]
                    i7 = i6
                else:
                    mem_u32_at_1088[i10] = (i2 + 1) % 0x100000000
                    i7 = i6
            elif i1 == 28:
                mem_u32_at_1088[i10] = (i2 - 1) % 0x100000000
                i7 = i6
            else:
                i1 = 2
                break
            i9 = i0 + i7
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
