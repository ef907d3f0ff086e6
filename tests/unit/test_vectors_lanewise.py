"""Vector instructions without immediates, compared with the model on edge values and on any."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from unit.vector_model import DIALECTS, EDGES, MODEL, of_edges, operand_lanes, same_floats, splats, vector
from wasm2py.runtime.vectors import VECTOR_HELPERS
from wasm2py.runtime.vectors.words import WORD_HELPERS

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies

V: dict[str, Any] = VECTOR_HELPERS
#: Instructions with immediates, and those of memory, have tests of their own.
NAMES = [name for name in V if name in MODEL]
#: What generated code has functions for besides instructions.
EXTRA = {"f32x4_make", "f64x2_make", "i32x4_mask", "i64x2_mask", "i8x16_eq_bitmask"} | {
    "i16x8_even", "i16x8_odd", "i16x8_scale", "i8x16_zip", "i8x16_zip_fitting"
}  # fmt: skip
#: Where NaNs of arithmetic come out; elsewhere bit patterns are kept.
ARITHMETIC = (
    "add", "sub", "mul", "div", "min", "max", "sqrt", "ceil", "floor", "trunc", "nearest", "madd", "nmadd", "zero",
    "f32x4",
)  # fmt: skip


def _count(name: str) -> int:
    return len(inspect.signature(V[name]).parameters)


def _is_shift(name: str) -> bool:
    return name.partition("_")[2] in ("shl", "shr_s", "shr_u")


def _operands(name: str) -> Iterator[tuple[int, ...]]:
    kind = operand_lanes(name)
    if not _is_shift(name):
        yield from of_edges(kind, _count(name))
        yield from splats(kind) if _count(name) == 2 else ()
        return
    bits = int(kind[1:])
    for (a,) in of_edges(kind, 1):
        for n in (*range(bits + 2), 255, 1 << 31, (1 << 32) - 1):
            yield a, n


def _check(dialect: str, name: str, operands: tuple[int, ...]) -> None:
    got, expected = DIALECTS[dialect][name](*operands), MODEL[name](*operands)
    if name[0] == "f" and name.rpartition("_")[2] in ARITHMETIC:
        assert 0 <= got < 1 << 128
        assert same_floats(got, expected, int(name[1:3])), (operands, hex(got), hex(expected))
    else:
        assert got == expected, (operands, hex(got), hex(expected))


def test_the_model_knows_all_but_those_with_immediates_or_memory() -> None:
    immediate = ("splat", "extract_lane", "extract_lane_s", "extract_lane_u", "replace_lane", "shuffle")
    others = {name for name in V if name not in MODEL} - EXTRA
    assert {name for name in others if name.partition("_")[2] not in immediate} == {
        name for name in V if name.startswith(("v128_load", "v128_store"))
    }


def test_there_is_every_instruction() -> None:
    relaxed = [name for name in V if "_relaxed_" in name]
    assert len(relaxed) == 20
    assert len(V) - len(relaxed) == 235 + len(EXTRA)  # all of SIMD but v128.const


def test_both_dialects_have_the_same_functions() -> None:
    assert {*WORD_HELPERS, "i8x16_eq_bitmask"} == {*V, "f32x4_load", "f64x2_load", "v128_from_int", "v128_to_int"}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", NAMES)
def test_edge_values(name: str, dialect: str) -> None:
    for operands in _operands(name):
        _check(dialect, name, operands)


def _vectors() -> Any:
    """Any vector, or one of edge values."""
    edges = [
        st.lists(st.sampled_from(numbers), min_size=128 // int(kind[1:]), max_size=128 // int(kind[1:])).map(
            lambda found, bits=int(kind[1:]): vector(found, bits)
        )
        for kind, numbers in EDGES.items()
    ]
    return st.one_of(st.integers(0, (1 << 128) - 1), *edges)


@hypothesis.settings(deadline=None, max_examples=600)
@hypothesis.given(st.sampled_from(NAMES), _vectors(), _vectors(), _vectors())
def test_any_vectors(name: str, a: int, b: int, c: int) -> None:
    operands = (a, b & 0xFFFFFFFF) if _is_shift(name) else (a, b, c)[: _count(name)]
    for dialect in DIALECTS:
        _check(dialect, name, operands)
