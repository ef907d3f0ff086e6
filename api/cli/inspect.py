"""`wasm2py inspect`: show what a module holds."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from wasm2py.cli.common import binary, naming, progress, write_text
from wasm2py.cli.printable import printable

if TYPE_CHECKING:
    from wasm2py.progress import Progress

#: The least width of tables that do not go to a terminal, so that names are not cut.
_WIDTH = 160
_NUMERIC = frozenset({"index", "offset", "size", "locals", "length", "table", "memory", "function"})


def add_parser(subparsers: Any) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "inspect",
        help="show what a module holds",
        description="Show a module's sections, types, imports, exports, functions, names, producers, and the features "
        "that it uses.",
    )
    parser.add_argument("file", metavar="FILE", help="a module in the binary or the text format, - for stdin")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(args: argparse.Namespace) -> int:
    """Print the description of one valid module."""
    with naming(args.file), progress() as bar:
        description = {"file": args.file, **_describe(args.file, bar)}
    if args.json:
        _print_json(description)
    else:
        _print_tables(description)
    return 0


def _describe(path: str, progress: Progress) -> dict[str, Any]:
    from wasm2py.checking import checked_module
    from wasm2py.transpile.describe import describe

    module = checked_module(binary(path, progress), progress)
    return describe(module, progress("reading", len(module.functions)))


def _print_json(description: dict[str, Any]) -> None:
    import json

    write_text(None, json.dumps(description, indent=2) + "\n")


def _print_tables(description: dict[str, Any]) -> None:
    """A table for each part of the description that is a list of dicts, after one for all that is not."""
    tables = {title: rows for title, rows in description.items() if rows and _is_table(rows)}
    facts = [
        {"": key, "value": ", ".join(value) if isinstance(value, list) else value}
        for key, value in description.items()
        if not _is_table(value) and value not in (None, [])
    ]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH
    for title, rows in {"module": facts, **tables}.items():
        for line in _table(title, rows, width):
            print(line)


def _is_table(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _table(title: str, rows: list[dict[str, Any]], width: int) -> Iterator[str]:
    """Columns in which no row has anything are left out."""
    from wasm2py.cli.tables import table

    columns = [key for key in rows[0] if any(row[key] is not None for row in rows)]
    cells = [[_cell(row[key]) for key in columns] for row in rows]
    return table(title, columns, cells, _NUMERIC, width)


def _cell(value: object) -> str:
    return _WORDS[value] if value is None or isinstance(value, bool) else printable(str(value))


_WORDS: dict[bool | None, str] = {None: "", False: "", True: "yes"}
