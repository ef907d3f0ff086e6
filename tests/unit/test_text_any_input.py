"""Whatever the input is, reading it ends with a result or a `TextError` that has a position in it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from wasm2py.runtime.errors import TextError
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.text import assemble, parse_script
from wasm2py.transpile.text.keywords import WORDS

SCRIPT = r"""
(module $m (type $t (func (param $p i32) (result i32))) (import "a" "b" (func $i (type $t)))
  (table $tab 1 2 funcref) (memory $mem (data "a\00")) (global $g (mut f32) (f32.const -0x1.8p3))
  (func $f (export "f") (param $x i32) (result i32) (local $y i64)
    (if $l (result i32) (i32.eqz (local.get $x)) (then (call_indirect $tab (type $t) (i32.const 1) (i32.const 0)))
      (else block $k (result i32) i32.const 1 (br_table $k 0 (i32.const 2)) end $k)))
  (elem $e (offset (i32.const 0)) func $f) (elem declare funcref (ref.func $f)) (data $d "x") (start $s)
  (func $s (memory.init $d (i32.const 0) (i32.const 0) (i32.load8_u offset=1 align=1 (i32.const 0)))))
(assert_return (invoke $m "f" (i32.const 1)) (either (i32.const 0x1) (i32.const 2)))
(assert_malformed (module quote "(func") "unexpected token") (register "m" $m) (get "g")
"""
WORD = st.one_of(
    st.sampled_from(["(", ")", "(", ")", *sorted(OPS), *sorted(WORDS)]),
    st.sampled_from(["$x", '$"y"', '"a"', "0", "-1", "1.5", "nan:0x1", "(;", ";)", ";;", "(@a", "offset=1", "align=3"]),
)


def total(read: Callable[[str], object], text: str) -> None:
    """Read, and accept an error with a position inside the text."""
    with contextlib.suppress(TextError):
        try:
            read(text)
        except TextError as error:
            assert 1 <= error.line <= max(1, len(text.splitlines()) + 1)
            assert error.column >= 1
            raise


@given(st.text())
def test_any_text(text: str) -> None:
    total(assemble, text)
    total(parse_script, text)


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    with contextlib.suppress(TextError):
        assemble(data)


@given(st.lists(WORD, max_size=30).map(" ".join))
def test_any_words(text: str) -> None:
    total(assemble, text)
    total(assemble, f"(func {text})")
    total(parse_script, text)


@given(st.integers(0, len(SCRIPT)), st.integers(0, 20), st.one_of(WORD, st.text(max_size=3)))
def test_any_change_of_a_script(position: int, length: int, word: str) -> None:
    text = SCRIPT[:position] + word + SCRIPT[position + length :]
    total(parse_script, text)
    module = text[: text.find("(assert_return")]
    total(assemble, module)
