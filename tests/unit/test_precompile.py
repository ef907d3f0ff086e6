"""Precompiled packages: what is in them, that they run alone, and that a wheel can be made of them."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from wasm2py.cli import main
from wasm2py.precompile import package_name, precompile
from wasm2py.runtime.errors import ValidationError, WasmError
from wasm2py.runtime.program import ExportInfo, FunctionInfo, Options, Program
from wasm2py.runtime.types import FuncType, Limits, MemoryType
from wasm2py.transpile.dump.stubs import stub
from wasm2py.transpile.text import assemble

EXAMPLES = Path(__file__).parents[2] / "examples"

#: Blocks the import of wasm2py, as if it were not installed.
ALONE = "import sys; sys.modules['wasm2py'] = None\n"


def make(folder: Path, example: str, *options: str) -> Path:
    assert main(["precompile", str(EXAMPLES / f"{example}.wasm"), "-o", str(folder), *options]) == 0
    return folder


def python(folder: Path, *args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "error"}
    return subprocess.run([sys.executable, *args], capture_output=True, check=False, env=environment, input=stdin)


def answer(folder: Path, code: str) -> str:
    done = python(folder, "-c", code)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_package_exports_what_the_module_does(on_path: Path) -> None:
    make(on_path, "quicksort", "--name", "sorter")
    package = importlib.import_module("sorter")
    package.memory.write(package.input(), bytes([3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]))
    package.sort(3)
    assert package.memory.read(package.input(), 12) == bytes([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0])
    assert package.instantiate().exports.memory.read(package.input(), 12) == bytes(12)
    assert set(package.__all__) == {"memory", "input", "sort", "find"}
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no export 'nonsense'"):
        _ = package.nonsense


def test_a_package_has_what_linkers_export(on_path: Path) -> None:
    precompile(assemble('(module (func (export "__free") (result i32) i32.const 3))'), on_path, "linked")
    package = importlib.import_module("linked")
    assert package.__free() == 3
    assert not hasattr(package, "__wrapped__")


def test_importing_a_package_makes_no_instance(on_path: Path) -> None:
    binary = assemble('(module (func $s unreachable) (start $s) (func (export "f")))')
    precompile(binary, on_path, "starts")
    package = importlib.import_module("starts")
    with pytest.raises(WasmError, match="unreachable"):
        _ = package.f


@pytest.mark.parametrize("options", [(), ("--standalone",)])
def test_packages_need_no_translator(tmp_path: Path, options: tuple[str, ...]) -> None:
    make(tmp_path, "crc32", *options)
    code = "import crc32, sys; crc32.memory.write(crc32.input(), b'123456789')\n"
    code += "print(crc32.crc32(0, 9) & 0xFFFFFFFF, *(m for m in sys.modules if m.startswith('wasm2py.t')))"
    assert answer(tmp_path, (ALONE if options else "") + code) == f"{0xCBF43926}\n"


@pytest.mark.parametrize("target", ["cpython", "portable"])
def test_targets(tmp_path: Path, target: str) -> None:
    make(tmp_path, "sum32", "--target", target)
    assert f"{target} dialect" in (tmp_path / "sum32" / "__init__.py").read_text()
    assert answer(tmp_path, "import sum32; print(sum32._module.program.options.dialect)") == f"{target}\n"


def test_imports_are_asked_for(tmp_path: Path) -> None:
    make(tmp_path, "collatz", "--standalone")
    code = "import collatz; print(collatz.instantiate({'env': {'log': print}}).exports.collatz(2)); "
    code += "print(hasattr(collatz, 'collatz'), hasattr(collatz, '__all__'))"
    assert answer(tmp_path, ALONE + code) == "2\n1\n1\nFalse False\n"


def test_a_command_runs_as_a_module(tmp_path: Path) -> None:
    make(tmp_path, "wc", "--standalone")
    done = python(tmp_path, "-m", "wc", stdin=b"one two\nthree\n")
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [b"2", b"3", b"14"], b"")
    assert python(tmp_path, "-m", "wc", "/nowhere").returncode != 0


def test_a_command_that_traps(tmp_path: Path) -> None:
    binary = assemble('(module $bang (memory (export "memory") 1) (func (export "_start") unreachable))')
    precompile(binary, tmp_path, "bang", standalone=True)
    done = python(tmp_path, "-m", "bang")
    assert done.returncode == 134
    assert done.stderr.startswith(b"wasm2py: bang: trap: unreachable")


def many_units() -> bytes:
    functions = "".join(f'(func (export "f{i}") (result i32) i32.const {i})' for i in range(400))
    return assemble(f"(module {functions})")


def test_workers_make_the_same_package(tmp_path: Path) -> None:
    binary = tmp_path / "many.wasm"
    binary.write_bytes(many_units())
    for jobs in ("1", "2"):
        assert main(["precompile", str(binary), "-o", str(tmp_path / jobs), "-j", jobs]) == 0
    first, second = (
        {path.relative_to(tmp_path / jobs): path.read_bytes() for path in (tmp_path / jobs).rglob("*.py*")}
        for jobs in ("1", "2")
    )
    assert first == second
    assert sum(path.name.startswith("_unit") for path in first) > 2
    assert answer(tmp_path / "1", "import many; print(many.f0(), many.f399())") == "0 399\n"


def test_a_second_run_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    command = assemble('(module (memory (export "memory") 1) (func (export "_start")))')
    precompile(command, tmp_path / "old", "many", standalone=True)
    precompile(many_units(), tmp_path / "old", "many")
    assert answer(tmp_path / "old", "import many; print(many.f399())") == "399\n"
    precompile(command, tmp_path / "old", "many")
    precompile(command, tmp_path / "new", "many")
    old, new = (
        {path.relative_to(tmp_path / run) for path in (tmp_path / run).rglob("*") if "__pycache__" not in path.parts}
        for run in ("old", "new")
    )
    assert old == new


def test_a_second_run_leaves_what_others_wrote(tmp_path: Path) -> None:
    precompile(many_units(), tmp_path, "many", standalone=True)
    package = tmp_path / "many"
    kept = [package / "_unit7.py", package / "_unit_test.py", package / "__main__.py", package / "_runtime" / "own.py"]
    for path in kept:
        path.write_text("# my own\n")
    precompile(assemble("(module)"), tmp_path, "many")
    assert [path.read_text() for path in kept] == ["# my own\n"] * 4
    assert sorted(path.name for path in package.iterdir() if path.suffix == ".py") == [
        "__init__.py", "__main__.py", "_program.py", "_unit7.py", "_unit_test.py",
    ]  # fmt: skip


def test_units_are_imported_when_they_are_called(tmp_path: Path) -> None:
    precompile(many_units(), tmp_path, "many")
    code = "import many, sys; many.f399(); print(*sorted(m for m in sys.modules if m.startswith('many._u')))"
    assert len(answer(tmp_path, code).split()) == 1


def test_stub_gives_the_exports_types(tmp_path: Path) -> None:
    make(tmp_path, "calculator")
    tree = ast.parse((tmp_path / "calculator" / "__init__.pyi").read_text())
    functions = {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert functions["divmod"].split(":\n")[0] == "def divmod(p0: int, p1: int, /) -> tuple[int, int]"
    assert {node.name for node in tree.body if isinstance(node, ast.ClassDef)} == {"Exports", "Instance"}


def test_stub_leaves_out_what_is_no_identifier() -> None:
    names = ["f", "a b", "def", "é", "int", "_module", "__init__", "x):\n    import os", "Exports", "_unit0"]
    program = Program(
        "m",
        Options(),
        functions=(FunctionInfo(FuncType(("i32", "f64", "funcref", "externref"), ("f32",)), "f", "f"),),
        memories=(MemoryType(Limits(1)),),
        exports=(*(ExportInfo(name, "func", 0) for name in names), ExportInfo("memory", "memory", 0)),
        imported={},
    )
    tree = ast.parse(stub(program, "pkg._runtime"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions] == ["instantiate", "f"]
    assert ast.unparse(functions[1]).startswith("def f(p0: int, p1: float, p2: Func | None, p3: Any, /) -> float")


@pytest.mark.parametrize("name", ["", "1x", "a-b", "a.b", "import", "wasm2py", "é", "../x"])
def test_names_that_no_package_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(WasmError, match="cannot be a package's name"):
        precompile(many_units(), tmp_path, name)


@pytest.mark.parametrize(
    ("stem", "name"),
    [("a-b c", "a_b_c"), ("Zlib", "zlib"), ("1st", "wasm_1st"), ("class", "wasm_class"), ("é", "wasm")],
)
def test_package_names_after_files(stem: str, name: str) -> None:
    assert package_name(stem) == name


def test_a_bad_module_leaves_no_files(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        precompile(assemble("(module (func (result i32)))"), tmp_path / "out", "bad")
    assert not (tmp_path / "out").exists()


def test_the_command_line_names_bad_modules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["precompile", str(EXAMPLES / "README.md"), "-o", str(tmp_path)]) == 1
    assert "README.md: magic header not detected" in capsys.readouterr().err


def test_a_wheel_runs_where_wasm2py_is_not_installed(tmp_path: Path) -> None:
    source = make(tmp_path / "source", "sha256", "--standalone", "--name", "sha256_wasm")
    build = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=source, capture_output=True, text=True)
    if "No module named 'setuptools'" in done.stderr:
        pytest.skip("setuptools is not installed")
    wheel = next(tmp_path.glob("*.whl"))
    assert wheel.name == "sha256_wasm-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        assert {"sha256_wasm/__init__.pyi", "sha256_wasm/py.typed"} <= set(archive.namelist())
        venv.create(tmp_path / "venv", symlinks=True)
        interpreter = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        site = subprocess.run(
            [interpreter, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
            capture_output=True,
            text=True,
            check=True,
        )
        archive.extractall(site.stdout.strip())
    code = "import sha256_wasm as m, importlib.util as u; print(u.find_spec('wasm2py'), sorted(m.__all__))"
    ran = subprocess.run([interpreter, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("None ['")
