"""The vector instructions lane by lane, as the spec defines them: what the functions of `runtime.vectors` are to agree
with, in both dialects.  Scalar operators are the run time's own, which have tests of their own.
"""

from __future__ import annotations

import inspect
import itertools
import operator
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from wasm2py.runtime import floats
from wasm2py.runtime.access import f32_bits, f32_from_bits, f64_bits, f64_from_bits
from wasm2py.runtime.vectors import VECTOR_HELPERS
from wasm2py.runtime.vectors.words import WORD_HELPERS, from_int, to_int

Lanes = list[int]


def lanes(vector: int, bits: int, signed: bool = False) -> Lanes:
    """The lanes of a vector, lane 0 first."""
    numbers = [vector >> at & (1 << bits) - 1 for at in range(0, 128, bits)]
    return [n - (n >> bits - 1 << bits) for n in numbers] if signed else numbers


def vector(numbers: Lanes, bits: int) -> int:
    """The vector of lanes, of which the low bits count."""
    return sum((n & (1 << bits) - 1) << bits * i for i, n in enumerate(numbers))


def _with_integers(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the portable dialect, taking and giving vectors as integers."""
    is_vector = [name in ("a", "b", "c", "indices") for name in inspect.signature(function).parameters]

    def call(*operands: Any) -> Any:
        found = function(*(from_int(x) if v else x for x, v in zip(operands, is_vector, strict=True)))
        return to_int(found) if isinstance(found, tuple) else found

    return call


#: The functions of each dialect.
DIALECTS: dict[str, dict[str, Callable[..., Any]]] = {
    "cpython": VECTOR_HELPERS,
    "portable": {name: _with_integers(WORD_HELPERS[name]) for name in VECTOR_HELPERS if name in WORD_HELPERS},
}


def saturated(n: int, bits: int, signed: bool) -> int:
    """The number next to n of those with so many bits."""
    least = -1 << bits - 1 if signed else 0
    return min(max(n, least), least + (1 << bits) - 1)


def rounded_up_mean(x: int, y: int) -> int:
    """Halves rounded up."""
    return (x + y + 1) // 2


def _each(bits: int, function: Callable[..., int], signed: bool = False) -> Callable[..., int]:
    def apply(*vectors: int) -> int:
        return vector([function(*row) for row in zip(*(lanes(v, bits, signed) for v in vectors), strict=True)], bits)

    return apply


def _integers(bits: int) -> dict[str, Callable[..., Any]]:
    def each(function: Callable[..., int], signed: bool = False) -> Callable[..., int]:
        return _each(bits, function, signed)

    found: dict[str, Callable[..., Any]] = {
        "add": each(operator.add),
        "sub": each(operator.sub),
        "mul": each(operator.mul),
        "neg": each(operator.neg),
        "abs": each(abs, signed=True),
        "eq": each(lambda x, y: -(x == y)),
        "ne": each(lambda x, y: -(x != y)),
        "relaxed_laneselect": each(lambda x, y, c: x & c | y & ~c),
        "all_true": lambda a: all(lanes(a, bits)),
        "bitmask": lambda a: sum((n >> bits - 1) << i for i, n in enumerate(lanes(a, bits))),
        "shl": lambda a, n: _each(bits, lambda x: x << n % bits)(a),
    }
    for sign, signed in (("s", True), ("u", False)):
        for name in ("lt", "gt", "le", "ge"):
            compare = getattr(operator, name)
            found[f"{name}_{sign}"] = each(lambda x, y, compare=compare: -compare(x, y), signed)
        found[f"min_{sign}"] = each(min, signed)
        found[f"max_{sign}"] = each(max, signed)
        found[f"shr_{sign}"] = lambda a, n, signed=signed: _each(bits, lambda x: x >> n % bits, signed)(a)
        for name in ("add", "sub"):
            function = getattr(operator, name)
            found[f"{name}_sat_{sign}"] = each(
                lambda x, y, function=function, signed=signed: saturated(function(x, y), bits, signed), signed
            )
    found["avgr_u"] = each(rounded_up_mean)
    found["popcnt"] = each(int.bit_count)
    return found


def _halves(numbers: Lanes) -> dict[str, Lanes]:
    middle = len(numbers) // 2
    return {"low": numbers[:middle], "high": numbers[middle:]}


def _between_widths(bits: int) -> dict[str, Callable[..., int]]:
    """From lanes of half the bits to ones of `bits`, and back."""
    narrow, wide = f"i{bits // 2}x{256 // bits}", f"i{bits}x{128 // bits}"
    found: dict[str, Callable[..., int]] = {}
    for sign, signed in (("s", True), ("u", False)):

        def parts(a: int, half: str, signed: bool = signed) -> Lanes:
            return _halves(lanes(a, bits // 2, signed))[half]

        def extadd(a: int, signed: bool = signed) -> int:
            numbers = lanes(a, bits // 2, signed)
            return vector([x + y for x, y in zip(numbers[::2], numbers[1::2], strict=True)], bits)

        def narrowed(a: int, b: int, signed: bool = signed) -> int:
            numbers = lanes(a, bits, signed=True) + lanes(b, bits, signed=True)
            return vector([saturated(n, bits // 2, signed) for n in numbers], bits // 2)

        for half in ("low", "high"):
            found[f"{wide}_extend_{half}_{narrow}_{sign}"] = lambda a, half=half, parts=parts: vector(
                parts(a, half), bits
            )
            found[f"{wide}_extmul_{half}_{narrow}_{sign}"] = lambda a, b, half=half, parts=parts: vector(
                [x * y for x, y in zip(parts(a, half), parts(b, half), strict=True)], bits
            )
        found[f"{wide}_extadd_pairwise_{narrow}_{sign}"] = extadd
        found[f"{narrow}_narrow_{wide}_{sign}"] = narrowed
    return found


def _q15mulr(x: int, y: int) -> int:
    return saturated((x * y + 0x4000) // 0x8000, 16, signed=True)


def _dot(a: int, b: int, bits: int) -> Lanes:
    """Sums of the products of neighbours."""
    products = [x * y for x, y in zip(lanes(a, bits, signed=True), lanes(b, bits, signed=True), strict=True)]
    return [x + y for x, y in zip(products[::2], products[1::2], strict=True)]


def _relaxed_dot(a: int, b: int) -> Lanes:
    return [saturated(n, 16, signed=True) for n in _dot(a, b, 8)]


def _relaxed_dot_add(a: int, b: int, c: int) -> int:
    sums = _relaxed_dot(a, b)
    pairs = zip(sums[::2], sums[1::2], lanes(c, 32), strict=True)
    return vector([x + y + z for x, y, z in pairs], 32)


def _swizzle(a: int, indices: int) -> int:
    numbers = lanes(a, 8)
    return vector([numbers[i] if i < 16 else 0 for i in lanes(indices, 8)], 8)


# Floats


def _float_lanes(a: int, bits: int) -> list[float]:
    return [f32_from_bits(n) if bits == 32 else f64_from_bits(n) for n in lanes(a, bits)]


def _float_vector(numbers: list[float], bits: int) -> int:
    return vector([f32_bits(floats.f32(x)) if bits == 32 else f64_bits(x) for x in numbers], bits)


def _each_float(bits: int, function: Callable[..., float]) -> Callable[..., int]:
    def apply(*vectors: int) -> int:
        rows = zip(*(_float_lanes(v, bits) for v in vectors), strict=True)
        return _float_vector([function(*row) for row in rows], bits)

    return apply


def _chosen(bits: int, second: Callable[[float, float], bool]) -> Callable[[int, int], int]:
    """Of each two lanes, the second where that holds of the numbers; with the bits that they have."""

    def choose(a: int, b: int) -> int:
        tests = [second(x, y) for x, y in zip(_float_lanes(a, bits), _float_lanes(b, bits), strict=True)]
        return vector([y if t else x for x, y, t in zip(lanes(a, bits), lanes(b, bits), tests, strict=True)], bits)

    return choose


def _compared(bits: int, compare: Callable[[float, float], bool]) -> Callable[[int, int], int]:
    def apply(a: int, b: int) -> int:
        return vector([-compare(x, y) for x, y in zip(_float_lanes(a, bits), _float_lanes(b, bits), strict=True)], bits)

    return apply


def _floats(bits: int) -> dict[str, Callable[..., int]]:
    def single(x: float) -> float:
        return floats.f32(x) if bits == 32 else x

    sign = 1 << bits - 1
    found: dict[str, Callable[..., int]] = {
        "add": _each_float(bits, operator.add),
        "sub": _each_float(bits, operator.sub),
        "mul": _each_float(bits, operator.mul),
        "div": _each_float(bits, floats.f_div),
        "min": _each_float(bits, floats.f_min),
        "max": _each_float(bits, floats.f_max),
        "relaxed_min": _each_float(bits, floats.f_min),
        "relaxed_max": _each_float(bits, floats.f_max),
        "relaxed_madd": _each_float(bits, lambda x, y, z: single(x * y) + z),
        "relaxed_nmadd": _each_float(bits, lambda x, y, z: single(-x * y) + z),
        "sqrt": _each_float(bits, floats.f_sqrt),
        "ceil": _each_float(bits, floats.f_ceil),
        "floor": _each_float(bits, floats.f_floor),
        "trunc": _each_float(bits, floats.f_trunc),
        "nearest": _each_float(bits, floats.f_nearest),
        "neg": _each(bits, lambda n: n ^ sign),
        "abs": _each(bits, lambda n: n & ~sign),
        "pmin": _chosen(bits, lambda x, y: y < x),
        "pmax": _chosen(bits, lambda x, y: x < y),
    }
    comparisons = ("eq", "ne", "lt", "gt", "le", "ge")
    return {**found, **{name: _compared(bits, getattr(operator, name)) for name in comparisons}}


def _conversions() -> dict[str, Callable[[int], int]]:
    found: dict[str, Callable[[int], int]] = {
        "f32x4_demote_f64x2_zero": lambda a: _float_vector(_float_lanes(a, 64), 32),
        "f64x2_promote_low_f32x4": lambda a: _float_vector([floats.f_promote(x) for x in _float_lanes(a, 32)[:2]], 64),
    }
    for sign, truncate in (("s", floats.i32_trunc_sat_s), ("u", floats.i32_trunc_sat_u)):

        def converted(a: int, sign: str = sign) -> Lanes:
            return lanes(a, 32, signed=sign == "s")

        def of_f32(a: int, truncate: Callable[[float], int] = truncate) -> int:
            return vector([truncate(x) for x in _float_lanes(a, 32)], 32)

        def of_f64(a: int, truncate: Callable[[float], int] = truncate) -> int:
            return vector([truncate(x) for x in _float_lanes(a, 64)], 32)

        found[f"i32x4_trunc_sat_f32x4_{sign}"] = found[f"i32x4_relaxed_trunc_f32x4_{sign}"] = of_f32
        found[f"i32x4_trunc_sat_f64x2_{sign}_zero"] = found[f"i32x4_relaxed_trunc_f64x2_{sign}_zero"] = of_f64
        found[f"f32x4_convert_i32x4_{sign}"] = lambda a, converted=converted: vector(
            [f32_bits(floats.f32_from_int(n)) for n in converted(a)], 32
        )
        found[f"f64x2_convert_low_i32x4_{sign}"] = lambda a, converted=converted: _float_vector(
            [float(n) for n in converted(a)[:2]], 64
        )
    return found


#: Name → what takes the vectors (a shift, a count last) and gives the result; more names than there are instructions.
MODEL: dict[str, Callable[..., Any]] = {
    **{f"i{bits}x{128 // bits}_{name}": f for bits in (8, 16, 32, 64) for name, f in _integers(bits).items()},
    **{name: f for bits in (16, 32, 64) for name, f in _between_widths(bits).items()},
    **{f"f{bits}x{128 // bits}_{name}": f for bits in (32, 64) for name, f in _floats(bits).items()},
    **_conversions(),
    "v128_not": lambda a: ~a & (1 << 128) - 1,
    "v128_and": lambda a, b: a & b,
    "v128_andnot": lambda a, b: a & ~b,
    "v128_or": lambda a, b: a | b,
    "v128_xor": lambda a, b: a ^ b,
    "v128_bitselect": lambda a, b, c: a & c | b & ~c,
    "v128_any_true": bool,
    "i8x16_swizzle": _swizzle,
    "i8x16_relaxed_swizzle": _swizzle,
    "i32x4_dot_i16x8_s": lambda a, b: vector(_dot(a, b, 16), 32),
    "i16x8_q15mulr_sat_s": _each(16, _q15mulr, signed=True),
    "i16x8_relaxed_q15mulr_s": _each(16, _q15mulr, signed=True),
    "i16x8_relaxed_dot_i8x16_i7x16_s": lambda a, b: vector(_relaxed_dot(a, b), 16),
    "i32x4_relaxed_dot_i8x16_i7x16_add_s": _relaxed_dot_add,
}

# Operands

#: Lanes at which something might go wrong, by the operands' lanes.
EDGES: dict[str, Lanes] = {
    "i8": [0x00, 0x01, 0x02, 0x0F, 0x10, 0x11, 0x55, 0x7E, 0x7F, 0x80, 0x81, 0xAA, 0xFE, 0xFF],
    "i16": [0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x4000, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xFF7F, 0xFF80, 0xFFFE, 0xFFFF],
    "i32": [
        0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x1000001, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFF7FFF,
        0xFFFF8000, 0xFFFFFFFE, 0xFFFFFFFF,
    ],
    "i64": [0, 1, 0xFFFFFFFF, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, (1 << 64) - 2, (1 << 64) - 1],
    "f32": [
        # zeros, subnormal, normal, halves, limits of integers, the largest, infinity, quiet and signalling NaNs
        0, 1, 0x007FFFFF, 0x00800000, 0x3EFFFFFF, 0x3F000000, 0x3F800000, 0x3FC00000, 0x40200000, 0x4AFFFFFF,
        0x4B000001, 0x4EFFFFFF, 0x4F000000, 0x4F7FFFFF, 0x4F800000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000,
        0x7FC00001, 0x7F800001, 0x7FBFFFFF,
    ],
    "f64": [
        0, 1, 0x000FFFFFFFFFFFFF, 0x36A0000000000000, 0x36A0000000000001, 0x3FDFFFFFFFFFFFFF, 0x3FE0000000000000,
        0x3FF0000000000000, 0x3FF8000000000000, 0x3FF0000010000000, 0x41DFFFFFFFC00000, 0x41DFFFFFFFFFFFFF,
        0x41E0000000000000, 0x41E00000001FFFFF, 0x41EFFFFFFFFFFFFF, 0x41F0000000000000, 0x432FFFFFFFFFFFFF,
        0x47EFFFFFE0000000, 0x47EFFFFFEFFFFFFF, 0x47EFFFFFF0000000, 0x7FEFFFFFFFFFFFFF, 0x7FF0000000000000,
        0x7FF8000000000000, 0x7FF8000000000001, 0x7FF0000000000001, 0x7FF7FFFFFFFFFFFF,
    ],
}  # fmt: skip
for _lanes, _bits in (("f32", 32), ("f64", 64)):
    EDGES[_lanes] += [n | 1 << _bits - 1 for n in EDGES[_lanes]]


def operand_lanes(name: str) -> str:
    """What the operands of an instruction consist of, a key of EDGES: it is what the name says last."""
    found: list[str] = re.findall(r"([if]\d+)x\d+(?!_s_add)", name.replace("i7x16", "i8x16"))
    return found[-1] if found else "i8"


def of_edges(kind: str, count: int) -> Iterator[tuple[int, ...]]:
    """So many vectors (one to three) of such lanes: any two of the edge values meet in the same lane."""
    bits = int(kind[1:])
    rows = list(itertools.product(EDGES[kind], repeat=min(count, 2)))
    chance = random.Random(kind)
    chance.shuffle(rows)
    rows += rows[: -len(rows) % (128 // bits)]
    for start in range(0, len(rows), 128 // bits):
        columns = zip(*rows[start : start + 128 // bits], strict=True)
        found = [vector(list(column), bits) for column in columns]
        yield (*found, *(vector(chance.choices(EDGES[kind], k=128 // bits), bits) for _ in range(count - len(found))))


def splats(kind: str) -> Iterator[tuple[int, int]]:
    """Vectors of edge values, and ones that are the same in all lanes, in either order."""
    bits = int(kind[1:])
    rows = [column for (column,) in of_edges(kind, 1)]
    for n in EDGES[kind]:
        splat = vector([n] * (128 // bits), bits)
        yield from ((a, splat) for a in (*rows, splat >> bits // 2))
        yield from ((splat, a) for a in rows)


def same_floats(got: int, expected: int, bits: int) -> bool:
    """Whether two vectors of floats are the same, where any NaN that arithmetic may result in is as good as another."""
    quiet = 0x7FC00000 if bits == 32 else 0x7FF8000000000000
    pairs = zip(lanes(got, bits), lanes(expected, bits), strict=True)
    return all(x == y or x & quiet == quiet == y & quiet for x, y in pairs)
