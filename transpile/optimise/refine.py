"""What a condition that holds, or does not, says about the bounds of variables."""

from __future__ import annotations

from typing import TypeAlias

from wasm2py.transpile.ir.expr import AND, CONSTS, LOCAL_GET, NOT, OR, Expr, Var
from wasm2py.transpile.ir.intervals import FULL, Interval, interval
from wasm2py.transpile.opcodes import OPS

#: Var index → bounds, of the integer variables of which any are known.
State: TypeAlias = dict[int, Interval]

_EQZ = OPS["i32.eqz"]
_ADD = frozenset(OPS[f"{type_}.add"] for type_ in FULL)
#: Comparisons of two integers: the relation, and whether it is one of signed integers.
_RELATIONS = {
    op: (op.mnemonic[4:6], op.mnemonic.endswith("_s"))
    for op in OPS.values()
    if op.family == "compare" and op.params is not None and len(op.params) == 2 and op.params[0] in FULL
}
_SWAPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}


def refine(condition: Expr, holds: bool, state: State) -> None:
    """Add to a state what is known where a condition was found to hold, or not to."""
    op = condition.op
    if op is LOCAL_GET:
        bound(condition.imm, state, (1, FULL["i32"][1]) if holds else (0, 0))
    elif op is NOT or op is _EQZ:
        refine(condition.args[0], not holds, state)
    elif op is AND or op is OR:
        if (op is AND) == holds:  # else either part may be why
            refine(condition.args[0], holds, state)
            refine(condition.args[1], holds, state)
    elif op in _RELATIONS:
        name, signed = _RELATIONS[op]
        left, right = condition.args
        _related(left, name if holds else _OPPOSITE[name], right, signed, state)


def _related(left: Expr, name: str, right: Expr, signed: bool, state: State) -> None:
    """What `left` in a relation to `right` says of both."""
    if signed:
        _nonnegative(left, name, right, state)
        _nonnegative(right, _SWAPPED[name], left, state)
        top = FULL[left.type][1] >> 1  # type: ignore[index]
        if interval(left, state)[1] > top or interval(right, state)[1] > top:
            return
    _compared(left, name, right, state)
    _compared(right, _SWAPPED[name], left, state)


def _nonnegative(left: Expr, name: str, right: Expr, state: State) -> None:
    """In signed order, what is greater than something that is not negative is not negative either."""
    top = FULL[left.type][1] >> 1  # type: ignore[index]
    if left.op is LOCAL_GET and name in ("gt", "ge"):
        low, high = interval(right, state)
        if high <= top:
            bound(left.imm, state, (low + (name == "gt"), top))
        elif name == "gt" and low == high == FULL[left.type][1]:  # type: ignore[index]  # greater than -1
            bound(left.imm, state, (0, top))


def _compared(left: Expr, name: str, right: Expr, state: State) -> None:
    """Bound `left`, a variable, by what it was compared with, both unsigned."""
    if left.op is LOCAL_GET:
        low, high = interval(right, state)
        if name != "ne":
            bound(left.imm, state, _limits(name, low, high, FULL[left.type][1]))  # type: ignore[index]
        elif low == high:
            _differs(left, low, state)
    elif left.op in _ADD:
        _wrapped(left, name, right, state)


def _limits(name: str, low: int, high: int, full: int) -> Interval:
    """What is less than, greater than, or equal to something between `low` and `high`."""
    if name == "lt":
        return 0, high - 1
    if name == "le":
        return 0, high
    if name == "gt":
        return low + 1, full
    return (low, full) if name == "ge" else (low, high)


def _wrapped(left: Expr, name: str, right: Expr, state: State) -> None:
    """Bound x where x + c, which may have wrapped, was compared with a constant: a test for a span of integers."""
    variable, constant = left.args
    if name in ("eq", "ne") or right.op not in CONSTS or variable.op is not LOCAL_GET or constant.op not in CONSTS:
        return
    full = FULL[left.type][1]  # type: ignore[index]
    first, last = _limits(name, right.imm, right.imm, full)
    low = (first - constant.imm) & full
    high = low + last - first
    if low <= high <= full:
        bound(variable.imm, state, (low, high))


def _differs(left: Expr, value: int, state: State) -> None:
    """A bound that a variable does not have moves by one."""
    low, high = state.get(left.imm.index, FULL[left.type])  # type: ignore[index]
    bound(left.imm, state, (low + (low == value), high - (high == value)))


def bound(variable: Var, state: State, limit: Interval) -> None:
    """Bound a variable besides; not where that could not be, for then the state is never reached."""
    old = state.get(variable.index) or FULL[variable.type]
    low, high = limit
    if low < old[0]:
        low = old[0]
    if high > old[1]:
        high = old[1]
    if low <= high and (low, high) != old:
        state[variable.index] = low, high
