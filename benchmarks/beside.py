"""Writes the end of docs/generated-code.md: kernels as wasm, as generated, and as one would write them by hand.

python -m benchmarks.beside
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from wasm2py.precompile import source_of
from wasm2py.runtime.program import Options
from wasm2py.transpile.decode import decode_body
from wasm2py.transpile.dump.functions import Source
from wasm2py.transpile.dump.wat import instruction

from benchmarks.environments import ROOT
from benchmarks.kernels import EXAMPLES
from benchmarks.twins import calls, data, hashes

PAGE = ROOT / "docs" / "generated-code.md"
HEAD = "## Four kernels, and what one would write\n"

_INTRODUCTION = """
C through `clang -O2`, as wasm has it, as wasm2py translates it, and the same algorithm by hand (from
[benchmarks/twins](../benchmarks/twins)). Written by `python -m benchmarks.beside`.
"""
_OPENS = frozenset({"block", "loop", "if"})
_CLOSES = frozenset({"end", "else"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A function of a module of `examples/`, and the functions of its twin that do the same."""

    module: str
    function: str
    twins: tuple[Callable[..., Any], ...]
    note: str


SHOWN = (
    Shown("fib", "fib", (calls.fib,), "The bounds of `p0` are known behind the test, so only the sum is masked."),
    Shown("sieve", "sieve", (data.sieve,), "Loops over bytes became one operation on the memory each."),
    Shown(
        "crc32",
        "crc32",
        (hashes._crc32,),
        "The counter that wasm adds to an address in each turn counts, and needs no mask.",
    ),
    Shown(
        "quicksort",
        "quicksort",
        (data._sort, data._partition),
        "What is compared is loaded as signed, and the counters that are looked at behind the loops only are masked "
        "there.",
    ),
)


def section() -> str:
    """The section, heading included."""
    return "\n".join([HEAD, _INTRODUCTION.strip(), "", *map(_kernel, SHOWN)])


def _kernel(shown: Shown) -> str:
    source = source_of((EXAMPLES / f"{shown.module}.wasm").read_bytes(), shown.module, Options("cpython"))
    names = [info.name for info in source.program.functions]
    index = names.index(shown.function)
    parts = {"wasm": _wat(source, index), "wasm2py": source.function(index)[0], "by hand": _twins(shown)}
    text = f"### {shown.function}\n\n{shown.note}\n"
    for title, code in parts.items():
        text += f"\n{title}:\n\n" + "".join(f"    {line}\n" if line else "\n" for line in code.strip().splitlines())
    return text


def _wat(source: Source, index: int) -> str:
    return "\n".join(_indented(source, index))


def _indented(source: Source, index: int) -> Iterator[str]:
    module = source.module
    function = module.functions[index - len(module.imported("func"))]
    depth = 0
    for item in decode_body(module, function)[:-1]:
        depth -= item[0].mnemonic in _CLOSES
        yield "  " * depth + instruction(item)
        depth += item[0].mnemonic in _OPENS or item[0].mnemonic == "else"


def _twins(shown: Shown) -> str:
    return "\n\n\n".join(inspect.getsource(twin).strip() for twin in shown.twins)


def main() -> None:
    """Replaces the section, which is the page's last."""
    text = PAGE.read_text(encoding="utf-8").partition(HEAD)[0]
    PAGE.write_text(text.rstrip() + "\n\n" + section(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
