"""Passes over the IR. Each has a name, can be switched off, and keeps the function's meaning, traps and their order
included.
"""

from wasm2py.transpile.optimise.passes import PASSES, optimise

__all__ = ["PASSES", "optimise"]
