"""One function: structured statements → `ast.FunctionDef`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeAlias

from wasm2py.runtime.program import Program
from wasm2py.transpile.emit import (
    access,
    aggregates,
    atomics,
    bulk,
    calls,
    convert,
    exceptions,
    floats,
    integers,
    nodes,
    vectors,
    words,
)
from wasm2py.transpile.emit.compare import condition
from wasm2py.transpile.emit.emitter import Emitter
from wasm2py.transpile.emit.exceptions import caught, raised
from wasm2py.transpile.emit.late import SUMS, late
from wasm2py.transpile.emit.rounding import rounded, rounds
from wasm2py.transpile.emit.store import store
from wasm2py.transpile.emit.streams import iteration
from wasm2py.transpile.emit.variables import name_variables
from wasm2py.transpile.ir.cfg import FunctionIR, Return, Stmt
from wasm2py.transpile.ir.expr import CAUGHT, LOCAL_GET, RAISE, SELECT, TAIL_CALLS, Expr, Var
from wasm2py.transpile.names import Names
from wasm2py.transpile.opcodes import OPS, Op
from wasm2py.transpile.structure import structure
from wasm2py.transpile.structure.accumulators import accumulate
from wasm2py.transpile.structure.hoisting import hoist
from wasm2py.transpile.structure.leading import lead
from wasm2py.transpile.structure.nodes import (
    Break,
    Code,
    Continue,
    For,
    If,
    InnermostLoops,
    Leave,
    Python,
    While,
    innermost_loops,
)
from wasm2py.transpile.structure.rereads import keep_rows
from wasm2py.transpile.structure.streams import stream

#: Families register their instructions when they are imported.
FAMILIES = (access, aggregates, atomics, bulk, calls, convert, exceptions, floats, integers, vectors, words)

_OWN_NAMES = ("t", "address", "value", "tail")


def emit_function(function: FunctionIR, program: Program, names: Names) -> ast.FunctionDef:
    """The Python function for one wasm function; line numbers are offsets in the module."""
    scope, given = names.locals(function.index)
    temporary, address, stored, tail = [scope.make(name, name) for name in _OWN_NAMES]
    variables = name_variables(function, scope, given)
    known = len(function.variables)
    body = structure(function)
    if program.options.dialect == "cpython" and function.graph().has_loops:
        _improve_loops(function, body, program)
    roles: dict[str, str] = {}
    for var in function.variables[known:]:
        role = var.role or "t"
        if role not in roles:
            roles[role] = scope.make(role, role)
        variables[var.index] = roles[role]
    line = max(function.offset, 1)
    emitter = Emitter(program, variables, (temporary, address, stored, tail), line)
    if function.catches:
        emitter.caught = scope.make("caught", "caught")
    writer = _Writer(emitter)
    stmts = writer.block(body)
    if len(stmts) > 1 and isinstance(stmts[-1], ast.Return) and stmts[-1].value is None:
        stmts.pop()
    stmts = stmts or [nodes.pass_(line)]
    if writer.globals_written:
        stmts.insert(0, nodes.global_(sorted(writer.globals_written), line))
    params = [variables[param.index] for param in function.params]
    defaults: list[ast.expr] = []
    if _makes_tail_calls(function):
        params.append(tail)
        defaults.append(nodes.Name("run_tail", line))
    return nodes.function(program.functions[function.index].identifier, params, stmts, line, defaults)


def _makes_tail_calls(function: FunctionIR) -> bool:
    ends = (block.end for block in function.reverse_postorder())
    return any(expr.op in TAIL_CALLS for end in ends if type(end) is Return for expr in end.exprs)


def _improve_loops(function: FunctionIR, body: list[Python], program: Program) -> None:
    """What is done to the innermost loops once they are Python's own."""
    loops: InnermostLoops = []
    innermost_loops(body, loops)
    sizes = [memory.limits.minimum * memory.page_size for memory in program.memories]
    if "streams" not in program.options.disabled_passes:
        stream(function, body, loops, tuple(sizes))
        if "rereads" not in program.options.disabled_passes:
            keep_rows(function, body)
    if "accumulators" not in program.options.disabled_passes:
        own = (0 if memory.shared else size for memory, size in zip(program.memories, sizes, strict=True))
        accumulate(function, loops, tuple(own))
    if "hoisting" not in program.options.disabled_passes:
        hoist(function, loops)
    if "leading" not in program.options.disabled_passes:
        lead(body, loops)


class _Writer:
    """Writes statements, and collects what the function declares."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.globals_written: set[str] = set()
        options = emitter.program.options
        self.late = options.dialect == "cpython" and "late" not in options.disabled_passes
        self.tests: dict[int, ast.expr] = {}  # of `If`s that are to come
        self.choices: dict[ast.If, tuple[str, bool]] = {}  # by which variable, or none that they leave as it is

    def block(self, body: list[Python]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        before: Python | None = None
        for node in body:
            if type(before) is Code:
                self.code(before, out, node if type(node) is If else None)
            if type(node) is not Code:
                _WRITERS[type(node)](self, node, out)
            before = node
        if type(before) is Code:
            self.code(before, out)
        return out

    def code(self, node: Code, out: list[ast.stmt], following: If | None = None) -> None:
        """Statements, of which the last may leave something to do to the test that follows."""
        stmts = node.stmts
        if following is not None and stmts and stmts[-1].expr.op in SUMS and self.late:
            for stmt in stmts[:-1]:
                self.statement(stmt, out)
            found = late(self.emitter, stmts[-1], following.condition)
            if found is not None:
                out.append(found[0])
                self.tests[id(following)] = found[1]
                return
            stmts = stmts[-1:]
        for stmt in stmts:
            self.statement(stmt, out)

    def statement(self, stmt: Stmt, out: list[ast.stmt]) -> None:
        emitter, expr = self.emitter, stmt.expr
        line = emitter.line = expr.offset or emitter.line
        if stmt.in_range and stmt.targets[0].signed and expr.args[0].imm.signed:
            out.append(nodes.assign(emitter.variables[stmt.targets[0].index], emitter.value(expr).node, line))
        elif expr.op is CAUGHT:
            out.append(caught(emitter, stmt))
        elif len(stmt.targets) == 1:
            self._assign(stmt.targets[0], expr, line, out)
        elif expr.op.family == "store":
            out.extend(store(emitter, expr))
        elif expr.op in aggregates.STATEMENTS:
            out.append(aggregates.STATEMENTS[expr.op](emitter, expr, line))
        elif expr.op in _STATEMENTS:
            out.append(_STATEMENTS[expr.op](self, expr, line))
        elif not stmt.targets:
            out.append(nodes.Expr(emitter.node(expr), line))
        else:
            names = [emitter.variables[target.index] for target in stmt.targets]
            out.append(nodes.assign_many(names, emitter.node(expr), line))

    def _assign(self, target: Var, expr: Expr, line: int, out: list[ast.stmt]) -> None:
        """`x = value`; a choice between a value and x itself is an `if`."""
        name = self.emitter.variables[target.index]
        if expr.op is SELECT:
            first, second, test = expr.args
            for kept, other, wanted in ((second, first, True), (first, second, False)):
                same = kept.op is LOCAL_GET and _form(kept.imm) == _form(target)
                if same and self.emitter.variables[kept.imm.index] == name:
                    change: list[ast.stmt] = []
                    self._assign(target, other, line, change)
                    self._choice(name, test, wanted, change, out)
                    return
        value = rounded(self.emitter, expr, out) if rounds(self.emitter, expr) else self._formed(target, expr)
        if not (isinstance(value, ast.Name) and value.id == name):
            out.append(nodes.assign(name, value, line))

    def _choice(self, name: str, test: Expr, wanted: bool, change: list[ast.stmt], out: list[ast.stmt]) -> None:
        """Change a variable or leave it; together with the choice before it, if that tested the same variable."""
        line = self.emitter.line
        tested = self.emitter.variables[test.imm.index] if test.op is LOCAL_GET else ""
        last = out[-1] if out else None
        if isinstance(last, ast.If) and tested and self.choices.get(last, ("", True))[0] == tested:
            (last.body if self.choices[last][1] == wanted else last.orelse).extend(change)
        else:
            last = nodes.If(condition(self.emitter, test, wanted), change or [nodes.pass_(line)], [], line)
            self.choices[last] = tested, wanted
            out.append(last)
        if tested == name:
            self.choices[last] = "", wanted

    def _formed(self, target: Var, expr: Expr) -> ast.expr:
        """A value in the form in which a variable holds it."""
        if target.unwrapped:
            return self.emitter.unwrapped(expr).node
        return self.emitter.signed(expr).node if target.signed else self.emitter.node(expr)

    def if_(self, node: If, out: list[ast.stmt]) -> None:
        line = self.emitter.line = node.condition.offset or self.emitter.line
        test = self.tests.pop(id(node), None) or condition(self.emitter, node.condition)
        then, other = self.block(node.then), self.block(node.other)
        out.append(nodes.If(test, then or [nodes.pass_(line)], other, line))

    def while_(self, node: While, out: list[ast.stmt]) -> None:
        if node.condition is None:
            line = self.emitter.line
            test: ast.expr = nodes.constant(True, line)
        else:
            line = self.emitter.line = node.condition.offset or self.emitter.line
            test = condition(self.emitter, node.condition)
        body = self.block(node.body) or [nodes.pass_(line)]
        out.append(nodes.while_(test, body, self.block(node.other), line))

    def for_(self, node: For, out: list[ast.stmt]) -> None:
        line = self.emitter.line = node.start.offset or self.emitter.line
        targets, sequence = iteration(self.emitter, node)
        body, other = self.block(node.body), self.block(node.other)
        out.append(nodes.for_(targets, sequence, body or [nodes.pass_(line)], other, line))

    def leave(self, node: Leave, out: list[ast.stmt]) -> None:
        line = node.end.offset or self.emitter.line
        if not isinstance(node.end, Return):
            trap = nodes.call("Trap", [nodes.Constant("unreachable", line)], line)
            out.append(nodes.raise_(trap, line))
            return
        results = node.end.exprs
        if len(results) == 1 and results[0].op is RAISE:
            out.append(raised(self.emitter, results[0]))
            return
        if len(results) == 1 and rounds(self.emitter, results[0]):
            out.append(nodes.return_(rounded(self.emitter, results[0], out), line))
            return
        values = self.emitter.nodes(results)
        if len(values) > 1:
            out.append(nodes.return_(nodes.tuple_(values, line), line))
        else:
            out.append(nodes.return_(values[0] if values else None, line))

    def break_(self, node: Break, out: list[ast.stmt]) -> None:
        out.append(nodes.break_(self.emitter.line))

    def continue_(self, node: Continue, out: list[ast.stmt]) -> None:
        out.append(nodes.continue_(self.emitter.line))


def _form(var: Var) -> tuple[bool, bool]:
    return var.signed, var.unwrapped


_WRITERS: dict[type, Callable[..., None]] = {
    If: _Writer.if_,
    While: _Writer.while_,
    For: _Writer.for_,
    Leave: _Writer.leave,
    Break: _Writer.break_,
    Continue: _Writer.continue_,
}


# Instructions that Python says with a statement

_Statement: TypeAlias = Callable[[_Writer, Expr, int], ast.stmt]


def _global_set(writer: _Writer, expr: Expr, line: int) -> ast.stmt:
    info = writer.emitter.program.globals[expr.imm]
    value = writer.emitter.node(expr.args[0])
    if info.boxed:
        return nodes.set_attribute(info.identifier, writer.emitter.boxed_attribute(expr.imm), value, line)
    writer.globals_written.add(info.identifier)
    return nodes.assign(info.identifier, value, line)


def _data_drop(writer: _Writer, expr: Expr, line: int) -> ast.stmt:
    empty = nodes.Constant(b"", line)
    return nodes.set_item("data_segments", nodes.constant(expr.imm, line), empty, line)


def _elem_drop(writer: _Writer, expr: Expr, line: int) -> ast.stmt:
    return nodes.set_item("elem_segments", nodes.constant(expr.imm, line), nodes.tuple_([], line), line)


_STATEMENTS: dict[Op, _Statement] = {
    OPS["global.set"]: _global_set,
    OPS["data.drop"]: _data_drop,
    OPS["elem.drop"]: _elem_drop,
}
