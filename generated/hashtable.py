# Translated from WebAssembly by wasm2py, cpython dialect.
# `instantiate` makes instances; functions run with an instance's namespace as their globals.
# Module: hashtable.wasm
# ruff: noqa
# mypy: ignore-errors

from wasm2py.runtime.access import load_u32, load_u64, store_u32, store_u64
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
    imported={"func": 0, "table": 0, "memory": 0, "global": 0},
)


# func 0 "put" (i64, i64) -> (i32)
def put(p0, p1):
    i0 = 0
    i1 = mem_u32[4099]
    i2 = mem_u32[4096]
    i3 = mem_u32[4097]
    if ((i2 << 2) & 0xFFFFFFFF) >= ((i3 * 3) & 0xFFFFFFFF):
        i2 = mem_u32[4098]
        i6 = (i3 << 1) & 0xFFFFFFFF if i2 & 0x3FFFFFF0 else 64
        mem_u32[4097] = i6
        i7 = mem_u32[4100]
        i5 = i7 if i7 else 16416
        i7 = (i5 + i6 * 24) & 0xFFFFFFFF
        mem_u32[4100] = i7
        i8 = (memory.pages << 16) & 0xFFFFFFFF
        if i7 > i8:
            if memory.grow(((i7 - i8 + 65535) & 0xFFFFFFFF) >> 16) == 0xFFFFFFFF:
                raise Trap("unreachable")
        i4 = 0
        if i6:
            i7 = (i5 + 16) & 0xFFFFFFFF
            while True:
                if i7 & 3:
                    store_u32(mem_u8, i7, 0)
                else:
                    mem_u32[i7 >> 2] = 0
                i7 += 24
                i6 -= 1
                if not i6:
                    break
            i4 = mem_u32[4097]
            i2 = mem_u32[4098]
        mem_u32[4096] = i2
        mem_u32[4099] = i5
        if i3:
            i9 = (i4 - 1) & 0xFFFFFFFF
            i10 = 0
            i13 = i1
            while True:
                i11 = (i1 + i10 * 24) & 0xFFFFFFFF
                if (mem_u32[(i13 + 16) >> 2] if not i13 & 3 else load_u32(mem_u8, i13 + 16)) == 1:
                    j0 = mem_u64[i11 >> 3] if not i11 & 7 else load_u64(mem_u8, i11)
                    j1 = (((j0 >> 33) ^ j0) * 0xFF51AFD7ED558CCD) & 0xFFFFFFFFFFFFFFFF
                    j1 = (((j1 >> 33) ^ j1) * 0xC4CEB9FE1A85EC53) & 0xFFFFFFFFFFFFFFFF
                    i6 = ((j1 >> 33) ^ j1) & 0xFFFFFFFF
                    i7 = 0
                    while True:
                        i8 = (i5 + (i6 & i9) * 24) & 0xFFFFFFFF
                        i12 = mem_u32[(i8 + 16) >> 2] if not i8 & 3 else load_u32(mem_u8, i8 + 16)
                        if i12 == 0:
                            if i7:
                                i8 = i7
                            break
                        if i12 == 1:
                            if (mem_u64[i8 >> 3] if not i8 & 7 else load_u64(mem_u8, i8)) == j0:
                                break
                        if i12 == 2:
                            if not i7:
                                i7 = i8
                        i6 = (i6 + 1) & 0xFFFFFFFF
                    value = mem_u64[(i11 + 16) >> 3] if not i11 & 7 else load_u64(mem_u8, i11 + 16)
                    if i8 & 7:
                        store_u64(mem_u8, i8 + 16, value)
                    else:
                        mem_u64[(i8 + 16) >> 3] = value
                    value = mem_u64[(i11 + 8) >> 3] if not i11 & 7 else load_u64(mem_u8, i11 + 8)
                    if i8 & 7:
                        store_u64(mem_u8, i8 + 8, value)
                    else:
                        mem_u64[(i8 + 8) >> 3] = value
                    value = mem_u64[i11 >> 3] if not i11 & 7 else load_u64(mem_u8, i11)
                    if i8 & 7:
                        store_u64(mem_u8, i8, value)
                    else:
                        mem_u64[i8 >> 3] = value
                i10 += 1
                i13 += 24
                if i10 == i3:
                    break
    else:
        i4 = i3
        i5 = i1
    j0 = (((p0 >> 33) ^ p0) * 0xFF51AFD7ED558CCD) & 0xFFFFFFFFFFFFFFFF
    j0 = (((j0 >> 33) ^ j0) * 0xC4CEB9FE1A85EC53) & 0xFFFFFFFFFFFFFFFF
    i7 = ((j0 >> 33) ^ j0) & 0xFFFFFFFF
    i12 = (i4 - 1) & 0xFFFFFFFF
    while True:
        i6 = (i5 + (i7 & i12) * 24) & 0xFFFFFFFF
        i8 = mem_u32[(i6 + 16) >> 2] if not i6 & 3 else load_u32(mem_u8, i6 + 16)
        if i8 == 0:
            if i0:
                i6 = i0
            i7 = mem_u32[(i6 + 16) >> 2] if not i6 & 3 else load_u32(mem_u8, i6 + 16)
            if i7:
                break
            i7 = 0
            mem_u32[4096] = (i2 + 1) & 0xFFFFFFFF
            break
        if i8 == 1:
            if (mem_u64[i6 >> 3] if not i6 & 7 else load_u64(mem_u8, i6)) == p0:
                i7 = 1
                break
        if i8 == 2:
            if not i0:
                i0 = i6
        i7 = (i7 + 1) & 0xFFFFFFFF
    if i6 & 7:
        store_u64(mem_u8, i6 + 16, 1)
    else:
        mem_u64[(i6 + 16) >> 3] = 1
    if i6 & 7:
        store_u64(mem_u8, i6 + 8, p1)
    else:
        mem_u64[(i6 + 8) >> 3] = p1
    if i6 & 7:
        store_u64(mem_u8, i6, p0)
    else:
        mem_u64[i6 >> 3] = p0
    i7 = i7 != 1
    mem_u32[4098] = (mem_u32[4098] + i7) & 0xFFFFFFFF
    return i7


# func 1 "get" (i64, i64) -> (i64)
def get(p0, p1):
    i0 = 0
    i1 = mem_u32[4097]
    if i1:
        j0 = (((p0 >> 33) ^ p0) * 0xFF51AFD7ED558CCD) & 0xFFFFFFFFFFFFFFFF
        j0 = (((j0 >> 33) ^ j0) * 0xC4CEB9FE1A85EC53) & 0xFFFFFFFFFFFFFFFF
        i2 = ((j0 >> 33) ^ j0) & 0xFFFFFFFF
        i3 = i1 - 1
        i4 = mem_u32[4099]
        while True:
            i1 = (i4 + (i2 & i3) * 24) & 0xFFFFFFFF
            i5 = mem_u32[(i1 + 16) >> 2] if not i1 & 3 else load_u32(mem_u8, i1 + 16)
            if i5 == 0:
                break
            if i5 == 1:
                if (mem_u64[i1 >> 3] if not i1 & 7 else load_u64(mem_u8, i1)) == p0:
                    return mem_u64[(i1 + 8) >> 3] if not i1 & 7 else load_u64(mem_u8, i1 + 8)
            if i5 == 2:
                if not i0:
                    i0 = i1
            i2 = (i2 + 1) & 0xFFFFFFFF
        if i0:
            i1 = i0
        if (mem_u32[(i1 + 16) >> 2] if not i1 & 3 else load_u32(mem_u8, i1 + 16)) != 1:
            return p1
        return mem_u64[(i1 + 8) >> 3] if not i1 & 7 else load_u64(mem_u8, i1 + 8)
    return p1


# func 2 "remove" (i64) -> (i32)
def remove(p0):
    i0 = 0
    i1 = mem_u32[4097]
    if i1:
        j0 = (((p0 >> 33) ^ p0) * 0xFF51AFD7ED558CCD) & 0xFFFFFFFFFFFFFFFF
        j0 = (((j0 >> 33) ^ j0) * 0xC4CEB9FE1A85EC53) & 0xFFFFFFFFFFFFFFFF
        i0 = ((j0 >> 33) ^ j0) & 0xFFFFFFFF
        i2 = i1 - 1
        i1 = 0
        i3 = mem_u32[4099]
        while True:
            i4 = (i3 + (i0 & i2) * 24) & 0xFFFFFFFF
            i5 = mem_u32[(i4 + 16) >> 2] if not i4 & 3 else load_u32(mem_u8, i4 + 16)
            if i5 == 0:
                break
            if i5 == 1:
                if (mem_u64[i4 >> 3] if not i4 & 7 else load_u64(mem_u8, i4)) == p0:
                    if i4 & 3:
                        store_u32(mem_u8, i4 + 16, 2)
                    else:
                        mem_u32[(i4 + 16) >> 2] = 2
                    mem_u32[4098] = (mem_u32[4098] - 1) & 0xFFFFFFFF
                    return 1
            if i5 == 2:
                if not i1:
                    i1 = i4
            i0 = (i0 + 1) & 0xFFFFFFFF
        i0 = 0
        if i1:
            i4 = i1
        if (mem_u32[(i4 + 16) >> 2] if not i4 & 3 else load_u32(mem_u8, i4 + 16)) != 1:
            return i0
        if i4 & 3:
            store_u32(mem_u8, i4 + 16, 2)
        else:
            mem_u32[(i4 + 16) >> 2] = 2
        mem_u32[4098] = (mem_u32[4098] - 1) & 0xFFFFFFFF
        return 1
    return i0


# func 3 "count" () -> (i32)
def count():
    return mem_u32[4098]


instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate
exports = instantiate().exports
