"""`wasm2py precompile`: make a Python package of a module."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from wasm2py.cli.common import add_features, binary, naming, progress, stem


def add_parser(subparsers: Any) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "precompile",
        help="make a Python package of a module",
        description="Write a Python package that runs a module without translating anything, and the pyproject.toml to "
        "build a wheel of it.",
    )
    parser.add_argument("file", metavar="FILE", help="a module, in the binary or the text format")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder to write to")
    parser.add_argument("--name", metavar="PKG", help="the package's name; by default the file's")
    parser.add_argument(
        "--standalone", action="store_true", help="bring the runtime along, so that wasm2py is not needed"
    )
    parser.add_argument("--target", choices=("cpython", "portable"), default="cpython", help="the dialect of the code")
    parser.add_argument("--format", choices=("black", "ruff", "none"), default="none", help="who formats the code")
    parser.add_argument("-j", "--jobs", metavar="N", type=_positive, default=1, help="processes to translate with")
    add_features(parser)


def run(args: argparse.Namespace) -> int:
    """Write the package."""
    from wasm2py.config import disabled_features
    from wasm2py.precompile import Settings, package_name, precompile

    name = args.name or package_name(stem(args.file))
    settings = Settings(args.target, args.format, args.jobs, disabled_features(args.features))
    with naming(args.file), progress() as bar:
        data = binary(args.file, bar)
        precompile(data, Path(args.output), name, standalone=args.standalone, settings=settings, progress=bar)
    return 0


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)
