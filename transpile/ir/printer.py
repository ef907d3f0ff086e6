"""The IR as text, for reading, golden tests and error reports."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Jump, Return, Stmt, Switch, Terminator, Unreachable
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr


def print_function(function: FunctionIR) -> str:
    """All blocks in reverse postorder, a statement to a line."""
    params = ", ".join(f"{var}: {var.type}" for var in function.params)
    lines = [f"func {function.index}({params}) -> ({', '.join(function.type.results)})"]
    for block in function.reverse_postorder():
        lines.append(f"{block}:")
        lines.extend(f"    {print_stmt(stmt)}" for stmt in block.stmts)
        lines.append(f"    {print_end(block.end)}")
    return "\n".join(lines) + "\n"


def print_stmt(stmt: Stmt) -> str:
    """One statement."""
    targets = ", ".join(map(repr, stmt.targets))
    return f"{targets} = {print_expr(stmt.expr)}" if targets else print_expr(stmt.expr)


def print_expr(expr: Expr) -> str:
    """One expression, operands in parentheses."""
    if expr.op is LOCAL_GET:
        return repr(expr.imm)
    if expr.op in CONSTS:
        return f"{expr.type} {expr.imm:#x}" if expr.type in ("f32", "f64", "v128") else f"{expr.imm}"
    imm = "" if expr.imm is None else f" {expr.imm}"
    return f"{expr.op.mnemonic}{imm}({', '.join(map(print_expr, expr.args))})"


def print_end(end: Terminator) -> str:
    """One terminator."""
    if isinstance(end, Jump):
        return f"jump {end.target}"
    if isinstance(end, Branch):
        return f"branch {print_expr(end.condition)} ? {end.then} : {end.other}"
    if isinstance(end, Switch):
        return f"switch {print_expr(end.index)} [{_blocks(end.targets)}] else {end.default}"
    if isinstance(end, Return):
        return f"return {', '.join(map(print_expr, end.exprs))}".rstrip()
    assert isinstance(end, Unreachable)
    return "unreachable"


def _blocks(blocks: list[Block]) -> str:
    return ", ".join(map(repr, blocks))
