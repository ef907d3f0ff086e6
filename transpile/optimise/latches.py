"""`latches`: a pointer that a turn of a loop steps before it accesses is stepped at the end of the turn before instead.

    loop: p += 4; load p; …         becomes         p += 4; loop: load p; …; p += 4

So where it is stepped it has just been inside the memory, and the step cannot wrap (see `accesses.py`). Needs the final
graph, like `pointers`, which leaves such steps beside those of the variables that pointers are made of.
"""

from __future__ import annotations

from wasm2py.runtime.types import PAGE_SIZE
from wasm2py.transpile.ir.cfg import Block, FunctionIR, Jump, Stmt, retarget
from wasm2py.transpile.ir.expr import Expr, Var, get
from wasm2py.transpile.optimise.accesses import accesses
from wasm2py.transpile.optimise.linear import own_step, plus
from wasm2py.transpile.optimise.loopshape import Shape, prepare, shape_of


def step_at_latches(function: FunctionIR) -> bool:
    """Move such steps in place; whether there were any."""
    graph = function.graph()
    wanted: list[tuple[Shape, Stmt]] = []
    for number in range(len(graph.headers) - 1, -1, -1):
        step = _first_step(graph.blocks[number]) if graph.headers[number] else None
        if step is not None:
            shape = shape_of(graph, number)
            if _may_move(shape, step):
                wanted.append((shape, step))
    if not wanted:
        return False
    prepare(function, [shape for shape, _ in wanted])
    for shape, step in wanted:
        _move(function, shape, step)
    function.edges_changed()
    return True


def _first_step(header: Block) -> Stmt | None:
    """The step upwards of a pointer that the block accesses afterwards and does not look at before."""
    seen = 0
    for number, stmt in enumerate(header.stmts):
        steps = 0 < own_step(stmt) < PAGE_SIZE and stmt.expr.type == "i32" and not seen & stmt.expr.variables
        if steps and _is_accessed(stmt.targets[0], header.exprs()[number + 1 :]):
            return stmt
        seen |= stmt.expr.variables
        for target in stmt.targets:
            seen |= 1 << target.index
    return None


def _is_accessed(pointer: Var, exprs: list[Expr]) -> bool:
    return any(access.variable is pointer and not access.shift for expr in exprs for access in accesses(expr))


def _may_move(shape: Shape, step: Stmt) -> bool:
    """Whether nothing else in the loop assigns the pointer, and no branch looks at it or at what else is stepped.

    For then the loop counts, and its latch tells what ends it.
    """
    pointer = step.targets[0]
    stepped = tested = 0
    for block in shape.body:
        for stmt in block.stmts:
            if pointer in stmt.targets and stmt is not step:
                return False
            stepped |= 1 << stmt.targets[0].index if own_step(stmt) else 0
        for expr in block.end.exprs:
            tested |= _looked_at(expr)
    return not stepped & tested


def _looked_at(expr: Expr) -> int:
    """The variables that an expression is made of, but for what stands at their addresses."""
    if not expr.args or not expr.variables:
        return expr.variables
    found = 0
    for arg in expr.args if expr.op.family != "load" else ():
        found |= _looked_at(arg)
    return found


def _move(function: FunctionIR, shape: Shape, step: Stmt) -> None:
    """Step before the loop, and on its ways back, which become one."""
    assert shape.before is not None
    header = shape.header
    header.stmts = [stmt for stmt in header.stmts if stmt is not step]
    pointer = step.targets[0]
    # A tree of its own, for marks are written on its reads.
    shape.before.stmts.append(Stmt((pointer,), plus(get(pointer, step.expr.offset), own_step(step))))
    latch = function.block()
    latch.stmts = [step]
    latch.end = Jump(header)
    for block in shape.latches:
        block.end = retarget(block.end, lambda old: latch if old is header else old)
