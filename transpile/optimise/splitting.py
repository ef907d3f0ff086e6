"""`splitting`: what a loop steps is a variable of its own there, if another loop looks at it.

Compilers keep an index in one local as long as it lives: one loop moves it, the next one compares with it in every
turn. How it is best held, wrapped or not, signed or not, is for each loop to say. Copies stand where the outermost
loop around the steps is entered and left; mostly both variables get the same name, and then the copies vanish.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, map_end
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import Var, get, renamed_reads
from wasm2py.transpile.ir.liveness import live_in
from wasm2py.transpile.optimise.linear import own_step
from wasm2py.transpile.optimise.loopshape import Shape, prepare, shape_of


def split_at_loops(function: FunctionIR) -> None:
    """Rename such variables in place."""
    graph = function.graph()
    outermost = _outermost(graph)
    if len(outermost) < 2:
        return
    seen = [_steps_and_reads(graph, body) for body in outermost.values()]
    wanted: list[tuple[Shape, int]] = []
    for number, header in enumerate(outermost):
        elsewhere = 0
        for other, (_, reads) in enumerate(seen):
            elsewhere |= reads if other != number else 0
        if seen[number][0] & elsewhere:
            wanted.append((shape_of(graph, header), seen[number][0] & elsewhere))
    if wanted:
        prepare(function, [shape for shape, _ in wanted])
        live = live_in(function)
        for shape, variables in wanted:
            _split(function, shape, variables, live)
        function.statements_changed()


def _outermost(graph: Graph) -> dict[int, set[int]]:
    """The loops that are in no other: header → blocks."""
    found: dict[int, set[int]] = {}
    covered: set[int] = set()
    for number, header in enumerate(graph.headers):
        if header and number not in covered:
            found[number] = graph.loop(number)
            covered |= found[number]
    return found


def _steps_and_reads(graph: Graph, body: set[int]) -> tuple[int, int]:
    """The variables that a loop steps, and those that it reads, as bit sets."""
    steps = reads = 0
    for number in body:
        for stmt in graph.blocks[number].stmts:
            reads |= stmt.expr.variables
            if own_step(stmt):
                steps |= 1 << stmt.targets[0].index
        for expr in graph.blocks[number].end.exprs:
            reads |= expr.variables
    return steps, reads


def _split(function: FunctionIR, shape: Shape, variables: int, live: dict[int, int]) -> None:
    """Give a loop its own ones for these variables, with copies where they are alive."""
    assert shape.before is not None
    old = [var for var in function.variables if variables >> var.index & 1]
    own = {var.index: function.variable(var.type, var.local) for var in old}
    offset = shape.header.stmts[0].expr.offset if shape.header.stmts else 0
    for block in shape.body:
        _rename(block, own, variables)
    for var in old:
        new = own[var.index]
        if live[shape.header.id] >> var.index & 1:
            shape.before.stmts.append(Stmt((new,), get(var, offset)))
        for block in shape.exits:
            if live[block.id] >> var.index & 1:
                block.stmts.insert(0, Stmt((var,), get(new, offset)))


def _rename(block: Block, own: dict[int, Var], variables: int) -> None:
    for stmt in block.stmts:
        stmt.expr = renamed_reads(stmt.expr, own, variables)
        if any(target.index in own for target in stmt.targets):
            stmt.targets = tuple(own.get(target.index, target) for target in stmt.targets)
    if any(expr.variables & variables for expr in block.end.exprs):
        block.end = map_end(block.end, [renamed_reads(expr, own, variables) for expr in block.end.exprs])
