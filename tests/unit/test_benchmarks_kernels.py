"""The kernels of the benchmark: the wasm and its twin by hand give the same, and the builds are ours and small."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import wasm2py

from benchmarks.kernels import BRANCHIEST, EXAMPLES, KERNELS, Kernel

ENGINE = wasm2py.Engine(wasm2py.Config(cache=None))
FOLDER = EXAMPLES / "kernels"
#: Smaller than what is measured, but through every branch: sorting, growth, both halves of a search.
SIZES = {
    "fib": 10,
    "lcg32": 100,
    "lcg64": 100,
    "xorshift32": 101,
    "xorshift64": 101,
    "matmul": 1,
    "matmul_f32": 1,
    "vm": 12,
}


def both(kernel: Kernel, size: int) -> tuple[int | float, int | float]:
    exports = wasm2py.load(kernel.wasm(), engine=ENGINE).exports
    args = (*kernel.first, size)
    return kernel.canonical(exports[kernel.export](*args)), kernel.canonical(kernel.twin(*args))


@pytest.fixture
def deep() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("deep")
@pytest.mark.parametrize("name", KERNELS)
def test_twin_gives_what_the_wasm_gives(name: str) -> None:
    kernel = KERNELS[name]
    for size in (SIZES.get(name, 2), kernel.sizes[0]):
        wasm, twin = both(kernel, size)
        assert wasm == twin


@pytest.mark.usefixtures("deep")
@pytest.mark.parametrize("name", KERNELS)
def test_results_depend_on_the_size(name: str) -> None:
    """A kernel whose work a compiler could drop would give the same for any size."""
    kernel = KERNELS[name]
    assert both(kernel, kernel.sizes[0])[0] != both(kernel, max(1, kernel.sizes[0] // 2) + 3)[0]


def test_sizes_grow() -> None:
    assert all(list(kernel.sizes) == sorted(set(kernel.sizes)) for kernel in KERNELS.values())
    assert set(BRANCHIEST) <= set(KERNELS)


def test_every_module_is_built_from_source_and_small() -> None:
    modules = {path.stem: path for path in FOLDER.glob("*.wasm")}
    sources = {path.stem for path in FOLDER.iterdir() if path.suffix in (".c", ".wat")}
    assert set(modules) == sources
    assert all(path.stat().st_size < 100_000 for path in modules.values())
    used = {kernel.module.partition("/")[2] for kernel in KERNELS.values() if kernel.module.startswith("kernels/")}
    assert used | {"boundary"} == sources


def test_every_build_has_a_command() -> None:
    command = [sys.executable, str(EXAMPLES / "build.py"), "--commands"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    built = {line.partition(":")[0] for line in lines}
    assert {f"kernels/{path.stem}" for path in FOLDER.glob("*.wasm")} <= built


def test_boundary_is_built_as_committed() -> None:
    text = (FOLDER / "boundary.wat").read_text()
    assert wasm2py.Module.from_wat(text, engine=ENGINE).data == (FOLDER / "boundary.wasm").read_bytes()
