"""Loops that count through memory: what each turn loads a constant further on is gone through as Python goes through a
sequence: `for i in range(0, 64): … mem[i]` becomes `for e0 in mem[0:64]: …`.

That moves accesses to before the loop. So the loop must do nothing in between that could be seen: where it writes, or
traps in other ways, or may be left early, the accesses must be known to stay inside the memory, and apart from what is
written. What is not known to stay inside is tested before the loop (`runtime/bulk`): where one of its accesses traps,
so does the test. Addresses that wrap around trap on the way, for a memory's last page is always missing.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from wasm2py.transpile.ir.cfg import FunctionIR
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, READS_MEMORY, TRAPS_OTHERWISE, WRITES, Expr
from wasm2py.transpile.ir.intervals import FULL, interval
from wasm2py.transpile.optimise.linear import MASK, Definitions, define, linear
from wasm2py.transpile.structure.nodes import Code, For, If, InnermostLoops, Item, Leave, Python, before, breaks
from wasm2py.transpile.structure.streamed import Rewriting, leaves, left_with, read_elsewhere
from wasm2py.transpile.structure.strides import Load, Turn, base_of, key_of

#: Fewer turns than this do not pay for a slice.
_FEWEST_TURNS = 8
#: So many bytes may be looked at for nothing where a loop may be left early: slices of bytes are copies.
_MOST_IN_VAIN = 1024
#: How many sequences one loop goes through at most.
_MOST_ITEMS = 8


def stream(function: FunctionIR, whole: list[Python], loops: InnermostLoops, sizes: tuple[int, ...]) -> None:
    """Rewrite the innermost loops of a function in place; `sizes` are those that the memories have at least."""
    streams = _Streams(function, whole, sizes)
    for body, node in loops:
        if type(node) is For and node.step > 0:
            streams.loop(node, before(body, node))


class _Streams:
    def __init__(self, function: FunctionIR, whole: list[Python], sizes: tuple[int, ...]) -> None:
        self.function = function
        self.whole = whole
        self.sizes = sizes

    def loop(self, node: For, ahead: Python | None) -> None:
        """Rewrite one loop, if it is of the kind."""
        exprs = evaluated(node.body)
        if not any(expr.effects & READS_MEMORY for expr in exprs):
            return
        if node.start.op is not LOCAL_GET and node.start.op not in CONSTS:
            return
        node.turns = _turns(node, ahead)
        if node.turns is not None and node.turns < _FEWEST_TURNS:
            return
        limits = _limits(node, exprs, self.sizes)
        if limits is None:
            return
        loads = [load for load in Turn(node).loads() if limits.allow(load)]
        items: dict[object, Item] = {}
        chosen: dict[Expr, Item] = {}
        for load in loads:
            key = load.expr.op, load.expr.imm, load.stride, key_of(load.first)
            if key not in items and len(items) < _MOST_ITEMS:
                items[key] = self.item(load, f"e{len(items)}", limits.is_inside(load))
            if key in items:
                chosen[load.expr] = items[key]
        if chosen:
            node.items = _side_by_side(list(items.values()))
            Rewriting(node, chosen, read_elsewhere(self.whole, node, ahead)).run()

    def item(self, load: Load, role: str, inside: bool) -> Item:
        """The sequence of what a load reads, and a variable for each element."""
        expr = load.expr
        assert expr.type is not None
        variable = self.function.variable(expr.type, role=role)
        variable.signed = expr.op.mnemonic.endswith("_s")
        return Item((variable,), expr.with_args((load.first,)), load.stride, inside)


def evaluated(body: list[Python]) -> list[Expr]:
    """Every expression that an innermost loop's body evaluates."""
    found: list[Expr] = []
    for node in body:
        if type(node) is Code:
            found += [stmt.expr for stmt in node.stmts]
        elif type(node) is Leave:
            found += left_with(node)
        elif type(node) is If:
            found += [node.condition, *evaluated(node.then), *evaluated(node.other)]
    return found


def _turns(node: For, ahead: Python | None) -> int | None:
    """How many turns there are, if that is known."""
    if node.start.op in CONSTS and node.end.op in CONSTS:
        return len(range(node.start.imm, node.end.imm or FULL[node.variable.type][1] + 1, node.step))
    if type(ahead) is not Code or node.variable.type != "i32":
        return None
    known: Definitions = {}
    for stmt in ahead.stmts:
        define(stmt, known)
    start, end = linear(node.start, known), linear(node.end, known)
    if start is None or end is None or start.terms != end.terms:
        return None
    return (end.constant - start.constant & MASK) // node.step


# What may be moved


class _Limits(NamedTuple):
    """What a loop allows: `free` says that it does nothing that could be seen; else its stores go to these places
    (memory, first address, end).
    """

    free: bool
    stores: list[tuple[int, int, int]]
    step: int
    turns: int | None
    most: int
    early: bool
    sizes: tuple[int, ...]

    def allow(self, load: Load) -> bool:
        """Whether a load may be made before the loop."""
        if self.turns is None and load.stride % self.step:
            return False
        if self.early and load.expr.op.width == 1 and (self.turns or _MOST_IN_VAIN) * load.stride > _MOST_IN_VAIN:
            return False
        if self.free:
            return True
        memory, low, high = self._places(load)
        apart = all(memory != other or high <= first or end <= low for other, first, end in self.stores)
        return apart and self.is_inside(load)

    def is_inside(self, load: Load) -> bool:
        """Whether a load is certain not to trap in any turn, were it made before the loop."""
        memory, _, end = self._places(load)
        return end <= self.sizes[memory]

    def _places(self, load: Load) -> tuple[int, int, int]:
        """Where a load goes in all turns that are counted, by what is known where the loop is entered.

        What is known in a turn may be known just because the loop has not been left, or trapped, so far.
        """
        return place_of(load.expr.with_args((load.first,)), load.stride * (self.most - 1))


def _limits(node: For, exprs: list[Expr], sizes: tuple[int, ...]) -> _Limits | None:
    """None where the loop does what must not come in between."""
    free, stores = True, []
    for expr in exprs:
        effects = expr.effects
        if effects & WRITES:
            if any(arg.effects & WRITES for arg in expr.args) or not (
                expr.op.family == "store" or expr.op.mnemonic == "global.set"
            ):
                return None
            if expr.op.family == "store":
                stores.append(place_of(expr))
        free = free and not effects & (WRITES | TRAPS_OTHERWISE)
    early = breaks(node.body) or leaves(node.body)
    return _Limits(free and not early, stores, node.step, node.turns, most_turns(node), early, sizes)


def most_turns(node: For) -> int:
    """How many turns there can be, by what is known where the loop is entered."""
    if node.turns is not None:
        return node.turns
    end = interval(node.end)[1]
    if node.wraps or not end:
        end = FULL[node.variable.type][1] + 1
    return max((end - interval(node.start)[0]) // node.step, 1)


def place_of(access: Expr, further: int = 0) -> tuple[int, int, int]:
    """The memory, and between which addresses an access stays that goes so far."""
    address = access.args[0]
    low, high = interval(address)
    high += further
    if high > FULL["i32"][1]:
        low, high = FULL["i32"]
    offset = access.imm[1]
    return access.imm[2], low + offset, high + offset + access.op.width


def _side_by_side(items: list[Item]) -> list[Item]:
    """Items with those together that take turns in going through the same elements, as in loops that were unrolled."""
    found: dict[object, list[tuple[int, int, Item]]] = {}
    for item in items:
        base, ahead = base_of(item.load.args[0])
        _, offset, memory = item.load.imm
        key = item.load.op, memory, item.stride, key_of(base)
        found.setdefault(key, []).append((ahead + offset, ahead, item))
    result: list[Item] = []
    for group in found.values():
        group.sort(key=lambda member: member[:2])
        members = [item for _, _, item in group]
        stride = members[0].stride // len(group)
        even = all(at - group[0][0] == i * stride for i, (at, _, _) in enumerate(group))
        inside = all(item.inside for item in members)
        # Sums wrap before the offset is added: only those that do not grow less wrap no later than the ones before.
        alike = inside or all(one[1] <= other[1] for one, other in pairwise(group))
        if even and alike and stride * len(group) == members[0].stride:
            variables = tuple(variable for item in members for variable in item.variables)
            result.append(Item(variables, members[0].load, stride, inside))
        else:
            result += members
    return result
