"""WASI, as `Linker.wasi` and the command line use it."""

from wasm2py.runtime.command import WASI_MODULES, initialise, needs_wasi, report_trap, run_command
from wasm2py.runtime.wasi import Wasi

__all__ = ["WASI_MODULES", "Wasi", "initialise", "needs_wasi", "report_trap", "run_command"]
