"""The functions of a module as source text, each under a comment that tells what it is in the module."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from wasm2py.runtime.program import FunctionInfo, Program
from wasm2py.transpile.decode import decode_body
from wasm2py.transpile.dump import literals
from wasm2py.transpile.dump.annotate import annotate
from wasm2py.transpile.dump.format import Style, piece_formatter
from wasm2py.transpile.dump.source import function_source
from wasm2py.transpile.module import Module


class FunctionTranslator(Protocol):
    """What a dump needs of the translator."""

    def function_ast(self, module: Module, program: Program, funcidx: int) -> ast.FunctionDef:
        """The definition of one function, whose line numbers are byte offsets."""


@dataclass(frozen=True)
class Source:
    """A translated module, and how to print its functions."""

    module: Module
    program: Program
    translator: FunctionTranslator
    style: Style = "black"
    annotate: bool = False

    def function(self, index: int) -> tuple[str, set[str]]:
        """The source of the defined function `index`, and the names that occur in it."""
        definition = self.translator.function_ast(self.module, self.program, index)
        names = {node.id for node in ast.walk(definition) if isinstance(node, ast.Name)}
        text = piece_formatter(self.style)(function_source(definition, self._notes(definition, index)))
        return f"{heading(index, self.program.functions[index])}\n{text}", names

    def functions(
        self, first: int, past: int, progress: Callable[[], object] = lambda: None
    ) -> tuple[list[str], set[str]]:
        """The sources of a range of functions, and all names that occur in them; `progress` is called after each."""
        texts: list[str] = []
        names: set[str] = set()
        for index in range(first, past):
            text, used = self.function(index)
            texts.append(text)
            names |= used
            progress()
        return texts, names

    def _notes(self, definition: ast.FunctionDef, index: int) -> dict[int, list[str]]:
        if not self.annotate:
            return {}
        function = self.module.functions[index - self.program.imported_count("func")]
        return annotate(definition, decode_body(self.module, function))


def heading(index: int, function: FunctionInfo) -> str:
    """The comment over a function: its index, its name in the module, and its type."""
    return f'# func {index} "{literals.comment(function.name)}" {function.type}'
