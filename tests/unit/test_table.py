"""Tables: instructions, the host's side, and the views that call_indirect indexes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from wasm2py.runtime import table as table_module
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.table import MAX_ELEMENTS, Table
from wasm2py.runtime.types import FuncType, Limits, TableType

OUT_OF_BOUNDS = "out of bounds table access"
UNARY = FuncType(("i32",), ("i32",))
#: Equal to UNARY, and another object, as from another module.
UNARY_TOO = FuncType(("i32",), ("i32",))
NULLARY = FuncType()


class FakeFunc:
    """What a table knows of a Func."""

    def __init__(self, functype: FuncType, result: int = 0) -> None:
        self.type = functype
        self._raw: Callable[..., Any] = lambda *_: result

    def raw(self, dialect: str) -> Callable[..., Any]:
        return self._raw


def kind_of(function: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(Trap) as caught:
        function(*arguments)
    return caught.value.kind


def described(table: Table, functype: FuncType) -> list[Any]:
    """A view's entries: what they return, or their trap."""
    outcomes: list[Any] = []
    for entry in table.view(functype, "cpython"):
        try:
            outcomes.append(entry(1))
        except Trap as trap:
            outcomes.append(trap.kind)
    return outcomes


def expected(table: Table, functype: FuncType) -> list[Any]:
    def outcome(reference: Any) -> Any:
        if reference is None:
            return "uninitialized element"
        return reference.raw("cpython")() if reference.type == functype else "indirect call type mismatch"

    return [outcome(reference) for reference in table]


def test_get_and_set() -> None:
    table = Table("externref", 2)
    assert table.get(0) is None
    table.set(1, "x")
    assert table.get(1) == "x"
    for i in (2, 3, 2**32 - 1):
        assert kind_of(table.get, i) == OUT_OF_BOUNDS
        assert kind_of(table.set, i, "y") == OUT_OF_BOUNDS
    assert list(table) == [None, "x"]


def test_grow() -> None:
    table = Table("externref", 1, 5)
    assert table.grow(0, "z") == 1
    assert table.grow(2, "a") == 1
    assert list(table) == [None, "a", "a"]
    assert table.grow(3, "b") == 0xFFFFFFFF
    assert table.grow(2**32 - 1, "b") == 0xFFFFFFFF
    assert table.grow(2) == 3
    assert (table.size, len(table)) == (5, 5)
    assert table.type == TableType("externref", Limits(5, 5))


def test_growth_has_a_limit_where_the_type_has_none() -> None:
    table = Table("externref", 1)
    assert table.grow(MAX_ELEMENTS) == 0xFFFFFFFF
    assert Table("externref", 0, 2**32 - 1).grow(2**32 - 1) == 0xFFFFFFFF


def test_grow_checks_what_the_host_passes() -> None:
    table = Table("funcref", 0)
    with pytest.raises(TypeError, match="expected funcref, got int"):
        table.grow(1, 5)
    with pytest.raises(ValueError, match="cannot shrink"):
        table.grow(-1)
    assert table.size == 0


def test_fill() -> None:
    table = Table("externref", 5)
    table.fill(1, "x", 3)
    assert list(table) == [None, "x", "x", "x", None]
    table.fill(5, "y", 0)
    for i, n in [(5, 1), (6, 0), (0, 6), (2**32 - 1, 2**32 - 1)]:
        assert kind_of(table.fill, i, "y", n) == OUT_OF_BOUNDS
    assert list(table) == [None, "x", "x", "x", None]


def test_copy_overlapping_and_between_tables() -> None:
    table = Table("externref", 6)
    table.init("abcdef", 0, 0, 6)
    table.copy(table, 2, 0, 4)
    assert "".join(table) == "ababcd"
    table.copy(table, 0, 1, 5)
    assert "".join(table) == "babcdd"
    other = Table("externref", 3, value="-")
    other.copy(table, 1, 3, 2)
    assert "".join(other) == "-cd"
    other.copy(table, 3, 6, 0)
    for d, s, n in [(2, 0, 2), (4, 0, 0), (0, 5, 2), (0, 7, 0), (0, 2**32 - 1, 2**32 - 1)]:
        assert kind_of(other.copy, table, d, s, n) == OUT_OF_BOUNDS
    assert "".join(other) == "-cd"


def test_init() -> None:
    table = Table("externref", 4, value="-")
    table.init(("a", "b", "c"), 1, 1, 2)
    assert "".join(table) == "-bc-"
    table.init((), 4, 0, 0)
    for items, d, s, n in [(("a",), 0, 0, 2), (("a",), 0, 2, 0), ((), 0, 0, 1), (("a",), 4, 0, 1), ((), 5, 0, 0)]:
        assert kind_of(table.init, items, d, s, n) == OUT_OF_BOUNDS
    assert "".join(table) == "-bc-"


def test_views_follow_every_change() -> None:
    table = Table("funcref", 3, 20)
    unary, nullary = table.view(UNARY, "cpython"), table.view(NULLARY, "cpython")
    one, two, three = FakeFunc(UNARY_TOO, 1), FakeFunc(NULLARY, 2), FakeFunc(UNARY, 3)
    steps: list[Callable[[], object]] = [
        lambda: table.set(0, one),
        lambda: table.set(1, two),
        lambda: table.grow(2, three),
        lambda: table.grow(3),
        lambda: table.fill(2, two, 2),
        lambda: table.copy(table, 1, 0, 4),
        lambda: table.init((None, three, one), 0, 0, 3),
        lambda: table.__setitem__(7, three),
        lambda: table.set(0, None),
    ]
    for step in steps:
        step()
        assert described(table, UNARY) == expected(table, UNARY)
        assert described(table, NULLARY) == expected(table, NULLARY)
    assert (
        table.view(UNARY, "cpython") is unary
        and table.view(UNARY_TOO, "cpython") is unary
        and table.view(NULLARY, "cpython") is nullary
    )
    assert len(unary) == len(nullary) == len(table) == 8


def test_a_view_made_late_knows_what_is_there() -> None:
    table = Table("funcref", 2)
    table[0] = FakeFunc(UNARY, 9)
    assert described(table, UNARY) == [9, "uninitialized element"]
    assert described(table, NULLARY) == ["indirect call type mismatch", "uninitialized element"]


def test_a_view_of_another_table_is_its_own() -> None:
    first, second = Table("funcref", 1), Table("funcref", 1)
    views = first.view(UNARY, "cpython"), second.view(UNARY, "cpython")
    second.copy(first, 0, 0, 1)
    first[0] = FakeFunc(UNARY, 4)
    assert [len(view) for view in views] == [1, 1]
    assert described(first, UNARY) == [4]
    assert described(second, UNARY) == ["uninitialized element"]


def test_a_full_call_stack_leaves_views_and_elements_in_agreement() -> None:
    table = Table("funcref", 2)
    view = table.view(UNARY, "cpython")
    references = [FakeFunc(UNARY, 1), FakeFunc(NULLARY, 2), FakeFunc(UNARY, 3)]
    snapshots: list[tuple[list[Any], list[Any]]] = []

    def descend(depth: int) -> None:
        # Changes the table on the way back up, first from where there is no stack left, until that works.
        try:
            descend(depth + 1)
            return
        except RecursionError:
            pass
        snapshots.append((list(table), list(view)))
        table.fill(0, references[depth % 3], 2)

    for start in range(3):
        descend(start)
        snapshots.append((list(table), list(view)))
    for elements, entries in snapshots:
        assert entries == [table_module._entry(UNARY, "cpython", reference) for reference in elements]
    assert any(elements != [None, None] for elements, _ in snapshots)


def test_host_access() -> None:
    table = Table("funcref", 2)
    func = FakeFunc(UNARY)
    table[1] = func
    assert table[1] is func and table[0] is None
    for i in (-1, 2, 10**20):
        with pytest.raises(IndexError, match=f"element {i} is outside the table of 2"):
            table[i]
        with pytest.raises(IndexError, match=f"element {i} is outside the table of 2"):
            table[i] = None
    with pytest.raises(TypeError, match="expected funcref, got str"):
        table[0] = "x"
    assert table.element == "funcref"
    assert repr(table) == "<Table table 2 funcref>"


def test_from_type() -> None:
    type_ = TableType("externref", Limits(3, 7))
    assert Table.from_type(type_).type == type_
    wide = TableType("funcref", Limits(1, 1 << 63), "i64")
    assert Table.from_type(wide).type == wide


@pytest.mark.parametrize(("minimum", "maximum"), [(-1, None), (5, 4), (0, 2**32), (2**32, None)])
def test_impossible_limits(minimum: int, maximum: int | None) -> None:
    with pytest.raises(ValueError, match="table limits out of range"):
        Table("funcref", minimum, maximum)


def test_element_type_must_be_a_reference_type() -> None:
    with pytest.raises(ValueError, match="expected a reference type, got i32"):
        Table("i32", 1)


def test_a_table_that_is_too_large() -> None:
    with pytest.raises(MemoryError, match=f"limit of {table_module.MAX_ELEMENTS}"):
        Table("funcref", 2**32 - 1)
