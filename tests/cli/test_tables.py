"""Tables: what `inspect` prints."""

from __future__ import annotations

from wasm2py.cli.tables import table

NUMBERS = frozenset({"size"})


def test_columns_are_as_wide_as_their_cells() -> None:
    lines = list(table("functions", ["name", "size"], [["a", "5"], ["longer", "12345"]], NUMBERS, 80))
    assert lines == [
        "functions",
        "  name      size",
        " ────────────────",
        "  a            5",
        "  longer   12345",
        "",
    ]


def test_wide_characters_take_two_columns() -> None:
    lines = list(table("t", ["name", "x"], [["日本語", "a"], ["b", "c"]], NUMBERS, 80))
    assert lines[3:5] == ["  日本語   a", "  b        c"]


def test_too_wide_a_column_is_folded() -> None:
    lines = list(table("t", ["name", "text"], [["abc", "x" * 30 + "y" * 12]], NUMBERS, 40))
    assert max(map(len, lines)) <= 40
    assert lines[3:5] == [f"  abc    {'x' * 30}", f"         {'y' * 12}"]


def test_the_widest_columns_give_way_first() -> None:
    lines = list(table("t", ["a", "b", "c"], [["1" * 5, "2" * 50, "3" * 50]], NUMBERS, 60))
    assert max(map(len, lines)) <= 60
    assert lines[3].split()[0] == "11111"
    joined = "".join(lines[3:])
    assert (joined.count("2"), joined.count("3")) == (50, 50)


def test_a_narrow_terminal_still_gets_everything() -> None:
    lines = list(table("t", ["a", "b"], [["1" * 20, "2" * 20]], NUMBERS, 5))
    joined = "".join(lines[3:])
    assert (joined.count("1"), joined.count("2")) == (20, 20)
