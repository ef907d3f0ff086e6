"""Structured statements → Python AST."""

from wasm2py.transpile.emit.function import emit_function

__all__ = ["emit_function"]
