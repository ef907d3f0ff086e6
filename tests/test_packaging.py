"""The wheel holds every package, and importing costs nothing that is not used."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS: dict[str, str] = PROJECT["tool"]["setuptools"]["package-dir"]
#: Each of these takes longer to import than all of wasm2py.
HEAVY = (
    "astor",
    "black",
    "rich",
    "platformdirs",
    "wasm2py.transpile",
    "wasm2py.runtime",
    "asyncio",
    "typing_extensions",
)


def _packages() -> set[str]:
    """The packages that the folders hold."""
    found = set()
    for package, folder in FOLDERS.items():
        for init in (ROOT / folder).rglob("__init__.py"):
            found.add(".".join([package, *init.parent.relative_to(ROOT / folder).parts]))
    return found


def test_every_folder_with_code_is_a_package() -> None:
    for folder in FOLDERS.values():
        for source in (ROOT / folder).rglob("*.py"):
            assert (source.parent / "__init__.py").exists(), source


def test_every_package_is_listed() -> None:
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(_packages())


def test_versions_agree() -> None:
    import wasm2py

    assert wasm2py.__version__ == PROJECT["project"]["version"]


def test_the_runtime_has_no_dependencies_and_the_library_four() -> None:
    names = [requirement.split(">")[0] for requirement in PROJECT["project"]["dependencies"]]
    assert names == ["astor", "black", "platformdirs", "rich"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel of a copy of this checkout, built where nothing is left over from another build."""
    pytest.importorskip("pip", reason="pip is not installed in this environment: no wheel can be built")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in FOLDERS.values():
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(folder.glob("wasm2py-*.whl")))


def test_the_wheel_holds_every_source(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if name.startswith("wasm2py/")}
    expected = {"wasm2py/py.typed"}
    for package, folder in FOLDERS.items():
        for source in (ROOT / folder).rglob("*.py"):
            expected.add("/".join([*package.split("."), *source.relative_to(ROOT / folder).parts]))
    assert packed == expected


def test_the_wheel_is_pure_and_licensed(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert str(wheel.filename).endswith("-py3-none-any.whl")
    assert any(name.endswith("licenses/LICENSE") for name in names)
    entry_points = next(name for name in names if name.endswith("entry_points.txt"))
    assert "wasm2py = wasm2py.cli:main" in wheel.read(entry_points).decode()


def _imported_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_wasm2py_is_light() -> None:
    assert _imported_by("import wasm2py") & set(HEAVY) == set()


def test_the_runtime_needs_nothing_else() -> None:
    everything = "import wasm2py.runtime.instance, wasm2py.runtime.precompiled, wasm2py.runtime.wasi"
    imported = _imported_by(everything)
    assert imported & {"astor", "black", "rich", "platformdirs", "wasm2py.transpile"} == set()


def test_the_command_starts_light() -> None:
    imported = _imported_by("import wasm2py.cli")
    assert imported & {"astor", "black", "rich", "wasm2py.transpile.lift"} == set()
