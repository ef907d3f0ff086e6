# Translated from WebAssembly by wasm2py, cpython dialect.
# `instantiate` makes instances; functions run with an instance's namespace as their globals.
# Module: json.wasm
# ruff: noqa
# mypy: ignore-errors

from wasm2py.runtime.precompiled import Precompiled
from wasm2py.runtime.program import CallView, DataInfo, ExportInfo, FunctionInfo, GlobalInfo, Options, Program
from wasm2py.runtime.types import FuncType, GlobalType, Limits, MemoryType, TableType


PROGRAM = Program(
    "json.wasm",
    Options(),
    types=(FuncType(results=("i32",)), FuncType(params=("i32",), results=("i32",))),
    functions=(
        FunctionInfo(FuncType(results=("i32",)), "input_", "input", offset=104),
        FunctionInfo(FuncType(results=("i32",)), "output", "output", offset=113),
        FunctionInfo(
            FuncType(params=("i32",), results=("i32",)),
            "tokenize",
            "tokenize",
            offset=125,
        ),
        FunctionInfo(
            FuncType(params=("i32",), results=("i32",)),
            "check",
            "check",
            offset=1255,
        ),
        FunctionInfo(
            FuncType(params=("i32",), results=("i32",)),
            "parse_value",
            "parse_value",
            offset=1325,
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
        ExportInfo("output", "func", 1),
        ExportInfo("tokenize", "func", 2),
        ExportInfo("check", "func", 3),
    ),
    datas=(DataInfo("active", b"null\x00true\x00false\x00", offset=(("i32.const", 16384),)),),
    call_views=(
        CallView("table_type0", 0, FuncType(results=("i32",))),
        CallView("table_type1", 0, FuncType(params=("i32",), results=("i32",))),
    ),
    units=((0, 5),),
    imported={"func": 0, "table": 0, "memory": 0, "global": 0, "tag": 0},
)


# func 0 "input" () -> (i32)
def input_():
    return 16400


# func 1 "output" () -> (i32)
def output():
    return 24608


# func 2 "tokenize" (i32) -> (i32)
def tokenize(p0):
    i0 = 0
    mem_u8_at_16400[p0] = 0
    i1 = p0 + 16400
    i2 = 16400
    while True:
        i6 = 0
        i3 = i2
        while True:
            i4 = mem_u8[i3]
            if i4 not in {9, 10, 13, 32}:
                break
            i6 += 1
            i3 += 1
        i3 = (i2 + i6) % 0x100000000
        if i3 == i1:
            return i0
        i5 = i0 * 12
        mem_u32_at_24608[i5] = i4
        i9 = i5
        key = mem_u8[i3]
        if key in {44, 58, 91, 93, 123, 125}:
            i7 = i3 + 1
        elif key == 34:
            mem_u32_at_24608[i9] = 115
            i3 += 1
            i4 = mem_u8[i3]
            if i4 != 34:
                while True:
                    if i4 < 32:
                        return (16399 - i2 - i6) % 0x100000000
                    i5 = i3 + 1
                    if i4 == 92:
                        key = mem_u8[i5]
                        if key in {34, 47, 92, 98, 102, 110, 114, 116}:
                            i3 += 2
                        elif key == 117:
                            i4 = i3 + 2
                            for i5 in range(4):
                                i7 = mem_u8[i4 + i5]
                                if not 48 <= i7 <= 57 and not 65 <= (i7 & 0xDF) <= 70:
                                    return (16399 - i2 - i6) % 0x100000000
                            i3 += 6
                        else:
                            return (16399 - i2 - i6) % 0x100000000
                    else:
                        i3 = i5
                    i4 = mem_u8[i3]
                    if i4 == 34:
                        break
            i7 = i3 + 1
        elif key == 102:
            i7 = i3 + 5
            i4 = 0
            while True:
                if i4 == 5:
                    if i7:
                        break
                    return (16399 - i2 - i6) % 0x100000000
                i5 = i3 + i4
                i8 = i4 + 16394
                i4 += 1
                if mem_u8[i5] != mem_u8[i8]:
                    return (16399 - i2 - i6) % 0x100000000
        elif key == 110:
            mem_u32_at_24608[i9] = 122
            i7 = i3 + 4
            i4 = 0
            while True:
                if i4 == 4:
                    if i7:
                        break
                    return (16399 - i2 - i6) % 0x100000000
                i5 = i3 + i4
                i8 = i4 + 16384
                i4 += 1
                if mem_u8[i5] != mem_u8[i8]:
                    return (16399 - i2 - i6) % 0x100000000
        elif key == 116:
            i7 = i3 + 4
            i8 = 0
            while True:
                if i8 == 4:
                    if i7:
                        break
                    return (16399 - i2 - i6) % 0x100000000
                i4 = i3 + i8
                i5 = i8 + 16389
                i8 += 1
                if mem_u8[i4] != mem_u8[i5]:
                    return (16399 - i2 - i6) % 0x100000000
        else:
            mem_u32_at_24608[i9] = 110
            i3 = mem_u8[i3] == 45
            i4 = i2 + i3
            i5 = mem_u8[(i4 + i6) % 0x100000000]
            if not 48 <= i5 <= 57:
                return (16399 - i2 - i6) % 0x100000000
            if i5 != 48:
                while True:
                    i3 = (i4 + i6) % 0x100000000
                    i4 = (i4 + 1) % 0x100000000
                    i3 = mem_u8[i3]
                    if not 48 <= i3 <= 57:
                        break
                i7 = (i4 + i6 - 1) % 0x100000000
            else:
                i7 = (i2 + i3 + i6 + 1) % 0x100000000
                i3 = mem_u8[i7]
            if i3 == 46:
                if not 48 <= mem_u8_at_1[i7] <= 57:
                    return (16399 - i2 - i6) % 0x100000000
                i7 += 1
                while True:
                    i3 = mem_u8[i7]
                    if not 48 <= i3 <= 57:
                        break
                    i7 += 1
            if (i3 | 0x20) == 101:
                i3 = i7 + 1
                i4 = mem_u8_at_1[i7]
                if i4 in {43, 45}:
                    i3 = i7 + 2
                    i4 = mem_u8_at_2[i7]
                if not 48 <= i4 <= 57:
                    return (16399 - i2 - i6) % 0x100000000
                i7 = i3
                while 48 <= mem_u8[i7] <= 57:
                    i7 += 1
        if i7 > i1 or i0 == 4095:
            return (16399 - i2 - i6) % 0x100000000
        mem_u32_at_24616[i9] = (i7 - i2 - i6) % 0x100000000
        mem_u32_at_24612[i9] = (i2 + i6 - 16400) % 0x100000000
        i0 += 1
        i2 = i7


# func 3 "check" (i32) -> (i32)
def check(p0):
    i0 = tokenize(p0)
    if i0 > 0x7FFFFFFF:
        return 0
    i0 = i0 * 12 % 0x100000000
    mem_u32_at_24608[i0] = 0
    return parse_value(24608) == i0 + 24608


# func 4 "parse_value" (i32) -> (i32)
def parse_value(p0):
    i0 = 0
    key = mem_u32[p0]
    if key in {102, 110, 115, 116, 122}:
        return p0 + 12
    if key == 91:
        if mem_u32_at_12[p0] == 93:
            return p0 + 24
        i1 = parse_value(p0 + 12)
        if i1:
            while True:
                i2 = mem_u32[i1]
                if i2 != 44:
                    break
                i1 = parse_value(i1 + 12)
                if not i1:
                    return i0
            if i2 == 93:
                return i1 + 12
    elif key == 123:
        key = mem_u32_at_12[p0]
        if key == 115:
            i1 = p0 + 12
            while True:
                if mem_u32_at_12[i1] != 58:
                    return i0
                i2 = parse_value(i1 + 24)
                if not i2:
                    return i0
                i1 = mem_u32[i2]
                if i1 != 44:
                    break
                i1 = i2 + 12
                if mem_u32_at_12[i2] != 115:
                    return i0
            if i1 == 125:
                return i2 + 12
        elif key == 125:
            return p0 + 24
    return i0


instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate
exports = instantiate().exports
