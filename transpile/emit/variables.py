"""Names for a function's variables: few, for variables that are never alive together can share one.

Locals that the name section names keep a name of their own. Others are coloured by liveness, each value type for
itself, copies together where that makes the copy vanish: i0, i1, … for i32, j for i64, x for f32, y for f64, v for
v128, r for references, p for parameters.
"""

from __future__ import annotations

from itertools import islice

from wasm2py.runtime.types import ValType
from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr, Var
from wasm2py.transpile.ir.intervals import FULL, interval
from wasm2py.transpile.ir.liveness import live_out
from wasm2py.transpile.names import Scope

#: How many names are tried for a variable before it gets one of its own.
_MOST_TRIED = 100

_LETTERS = {"i32": "i", "i64": "j", "f32": "x", "f64": "y", "v128": "v"}


class Colouring:
    """Interference between the variables of one function: Var index → bit set of those alive while it is assigned."""

    def __init__(self, function: FunctionIR) -> None:
        self.function = function
        self.against = [0] * len(function.variables)
        self.partners: dict[int, list[int]] = {}
        self.used = 0
        blocks = function.reverse_postorder()
        live = live_out(function)
        entry_live = 0
        for block in blocks:
            at_start = self._walk(block, live[block.id])
            if block is function.entry:
                entry_live = at_start
        params = (1 << len(function.params)) - 1
        for param in function.params:
            self._conflict(param.index, entry_live | params)

    def _walk(self, block: Block, live: int) -> int:
        for expr in block.end.exprs:
            live |= expr.variables
        used = live
        for stmt in reversed(block.stmts):
            expr = stmt.expr
            if stmt.targets:
                together = self._assign(stmt, live)
                used |= together
                live &= ~together
            if expr.variables:
                used |= expr.variables
                live |= expr.variables
        self.used |= used
        return live

    def _assign(self, stmt: Stmt, live: int) -> int:
        """What is assigned conflicts with what is live behind it; gives the targets."""
        targets = stmt.targets
        if len(targets) > 1:
            together = sum(1 << target.index for target in targets)
            for target in targets:
                self._conflict(target.index, live | together)
            return together
        index = targets[0].index
        if stmt.expr.op is LOCAL_GET and _same_form(targets[0], stmt.expr):
            source: int = stmt.expr.imm.index
            live &= ~(1 << source)
            self.partners.setdefault(source, []).append(index)
            self.partners.setdefault(index, []).append(source)
        bit = 1 << index
        self.against[index] |= live & ~bit
        return bit

    def _conflict(self, index: int, others: int) -> None:
        self.against[index] |= others & ~(1 << index)


def name_variables(function: FunctionIR, scope: Scope, given: dict[int, str]) -> dict[int, str]:
    """Var index → Python name, for every variable in use; `given` names locals by localidx."""
    namer = _Namer(Colouring(function), scope, given)
    params, used = len(function.params), namer.colouring.used
    for var in function.variables:
        if var.index < params or used >> var.index & 1:
            namer.name(var)
    return namer.names


def _same_form(target: Var, read: Expr) -> bool:
    """Whether a copy holds the very number that the variable does that is read."""
    source: Var = read.imm
    if target.signed == source.signed and target.unwrapped == source.unwrapped:
        return True
    return not (target.unwrapped or source.unwrapped or interval(read)[1] > FULL[read.type][1] >> 1)  # type: ignore[index]


class _Group:
    """The variables that share a name: themselves and what they interfere with, as bit sets."""

    __slots__ = ("against", "members", "name", "type")

    def __init__(self, name: str, type_: ValType) -> None:
        self.name = name
        self.type = type_
        self.members = self.against = 0


class _Namer:
    """Gives out names in the order of the variables."""

    def __init__(self, colouring: Colouring, scope: Scope, given: dict[int, str]) -> None:
        self.colouring = colouring
        self.scope = scope
        self.given = given
        self.params = len(colouring.function.params)
        self.names: dict[int, str] = {}
        self.groups: dict[str, _Group] = {}
        self.named: dict[int, list[str]] = {}  # localidx → the names of its variables
        self.shared: dict[str, list[_Group]] = {}  # value type → names of ours, which any variable of it may share

    def name(self, var: Var) -> None:
        group = self._shareable(var) or self._fresh(var)
        self.names[var.index] = group.name
        group.members |= 1 << var.index
        group.against |= self.colouring.against[var.index]

    def _shareable(self, var: Var) -> _Group | None:
        """What is in use that `var` may share, a copy's name before others."""
        if var.index < self.params or var.local in self.given:
            return None
        index, against = var.index, self.colouring.against[var.index]
        for partner in self.colouring.partners.get(index, ()):
            if partner in self.names:
                group = self.groups[self.names[partner]]
                if group.type == var.type and not group.members & against and not group.against >> index & 1:
                    return group
        for group in islice(self.shared.get(var.type, ()), _MOST_TRIED):
            if not group.members & against and not group.against >> index & 1:
                return group
        return None

    def _fresh(self, var: Var) -> _Group:
        if var.local is not None and var.local in self.given:
            return self._given(var.local, var)
        if var.index < self.params:
            return self._group(self.scope.make(f"p{var.index}", "p"), var)
        letter = _LETTERS.get(var.type, "r")
        groups = self.shared.setdefault(var.type, [])
        groups.append(self._group(self.scope.make(f"{letter}{len(groups)}", letter), var))
        return groups[-1]

    def _given(self, local: int, var: Var) -> _Group:
        """The local's own name, or one like it where several of its variables are alive together."""
        names = self.named.setdefault(local, [self.given[local]])
        against = self.colouring.against[var.index]
        for name in names:
            group = self._group(name, var)
            if not group.members & against and not group.against >> var.index & 1:
                return group
        names.append(self.scope.make(names[0], names[0]))
        return self._group(names[-1], var)

    def _group(self, name: str, var: Var) -> _Group:
        """The group of a name, made for a variable's type if there is none."""
        return self.groups.setdefault(name, _Group(name, var.type))
