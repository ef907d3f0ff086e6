"""The text format (spec: Text Format), and the scripts of the conformance suite."""

from wasm2py.transpile.text.module import assemble
from wasm2py.transpile.text.script import Command, parse_script

__all__ = ["Command", "assemble", "parse_script"]
