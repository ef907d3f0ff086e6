"""Every example does what `expected.py` says, and is what its README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import wasm2py
from programs.expected import COMMANDS, LIBRARIES, Run, Step
from programs.guests import Command, Dialect, Guest, Outcome, Wasm2pyGuest, engine, run_wasm2py

EXAMPLES = Path(__file__).parents[2] / "examples"
RUNS = [pytest.param(name, run, id=f"{name}-{i}") for name, runs in COMMANDS.items() for i, run in enumerate(runs)]


def _module(name: str) -> bytes:
    return (EXAMPLES / f"{name}.wasm").read_bytes()


def _make(guest: Guest, step: Step) -> Any:
    if step.input:
        guest.write(guest.call("input"), step.input)
    return guest.call(step.export, *step.args)


def _check(guest: Guest, step: Step) -> None:
    assert _make(guest, step) == step.result, step
    if step.output:
        address = guest.call("input" if step.in_place else "output")
        assert guest.read(address, len(step.output)) == step.output, step


@pytest.mark.parametrize("dialect", ["cpython", "portable"])
@pytest.mark.parametrize("name", LIBRARIES)
def test_library(name: str, dialect: Dialect) -> None:
    if dialect == "cpython" and sys.byteorder == "big":
        pytest.skip("the cpython dialect is for little-endian machines")
    guest = Wasm2pyGuest(_module(name), {}, dialect)
    for step in LIBRARIES[name]():
        if not step.trap:
            _check(guest, step)
            continue
        with pytest.raises(wasm2py.Trap) as caught:
            _make(guest, step)
        assert caught.value.kind == step.trap


def _command(name: str, run: Run, root: Path) -> Command:
    for file, data in run.files.items():
        (root / file).write_bytes(data)
    return Command(_module(name), [name, *run.args], root, run.env, run.stdin)


@pytest.mark.parametrize(("name", "run"), RUNS)
def test_command(name: str, run: Run, tmp_path: Path) -> None:
    outcome = run_wasm2py(_command(name, run, tmp_path))
    assert outcome == Outcome(run.exit_code, run.stdout, run.stderr)
    assert {file: (tmp_path / file).read_bytes() for file in run.written} == run.written


def test_collatz_calls_the_host() -> None:
    seen: list[int] = []
    linker = wasm2py.Linker(engine())
    linker.function("env", "log")(seen.append)
    instance = linker.instantiate(wasm2py.Module(_module("collatz"), engine=engine()))
    assert instance.exports.collatz(6) == 8
    assert seen == [6, 3, 10, 5, 16, 8, 4, 2, 1]


def test_registry_keeps_host_objects() -> None:
    exports = wasm2py.load(EXAMPLES / "registry.wasm", engine=engine()).exports
    first, second = object(), {"any": "thing"}
    assert (exports.store(first), exports.store(second), exports.size()) == (0, 1, 2)
    assert exports.fetch(0) is first
    assert exports.last.value is second
    assert exports.objects[1] is second
    assert (exports.drop(0), exports.fetch(0), exports.drop(0)) == (0, None, 1)
    with pytest.raises(wasm2py.Trap, match="out of bounds table access"):
        exports.fetch(2)


def _build(*args: str) -> str:
    command = [sys.executable, str(EXAMPLES / "build.py"), *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_every_build_is_small_and_has_its_expectations() -> None:
    paths = [*EXAMPLES.glob("*.wasm"), *EXAMPLES.glob("simd/*.wasm"), *EXAMPLES.glob("threads/*.wasm")]
    builds = {path.relative_to(EXAMPLES).with_suffix("").as_posix(): path.stat().st_size for path in paths}
    elsewhere = {"collatz", "registry", "lisp", "closures", "trees", "threads/workers"}
    assert set(builds) == set(LIBRARIES) | set(COMMANDS) | elsewhere
    assert max(builds.values()) < 100_000


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.wat")), ids=lambda path: path.name)
def test_text_is_built_as_committed(path: Path) -> None:
    assert wasm2py.Module.from_wat(path.read_text(), engine=engine()).data == path.with_suffix(".wasm").read_bytes()


def test_the_readme_tells_how_each_was_built() -> None:
    readme = (EXAMPLES / "README.md").read_text()
    for line in _build("--commands").splitlines():
        name, command = line.split(": ", 1)
        assert command.replace(name, "NAME") in readme
        assert (EXAMPLES / f"{name}.wasm").exists()
