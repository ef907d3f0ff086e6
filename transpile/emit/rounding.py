"""Rounding to f32 on CPython: a number is stored in a cell that holds an f32, and read back.

`single` is a view of a few such cells, each instance's own. As a statement that takes 64 ns, a call of `f32` takes 94
(CPython 3.11). So a chain of roundings becomes statements, if nothing in it can tell: no call of wasm, which may use
the cells too, and no trap but that of memory, for operands are evaluated out of turn.
"""

from __future__ import annotations

import ast

from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import NODES, UNROUNDED, Emitter
from wasm2py.transpile.ir.expr import CELL, TRAPS_OTHERWISE, WRITES, Expr

_CELLS = "single"
#: How many cells there are (`runtime/instance.py`).
_MOST = 16


def rounds(emitter: Emitter, expr: Expr) -> bool:
    """Whether an expression's value is best rounded by a cell."""
    return (
        expr.type == "f32"
        and emitter.dialect == "cpython"
        and expr.op in UNROUNDED
        and not expr.effects & (WRITES | TRAPS_OTHERWISE)
        and expr.depth <= _MOST
    )


def unrounded(emitter: Emitter, expr: Expr, out: list[ast.stmt]) -> ast.expr:
    """The value before its own rounding; statements round its operands."""
    return _node(emitter, _with_cells(emitter, expr, 0, out))


def rounded(emitter: Emitter, expr: Expr, out: list[ast.stmt]) -> ast.expr:
    """The value, once statements have rounded it."""
    line = expr.offset or emitter.line
    out.append(_set(0, unrounded(emitter, expr, out), line))
    return _cell(0, line)


def _with_cells(emitter: Emitter, expr: Expr, first: int, out: list[ast.stmt]) -> Expr:
    """The expression with its rounded operands in cells, from cell `first` on."""
    args = []
    for arg in expr.args:
        if rounds(emitter, arg):
            inner = _with_cells(emitter, arg, first, out)
            out.append(_set(first, _node(emitter, inner), arg.offset or emitter.line))
            args.append(Expr(CELL, "f32", (), first, arg.offset))
            first += 1
        else:
            args.append(arg)
    return expr.with_args(tuple(args))


def _node(emitter: Emitter, expr: Expr) -> ast.expr:
    return UNROUNDED[expr.op](emitter, expr, expr.offset or emitter.line)


def _set(number: int, value: ast.expr, line: int) -> ast.stmt:
    return nodes.set_item(_CELLS, nodes.constant(number, line), value, line)


def _cell(number: int, line: int) -> ast.expr:
    return nodes.item(_CELLS, nodes.constant(number, line), line)


def _read(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    return _cell(expr.imm, line)


NODES[CELL] = _read
