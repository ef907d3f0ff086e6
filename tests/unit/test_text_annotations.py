"""Annotations become names, custom sections and branch hints, or are refused."""

from __future__ import annotations

import pytest
from wasm2py.runtime.errors import TextError
from wasm2py.transpile.decode import decode_body, decode_module
from wasm2py.transpile.decode.sections import section_spans
from wasm2py.transpile.module import Module
from wasm2py.transpile.text import assemble
from wasm2py.transpile.text.script import parse_script


def module_of(fields: str) -> Module:
    return decode_module(assemble(f"(module {fields})"))


def layout(fields: str) -> list[str]:
    """The module's sections in order; custom ones by their names."""
    module = module_of(fields)
    customs = iter(module.customs)
    return [next(customs)[0] if span.name == "custom" else span.name for span in section_spans(module.data)]


def test_names() -> None:
    module = module_of(
        """(@name "the module")
        (import "env" "f" (func $f (@name "imported")))
        (type $t (@name "pair") (func (param $x (@name "left") i32) (param i32)))
        (type $u (func))
        (tag $tag (@name "failed"))
        (func $g (@name "if") (param $x (@name "left") i32) (param (@name "right") i64) (local $z i32) (local f32 f32)
            (local (@name "last") f64) (local.set $z (local.get $x)) (call $g (local.get $x) (local.get 1)))"""
    )
    names = module.names
    assert names.module == "the module"
    assert names.functions == {0: "imported", 1: "if"}
    assert names.locals == {1: {0: "left", 1: "right", 2: "z", 5: "last"}}
    assert names.types == {0: "pair", 1: "u"}
    assert names.tags == {0: "failed"}


def test_a_name_takes_precedence_over_an_identifier_and_does_not_replace_it() -> None:
    module = decode_module(assemble('(module $m (@name "other") (func $f (@name "λ")) (export "f" (func $f)))'))
    assert (module.names.module, module.names.functions) == ("other", {0: "λ"})


def test_custom_sections_go_where_they_are_told() -> None:
    assert layout(
        """(@custom "a" "1") (@custom "b" (after func)) (@custom "c" (before func)) (table 1 funcref)
        (@custom "d" (after last)) (func) (@custom "e" (after import)) (@custom "f" (before type))
        (@custom "g" (before first)) (@custom "h" (after func)) (@custom "i" (before table)) (@custom "j" (after code))
        (@custom "k" (after data))"""
    ) == ["g", "f", "type", "e", "c", "function", "b", "h", "i", "table", "code", "j", "k", "a", "d"]  # fmt: skip


def test_custom_sections_hold_all_strings() -> None:
    module = module_of(r'(@custom "a") (@custom "" "x" "" "\00y") (func (@"name" "f")) (@custom "a" (after code) "2")')
    assert module.customs[:3] == (("a", b"2"), ("a", b""), ("", b"x\0y"))
    assert module.names.functions == {0: "f"}


def test_branch_hints() -> None:
    module = module_of(
        r"""(func) (func (param i32) (local i64)
            local.get 0 (@metadata.code.branch_hint "\01") if nop end
            (block (@metadata.code.branch_hint "\00") (br_if 0 (local.get 0)))
            (@metadata.code.branch_hint "\01")
            (if (local.get 0) (then) (else nop)))"""
    )
    assert [title for title, _ in module.customs] == ["metadata.code.branch_hint"]
    assert module.data.index(b"metadata") < module.functions[0].start
    body = module.functions[1].start - len(b"\1\1\x7e")
    hinted = [at - body for op, _, at in decode_body(module, module.functions[1]) if op.mnemonic in ("if", "br_if")]
    assert hinted == [5, 13, 18]
    assert module.customs[0][1] == bytes([1, 1, 3, 5, 1, 1, 13, 1, 0, 18, 1, 1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(@name)", "1:7: @name annotation: unexpected token"),
        ('(@name "a" "b")', "1:12: @name annotation: unexpected token"),
        (r'(@name "\ff")', "1:8: @name annotation: malformed UTF-8 encoding"),
        ('(@name "a") (@name "b")', "1:13: @name annotation: multiple module"),
        ('(func $f (@name "a") (@name "b"))', "1:22: @name annotation: multiple function"),
        ('(func (param (@name "a") i32 i32))', "1:30: unexpected token i32"),
        ('(func) (@name "a")', "1:8: misplaced @name annotation"),
        ('(func (export "f") (@name "a"))', "1:20: misplaced @name annotation"),
        ('(memory (@name "a") 1)', "1:9: misplaced @name annotation"),
        ('(func (block (@name "a")))', "1:14: misplaced @name annotation"),
        ("(@custom)", "1:9: @custom annotation: missing section name"),
        ('(@custom "a" 1)', "1:14: @custom annotation: unexpected token"),
        ('(@custom "a" (before))', "1:21: @custom annotation: malformed section kind"),
        ('(@custom "a" (before last))', "1:22: @custom annotation: malformed section kind"),
        ('(@custom "a" ("before" func))', "1:14: @custom annotation: malformed placement"),
        ('(@custom "a" (before func func))', "1:27: @custom annotation: unexpected token func"),
        ('(type (@custom "a") (func))', "1:7: misplaced @custom annotation"),
        (
            '(func (@metadata.code.branch_hint "x") if end)',
            "1:38: @metadata.code.branch_hint annotation: invalid hint",
        ),
        (
            r'(func (@metadata.code.branch_hint "\01"))',
            "1:7: @metadata.code.branch_hint annotation: not in a function, at an instruction",
        ),
        (
            r'(func (@metadata.code.branch_hint "\01") (block))',
            "1:7: @metadata.code.branch_hint annotation: invalid target",
        ),
    ],
)
def test_what_is_wrong_with_annotations(text: str, message: str) -> None:
    with pytest.raises(TextError) as caught:
        assemble(text)
    assert str(caught.value) == message


def test_other_annotations_are_white_space() -> None:
    assert assemble('(module (@unknown (@name "a")) (func (@x) nop (@custom.x)))') == assemble("(module (func nop))")


def test_annotations_belong_to_their_module_of_a_script() -> None:
    one, two = parse_script('(module (@name "a")) (module $m (func (@name "b")) (@custom "c"))')
    assert decode_module(one.module.binary()).names.module == "a"
    for _ in range(2):
        module = decode_module(two.module.binary())
        assert (module.names.module, module.names.functions) == ("m", {0: "b"})
        assert [title for title, _ in module.customs] == ["c", "name"]
