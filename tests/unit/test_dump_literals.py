"""Literals of a dump: what is printed evaluates to what was given, and nothing in a module becomes code."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasm2py.runtime import program, types
from wasm2py.runtime.program import DataInfo, FunctionInfo, Options, Program
from wasm2py.runtime.types import FuncType
from wasm2py.transpile.dump import literals

NAMESPACE = {**vars(program), **vars(types)}

SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.binary(max_size=300)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=6).map(tuple) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_literals_evaluate_to_their_value(value: object) -> None:
    text = literals.literal(value)
    assert eval(f"({text})", {"__builtins__": {}}) == value


@given(st.lists(st.tuples(st.sampled_from([b"\0", b"ab", b"\xff", b"'\"\n"]), st.integers(0, 300)), max_size=6))
def test_bytes_with_runs_evaluate_to_their_value(pieces: list[tuple[bytes, int]]) -> None:
    data = b"".join(piece * count for piece, count in pieces)
    assert eval(literals.literal(data)) == data


@given(st.text())
def test_comments_are_one_printable_line(text: str) -> None:
    comment = literals.comment(text)
    assert comment.isprintable()
    assert len(ast.parse(f"# {comment}\npass").body) == 1


@pytest.mark.parametrize("name", ["a\nimport os", "\r\n", "\x0c", "\u2028x", "\x00", "\u202etxt", "\\"])
def test_line_breaks_and_controls_do_not_survive_in_comments(name: str) -> None:
    assert len(f"# {literals.comment(name)}".splitlines()) == 1


def test_a_program_evaluates_to_itself() -> None:
    value = Program(
        'it\'s a "name"\n',
        Options("portable", disabled_passes=("x",)),
        types=(FuncType(("i32",), ("f64", "i64")),) * 9,
        functions=tuple(FunctionInfo(FuncType(), f"f{index}", f"name {index}", index) for index in range(40)),
        datas=(DataInfo("active", bytes(5000) + bytes(range(256)), 0, (("i32.const", 8),)), DataInfo("passive", b"")),
        units=((0, 40),),
        imported={"func": 0},
    )
    text = literals.literal(value)
    assert eval(text, NAMESPACE) == value
    assert max(map(len, text.splitlines())) <= 150
    assert 'b"\\x00" * 5001' in text


def test_fields_at_their_defaults_are_left_out() -> None:
    assert literals.literal(Options()) == "Options()"
    assert literals.literal(FuncType(("i32",))) == 'FuncType(params=("i32",))'
