# Translated from WebAssembly by wasm2py, cpython dialect.
# `instantiate` makes instances; functions run with an instance's namespace as their globals.
# Module: nbody.wasm
# ruff: noqa
# mypy: ignore-errors

from wasm2py.runtime.bulk import copy_u64
from wasm2py.runtime.floats import f_div, f_sqrt, sqrt
from wasm2py.runtime.precompiled import Precompiled
from wasm2py.runtime.program import CallView, DataInfo, ExportInfo, FunctionInfo, GlobalInfo, Options, Program
from wasm2py.runtime.types import FuncType, GlobalType, Limits, MemoryType, TableType


PROGRAM = Program(
    "nbody.wasm",
    Options(),
    types=(FuncType(), FuncType(results=("f64",)), FuncType(params=("i32", "f64"))),
    functions=(
        FunctionInfo(FuncType(), "reset", "reset", offset=101),
        FunctionInfo(FuncType(results=("f64",)), "energy", "energy", offset=417),
        FunctionInfo(FuncType(params=("i32", "f64")), "advance", "advance", offset=694),
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
        ExportInfo("reset", "func", 0),
        ExportInfo("energy", "func", 1),
        ExportInfo("advance", "func", 2),
    ),
    datas=(
        DataInfo(
            "active",
            (
                b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xdeE\xbe\xc9<\xbdC@,\xd9<4\xa0]\x13@"
                b"|\xdb\x1f\xc0\xab\x90\xf2\xbf\xf0\xeb%l\xf9\x86\xba\xbf\xbc\xcc\x93\x9b\x06g\xe3?\x9b\x94}\xf5\xf2~\x06@"
                b"\x15\x07Z\x9a\xd7\xd2\x99\xbf\xd83\xab\xd9\x95L\xa3?g\xca2\xc3\xcd\xaf @\xb0\x01\xde1\xcb\x7f\x10@"
                b"|F\xeb\xe1S\xd3\xd9\xbfCw\x87\xb8!,\xf0\xbf\x13\x8f\x1f\xbf\xe95\xfd?\xb4#\x11_H<\x81?"
                b"7\xc6\x07\rI\x1d\x87?\xcf\xd9\xa7\xce\xea\xc9)@~f&\xd6\xe88.\xc0\xa0}%\xbeW\x95\xcc\xbf"
                b"\xef\x1b\x91\xa9\x1cS\xf1?\xc5\xbbT>\x7f\xcc\xeb?|>\xf2\xfak/\x86\xbf\xb3\x1e\xf4\x9c\xd2=\\?"
                b"*W\x05\xa9g\xc2.@ \xa2\xc83X\xeb9\xc0@\xe5\xab\x93\xf3\xf1\xc6?J\xbcY\x16\xb6T\xef?"
                b"\xa3\xfb\xc41\xc6\x07\xe3?\xf6evX\x88\xcb\xa1\xbf\xac\x99\x17S\xf3\xa8`?"
            ),
            offset=(("i32.const", 16384),),
        ),
    ),
    call_views=(
        CallView("table_type0", 0, FuncType()),
        CallView("table_type1", 0, FuncType(results=("f64",))),
        CallView("table_type2", 0, FuncType(params=("i32", "f64"))),
    ),
    units=((0, 3),),
    imported={"func": 0, "table": 0, "memory": 0, "global": 0, "tag": 0},
)


# func 0 "reset" () -> ()
def reset():
    copy_u64(mem_u8, 16672, 16384, 35, (6, 5, 4, 3, 2, 1, 0))
    i1 = 16752
    for i0 in range(3):
        y0 = 0.0
        i3 = 16776
        for i2 in range(0, 224, 56):
            y0 = mem_f64[i1 + i2] * mem_f64[i3] + y0
            i3 += 56
        mem_f64_at_16696_by_8[i0] = y0 / -39.47841760435743
        i1 += 8


# func 1 "energy" () -> (f64)
def energy():
    i0 = 0
    y0 = 0.0
    i1 = 16728
    i2 = 16672
    while True:
        i3 = i0
        i4 = i0 * 56
        y1 = mem_f64_at_16720[i4]
        y2 = mem_f64_at_16712[i4]
        y3 = mem_f64_at_16696[i4]
        y4 = mem_f64_at_16704[i4]
        y0 = y1 * 0.5 * (y2 * y2 + (y3 * y3 + y4 * y4)) + y0
        i0 += 1
        if i3 <= 3:
            i4 = i1
            i3 = i0
            while True:
                y2 = mem_f64_at_16720[i3 * 56 % 0x100000000]
                y4 = 0.0
                i6 = i4
                for i5 in range(0, 24, 8):
                    y3 = mem_f64[i2 + i5] - mem_f64[i6]
                    y4 = y3 * y3 + y4
                    i6 += 8
                i4 = (i4 + 56) % 0x100000000
                y0 -= y1 * y2 / t if (t := sqrt(y4) if y4 >= 0.0 else f_sqrt(y4)) else f_div(y1 * y2, t)
                i3 = (i3 + 1) % 0x100000000
                if i3 == 5:
                    break
        i2 += 56
        i1 += 56
        if i0 == 5:
            return y0


# func 2 "advance" (i32, f64) -> ()
def advance(p0, p1):
    i0 = (__stack_pointer - 32) % 0x100000000
    if 1 <= p0 <= 0x7FFFFFFF:
        for i1 in range(p0):
            i2 = 16728
            i3 = 16752
            i4 = 16672
            i5 = 0
            while True:
                i6 = i5
                i5 += 1
                if i6 <= 3:
                    i14 = i6 * 56
                    i6 = i3
                    i7 = i2
                    i8 = i5
                    while True:
                        i9 = i8 * 56 + 16672
                        y0 = 0.0
                        i11 = i7
                        i12 = i0
                        for i10 in range(0, 24, 8):
                            y1 = mem_f64[i4 + i10] - mem_f64[i11]
                            mem_f64[i12] = y1
                            y0 = y1 * y1 + y0
                            i12 += 8
                            i11 += 8
                        y0 = sqrt(y0) if y0 >= 0.0 else f_sqrt(y0)
                        y0 = p1 / t if (t := y0 * (y0 * y0)) else f_div(p1, t)
                        i10 = i0
                        i11 = i4 + 24
                        i12 = i6
                        i13 = i0 + 24
                        while True:
                            y1 = mem_f64[i10]
                            mem_f64[i11] -= y1 * mem_f64_at_48[i9 % 0x100000000] * y0
                            mem_f64[i12] += y1 * mem_f64_at_16720[i14] * y0
                            i12 += 8
                            i11 += 8
                            i10 += 8
                            if i10 == i13 % 0x100000000:
                                break
                        i6 = (i6 + 56) % 0x100000000
                        i7 = (i7 + 56) % 0x100000000
                        i8 = (i8 + 1) % 0x100000000
                        if i8 == 5:
                            break
                i3 += 56
                i4 += 56
                i2 += 56
                if i5 == 5:
                    break
            i3 = 16672
            for i2 in range(5):
                i4 = i3
                i5 = i3 + 24
                for i4 in range(i4, i5, 8):
                    mem_f64[i4] += p1 * mem_f64_at_24[i4]
                i3 += 56
        return


instantiate = Precompiled.from_functions(PROGRAM, globals()).instantiate
exports = instantiate().exports
