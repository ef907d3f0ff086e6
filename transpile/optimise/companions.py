"""`companions`: what a loop steps along with its counter is worked out from that, where it is read but once.

    for i in range(5): …; n = 4 - i; …         instead of         n = 4; for i in range(5): …; n -= 1

Compilers step one variable beside another where the one is a multiple of the other and a constant. Worked out, it costs
no more if it is as far from constant to constant, or if the loop makes the same multiple anyway; and what is known of
the counter, as by a test that stands before, is known of it as well: so the inner loop of a triangle can be counted.
Both must be stepped where the turn ends, and start at constants.
"""

from __future__ import annotations

from itertools import pairwise

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, Var, const, get
from wasm2py.transpile.ir.liveness import is_live
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.linear import MASK, Linear, linear, own_step
from wasm2py.transpile.optimise.loopshape import shape_of

_SUB = OPS["i32.sub"]
_PRODUCTS = frozenset({OPS["i32.mul"], OPS["i32.shl"]})
#: Where a variable starts, how far it goes each turn, and the statement of its step.
_Counter = tuple[int, int, Stmt]


def work_out_companions(function: FunctionIR) -> bool:
    """Rewrite the loops with loops in them, in place; whether there was anything to rewrite."""
    graph = function.graph()
    headers = [number for number, header in enumerate(graph.headers) if header]
    bodies = {header: graph.loop(header) for header in headers} if len(headers) > 1 else {}
    found = False
    for header, following in pairwise(headers):  # of an inner loop, the header is the next one
        if following in bodies[header]:
            inner = set().union(*(bodies[other] for other in bodies[header] if other != header and other in bodies))
            found = _loop(graph, header, inner) or found
    if found:
        function.statements_changed()
    return found


def _loop(graph: Graph, header: int, inner: set[int]) -> bool:
    shape = shape_of(graph, header)
    outside = [number for number in graph.before[header] if number < header]
    if len(shape.latches) != 1 or len(outside) != 1:
        return False
    [latch] = shape.latches
    counters = _counters(shape.body, latch, graph.blocks[outside[0]])
    tested = sum(expr.variables for expr in latch.end.exprs)
    counter = next((item for item in counters if tested == 1 << item[0].index), None)
    if counter is None:
        return False
    outer = [block for block in shape.body if graph.number[block.id] not in inner]
    found = [_worked_out(shape.body, outer, latch, counter, other) for other in counters if other is not counter]
    return any(found)


def _counters(body: list[Block], latch: Block, before: Block) -> list[tuple[Var, _Counter]]:
    """What starts at a constant and is stepped at the end of the turn, by nothing else."""
    assigned: dict[int, int] = {}
    for block in body:
        for stmt in block.stmts:
            for target in stmt.targets:
                assigned[target.index] = assigned.get(target.index, 0) + 1
    found: list[tuple[Var, _Counter]] = []
    for stmt in latch.stmts:
        step = own_step(stmt)
        if step and stmt.targets[0].type == "i32" and assigned[stmt.targets[0].index] == 1:
            start = _start(before, stmt.targets[0])
            if start is not None:
                found.append((stmt.targets[0], (start, step, stmt)))
    return found


def _start(before: Block, variable: Var) -> int | None:
    for stmt in reversed(before.stmts):
        if variable in stmt.targets:
            return stmt.expr.imm if len(stmt.targets) == 1 and stmt.expr.op in CONSTS else None
    return None


def _worked_out(
    body: list[Block], outer: list[Block], latch: Block, counter: tuple[Var, _Counter], other: tuple[Var, _Counter]
) -> bool:
    """Tell another variable by the counter, if it is read once, in no inner loop, and before either is stepped."""
    (variable, (first, by, step)), (companion, (start, along, own)) = counter, other
    factor, rest = divmod(along, by)
    read = None if rest else _only_read(body, latch, companion, own)
    if read is None or not _is_early(latch, read, (step, own)) or not any(read in block.stmts for block in outer):
        return False
    if abs(factor) != 1 and not any(_multiplies(stmt.expr, variable, factor) for block in body for stmt in block.stmts):
        return False
    if any(is_live(companion, out) for block in body for out in block.end.successors if out not in body):
        return False
    told = _told(read.expr, companion, _multiple(variable, factor, start - first * factor & MASK, own.expr.offset))
    sum_ = None if factor == -1 else linear(told, {})
    read.expr = told if sum_ is None else sum_.expr(told.offset)
    latch.stmts = [stmt for stmt in latch.stmts if stmt is not own]
    return True


def _only_read(body: list[Block], latch: Block, variable: Var, own: Stmt) -> Stmt | None:
    """The statement that reads a variable of the loop, besides its step, if there is one only, and no branch."""
    bit = 1 << variable.index
    found = [stmt for block in body for stmt in block.stmts if stmt.expr.variables & bit and stmt is not own]
    if len(found) != 1 or any(expr.variables & bit for block in body for expr in block.end.exprs):
        return None
    return found[0] if sum(read.imm is variable for read in found[0].expr.reads()) == 1 else None


def _is_early(latch: Block, stmt: Stmt, steps: tuple[Stmt, Stmt]) -> bool:
    """Whether a statement of the loop stands before both steps, which are in the last block of the turn."""
    if stmt not in latch.stmts:
        return True
    at = latch.stmts.index(stmt)
    return all(at < latch.stmts.index(step) for step in steps)


def _multiplies(expr: Expr, variable: Var, factor: int) -> bool:
    """Whether an expression makes the same multiple of the variable."""
    if not expr.variables >> variable.index & 1 or expr.op is LOCAL_GET:
        return False
    if expr.op in _PRODUCTS:
        product = linear(expr, {})
        return product is not None and product.factor(variable) == factor & MASK
    return any(_multiplies(arg, variable, factor) for arg in expr.args)


def _multiple(variable: Var, factor: int, constant: int, offset: int) -> Expr:
    if factor == -1:
        return Expr(_SUB, "i32", (const("i32", constant, offset), get(variable, offset)), None, offset)
    return Linear(((variable, factor & MASK),), constant).expr(offset)


def _told(expr: Expr, variable: Var, value: Expr) -> Expr:
    """An expression with a value in the place of a variable."""
    if expr.op is LOCAL_GET:
        return value if expr.imm is variable else expr
    if not expr.variables >> variable.index & 1:
        return expr
    return expr.with_args(tuple(_told(arg, variable, value) for arg in expr.args))
