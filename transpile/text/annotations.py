"""Annotations that mean something here (spec: Appendix / Custom Sections and Annotations; branch hinting's proposal).

`(@name …)` is the name of a binding, `(@custom …)` a custom section, `(@metadata.code.branch_hint …)` whether a branch
is likely.  One that stands where it means nothing is an error; annotations of other kinds are white space.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wasm2py.runtime.errors import TextError
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.encode import section, sized
from wasm2py.transpile.text.tokens import BRANCH_HINT, CUSTOM, NAME, Annotation

#: Where a custom section goes: before or after a section, by its name in annotations; "first" and "last" are the ends.
Place = tuple[str, str]

#: The sections of the binary format in their order, by their names in annotations, and their ids.
SECTIONS = {
    "type": 1, "import": 2, "func": 3, "table": 4, "memory": 5, "tag": 13, "global": 6, "export": 7, "start": 8,
    "elem": 9, "datacount": 12, "code": 10, "data": 11,
}  # fmt: skip
FIRST: Place = ("before", "first")
LAST: Place = ("after", "last")

#: The instructions that may have a branch hint, and what it says.
_BRANCHES = ("if", "br_if")
_HINTS = (b"\0", b"\1")
_MISPLACED = {
    NAME: "misplaced @name annotation",
    CUSTOM: "misplaced @custom annotation",
    BRANCH_HINT: f"@{BRANCH_HINT} annotation: not in a function, at an instruction",
}


def annotated_name(cursor: Cursor, what: str) -> str | None:
    """The name annotated at the cursor, if there is one; `what` it is of is for the error where there are two."""
    found = cursor.take_annotations(NAME)
    if len(found) > 1:
        raise cursor.tokens.error(f"@name annotation: multiple {what}", found[1].start)
    return _name(cursor, found[0]) if found else None


def _name(cursor: Cursor, annotation: Annotation) -> str:
    with _content(cursor, annotation) as content:
        return content.name()


@contextmanager
def _content(cursor: Cursor, annotation: Annotation) -> Iterator[Cursor]:
    """The tokens of an annotation, all of which are to be read."""
    try:
        content = Cursor(cursor.tokens.inside(annotation))
        yield content
        if content.kind != "end":
            raise content.error("unexpected token")
    except TextError as error:
        raise TextError(f"@{annotation.name} annotation: {error.message}", error.line, error.column) from None


def annotated_sections(cursor: Cursor) -> Iterator[tuple[Place, bytes]]:
    """The custom sections that are annotated at the cursor, and where each goes."""
    for annotation in cursor.take_annotations(CUSTOM):
        with _content(cursor, annotation) as content:
            if content.kind != "string":
                raise content.error("missing section name")
            title = sized(content.name().encode("utf-8"))
            place = _placement(content)
            found = section(0, title + content.strings())
        yield place, found


def _placement(content: Cursor) -> Place:
    if content.kind != "(":
        return LAST
    side = content.opened_keyword()
    if side not in ("before", "after"):
        raise content.error("malformed placement")
    content.at += 2
    place = side, content.text
    if place not in (FIRST, LAST) and content.text not in SECTIONS:
        raise content.error("malformed section kind")
    content.at += 1
    content.close()
    return place


def annotated_hint(cursor: Cursor, at: int, mnemonic: str) -> bytes | None:
    """The hint that stands before the instruction at token `at`, if there is one."""
    found = cursor.take_annotations(BRANCH_HINT, at)
    if not found:
        return None
    if len(found) > 1:
        raise cursor.tokens.error(f"@{BRANCH_HINT} annotation: duplicate annotation", found[1].start)
    if mnemonic not in _BRANCHES:
        raise cursor.tokens.error(f"@{BRANCH_HINT} annotation: invalid target", found[0].start)
    with _content(cursor, found[0]) as content:
        hint = content.strings()
        if hint not in _HINTS:
            raise content.error("invalid hint")
    return hint


def refuse_misplaced(cursor: Cursor, start: int) -> None:
    """Raise TextError for an annotation between token `start` and the cursor that nothing has taken."""
    for at, found in cursor.annotations.items():
        if found and start <= at <= cursor.at:
            raise cursor.tokens.error(_MISPLACED[found[0].name], found[0].start)
