"""`wasm2py run`: run a WASI command, or call one of a module's exports."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from wasm2py.cli.common import add_features, module_file, naming, progress
from wasm2py.config import Config
from wasm2py.runtime.errors import LinkError, Trap, WasiExit, WasmError
from wasm2py.runtime.references import is_reference
from wasm2py.runtime.types import FuncType, ValType, shown


def add_parser(subparsers: Any) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "run",
        help="run a WASI command, or call an export",
        description="Run a WASI command, or with --invoke call an export and print its results. The exit code is the "
        "guest's, 134 on a trap.",
    )
    parser.add_argument("--invoke", metavar="NAME", help="call this export; ARGS are its parameters")
    parser.add_argument(
        "--dir",
        metavar="HOST[::GUEST][:ro]",
        action="append",
        default=[],
        help="let the guest use a directory, under another path if GUEST is given, only for reading with :ro",
    )
    parser.add_argument("--env", metavar="K=V", action="append", default=[], help="set an environment variable")
    parser.add_argument("--env-inherit", action="store_true", help="pass on the whole environment")
    parser.add_argument("--lazy", action="store_true", help="validate functions when they are first called, not before")
    add_features(parser)
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument("--cache-dir", metavar="D", help="keep translated code in this directory")
    cache.add_argument("--no-cache", action="store_true", help="keep no translated code")
    parser.add_argument("file", metavar="FILE", help="a module, in the binary or the text format")
    parser.add_argument("args", metavar="ARGS", nargs=argparse.REMAINDER, help="arguments for the guest")


def run(args: argparse.Namespace) -> int:
    """Run the guest to its end; its exit code, or 134 after a trap."""
    from wasm2py.wasi import report_trap

    try:
        return _run(args)
    except WasiExit as exit_:
        return exit_.code
    except Trap as trap:
        sys.stdout.flush()
        return report_trap(trap, args.file, sys.stderr)


def _run(args: argparse.Namespace) -> int:
    from wasm2py.linker import Linker
    from wasm2py.wasi import initialise, run_command

    with naming(args.file):
        engine = _engine(args)
        with progress() as bar:
            module = module_file(args.file, engine, bar)
        linker = Linker(engine)
        linker.wasi(args=[os.path.basename(args.file), *args.args], env=_environment(args), preopens=_preopens(args))
        instance = linker.instantiate(module)
        initialise(instance)
        if args.invoke is None:
            return run_command(instance)
        return _invoke(instance, args.invoke, args.args)


def _engine(args: argparse.Namespace) -> Any:
    from wasm2py.engine import Engine

    cache = None if args.no_cache else args.cache_dir or True
    return Engine(Config(cache=cache, lazy_validation=args.lazy, features=args.features))


def _environment(args: argparse.Namespace) -> dict[str, str]:
    environment = dict(os.environ) if args.env_inherit else {}
    for setting in args.env:
        name, equals, value = setting.partition("=")
        if not name or not equals:
            raise WasmError(f"--env {setting!r}: expected K=V")
        environment[name] = value
    return environment


def _preopens(args: argparse.Namespace) -> dict[str, tuple[str, bool]]:
    """Guest path → host path, and whether it is read-only."""
    preopens = {}
    for setting in args.dir:
        path = setting.removesuffix(":ro")
        host, _, guest = path.partition("::")
        preopens[guest or host] = (host, path != setting)
    return preopens


def _invoke(instance: Any, name: str, texts: list[str]) -> int:
    from wasm2py.runtime.function import Func

    exports = instance.exports
    names = [key for key in exports if isinstance(exports[key], Func)]
    if name not in names:
        raise LinkError(f"there is no exported function {name!r}; there are {', '.join(map(repr, names)) or 'none'}")
    function = exports[name]
    results = _results(function.type, function(*_arguments(name, function.type, texts)))
    for valtype, value in zip(function.type.results, results, strict=True):
        print(f"{value:#034x}" if valtype == "v128" else value)
    return 0


def _results(type_: FuncType, result: Any) -> tuple[Any, ...]:
    return result if len(type_.results) > 1 else (result,) * len(type_.results)


def _arguments(name: str, type_: FuncType, texts: list[str]) -> list[Any]:
    if len(texts) != len(type_.params):
        raise WasmError(f"{name} is {type_}: expected {len(type_.params)} arguments, got {len(texts)}")
    return [parse_value(valtype, text) for valtype, text in zip(type_.params, texts, strict=True)]


def parse_value(valtype: ValType, text: str) -> Any:
    """A host value from the command line: numbers as Python writes them, hexadecimal floats too, and "null"."""
    if is_reference(valtype):
        if text != "null":
            raise WasmError(f"expected null for {shown(valtype)}, got {text!r}")
        return None
    try:
        return _float(text) if valtype[0] == "f" else _integer(valtype, text)
    except ValueError:
        raise WasmError(f"expected {valtype}, got {text!r}") from None


def _integer(valtype: ValType, text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        value = int(text)  # decimal with zeros in front
    bits = int(valtype[1:])
    least = 0 if valtype == "v128" else -(1 << bits - 1)
    if not least <= value < 1 << bits:
        raise WasmError(f"{valtype} out of range: {text}")
    return value


def _float(text: str) -> float:
    return float.fromhex(text) if "x" in text.lower() else float(text)
