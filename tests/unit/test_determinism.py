"""The same module gives the same code, whatever strings hash to and wherever in memory the translator's objects lie."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from random import Random

import pytest
from wasm2py.config import Config
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.translate import PythonTranslator

from benchmarks.kernels import EXAMPLES

MODULES = sorted(path.relative_to(EXAMPLES).with_suffix("").as_posix() for path in EXAMPLES.rglob("*.wasm"))
ROUNDS = 5


def _scattered(random: Random) -> list[object]:
    """Objects of the sizes of the translator's own, with room between them for what is made next."""
    made = [bytearray(random.choice((24, 56, 72, 88, 120))) for _ in range(random.randrange(3000))]
    random.shuffle(made)
    return list(made[: len(made) // 2])


def _code(data: bytes, random: Random) -> list[str]:
    kept = _scattered(random)
    module, translator = decode_module(data), PythonTranslator()
    program = translator.program(module, Config().options())
    numbers = range(program.imported_count("func"), len(program.functions))
    trees = [ast.dump(translator.function_ast(module, program, number)) for number in numbers]
    kept.clear()
    return trees


@pytest.mark.parametrize("name", MODULES)
def test_addresses_do_not_matter(name: str) -> None:
    data, random = (EXAMPLES / f"{name}.wasm").read_bytes(), Random(name)
    expected = _code(data, random)
    assert all(_code(data, random) == expected for _ in range(ROUNDS))


@pytest.mark.parametrize("name", ["hello", "simd/lengths_simd", "kernels/cells"])
def test_hashes_do_not_matter(name: str) -> None:
    command = [sys.executable, "-m", "wasm2py", "dump", str(EXAMPLES / f"{name}.wasm")]
    dumps = {
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }
    assert len(dumps) == 1
