"""Instructions → expression trees in a control-flow graph."""

from wasm2py.transpile.lift.function import lift_function

__all__ = ["lift_function"]
