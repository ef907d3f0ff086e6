"""Runs the scripts of the WebAssembly conformance suite.

Every command of a script counts as passed, failed or skipped.  A command is skipped only if it, or the instance that
it works on, needs a feature that is not here; the report says which, and how many.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Thread as PythonThread
from typing import Any, TypeAlias

from wasm2py.config import native_dialect
from wasm2py.conformance_values import Needs, argument, mismatch
from wasm2py.progress import Progress, Step, silent
from wasm2py.runtime.engine import Engine
from wasm2py.runtime.errors import (
    DecodeError,
    LinkError,
    StackExhausted,
    TextError,
    Trap,
    ValidationError,
    WasmError,
    WasmException,
)
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.link import Extern, resolve_imports
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import Dialect, Options
from wasm2py.runtime.table import Table
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.decode import check_bodies, decode_module
from wasm2py.transpile.module import Module
from wasm2py.transpile.text.features import later_feature
from wasm2py.transpile.text.script import (
    Action,
    AssertFailure,
    AssertReturn,
    Command,
    DefineModule,
    Get,
    Instantiate,
    Invoke,
    ModuleText,
    Register,
    Thread,
    Unknown,
    Wait,
    parse_script,
)
from wasm2py.transpile.translate import PythonTranslator
from wasm2py.transpile.usage import refuse_disabled, uses
from wasm2py.transpile.validate import validate


@dataclass(frozen=True, slots=True)
class Failure:
    """A command that did not do what the script says."""

    line: int
    kind: str
    message: str


@dataclass(slots=True)
class FileReport:
    """The result of one script; `skips` counts the skipped commands by reason, mostly the feature that they need."""

    file: str
    passed: int = 0
    failures: list[Failure] = field(default_factory=list)
    skips: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        return len(self.failures)

    @property
    def skipped(self) -> int:
        return self.skips.total()

    def add(self, other: FileReport) -> None:
        """Count what another part of the script did."""
        self.passed += other.passed
        self.failures += other.failures
        self.skips += other.skips

    def as_json(self) -> dict[str, Any]:
        """The file's part of `wasm2py wast --json`."""
        return {
            "file": self.file,
            "passed": self.passed,
            "failed": self.failed,
            "skipped": self.skipped,
            "reasons": [f"{reason}: {count}" for reason, count in sorted(self.skips.items())],
            "failures": [
                {"line": failure.line, "kind": failure.kind, "message": failure.message} for failure in self.failures
            ],
        }


def run_file(path: str, dialect: Dialect | None = None, progress: Progress = silent) -> FileReport:
    """Run the script in a file.  Raises OSError if it cannot be read."""
    with open(path, "rb") as file:
        return run_script(file.read(), path, dialect, progress)


def run_script(
    text: str | bytes, name: str = "script", dialect: Dialect | None = None, progress: Progress = silent
) -> FileReport:
    """Run a script; one that cannot be parsed is a failure at the line of the error.

    `dialect` is that of the generated code, by default the one that suits this Python.
    """
    report = FileReport(name)
    try:
        commands = parse_script(text)
    except TextError as error:
        report.failures.append(Failure(error.line, "script", error.message))
        return report
    engine = Engine(PythonTranslator(), options=Options(dialect=dialect or native_dialect()))
    _Runner(report, engine).run(commands, progress("running", len(commands)))
    engine.close()
    return report


def run_files(
    paths: Sequence[str], jobs: int = 1, dialect: Dialect | None = None, progress: Progress = silent
) -> Iterator[FileReport]:
    """Run scripts, `jobs` at a time in processes of their own; the reports come in the order of the paths."""
    if jobs <= 1:
        yield from (run_file(path, dialect, progress) for path in paths)
        return
    from concurrent.futures import ProcessPoolExecutor

    step = progress("running", len(paths))
    with ProcessPoolExecutor(jobs) as pool:
        for report in pool.map(partial(run_file, dialect=dialect), paths):
            step()
            yield report


def spectest() -> dict[str, Extern]:
    """The exports of the host module "spectest" that the suite's scripts import from."""
    printers: dict[str, tuple[ValType, ...]] = {
        "print": (),
        "print_i32": ("i32",),
        "print_i64": ("i64",),
        "print_f32": ("f32",),
        "print_f64": ("f64",),
        "print_i32_f32": ("i32", "f32"),
        "print_f64_f64": ("f64", "f64"),
    }
    return {
        **{name: Func(FuncType(params), _discard, name) for name, params in printers.items()},
        "global_i32": Global("i32", 666),
        "global_i64": Global("i64", 666),
        "global_f32": Global("f32", 666.6),
        "global_f64": Global("f64", 666.6),
        "table": Table("funcref", 10, 20),
        "table64": Table("funcref", 10, 20, index="i64"),
        "memory": Memory(1, 2),
        "shared_memory": Memory(1, 2, shared=True),
    }


def _discard(*_values: object) -> None:
    """What the suite prints is of no interest."""


class _Mismatch(Exception):
    """A command did not do what the script says."""


@dataclass(frozen=True, slots=True)
class _Missing:
    """Stands for a module or instance that could not be made: what works on it is skipped for that reason, or fails."""

    line: int
    feature: str | None

    def refuse(self) -> Exception:
        if self.feature is not None:
            return Needs(self.feature)
        return _Mismatch(f"the module of line {self.line} failed")


_Exports: TypeAlias = Mapping[str, Extern]


class _Runner:
    """The state of one script: modules and instances by name (None: the latest), and what is registered for imports."""

    def __init__(self, report: FileReport, engine: Engine) -> None:
        self.report = report
        self.engine = engine
        self.modules: dict[str | None, Module | _Missing] = {}
        self.instances: dict[str | None, _Exports | _Missing] = {}
        self.registered: dict[str, _Exports | _Missing] = {"spectest": spectest()}
        self.threads: dict[str | None, tuple[PythonThread, FileReport]] = {}

    def run(self, commands: Iterable[Command], step: Step) -> None:
        """Run commands, and wait for the threads that they do not wait for."""
        self.run_all(commands, step)
        for thread, report in self.threads.values():
            thread.join()
            self.report.add(report)

    def run_all(self, commands: Iterable[Command], step: Step) -> None:
        for command in commands:
            step()
            try:
                _HANDLERS[type(command)](self, command)
            except Needs as need:
                self.report.skips[need.feature] += 1
            except Exception as error:
                self.failed(command, error)
            else:
                self.report.passed += 1

    def failed(self, command: Command, error: Exception) -> None:
        feature = _feature_named(error)
        if feature is not None:
            self.report.skips[feature] += 1
            return
        self.report.failures.append(Failure(command.line, _kind_of(command), _describe(error)))

    # Modules and instances

    def read(self, module: ModuleText) -> Module:
        """Assemble and decode a module, function bodies included."""
        try:
            words = [*module.words()]
        except TextError:
            words = []
        feature = later_feature(words)
        if feature is not None:
            raise Needs(feature)
        decoded = decode_module(module.binary())
        check_bodies(decoded)
        return decoded

    def define(self, command: DefineModule) -> None:
        name = command.module.name
        try:
            module = self.read(command.module)
            validate(module)
        except Exception as error:
            missing = _missing(command.line, error)
            self.keep(self.modules, name, missing)
            if not command.definition:
                self.keep(self.instances, name, missing)
            raise
        self.keep(self.modules, name, module)
        if not command.definition:
            self.instantiate_as(name, module, command.line)

    def instantiate(self, command: Instantiate) -> None:
        module = self.modules.get(command.module, _Missing(command.line, None))
        if isinstance(module, _Missing):
            self.keep(self.instances, command.name, module)
            raise module.refuse()
        self.instantiate_as(command.name, module, command.line)

    def instantiate_as(self, name: str | None, module: Module, line: int) -> None:
        try:
            exports = self.make_instance(module)
        except Exception as error:
            self.keep(self.instances, name, _missing(line, error))
            raise
        self.keep(self.instances, name, exports)

    def make_instance(self, module: Module) -> _Exports:
        program = self.engine.compile_module(module)
        return self.engine.instantiate(module, resolve_imports(program, self.resolve)).exports

    def resolve(self, module: str, name: str) -> Extern | None:
        """What an import refers to.  Raises what `_Missing` does where its module could not be made."""
        source = self.registered.get(module, {})
        if isinstance(source, _Missing):
            raise source.refuse()
        return _find(source, name)

    def keep(self, table: dict[str | None, Any], name: str | None, value: Any) -> None:
        """Store something as the latest, and under its name if it has one."""
        table[None] = value
        if name is not None:
            table[name] = value

    def exports(self, name: str | None, line: int) -> _Exports:
        found = self.instances.get(name, _Missing(line, None))
        if isinstance(found, _Missing):
            raise found.refuse()
        return found

    def register(self, command: Register) -> None:
        found = self.instances.get(command.instance, _Missing(command.line, None))
        self.registered[command.name] = found
        if isinstance(found, _Missing):
            raise found.refuse()

    # Threads

    def thread(self, command: Thread) -> None:
        """Start a thread with modules of its own, and those that are shared with it."""
        report = FileReport(self.report.file)
        runner = _Runner(report, self.engine)
        for name in command.shared:
            runner.keep(runner.instances, name, self.exports(name, command.line))
        thread = PythonThread(target=runner.run, args=(command.commands, _no_step), daemon=True)
        self.threads[command.name] = thread, report
        thread.start()

    def wait(self, command: Wait) -> None:
        if command.thread not in self.threads:
            raise _Mismatch("no such thread")
        thread, report = self.threads.pop(command.thread)
        thread.join()
        self.report.add(report)

    # Actions

    def perform(self, action: Action) -> tuple[tuple[ValType, ...], tuple[Any, ...]]:
        """Carry out an action; the types of the results, and their host values."""
        extern = _find(self.exports(action.instance, action.line), action.name)
        if isinstance(action, Get) and isinstance(extern, Global):
            return (extern.type.valtype,), (extern.value,)
        if isinstance(action, Invoke) and isinstance(extern, Func):
            result = extern(*map(argument, action.args))
            types = extern.type.results
            return types, result if len(types) > 1 else (result,)[: len(types)]
        raise _Mismatch(f"no such export: {action.name!r}")

    def act(self, action: Action) -> None:
        self.perform(action)

    def assert_return(self, command: AssertReturn) -> None:
        types, values = self.perform(command.action)
        difference = mismatch(command.results, types, values)
        if difference is not None:
            raise _Mismatch(difference)

    # Failures

    def assert_failure(self, command: AssertFailure) -> None:
        try:
            self.attempt(command)
        except _ERRORS[command.kind] as error:
            if _accepted(command.message, _message(error)):
                return
            if _feature_named(error) is None:
                raise _Mismatch(f"expected {command.message!r}, got {_message(error)!r}") from None
            raise
        except WasmError as error:
            if _feature_named(error) is None:
                raise _Mismatch(f"expected {command.message!r}, got {_describe(error)}") from None
            raise
        if command.message not in _SUPERSEDED or not self.was_refused(command.subject, _SUPERSEDED[command.message]):
            raise _Mismatch(f"expected {command.message!r}, but nothing was wrong")

    def was_refused(self, subject: Action | ModuleText, feature: str) -> bool:
        """Whether a module is refused where a feature is off, or was only found to be malformed before there was it."""
        if not isinstance(subject, ModuleText):
            return False
        module = self.read(subject)
        try:
            validate(module)
            refuse_disabled(uses(module), {feature})
        except ValidationError:
            return True
        return False

    def attempt(self, command: AssertFailure) -> None:
        """Take the subject as far as the kind of assertion says."""
        if not isinstance(command.subject, ModuleText):
            self.perform(command.subject)
            return
        module = self.read(command.subject)
        if command.kind in _MALFORMED:
            return
        validate(module)
        if command.kind not in _INVALID:
            self.make_instance(module)

    def unknown(self, command: Unknown) -> None:
        feature = later_feature([command.kind])
        if feature is None:
            raise _Mismatch("unknown command")
        raise Needs(feature)


def _no_step() -> None:
    """Progress is that of the script."""


def _find(exports: _Exports, name: str) -> Extern | None:
    """An export, or None.  `Exports.get` will not do: a module may export something under that name."""
    try:
        return exports[name]
    except KeyError:
        return None


_HANDLERS: dict[type, Callable[[_Runner, Any], None]] = {
    DefineModule: _Runner.define,
    Instantiate: _Runner.instantiate,
    Register: _Runner.register,
    Invoke: _Runner.act,
    Get: _Runner.act,
    AssertReturn: _Runner.assert_return,
    AssertFailure: _Runner.assert_failure,
    Thread: _Runner.thread,
    Wait: _Runner.wait,
    Unknown: _Runner.unknown,
}
_KINDS: dict[type, str] = {
    DefineModule: "module",
    Instantiate: "module instance",
    Register: "register",
    Invoke: "invoke",
    Get: "get",
    AssertReturn: "assert_return",
    Thread: "thread",
    Wait: "wait",
}
#: What must be raised for each kind of assertion.
_ERRORS: dict[str, type[WasmError] | tuple[type[WasmError], ...]] = {
    "assert_trap": Trap,
    "assert_exhaustion": StackExhausted,
    "assert_exception": WasmException,
    "assert_invalid": ValidationError,
    "assert_malformed": (TextError, DecodeError),
    "assert_unlinkable": LinkError,
    "assert_malformed_custom": TextError,
    "assert_invalid_custom": TextError,
}
#: The assertions about modules that are not read to their end, and about those that are but not accepted.
_MALFORMED = frozenset({"assert_malformed", "assert_malformed_custom"})
_INVALID = frozenset({"assert_invalid", "assert_invalid_custom"})
#: What older proposals' scripts expect to be refused, and the later feature that allows it.
_SUPERSEDED = {
    "multiple tables": "reference-types",
    "multiple memories": "multi-memory",
    "i32 constant out of range": "memory64",
}
#: Other wordings of ours for what the suite expects.
_SYNONYMS: dict[str, tuple[str, ...]] = {
    # Only of exceptions does the suite say more than this.
    "type mismatch: instruction requires [i32] but stack has []": ("type mismatch",),
    "type mismatch: instruction requires [i32] but stack has [i64]": ("type mismatch",),
    "type mismatch: block requires [] but stack has [i32]": ("type mismatch",),
    # The suite adds the index in this one place.
    "uninitialized element 2": ("uninitialized element",),
    # A length that goes past the section: which of the two is seen depends on the order of checks.
    "unexpected end of section or function": ("length out of bounds",),
    # Flags that custom page sizes have made well formed, with nothing after them.
    "malformed limits flags": ("unexpected end of section or function",),
}
_NAMED_FEATURE = re.compile(r"needs the ([\w-]+) feature")


def _kind_of(command: Command) -> str:
    return command.kind if isinstance(command, AssertFailure | Unknown) else _KINDS[type(command)]


def _accepted(expected: str, message: str) -> bool:
    """Whether a message is what the script expects: it begins with it, as the suite's own runner has it."""
    return message.startswith((expected, *_SYNONYMS.get(expected, ())))


def _message(error: WasmError) -> str:
    if isinstance(error, DecodeError | TextError | ValidationError):
        return error.message
    return error.kind if isinstance(error, Trap) else str(error)


def _feature_named(error: Exception) -> str | None:
    """The later feature that a module needs, as it is said where it is decoded or validated."""
    found = _NAMED_FEATURE.search(error.message) if isinstance(error, DecodeError | ValidationError) else None
    return found[1] if found else None


def _missing(line: int, error: Exception) -> _Missing:
    return _Missing(line, error.feature if isinstance(error, Needs) else _feature_named(error))


def _describe(error: Exception) -> str:
    if isinstance(error, _Mismatch):
        return str(error)
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, WasmError) else f"internal error: {kind}: {error}"
