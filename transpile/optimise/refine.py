"""What a condition that holds, or does not, says about the bounds of variables."""

from __future__ import annotations

from typing import TypeAlias

from wasm2py.transpile.ir.expr import AND, CONSTS, LOCAL_GET, NOT, OR, Expr, Var
from wasm2py.transpile.ir.intervals import FULL, Interval, interval
from wasm2py.transpile.opcodes import OPS

#: Var index → bounds, of the integer variables of which any are known.
State: TypeAlias = dict[int, Interval]

_ADD = frozenset(OPS[f"{type_}.add"] for type_ in FULL)
_SWAPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}


def refined(condition: Expr, holds: bool, state: State) -> State:
    """What is known where a condition was found to hold, or not to."""
    op = condition.op
    if op is NOT or op.mnemonic == "i32.eqz":
        return refined(condition.args[0], not holds, state)
    if op is AND or op is OR:
        if (op is AND) != holds:  # either part may be why
            return state
        return refined(condition.args[1], holds, refined(condition.args[0], holds, state))
    if op is LOCAL_GET:
        return bounded(condition.imm, state, (1, FULL["i32"][1]) if holds else (0, 0))
    if op.family != "compare" or len(condition.args) != 2 or condition.args[0].type not in FULL:
        return state
    name, _, sign = op.mnemonic.partition(".")[2].partition("_")
    left, right = condition.args
    return _related(left, name if holds else _OPPOSITE[name], right, sign == "s", state)


def _related(left: Expr, name: str, right: Expr, signed: bool, state: State) -> State:
    """What `left` in a relation to `right` says of both."""
    if signed:
        state = _nonnegative(left, name, right, state)
        state = _nonnegative(right, _SWAPPED[name], left, state)
        top = FULL[left.type][1] >> 1  # type: ignore[index]
        if interval(left, state)[1] > top or interval(right, state)[1] > top:
            return state
    state = _compared(left, name, right, state)
    return _compared(right, _SWAPPED[name], left, state)


def _nonnegative(left: Expr, name: str, right: Expr, state: State) -> State:
    """In signed order, what is greater than something that is not negative is not negative either."""
    top = FULL[left.type][1] >> 1  # type: ignore[index]
    if left.op is LOCAL_GET and name in ("gt", "ge"):
        low, high = interval(right, state)
        if high <= top:
            return bounded(left.imm, state, (low + (name == "gt"), top))
        if name == "gt" and low == high == FULL[left.type][1]:  # type: ignore[index]  # greater than -1
            return bounded(left.imm, state, (0, top))
    return state


def _compared(left: Expr, name: str, right: Expr, state: State) -> State:
    """Bound `left`, a variable, by what it was compared with, both unsigned."""
    if left.op is not LOCAL_GET:
        return _wrapped(left, name, right, state)
    low, high = interval(right, state)
    full = FULL[left.type][1]  # type: ignore[index]
    if name == "ne":
        return _differs(left, low, state) if low == high else state
    limits = {"lt": (0, high - 1), "le": (0, high), "gt": (low + 1, full), "ge": (low, full), "eq": (low, high)}
    return bounded(left.imm, state, limits[name])


def _wrapped(left: Expr, name: str, right: Expr, state: State) -> State:
    """Bound x where x + c, which may have wrapped, was compared with a constant: a test for a span of integers."""
    if (
        left.op not in _ADD
        or right.op not in CONSTS
        or left.args[0].op is not LOCAL_GET
        or left.args[1].op not in CONSTS
    ):
        return state
    full = FULL[left.type][1]  # type: ignore[index]
    limits = {"lt": (0, right.imm - 1), "le": (0, right.imm), "gt": (right.imm + 1, full), "ge": (right.imm, full)}
    if name not in limits:
        return state
    first, last = limits[name]
    low = (first - left.args[1].imm) & full
    high = low + last - first
    return bounded(left.args[0].imm, state, (low, high)) if low <= high <= full else state


def _differs(left: Expr, value: int, state: State) -> State:
    """A bound that a variable does not have moves by one."""
    low, high = state.get(left.imm.index, FULL[left.type])  # type: ignore[index]
    return bounded(left.imm, state, (low + (low == value), high - (high == value)))


def bounded(variable: Var, state: State, limit: Interval) -> State:
    """The state with a variable bounded besides; as it was where that could not be, for then it is never reached."""
    old = state.get(variable.index, FULL[variable.type])
    low, high = max(old[0], limit[0]), min(old[1], limit[1])
    if low > high or (low, high) == old:
        return state
    return {**state, variable.index: (low, high)}
