"""Makers of AST nodes.  Each takes the line that the node is to carry: the instruction's offset in the module.

The most frequent kinds are filled in attribute by attribute, because the constructor with keywords takes longer than
all the rest of what is done for such a node.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeVar

from wasm2py.runtime.words import machine_int

_LOAD = ast.Load()
_STORE = ast.Store()

ADD, SUB, MUL, DIV, FLOOR_DIV, MOD = ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.FloorDiv(), ast.Mod()
AND, OR, XOR, SHL, SHR = ast.BitAnd(), ast.BitOr(), ast.BitXor(), ast.LShift(), ast.RShift()
EQ, NE, LT, LE, GT, GE = ast.Eq(), ast.NotEq(), ast.Lt(), ast.LtE(), ast.Gt(), ast.GtE()
IS, IS_NOT, IN, NOT_IN = ast.Is(), ast.IsNot(), ast.In(), ast.NotIn()
_NOT, _NEGATE = ast.Not(), ast.USub()
_BOTH, _EITHER = ast.And(), ast.Or()


_Node = TypeVar("_Node", bound=ast.AST)


def _new(kind: type[_Node], line: int) -> _Node:
    """A node with its place, its fields still to be filled in."""
    node = kind.__new__(kind)
    node.lineno = line  # type: ignore[attr-defined]
    node.col_offset = 0  # type: ignore[attr-defined]
    return node


def name(id_: str, line: int) -> ast.Name:
    node = _new(ast.Name, line)
    node.id = id_
    node.ctx = _LOAD
    return node


def target(id_: str, line: int) -> ast.Name:
    node = _new(ast.Name, line)
    node.id = id_
    node.ctx = _STORE
    return node


def constant(value: int | float | None, line: int) -> ast.expr:
    """A literal; a negative number is a negated literal, as Python reads it back."""
    value = machine_int(value) if type(value) is int else value
    if value is not None and (value < 0 or (value == 0 and str(value)[0] == "-")):
        return ast.UnaryOp(_NEGATE, constant(-value, line), lineno=line, col_offset=0)
    node = _new(ast.Constant, line)
    node.value = value
    return node


def binary(left: ast.expr, op: ast.operator, right: ast.expr, line: int) -> ast.BinOp:
    node = _new(ast.BinOp, line)
    node.left = left
    node.op = op
    node.right = right
    return node


def compare(left: ast.expr, op: ast.cmpop, right: ast.expr, line: int) -> ast.Compare:
    node = _new(ast.Compare, line)
    node.left = left
    node.ops = [op]
    node.comparators = [right]
    return node


def negative(operand: ast.expr, line: int) -> ast.UnaryOp:
    return ast.UnaryOp(_NEGATE, operand, lineno=line, col_offset=0)


def not_(operand: ast.expr, line: int) -> ast.UnaryOp:
    return ast.UnaryOp(_NOT, operand, lineno=line, col_offset=0)


def both(left: ast.expr, right: ast.expr, line: int) -> ast.BoolOp:
    return _bool_op(_BOTH, left, right, line)


def either(left: ast.expr, right: ast.expr, line: int) -> ast.BoolOp:
    return _bool_op(_EITHER, left, right, line)


def _bool_op(op: ast.boolop, left: ast.expr, right: ast.expr, line: int) -> ast.BoolOp:
    """Operands of the same operator join in: it makes no difference to Python, and reads better without brackets."""
    values: list[ast.expr] = []
    for operand in (left, right):
        values.extend(operand.values if isinstance(operand, ast.BoolOp) and operand.op is op else [operand])
    return ast.BoolOp(op, values, lineno=line, col_offset=0)


def choice(condition: ast.expr, then: ast.expr, other: ast.expr, line: int) -> ast.IfExp:
    return ast.IfExp(condition, then, other, lineno=line, col_offset=0)


def call(function: str | ast.expr, args: Sequence[ast.expr], line: int) -> ast.Call:
    callee = name(function, line) if isinstance(function, str) else function
    node = _new(ast.Call, line)
    node.func = callee
    node.args = list(args)
    node.keywords = []
    return node


def attribute(value: ast.expr, attr: str, line: int) -> ast.Attribute:
    return ast.Attribute(value, attr, _LOAD, lineno=line, col_offset=0)


def method(object_: str, attr: str, args: Sequence[ast.expr], line: int) -> ast.Call:
    return call(attribute(name(object_, line), attr, line), args, line)


def item(container: str | ast.expr, index: ast.expr, line: int) -> ast.Subscript:
    value = name(container, line) if isinstance(container, str) else container
    node = _new(ast.Subscript, line)
    node.value = value
    node.slice = index
    node.ctx = _LOAD
    return node


def tuple_(elements: Sequence[ast.expr], line: int) -> ast.Tuple:
    return ast.Tuple(list(elements), _LOAD, lineno=line, col_offset=0)


def set_(elements: Sequence[ast.expr], line: int) -> ast.Set:
    return ast.Set(list(elements), lineno=line, col_offset=0)


def named(id_: str, value: ast.expr, line: int) -> ast.NamedExpr:
    return ast.NamedExpr(target(id_, line), value, lineno=line, col_offset=0)


# Statements


def assign(id_: str, value: ast.expr, line: int) -> ast.stmt:
    """`x = value`, or `x += …` where the value starts with x."""
    if isinstance(value, ast.BinOp) and isinstance(value.left, ast.Name) and value.left.id == id_:
        return ast.AugAssign(target(id_, line), value.op, value.right, lineno=line, col_offset=0)
    node = _new(ast.Assign, line)
    node.targets = [target(id_, line)]
    node.value = value
    return node


def assign_many(ids: Sequence[str], value: ast.expr, line: int) -> ast.stmt:
    names = ast.Tuple([target(id_, line) for id_ in ids], _STORE, lineno=line, col_offset=0)
    return ast.Assign([names], value, None, lineno=line, col_offset=0)


def set_item(container: str, index: ast.expr, value: ast.expr, line: int) -> ast.stmt:
    place = ast.Subscript(name(container, line), index, _STORE, lineno=line, col_offset=0)
    return ast.Assign([place], value, None, lineno=line, col_offset=0)


def set_attribute(object_: str, attr: str, value: ast.expr, line: int) -> ast.stmt:
    place = ast.Attribute(name(object_, line), attr, _STORE, lineno=line, col_offset=0)
    return ast.Assign([place], value, None, lineno=line, col_offset=0)


def evaluate(value: ast.expr, line: int) -> ast.stmt:
    return ast.Expr(value, lineno=line, col_offset=0)


def if_(condition: ast.expr, then: list[ast.stmt], other: list[ast.stmt], line: int) -> ast.stmt:
    return ast.If(condition, then, other, lineno=line, col_offset=0)


def while_(condition: ast.expr, body: list[ast.stmt], other: list[ast.stmt], line: int) -> ast.stmt:
    return ast.While(condition, body, other, lineno=line, col_offset=0)


def for_(id_: str, over: ast.expr, body: list[ast.stmt], other: list[ast.stmt], line: int) -> ast.stmt:
    return ast.For(target(id_, line), over, body, other, None, lineno=line, col_offset=0)


def break_(line: int) -> ast.stmt:
    return ast.Break(lineno=line, col_offset=0)


def continue_(line: int) -> ast.stmt:
    return ast.Continue(lineno=line, col_offset=0)


def pass_(line: int) -> ast.stmt:
    return ast.Pass(lineno=line, col_offset=0)


def return_(value: ast.expr | None, line: int) -> ast.stmt:
    return ast.Return(value, lineno=line, col_offset=0)


def raise_(value: ast.expr, line: int) -> ast.stmt:
    return ast.Raise(value, None, lineno=line, col_offset=0)


def global_(ids: Sequence[str], line: int) -> ast.stmt:
    return ast.Global(list(ids), lineno=line, col_offset=0)


def function(id_: str, params: Sequence[str], body: list[ast.stmt], line: int) -> ast.FunctionDef:
    args = [ast.arg(param, None, lineno=line, col_offset=0) for param in params]
    arguments = ast.arguments([], args, None, [], [], None, [])
    return ast.FunctionDef(id_, arguments, body, [], None, lineno=line, col_offset=0)
