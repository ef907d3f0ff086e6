"""`br_table` as a balanced tree of `if`s."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import LOOKUP, Expr, const, get
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.structure.nodes import Code, If, Python, ends

_LESS = OPS["i32.lt_u"]
_EQUAL = OPS["i32.eq"]
_ALL = 1 << 32


def decision_tree(
    function: FunctionIR, index: Expr, table: list[int], default: int, arms: list[list[Python]]
) -> list[Python]:
    """Run `arms[table[index]]`, or `arms[default]` where `index` (a variable) is past the table's end.

    Each arm stands in the result once: where a table takes turns between arms, a constant tuple first translates
    the index into the arm's number.
    """
    runs = _runs(table, default)
    if len(runs) <= len({arm for _, _, arm in runs}):
        return _balanced(index, runs, arms)
    var = function.variable("i32", role="arm")
    lookup = Expr(LOOKUP, "i32", (index,), tuple(table), index.offset)
    inside = Expr(_LESS, "i32", (_again(index), const("i32", len(table))), None, index.offset)
    number = Expr(OPS["select"], "i32", (lookup, const("i32", default), inside), None, index.offset)
    by_arm = [(arm, arm + 1, arm) for arm in range(len(arms))]
    by_arm[-1] = (len(arms) - 1, _ALL, len(arms) - 1)
    return [Code([Stmt((var,), number)]), *_balanced(get(var, index.offset), by_arm, arms)]


def _runs(table: list[int], default: int) -> list[tuple[int, int, int]]:
    """The table as (first index, past the last, arm), neighbours joined, the default last."""
    runs: list[tuple[int, int, int]] = []
    for position, arm in [*enumerate(table), (len(table), default)]:
        if runs and runs[-1][2] == arm:
            runs[-1] = (runs[-1][0], position + 1, arm)
        else:
            runs.append((position, position + 1, arm))
    runs[-1] = (runs[-1][0], _ALL, runs[-1][2])
    return runs


def _balanced(index: Expr, runs: list[tuple[int, int, int]], arms: list[list[Python]]) -> list[Python]:
    if len(runs) == 1:
        return arms[runs[0][2]]
    if len(runs) <= 3:
        return _chain(index, runs, arms)
    middle = len(runs) // 2
    below = Expr(_LESS, "i32", (_again(index), const("i32", runs[middle][0])), None, index.offset)
    return _either(below, _balanced(index, runs[:middle], arms), _balanced(index, runs[middle:], arms))


def _chain(index: Expr, runs: list[tuple[int, int, int]], arms: list[list[Python]]) -> list[Python]:
    """A few runs: test for the first, then for the rest, which need no `else` where the first never gets to the end."""
    first, past, arm = runs[0]
    rest = _balanced(index, runs[1:], arms)
    if past == first + 1:
        test = Expr(_EQUAL, "i32", (_again(index), const("i32", first)), None, index.offset)
    else:
        test = Expr(_LESS, "i32", (_again(index), const("i32", past)), None, index.offset)
    return _either(test, arms[arm], rest)


def _either(test: Expr, then: list[Python], other: list[Python]) -> list[Python]:
    """One or the other; nothing needs an `else` behind what never gets to the end."""
    return [If(test, then, []), *other] if ends(then) else [If(test, then, other)]


def _again(index: Expr) -> Expr:
    node = get(index.imm, index.offset)
    node.range = index.range
    return node
