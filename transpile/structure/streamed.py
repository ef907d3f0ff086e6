"""What is left of a loop once it goes through items, for `streams`."""

from __future__ import annotations

from collections.abc import Iterable

from wasm2py.transpile.ir.cfg import Return, Stmt
from wasm2py.transpile.ir.expr import LOCAL_GET, READS_MEMORY, TRAPS, WRITES, Expr, get
from wasm2py.transpile.ir.intervals import FULL, SIZES
from wasm2py.transpile.structure.nodes import Code, For, If, Item, Leave, Python, While, breaks
from wasm2py.transpile.structure.strides import assignments, on


def left_with(node: Leave) -> tuple[Expr, ...]:
    return node.end.exprs if isinstance(node.end, Return) else ()


def leaves(body: list[Python]) -> bool:
    """Whether a function is left in the midst of a body without loops."""
    return any(type(node) is Leave or (type(node) is If and (leaves(node.then) or leaves(node.other))) for node in body)


def read_elsewhere(whole: list[Python], loop: For, before: Python | None) -> int:
    """The variables that are read but in the loop's body, as a bit set.

    What the loop starts from counts, unless it is assigned just before: it may be what an earlier run left there.
    """
    fresh = 0
    if type(before) is Code:
        for stmt in before.stmts:
            fresh |= sum(1 << target.index for target in stmt.targets)
    first = 0
    for item in loop.items:
        first |= item.load.variables
    return reads(whole, loop) | (first & ~fresh)


def reads(body: list[Python], but: For | None = None) -> int:
    """The variables that a body reads, as a bit set, less what one loop's body does."""
    found = 0
    for node in body:
        if type(node) is Code:
            for stmt in node.stmts:
                found |= stmt.expr.variables
        elif type(node) is If:
            found |= node.condition.variables | reads(node.then, but) | reads(node.other, but)
        elif type(node) is Leave:
            found |= _variables(left_with(node))
        elif type(node) is While:
            found |= reads(node.body, but) | reads(node.other, but)
            found |= node.condition.variables if node.condition is not None else 0
        elif type(node) is For:
            found |= reads(node.other, but)
            if node.counts or node.turns is None:
                found |= _variables((node.start, node.end))
            if node is not but:
                found |= _variables(item.load for item in node.items if item.row is None) | reads(node.body, but)
    return found


def _variables(exprs: Iterable[Expr]) -> int:
    found = 0
    for expr in exprs:
        found |= expr.variables
    return found


class Rewriting:
    """Puts the elements' variables in the place of loads, and drops what served addresses only."""

    def __init__(self, node: For, chosen: dict[Expr, Item], elsewhere: int) -> None:
        self.node = node
        self.chosen = chosen
        self.elsewhere = elsewhere
        self.assignments = assignments(node.body)
        self.elements = {item.variables[0]: item for item in chosen.values()}
        #: Var index → the element that it only was another name for.
        self.copies: dict[int, Item] = {}
        #: The variables that were read before in the same turn.
        self.read = 0

    def run(self) -> None:
        node = self.node
        body = self.outermost(node.body)
        while (shorter := _without_vain(body, self.elsewhere)) is not body:
            body = shorter
        node.body = body
        read = reads(body) | (self.elsewhere if breaks(body) or leaves(body) else 0)
        node.counts = bool(read >> node.variable.index & 1)

    def outermost(self, body: list[Python]) -> list[Python]:
        """What every turn executes."""
        out: list[Python] = []
        for node in body:
            if type(node) is Code:
                stmts = []
                for stmt in node.stmts:
                    told = stmt.with_expr(self.told(stmt.expr, self.chosen))
                    self.read |= told.expr.variables
                    if (told.targets or told.expr.effects) and not self.is_copy(told):
                        stmts.append(told)
                out.append(Code(stmts))
            elif type(node) is If:
                condition = self.told(node.condition, self.chosen)
                self.read |= condition.variables | reads(node.then) | reads(node.other)
                out.append(If(condition, self.inner(node.then), self.inner(node.other)))
            else:
                out.append(node)
        return out

    def is_copy(self, stmt: Stmt) -> bool:
        """Take note of a variable that is but another name for an element."""
        if not stmt.targets or stmt.expr.op is not LOCAL_GET or stmt.expr.imm not in self.elements:
            return False
        index = stmt.targets[0].index
        if (self.read | self.elsewhere) >> index & 1 or self.assignments[index] != 1:
            return False
        self.copies[index] = self.elements[stmt.expr.imm]
        return True

    def inner(self, body: list[Python]) -> list[Python]:
        """What not every turn executes: only names change there."""
        out: list[Python] = []
        for node in body:
            if type(node) is Code:
                out.append(Code([stmt.with_expr(self.told(stmt.expr, {})) for stmt in node.stmts]))
            elif type(node) is If:
                out.append(If(self.told(node.condition, {}), self.inner(node.then), self.inner(node.other)))
            elif type(node) is Leave and isinstance(node.end, Return):
                values = tuple(self.told(value, {}) for value in node.end.exprs)
                out.append(Leave(Return(values, node.end.offset)))
            else:
                out.append(node)
        return out

    def told(self, expr: Expr, chosen: dict[Expr, Item]) -> Expr:
        """An expression with elements in the place of loads and of copies."""
        item = chosen.get(expr)
        if item is None and expr.op is LOCAL_GET:
            item = self.copies.get(expr.imm.index)
        if item is not None:
            return _element(item, expr.offset)
        if not (expr.effects & READS_MEMORY or expr.variables):
            return expr
        args = tuple(self.told(arg, chosen) for arg in expr.args)
        return on(expr, args)


def _without_vain(body: list[Python], elsewhere: int) -> list[Python]:
    """A body less assignments that nobody reads; the same list if there are none."""
    read = elsewhere
    for node in body:
        if type(node) is not Code:
            read |= reads([node])
            continue
        for stmt in node.stmts:
            own = sum(1 << target.index for target in stmt.targets)
            read |= stmt.expr.variables if stmt.expr.effects else stmt.expr.variables & ~own
    codes = {id(node): [s for s in node.stmts if not _is_vain(s, read)] for node in body if type(node) is Code}
    if not any(len(codes[id(node)]) < len(node.stmts) for node in body if type(node) is Code):
        return body
    kept = [Code(codes[id(node)]) if type(node) is Code else node for node in body]
    return [node for node in kept if type(node) is not Code or node.stmts]


def _is_vain(stmt: Stmt, read: int) -> bool:
    """Whether a statement does nothing but work out what nobody reads."""
    if stmt.expr.effects & (TRAPS | WRITES):
        return False
    return not any(read >> target.index & 1 for target in stmt.targets)


def _element(item: Item, offset: int) -> Expr:
    """A read of an element's variable, with its bounds."""
    variable = item.variables[0]
    expr = get(variable, offset)
    bits = 8 * item.load.op.width
    if not variable.signed and variable.type in FULL and bits < SIZES[variable.type]:
        expr.range = (0, (1 << bits) - 1)
    return expr
