"""The files of a precompiled package, as text by path (but for the code of a standalone runtime)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from wasm2py.runtime.program import Program
from wasm2py.transpile.dump import document
from wasm2py.transpile.dump.format import format_whole
from wasm2py.transpile.dump.functions import Source
from wasm2py.transpile.dump.literals import literal
from wasm2py.transpile.dump.stubs import attribute_names, stub

#: Requirement of a package that is not standalone.
REQUIREMENT = "wasm2py>=0.1,<0.2"

_INIT = """\
{header}
{imports}

_module = Precompiled.from_package(PROGRAM, __name__)
instantiate = _module.instantiate
"""

_DEFAULT_INSTANCE = """\
__all__ = {names}


def __getattr__(name):
    return _module.attribute(name)


def __dir__():
    return sorted({{*globals(), *__all__}})
"""

_MAIN = """\
{header}
import sys

from {package} import _module
{imports}


def run():
    return main(_module)


if __name__ == "__main__":
    sys.exit(run())
"""

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{package}"
version = "0.1.0"
description = "A WebAssembly module, translated to Python by wasm2py"
requires-python = ">=3.11"
dependencies = [{requirement}]
{scripts}
[tool.setuptools]
packages = [{packages}]

[tool.setuptools.package-data]
"*" = ["py.typed", "*.pyi"]
"""


@dataclass(frozen=True)
class Layout:
    """What a package is called, and whether it brings its own runtime."""

    package: str
    standalone: bool

    @property
    def runtime(self) -> str:
        """The package that the runtime is imported from."""
        return f"{self.package}._runtime" if self.standalone else document.RUNTIME


def unit_file(source: Source, layout: Layout, unit: int) -> str:
    """The text of `_unit{unit}.py`: the functions of one unit."""
    texts, names = source.functions(*source.program.units[unit])
    header = document.header(source.program, f"Unit {unit} of PROGRAM in _program.py.")
    imports = document.imports(layout.runtime, document.helper_imports(names, source.program))
    return format_whole("\n\n".join([f"{header}\n{imports}\n", *texts]), source.style)


def package_files(source: Source, layout: Layout, runtime_packages: tuple[str, ...] = ()) -> dict[PurePosixPath, str]:
    """Every file but the units' and the runtime's, by its path under the output folder.

    `runtime_packages` are the packages that the runtime's copy consists of.
    """
    program = source.program
    package = PurePosixPath(layout.package)
    files = {
        PurePosixPath("pyproject.toml"): _pyproject(program, layout, runtime_packages),
        package / "__init__.py": _init(program, layout),
        package / "__init__.pyi": stub(program, layout.runtime),
        package / "py.typed": "",
        package / "_program.py": _program(source, layout),
    }
    if is_command(program):
        files[package / "__main__.py"] = _main(program, layout)
    return files


def is_command(program: Program) -> bool:
    """Whether the module is a WASI command."""
    return any(item.name == "_start" and item.kind == "func" for item in program.exports)


def _init(program: Program, layout: Layout) -> str:
    imports = f"from {layout.package}._program import PROGRAM\nfrom {layout.runtime}.precompiled import Precompiled"
    purpose = "`instantiate(imports)` makes an instance; its functions are in `exports`."
    text = _INIT.format(header=document.header(program, purpose), imports=imports)
    if program.imports:
        return text
    return text + _DEFAULT_INSTANCE.format(names=literal(tuple(attribute_names(program))))


def _program(source: Source, layout: Layout) -> str:
    header = document.header(source.program, "The description of a module; the code of its functions is elsewhere.")
    imports = document.imports(layout.runtime, document.description_imports(source.program))
    text = f"{header}\n{imports}\n\n{document.description(source.program, source.style)}"
    return format_whole(text, source.style)


def _main(program: Program, layout: Layout) -> str:
    imports = document.imports(layout.runtime, {"command": {"main"}})
    header = document.header(program, f"Runs the command: python -m {layout.package} ARGS.")
    return _MAIN.format(header=header, package=layout.package, imports=imports)


def _pyproject(program: Program, layout: Layout, runtime_packages: tuple[str, ...]) -> str:
    script = f'\n[project.scripts]\n"{layout.package}" = "{layout.package}.__main__:run"\n'
    return _PYPROJECT.format(
        package=layout.package,
        requirement="" if layout.standalone else f'"{REQUIREMENT}"',
        scripts=script if is_command(program) else "",
        packages=", ".join(f'"{name}"' for name in (layout.package, *runtime_packages)),
    )
