"""Precompiling: a module becomes a Python package that needs no translator, and on request no wasm2py at all."""

from __future__ import annotations

import ast
import contextlib
import keyword
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from wasm2py.checking import checked_module
from wasm2py.progress import Progress, silent
from wasm2py.runtime.errors import WasmError
from wasm2py.runtime.program import Options, Program
from wasm2py.transpile.dump import document
from wasm2py.transpile.dump.format import Style
from wasm2py.transpile.dump.functions import Source
from wasm2py.transpile.dump.package import Layout, is_command, package_files, unit_file
from wasm2py.transpile.module import Module
from wasm2py.transpile.translate import PythonTranslator, file_units
from wasm2py.transpile.validate.subtyping import value_types

_NOTICE = "# Part of wasm2py (Apache License 2.0), copied so that this package needs nothing else.\n"


@dataclass(frozen=True)
class Settings:
    """How to translate: the dialect, who formats, how many processes work at it, and what the module must not use."""

    target: Literal["cpython", "portable"] = "cpython"
    style: Style = "none"
    jobs: int = 1
    disabled_features: tuple[str, ...] = ()


def source_of(
    data: bytes,
    name: str,
    options: Options,
    style: Style = "black",
    annotate: bool = False,
    progress: Progress = silent,
) -> Source:
    """A module ready to be printed, called `name` unless it has a name.  Raises DecodeError or ValidationError."""
    module = checked_module(data, progress, options.disabled_features)
    return _source(module, name, replace(options, disabled_features=()), style, annotate)


def _source(module: Module, name: str, options: Options, style: Style, annotate: bool = False) -> Source:
    translator = PythonTranslator()
    program = replace(translator.program(module, options), units=file_units(module))
    if module.names.module is None:
        program = replace(program, name=name)
    return Source(module, program, translator, style, annotate)


def precompile(
    data: bytes,
    folder: Path,
    package: str,
    *,
    standalone: bool = False,
    settings: Settings | None = None,
    progress: Progress = silent,
) -> list[Path]:
    """Write `package` and its pyproject.toml into `folder`; returns the files written.

    What wasm2py wrote of an earlier version of the package, and this one has not, is removed.

    `progress` is told how validation and translation go on.  Raises WasmError for a name that no package can have,
    DecodeError or ValidationError for a bad module, OSError where a file cannot be written.
    """
    check_package_name(package)
    settings = settings or Settings()
    options = Options(settings.target, disabled_features=settings.disabled_features)
    source = source_of(data, package, options, settings.style, progress=progress)
    layout = Layout(package, standalone)
    units: dict[Path, str] = {}
    step = progress("translating", len(source.program.units))
    for unit, text in enumerate(_unit_texts(source, layout, settings)):
        units[Path(package, f"_unit{unit}.py")] = text
        step()
    copied = dict(_runtime_files(layout, _needs(source, layout, units.values()))) if standalone else {}
    packages = tuple(sorted({".".join(path.parts[:-1]) for path in copied}))
    texts = {Path(path): text for path, text in package_files(source, layout, packages).items()} | copied | units
    written = [_write(folder / path, text) for path, text in texts.items()]
    _remove_stale(folder / package, set(written))
    return written


def check_package_name(name: str) -> None:
    """Raise WasmError unless `name` can be a package's."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or keyword.iskeyword(name) or name == "wasm2py":
        raise WasmError(f"{name!r} cannot be a package's name: expected letters, digits and underscores")


def package_name(stem: str) -> str:
    """A package's name after a file's."""
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_").lower()
    return name if name[:1].isalpha() and not keyword.iskeyword(name) else f"wasm_{name}".rstrip("_")


def _unit_texts(source: Source, layout: Layout, settings: Settings) -> Iterator[str]:
    units = range(len(source.program.units))
    jobs = min(settings.jobs, len(units))
    if jobs <= 1:
        yield from (unit_file(source, layout, unit) for unit in units)
        return
    with ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(source.module, settings, layout)) as pool:
        yield from pool.map(_work, units)


#: What a worker process holds: the module, decoded once.
_worker: list[tuple[Source, Layout]] = []


def _start_worker(module: Module, settings: Settings, layout: Layout) -> None:
    source = _source(module, layout.package, Options(settings.target), settings.style)
    _worker.append((source, layout))


def _work(unit: int) -> str:
    source, layout = _worker[0]
    return unit_file(source, layout, unit)


def _needs(source: Source, layout: Layout, units: Iterable[str]) -> set[str]:
    """The runtime's modules that a package asks for itself."""
    needs = {"precompiled"}
    if is_command(source.program):
        needs.add("command")
    home = document.vectors_home(source.program)
    if any(f"from {layout.runtime}.{home} import" in text for text in units) or _converts_vectors(source.program):
        needs.add(home)
    return needs


def _converts_vectors(program: Program) -> bool:
    """Whether vectors come from outside, or go there, in another form than in the code."""
    valtypes = {info.type.valtype for info in program.globals}
    valtypes.update(valtype for type_ in program.types for valtype in value_types(type_))
    return program.options.dialect == "portable" and "v128" in valtypes


def _runtime_files(layout: Layout, needs: set[str]) -> Iterator[tuple[Path, str]]:
    """The files of the runtime that a package needs, with their imports rewritten."""
    for module in sorted(_needed(needs)):
        source = _module_file(module)
        text = source.read_text(encoding="utf-8")
        rewritten = re.sub(rf"\b{re.escape(document.RUNTIME)}\b", layout.runtime, text)
        parts = module.split(".") if module else []
        folder = Path(layout.package, "_runtime", *(parts if source.name == "__init__.py" else parts[:-1]))
        yield folder / source.name, _NOTICE + rewritten


def _needed(wanted: set[str]) -> set[str]:
    """The runtime's modules that `wanted` import, directly or not, and the packages around them; "" is the runtime."""
    found: set[str] = set()
    pending = {"", *wanted}
    while pending:
        module = pending.pop()
        found.add(module)
        pending |= (set(_imported(module)) | {module.rpartition(".")[0]}) - found
    return found


def _imported(module: str) -> Iterator[str]:
    prefix = f"{document.RUNTIME}."
    for node in ast.walk(ast.parse(_module_file(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and f"{node.module}.".startswith(prefix):
            base = node.module.removeprefix(document.RUNTIME).lstrip(".")
            names = [f"{base}.{alias.name}".lstrip(".") for alias in node.names]
            yield from (name for name in (base, *names) if _module_path(name) is not None)


def _module_file(module: str) -> Path:
    path = _module_path(module)
    if path is None:
        raise WasmError(f"the runtime has no module {module!r}")
    return path


def _module_path(module: str) -> Path | None:
    """The file of a module of the runtime, None if it is not a module."""
    import wasm2py.runtime

    folder = Path(wasm2py.runtime.__path__[0], *(module.split(".") if module else []))
    candidates = (folder / "__init__.py", folder.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def _remove_stale(package: Path, current: set[Path]) -> None:
    """Remove files of an earlier run: only such as begin like ours, where only we write, and folders left empty."""
    runtime = package / "_runtime"
    found = [*package.glob("_unit[0-9]*.py"), package / "__main__.py", *runtime.rglob("*.py")]
    stale = [path for path in found if path not in current and path.is_file() and _is_ours(path)]
    for path in stale:
        path.unlink()
    for path in sorted({path.parent for path in stale} - {package}, reverse=True):
        with contextlib.suppress(OSError):
            path.rmdir()


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline().decode(errors="replace").startswith((_NOTICE, document.FIRST_LINE))


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
