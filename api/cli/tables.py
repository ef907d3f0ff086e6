"""Tables for people, of any length: lines are made as they are printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len, chop_cells, set_cell_size

#: What stands between two columns.
_GAP = "   "
#: Columns are not made narrower than this.
_NARROWEST = 8


def table(
    title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[str], width: int
) -> Iterator[str]:
    """The lines of a table; the columns whose headings are in `right` are set flush right.

    Where it would be wider than `width`, the widest columns become narrower, and their cells take several lines.
    """
    widths = _fitted(_natural(headings, rows), width - len(_GAP) * len(headings))
    flush = [heading in right for heading in headings]
    yield title
    yield from _row(headings, widths, flush)
    yield " " + "─" * (sum(widths) + len(_GAP) * (len(widths) - 1) + 2)
    for row in rows:
        yield from _row(row, widths, flush)
    yield ""


def _natural(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[int]:
    widths = [cell_len(heading) for heading in headings]
    for row in rows:
        for column, cell in enumerate(row):
            if len(cell) > widths[column] or not cell.isascii():
                widths[column] = max(widths[column], cell_len(cell))
    return widths


def _fitted(widths: list[int], room: int) -> list[int]:
    """Widths that fit, by taking from the widest."""
    while sum(widths) > room and max(widths) > _NARROWEST:
        widest = widths.index(max(widths))
        next_one = max((width for width in widths if width < widths[widest]), default=_NARROWEST)
        excess = sum(widths) - room
        widths[widest] = max(widths[widest] - excess, next_one - 1, _NARROWEST)
    return widths


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    """One row, as many lines as its cells need."""
    pending = [_pieces(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for line in range(max(map(len, pending), default=0)):
        texts = [pieces[line] if line < len(pieces) else "" for pieces in pending]
        columns = zip(texts, widths, right, strict=True)
        yield ("  " + _GAP.join(_padded(text, width, flush) for text, width, flush in columns)).rstrip()


def _pieces(cell: str, width: int) -> list[str]:
    return [cell] if len(cell) <= width and cell.isascii() else chop_cells(cell, width) or [""]


def _padded(text: str, width: int, right: bool) -> str:
    if right:
        return " " * (width - cell_len(text)) + text
    return text.ljust(width) if text.isascii() else set_cell_size(text, width)
