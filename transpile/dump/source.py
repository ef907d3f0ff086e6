"""A function's AST as source text, through astor.

astor knows the grammar and its precedences; this adds what a reader of translated code wants (bit patterns in
hexadecimal, comments beside statements) and mends what astor leaves ambiguous (negative constants).
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from wasm2py.transpile.dump import literals
from wasm2py.transpile.emit import nodes

with warnings.catch_warnings():
    # astor names AST classes that Python 3.12 deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    from astor.code_gen import SourceGenerator  # type: ignore[import-untyped]
    from astor.op_util import Precedence, get_op_symbol, precedence_data  # type: ignore[import-untyped]

# It looks precedences up by the very type.
for _kind in nodes.KINDS:
    if _kind.__base__ in precedence_data:
        precedence_data[_kind] = precedence_data[_kind.__base__]

#: Lines of comment to print above a statement, by the statement's `id`.
Notes = Mapping[int, Sequence[str]]

#: Python frames that printing may use; astor takes six to eight for each level of nesting.
_PRINTING_DEPTH = 6000
_BITWISE = (ast.BitAnd, ast.BitOr, ast.BitXor)
#: Operators whose precedence is not the same in every language: their operands are parenthesised, needed or not.
_UNFAMILIAR = (*_BITWISE, ast.LShift, ast.RShift)


def function_source(function: ast.FunctionDef, notes: Notes | None = None) -> str:
    """The source of `function`, ending in a newline; parsing it gives an equal AST.

    `notes` are comments, which must be single printable lines (see `literals.comment`).
    """
    generator = _Generator(notes or {})
    with _deeper_recursion(_PRINTING_DEPTH):
        generator.visit(function)
    return "".join(generator.result).strip("\n") + "\n"


@contextmanager
def _deeper_recursion(depth: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, depth))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class _Generator(SourceGenerator):  # type: ignore[misc]
    def __init__(self, notes: Notes) -> None:
        super().__init__(" " * 4)
        self.notes = notes

    def newline(self, node: ast.AST | None = None, extra: int = 0) -> None:
        for note in self.notes.get(id(node), ()):
            super().newline(extra=extra)
            self.write(f"# {note}")
        super().newline(extra=extra)

    def visit_If(self, node: ast.If) -> None:  # noqa: N802 - astor's names
        self._branch(node, "if ")
        while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            node = node.orelse[0]
            self._branch(node, "elif ")
        self.else_body(node.orelse)

    def _branch(self, node: ast.If, keyword: str) -> None:
        setattr(node.test, "_pp", Precedence.If)  # noqa: B010 - what astor's own visitors do
        self.statement(node, keyword, node.test, ":")
        self.body(node.body)

    def visit_Constant(self, node: ast.Constant) -> None:  # noqa: N802
        value = node.value
        if isinstance(value, str | bytes):
            self.write(literals.string(value))
        elif isinstance(value, int | float) and str(value).startswith("-"):
            self._negative(node, value)
        elif type(value) is int:
            with self.delimit(node):
                self.write(literals.integer(value, hexadecimal=getattr(node, "bit_pattern", False)))
        else:
            super().visit_Constant(node)

    def _negative(self, node: ast.Constant, value: float) -> None:
        """Print a negative constant as what a parser makes of it, so that precedence is minded."""
        positive = ast.Constant(-value)
        setattr(positive, "bit_pattern", getattr(node, "bit_pattern", False))  # noqa: B010
        negation = ast.UnaryOp(ast.USub(), positive)
        setattr(negation, "_pp", self.get__pp(node))  # noqa: B010
        self.visit(negation)

    def visit_BinOp(self, node: ast.BinOp) -> None:  # noqa: N802
        if not isinstance(node.op, _UNFAMILIAR):
            super().visit_BinOp(node)
            return
        with self.delimit(node, node.op) as delimiters:
            for extra, side in enumerate((node.left, node.right)):
                mixed = isinstance(side, ast.BinOp) and type(side.op) is not type(node.op)
                setattr(side, "_pp", Precedence.highest if mixed else delimiters.p + extra)  # noqa: B010
                setattr(side, "bit_pattern", isinstance(node.op, _BITWISE) and _is_pattern(side))  # noqa: B010
            self.write(node.left, get_op_symbol(node.op, " %s "), node.right)

    def visit_Compare(self, node: ast.Compare) -> None:  # noqa: N802
        sides = [node.left, *node.comparators]
        with self.delimit(node, node.ops[0]) as delimiters:
            for side in sides:
                mixed = isinstance(side, ast.BinOp) and isinstance(side.op, _UNFAMILIAR)
                setattr(side, "_pp", Precedence.highest if mixed else delimiters.p + 1)  # noqa: B010
            self.write(node.left)
            for op, side in zip(node.ops, node.comparators, strict=True):
                self.write(get_op_symbol(op, " %s "), side)

    def visit_Attribute(self, node: ast.Attribute) -> None:  # noqa: N802
        setattr(node.value, "_pp", Precedence.highest)  # noqa: B010
        super().visit_Attribute(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:  # noqa: N802
        setattr(node.value, "_pp", Precedence.highest)  # noqa: B010
        super().visit_Subscript(node)


def _is_pattern(node: Any) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value > 9
