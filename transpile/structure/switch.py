"""`br_table` as tests of its index: a few of them in a row, or a balanced tree.

The index is often a difference, `c - 34`, that makes the table start at zero; what is tested is then `c` itself.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import CONSTS, IN, LOCAL_GET, LOOKUP, NOT, WITHIN, Expr, const, get
from wasm2py.transpile.ir.intervals import interval
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.structure.nodes import Break, Code, Continue, If, Leave, Python, ends

_LESS = OPS["i32.lt_u"]
_EQUAL = OPS["i32.eq"]
_ADD = OPS["i32.add"]
_SELECT = OPS["select"]
_ALL = 1 << 32
#: So many arms are tested one by one rather than by halves, and so many if that saves looking the arm up in a table.
_FEW, _SOME = 3, 6
#: So many values at most stand in one test.
_LISTED = 24
#: A table may have so many entries more than the wasm had, if that saves a subtraction.
_PADDING = 256

#: Neighbouring values with the same arm: the first, the last, and the arm's number.
_Span = tuple[int, int, int]


def decision_tree(
    function: FunctionIR, index: Expr, table: list[int], default: int, arms: list[list[Python]]
) -> list[Python]:
    """Run `arms[table[index]]`, or `arms[default]` where `index` is past the table's end.

    Each arm stands in the result once, or more often if it is just a way to somewhere else.
    """
    return _Switch(function, index, table, default, arms).lower()


class _Switch:
    """One switch: what is tested, and which of its values lead where."""

    def __init__(
        self, function: FunctionIR, index: Expr, table: list[int], default: int, arms: list[list[Python]]
    ) -> None:
        self.function = function
        self.arms = arms
        self.default = default
        self.index = index
        self.table = table
        self.subject, self.shift = _unshifted(index)
        self.bounds = interval(self.subject)
        first = -self.shift % _ALL
        values = sorted(((first + position) % _ALL, arm) for position, arm in enumerate(table))
        self.spans = _clipped(_spans(values, default), *self.bounds)
        self.spans_of: dict[int, list[_Span]] = {}
        for span in self.spans:
            self.spans_of.setdefault(span[2], []).append(span)

    def lower(self) -> list[Python]:
        """The cheapest way."""
        if len(self.spans_of) <= _FEW + 1 and self._all_listed():
            return self._chain()
        copied = all(len(spans) == 1 or _is_way_on(self.arms[arm]) for arm, spans in self.spans_of.items())
        if copied and len(self.spans) <= 2 * len(self.arms) + 1:
            out, subject = self._kept(self.subject)
            return [*out, *_balanced(subject, self.spans, self.arms)]
        if len(self.spans_of) <= _SOME + 1 and self._all_listed():
            return self._chain()
        return self._looked_up()

    def _kept(self, expr: Expr) -> tuple[list[Python], Expr]:
        """What is tested more than once, in a variable."""
        if expr.op is LOCAL_GET:
            return [], expr
        var = self.function.variable("i32", role="key")
        kept = get(var, expr.offset)
        kept.range = self.bounds
        return [Code([Stmt((var,), expr)])], kept

    def _rest(self) -> int:
        """The arm that is left when all others have been tested for."""
        return self.default if self.default in self.spans_of else max(self.spans_of)

    def _tested(self) -> list[int]:
        """The arms to test for, the likelier first: those that more values lead to."""
        others = [arm for arm in self.spans_of if arm != self._rest()]
        return sorted(others, key=lambda arm: -_count(self.spans_of[arm]))

    def _all_listed(self) -> bool:
        return all(len(self.spans_of[arm]) == 1 or _count(self.spans_of[arm]) <= _LISTED for arm in self._tested())

    def _chain(self) -> list[Python]:
        """Each arm in turn."""
        tested = self._tested()
        out, subject = self._kept(self.subject) if len(tested) > 1 else ([], self.subject)
        rest = self.arms[self._rest()]
        for arm in reversed(tested):
            rest = _either(_among(subject, self.spans_of[arm]), self.arms[arm], rest)
        if not tested and subject.effects:
            out.append(Code([Stmt((), subject)]))
        return [*out, *rest]

    def _looked_up(self) -> list[Python]:
        """A constant table gives the arm's number."""
        first = -self.shift % _ALL
        index, table = self.index, self.table
        if first + len(table) <= min(_ALL, len(table) + _PADDING):
            index, table = self.subject, [self.default] * first + table
        room = self.bounds[1] + 1 - len(table)
        guarded = index is not self.subject or room > _PADDING
        if not guarded:
            table = [*table, *[self.default] * room]
        out, index = self._kept(index) if guarded else ([], index)
        number = Expr(LOOKUP, "i32", (index,), tuple(table), index.offset)
        if guarded:
            inside = Expr(_LESS, "i32", (_again(index), const("i32", len(table))), None, index.offset)
            number = Expr(_SELECT, "i32", (number, const("i32", self.default), inside), None, index.offset)
        var = self.function.variable("i32", role="arm")
        by_arm = [(arm, arm, arm) for arm in range(len(self.arms))]
        return [*out, Code([Stmt((var,), number)]), *_balanced(get(var, index.offset), by_arm, self.arms)]


def _unshifted(index: Expr) -> tuple[Expr, int]:
    """The index as an expression plus a constant."""
    if index.op is _ADD and index.args[1].op in CONSTS:
        return index.args[0], index.args[1].imm
    return index, 0


def _spans(values: list[tuple[int, int]], default: int) -> list[_Span]:
    """Every i32 in spans, given the arms of some in ascending order."""
    spans: list[_Span] = []
    free = 0

    def add(first: int, last: int, arm: int) -> None:
        if first > last:
            return
        if spans and spans[-1][2] == arm:
            spans[-1] = (spans[-1][0], last, arm)
        else:
            spans.append((first, last, arm))

    for value, arm in values:
        add(free, value - 1, default)
        add(value, value, arm)
        free = value + 1
    add(free, _ALL - 1, default)
    return spans


def _clipped(spans: list[_Span], low: int, high: int) -> list[_Span]:
    """The spans as far as they lie within low … high."""
    return [(max(a, low), min(b, high), arm) for a, b, arm in spans if a <= high and b >= low]


def _count(spans: list[_Span]) -> int:
    return sum(last - first + 1 for first, last, _ in spans)


def _is_way_on(arm: list[Python]) -> bool:
    """Whether an arm is so short that it may stand in more places than one."""
    return not arm or (len(arm) == 1 and isinstance(arm[0], Break | Continue | Leave))


def _balanced(index: Expr, spans: list[_Span], arms: list[list[Python]]) -> list[Python]:
    """By halves; the first of a few by itself."""
    if len(spans) == 1:
        return list(arms[spans[0][2]])
    if len(spans) <= 3:
        first = spans[0]
        test = _among(index, [first]) if first[0] == first[1] else _below(index, first[1] + 1)
        return _either(test, list(arms[first[2]]), _balanced(index, spans[1:], arms))
    middle = len(spans) // 2
    below = _below(index, spans[middle][0])
    return _either(below, _balanced(index, spans[:middle], arms), _balanced(index, spans[middle:], arms))


def _below(index: Expr, past: int) -> Expr:
    return Expr(_LESS, "i32", (_again(index), const("i32", past)), None, index.offset)


def _among(index: Expr, spans: list[_Span]) -> Expr:
    """Whether the index lies in one of the spans."""
    index = _again(index)
    if len(spans) > 1:
        values = tuple(value for first, last, _ in spans for value in range(first, last + 1))
        return Expr(IN, "i32", (index,), values, index.offset)
    first, last, _ = spans[0]
    if first == last:
        return Expr(_EQUAL, "i32", (index, const("i32", first)), None, index.offset)
    return Expr(WITHIN, "i32", (index,), (first, last), index.offset)


def _either(test: Expr, then: list[Python], other: list[Python]) -> list[Python]:
    """One or the other; nothing needs an `else` behind what never gets to the end."""
    if ends(then):
        return [If(test, then, []), *other]
    if not then:
        return [If(Expr(NOT, "i32", (test,), None, test.offset), other, [])] if other else [Code([Stmt((), test)])]
    return [If(test, then, other)]


def _again(index: Expr) -> Expr:
    if index.op is not LOCAL_GET:
        return index
    node = get(index.imm, index.offset)
    node.range = index.range
    return node
