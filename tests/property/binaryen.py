"""Random valid modules, made of random bytes by the fuzzer in npm's `binaryen`: `wasm-opt --translate-to-fuzz`."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from programs.downloads import Package

BINARYEN = Package(
    "npm",
    "binaryen",
    "132.0.0",
    "binaryen-132.0.0.tgz",
    "6543555fb29bb92548f325c7dc18e9ab7dbb1215edda25993d1e3f71d85b8618",
)
RUNNER = Path(__file__).parent / "wasm_opt.cjs"
#: What is not of WebAssembly 3.0, or gives results that may differ, or what wasmtime has not.
_WITHOUT = (
    "strings", "custom-descriptors", "shared-everything", "stack-switching", "relaxed-simd", "fp16", "multibyte",
    "acquire-release-atomics", "relaxed-atomics", "custom-page-sizes", "compact-imports",
)  # fmt: skip
#: What a module may be without besides.
_OPTIONAL = ("simd", "gc", "memory64", "threads", "exception-handling", "tail-call", "multivalue", "wide-arithmetic")
#: How the modules are made over, as far as they are.
_SHAPES = ((), (), (), ("--fuzz-passes",), ("--fuzz-passes",), ("-O1",), ("-O3",), ("-Os",))
#: How often each is left out.
_LEFT_OUT = 0.1
#: How many random bytes a module is made of, as powers of two.
_SIZES = (9, 15)
_TIMEOUT = 600


def node() -> str:
    """Where node is; skips the test where it is not."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed: binaryen's wasm-opt is run by it")
    return found


def modules(seeds: Iterable[int], folder: Path, legacy: bool = False) -> dict[int, bytes]:
    """A module for each seed, with exceptions as they were before 3.0 where `legacy`; `folder` is for files in between.

    Raises RuntimeError where wasm-opt makes none.
    """
    interpreter, tool = node(), folder / "wasm-opt.cjs"
    if not tool.exists():
        tool.write_bytes(BINARYEN.read("package/bin/wasm-opt"))
    outputs = {seed: folder / f"{seed}{'-legacy' * legacy}.wasm" for seed in seeds}
    runs = [json.dumps([*_arguments(seed, folder, legacy), "-o", str(output)]) for seed, output in outputs.items()]
    command = [interpreter, RUNNER, tool]
    done = subprocess.run(command, input="\n".join(runs), check=True, capture_output=True, text=True, timeout=_TIMEOUT)
    failed = [run for run, status in zip(runs, done.stdout.split(), strict=True) if status != "0"]
    if failed:
        raise RuntimeError(f"wasm-opt fails with {failed}: {done.stderr[-1000:]}")
    return {seed: output.read_bytes() for seed, output in outputs.items()}


def _arguments(seed: int, folder: Path, legacy: bool) -> list[str]:
    """What wasm-opt is given for a seed, but for where to put the module."""
    choose = random.Random(seed)
    data = folder / f"{seed}.random"
    data.write_bytes(choose.randbytes(int(2 ** choose.uniform(*_SIZES))))
    without = [*_WITHOUT, *(feature for feature in _OPTIONAL if choose.random() < _LEFT_OUT)]
    features = ["--all-features", *(f"--disable-{feature}" for feature in without)]
    shape = choose.choice(_SHAPES)
    return [str(data), "--translate-to-fuzz", *features, *shape, *(() if legacy else ("--translate-to-exnref",))]
