"""`pointers`: addresses that a loop steps through are stepped themselves, from the least that it accesses.

Where a loop adds `i` to something that stays, or a constant to `i`, for each access, a variable takes the place of the
sum; where `i` serves nothing else, it takes the place of `i`, the loop's test included, and `i` is worked out behind
the loop if it is needed there. So counters that go from -4096 up to zero become addresses, and what is left at an
access is a small constant, which needs no mask (see `accesses.py`). Needs the final graph but for marks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from wasm2py.runtime.types import PAGE_SIZE
from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Stmt, map_end
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, Var, const, get
from wasm2py.transpile.ir.liveness import is_live
from wasm2py.transpile.opcodes import ACCESSES, OPS
from wasm2py.transpile.optimise.dead import remove_dead
from wasm2py.transpile.optimise.linear import MASK, Definitions, Linear, define, linear, plus, signed
from wasm2py.transpile.optimise.loopshape import Shape, Stepped, loops, prepare
from wasm2py.transpile.optimise.looptests import Test, equality_test, test_for_equality
from wasm2py.transpile.optimise.ranges import find_ranges, forget_ranges

_NE = OPS["i32.ne"]
#: So many new variables a loop may get.
_MOST_POINTERS = 6
#: In functions of more blocks, finding out which sums cannot wrap would cost more than it gives.
_LARGEST = 80


#: An address operand as a sum, and as it stands.
_Sum: TypeAlias = tuple[Linear, Expr]


@dataclass(slots=True)
class _Group:
    """The addresses of a loop that are the same sum but for a constant: `accesses` are all such sums as they stand."""

    stepped: Stepped
    rest: tuple[tuple[Var, int], ...]
    factor: int
    accesses: list[_Sum] = field(default_factory=list)
    pointer: Var | None = None
    base: int = 0


def step_pointers(function: FunctionIR) -> bool:
    """Rewrite the loops of a function in place; whether there were any."""
    sums: dict[int, list[_Sum]] = {}
    found = [(shape, _groups(shape, sums)) for shape in loops(function)]
    bounded = any(group.rest for _, groups in found for group in groups)
    bounded = bounded and len(function.reverse_postorder()) <= _LARGEST
    if bounded:
        find_ranges(function)
    paying = [(shape, [group for group in groups if _pays(group)][:_MOST_POINTERS]) for shape, groups in found]
    if bounded:
        forget_ranges(function)
    wanted = [(shape, groups) for shape, groups in paying if groups or _counts(shape)]
    if not wanted:
        return False
    shapes = [shape for shape, _ in found]
    prepare(function, shapes)
    for shape, _ in wanted:
        test_for_equality(shape)
    twins = [(shape, group) for shape, groups in wanted for group in _rewritten(function, shape, groups)]
    remove_dead(function)
    for shape, group in twins:
        _replace_counter(function, shape, group)
    for shape, _ in wanted:
        _count_from_zero(function, shape)
    function.statements_changed()
    return True


def _addresses(expr: Expr) -> list[Expr]:
    """The address operands of all accesses in an expression that a variable is part of."""
    found: list[Expr] = []
    pending = [expr]
    while pending:
        node = pending.pop()
        if node.effects and node.variables:
            if node.op.family in ACCESSES and node.args[0].variables:
                found.append(node.args[0])
            pending += node.args
    return found


def _sums(block: Block) -> list[_Sum]:
    """The address operands of all accesses in a block that are sums, by what is known where they are evaluated."""
    found: list[_Sum] = []
    known: Definitions = {}
    defined = 0
    for number, expr in enumerate(block.exprs()):
        for address in _addresses(expr):
            for stmt in block.stmts[defined:number]:
                define(stmt, known)
            defined = number
            sum_ = linear(address, known)
            if sum_ is not None:
                found.append((sum_, address))
    return found


def _groups(shape: Shape, sums: dict[int, list[_Sum]]) -> list[_Group]:
    """The groups of addresses that may be worth a pointer; `sums` keeps those of each block."""
    stepped = {item.variable.index: item for item in shape.stepped}
    found: dict[tuple[int, int, tuple[tuple[Var, int], ...]], _Group] = {}
    for block in shape.body:
        if block.id not in sums:
            sums[block.id] = _sums(block)
        for sum_, address in sums[block.id]:
            group = _group_of(sum_, shape, stepped)
            if group is not None:
                key = (group.stepped.variable.index, group.factor, group.rest)
                found.setdefault(key, group).accesses.append((sum_, address))
    return list(found.values())


def _group_of(sum_: Linear, shape: Shape, stepped: dict[int, Stepped]) -> _Group | None:
    assigned = shape.assigned
    moving = [(var, factor) for var, factor in sum_.terms if var.index in assigned]
    if len(moving) != 1 or moving[0][0].index not in stepped:
        return None
    var, factor = moving[0]
    return _Group(stepped[var.index], sum_.without(var).terms, factor)


def _pays(group: _Group) -> bool:
    """Whether a sum is worth a variable of its own: where something is added that may make it wrap, or a constant."""
    if group.rest:
        step = signed(group.stepped.step) * signed(group.factor)
        return abs(step) < PAGE_SIZE and any(_may_wrap(sum_, address) for sum_, address in group.accesses)
    return group.factor == 1 and any(sum_.constant for sum_, _ in group.accesses)


def _may_wrap(sum_: Linear, address: Expr) -> bool:
    """Whether an address needs a mask, for all that the marks of `ranges` say of its variables."""
    marks = {node.imm.index: node.range for node in address.walk() if node.op is LOCAL_GET}
    low = high = sum_.constant
    for var, factor in sum_.terms:
        bounds = marks.get(var.index)
        if bounds is None or factor >> 31:
            return True
        low += bounds[0] * factor
        high += bounds[1] * factor
    return low >> 32 != high >> 32


def _least(group: _Group, start: int | None) -> int:
    """The constant of the least address, as it is at the start if that is known, else taking constants as signed."""
    if start is not None and not group.rest:
        return min((sum_.constant for sum_, _ in group.accesses), key=lambda c: start * group.factor + c & MASK)
    return min((sum_.constant for sum_, _ in group.accesses), key=signed)


def _rewritten(function: FunctionIR, shape: Shape, groups: list[_Group]) -> list[_Group]:
    """Give each group its pointer, and every address in it."""
    assert shape.before is not None
    chosen = [group for group in groups if _prepare_group(function, shape, group)]
    for group in chosen:
        _add_pointer(function, shape, group)
    if chosen:
        for block in list(shape.body):
            _rewrite_block(block, shape, chosen)
    return chosen


def _prepare_group(function: FunctionIR, shape: Shape, group: _Group) -> bool:
    start = shape.start(group.stepped.variable)
    group.base = _least(group, start)
    if group.rest:
        return True
    if start is not None:
        test = equality_test(shape)
        return test is None or test.variable is not group.stepped.variable or test.bound.op in CONSTS
    return 0 < abs(signed(group.base)) < PAGE_SIZE and (signed(group.base) < 0 or len(group.accesses) > 1)


def _add_pointer(function: FunctionIR, shape: Shape, group: _Group) -> None:
    """The pointer's start before the loop, and its step just behind its variable's."""
    assert shape.before is not None
    stepped = group.stepped
    offset = stepped.stmt.expr.offset
    pointer = group.pointer = function.variable("i32")
    start = Linear(((stepped.variable, group.factor),), group.base).added(Linear(group.rest, 0))
    shape.before.stmts.append(Stmt((pointer,), start.expr(offset)))
    step = plus(get(pointer, offset), stepped.step * group.factor)
    place = stepped.block.stmts.index(stepped.stmt) + 1
    stepped.block.stmts.insert(place, Stmt((pointer,), step))
    shape.assigned[pointer.index] = 1


def _rewrite_block(block: Block, shape: Shape, groups: list[_Group]) -> None:
    known: Definitions = {}
    for stmt in block.stmts:
        original = Stmt(stmt.targets, stmt.expr)
        stmt.expr = _rewrite(stmt.expr, known, groups)
        define(original, known)
    ends = block.end.exprs
    if ends:
        block.end = map_end(block.end, [_rewrite(expr, known, groups) for expr in ends])


def _rewrite(expr: Expr, known: Definitions, groups: list[_Group]) -> Expr:
    """The expression with the groups' addresses told by their pointers."""
    if not (expr.effects and expr.variables and expr.args):
        return expr
    args = tuple(_rewrite(arg, known, groups) for arg in expr.args)
    if expr.op.family in ACCESSES:
        told = _told(expr.args[0], known, groups)
        if told is not None:
            args = (told, *args[1:])
    if all(new is old for new, old in zip(args, expr.args, strict=True)):
        return expr
    return expr.with_args(args)


def _told(address: Expr, known: Definitions, groups: list[_Group]) -> Expr | None:
    if not address.variables:
        return None
    sum_ = linear(address, known)
    if sum_ is None:
        return None
    for group in groups:
        rest = sum_.without(group.stepped.variable)
        if sum_.factor(group.stepped.variable) == group.factor and rest.terms == group.rest:
            assert group.pointer is not None
            return plus(get(group.pointer, address.offset), sum_.constant - group.base)
    return None


# The counter that is left


def _replace_counter(function: FunctionIR, shape: Shape, group: _Group) -> None:
    """Let the pointer end the loop, if its variable does nothing else there."""
    stepped = group.stepped
    test = equality_test(shape)
    if test is not None and test.variable is not stepped.variable:
        test = None
    if group.factor != 1 or stepped.stmt not in stepped.block.stmts or not _only_counts(shape, stepped, test):
        return
    if test is not None:
        _move_test(function, shape, group, test)
    _recover(shape, group, _at_end(shape, test))
    stepped.block.stmts = [stmt for stmt in stepped.block.stmts if stmt is not stepped.stmt]


def _only_counts(shape: Shape, stepped: Stepped, test: Test | None) -> bool:
    """Whether the loop reads the variable in its step and in that test only."""
    if test is not None and test.bound.op is LOCAL_GET and shape.changes(test.bound.imm):
        return False
    bit = 1 << stepped.variable.index
    reads = (expr for block in shape.body for expr in block.exprs() if expr.variables & bit)
    return all(expr is stepped.stmt.expr or (test is not None and expr is test.block.end.exprs[0]) for expr in reads)


def _move_test(function: FunctionIR, shape: Shape, group: _Group, test: Test) -> None:
    """`i == n` is `p == n + what was added`, worked out before the loop."""
    assert shape.before is not None and group.pointer is not None
    end = test.block.end
    assert isinstance(end, Branch)
    offset = end.condition.offset
    last = _as_linear(test.bound).added(Linear(group.rest, group.base))
    bound: Expr
    if last.terms:
        limit = function.variable("i32")
        shape.before.stmts.append(Stmt((limit,), last.expr(offset)))
        bound = get(limit, offset)
    else:
        bound = const("i32", last.constant, offset)
    differs = Expr(_NE, "i32", (get(group.pointer, offset), bound), None, offset)
    other = end.other if end.then is shape.header else end.then
    test.block.end = Branch(differs, shape.header, other)


def _as_linear(leaf: Expr) -> Linear:
    return Linear((), leaf.imm) if leaf.op in CONSTS else Linear(((leaf.imm, 1),), 0)


def _counts(shape: Shape) -> bool:
    """Whether a loop ends at a constant."""
    test = equality_test(shape)
    return test is not None and test.bound.op in CONSTS


def _count_from_zero(function: FunctionIR, shape: Shape) -> None:
    """A counter that still goes from a negative constant to another one starts at zero instead."""
    test = equality_test(shape)
    stepped = next((item for item in shape.stepped if test is not None and item.variable is test.variable), None)
    if test is None or stepped is None or test.bound.op not in CONSTS or stepped.stmt not in stepped.block.stmts:
        return
    start = shape.start(stepped.variable)
    if start is None or not start >> 31:
        return
    group = _Group(stepped, (), 1, base=-start & MASK)
    _add_pointer(function, shape, group)
    for block in shape.body:
        _put(block, stepped, group, test)
    _replace_counter(function, shape, group)


def _put(block: Block, stepped: Stepped, group: _Group, test: Test) -> None:
    """Read the pointer instead of its variable, but for the step and the loop's test."""
    for stmt in block.stmts:
        if stmt is not stepped.stmt:
            stmt.expr = _substituted(stmt.expr, stepped.variable, group)
    if block is not test.block:
        block.end = map_end(block.end, [_substituted(e, stepped.variable, group) for e in block.end.exprs])


def _substituted(expr: Expr, variable: Var, group: _Group) -> Expr:
    if not expr.variables >> variable.index & 1:
        return expr
    if expr.op is LOCAL_GET:
        assert group.pointer is not None
        return plus(get(group.pointer, expr.offset), -group.base)
    return expr.with_args(tuple(_substituted(arg, variable, group) for arg in expr.args))


def _at_end(shape: Shape, test: Test | None) -> Expr | None:
    """What the tested variable is behind a loop that has no other way out than its test."""
    leaving = sum(successor in shape.exits for block in shape.body for successor in block.end.successors)
    return test.bound if test is not None and leaving == 1 else None


def _recover(shape: Shape, group: _Group, at_end: Expr | None) -> None:
    """Behind the loop, the variable is what its pointer tells."""
    variable, pointer = group.stepped.variable, group.pointer
    assert pointer is not None
    for block in shape.exits:
        if is_live(variable, block):
            value = Linear(((pointer, 1),), 0).added(Linear(group.rest, group.base).times(MASK))
            told = value.expr(group.stepped.stmt.expr.offset) if at_end is None else at_end
            block.stmts.insert(0, Stmt((variable,), told))
