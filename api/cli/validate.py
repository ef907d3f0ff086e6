"""`wasm2py validate`: check modules."""

from __future__ import annotations

import argparse
from typing import Any

from wasm2py.cli.common import add_features, binary, progress
from wasm2py.cli.printable import printable
from wasm2py.config import disabled_features
from wasm2py.runtime.errors import WasmError


def add_parser(subparsers: Any) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "validate",
        help="check modules",
        description="Check modules: for each file prints ok or what is wrong with it.  Exits with 1 if any is wrong.",
    )
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="a module in the binary or the text format, - for stdin"
    )
    add_features(parser)


def run(args: argparse.Namespace) -> int:
    """Check each file, whatever is wrong with those before it; 1 if any is not a valid module."""
    disabled = disabled_features(args.features)
    problems = [_report(path, disabled) for path in args.files]
    return 1 if any(problems) else 0


def _report(path: str, disabled: tuple[str, ...]) -> bool:
    """Print what is to say about a file; whether it is wrong."""
    problem = _problem(path, disabled)
    print(printable(f"{path}: {problem or 'ok'}"), flush=True)
    return problem is not None


def _problem(path: str, disabled: tuple[str, ...]) -> str | None:
    """What is wrong with a file; None for a valid module."""
    from wasm2py.checking import checked_module

    try:
        with progress() as bar:
            checked_module(binary(path, bar), bar, disabled)
    except WasmError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)
    return None
