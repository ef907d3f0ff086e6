"""Reading the name section (spec: Appendix / Custom Sections).

Names are for people: a name section that is malformed is no error, it counts as absent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from wasm2py.runtime.errors import DecodeError
from wasm2py.transpile.decode.reader import Reader
from wasm2py.transpile.module import NameSection

T = TypeVar("T")

_MODULE, _FUNCTIONS, _LOCALS, _TYPES, _GLOBALS, _FIELDS, _TAGS = 0, 1, 2, 4, 7, 10, 11


def decode_names(payload: bytes) -> NameSection:
    """The names in the payload of a name section; subsections of other kinds are skipped."""
    try:
        subsections = _subsections(payload)
        return NameSection(
            module=_read(subsections, _MODULE, Reader.name, None),
            functions=_read(subsections, _FUNCTIONS, _name_map, {}),
            locals=_read(subsections, _LOCALS, _indirect_name_map, {}),
            globals=_read(subsections, _GLOBALS, _name_map, {}),
            types=_read(subsections, _TYPES, _name_map, {}),
            fields=_read(subsections, _FIELDS, _indirect_name_map, {}),
            tags=_read(subsections, _TAGS, _name_map, {}),
        )
    except DecodeError:
        return NameSection()


def _subsections(payload: bytes) -> dict[int, bytes]:
    """The content of each subsection by its id."""
    reader = Reader(payload)
    result = {}
    while not reader.at_end():
        id_ = reader.byte()
        result[id_] = reader.take(reader.length())
    return result


def _read(subsections: dict[int, bytes], id_: int, content: Callable[[Reader], T], default: T) -> T:
    return content(Reader(subsections[id_])) if id_ in subsections else default


def _name_map(reader: Reader) -> dict[int, str]:
    return dict(reader.vector(_association))


def _association(reader: Reader) -> tuple[int, str]:
    return reader.u32(), reader.name()


def _indirect_name_map(reader: Reader) -> dict[int, dict[int, str]]:
    return dict(reader.vector(_indirect_association))


def _indirect_association(reader: Reader) -> tuple[int, dict[int, str]]:
    return reader.u32(), _name_map(reader)
