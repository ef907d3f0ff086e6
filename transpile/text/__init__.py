"""The text format (spec: Text Format), and the scripts of the conformance suite."""

from wasm2py.transpile.text.module import assemble

__all__ = ["assemble"]
