"""Control-flow graph → structured statements that Python can say."""

from wasm2py.transpile.structure.structure import structure

__all__ = ["structure"]
