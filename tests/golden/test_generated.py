"""The dumps that are checked in, `generated/`: they are what translation makes today, and they run.

    pytest tests/golden --update-golden

makes them again; read the difference before it is committed.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import tokenize
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from programs.expected import LIBRARIES, Step
from wasm2py.precompile import source_of
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.program import Options
from wasm2py.transpile.dump.document import dump_module
from wasm2py.transpile.dump.format import Style

ROOT = Path(__file__).parents[2]
#: A table of functions, a hash, 64-bit integers and growth, a parser, a float kernel, a sort, a hash, a `br_table`.
NAMES = ["calculator", "crc32", "hashtable", "json", "nbody", "quicksort", "sha256", "vm"]


def remake(name: str, style: Style) -> str:
    binary = (ROOT / "examples" / f"{name}.wasm").read_bytes()
    return dump_module(source_of(binary, name, Options("cpython"), style))


def meaning(source: str) -> list[str]:
    """What must not change unnoticed: the statements and the comments, but not how a version of black breaks lines."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return comments + ast.unparse(ast.parse(source)).splitlines()


def imported(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"generated_{name}", ROOT / "generated" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(exports: Any, step: Step) -> Any:
    if step.input:
        exports.memory.write(exports.input(), step.input)
    return exports[step.export](*step.args)


def check(exports: Any, step: Step) -> None:
    assert make(exports, step) == step.result, step
    if step.output:
        address = exports.input() if step.in_place else exports.output()
        assert exports.memory.read(address, len(step.output)) == step.output, step


@pytest.mark.parametrize("name", NAMES)
def test_dump_is_what_translation_makes(name: str, update_golden: bool) -> None:
    path = ROOT / "generated" / f"{name}.py"
    if update_golden:
        path.write_text(remake(name, "black"), encoding="utf-8", newline="\n")
    assert meaning(path.read_text(encoding="utf-8")) == meaning(remake(name, "none"))


@pytest.mark.parametrize("name", NAMES)
def test_dump_runs(name: str) -> None:
    exports = imported(name).exports
    for step in LIBRARIES[name]():
        if not step.trap:
            check(exports, step)
            continue
        with pytest.raises(Trap) as caught:
            make(exports, step)
        assert caught.value.kind == step.trap


def test_dumps_have_instances_of_their_own() -> None:
    dump = imported("quicksort")
    first, second = dump.instantiate().exports, dump.instantiate().exports
    first.memory.write(first.input(), b"\x01")
    assert second.memory[second.input()] == 0


def test_nothing_else_is_generated() -> None:
    assert sorted(path.stem for path in (ROOT / "generated").glob("*.py")) == NAMES
