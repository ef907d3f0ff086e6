"""Walking over tokens: what every part of the parser shares."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.errors import TextError
from wasm2py.transpile.text.keywords import is_keyword
from wasm2py.transpile.text.numbers import unsigned_integer
from wasm2py.transpile.text.tokens import Annotation, Kind, Tokens, identifier_name, string_bytes


class Cursor:
    """A position in `tokens`; the parser's functions take it and move it on.

    `annotations` are those that nothing has taken yet, by the token that they stand before.  `type_index` steps over a
    typeidx, for types that refer to others by it: those of the module that is being read.
    """

    __slots__ = ("annotations", "at", "kinds", "texts", "tokens", "type_index")

    def __init__(self, tokens: Tokens, at: int = 0) -> None:
        self.tokens = tokens
        self.kinds = tokens.kinds
        self.texts = tokens.texts
        self.at = at
        self.annotations = dict(tokens.annotations)
        self.type_index: Callable[[Cursor], int] = Cursor.natural

    @property
    def kind(self) -> Kind:
        return self.kinds[self.at]

    @property
    def text(self) -> str:
        return self.texts[self.at]

    @property
    def line(self) -> int:
        return self.tokens.position(self.tokens.starts[self.at])[0]

    def error(self, message: str, at: int | None = None) -> TextError:
        """An error at a token, by default the current one."""
        return self.tokens.error(message, self.tokens.starts[self.at if at is None else at])

    def unexpected(self, at: int | None = None) -> TextError:
        """The error for a token that does not fit; what is no token of the grammar is an unknown operator."""
        at = self.at if at is None else at
        kind, text = self.kinds[at], self.texts[at]
        if kind == "reserved" or (kind == "keyword" and not is_keyword(text)):
            return self.error(f"unknown operator {text}", at)
        return self.error(f"unexpected token {text}".rstrip(), at)

    def opens(self, *keywords: str) -> bool:
        """Whether `(` and one of these keywords come next."""
        return self.kinds[self.at] == "(" and self.texts[self.at + 1] in keywords

    def opened_keyword(self) -> str:
        """The keyword of the list that opens here, or "" if none does."""
        if self.kinds[self.at] == "(" and self.kinds[self.at + 1] == "keyword":
            return self.texts[self.at + 1]
        return ""

    def take_open(self, *keywords: str) -> bool:
        """Step over `(` and one of these keywords, if they come next."""
        if self.opens(*keywords):
            self.at += 2
            return True
        return False

    def expect_open(self, *keywords: str) -> str:
        """Step over `(` and one of these keywords, which must come next; returns the keyword."""
        if self.kinds[self.at] != "(":
            raise self.unexpected()
        if self.texts[self.at + 1] not in keywords:
            raise self.unexpected(self.at + 1)
        self.at += 2
        return self.texts[self.at - 1]

    def close(self) -> None:
        """Step over `)`, which must come next."""
        if self.kinds[self.at] != ")":
            raise self.unexpected()
        self.at += 1

    def take_keyword(self, *keywords: str) -> str:
        """Step over one of these keywords, if it comes next; returns it, or ""."""
        text = self.texts[self.at]
        if self.kinds[self.at] == "keyword" and text in keywords:
            self.at += 1
            return text
        return ""

    def take_id(self) -> str | None:
        """Step over an identifier, if one comes next; returns its name, without `$`."""
        if self.kinds[self.at] != "id":
            return None
        name = identifier_name(self.texts[self.at], self.tokens, self.tokens.starts[self.at])
        self.at += 1
        return name

    def take_annotations(self, name: str, at: int | None = None) -> list[Annotation]:
        """Take the annotations of a kind that stand before a token, by default the current one."""
        at = self.at if at is None else at
        here = self.annotations.get(at, [])
        found = [annotation for annotation in here if annotation.name == name]
        if found:
            self.annotations[at] = [annotation for annotation in here if annotation.name != name]
        return found

    def string(self) -> bytes:
        """Step over a string, which must come next."""
        if self.kinds[self.at] != "string":
            raise self.unexpected()
        value = string_bytes(self.texts[self.at], self.tokens, self.tokens.starts[self.at])
        self.at += 1
        return value

    def strings(self) -> bytes:
        """Step over all strings that follow; returns them joined."""
        parts = []
        while self.kinds[self.at] == "string":
            parts.append(self.string())
        return b"".join(parts)

    def name(self) -> str:
        """Step over a string that is a name: it must be UTF-8."""
        at, value = self.at, self.string()
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise self.error("malformed UTF-8 encoding", at) from None

    def number(self, read: Callable[[str, int], int | None], bits: int, kind: str) -> int:
        """Step over a number of `bits` bits, which must come next; `kind` names it in the error."""
        if self.kinds[self.at] != "number":
            raise self.unexpected()
        try:
            value = read(self.texts[self.at], bits)
        except OverflowError:
            raise self.error(f"{kind} out of range") from None
        if value is None:
            raise self.unexpected()
        self.at += 1
        return value

    def natural(self, bits: int = 32) -> int:
        """Step over an unsigned integer, which must come next."""
        return self.number(unsigned_integer, bits, f"i{bits} constant")

    def skip_list(self) -> None:
        """Step over a whole list, from its `(` to past its `)`."""
        depth = 0
        while True:
            kind = self.kinds[self.at]
            if kind == "end":
                raise self.unexpected()
            depth += (kind == "(") - (kind == ")")
            self.at += 1
            if depth == 0:
                return
