"""Names for a function's variables: few, for variables that are never alive together can share one.

Locals that the name section names keep a name of their own. Others are coloured by liveness, each value type for
itself, copies together where that makes the copy vanish: i0, i1, … for i32, j for i64, x for f32, y for f64, r for
references, p for parameters.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, end_exprs
from wasm2py.transpile.ir.expr import LOCAL_GET, Var
from wasm2py.transpile.ir.liveness import live_out
from wasm2py.transpile.names import Scope

_LETTERS = {"i32": "i", "i64": "j", "f32": "x", "f64": "y"}


class Colouring:
    """Interference between the variables of one function: Var index → bit set of those alive while it is assigned."""

    def __init__(self, function: FunctionIR) -> None:
        self.function = function
        self.against = [0] * len(function.variables)
        self.partners: dict[int, list[int]] = {}
        self.used = 0
        blocks = function.reverse_postorder()
        live = live_out(blocks)
        entry_live = 0
        for block in blocks:
            at_start = self._walk(block, live[block.id])
            if block is function.entry:
                entry_live = at_start
        params = (1 << len(function.params)) - 1
        for param in function.params:
            self._conflict(param.index, entry_live | params)

    def _walk(self, block: Block, live: int) -> int:
        for expr in end_exprs(block.end):
            live |= expr.variables
        for stmt in reversed(block.stmts):
            self._assign(stmt, live)
            for target in stmt.targets:
                live &= ~(1 << target.index)
            live |= stmt.expr.variables
            self.used |= live
        self.used |= live
        return live

    def _assign(self, stmt: Stmt, live: int) -> None:
        together = 0
        for target in stmt.targets:
            together |= 1 << target.index
        self.used |= together
        source = stmt.expr.imm if stmt.expr.op is LOCAL_GET and len(stmt.targets) == 1 else None
        if source is not None:
            live &= ~(1 << source.index)
            self.partners.setdefault(source.index, []).append(stmt.targets[0].index)
            self.partners.setdefault(stmt.targets[0].index, []).append(source.index)
        for target in stmt.targets:
            self._conflict(target.index, live | together)

    def _conflict(self, index: int, others: int) -> None:
        self.against[index] |= others & ~(1 << index)


def name_variables(function: FunctionIR, scope: Scope, given: dict[int, str]) -> dict[int, str]:
    """Var index → Python name, for every variable in use; `given` names locals by localidx."""
    colouring = Colouring(function)
    result: dict[int, str] = {}
    groups: dict[str, int] = {}  # name → the variables that have it
    against = _symmetric(colouring)
    for var in [*function.params, *function.variables]:
        if var.index in result or not (colouring.used >> var.index & 1 or var.index < len(function.params)):
            continue
        name = _shared(var, function, result, groups, against, colouring.partners, given)
        if name is None:
            name = _fresh(var, function, scope, given)
        result[var.index] = name
        groups[name] = groups.get(name, 0) | 1 << var.index
    return result


def _symmetric(colouring: Colouring) -> list[int]:
    """Interference both ways round."""
    against = list(colouring.against)
    for index, others in enumerate(colouring.against):
        bit = 1 << index
        while others:
            low = others & -others
            against[low.bit_length() - 1] |= bit
            others ^= low
    return against


def _shared(
    var: Var,
    function: FunctionIR,
    names: dict[int, str],
    groups: dict[str, int],
    against: list[int],
    partners: dict[int, list[int]],
    given: dict[int, str],
) -> str | None:
    """A name in use that `var` may share, a copy's before others."""
    if var.index < len(function.params) or var.local in given:
        return None
    near = [names[index] for index in partners.get(var.index, ()) if index in names]
    letter = _LETTERS.get(var.type, "r")
    own = [name for name in groups if name[0] == letter and name[1:].isdigit()]
    for name in (*near, *own):
        members = groups[name]
        if not members & against[var.index] and _same_type(function, members, var):
            return name
    return None


def _same_type(function: FunctionIR, members: int, var: Var) -> bool:
    return function.variables[(members & -members).bit_length() - 1].type == var.type


def _fresh(var: Var, function: FunctionIR, scope: Scope, given: dict[int, str]) -> str:
    if var.local is not None and var.local in given:
        return given[var.local]
    if var.index < len(function.params):
        return scope.make(f"p{var.index}", "p")
    letter = _LETTERS.get(var.type, "r")
    number = sum(name[0] == letter and name[1:].isdigit() for name in scope.taken)
    return scope.make(f"{letter}{number}", letter)
