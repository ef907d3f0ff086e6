"""The dominator tree and the natural loops of a graph."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block


class Graph:
    """A function's blocks in reverse postorder, with what passes ask of their shape.

    Blocks are named by their number in that order. `before` holds each block's predecessors (each once), `idom` its
    immediate dominator (the entry's own number for the entry), `children` the dominator tree.
    """

    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks
        self.number = {block.id: i for i, block in enumerate(blocks)}
        self.after = [
            list(dict.fromkeys(self.number[successor.id] for successor in block.successors())) for block in blocks
        ]
        self.before: list[list[int]] = [[] for _ in blocks]
        for number, successors in enumerate(self.after):
            for successor in successors:
                self.before[successor].append(number)
        self.idom = self._dominators()
        self.children: list[list[int]] = [[] for _ in blocks]
        for number in range(1, len(blocks)):
            self.children[self.idom[number]].append(number)
        self.headers = [any(p >= n for p in before) for n, before in enumerate(self.before)]

    def _dominators(self) -> list[int]:
        """Cooper, Harvey and Kennedy's iteration; wasm's graphs are reducible, so one round nearly always does."""
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
        dominance.
        """
        body = {header}
        pending = [before for before in self.before[header] if before >= header]
        while pending:
            number = pending.pop()
            if number not in body:
                body.add(number)
                pending.extend(self.before[number])
        return body


def _meet(idom: list[int], a: int, b: int) -> int:
    while a != b:
        if a > b:
            a = idom[a]
        else:
            b = idom[b]
    return a
