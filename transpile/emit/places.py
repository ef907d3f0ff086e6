"""Where in memory an access goes: which view, and which item of it.

*cpython*: in wasm an offset costs nothing, so compilers leave `p + 24` to each access of a structure, and
`i * 4 + table` to each of an array. In Python both are integers made for the occasion (10 to 25 ns on CPython, as long
as the access). So there are views that begin at an offset, `mem_u32_at_24[p]`, and others that go by elements as well,
`mem_u32_at_21504_by_4[i]`: they end where the memory ends, and so does what can be indexed. Instances make them for
code that names them (`runtime/memory.py`).
"""

from __future__ import annotations

import ast

from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.emitter import Emitter
from wasm2py.transpile.emit.values import Value
from wasm2py.transpile.ir.expr import NARROWED, Expr

#: Elements may be as long as this; what is multiplied by more is no index.
_LONGEST_ELEMENT = 1 << 16


def address_of(emitter: Emitter, access: Expr, line: int) -> ast.expr:
    """Where an access goes: the operand plus the static offset."""
    return with_offset(emitter.place(access.args[0]).node, access.imm[1], line)


def with_offset(base: ast.expr, offset: int, line: int) -> ast.expr:
    """A sum that does not wrap."""
    if not offset:
        return base
    if isinstance(base, ast.Constant) and isinstance(base.value, int):
        return nodes.constant(base.value + offset, line)
    return nodes.BinOp(base, nodes.ADD, nodes.constant(offset, line), line)


def item_base(emitter: Emitter, operand: Expr, line: int) -> Value:
    """The same as an index of a view, without the offset: views take any number that is not negative for what it is."""
    if operand.op is NARROWED and emitter.dialect == "cpython":
        value = emitter.canonical(operand.args[0])
        return Value(with_offset(value.node, operand.imm, line), value.low + operand.imm, value.high + operand.imm)
    return emitter.place(operand)


def view_and_index(
    emitter: Emitter, memory: int, format_: str, base: Value, offset: int, line: int
) -> tuple[str, ast.expr]:
    """The view of items of `format_` and the index in it of what is `offset` past a base that is not negative."""
    if isinstance(base.node, ast.Constant) or not emitter.offsets:
        return names.view_name(memory, format_), with_offset(base.node, offset, line)
    index, added = _without_constant(base.node, base.low)
    step = 1
    if isinstance(index, ast.BinOp):
        index, step = _element(index)
    return names.view_name(memory, format_, offset + added, step), index


def _without_constant(node: ast.expr, low: int) -> tuple[ast.expr, int]:
    """A sum that is not below `low` without a constant that it has, and that; what is left is not negative either."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        right = node.right
        if isinstance(right, ast.Constant):
            return (node.left, right.value) if right.value <= low else (node, 0)  # type: ignore[operator,return-value]
        left, added = _without_constant(node.left, low)
        if added:
            return nodes.BinOp(left, nodes.ADD, right, node.lineno), added
    return node, 0


def _element(node: ast.BinOp) -> tuple[ast.expr, int]:
    """What a product multiplies, which is not negative, and by what constant."""
    if isinstance(node.right, ast.Constant) and isinstance(node.right.value, int):
        number = node.right.value
        if isinstance(node.op, ast.Mult) and 1 < number <= _LONGEST_ELEMENT:
            return node.left, number
        if isinstance(node.op, ast.LShift) and 0 < number < _LONGEST_ELEMENT.bit_length():
            return node.left, 1 << number
    return node, 1
