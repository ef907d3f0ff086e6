"""`conditions`: a chain of branches with a common way out becomes one branch on `and` and `or`.

Python evaluates those left to right and stops early, as the chain of branches did.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR
from wasm2py.transpile.ir.expr import AND, MAX_DEPTH, NOT, OR, WRITES, Expr

#: Chains stop growing where a reader would get lost.
_LONGEST = 8


def short_circuit(function: FunctionIR) -> bool:
    """Merge chains in place, from the last branch to the first; whether there were any."""
    graph = function.graph()
    count = {block.id: len(before) for block, before in zip(graph.blocks, graph.before, strict=True)}
    count[function.entry.id] += 1  # a caller comes in there, too
    changed = False
    for block in reversed(graph.blocks):
        while _merge(block, count):
            changed = True
    if changed:
        function.edges_changed()
    return changed


def _merge(block: Block, count: dict[int, int]) -> bool:
    """Take one following test into the block's own branch."""
    end = block.end
    if not isinstance(end, Branch):
        return False
    for following, shared, is_then in ((end.other, end.then, False), (end.then, end.other, True)):
        merged = _joined(end.condition, following, shared, is_then, count)
        if merged is not None:
            count[shared.id] -= 1
            block.end = merged
            return True
    return False


def _joined(first: Expr, following: Block, shared: Block, is_then: bool, count: dict[int, int]) -> Branch | None:
    """One branch for `first` and the test in `following`, which is reached if `first` is (`is_then`) or is not true."""
    test = following.end
    if following.stmts or not isinstance(test, Branch) or count[following.id] != 1 or following is shared:
        return None
    if test.condition.effects & WRITES or max(first.depth, test.condition.depth) > MAX_DEPTH - 2:
        return None
    if _terms(first) + _terms(test.condition) > _LONGEST:
        return None
    if test.then is shared and test.other is not shared:
        away, second_inverted = test.other, is_then
    elif test.other is shared and test.then is not shared:
        away, second_inverted = test.then, not is_then
    else:
        return None
    second = negated(test.condition) if second_inverted else test.condition
    if is_then:
        return Branch(_logical(AND, first, second), away, shared)
    return Branch(_logical(OR, first, second), shared, away)


def _logical(op: object, first: Expr, second: Expr) -> Expr:
    return Expr(op, "i32", (first, second), None, first.offset)  # type: ignore[arg-type]


def negated(condition: Expr) -> Expr:
    """The opposite condition."""
    if condition.op is NOT:
        return condition.args[0]
    return Expr(NOT, "i32", (condition,), None, condition.offset)


def _terms(condition: Expr) -> int:
    return sum(map(_terms, condition.args)) if condition.op in (AND, OR) else 1
