"""mappings.wasm (48 KB of Rust) out of npm's source-map: it parses source maps, sorts and searches them, and calls the
host for every mapping it finds."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from programs.downloads import SOURCE_MAP
from programs.guests import Guest, Loader, Wasm2pyGuest, WasmtimeGuest

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True, order=True, slots=True)
class Mapping:
    """A place in generated code, and the source, line and column that it comes from; all count from 0."""

    line: int
    column: int
    source: int
    original_line: int
    original_column: int
    name: int

    @property
    def by_original(self) -> tuple[int, ...]:
        return self.source, self.original_line, self.original_column, self.line, self.column, self.name


def _vlq(value: int) -> str:
    bits, text = (-value << 1 | 1) if value < 0 else value << 1, ""
    while bits > 31:
        text, bits = text + DIGITS[bits & 31 | 32], bits >> 5
    return text + DIGITS[bits]


def _encode(mappings: list[Mapping]) -> bytes:
    """The "mappings" of a source map, from mappings in order (Source Map, revision 3)."""
    text, last = "", Mapping(0, 0, 0, 0, 0, 0)
    for m in mappings:
        if m.line > last.line:
            text += ";" * (m.line - last.line)
            last = Mapping(m.line, 0, last.source, last.original_line, last.original_column, last.name)
        elif text:
            text += ","
        text += _vlq(m.column - last.column) + _vlq(m.source - last.source)
        text += _vlq(m.original_line - last.original_line) + _vlq(m.original_column - last.original_column)
        text += _vlq(m.name - last.name)
        last = m
    return text.encode()


def _mappings(count: int) -> list[Mapping]:
    generator = random.Random(count)
    sizes = (40, 500, 5, 1000, 70_000, 9)
    return sorted({Mapping(*(generator.randrange(size) for size in sizes)) for _ in range(count)})


class SourceMap:
    """A parsed source map."""

    def __init__(self, load: Loader, mappings: bytes) -> None:
        self._found: list[Mapping] = []
        module = SOURCE_MAP.read("package/lib/mappings.wasm")
        self._guest: Guest = load(module, {("env", "mapping_callback"): self._callback})
        buffer = self._guest.call("allocate_mappings", len(mappings))
        self._guest.write(buffer, mappings)
        self._parsed = self._guest.call("parse_mappings", buffer)
        self.error = 0 if self._parsed else self._guest.call("get_last_error")

    def _callback(self, guest: Guest, line: int, column: int, *rest: Any) -> None:
        _, _, has_original, source, original_line, original_column, has_name, name = rest
        assert (has_original, has_name) == (1, 1)
        self._found.append(Mapping(line, column, source, original_line, original_column, name))

    def query(self, export: str, *args: int) -> list[Mapping]:
        """What the guest finds."""
        self._found = []
        self._guest.call(export, self._parsed, *args)
        return self._found

    def free(self) -> None:
        """Gives the memory back."""
        self._guest.call("free_mappings", self._parsed)


def test_a_map_in_both_orders() -> None:
    mappings = _mappings(700)
    parsed = SourceMap(Wasm2pyGuest, _encode(mappings))
    places = [(m.line, m.column) for m in mappings]
    assert [(m.line, m.column) for m in parsed.query("by_generated_location")] == places
    assert parsed.query("by_original_location") == sorted(mappings, key=lambda m: m.by_original)
    parsed.free()


def test_searches() -> None:
    mappings = _mappings(300)
    parsed = SourceMap(Wasm2pyGuest, _encode(mappings))
    for mapping in mappings[::10]:
        (found,) = parsed.query("original_location_for", mapping.line, mapping.column, 1)
        assert (found.line, found.column) == (mapping.line, mapping.column)
        place = mapping.source, mapping.original_line, mapping.original_column
        assert parsed.query("generated_location_for", *place, 1) == [mapping]


@pytest.mark.parametrize(("text", "error"), [(b"A!A", 4), (b"AAg", 3), (b"D", 1)])
def test_errors(text: bytes, error: int) -> None:
    assert SourceMap(Wasm2pyGuest, text).error == error


def test_wasmtime_agrees() -> None:
    encoded = _encode(_mappings(400))
    ours, theirs = SourceMap(Wasm2pyGuest, encoded), SourceMap(WasmtimeGuest, encoded)
    for line in range(0, 40, 3):
        for column in range(0, 500, 71):
            for bias in (1, 2):
                query = "original_location_for", line, column, bias
                assert ours.query(*query) == theirs.query(*query)
