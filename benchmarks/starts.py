"""How fast modules are made ready, and start: what ``python -m benchmarks.starts`` measures in a process of its own.

- ``phases FILE`` translates a whole module and prints the seconds of processor time that each phase takes;
- ``start FILE CACHE ENTRY ARG...`` instantiates it with WASI, calls the export, and prints the seconds of the clock,
  from when wasm2py has been imported, until there was an instance, until the first output, and until the end.

Both print a JSON object, with the process's `peak` memory in bytes where the system tells.
"""

from __future__ import annotations

import ast
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import SubprocessError
from time import perf_counter, process_time
from typing import Any

from benchmarks.downloads import Download
from benchmarks.environments import Interpreter
from benchmarks.kernels import EXAMPLES


@dataclass(frozen=True, slots=True)
class Program:
    """A module that is started: `entry` is the export that is called, `output` what its output begins with."""

    name: str
    source: Path | Download
    output: str
    args: tuple[str, ...] = ("--version",)
    entry: str = "_start"

    def path(self) -> Path:
        """Where the module is; raises what `Download.fetch` raises."""
        return self.source.fetch() if isinstance(self.source, Download) else self.source


SMALL = Program("hello", EXAMPLES / "hello.wasm", "Hello", ("world",))
MEDIUM = Program(
    "nextpnr-ice40",
    Download(
        "@yowasp/nextpnr-ice40",
        "0.8.621",
        "package/gen/nextpnr-ice40.core.wasm",
        "04573674df696358bf9e82cac5a8d52063ac21360a70438e4a71753642691ea9",
    ),
    '"nextpnr-ice40"',
)
RUBY = Program(
    "ruby",
    Download(
        "@ruby/3.4-wasm-wasi",
        "2.10.1",
        "package/dist/ruby.wasm",
        "e64fa4c82cbbb62044648b0a15b96f3486ff3ecbab7bb7a3df11b4ee3e907ddc",
    ),
    "ruby 3.4",
    entry="ruby-show-version: func() -> ()",
)
YOSYS = Program(
    "yosys",
    Download(
        "@yowasp/yosys",
        "0.55.944",
        "package/gen/yosys.core.wasm",
        "88e18d7bc8e6134614d57927a37757a021b46d1ba8c0bc4c0b6f385f391f5a67",
    ),
    "Yosys 0.55",
)
PROGRAMS = (SMALL, MEDIUM, RUBY, YOSYS)


class Clock:
    """Seconds of this process's time by phase, so that what else the machine does counts little."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, phase: str, work: Callable[[], Any]) -> Any:
        """Does the work, and adds the time that it takes to the phase."""
        start = process_time()
        result = work()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + process_time() - start
        return result


def phases(file: str) -> dict[str, float]:
    """Seconds that each phase takes for the whole module; `translate` is all from instructions to the AST.

    As in use, no garbage is collected before a function has been compiled.
    """
    from wasm2py.config import Config
    from wasm2py.transpile.decode import decode_body, decode_module
    from wasm2py.transpile.pause import collector_paused
    from wasm2py.transpile.translate import PythonTranslator
    from wasm2py.transpile.validate import validate

    clock = Clock()
    module = clock("decode", lambda: decode_module(Path(file).read_bytes()))
    bodies = -clock.seconds["decode"]
    for function in module.functions:
        clock("decode", partial(decode_body, module, function))
    bodies += clock.seconds["decode"]
    clock("validate", lambda: validate(module))
    translator = PythonTranslator()
    program = clock("translate", lambda: translator.program(module, Config().options()))
    clock.seconds["translate"] -= bodies  # decoded once more on the way to the AST
    for index in range(program.imported_count("func"), len(program.functions)):
        with collector_paused():
            tree = clock("translate", partial(translator.function_ast, module, program, index))
            clock("compile", partial(compile, ast.Module([tree], []), "<benchmark>", "exec", dont_inherit=True))
            del tree
    return clock.seconds


class _Output:
    """A guest's output, which remembers when the first of it came."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.data = b""

    def write(self, data: bytes) -> int:
        if self.first is None:
            self.first = perf_counter()
        self.data += bytes(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def _unused(*args: Any) -> Any:
    raise RuntimeError("a host function that a version should not need")


def start(file: str, cache: str, entry: str, args: Sequence[str]) -> dict[str, Any]:
    """Starts a program, with what it imports beside WASI missing."""
    import wasm2py

    begin = perf_counter()
    output = _Output()
    module = wasm2py.Module.from_file(file, engine=wasm2py.Engine(wasm2py.Config(cache=cache)))
    linker = wasm2py.Linker(module.engine)
    for item in module.imports:
        if item.module != "wasi_snapshot_preview1":
            linker.define(item.module, item.name, _unused)
    linker.wasi(args=[Path(file).name.partition(".")[0], *args], stdout=output, stderr=output)
    exports = linker.instantiate(module).exports
    ready = perf_counter()
    try:
        if "_initialize" in exports:
            exports["_initialize"]()
        exports[entry]()
        code = 0
    except wasm2py.WasiExit as stop:
        code = stop.code
    end = perf_counter()
    seconds = {"ready": ready - begin, "output": (output.first or end) - begin, "end": end - begin}
    return {**seconds, "code": code, "text": output.data.decode(errors="replace")[:200]}


def peak() -> int | None:
    """The most memory that this process has had, in bytes."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@dataclass(slots=True)
class Start:
    """What was measured of a program in an interpreter; `note` says why there is nothing."""

    program: str
    role: str
    bytes: int = 0
    phases: dict[str, Any] | None = None
    cold: dict[str, Any] | None = None
    cached: list[dict[str, Any]] | None = None
    note: str = ""


def measure(program: Program, interpreter: Interpreter, repeats: int, whole: int) -> Start:
    """A start with an empty cache, then starts from the cache; if `whole`, the translation of everything so many times.

    Of those, the fastest is kept: what else the machine does only adds to it.
    """
    result = Start(program.name, interpreter.role)
    try:
        path = program.path()
    except (OSError, ValueError, KeyError, SubprocessError) as error:
        result.note = f"cannot be fetched: {error}"
        return result
    result.bytes = path.stat().st_size
    with tempfile.TemporaryDirectory() as cache:
        request = ["-m", "benchmarks.starts", "start", str(path), cache, program.entry, *program.args]
        try:
            result.cold = _checked(program, interpreter, request)
            result.cached = [_checked(program, interpreter, request) for _ in range(repeats)]
            if whole:
                result.phases = _translated(interpreter, str(path), whole)
        except (ValueError, SubprocessError) as error:
            result.note = f"does not run: {error}"
    return result


def _translated(interpreter: Interpreter, path: str, times: int) -> dict[str, Any]:
    request = ("-m", "benchmarks.starts", "phases", path)
    runs: list[dict[str, Any]] = [json.loads(interpreter.run(*request).stdout) for _ in range(times)]
    return min(runs, key=together)


def together(phases: Mapping[str, float]) -> float:
    """The seconds of all phases."""
    return sum(seconds for phase, seconds in phases.items() if phase != "peak")


def _checked(program: Program, interpreter: Interpreter, request: Sequence[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(interpreter.run(*request).stdout)
    if answer["code"] or not answer["text"].startswith(program.output):
        raise ValueError(f"code {answer['code']}, {answer['text']!r}")
    return answer


def main(arguments: Sequence[str]) -> None:
    """Does what the process was started for."""
    what, file, *rest = arguments
    result = phases(file) if what == "phases" else start(file, rest[0], rest[1], rest[2:])
    print(json.dumps({**result, "peak": peak()}))


if __name__ == "__main__":
    main(sys.argv[1:])
