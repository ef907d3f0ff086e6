# Translated from WebAssembly by wasm2py, cpython dialect.
# `instantiate` makes instances; functions run with an instance's namespace as their globals.
# Module: sha256.wasm
# ruff: noqa
# mypy: ignore-errors

from wasm2py.runtime.bulk import copy_down, copy_u32, fill_u8
from wasm2py.runtime.precompiled import Precompiled
from wasm2py.runtime.program import CallView, DataInfo, ExportInfo, FunctionInfo, GlobalInfo, Options, Program
from wasm2py.runtime.types import FuncType, GlobalType, Limits, MemoryType, TableType


PROGRAM = Program(
    "sha256.wasm",
    Options(),
    types=(FuncType(results=("i32",)), FuncType(params=("i32",))),
    functions=(
        FunctionInfo(FuncType(results=("i32",)), "input_", "input", offset=91),
        FunctionInfo(FuncType(results=("i32",)), "output", "output", offset=100),
        FunctionInfo(FuncType(params=("i32",)), "sha256", "sha256", offset=112),
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
        ExportInfo("output", "func", 1),
        ExportInfo("sha256", "func", 2),
    ),
    datas=(
        DataInfo(
            "active",
            (
                b"g\xe6\tj\x85\xaeg\xbbr\xf3n<:\xf5O\xa5\x7fR\x0eQ\x8ch\x05\x9b\xab\xd9\x83\x1f\x19\xcd\xe0["
                b"\x98/\x8aB\x91D7q\xcf\xfb\xc0\xb5\xa5\xdb\xb5\xe9[\xc2V9\xf1\x11\xf1Y\xa4\x82?\x92\xd5^\x1c\xab"
                b"\x98\xaa\x07\xd8\x01[\x83\x12\xbe\x851$\xc3}\x0cUt]\xber\xfe\xb1\xde\x80\xa7\x06\xdc\x9bt\xf1\x9b\xc1"
                b"\xc1i\x9b\xe4\x86G\xbe\xef\xc6\x9d\xc1\x0f\xcc\xa1\x0c$o,\xe9-\xaa\x84tJ\xdc\xa9\xb0\\\xda\x88\xf9v"
                b"RQ>\x98m\xc61\xa8\xc8'\x03\xb0\xc7\x7fY\xbf\xf3\x0b\xe0\xc6G\x91\xa7\xd5Qc\xca\x06g))\x14"
                b"\x85\n\xb7'8!\x1b.\xfcm,M\x13\r8STs\ne\xbb\njv.\xc9\xc2\x81\x85,r\x92"
                b"\xa1\xe8\xbf\xa2Kf\x1a\xa8p\x8bK\xc2\xa3Ql\xc7\x19\xe8\x92\xd1$\x06\x99\xd6\x855\x0e\xf4p\xa0j\x10"
                b"\x16\xc1\xa4\x19\x08l7\x1eLwH'\xb5\xbc\xb04\xb3\x0c\x1c9J\xaa\xd8NO\xca\x9c[\xf3o.h"
                b"\xee\x82\x8ftoc\xa5x\x14x\xc8\x84\x08\x02\xc7\x8c\xfa\xff\xbe\x90\xeblP\xa4\xf7\xa3\xf9\xbe\xf2xq\xc6"
            ),
            offset=(("i32.const", 16384),),
        ),
    ),
    call_views=(
        CallView("table_type0", 0, FuncType(results=("i32",))),
        CallView("table_type1", 0, FuncType(params=("i32",))),
    ),
    units=((0, 3),),
    imported={"func": 0, "table": 0, "memory": 0, "global": 0},
)


# func 0 "input" () -> (i32)
def input_():
    return 16672


# func 1 "output" () -> (i32)
def output():
    return 20896


# func 2 "sha256" (i32) -> ()
def sha256(p0):
    global __stack_pointer
    i13 = ((__stack_pointer - 320) & 0xFFFFFFFF) >> 2
    __stack_pointer = i13 << 2
    mem_u8[p0 + 16672] = 128
    mem_u64[((i13 << 2) + 24) >> 3] = mem_u64[2051]
    mem_u64[((i13 << 2) + 16) >> 3] = mem_u64[2050]
    mem_u64[((i13 << 2) + 8) >> 3] = mem_u64[2049]
    mem_u64[(i13 << 2) >> 3] = mem_u64[2048]
    i0 = (p0 + 8) & 0xFFFFFFC0
    i1 = i0 + 64
    if p0 + 1 < i1:
        fill_u8(mem_u8, p0 + 16673, (i0 + 63 - p0) & 0xFFFFFFFF, 0)
    i0 = (p0 << 3) & 0xFFFFFFFF
    i2 = i1 + 16668
    i3 = 24
    while True:
        mem_u8[i2] = (i0 >> (i3 & 0x1F)) & 0xFF
        i2 += 1
        i3 = (i3 - 8) & 0xFFFFFFFF
        if i3 == 0xFFFFFFF8:
            break
    if i1:
        i0 = (i13 << 2) + 60
        i2 = 0
        while True:
            for i3 in range(0, 64, 4):
                i4 = mem_u32[(i2 + i3 + 16672) >> 2]
                mem_u32[i13 + (i3 >> 2) + 16] = (
                    ((t := i4 & 0xFF00FF) << 24) | (t >> 8) | (((i4 << 8) | (i4 >> 24)) & 0xFF00FF)
                ) & 0xFFFFFFFF
            i6 = i13 + 64
            for i5 in range(i13 + 16, i6):
                i3 = mem_u32[i5 + 1]
                i4 = mem_u32[i5 + 14]
                mem_u32[i5 + 16] = (
                    (((i3 << 25) | (i3 >> 7)) ^ ((i3 << 14) | (i3 >> 18)) ^ (i3 >> 3))
                    + mem_u32[i5]
                    + mem_u32[i5 + 9]
                    + (((i4 << 15) | (i4 >> 17)) ^ ((i4 << 13) | (i4 >> 19)) ^ (i4 >> 10))
                ) & 0xFFFFFFFF
            copy_u32(mem_u8, (i13 << 2) + 32, i13 << 2, 8)
            i4 = mem_u32[i13 + 8]
            i5 = mem_u32[i13 + 12]
            i14 = i13 + 16
            for i3 in range(64):
                i6 = mem_u32[i3 + 4104]
                i7 = mem_u32[i14]
                i8 = mem_u32[i13 + 15]
                i9 = mem_u32[i13 + 10]
                i10 = mem_u32[i13 + 9]
                i11 = mem_u32[i13 + 14]
                i12 = mem_u32[i13 + 13]
                copy_down(mem_u8, i0, i0 - 4, 7, 4)
                i6 = (
                    (((i5 << 26) | (i5 >> 6)) ^ ((i5 << 21) | (i5 >> 11)) ^ ((i5 << 7) | (i5 >> 25)))
                    + (i12 & i5)
                    + i8
                    + (i11 & (i5 ^ 0xFFFFFFFF))
                    + i6
                    + i7
                )
                i5 = (mem_u32[i13 + 12] + i6) & 0xFFFFFFFF
                mem_u32[i13 + 12] = i5
                i4 = (
                    i6
                    + (((i4 << 30) | (i4 >> 2)) ^ ((i4 << 19) | (i4 >> 13)) ^ ((i4 << 10) | (i4 >> 22)))
                    + (((i9 ^ i10) & i4) ^ (i9 & i10))
                ) & 0xFFFFFFFF
                mem_u32[i13 + 8] = i4
                i14 += 1
            i4 = i13 + 8
            for i3 in range(i13, i4):
                mem_u32[i3] = (mem_u32[i3] + mem_u32[i3 + 8]) & 0xFFFFFFFF
            i2 += 64
            if i2 >= i1:
                break
    i0 = 20896
    for i1 in range(8):
        i2 = mem_u32[i13 + i1]
        i3 = 24
        i4 = i0
        while True:
            mem_u8[i4] = (i2 >> (i3 & 0x1F)) & 0xFF
            i4 += 1
            i3 = (i3 - 8) & 0xFFFFFFFF
            if i3 == 0xFFFFFFF8:
                break
        i0 += 4
    __stack_pointer = (i13 << 2) + 320


instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate
exports = instantiate().exports
