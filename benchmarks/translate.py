"""How fast a module is made ready: ``python -m benchmarks.translate [FILE]``.

Phase by phase in MB of wasm per second, then what a user waits for in a fresh interpreter: a cold start that translates
everything, a cold start that translates only what instantiation calls, and a start from the cache.  Without FILE the
largest module of `examples/` is taken.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "examples"


class Clock:
    """Seconds of this process's time by phase, so that what else the machine does counts little."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, phase: str, work: Callable[[], Any]) -> Any:
        """Does the work, and adds the time that it takes to the phase."""
        start = time.process_time()
        result = work()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + time.process_time() - start
        return result


def phases(data: bytes) -> dict[str, float]:
    """Seconds that each phase takes for the whole module; `lift to emit` makes the AST that `compile` takes."""
    from wasm2py.config import Config
    from wasm2py.transpile.decode import decode_body, decode_module
    from wasm2py.transpile.translate import PythonTranslator
    from wasm2py.transpile.validate import validate

    clock = Clock()
    module = clock("decode", lambda: decode_module(data))
    clock("decode", lambda: [decode_body(module, function) for function in module.functions])
    clock("validate", lambda: validate(module))
    translator = PythonTranslator()
    program = clock("lift to emit", lambda: translator.program(module, Config().options()))
    for index in range(program.imported_count("func"), len(program.functions)):
        tree = clock("lift to emit", partial(translator.function_ast, module, program, index))
        clock("compile", partial(compile, ast.Module([tree], []), "<benchmark>", "exec", dont_inherit=True))
    return clock.seconds


def start(file: str, cache: str, eager: bool) -> float:
    """Seconds from nothing imported to an instance, whose imported functions do nothing."""
    begin = time.perf_counter()
    import wasm2py

    config = wasm2py.Config(cache=cache, eager=eager)
    module = wasm2py.Module.from_file(file, engine=wasm2py.Engine(config))
    linker = wasm2py.Linker(module.engine)
    for item in module.imports:
        if item.kind != "func":
            raise SystemExit(f"{file} imports a {item.kind}; this benchmark provides functions alone")
        linker.define(item.module, item.name, lambda *args: 0)
    linker.instantiate(module)
    return time.perf_counter() - begin


def _fresh(file: str, cache: str, eager: bool) -> float:
    arguments = ["--start", "eager" if eager else "lazy", "--cache", cache, file]
    command = [sys.executable, "-m", "benchmarks.translate", *arguments]
    environment = os.environ | {"PYTHONPATH": str(EXAMPLES.parent)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{file} does not start")
    return float(done.stdout)


def starts(file: str) -> dict[str, float]:
    """Seconds of the three kinds of start, each in an interpreter of its own; the best of three for the cached one."""
    with tempfile.TemporaryDirectory() as eager, tempfile.TemporaryDirectory() as lazy:
        result = {"cold start, everything": _fresh(file, eager, True), "cold start, lazy": _fresh(file, lazy, False)}
        result["cached start"] = min(_fresh(file, eager, True) for _ in range(3))
    return result


def _print(file: str, size: int, phase_seconds: dict[str, float], start_seconds: dict[str, float]) -> None:
    megabytes = size / 1e6
    print(f"{file}: {megabytes:.3f} MB, {platform.python_implementation()} {platform.python_version()}")
    for phase, seconds in {**phase_seconds, "all of these": sum(phase_seconds.values())}.items():
        print(f"{phase:24}{seconds:9.2f} s{megabytes / seconds:9.2f} MB/s")
    for name, seconds in start_seconds.items():
        print(f"{name:24}{seconds:9.2f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark and prints it; 1 for a file that is no module."""
    from wasm2py.runtime.errors import WasmError

    parser = argparse.ArgumentParser(prog="python -m benchmarks.translate", description=__doc__)
    parser.add_argument("file", nargs="?", help="a module in the binary format")
    parser.add_argument("--json", action="store_true", help="print data instead of a table")
    parser.add_argument("--start", choices=("eager", "lazy"), help=argparse.SUPPRESS)
    parser.add_argument("--cache", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    file = options.file or str(max(EXAMPLES.glob("*.wasm"), key=lambda path: path.stat().st_size))
    if options.start:
        print(start(file, options.cache, options.start == "eager"))
        return 0
    try:
        data = Path(file).read_bytes()
        measured = phases(data), starts(file)
    except (OSError, WasmError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"file": file, "bytes": len(data), "phases": measured[0], "starts": measured[1]}, indent=2))
    else:
        _print(file, len(data), *measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
