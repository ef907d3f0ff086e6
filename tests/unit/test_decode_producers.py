"""The producers section: like the name section it never makes a module malformed."""

from __future__ import annotations

import pytest
from unit.wasm_builder import name, vec
from wasm2py.transpile.decode.producers import decode_producers


def test_fields() -> None:
    clang = name("clang") + name("17.0")
    payload = vec([name("language") + vec([name("C11") + name("")]), name("processed-by") + vec([clang, clang])])
    assert decode_producers([("other", b"?"), ("producers", payload)]) == {
        "language": (("C11", ""),),
        "processed-by": (("clang", "17.0"), ("clang", "17.0")),
    }


@pytest.mark.parametrize("customs", [[], [("name", b"\1")], [("producers", b"")], [("producers", b"\1\1a\7")]])
def test_absent_or_malformed(customs: list[tuple[str, bytes]]) -> None:
    assert decode_producers(customs) == {}
