# Translated from WebAssembly by wasm2py, cpython dialect.
# `instantiate` makes instances; functions run with an instance's namespace as their globals.
# Module: hashtable.wasm
# ruff: noqa
# mypy: ignore-errors

from wasm2py.runtime.errors import Trap
from wasm2py.runtime.precompiled import Precompiled
from wasm2py.runtime.program import CallView, ExportInfo, FunctionInfo, GlobalInfo, Options, Program
from wasm2py.runtime.types import FuncType, GlobalType, Limits, MemoryType, TableType


PROGRAM = Program(
    "hashtable.wasm",
    Options(),
    types=(
        FuncType(params=("i64", "i64"), results=("i32",)),
        FuncType(params=("i64", "i64"), results=("i64",)),
        FuncType(params=("i64",), results=("i32",)),
        FuncType(results=("i32",)),
    ),
    functions=(
        FunctionInfo(
            FuncType(params=("i64", "i64"), results=("i32",)),
            "put",
            "put",
            offset=115,
        ),
        FunctionInfo(
            FuncType(params=("i64", "i64"), results=("i64",)),
            "get",
            "get",
            offset=841,
        ),
        FunctionInfo(
            FuncType(params=("i64",), results=("i32",)),
            "remove",
            "remove",
            offset=1039,
        ),
        FunctionInfo(FuncType(results=("i32",)), "count", "count", offset=1263),
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
        ExportInfo("put", "func", 0),
        ExportInfo("get", "func", 1),
        ExportInfo("remove", "func", 2),
        ExportInfo("count", "func", 3),
    ),
    call_views=(
        CallView("table_type0", 0, FuncType(params=("i64", "i64"), results=("i32",))),
        CallView("table_type1", 0, FuncType(params=("i64", "i64"), results=("i64",))),
        CallView("table_type2", 0, FuncType(params=("i64",), results=("i32",))),
        CallView("table_type3", 0, FuncType(results=("i32",))),
    ),
    units=((0, 4),),
    imported={"func": 0, "table": 0, "memory": 0, "global": 0, "tag": 0},
)


# func 0 "put" (i64, i64) -> (i32)
def put(p0, p1):
    i0 = 0
    i1 = mem_u32[16396]
    i2 = mem_u32[16384]
    i3 = mem_u32[16388]
    if i2 * 4 % 0x100000000 >= i3 * 3 % 0x100000000:
        i2 = mem_u32[16392]
        i6 = i3 * 2 % 0x100000000 if i2 & 0x3FFFFFF0 else 64
        mem_u32[16388] = i6
        i4 = mem_u32[16400]
        i5 = i4 if i4 else 16416
        i7 = (i5 + i6 * 24) % 0x100000000
        mem_u32[16400] = i7
        i4 = memory.pages << 16
        if i7 > i4:
            if memory.grow(((i7 - i4 + 65535) % 0x100000000) >> 16) == 0xFFFFFFFF:
                raise Trap("unreachable")
        i4 = 0
        if i6:
            i2 = (i5 + 16) % 0x100000000
            for i6 in range(i6, 0, -1):
                mem_u32[i2] = 0
                i2 += 24
            i4 = mem_u32[16388]
            i2 = mem_u32[16392]
        mem_u32[16384] = i2
        mem_u32[16396] = i5
        if i3:
            i6 = (i4 - 1) % 0x100000000
            i13 = i1
            for i7 in range(i3):
                i8 = i1 + i7 * 24
                if mem_u32_at_16[i13] == 1:
                    j0 = mem_u64[i8 % 0x100000000]
                    j1 = (((j0 >> 33) ^ j0) * 0xFF51AFD7ED558CCD) & 0xFFFFFFFFFFFFFFFF
                    j1 = (((j1 >> 33) ^ j1) * 0xC4CEB9FE1A85EC53) & 0xFFFFFFFFFFFFFFFF
                    i10 = ((j1 >> 33) ^ j1) & 0xFFFFFFFF
                    i11 = 0
                    while True:
                        i12 = (i5 + (i10 & i6) * 24) % 0x100000000
                        i9 = mem_u32_at_16[i12]
                        if i9 == 0:
                            if i11:
                                i12 = i11
                            break
                        if i9 == 1:
                            if mem_u64[i12] == j0:
                                break
                        if i9 == 2:
                            if not i11:
                                i11 = i12
                        i10 = (i10 + 1) % 0x100000000
                    mem_u64_at_16[i12] = mem_u64_at_16[i8 % 0x100000000]
                    mem_u64_at_8[i12] = mem_u64_at_8[i8 % 0x100000000]
                    mem_u64[i12] = mem_u64[i8 % 0x100000000]
                i13 += 24
    else:
        i4 = i3
        i5 = i1
    j0 = (((p0 >> 33) ^ p0) * 0xFF51AFD7ED558CCD) & 0xFFFFFFFFFFFFFFFF
    j0 = (((j0 >> 33) ^ j0) * 0xC4CEB9FE1A85EC53) & 0xFFFFFFFFFFFFFFFF
    i1 = ((j0 >> 33) ^ j0) & 0xFFFFFFFF
    i3 = (i4 - 1) % 0x100000000
    while True:
        i4 = (i5 + (i1 & i3) * 24) % 0x100000000
        i6 = mem_u32_at_16[i4]
        if i6 == 0:
            if i0:
                i4 = i0
            i0 = mem_u32_at_16[i4]
            if i0:
                break
            i0 = 0
            mem_u32[16384] = (i2 + 1) % 0x100000000
            break
        if i6 == 1:
            if mem_u64[i4] == p0:
                i0 = 1
                break
        if i6 == 2:
            if not i0:
                i0 = i4
        i1 = (i1 + 1) % 0x100000000
    mem_u64_at_16[i4] = 1
    mem_u64_at_8[i4] = p1
    mem_u64[i4] = p0
    i0 = i0 != 1
    mem_u32[16392] = (mem_u32[16392] + i0) % 0x100000000
    return i0


# func 1 "get" (i64, i64) -> (i64)
def get(p0, p1):
    i0 = 0
    i1 = mem_u32[16388]
    if i1:
        j0 = (((p0 >> 33) ^ p0) * 0xFF51AFD7ED558CCD) & 0xFFFFFFFFFFFFFFFF
        j0 = (((j0 >> 33) ^ j0) * 0xC4CEB9FE1A85EC53) & 0xFFFFFFFFFFFFFFFF
        i2 = ((j0 >> 33) ^ j0) & 0xFFFFFFFF
        i1 -= 1
        i3 = mem_u32[16396]
        while True:
            i5 = (i3 + (i2 & i1) * 24) % 0x100000000
            i4 = mem_u32_at_16[i5]
            if i4 == 0:
                break
            if i4 == 1:
                if mem_u64[i5] == p0:
                    return mem_u64_at_8[i5]
            if i4 == 2:
                if not i0:
                    i0 = i5
            i2 = (i2 + 1) % 0x100000000
        if i0:
            i5 = i0
        if mem_u32_at_16[i5] != 1:
            return p1
        return mem_u64_at_8[i5]
    return p1


# func 2 "remove" (i64) -> (i32)
def remove(p0):
    i0 = 0
    i1 = mem_u32[16388]
    if i1:
        j0 = (((p0 >> 33) ^ p0) * 0xFF51AFD7ED558CCD) & 0xFFFFFFFFFFFFFFFF
        j0 = (((j0 >> 33) ^ j0) * 0xC4CEB9FE1A85EC53) & 0xFFFFFFFFFFFFFFFF
        i4 = ((j0 >> 33) ^ j0) & 0xFFFFFFFF
        i0 = i1 - 1
        i5 = 0
        i1 = mem_u32[16396]
        while True:
            i2 = (i1 + (i4 & i0) * 24) % 0x100000000
            i3 = mem_u32_at_16[i2]
            if i3 == 0:
                break
            if i3 == 1:
                if mem_u64[i2] == p0:
                    mem_u32_at_16[i2] = 2
                    mem_u32[16392] = (mem_u32[16392] - 1) % 0x100000000
                    return 1
            if i3 == 2:
                if not i5:
                    i5 = i2
            i4 = (i4 + 1) % 0x100000000
        i0 = 0
        if i5:
            i2 = i5
        if mem_u32_at_16[i2] != 1:
            return i0
        mem_u32_at_16[i2] = 2
        mem_u32[16392] = (mem_u32[16392] - 1) % 0x100000000
        return 1
    return i0


# func 3 "count" () -> (i32)
def count():
    return mem_u32[16392]


instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate
exports = instantiate().exports
