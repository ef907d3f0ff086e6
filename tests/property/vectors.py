"""Vector instructions in generated bodies: their immediates, and what they do to NaNs whose bits are not determined.

Of what relaxed instructions may give, wasmtime is told to choose what we do. But when they multiply and add, it rounds
once and we do twice: their operands are such that it makes no difference.
"""

from __future__ import annotations

import re

from property.choices import Choices
from wasm2py.transpile.opcodes import OPS, Op, lane_count

VECTORS = [op for op in OPS.values() if op.family == "vector"]
VECTOR_LOADS = [op for op in OPS.values() if op.family == "vector_load" and op.immediate == "memarg"]
LANE_ACCESSES = [op for op in OPS.values() if op.immediate == "memarg_lane"]
_SHAPES = {"f32": "f32x4", "f64": "f64x2"}
#: Instructions that pass lanes on, or only touch their signs.
_PASSING = ("abs", "neg", "pmin", "pmax", "splat", "extract_lane", "replace_lane")
_ARITHMETIC = (
    "ceil", "floor", "trunc", "nearest", "sqrt", "add", "sub", "mul", "div", "min", "max", "demote_f64x2_zero",
    "promote_low_f32x4", "relaxed_madd", "relaxed_nmadd", "relaxed_min", "relaxed_max",
)  # fmt: skip
#: Instructions that multiply and add → vectors of ones and of minus zeros.
FUSED = {
    OPS[f"{shape}.relaxed_{name}"]: (number * one, number * sign)
    for shape, number, one, sign in (
        ("f32x4", 1 << 96 | 1 << 64 | 1 << 32 | 1, 0x3F800000, 1 << 31),
        ("f64x2", 1 << 64 | 1, 0x3FF << 52, 1 << 63),
    )
    for name in ("madd", "nmadd")
}


def lanes_of(op: Op, choices: Choices) -> object:
    """The lanes that an instruction names, None where it names none."""
    if op.immediate == "lanes":
        return [choices.below(lane_count(op)) for _ in range(16)]
    return choices.below(lane_count(op)) if op.immediate else None


def observes(op: Op, kind: str) -> bool:
    """Whether the bits of NaNs of that type or shape in the operands show in what the instruction gives."""
    shape, _, name = op.mnemonic.partition(".")
    source = re.search(r"_(f32x4|f64x2)", name)
    if name.startswith("convert"):
        return True
    return _SHAPES.get(kind, kind) != (source[1] if source else shape)


def unsettles(op: Op, unsettled: bool) -> str:
    """The type or shape of the NaNs in the result whose bits are not determined; `unsettled` says whether there are any
    among the operands.
    """
    shape, _, name = op.mnemonic.partition(".")
    if shape not in _SHAPES.values() or not (name in _ARITHMETIC or (name in _PASSING and unsettled)):
        return ""
    return shape[:3] if name == "extract_lane" else shape
