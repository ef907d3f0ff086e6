"""Who may import whom: `runtime` nothing but itself and the standard library, `transpile` little of `runtime`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = {"api": "wasm2py", "transpile": "wasm2py.transpile", "runtime": "wasm2py.runtime"}
#: What of the runtime the translator may know: types, errors, the contract, and the names that generated code uses.
FOR_THE_TRANSLATOR = {
    "types",
    "references",
    "errors",
    "program",
    "numerics",
    "integers",
    "words",
    "dialects",
    "floats",
    "access",
    "bulk",
    "tails",
}
#: The only packages from outside, and where they may be imported.
THIRD_PARTY = {"astor": ("transpile",), "black": ("transpile",), "platformdirs": ("api",), "rich": ("api",)}


def _sources(folder: str) -> Iterator[Path]:
    yield from sorted((ROOT / folder).rglob("*.py"))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    """The absolute names that a file imports, wherever in it, and the level of its relative imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield (f"{node.module}.{alias.name}" if node.module else alias.name), node.level


def test_the_runtime_knows_only_itself() -> None:
    own = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in _sources("runtime")
        for name, _ in _imports(path)
        if name.startswith("wasm2py") and not name.startswith("wasm2py.runtime")
    ]
    assert own == []


def test_the_translator_uses_only_types_and_names_of_the_runtime() -> None:
    package = {"wasm2py.runtime." + name for name in FOR_THE_TRANSLATOR}
    found = []
    for path in _sources("transpile"):
        for name, _ in _imports(path):
            module = ".".join(name.split(".")[:3])
            if name.startswith("wasm2py.runtime") and module not in package | {"wasm2py.runtime"}:
                found.append(f"{path.relative_to(ROOT)}: {name}")
            if name.startswith("wasm2py.") and not name.startswith(("wasm2py.runtime", "wasm2py.transpile")):
                found.append(f"{path.relative_to(ROOT)}: {name}")
    assert found == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_are_absolute(folder: str) -> None:
    assert [str(path) for path in _sources(folder) for _, level in _imports(path) if level] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_third_party_packages_stay_in_their_place(folder: str) -> None:
    found = []
    for path in _sources(folder):
        for name, _ in _imports(path):
            top = name.split(".")[0]
            known = top in sys.stdlib_module_names or top in {"wasm2py", "__pypy__", "pypyjit"}
            if not known and folder not in THIRD_PARTY.get(top, ()):
                found.append(f"{path.relative_to(ROOT)}: {name}")
    assert found == []


def test_no_top_level_folder_is_imported_by_its_own_name() -> None:
    folders = [*FOLDERS, "tests"]
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for folder in folders
        for path in _sources(folder)
        for name, level in _imports(path)
        if not level and name.split(".")[0] in FOLDERS
    ]
    assert found == []
