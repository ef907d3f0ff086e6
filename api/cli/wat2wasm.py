"""`wasm2py wat2wasm`: assemble the text format."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from wasm2py.cli.common import naming, progress, read_bytes


def add_parser(subparsers: Any) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("wat2wasm", help="assemble the text format", description=__doc__)
    parser.add_argument("file", metavar="FILE", help="a module in the text format, - for standard input")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="the binary to write")
    parser.add_argument("--no-check", action="store_true", help="write the module even if it is not valid")


def run(args: argparse.Namespace) -> int:
    """Assemble one file; nothing is written unless the module is valid."""
    from wasm2py.checking import checked_module
    from wasm2py.module import assemble

    with naming(args.file), progress() as bar:
        binary = assemble(read_bytes(args.file), bar)
        if not args.no_check:
            checked_module(binary, bar)
    Path(args.output).write_bytes(binary)
    return 0
