"""Checks an IR function's invariants; run after every pass by the tests (`PythonTranslator(check=True)`)."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Return, Stmt, Switch
from wasm2py.transpile.ir.expr import LOCAL_GET, MAX_DEPTH, NO_VALUES, WRITES, Expr, looked_up_early
from wasm2py.transpile.ir.liveness import live_out
from wasm2py.transpile.ir.printer import print_expr


class VerifyError(AssertionError):
    """A pass broke the IR: a defect of ours, never of the module."""


def verify(function: FunctionIR) -> None:
    """Raise VerifyError unless every block, statement and expression of the function is well formed.

    Types fit, variables belong to the function, blocks end, depths are bounded, and nothing that writes stands
    below a conditional operator, or where Python would evaluate it too late.
    """
    try:
        blocks = function.reverse_postorder()
    except AttributeError:
        raise VerifyError("a block has no end") from None
    for block in blocks:
        for stmt in block.stmts:
            _verify_stmt(function, stmt)
        _verify_end(function, block)
    _verify_liveness(function)


def _verify_liveness(function: FunctionIR) -> None:
    """What was found to be live, if a pass has left that behind, is still all that is."""
    kept = function.live
    function.statements_changed()
    if kept is not None and any(live & ~kept[0][block_id] for block_id, live in live_out(function).items()):
        raise VerifyError("a pass changed what is live")
    function.live = kept


def _verify_stmt(function: FunctionIR, stmt: Stmt) -> None:
    _verify_expr(function, stmt.expr)
    if len(stmt.targets) == 1 and stmt.targets[0].type != stmt.expr.type:
        raise VerifyError(f"{stmt.targets[0]}: {stmt.targets[0].type} = {print_expr(stmt.expr)}: {stmt.expr.type}")
    for var in stmt.targets:
        if function.variables[var.index] is not var:
            raise VerifyError(f"{var} is not a variable of this function")


def _verify_end(function: FunctionIR, block: Block) -> None:
    end = block.end
    if isinstance(end, Branch):
        _verify_expr(function, end.condition, "i32")
    elif isinstance(end, Switch):
        _verify_expr(function, end.index, "i32")
    elif isinstance(end, Return) and len(end.exprs) == 1 and end.exprs[0].op in NO_VALUES:
        _verify_expr(function, end.exprs[0])
    elif isinstance(end, Return):
        for value, type_ in zip(end.exprs, function.type.results, strict=True):
            _verify_expr(function, value, type_)


def _verify_expr(function: FunctionIR, expr: Expr, type_: str | None = None) -> None:
    if type_ is not None and expr.type != type_:
        raise VerifyError(f"{print_expr(expr)} is {expr.type}, not {type_}")
    if expr.depth > MAX_DEPTH + 1:
        raise VerifyError(f"{print_expr(expr)} is too deep")
    if expr.op is LOCAL_GET and function.variables[expr.imm.index] is not expr.imm:
        raise VerifyError(f"{expr.imm} is not a variable of this function")
    if expr.op.mnemonic in ("select", "and", "or") and any(arg.effects & WRITES for arg in expr.args[1:]):
        raise VerifyError(f"{print_expr(expr)} writes conditionally")
    if any(arg.effects & WRITES for arg in expr.args[: looked_up_early(expr)]):
        raise VerifyError(f"{print_expr(expr)} looks up before an operand writes")
    for arg, param in zip(expr.args, expr.op.params or [None] * len(expr.args), strict=True):
        _verify_expr(function, arg, param)
