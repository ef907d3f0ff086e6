"""Makers of AST nodes.  Each takes the line that the node is to carry: the instruction's offset in the module.

The most frequent kinds are classes of our own with slots: making one takes a quarter of the time that `ast`'s own take,
whose instances have a dictionary each.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from wasm2py.runtime.words import machine_int

_LOAD = ast.Load()
STORE = ast.Store()

ADD, SUB, MUL, DIV, FLOOR_DIV, MOD = ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.FloorDiv(), ast.Mod()
AND, OR, XOR, SHL, SHR = ast.BitAnd(), ast.BitOr(), ast.BitXor(), ast.LShift(), ast.RShift()
EQ, NE, LT, LE, GT, GE = ast.Eq(), ast.NotEq(), ast.Lt(), ast.LtE(), ast.Gt(), ast.GtE()
IS, IS_NOT, IN, NOT_IN = ast.Is(), ast.IsNot(), ast.In(), ast.NotIn()
_NOT, _NEGATE, _POSITIVE = ast.Not(), ast.USub(), ast.UAdd()
_BOTH, _EITHER = ast.And(), ast.Or()


def _slots(*fields: str) -> tuple[str, ...]:
    """The slots of a kind of nodes; none on PyPy, whose compiler looks for fields in the dictionary."""
    return (*fields, "lineno", "col_offset") if sys.implementation.name == "cpython" else ()


# Kinds with slots. Their names are those of `ast`'s kinds, for visitors go by them.


class Name(ast.Name):
    __slots__ = _slots("id", "ctx")

    def __init__(self, id_: str, line: int, ctx: ast.expr_context = _LOAD) -> None:
        self.id = id_
        self.ctx = ctx
        self.lineno = line
        self.col_offset = 0


class Constant(ast.Constant):
    """As it is given: numbers go through `constant`."""

    __slots__ = _slots("value")

    def __init__(self, value: int | float | bytes | str | None, line: int) -> None:
        self.value = value
        self.lineno = line
        self.col_offset = 0


class BinOp(ast.BinOp):
    __slots__ = _slots("left", "op", "right")

    def __init__(self, left: ast.expr, op: ast.operator, right: ast.expr, line: int) -> None:
        self.left = left
        self.op = op
        self.right = right
        self.lineno = line
        self.col_offset = 0


class UnaryOp(ast.UnaryOp):
    __slots__ = _slots("op", "operand")

    def __init__(self, op: ast.unaryop, operand: ast.expr, line: int) -> None:
        self.op = op
        self.operand = operand
        self.lineno = line
        self.col_offset = 0


class Compare(ast.Compare):
    __slots__ = _slots("left", "ops", "comparators")

    def __init__(self, left: ast.expr, op: ast.cmpop, right: ast.expr, line: int) -> None:
        self.left = left
        self.ops = [op]
        self.comparators = [right]
        self.lineno = line
        self.col_offset = 0


class Call(ast.Call):
    __slots__ = _slots("func", "args", "keywords")

    def __init__(self, callee: ast.expr, args: list[ast.expr], line: int) -> None:
        self.func = callee
        self.args = args
        self.keywords = []
        self.lineno = line
        self.col_offset = 0


class Subscript(ast.Subscript):
    __slots__ = _slots("value", "slice", "ctx")

    def __init__(self, container: ast.expr, index: ast.expr, line: int, ctx: ast.expr_context = _LOAD) -> None:
        self.value = container
        self.slice = index
        self.ctx = ctx
        self.lineno = line
        self.col_offset = 0


class Assign(ast.Assign):
    __slots__ = _slots("targets", "value")

    def __init__(self, place: ast.expr, value: ast.expr, line: int) -> None:
        self.targets = [place]
        self.value = value
        self.lineno = line
        self.col_offset = 0


class AugAssign(ast.AugAssign):
    __slots__ = _slots("target", "op", "value")

    def __init__(self, place: ast.Name | ast.Subscript, op: ast.operator, value: ast.expr, line: int) -> None:
        self.target = place
        self.op = op
        self.value = value
        self.lineno = line
        self.col_offset = 0


class Expr(ast.Expr):
    """A statement that evaluates an expression."""

    __slots__ = _slots("value")

    def __init__(self, value: ast.expr, line: int) -> None:
        self.value = value
        self.lineno = line
        self.col_offset = 0


class If(ast.If):
    __slots__ = _slots("test", "body", "orelse")

    def __init__(self, condition: ast.expr, then: list[ast.stmt], other: list[ast.stmt], line: int) -> None:
        self.test = condition
        self.body = then
        self.orelse = other
        self.lineno = line
        self.col_offset = 0


#: The kinds above.
KINDS: tuple[type[ast.AST], ...] = (
    Name, Constant, BinOp, UnaryOp, Compare, Call, Subscript, Assign, AugAssign, Expr, If,
)  # fmt: skip


# Expressions


def target(id_: str, line: int) -> Name:
    return Name(id_, line, STORE)


def constant(value: int | float | None, line: int) -> ast.expr:
    """A literal; a negative number is a negated literal, as Python reads it back."""
    if type(value) is int:
        value = machine_int(value)
        if value > 0:
            return Constant(value, line)
    if value is not None and (value < 0 or (value == 0 and str(value)[0] == "-")):
        return UnaryOp(_NEGATE, constant(-value, line), line)
    return Constant(value, line)


def word(text: str, line: int) -> ast.expr:
    """One of our own words, as a string; never what a module says."""
    return Constant(text, line)


def negative(operand: ast.expr, line: int) -> ast.UnaryOp:
    return UnaryOp(_NEGATE, operand, line)


def positive(operand: ast.expr, line: int) -> ast.UnaryOp:
    return UnaryOp(_POSITIVE, operand, line)


def not_(operand: ast.expr, line: int) -> ast.UnaryOp:
    return UnaryOp(_NOT, operand, line)


def is_null(value: ast.expr, wanted: bool, line: int) -> ast.expr:
    """`value is None`, or the opposite; Python warns of identity with a number that is spelled out, which an i31 may
    be.
    """
    relations = (EQ, NE) if _is_number(value) else (IS, IS_NOT)
    return Compare(value, relations[not wanted], Constant(None, line), line)


def _is_number(node: ast.expr) -> bool:
    """Whether an expression is made of nothing but numbers."""
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) and _is_number(node.right)
    return _is_number(node.operand) if isinstance(node, ast.UnaryOp) else isinstance(node, ast.Constant)


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


def call(function: str, args: list[ast.expr], line: int) -> Call:
    return Call(Name(function, line), args, line)


def attribute(value: ast.expr, attr: str, line: int) -> ast.Attribute:
    return ast.Attribute(value, attr, _LOAD, lineno=line, col_offset=0)


def method(object_: str, attr: str, args: list[ast.expr], line: int) -> Call:
    return Call(attribute(Name(object_, line), attr, line), args, line)


def item(container: str, index: ast.expr, line: int, ctx: ast.expr_context = _LOAD) -> Subscript:
    return Subscript(Name(container, line), index, line, ctx)


def tuple_(elements: Sequence[ast.expr], line: int) -> ast.Tuple:
    return ast.Tuple(list(elements), _LOAD, lineno=line, col_offset=0)


def list_(elements: Sequence[ast.expr], line: int) -> ast.List:
    return ast.List(list(elements), _LOAD, lineno=line, col_offset=0)


def set_(elements: Sequence[ast.expr], line: int) -> ast.Set:
    return ast.Set(list(elements), lineno=line, col_offset=0)


def starred(value: ast.expr, line: int) -> ast.Starred:
    return ast.Starred(value, _LOAD, lineno=line, col_offset=0)


def named(id_: str, value: ast.expr, line: int) -> ast.NamedExpr:
    return ast.NamedExpr(target(id_, line), value, lineno=line, col_offset=0)


# Statements


def assign(id_: str, value: ast.expr, line: int) -> ast.stmt:
    """`x = value`, or `x += …` where the value starts with x."""
    place = Name(id_, line, STORE)
    if isinstance(value, ast.BinOp) and isinstance(value.left, ast.Name) and value.left.id == id_:
        return AugAssign(place, value.op, value.right, line)
    return Assign(place, value, line)


def assign_many(ids: Sequence[str], value: ast.expr, line: int) -> ast.stmt:
    names = ast.Tuple([target(id_, line) for id_ in ids], STORE, lineno=line, col_offset=0)
    return Assign(names, value, line)


def set_item(container: str, index: ast.expr, value: ast.expr, line: int) -> ast.stmt:
    return Assign(Subscript(Name(container, line), index, line, STORE), value, line)


def set_attribute(object_: str, attr: str, value: ast.expr, line: int) -> ast.stmt:
    return Assign(attribute_target(Name(object_, line), attr, line), value, line)


def attribute_target(value: ast.expr, attr: str, line: int) -> ast.Attribute:
    return ast.Attribute(value, attr, STORE, lineno=line, col_offset=0)


def while_(condition: ast.expr, body: list[ast.stmt], other: list[ast.stmt], line: int) -> ast.stmt:
    return ast.While(condition, body, other, lineno=line, col_offset=0)


def for_(ids: Sequence[str], over: ast.expr, body: list[ast.stmt], other: list[ast.stmt], line: int) -> ast.stmt:
    names: list[ast.expr] = [target(id_, line) for id_ in ids]
    place = names[0] if len(names) == 1 else ast.Tuple(names, STORE, lineno=line, col_offset=0)
    return ast.For(place, over, body, other, None, lineno=line, col_offset=0)


def break_(line: int) -> ast.stmt:
    return ast.Break(lineno=line, col_offset=0)


def continue_(line: int) -> ast.stmt:
    return ast.Continue(lineno=line, col_offset=0)


def pass_(line: int) -> ast.stmt:
    return ast.Pass(lineno=line, col_offset=0)


def return_(value: ast.expr | None, line: int) -> ast.stmt:
    return ast.Return(value, lineno=line, col_offset=0)


def try_(body: list[ast.stmt], error: str, as_: str | None, handler: list[ast.stmt], line: int) -> ast.stmt:
    """`try: …  except error as name: …`."""
    caught = ast.ExceptHandler(Name(error, line), as_, handler, lineno=line, col_offset=0)
    return ast.Try(body, [caught], [], [], lineno=line, col_offset=0)


def raise_(value: ast.expr, line: int) -> ast.stmt:
    return ast.Raise(value, None, lineno=line, col_offset=0)


def global_(ids: Sequence[str], line: int) -> ast.stmt:
    return ast.Global(list(ids), lineno=line, col_offset=0)


def function(
    id_: str, params: Sequence[str], body: list[ast.stmt], line: int, defaults: list[ast.expr]
) -> ast.FunctionDef:
    args = [ast.arg(param, None, lineno=line, col_offset=0) for param in params]
    arguments = ast.arguments([], args, None, [], [], None, defaults)
    return ast.FunctionDef(id_, arguments, body, [], None, lineno=line, col_offset=0)
