"""The name section (spec: Appendix / Custom Sections): it is for people, so it never makes a module malformed."""

from __future__ import annotations

import pytest
from unit.wasm_builder import custom, leb, module, name, section, vec
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.module import NameSection


def _map(**names: int) -> bytes:
    return vec(leb(index) + name(text) for text, index in names.items())


def _decode(*subsections: bytes) -> NameSection:
    return decode_module(module(custom("name", b"".join(subsections)))).names


def test_absent() -> None:
    assert decode_module(module()).names == NameSection()


def test_all_subsections() -> None:
    names = _decode(
        section(0, name("demo")),
        section(1, _map(add=0, sub=300)),
        section(2, vec([leb(0) + _map(left=0, right=1)])),
        section(4, _map(pair=1)),
        section(5, b"tables are skipped"),
        section(7, _map(counter=2)),
        section(11, _map(failed=3)),
    )
    assert names == NameSection(
        "demo", {0: "add", 300: "sub"}, {0: {0: "left", 1: "right"}}, {2: "counter"}, {1: "pair"}, {3: "failed"}
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\1",
        b"\1\x7f",
        section(1, b"\1\0\1\xff"),
        section(1, b"\xff\xff\xff\xff\x0f"),
        section(0, name("demo")) + section(2, b"\1\0\1\0\5a"),
    ],
)
def test_a_malformed_one_counts_as_absent(content: bytes) -> None:
    assert _decode(content) == NameSection()


def test_only_the_first_counts() -> None:
    data = module(custom("name", section(0, name("a"))), custom("name", section(0, name("b"))))
    assert decode_module(data).names.module == "a"
