"""The dominator tree and the natural loops of a graph."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wasm2py.transpile.ir.cfg import Block


class Graph:
    """A function's blocks in reverse postorder, with what passes ask of their shape.

    Blocks are named by their number in that order. `after` and `before` hold each block's successors and predecessors
    (each once), `headers` says of each whether it is a loop's, and `has_loops` whether any is.
    """

    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks
        number = self.number = {block.id: i for i, block in enumerate(blocks)}
        self.after: list[list[int]] = []
        self.before: list[list[int]] = [[] for _ in blocks]
        self.headers = [False] * len(blocks)
        #: What `ir/weights.py` has found.
        self.weights: dict[int, int] | None = None
        self._loops: dict[int, set[int]] = {}
        for at, block in enumerate(blocks):
            after = [number[successor.id] for successor in block.end.successors]
            if len(after) > 1:
                after = list(dict.fromkeys(after))
            self.after.append(after)
            for successor in after:
                self.before[successor].append(at)
                if successor <= at:
                    self.headers[successor] = True
        self.has_loops = any(self.headers)

    @cached_property
    def children(self) -> list[list[int]]:
        """The dominator tree: the blocks that each block is the immediate dominator of."""
        children: list[list[int]] = [[] for _ in self.blocks]
        for number in range(1, len(self.blocks)):
            children[self.idom[number]].append(number)
        return children

    @cached_property
    def idom(self) -> list[int]:
        """Each block's immediate dominator; the entry's own number for the entry.

        Cooper, Harvey and Kennedy's iteration; wasm's graphs are reducible, so one round nearly always does.
        """
        idom = [-1] * len(self.blocks)
        idom[0] = 0
        changed = True
        while changed:
            changed = False
            for number in range(1, len(idom)):
                new = -1
                for before in self.before[number]:
                    if idom[before] >= 0:
                        new = before if new < 0 else _meet(idom, new, before)
                if new != idom[number]:
                    idom[number] = new
                    changed = True
        return idom

    def loop(self, header: int) -> set[int]:
        """The natural loop of a header: all blocks from which control can come back to it without leaving its
        dominance. Not to be changed: it is found once.
        """
        body = self._loops.get(header)
        if body is not None:
            return body
        body = self._loops[header] = {header}
        pending = [before for before in self.before[header] if before >= header]
        while pending:
            number = pending.pop()
            if number not in body:
                body.add(number)
                pending.extend(self.before[number])
        return body

    def every_turn(self, header: int) -> list[int]:
        """The blocks that every turn of a header's loop goes through: those that dominate all ways back."""
        common: set[int] | None = None
        for at in self.before[header]:
            if at >= header:
                above = {header}
                while at != header:
                    above.add(at)
                    at = self.idom[at]
                common = above if common is None else common & above
        return sorted(common or ())


def _meet(idom: list[int], a: int, b: int) -> int:
    while a != b:
        if a > b:
            a = idom[a]
        else:
            b = idom[b]
    return a
