"""Tokens of the text format (spec: Text Format / Lexical Format).

`tokenize` reads a whole text at once into parallel lists, which the parser walks by index: a token object each would
cost more than the parsing.  White space, comments and annotations are dropped here, but for annotations of the kinds
that `annotations` knows, which stay beside the tokens.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from wasm2py.runtime.errors import TextError

#: `reserved` tokens match the lexical grammar of no token; the parser refuses them wherever they turn up.
Kind: TypeAlias = Literal["(", ")", "string", "id", "keyword", "number", "reserved", "end"]

_IDCHAR = r"[0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]"
_ESCAPE = r"\\(?:[tnr\"'\\]|[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]+(?:_[0-9A-Fa-f]+)*\})"
_PLAIN = r'[^"\\\x00-\x1f\x7f]*'
_STRING = rf'"{_PLAIN}(?:{_ESCAPE}{_PLAIN})*"'
#: White space and line comments, then a token or what else needs a closer look; group 1 is a token's spelling.
_TOKEN = re.compile(
    rf"""
    (?:[ \t\n\r]+|;;[^\n\r]*)*
    (?:
        (?P<token>\((?![;@])|\)|(?:{_IDCHAR}+|{_STRING})+)
        |(?P<comment>\(;)
        |(?P<annotation>\(@)
        |(?P<mark>[,;\[\]{{}}])
        |(?P<end>\Z)
        |(?P<illegal>)
    )
    """,
    re.VERBOSE,
)
_ANNOTATION_ID = re.compile(rf"{_IDCHAR}+|{_STRING}")
_COMMENT_EDGE = re.compile(r"\(;|;\)")
_STRING_ALONE = re.compile(_STRING)
_STRING_BODY = re.compile(_STRING[:-1])
_QUOTED_ID = re.compile(rf"\${_STRING}")
_PLAIN_ID = re.compile(rf"\${_IDCHAR}+")
_KEYWORD = re.compile(rf"[a-z]{_IDCHAR}*")
_DIGITS, _HEX = r"[0-9]+(?:_[0-9]+)*", r"[0-9A-Fa-f]+(?:_[0-9A-Fa-f]+)*"
_NUMBER = re.compile(
    rf"[+-]?(?:0x{_HEX}(?:\.(?:{_HEX})?)?(?:[pP][+-]?{_DIGITS})?|{_DIGITS}(?:\.(?:{_DIGITS})?)?(?:[eE][+-]?{_DIGITS})?"
    rf"|inf|nan(?::0x{_HEX})?)"
)
_NEWLINE = re.compile(r"\r\n|\n|\r")


NAME, CUSTOM, BRANCH_HINT = "name", "custom", "metadata.code.branch_hint"
_KEPT = frozenset({NAME, CUSTOM, BRANCH_HINT})


@dataclass(frozen=True, slots=True)
class Annotation:
    """`(@name …)`: where it starts, and where what follows its name starts and ends (in characters)."""

    name: str
    start: int
    inside: int
    end: int


@dataclass(slots=True)
class Tokens:
    """The tokens of `text`: the kind, spelling and start offset (in characters) of each; the last is of kind "end".

    `annotations` are those of the kinds that are kept, by the index of the token that they stand before.
    """

    text: str
    kinds: list[Kind] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    annotations: dict[int, list[Annotation]] = field(default_factory=dict)
    _lines: list[int] = field(default_factory=list)

    def append(self, kind: Kind, text: str, start: int) -> None:
        self.kinds.append(kind)
        self.texts.append(text)
        self.starts.append(start)

    def inside(self, annotation: Annotation) -> Tokens:
        """The tokens of an annotation."""
        return _Lexer(self.text).run(annotation.inside, annotation.end)

    def error(self, message: str, offset: int) -> TextError:
        """An error at a character offset of the text."""
        line, column = self.position(offset)
        return TextError(message, line, column)

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column, from 1, of a character offset."""
        if not self._lines:
            self._lines = [0, *(match.end() for match in _NEWLINE.finditer(self.text))]
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1


def decode_source(text: str | bytes) -> str:
    """The characters of a source text.  Raises `TextError` where bytes are not UTF-8, or a string cannot be."""
    encoded = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError as error:
        before = encoded[: error.start]
        line = before.count(b"\n") + 1
        raise TextError("malformed UTF-8 encoding", line, error.start - before.rfind(b"\n")) from None


def tokenize(text: str | bytes, step: Callable[[], object] = lambda: None) -> Tokens:
    """Split a text into tokens.  Raises `TextError` for what no token, comment or annotation can be.

    `step` is called for each spelling that is new, to show that the work goes on.
    """
    source = decode_source(text)
    return _Lexer(source, step).run(0, len(source))


class _Lexer:
    """The state of one tokenization; `known` remembers the kind of each spelling met."""

    def __init__(self, text: str, step: Callable[[], object] = lambda: None) -> None:
        self.text = text
        self.step = step
        self.tokens = Tokens(text)
        self.known: dict[str, Kind] = {"(": "(", ")": ")"}

    def run(self, start: int, end: int) -> Tokens:
        """The tokens from one character to before another."""
        tokens, known, text, match_at = self.tokens, self.known, self.text, _TOKEN.match
        add_kind, add_text, add_start = tokens.kinds.append, tokens.texts.append, tokens.starts.append
        position: int | None = start
        while position is not None:
            match = match_at(text, position, end)
            assert match is not None
            spelling = match[1]
            if spelling is None:
                position = self.other(match)
                continue
            position = match.end()
            start = position - len(spelling)
            add_kind(known.get(spelling) or self.classify(spelling, start))
            add_text(spelling)
            add_start(start)
        return tokens

    def other(self, match: re.Match[str]) -> int | None:
        """Handle what is no ordinary token; returns where to go on, None at the end."""
        group = match.lastgroup or ""
        start = match.start(group)
        if group == "illegal":
            raise self.illegal(start)
        if group == "comment":
            return self.skip_comment(start)
        if group == "annotation":
            return self.skip_annotation(start)
        self.tokens.append("end" if group == "end" else "reserved", match[group], start)
        return None if group == "end" else match.end()

    def classify(self, spelling: str, position: int) -> Kind:
        kind = self.kind_of(spelling, position)
        self.known[spelling] = kind
        self.step()
        return kind

    def kind_of(self, spelling: str, position: int) -> Kind:
        first = spelling[0]
        if first == "$":
            return self.identifier(spelling, position)
        if first == '"':
            return "string" if _STRING_ALONE.fullmatch(spelling) else "reserved"
        if _NUMBER.fullmatch(spelling):
            return "number"
        return "keyword" if _KEYWORD.fullmatch(spelling) else "reserved"

    def identifier(self, spelling: str, position: int) -> Kind:
        if spelling in ("$", '$""') or (self.text.startswith('$"', position) and spelling == "$"):
            raise self.tokens.error("empty identifier", position)
        if _QUOTED_ID.fullmatch(spelling):
            identifier_name(spelling, self.tokens, position)
            return "id"
        return "id" if _PLAIN_ID.fullmatch(spelling) else "reserved"

    def skip_comment(self, start: int) -> int:
        depth, position = 1, start + 2
        while depth:
            edge = _COMMENT_EDGE.search(self.text, position)
            if edge is None:
                raise self.tokens.error("unclosed comment", start)
            depth += 1 if edge[0] == "(;" else -1
            position = edge.end()
        return position

    def skip_annotation(self, start: int) -> int:
        """Skip `(@id …)`, in which any tokens may stand as long as parentheses match."""
        name, inside = self.annotation_id(start)
        position, depth = inside, 1
        while depth:
            match = _TOKEN.match(self.text, position)
            assert match is not None
            position = self.inside_annotation(match, start)
            opens = match.lastgroup == "annotation" or match[1] == "("
            depth += opens - (match[1] == ")")
        if name in _KEPT:
            kept = Annotation(name, start, inside, position - 1)
            self.tokens.annotations.setdefault(len(self.tokens.kinds), []).append(kept)
        return position

    def inside_annotation(self, match: re.Match[str], start: int) -> int:
        """Step over one token of the annotation that begins at `start`."""
        group = match.lastgroup or ""
        if group == "illegal":
            raise self.illegal(match.start(group))
        if group == "end":
            raise self.tokens.error("unclosed annotation", start)
        return self.skip_comment(match.start(group)) if group == "comment" else match.end()

    def annotation_id(self, start: int) -> tuple[str, int]:
        """The name of the annotation that begins at `start`, and where that ends."""
        match = _ANNOTATION_ID.match(self.text, start + 2)
        if match is None or match[0] == '""':
            raise self.tokens.error("empty annotation id", start)
        return identifier_name("$" + match[0], self.tokens, start), match.end()

    def illegal(self, position: int) -> TextError:
        """The error for a character that starts no token."""
        if self.text[position] != '"':
            return self.tokens.error("illegal character", position)
        body = _STRING_BODY.match(self.text, position)
        stop = body.end() if body else position
        if stop >= len(self.text) or self.text[stop] in "\r\n":
            return self.tokens.error("unclosed string", position)
        if self.text[stop] == "\\":
            return self.tokens.error("illegal escape", stop)
        return self.tokens.error("illegal control character in string", stop)


_ESCAPES = re.compile(rb"\\(?:u\{([0-9A-Fa-f_]+)\}|([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_SIMPLE_ESCAPES = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b'"': b'"', b"'": b"'", b"\\": b"\\"}


def string_bytes(spelling: str, tokens: Tokens, position: int) -> bytes:
    """The bytes that a string token stands for; `spelling` includes the quotes."""
    if "\\" not in spelling:
        return spelling[1:-1].encode("utf-8")

    def replace(match: re.Match[bytes]) -> bytes:
        point, pair, simple = match.groups()
        if point:
            return _encode_point(point, tokens, position)
        return bytes([int(pair, 16)]) if pair else _SIMPLE_ESCAPES[simple]

    return _ESCAPES.sub(replace, spelling[1:-1].encode("utf-8"))


def _encode_point(digits: bytes, tokens: Tokens, position: int) -> bytes:
    point = int(digits.replace(b"_", b""), 16)
    if point >= 0x110000 or 0xD800 <= point < 0xE000:
        raise tokens.error("illegal escape", position)
    return chr(point).encode("utf-8")


def identifier_name(spelling: str, tokens: Tokens, position: int) -> str:
    """The name that an id token stands for: `$x` and `$"x"` are the same."""
    if not spelling.startswith('$"'):
        return spelling[1:]
    try:
        return string_bytes(spelling[1:], tokens, position).decode("utf-8")
    except UnicodeDecodeError:
        raise tokens.error("malformed UTF-8 encoding", position) from None
