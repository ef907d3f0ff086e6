"""Rebuilds the examples whose compiler is found: ``python examples/build.py [--commands] [NAME...]``.

With ``--commands`` the commands are only shown.  The words of a command are looked up on the PATH, except ``python``,
which is the interpreter that runs this script: install ``ziglang`` and ``wasm2py`` there.  Exit code 1 where a build
failed; a compiler that is not there is no failure.
"""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent

LIBRARY = (
    "python -m ziglang cc -target wasm32-freestanding -O2 -g0 -fno-unroll-loops -nostdlib"
    " -Wl,--no-entry -Wl,-z,stack-size=16384 -o {name}.wasm {name}.c"
)
KERNEL = "python -m ziglang cc -target wasm32-freestanding -O2 -g0 -nostdlib -Wl,--no-entry -o {name}.wasm {name}.c"
SIMD = KERNEL.replace("-O2", "-msimd128 -O2")
THREADS = KERNEL.replace("-O2", "-matomics -mbulk-memory -O2").replace(
    " -o",
    " -Wl,--import-memory -Wl,--shared-memory -Wl,--max-memory=16777216 -Wl,-z,stack-size=16384 -o",
)
COMMAND = "python -m ziglang cc -target wasm32-wasi -O2 -s -o {name}.wasm {name}.c"
RUST = (
    "rustc --edition 2021 --target wasm32-unknown-unknown --crate-type cdylib -C opt-level=s -C lto=fat -C panic=abort"
    " -C strip=debuginfo -C linker=wasm-ld-14 -o {name}.wasm {name}.rs"
)
ZIG = (
    "python -m ziglang build-exe {name}.zig -target wasm32-freestanding -O ReleaseSmall -fno-entry -rdynamic"
    " --stack 16384 -femit-bin={name}.wasm"
)
ASSEMBLYSCRIPT = "asc {name}.ts -O2 --runtime minimal --use abort= -o {name}.wasm"
TEXT = "python -m wasm2py wat2wasm {name}.wat -o {name}.wasm"

C_LIBRARIES = "fib lcg sieve sum32 sha256 crc32 quicksort json nbody mandelbrot vm base64 lz4 matmul hashtable"
KERNELS = (
    "base64 blake2b bytes crc32 dispatch hashtable json life lists lz4 mandelbrot matmul matmul_f32 nbody quicksort"
    " raytracer recursion search sha256 sum32 vm xorshift"
)

SIMD_KERNELS = "dot lengths blend"

RECIPES: Mapping[str, str] = {
    **dict.fromkeys(C_LIBRARIES.split(), LIBRARY),
    **{f"kernels/{name}": KERNEL for name in KERNELS.split()},
    **{f"simd/{name}": KERNEL for name in SIMD_KERNELS.split()},
    **{f"simd/{name}_simd": SIMD for name in SIMD_KERNELS.split()},
    "threads/workers": THREADS,
    **dict.fromkeys(("hello", "wc", "cat"), COMMAND),
    **dict.fromkeys(
        (
            "add",
            "calculator",
            "collatz",
            "greeting",
            "registry",
            "lisp",
            "closures",
            "trees",
            "kernels/boundary",
            "kernels/cells",
        ),
        TEXT,
    ),
    "text": RUST,
    "strings": ZIG,
    "spell": ASSEMBLYSCRIPT,
}


def missing(words: Sequence[str]) -> str | None:
    """The first program or Python package that the command needs and that is not installed, or None."""
    if words[0] == "python":
        return None if find_spec(words[2]) else words[2]
    programs = [words[0], *(word.removeprefix("linker=") for word in words if word.startswith("linker="))]
    return next((program for program in programs if shutil.which(program) is None), None)


def command(name: str) -> str:
    """The command that builds the example, to be run in this folder."""
    return RECIPES[name].format(name=name)


def build(name: str) -> bool:
    """Builds one example and says what happened; False where its compiler failed."""
    words = shlex.split(command(name))
    absent = missing(words)
    if absent is not None:
        print(f"{name}: skipped, {absent} is not installed")
        return True
    if words[0] == "python":
        words[0] = sys.executable
    succeeded = subprocess.run(words, cwd=HERE, check=False).returncode == 0
    if succeeded:
        (HERE / f"{name}.wasm").chmod(0o644)
    print(f"{name}: {'built' if succeeded else 'FAILED'}")
    return succeeded


def main(arguments: Sequence[str]) -> int:
    """Builds the examples of these names, or all of them."""
    names = [argument for argument in arguments if argument != "--commands"]
    unknown = [name for name in names if name not in RECIPES]
    if unknown:
        print(f"no such example: {', '.join(unknown)}; there are {', '.join(sorted(RECIPES))}", file=sys.stderr)
        return 2
    if "--commands" in arguments:
        print("\n".join(f"{name}: {command(name)}" for name in names or RECIPES))
        return 0
    results = [build(name) for name in names or RECIPES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
