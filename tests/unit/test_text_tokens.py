"""Tokens of the text format."""

from __future__ import annotations

import pytest
from wasm2py.runtime.errors import TextError
from wasm2py.transpile.text.tokens import identifier_name, string_bytes, tokenize


def spellings(text: str | bytes) -> list[tuple[str, str]]:
    tokens = tokenize(text)
    return [(str(kind), text) for kind, text in zip(tokens.kinds, tokens.texts, strict=True)][:-1]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("module", "keyword"),
        ("i32.const", "keyword"),
        ("offset=0x10", "keyword"),
        ("nan:canonical", "keyword"),
        ("12", "number"),
        ("-0x1_2.8p-3", "number"),
        ("inf", "number"),
        ("-nan:0xf", "number"),
        ("$x", "id"),
        ('$"a b"', "id"),
        ('"a\\"b"', "string"),
        ("0$x", "reserved"),
        ('$x"a"', "reserved"),
        ('"a""b"', "reserved"),
        ("1__0", "reserved"),
        ("0x", "reserved"),
        ("nan:1", "keyword"),
        ("Upper", "reserved"),
        (",", "reserved"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert spellings(text) == [(kind, text)]


def test_parentheses_separate() -> None:
    assert [text for _, text in spellings('(func(nop)"a"(;c;)$x;;d\n$y)')] == [
        "(", "func", "(", "nop", ")", '"a"', "$x", "$y", ")",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\r\n",
        ";;",
        ";; (; \n",
        "(;a;)",
        "(;a (;b;) ;;c\n d;)",
        "(@a)",
        '(@"a b" ) )'[:7] + ")",
        "(@a (b) (@c) (;);) ,)",
    ],
)
def test_nothing_left(text: str) -> None:
    assert spellings(text) == []


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a\n  \x01", "illegal character", 2, 3),
        ("a ü", "illegal character", 1, 3),
        ('"abc', "unclosed string", 1, 1),
        ('a "abc\n"', "unclosed string", 1, 3),
        ('"a\\q"', "illegal escape", 1, 3),
        ('"\x02"', "illegal control character in string", 1, 2),
        ("(;(;;)", "unclosed comment", 1, 1),
        ("(@a (b)", "unclosed annotation", 1, 1),
        ("(@)", "empty annotation id", 1, 1),
        ("(@ a)", "empty annotation id", 1, 1),
        ("( $ )", "empty identifier", 1, 3),
        ('$""', "empty identifier", 1, 1),
        ('$"\\ff"', "malformed UTF-8 encoding", 1, 1),
        ('"\ud800"', "malformed UTF-8 encoding", 1, 2),
        (b"ab\n c\xff", "malformed UTF-8 encoding", 2, 3),
    ],
)
def test_errors(text: str | bytes, message: str, line: int, column: int) -> None:
    with pytest.raises(TextError) as caught:
        tokenize(text)
    assert (caught.value.message, caught.value.line, caught.value.column) == (message, line, column)


def test_string_escapes() -> None:
    spelling = r'"\t\n\r\"\'\\\41\ff\u{1F600}é"'
    tokens = tokenize(spelling)
    assert string_bytes(spelling, tokens, 0) == b"\t\n\r\"'\\A\xff" + "\U0001f600é".encode()


@pytest.mark.parametrize("spelling", [r'"\u{110000}"', r'"\u{d800}"'])
def test_no_such_character(spelling: str) -> None:
    with pytest.raises(TextError, match="illegal escape"):
        string_bytes(spelling, tokenize(spelling), 0)


def test_identifiers_are_the_same_quoted_or_not() -> None:
    tokens = tokenize('$AB $"AB" $"\\41\\u{42}"')
    assert {identifier_name(text, tokens, 0) for text in tokens.texts[:-1]} == {"AB"}
