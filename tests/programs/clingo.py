"""How npm's clingo-wasm is driven: a solver of logic programs, C++ of 2.6 MB and 6,400 functions."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

from programs.downloads import CLINGO_WASM
from programs.guests import Guest, Host, Loader


@dataclass(frozen=True, slots=True)
class Solution:
    """How a run ended: its status (10 satisfiable, 20 not, 30 all models found, 65 an error), output, and messages."""

    status: int
    result: Any
    errors: str

    @property
    def models(self) -> list[list[str]]:
        """The atoms of each model, in the order in which they were found."""
        return [model["Value"] for call in self.result["Call"] for model in call["Witnesses"]]


def _clear(guest: Guest, *addresses: int) -> int:
    for address in addresses:
        guest.write(address, bytes(4))
    return 0


class Clingo:
    """Solves one program after the other in one instance, as the package's `Runner` does; its clocks stand still."""

    def __init__(self, load: Loader) -> None:
        self._output = {1: bytearray(), 2: bytearray()}
        self._guest = load(CLINGO_WASM.read("package/dist/clingo.wasm"), self._host())
        self._guest.call("E")

    def solve(self, program: str, *options: str) -> Solution:
        """What clingo answers to the program."""
        for output in self._output.values():
            output.clear()
        status = self._guest.call("F", self._text(program), self._text(" ".join(("--outf=2", *options))))
        printed, errors = (bytes(output).decode() for output in self._output.values())
        return Solution(status, json.loads(printed) if status != 65 else None, errors)

    def _text(self, text: str) -> int:
        data = text.encode() + b"\0"
        address = int(self._guest.call("L", len(data)))
        self._guest.write(address, data)
        return address

    def _write(self, guest: Guest, file: int, parts: int, count: int, written: int) -> int:
        data = b"".join(guest.read(*part) for part in struct.iter_unpack("<2I", guest.read(parts, 8 * count)))
        self._output[file] += data
        guest.write(written, struct.pack("<I", len(data)))
        return 0

    def _host(self) -> Host:
        """The functions of Emscripten's JavaScript, under their minified names; the most are never called."""
        used: Host = {
            ("a", "c"): self._write,
            ("a", "e"): lambda guest: 0.0,
            ("a", "j"): lambda guest, clock, precision, time: _clear(guest, time, time + 4),
            ("a", "x"): lambda guest: 0.0,
            ("a", "y"): lambda guest, environment, buffer: 0,
            ("a", "z"): _clear,
        }
        return {**{("a", name): _refused(name) for name in "abdfghiklmnopqrstuvwABC"}, **used}


def _refused(name: str) -> Any:
    def call(guest: Guest, *args: Any) -> None:
        raise NotImplementedError(f"the import a.{name} was called")

    return call
