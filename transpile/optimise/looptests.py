"""Where loops end: tests for equality are read as such, and tests of order become that where all is constant.

A variable that goes from one constant in constant steps until it is at least, or at most, another, ends at a value that
can be worked out; and it has no other value on the way that is equal to that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wasm2py.transpile.ir.cfg import Block, Branch
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, NOT, Expr, Var, const
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.linear import MASK, signed
from wasm2py.transpile.optimise.loopshape import Shape, Stepped

_NE = OPS["i32.ne"]
_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}


@dataclass(frozen=True, slots=True)
class Test:
    """Where a loop ends: at the branch of `block`, as soon as `variable` is equal to `bound`."""

    block: Block
    variable: Var
    bound: Expr


def _repeats_while(shape: Shape) -> tuple[Block, Expr, bool] | None:
    """The only latch, its condition, and whether the loop goes on where that holds."""
    if len(shape.latches) != 1 or not isinstance(shape.latches[0].end, Branch):
        return None
    end = shape.latches[0].end
    condition, on_true = end.condition, end.then is shape.header
    while condition.op is NOT:
        condition, on_true = condition.args[0], not on_true
    return shape.latches[0], condition, on_true


def equality_test(shape: Shape) -> Test | None:
    """The test of a loop that repeats from one block, while a variable differs from a constant or another variable."""
    found = _repeats_while(shape)
    if found is None:
        return None
    block, condition, on_true = found
    if condition.op is LOCAL_GET:
        return Test(block, condition.imm, const("i32", 0)) if on_true else None
    if condition.op.mnemonic != ("i32.ne" if on_true else "i32.eq"):
        return None
    left, right = condition.args
    stepped = {item.variable.index for item in shape.stepped}
    if left.op is not LOCAL_GET or left.imm.index not in stepped:
        left, right = right, left
    if left.op is LOCAL_GET and (right.op in CONSTS or right.op is LOCAL_GET):
        return Test(block, left.imm, right)
    return None


def test_for_equality(shape: Shape) -> None:
    """Make a test of order one for equality, where start, step and end are constants and the variable never wraps."""
    found = _repeats_while(shape)
    if found is None:
        return
    block, condition, on_true = found
    type_, _, relation = condition.op.mnemonic.partition(".")
    name, _, sign = relation.partition("_")
    if type_ != "i32" or name not in _OPPOSITE or condition.args[0].op is not LOCAL_GET:
        return
    stepped = next((item for item in shape.stepped if item.variable is condition.args[0].imm), None)
    start = shape.start(stepped.variable) if stepped is not None else None
    if stepped is None or start is None or condition.args[1].op not in CONSTS:
        return
    goes_on = name if on_true else _OPPOSITE[name]
    last = _last(start, stepped, goes_on, condition.args[1].imm, signed if sign == "s" else int)
    if last is not None:
        end = block.end
        assert isinstance(end, Branch)
        differs = Expr(_NE, "i32", (condition.args[0], const("i32", last, condition.offset)), None, condition.offset)
        block.end = Branch(differs, shape.header, end.other if end.then is shape.header else end.then)


def _last(start: int, stepped: Stepped, goes_on: str, bound: int, reading: Callable[[int], int]) -> int | None:
    """What the variable is when the test, after the step, fails for the first time; None if it wraps before that."""
    step = signed(stepped.step)
    if (step > 0) != (goes_on in ("lt", "le")):
        return None
    first = reading(start + step & MASK)
    limit = reading(bound) + {"le": 1, "ge": -1}.get(goes_on, 0)
    turns = max(-((first - limit) // step), 0)
    last = first + turns * step
    return last & MASK if reading(last & MASK) == last else None
