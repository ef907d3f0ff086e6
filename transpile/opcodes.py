"""The opcode table: every instruction, once (spec: Appendix / Index of Instructions).

The decoder, the text reader, the validator, the lifter, the printer and the docs read this table; what an instruction
*means* is registered by family elsewhere, under the same mnemonic.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias, cast

from wasm2py.runtime.types import ValType
from wasm2py.transpile.vector_opcodes import VECTOR_ROWS

Immediate: TypeAlias = Literal[
    "block",  # blocktype
    "label",  # labelidx
    "labels",  # vec(labelidx) labelidx
    "func",  # funcidx
    "type",  # typeidx
    "call_indirect",  # typeidx tableidx
    "local",  # localidx
    "global",  # globalidx
    "table",  # tableidx
    "tables",  # tableidx tableidx (copy: destination, source)
    "elem",  # elemidx
    "elem_table",  # elemidx tableidx
    "memory",  # memidx
    "memories",  # memidx memidx (copy: destination, source)
    "data",  # dataidx
    "data_memory",  # dataidx memidx
    "memarg",  # align offset (and memidx)
    "zero",  # a zero byte
    "tag",  # tagidx
    "try_table",  # blocktype vec(catch)
    "types",  # vec(valtype)
    "heaptype",  # heaptype
    "cast",  # castflags labelidx heaptype heaptype
    "field",  # typeidx fieldidx
    "count",  # typeidx u32
    "type_data",  # typeidx dataidx
    "type_elem",  # typeidx elemidx
    "type_pair",  # typeidx typeidx
    "i32",
    "i64",
    "f32",
    "f64",
    "v128",
    "lane",  # laneidx
    "lanes",  # 16 laneidx
    "memarg_lane",  # memarg laneidx
]
Family: TypeAlias = Literal[
    "control", "parametric", "variable", "table", "reference", "memory", "load", "store", "const", "compare",
    "integer", "float", "convert", "atomic", "vector", "vector_load", "vector_store", "struct", "array",
]  # fmt: skip
#: What brings an instruction, or something else of a module: the first version, or a proposal (see `features`).
Feature: TypeAlias = Literal[
    "mvp", "mutable-globals",
    "sign-extension", "saturating-float-to-int", "multi-value", "bulk-memory", "reference-types", "simd",
    "extended-const", "tail-call", "exception-handling", "function-references", "gc", "memory64", "multi-memory",
    "relaxed-simd",
    "custom-page-sizes", "legacy-exception-handling", "threads", "wide-arithmetic",
]  # fmt: skip

#: The clauses of a `try_table`, by their codes, and one of them: its mnemonic, a tagidx unless it catches all, a label.
CATCHES = ("catch", "catch_ref", "catch_all", "catch_all_ref")
Catch: TypeAlias = tuple[str, int | None, int]


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One instruction.

    `code` is the opcode byte, or `prefix << 32 | sub-opcode`.  `params` and `results` are its operand types where they
    do not depend on immediates or context (None where they do; the validator then has a rule for it).
    `width` is the number of bytes that a load or store touches, else 0.  `traps` says whether it can trap by itself.
    """

    code: int
    mnemonic: str
    immediate: Immediate | None
    params: tuple[ValType, ...] | None
    results: tuple[ValType, ...] | None
    family: Family
    feature: Feature
    traps: bool
    width: int

    def __repr__(self) -> str:
        return self.mnemonic


#: Mnemonic → instruction, and opcode → instruction.
OPS: dict[str, Op] = {}
BY_CODE: dict[int, Op] = {}


def prefixed(prefix: int, sub: int) -> int:
    """The table's code for a two-part opcode such as 0xFC 8."""
    return prefix << 32 | sub


def _define(
    family: Family,
    rows: str,
    *,
    feature: Feature = "mvp",
    immediate: Immediate | None = None,
    prefix: int = 0,
    signature: str = "",
) -> None:
    """Add rows of `code mnemonic [signature] [trap] [width] [@immediate]`, one to a line.

    A signature is `params->results` with comma-separated types; that given is for rows without one. Where there is
    none the types depend on context.
    """
    for line in rows.strip().splitlines():
        code_text, mnemonic, *rest = line.split()
        code = prefixed(prefix, int(code_text, 0)) if prefix else int(code_text, 0)
        types = next((word for word in rest if "->" in word), signature)
        params, results = _signature(types)
        own = next((word[1:] for word in rest if word.startswith("@")), immediate)
        width = next((int(word) for word in rest if word.isdigit()), 0)
        op = Op(code, mnemonic, cast("Immediate | None", own), params, results, family, feature, "trap" in rest, width)
        OPS[mnemonic] = BY_CODE[code] = op


@cache
def _signature(types: str) -> tuple[tuple[ValType, ...] | None, tuple[ValType, ...] | None]:
    if not types:
        return None, None
    params, results = types.split("->")
    return _types(params), _types(results)


def _types(side: str) -> tuple[ValType, ...]:
    return tuple(cast(ValType, sys.intern(name)) for name in side.split(",") if name)


_define(
    "control",
    """
    0x00 unreachable        trap
    0x01 nop          ->
    0x02 block              @block
    0x03 loop               @block
    0x04 if                 @block
    0x05 else
    0x0b end
    0x0c br                 @label
    0x0d br_if              @label
    0x0e br_table           @labels
    0x0f return
    0x10 call               @func
    0x11 call_indirect trap @call_indirect
""",
)
_define(
    "control",
    """
    0x12 return_call               @func
    0x13 return_call_indirect trap @call_indirect
""",
    feature="tail-call",
)
_define(
    "control",
    """
    0x08 throw          @tag
    0x0a throw_ref trap
    0x1f try_table      @try_table
""",
    feature="exception-handling",
)
_define(
    "control",
    """
    0x06 try        @block
    0x07 catch      @tag
    0x09 rethrow    @label
    0x18 delegate   @label
    0x19 catch_all
""",
    feature="legacy-exception-handling",
)
_define(
    "control",
    """
    0x14 call_ref        trap @type
    0x15 return_call_ref trap @type
    0xd5 br_on_null           @label
    0xd6 br_on_non_null       @label
""",
    feature="function-references",
)

_define(
    "control",
    """
    0x18 br_on_cast
    0x19 br_on_cast_fail
""",
    feature="gc",
    immediate="cast",
    prefix=0xFB,
)

_define(
    "parametric",
    """
    0x1a drop
    0x1b select
""",
)
_define("parametric", "0x1c select_t @types", feature="reference-types")

_define(
    "variable",
    """
    0x20 local.get  @local
    0x21 local.set  @local
    0x22 local.tee  @local
    0x23 global.get @global
    0x24 global.set @global
""",
)

_define(
    "table",
    """
    0x25 table.get trap @table
    0x26 table.set trap @table
""",
    feature="reference-types",
)
_define(
    "table",
    """
    12 table.init i32,i32,i32-> trap @elem_table
    13 elem.drop  ->                 @elem
    14 table.copy i32,i32,i32-> trap @tables
""",
    feature="bulk-memory",
    prefix=0xFC,
)
_define(
    "table",
    """
    15 table.grow       @table
    16 table.size ->i32 @table
    17 table.fill  trap @table
""",
    feature="reference-types",
    prefix=0xFC,
)

_define(
    "load",
    """
    0x28 i32.load     i32->i32 trap 4
    0x29 i64.load     i32->i64 trap 8
    0x2a f32.load     i32->f32 trap 4
    0x2b f64.load     i32->f64 trap 8
    0x2c i32.load8_s  i32->i32 trap 1
    0x2d i32.load8_u  i32->i32 trap 1
    0x2e i32.load16_s i32->i32 trap 2
    0x2f i32.load16_u i32->i32 trap 2
    0x30 i64.load8_s  i32->i64 trap 1
    0x31 i64.load8_u  i32->i64 trap 1
    0x32 i64.load16_s i32->i64 trap 2
    0x33 i64.load16_u i32->i64 trap 2
    0x34 i64.load32_s i32->i64 trap 4
    0x35 i64.load32_u i32->i64 trap 4
""",
    immediate="memarg",
)
_define(
    "store",
    """
    0x36 i32.store   i32,i32-> trap 4
    0x37 i64.store   i32,i64-> trap 8
    0x38 f32.store   i32,f32-> trap 4
    0x39 f64.store   i32,f64-> trap 8
    0x3a i32.store8  i32,i32-> trap 1
    0x3b i32.store16 i32,i32-> trap 2
    0x3c i64.store8  i32,i64-> trap 1
    0x3d i64.store16 i32,i64-> trap 2
    0x3e i64.store32 i32,i64-> trap 4
""",
    immediate="memarg",
)
_define(
    "memory",
    """
    0x3f memory.size ->i32    @memory
    0x40 memory.grow i32->i32 @memory
""",
)
_define(
    "memory",
    """
    8  memory.init i32,i32,i32-> trap @data_memory
    9  data.drop   ->                 @data
    10 memory.copy i32,i32,i32-> trap @memories
    11 memory.fill i32,i32,i32-> trap @memory
""",
    feature="bulk-memory",
    prefix=0xFC,
)

_define(
    "const",
    """
    0x41 i32.const ->i32 @i32
    0x42 i64.const ->i64 @i64
    0x43 f32.const ->f32 @f32
    0x44 f64.const ->f64 @f64
""",
)

_define(
    "compare",
    """
    0x45 i32.eqz  i32->i32
    0x46 i32.eq   i32,i32->i32
    0x47 i32.ne   i32,i32->i32
    0x48 i32.lt_s i32,i32->i32
    0x49 i32.lt_u i32,i32->i32
    0x4a i32.gt_s i32,i32->i32
    0x4b i32.gt_u i32,i32->i32
    0x4c i32.le_s i32,i32->i32
    0x4d i32.le_u i32,i32->i32
    0x4e i32.ge_s i32,i32->i32
    0x4f i32.ge_u i32,i32->i32
    0x50 i64.eqz  i64->i32
    0x51 i64.eq   i64,i64->i32
    0x52 i64.ne   i64,i64->i32
    0x53 i64.lt_s i64,i64->i32
    0x54 i64.lt_u i64,i64->i32
    0x55 i64.gt_s i64,i64->i32
    0x56 i64.gt_u i64,i64->i32
    0x57 i64.le_s i64,i64->i32
    0x58 i64.le_u i64,i64->i32
    0x59 i64.ge_s i64,i64->i32
    0x5a i64.ge_u i64,i64->i32
    0x5b f32.eq   f32,f32->i32
    0x5c f32.ne   f32,f32->i32
    0x5d f32.lt   f32,f32->i32
    0x5e f32.gt   f32,f32->i32
    0x5f f32.le   f32,f32->i32
    0x60 f32.ge   f32,f32->i32
    0x61 f64.eq   f64,f64->i32
    0x62 f64.ne   f64,f64->i32
    0x63 f64.lt   f64,f64->i32
    0x64 f64.gt   f64,f64->i32
    0x65 f64.le   f64,f64->i32
    0x66 f64.ge   f64,f64->i32
""",
)

_define(
    "integer",
    """
    0x67 i32.clz    i32->i32
    0x68 i32.ctz    i32->i32
    0x69 i32.popcnt i32->i32
    0x6a i32.add    i32,i32->i32
    0x6b i32.sub    i32,i32->i32
    0x6c i32.mul    i32,i32->i32
    0x6d i32.div_s  i32,i32->i32 trap
    0x6e i32.div_u  i32,i32->i32 trap
    0x6f i32.rem_s  i32,i32->i32 trap
    0x70 i32.rem_u  i32,i32->i32 trap
    0x71 i32.and    i32,i32->i32
    0x72 i32.or     i32,i32->i32
    0x73 i32.xor    i32,i32->i32
    0x74 i32.shl    i32,i32->i32
    0x75 i32.shr_s  i32,i32->i32
    0x76 i32.shr_u  i32,i32->i32
    0x77 i32.rotl   i32,i32->i32
    0x78 i32.rotr   i32,i32->i32
    0x79 i64.clz    i64->i64
    0x7a i64.ctz    i64->i64
    0x7b i64.popcnt i64->i64
    0x7c i64.add    i64,i64->i64
    0x7d i64.sub    i64,i64->i64
    0x7e i64.mul    i64,i64->i64
    0x7f i64.div_s  i64,i64->i64 trap
    0x80 i64.div_u  i64,i64->i64 trap
    0x81 i64.rem_s  i64,i64->i64 trap
    0x82 i64.rem_u  i64,i64->i64 trap
    0x83 i64.and    i64,i64->i64
    0x84 i64.or     i64,i64->i64
    0x85 i64.xor    i64,i64->i64
    0x86 i64.shl    i64,i64->i64
    0x87 i64.shr_s  i64,i64->i64
    0x88 i64.shr_u  i64,i64->i64
    0x89 i64.rotl   i64,i64->i64
    0x8a i64.rotr   i64,i64->i64
""",
)

_define(
    "float",
    """
    0x8b f32.abs      f32->f32
    0x8c f32.neg      f32->f32
    0x8d f32.ceil     f32->f32
    0x8e f32.floor    f32->f32
    0x8f f32.trunc    f32->f32
    0x90 f32.nearest  f32->f32
    0x91 f32.sqrt     f32->f32
    0x92 f32.add      f32,f32->f32
    0x93 f32.sub      f32,f32->f32
    0x94 f32.mul      f32,f32->f32
    0x95 f32.div      f32,f32->f32
    0x96 f32.min      f32,f32->f32
    0x97 f32.max      f32,f32->f32
    0x98 f32.copysign f32,f32->f32
    0x99 f64.abs      f64->f64
    0x9a f64.neg      f64->f64
    0x9b f64.ceil     f64->f64
    0x9c f64.floor    f64->f64
    0x9d f64.trunc    f64->f64
    0x9e f64.nearest  f64->f64
    0x9f f64.sqrt     f64->f64
    0xa0 f64.add      f64,f64->f64
    0xa1 f64.sub      f64,f64->f64
    0xa2 f64.mul      f64,f64->f64
    0xa3 f64.div      f64,f64->f64
    0xa4 f64.min      f64,f64->f64
    0xa5 f64.max      f64,f64->f64
    0xa6 f64.copysign f64,f64->f64
""",
)

_define(
    "convert",
    """
    0xa7 i32.wrap_i64        i64->i32
    0xa8 i32.trunc_f32_s     f32->i32 trap
    0xa9 i32.trunc_f32_u     f32->i32 trap
    0xaa i32.trunc_f64_s     f64->i32 trap
    0xab i32.trunc_f64_u     f64->i32 trap
    0xac i64.extend_i32_s    i32->i64
    0xad i64.extend_i32_u    i32->i64
    0xae i64.trunc_f32_s     f32->i64 trap
    0xaf i64.trunc_f32_u     f32->i64 trap
    0xb0 i64.trunc_f64_s     f64->i64 trap
    0xb1 i64.trunc_f64_u     f64->i64 trap
    0xb2 f32.convert_i32_s   i32->f32
    0xb3 f32.convert_i32_u   i32->f32
    0xb4 f32.convert_i64_s   i64->f32
    0xb5 f32.convert_i64_u   i64->f32
    0xb6 f32.demote_f64      f64->f32
    0xb7 f64.convert_i32_s   i32->f64
    0xb8 f64.convert_i32_u   i32->f64
    0xb9 f64.convert_i64_s   i64->f64
    0xba f64.convert_i64_u   i64->f64
    0xbb f64.promote_f32     f32->f64
    0xbc i32.reinterpret_f32 f32->i32
    0xbd i64.reinterpret_f64 f64->i64
    0xbe f32.reinterpret_i32 i32->f32
    0xbf f64.reinterpret_i64 i64->f64
""",
)
_define(
    "convert",
    """
    0xc0 i32.extend8_s  i32->i32
    0xc1 i32.extend16_s i32->i32
    0xc2 i64.extend8_s  i64->i64
    0xc3 i64.extend16_s i64->i64
    0xc4 i64.extend32_s i64->i64
""",
    feature="sign-extension",
)
_define(
    "convert",
    """
    0 i32.trunc_sat_f32_s f32->i32
    1 i32.trunc_sat_f32_u f32->i32
    2 i32.trunc_sat_f64_s f64->i32
    3 i32.trunc_sat_f64_u f64->i32
    4 i64.trunc_sat_f32_s f32->i64
    5 i64.trunc_sat_f32_u f32->i64
    6 i64.trunc_sat_f64_s f64->i64
    7 i64.trunc_sat_f64_u f64->i64
""",
    feature="saturating-float-to-int",
    prefix=0xFC,
)

_define(
    "integer",
    """
    0x13 i64.add128     i64,i64,i64,i64->i64,i64
    0x14 i64.sub128     i64,i64,i64,i64->i64,i64
    0x15 i64.mul_wide_s i64,i64->i64,i64
    0x16 i64.mul_wide_u i64,i64->i64,i64
""",
    feature="wide-arithmetic",
    prefix=0xFC,
)

_define(
    "reference",
    """
    0xd0 ref.null    @heaptype
    0xd1 ref.is_null
    0xd2 ref.func    @func
""",
    feature="reference-types",
)
_define("reference", "0xd4 ref.as_non_null trap", feature="function-references")
_define("reference", "0xd3 ref.eq", feature="gc")
_define(
    "reference",
    """
    0x14 ref.test           @heaptype
    0x15 ref.test_null      @heaptype
    0x16 ref.cast      trap @heaptype
    0x17 ref.cast_null trap @heaptype
    0x1a any.convert_extern
    0x1b extern.convert_any
    0x1c ref.i31
    0x1d i31.get_s     trap
    0x1e i31.get_u     trap
""",
    feature="gc",
    prefix=0xFB,
)

_define(
    "struct",
    """
    0x00 struct.new              @type
    0x01 struct.new_default      @type
    0x02 struct.get         trap @field
    0x03 struct.get_s       trap @field
    0x04 struct.get_u       trap @field
    0x05 struct.set         trap @field
""",
    feature="gc",
    prefix=0xFB,
)
_define(
    "array",
    """
    0x06 array.new         trap @type
    0x07 array.new_default trap @type
    0x08 array.new_fixed        @count
    0x09 array.new_data    trap @type_data
    0x0a array.new_elem    trap @type_elem
    0x0b array.get         trap @type
    0x0c array.get_s       trap @type
    0x0d array.get_u       trap @type
    0x0e array.set         trap @type
    0x0f array.len         trap
    0x10 array.fill        trap @type
    0x11 array.copy        trap @type_pair
    0x12 array.init_data   trap @type_data
    0x13 array.init_elem   trap @type_elem
""",
    feature="gc",
    prefix=0xFB,
)

_define(
    "atomic",
    """
    0x00 memory.atomic.notify i32,i32->i32     trap 4
    0x01 memory.atomic.wait32 i32,i32,i64->i32 trap 4
    0x02 memory.atomic.wait64 i32,i64,i64->i32 trap 8
    0x10 i32.atomic.load      i32->i32         trap 4
    0x11 i64.atomic.load      i32->i64         trap 8
    0x12 i32.atomic.load8_u   i32->i32         trap 1
    0x13 i32.atomic.load16_u  i32->i32         trap 2
    0x14 i64.atomic.load8_u   i32->i64         trap 1
    0x15 i64.atomic.load16_u  i32->i64         trap 2
    0x16 i64.atomic.load32_u  i32->i64         trap 4
    0x17 i32.atomic.store     i32,i32->        trap 4
    0x18 i64.atomic.store     i32,i64->        trap 8
    0x19 i32.atomic.store8    i32,i32->        trap 1
    0x1a i32.atomic.store16   i32,i32->        trap 2
    0x1b i64.atomic.store8    i32,i64->        trap 1
    0x1c i64.atomic.store16   i32,i64->        trap 2
    0x1d i64.atomic.store32   i32,i64->        trap 4
""",
    feature="threads",
    immediate="memarg",
    prefix=0xFE,
)
_define("atomic", "0x03 atomic.fence -> @zero", feature="threads", prefix=0xFE)
for _row, _name in enumerate(("add", "sub", "and", "or", "xor", "xchg", "cmpxchg")):
    _code = 0x1E + 7 * _row
    _more = "{0}," if _name == "cmpxchg" else ""
    _i32, _i64 = (f"i32,{_more.format(type_)}{type_}->{type_} trap" for type_ in ("i32", "i64"))
    _define(
        "atomic",
        f"""
        {_code}     i32.atomic.rmw.{_name}     {_i32} 4
        {_code + 1} i64.atomic.rmw.{_name}     {_i64} 8
        {_code + 2} i32.atomic.rmw8.{_name}_u  {_i32} 1
        {_code + 3} i32.atomic.rmw16.{_name}_u {_i32} 2
        {_code + 4} i64.atomic.rmw8.{_name}_u  {_i64} 1
        {_code + 5} i64.atomic.rmw16.{_name}_u {_i64} 2
        {_code + 6} i64.atomic.rmw32.{_name}_u {_i64} 4
        """,
        feature="threads",
        immediate="memarg",
        prefix=0xFE,
    )

for _rows in VECTOR_ROWS:
    _define(
        _rows.family,
        _rows.text,
        feature=_rows.feature,
        immediate=_rows.immediate,
        prefix=0xFD,
        signature=_rows.signature,
    )


def lane_count(op: Op) -> int:
    """How many lanes there are to choose from, for an instruction whose immediate has a laneidx."""
    if op.immediate == "lanes":
        return 32
    return 16 // op.width if op.width else int(op.mnemonic.partition(".")[0].partition("x")[2])


#: The families of instructions that access a memory by an address, their first operand, and a memarg.
ACCESSES: frozenset[Family] = frozenset({"load", "store", "vector_load", "vector_store"})
#: Integer instructions that have two results.
WIDE = tuple(op for op in OPS.values() if op.feature == "wide-arithmetic")
