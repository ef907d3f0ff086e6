"""`rereads`: what each turn of a loop goes through anew, though nothing changes it there, is read once.

    l0 = list(mem_f64[p:p + 256:8])         instead of         for j in range(32):
    for j in range(32):                                             for e0, … in zip(mem_f64[p:p + 256:8], …): …
        for e0, … in zip(l0, …): …

As the row of a matrix is, for each column of another. Needs what `streams` has made of inner loops. What is read must
be certain to lie inside memory and apart from all that the outer loop stores, which must not call anything.
"""

from __future__ import annotations

from dataclasses import replace

from wasm2py.transpile.ir.bulk import ITEMS
from wasm2py.transpile.ir.cfg import FunctionIR, Stmt
from wasm2py.transpile.ir.expr import LOCAL_GET, WRITES, Expr, get
from wasm2py.transpile.optimise.linear import Definitions, define, linear, plus, signed
from wasm2py.transpile.structure.nodes import Code, For, If, Item, Python, While, before, position
from wasm2py.transpile.structure.streamed import reads
from wasm2py.transpile.structure.streams import evaluated, place_of

#: So many elements may be kept.
_MOST = 1 << 12


def keep_rows(function: FunctionIR, body: list[Python]) -> None:
    """Rewrite a function's statements in place."""
    _Rows(function, body).body(body)


class _Rows:
    def __init__(self, function: FunctionIR, whole: list[Python]) -> None:
        self.function = function
        self.whole = whole
        self.count = 0

    def body(self, body: list[Python]) -> None:
        for node in list(body):
            if type(node) is If:
                self.body(node.then)
                self.body(node.other)
            elif type(node) is For or type(node) is While:
                if type(node) is For:
                    self.loop(node, body)
                self.body(node.body)
                self.body(node.other)

    def loop(self, outer: For, around: list[Python]) -> None:
        """Read before a loop what the first loop in it goes through, if every turn comes to that."""
        inner = next((part for part in outer.body if type(part) is not Code), None)
        if type(inner) is not For or not inner.items or not inner.turns:
            return
        rows = self.rows(_Outer(outer), inner, before(outer.body, inner))
        if rows:
            around.insert(position(around, outer), Code(rows))
            self.tidy(outer.body)

    def rows(self, loop: _Outer, inner: For, ahead: Python | None) -> list[Stmt]:
        """The reads of what stays."""
        known: Definitions = {}
        for stmt in ahead.stmts if type(ahead) is Code else ():
            define(stmt, known)
        found: list[Stmt] = []
        for number, item in enumerate(inner.items):
            load = loop.kept(inner, item, known)
            if load is not None:
                row = self.function.variable("externref", role=f"l{self.count}")
                self.count += 1
                imm = inner, replace(item, load=load)
                found.append(Stmt((row,), Expr(ITEMS, "externref", load.args, imm, load.offset)))
                inner.items[number] = replace(item, row=row)
        return found

    def tidy(self, body: list[Python]) -> None:
        """Drop what served nothing but to say where a row is."""
        first = body[0]
        if type(first) is Code:
            read = reads(self.whole)
            kept = [stmt for stmt in first.stmts if stmt.expr.effects or any(read >> t.index & 1 for t in stmt.targets)]
            body[:1] = [Code(kept)] if kept else []


class _Outer:
    """What a loop assigns, and where it stores; `quiet` says that it writes nothing else and calls nothing."""

    def __init__(self, loop: For) -> None:
        self.assigned = 0
        self.stores: list[tuple[int, int, int]] = []
        self.quiet = True
        self._loop(loop)

    def _loop(self, loop: For | While) -> None:
        if type(loop) is For:
            self.assigned |= 1 << loop.variable.index
            for item in loop.items:
                self.assigned |= sum(1 << variable.index for variable in item.variables)
        elif type(loop) is While and loop.condition is not None:
            self._expr(loop.condition)
        self._body(loop.body)
        self._body(loop.other)

    def _body(self, body: list[Python]) -> None:
        for node in body:
            if type(node) is For or type(node) is While:
                self._loop(node)
            elif type(node) is If:
                self._expr(node.condition)
                self._body(node.then)
                self._body(node.other)
            else:
                for expr in evaluated([node]):
                    self._expr(expr)
                if type(node) is Code:
                    self.assigned |= sum({1 << target.index for stmt in node.stmts for target in stmt.targets})

    def _expr(self, expr: Expr) -> None:
        if expr.effects & WRITES:
            if expr.op.family == "store" and not any(arg.effects & WRITES for arg in expr.args):
                self.stores.append(place_of(expr))
            else:
                self.quiet = False

    def kept(self, inner: For, item: Item, known: Definitions) -> Expr | None:
        """An item's first load as it is before the loop, if what the item goes through stays."""
        assert inner.turns is not None
        count = inner.turns * len(item.variables)
        if not (self.quiet and item.inside) or count > _MOST or item.load.op.width == 1:
            return None
        memory, low, high = place_of(item.load, item.stride * (count - 1))
        if any(memory == other and low < end and first < high for other, first, end in self.stores):
            return None
        address = item.load.args[0]
        sum_ = linear(address, known)
        if sum_ is None or any(factor != 1 or self.assigned >> var.index & 1 for var, factor in sum_.terms):
            return None
        if not sum_.terms:
            return item.load.with_args((sum_.expr(address.offset),))
        if len(sum_.terms) > 1 or address.op is not LOCAL_GET or address.range is None:
            return None
        base, more = get(sum_.terms[0][0], address.offset), signed(sum_.constant)
        base.range = address.range[0] - more, address.range[1] - more
        return item.load.with_args((plus(base, more),)) if base.range[0] >= 0 else None
