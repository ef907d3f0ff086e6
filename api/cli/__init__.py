"""The command line: `wasm2py COMMAND …` and `python -m wasm2py COMMAND …`.

A command is a module here that offers `add_parser(subparsers)` and `run(args) -> int`; only the one that was asked
for is imported.  Whatever is wrong with the user's input ends as one line on stderr and exit code 1, misuse as 2.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from wasm2py.cli.printable import printable
from wasm2py.runtime.errors import WasmError

#: Every command, in the order that help lists them.
COMMANDS = {
    "run": "run a WASI command, or call an export",
    "dump": "print a module as readable Python",
    "precompile": "make a Python package of a module",
    "validate": "check modules",
    "inspect": "show what a module holds",
    "wat2wasm": "assemble the text format",
    "wast": "run conformance scripts",
    "cache": "show or clear the cache of translated code",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.  `argv` defaults to the process's arguments."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    args = _parser(chosen).parse_args(arguments)
    try:
        return _run(args.command, args)
    except (WasmError, OSError, MemoryError) as error:
        return _report(error)
    except KeyboardInterrupt:
        return 130


def _run(command: str, args: argparse.Namespace) -> int:
    result: int = _module(command).run(args)
    return result


def _report(error: Exception) -> int:
    if isinstance(error, BrokenPipeError):
        # The reader went away: nothing is left to say, and closing stdout must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    text = str(error) or "not enough memory"
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{os.fspath(error.filename)}: {error.strerror}"
    print(f"wasm2py: error: {printable(text)}", file=sys.stderr)
    return 1


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    """The whole parser, of which only the chosen command's part is filled in."""
    parser = argparse.ArgumentParser(
        prog="wasm2py", description="WebAssembly in, Python out: run, read and precompile .wasm modules."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        if name == chosen:
            _module(name).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=summary, add_help=False)
    return parser


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"wasm2py.cli.{command}")


class _Version(argparse.Action):
    """`--version`, looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from wasm2py import __version__

        print(f"wasm2py {__version__}")
        parser.exit()
