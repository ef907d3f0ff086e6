"""Instances and their exports; both live in the runtime, as precompiled modules need them too."""

from wasm2py.runtime.exports import Exports
from wasm2py.runtime.instance import Instance

__all__ = ["Exports", "Instance"]
