"""`wasm2py dump`: print a module as readable Python."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from wasm2py.cli.common import add_features, binary, naming, progress, stem, write_text
from wasm2py.runtime.errors import WasmError

if TYPE_CHECKING:
    from wasm2py.progress import Progress
    from wasm2py.runtime.program import Program
    from wasm2py.transpile.dump.functions import Source


def add_parser(subparsers: Any) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "dump",
        help="print a module as readable Python",
        description="Print a module as Python source that can be read, imported and run.",
    )
    parser.add_argument("file", metavar="FILE", help="a module, in the binary or the text format")
    parser.add_argument("-o", "--output", metavar="OUT", help="the file to write, instead of standard output")
    parser.add_argument("--function", metavar="NAME|INDEX", help="print only this function")
    parser.add_argument("--format", choices=("black", "ruff", "none"), default="black", help="who formats the source")
    parser.add_argument("--annotate", action="store_true", help="show the wasm text of each statement beside it")
    parser.add_argument(
        "--target", choices=("auto", "cpython", "portable"), default="cpython", help="the dialect of the source"
    )
    add_features(parser)


def run(args: argparse.Namespace) -> int:
    """Write the dump of a module, or of one function."""
    from wasm2py.config import Config
    from wasm2py.precompile import source_of

    with naming(args.file):
        options = Config(dialect=args.target, features=args.features).options()
        with progress() as bar:
            data = binary(args.file, bar)
            text = _text(source_of(data, stem(args.file), options, args.format, args.annotate, bar), args, bar)
        write_text(args.output, text)
    return 0


def _text(source: Source, args: argparse.Namespace, progress: Progress) -> str:
    from wasm2py.transpile.dump.document import dump_module
    from wasm2py.transpile.dump.format import format_whole

    if args.function is not None:
        return format_whole(source.function(_find(source.program, args.function))[0], args.format)
    defined = len(source.program.functions) - source.program.imported_count("func")
    return dump_module(source, progress("translating", defined))


def _find(program: Program, wanted: str) -> int:
    """The index of a defined function: by its name in the module, an export's name, its identifier, or its index."""
    names = {info.identifier: index for index, info in enumerate(program.functions)}
    names |= {info.name: index for index, info in reversed(list(enumerate(program.functions)))}
    names |= {item.name: item.index for item in program.exports if item.kind == "func"}
    index = names.get(wanted, int(wanted) if wanted.isascii() and wanted.isdigit() else None)
    imported = program.imported_count("func")
    if index is None or index >= len(program.functions):
        raise WasmError(f"there is no function {wanted!r}; defined are {imported} to {len(program.functions) - 1}")
    if index < imported:
        raise WasmError(f"function {wanted!r} is imported: there is nothing to dump")
    return index
