"""Constants of a dump as source text: numbers, strings, bytes, and the description of a module.

Everything that comes out of a module and is not an identifier passes through here, so nothing that a module holds can
become code: strings and bytes are escaped as `repr` escapes them, and comments keep printable characters only.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

#: Integers from here on are printed in hexadecimal.
HEX_FROM = 65536
#: The longest line that a literal is laid out for.
LINE_LENGTH = 120
#: Bytes to a line where a bytes literal is wrapped.
BYTES_PER_LINE = 32
#: The shortest run of one byte that is printed as a repetition.
RUN_LENGTH = 64
_RUN = re.compile(rb"(.)\1{%d,}" % (RUN_LENGTH - 1), re.DOTALL)
#: Characters of a module's name that a comment shows at most.
COMMENT_LENGTH = 200


def integer(value: int, *, hexadecimal: bool = False) -> str:
    """An integer that is not negative: hexadecimal where it is large or a bit pattern."""
    return f"0x{value:X}" if hexadecimal or value >= HEX_FROM else str(value)


def string(value: str | bytes) -> str:
    """A string or bytes literal, in double quotes where that needs no further escapes."""
    text = repr(value)
    body = text[text.index(text[-1]) + 1 : -1]
    if text[-1] == "'" and '"' not in body:
        return f'{"b" if isinstance(value, bytes) else ""}"{body}"'
    return text


def comment(text: str) -> str:
    """`text` made safe for a comment: on one line, printable, and not too long."""
    safe = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[:COMMENT_LENGTH])
    return safe + ("…" if len(text) > COMMENT_LENGTH else "")


def bytes_parts(data: bytes) -> list[str]:
    """Expressions whose sum is `data`, each fit for a line: literals, and repetitions of long runs of one byte."""
    return [part for piece in _runs(data) for part in _lines(piece)] or ['b""']


def _runs(data: bytes) -> Iterator[bytes]:
    """Split `data` before and after runs of one byte."""
    start = 0
    for run in _RUN.finditer(data):
        yield data[start : run.start()]
        yield run.group()
        start = run.end()
    yield data[start:]


def _lines(piece: bytes) -> Iterator[str]:
    if len(piece) >= RUN_LENGTH and piece.count(piece[0]) == len(piece):
        yield f"{string(piece[:1])} * {len(piece)}"
        return
    yield from (string(piece[at : at + BYTES_PER_LINE]) for at in range(0, len(piece), BYTES_PER_LINE))


def literal(value: Any, indent: int = 0) -> str:
    """`value`, made of tuples, dicts, scalars and frozen dataclasses, as source laid out over lines.

    `indent` is the column that the text starts in, in levels of four spaces.
    """
    for kind, layout in _LAYOUTS.items():
        if isinstance(value, kind):
            return layout(value, indent)
    if dataclasses.is_dataclass(value):
        return _record(value, indent)
    return repr(value)


def _integer(value: int, indent: int) -> str:
    if isinstance(value, bool):
        return repr(value)
    return f"-{integer(-value)}" if value < 0 else integer(value)


def _string(value: str, indent: int) -> str:
    return string(value)


def _bytes(value: bytes, indent: int) -> str:
    parts = bytes_parts(value)
    if len(parts) == 1:
        return parts[0]
    margin = "    " * (indent + 1)
    lines = [margin + parts[0]]
    for before, part in pairwise(parts):
        joined = before.endswith(('"', "'")) and part.endswith(('"', "'"))
        lines.append(margin + ("" if joined else "+ ") + part)
    return "(\n" + "\n".join(lines) + "\n" + "    " * indent + ")"


def _tuple(value: tuple[Any, ...], indent: int) -> str:
    if len(value) == 1:
        flat = f"({literal(value[0], indent)},)"
    else:
        flat = f"({', '.join(literal(item, indent) for item in value)})"
    return flat if _fits(flat, indent) else _broken("(", [literal(item, indent + 1) for item in value], ")", indent)


def _dict(value: dict[Any, Any], indent: int) -> str:
    flat = "{" + ", ".join(f"{literal(key)}: {literal(item, indent)}" for key, item in value.items()) + "}"
    items = [f"{literal(key)}: {literal(item, indent + 1)}" for key, item in value.items()]
    return flat if _fits(flat, indent) else _broken("{", items, "}", indent)


def _record(value: Any, indent: int) -> str:
    """A frozen dataclass: required fields by position, then by keyword those that differ from their defaults."""
    arguments = list(_arguments(value))
    name = type(value).__name__
    flat = f"{name}({', '.join(prefix + literal(item, indent) for prefix, item in arguments)})"
    if _fits(flat, indent):
        return flat
    return _broken(f"{name}(", [prefix + literal(item, indent + 1) for prefix, item in arguments], ")", indent)


def _arguments(value: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if field.default is not dataclasses.MISSING:
            default = field.default
        elif field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        else:
            yield "", item
            continue
        if item != default:
            yield f"{field.name}=", item


def _fits(text: str, indent: int) -> bool:
    return "\n" not in text and len(text) + 4 * indent < LINE_LENGTH - 24


def _broken(opening: str, items: list[str], closing: str, indent: int) -> str:
    margin = "    " * (indent + 1)
    return opening + "\n" + "".join(f"{margin}{item},\n" for item in items) + "    " * indent + closing


_LAYOUTS: dict[type, Callable[[Any, int], str]] = {
    int: _integer,
    str: _string,
    bytes: _bytes,
    tuple: _tuple,
    dict: _dict,
}
