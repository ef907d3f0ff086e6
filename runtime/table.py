"""Tables (spec: Execution / Runtime Structure / Table Instances)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from wasm2py.runtime.dialects import convention
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.references import functions_match, is_reference
from wasm2py.runtime.types import MAX_TABLE_SIZE, FuncType, IndexType, Limits, TableType, ValType
from wasm2py.runtime.values import to_raw

#: The most elements that a table may have here, whatever its maximum; the JavaScript API has the same limit.
MAX_ELEMENTS = 10_000_000

_FAILED = 0xFFFFFFFF


def _call_null(*_args: object) -> NoReturn:
    raise Trap("uninitialized element")


def _call_mismatch(*_args: object) -> NoReturn:
    raise Trap("indirect call type mismatch")


class Table:
    """A table of references: `Func`s or any objects, None for null.

    The methods `get`, `set`, `grow`, `fill`, `copy` and `init` carry out the instructions of these names: they take raw
    values and trap.  Indexing is the host's side, and raises IndexError and TypeError.
    """

    __slots__ = ("__weakref__", "_element", "_elements", "_index", "_maximum", "_views")

    def __init__(
        self,
        element: ValType,
        minimum: int,
        maximum: int | None = None,
        value: Any = None,
        *,
        index: IndexType = "i32",
    ) -> None:
        """Make a table of `minimum` elements, each `value`; `index` is the type of the numbers that instructions find
        them by.

        Raises ValueError for limits or an index type that no table type can have, TypeError if the value is not a
        reference of the element type, MemoryError if the table is too large for this implementation.
        """
        if not is_reference(element):
            raise ValueError(f"expected a reference type, got {element}")
        most = MAX_TABLE_SIZE.get(index)
        if most is None:
            raise ValueError(f"expected an index type, i32 or i64, got {index}")
        if not 0 <= minimum <= (most if maximum is None else maximum) <= most:
            raise ValueError(f"table limits out of range: {Limits(minimum, maximum)}")
        if minimum > MAX_ELEMENTS:
            raise MemoryError(f"a table of {minimum} elements exceeds this implementation's limit of {MAX_ELEMENTS}")
        self._element = element
        self._maximum = maximum
        self._index: IndexType = index
        self._elements: list[Any] = [to_raw(element, value)] * minimum
        self._views: dict[tuple[FuncType, Dialect], list[Callable[..., Any]]] = {}

    @classmethod
    def from_type(cls, type_: TableType, value: Any = None) -> Table:
        """Make a table of the type's minimal size, each element `value`."""
        return cls(type_.element, type_.limits.minimum, type_.limits.maximum, value, index=type_.index)

    @property
    def element(self) -> ValType:
        """The type of the elements."""
        return self._element

    @property
    def size(self) -> int:
        """The current number of elements."""
        return len(self._elements)

    @property
    def type(self) -> TableType:
        """The table's type; its minimum is the current size."""
        return TableType(self._element, Limits(len(self._elements), self._maximum), self._index)

    def view(self, functype: FuncType, dialect: Dialect) -> list[Callable[..., Any]]:
        """The list that `call_indirect` of this type indexes in code of a dialect; always the same list, kept up to
        date.

        It is as long as the table.  An entry is the raw callable where the element has the type, else a function
        that traps.
        """
        key = functype, convention(functype, dialect)
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = [_entry(*key, reference) for reference in self._elements]
        return view

    def get(self, i: int) -> Any:
        """The element at i (spec: `table.get`)."""
        try:
            return self._elements[i]
        except IndexError:
            raise Trap("out of bounds table access") from None

    def set(self, i: int, reference: Any) -> None:
        """Replace the element at i (spec: `table.set`)."""
        if i >= len(self._elements):
            raise Trap("out of bounds table access")
        self._replace(i, (reference,))

    def grow(self, n: int, reference: Any = None) -> int:
        """Append n elements (spec: `table.grow`); returns the previous size, or 0xFFFFFFFF if it cannot grow so far
        (also for a 64-bit table: generated code makes that its -1).

        Raises ValueError if n is negative, TypeError if the reference is not of the element type.
        """
        if n < 0:
            raise ValueError(f"a table cannot shrink: {n}")
        reference = to_raw(self._element, reference)
        size = len(self._elements)
        if size + n > min(MAX_ELEMENTS, MAX_ELEMENTS if self._maximum is None else self._maximum):
            return _FAILED
        self._replace(size, [reference] * n)
        return size

    def fill(self, i: int, reference: Any, n: int) -> None:
        """Set the n elements from i (spec: `table.fill`)."""
        self._check_range(i, n)
        self._replace(i, [reference] * n)

    def copy(self, source: Table, d: int, s: int, n: int) -> None:
        """Copy n elements of `source` from s to here from d (spec: `table.copy`); they may overlap."""
        source._check_range(s, n)
        self._check_range(d, n)
        self._replace(d, source._elements[s : s + n])

    def init(self, items: Sequence[Any], d: int, s: int, n: int) -> None:
        """Copy n references of an element segment from s to here from d (spec: `table.init`)."""
        if s + n > len(items):
            raise Trap("out of bounds table access")
        self._check_range(d, n)
        self._replace(d, items[s : s + n])

    def _check_range(self, i: int, n: int) -> None:
        if i + n > len(self._elements):
            raise Trap("out of bounds table access")

    def _replace(self, d: int, references: Sequence[Any]) -> None:
        """Put references in the place of as many elements from d, or after the last."""
        # All entries before the first change, so that a full call stack cannot leave the views behind.
        changes = [(view, [_entry(*key, reference) for reference in references]) for key, view in self._views.items()]
        end = d + len(references)
        self._elements[d:end] = references
        for view, entries in changes:
            view[d:end] = entries

    def __len__(self) -> int:
        return len(self._elements)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._elements)

    def __getitem__(self, i: int) -> Any:
        self._check(i)
        return self._elements[i]

    def __setitem__(self, i: int, reference: Any) -> None:
        self._check(i)
        self.set(i, to_raw(self._element, reference))

    def _check(self, i: int) -> None:
        if not 0 <= i < len(self._elements):
            raise IndexError(f"element {i} is outside the table of {len(self._elements)}")

    def __repr__(self) -> str:
        return f"<Table {self.type}>"


def _entry(functype: FuncType, dialect: Dialect, reference: Any) -> Callable[..., Any]:
    if reference is None:
        return _call_null
    if functions_match(reference.type, functype):
        raw: Callable[..., Any] = reference.raw(dialect)
        return raw
    return _call_mismatch
