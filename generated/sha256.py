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
    imported={"func": 0, "table": 0, "memory": 0, "global": 0, "tag": 0},
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
    i0 = (__stack_pointer - 320) % 0x100000000
    __stack_pointer = i0
    mem_u8_at_16672[p0] = 128
    mem_u64_at_24[i0] = mem_u64[16408]
    mem_u64_at_16[i0] = mem_u64[16400]
    mem_u64_at_8[i0] = mem_u64[16392]
    mem_u64[i0] = mem_u64[16384]
    i1 = (p0 + 8) & 0xFFFFFFC0
    i2 = i1 + 64
    if p0 + 1 < i2:
        fill_u8(mem_u8, p0 + 16673, (i1 + 63 - p0) % 0x100000000, 0)
    i1 = p0 * 8 % 0x100000000
    i3 = i2 + 16668
    i4 = 24
    while True:
        mem_u8[i3] = (i1 >> (i4 & 0x1F)) & 0xFF
        i3 += 1
        i4 = (i4 - 8) % 0x100000000
        if i4 == 0xFFFFFFF8:
            break
    if i2:
        i1 = i0 + 60
        i3 = 0
        while True:
            for i4 in range(0, 64, 4):
                i5 = mem_u32_at_16672[i3 + i4]
                mem_u32_at_64[i0 + i4] = (
                    ((t := i5 & 0xFF00FF) << 24) | (t >> 8) | (((i5 << 8) | (i5 >> 24)) & 0xFF00FF)
                ) & 0xFFFFFFFF
            i6 = i0 + 64
            i7 = i0 + 256
            for i6 in range(i6, i7, 4):
                i4 = mem_u32_at_4[i6]
                i5 = mem_u32_at_56[i6]
                mem_u32_at_64[i6] = (
                    (((i4 << 25) | (i4 >> 7)) ^ ((i4 << 14) | (i4 >> 18)) ^ (i4 >> 3))
                    + mem_u32[i6]
                    + mem_u32_at_36[i6]
                    + (((i5 << 15) | (i5 >> 17)) ^ ((i5 << 13) | (i5 >> 19)) ^ (i5 >> 10))
                ) & 0xFFFFFFFF
            copy_u32(mem_u8, i0 + 32, i0, 8)
            i5 = mem_u32_at_32[i0]
            i6 = mem_u32_at_48[i0]
            i14 = i0 + 64
            for i4 in range(64):
                i7 = mem_u32_at_16416_by_4[i4]
                i8 = mem_u32[i14]
                i9 = mem_u32_at_60[i0]
                i10 = mem_u32_at_40[i0]
                i11 = mem_u32_at_36[i0]
                i12 = mem_u32_at_56[i0]
                i13 = mem_u32_at_52[i0]
                copy_down(mem_u8, i1, i1 - 4, 7, 4)
                i7 = (
                    (((i6 << 26) | (i6 >> 6)) ^ ((i6 << 21) | (i6 >> 11)) ^ ((i6 << 7) | (i6 >> 25)))
                    + (i13 & i6)
                    + i9
                    + (i12 & (i6 ^ 0xFFFFFFFF))
                    + i7
                    + i8
                )
                i6 = (mem_u32_at_48[i0] + i7) & 0xFFFFFFFF
                mem_u32_at_48[i0] = i6
                i5 = (
                    i7
                    + (((i5 << 30) | (i5 >> 2)) ^ ((i5 << 19) | (i5 >> 13)) ^ ((i5 << 10) | (i5 >> 22)))
                    + (((i10 ^ i11) & i5) ^ (i10 & i11))
                ) & 0xFFFFFFFF
                mem_u32_at_32[i0] = i5
                i14 += 4
            i4 = i0
            i5 = i0 + 32
            for i4 in range(i4, i5, 4):
                mem_u32[i4] = (mem_u32[i4] + mem_u32_at_32[i4]) % 0x100000000
            i3 += 64
            if i3 >= i2:
                break
    for i1 in range(8):
        i2 = mem_u32[i0 + i1 * 4]
        i3 = 24
        i4 = i1 * 4 + 20896
        while True:
            mem_u8[i4] = (i2 >> (i3 & 0x1F)) & 0xFF
            i4 += 1
            i3 = (i3 - 8) % 0x100000000
            if i3 == 0xFFFFFFF8:
                break
    __stack_pointer = i0 + 320


instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate
exports = instantiate().exports
