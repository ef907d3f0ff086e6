"""Reading the producers section, a convention of the tools that make modules: what they were made from, and with.

Like the name section it is for people: a malformed one counts as absent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from wasm2py.runtime.errors import DecodeError
from wasm2py.transpile.decode.reader import Reader

#: What there is to know (language, processed-by, sdk) → (name, version) of each.
Producers: TypeAlias = dict[str, tuple[tuple[str, str], ...]]


def decode_producers(customs: Iterable[tuple[str, bytes]]) -> Producers:
    """The producers that a module's custom sections name; empty where none do."""
    payload = next((payload for name, payload in customs if name == "producers"), b"\0")
    try:
        return dict(Reader(payload).vector(_field))
    except DecodeError:
        return {}


def _field(reader: Reader) -> tuple[str, tuple[tuple[str, str], ...]]:
    return reader.name(), reader.vector(_value)


def _value(reader: Reader) -> tuple[str, str]:
    return reader.name(), reader.name()
