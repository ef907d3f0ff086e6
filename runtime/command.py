"""Running WASI commands: modules that export `_start` (specification: WASI application ABI)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from wasm2py.runtime.errors import LinkError, Trap, WasiExit
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.precompiled import Precompiled
from wasm2py.runtime.program import Program
from wasm2py.runtime.wasi import Wasi

#: What a shell reports for a process that called `abort`: 128 + SIGABRT.
TRAP_EXIT_CODE = 134
#: The import modules that `Wasi` provides.
WASI_MODULES = ("wasi_snapshot_preview1", "wasi_unstable")


def run_command(instance: Instance) -> int:
    """Run a command to its end; returns its exit code.

    Raises LinkError if the module is no command (it exports no `_start`), and Trap if it traps.
    """
    if "_start" not in instance.exports:
        raise LinkError(f"{instance.name} is not a command: it exports no function '_start'")
    try:
        instance.exports["_start"]()
    except WasiExit as exit_:
        return exit_.code
    return 0


def initialise(instance: Instance) -> None:
    """Call a reactor's `_initialize`, which must come before any other of its exports."""
    if "_initialize" in instance.exports and "_start" not in instance.exports:
        instance.exports["_initialize"]()


def report_trap(trap: Trap, name: str, stream: TextIO) -> int:
    """Write a trap and its wasm stack, innermost function last; returns the exit code for it."""
    lines = [f"wasm2py: {name}: trap: {trap}"]
    if trap.frames:
        lines.append("wasm stack, innermost call last:")
        lines.extend(f"  {frame}" for frame in trap.frames)
    stream.write("".join(f"{_printable(line)}\n" for line in lines))
    return TRAP_EXIT_CODE


def _printable(line: str) -> str:
    # names of functions are the module's, and must not steer the terminal
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


def needs_wasi(program: Program) -> bool:
    """Whether a module imports anything of WASI."""
    return any(item.module in WASI_MODULES for item in program.imports)


def main(module: Precompiled, argv: Sequence[str] | None = None) -> int:
    """Run a precompiled command, which gets the process's standard streams and current directory, but no environment.

    `argv` defaults to the process's; its first entry is the program's name.  Returns the exit code.
    """
    args = sys.argv if argv is None else argv
    with Wasi([os.path.basename(args[0]), *args[1:]], preopens={".": "."}) as wasi:
        try:
            return run_command(module.instantiate(dict.fromkeys(WASI_MODULES, wasi)))
        except Trap as trap:
            return report_trap(trap, module.program.name, sys.stderr)
