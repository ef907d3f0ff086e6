"""Searches for a byte that take 16 at a time, with vector instructions: the loop begins where it is going to end.

The loop itself stays: it looks at the bytes once more, and tells of them what is asked, or traps.
"""

from __future__ import annotations

from typing import NamedTuple

from wasm2py.transpile.ir.bulk import FIND, Run
from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Jump, Stmt, retarget
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr, Var, const, get
from wasm2py.transpile.opcodes import OPS

_ADD, _SUB, _AND = OPS["i32.add"], OPS["i32.sub"], OPS["i32.and"]
_EQ, _LOAD, _CONST = OPS["i8x16.eq"], OPS["v128.load"], OPS["v128.const"]
#: What is not zero if any byte is equal; what is if one is zero.
_ANY = (OPS["i8x16.bitmask"], OPS["v128.any_true"])
_ALL = OPS["i8x16.all_true"]
_ONES = (1 << 128) // 255


class _Search(NamedTuple):
    """A loop of one block that goes on until it loads a byte of this value; `first` is what comes on the first turn to
    the variable that has the address.
    """

    load: Expr
    variable: Var
    byte: int
    first: int


def skip_blocks(function: FunctionIR) -> bool:
    """Put a search before each such loop; whether there was any."""
    order = function.reverse_postorder()
    found = [(block, search) for block in order if _may_search(block) and (search := _search(block)) is not None]
    for block, search in found:
        before = function.block()
        before.stmts = [Stmt((search.variable,), _skipped(search))]
        for other in order:
            if other is not block:
                other.end = retarget(other.end, lambda to, loop=block, new=before: new if to is loop else to)  # type: ignore[misc]
        before.end = Jump(block)
    if found:
        function.edges_changed()
        function.statements_changed()
    return bool(found)


def _may_search(block: Block) -> bool:
    end = block.end
    return type(end) is Branch and (end.then is block) != (end.other is block) and len(block.stmts) <= 2


def _search(block: Block) -> _Search | None:
    """What a block searches for, if it does nothing else."""
    end = block.end
    assert isinstance(end, Branch)
    test, step = end.condition, None
    for stmt in block.stmts:
        if _steps(stmt):
            step = stmt
        elif test.op is LOCAL_GET and stmt.targets == (test.imm,):
            test = stmt.expr
        else:
            return None
    told = _loaded_byte(test, end.then is not block)
    if step is None or told is None:
        return None
    (load, byte), variable = told, step.targets[0]
    if load.args[0].op is not LOCAL_GET or load.args[0].imm is not variable:
        return None
    return _Search(load, variable, byte, 16 if step is block.stmts[0] else 0)


def _steps(stmt: Stmt) -> bool:
    """Whether a statement makes a variable 16 more."""
    expr = stmt.expr
    if expr.op is not _ADD or len(stmt.targets) != 1:
        return False
    first, second = expr.args
    return first.op is LOCAL_GET and first.imm is stmt.targets[0] and second.imm == 16 and second.type == "i32"


def _loaded_byte(test: Expr, ends: bool) -> tuple[Expr, int] | None:
    """The vector that is loaded, and the byte of which one ends the loop; `ends` says that a test that holds does."""
    if test.op is _ALL and not ends and test.args[0].op is _LOAD:
        return test.args[0], 0
    if test.op not in _ANY or not ends or test.args[0].op is not _EQ:
        return None
    first, second = test.args[0].args
    load, wanted = (first, second) if first.op is _LOAD else (second, first)
    if load.op is not _LOAD or wanted.op is not _CONST or wanted.imm != (wanted.imm & 255) * _ONES:
        return None
    return load, wanted.imm & 255


def _skipped(search: _Search) -> Expr:
    """The variable, as many times 16 further as the loop would make it but for the last time."""
    offset, (_, displacement, memory) = search.load.offset, search.load.imm
    start = get(search.variable, offset)
    first = Expr(_ADD, "i32", (start, const("i32", search.first, offset)), None, offset) if search.first else start
    run = Run(memory, 1, 1, (displacement,))
    at = Expr(FIND, "i32", (first, const("i32", search.byte, offset)), run, offset)
    beyond = Expr(_ADD, "i32", (start, const("i32", search.first + displacement & 0xFFFFFFFF, offset)), None, offset)
    distance = Expr(_AND, "i32", (Expr(_SUB, "i32", (at, beyond), None, offset), const("i32", 0xFFFFFFF0, offset)))
    return Expr(_ADD, "i32", (start, distance), None, offset)
