"""Where what follows a loop stands: behind it, or within it, before a `break`.

Python's `break` leads to one place. Where all ways out of a loop lead there no flag has to tell them apart; so of
several ways out, those that only the loop leads to may stand in the loop, so that just one place is left.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Jump, Return, Unreachable
from wasm2py.transpile.ir.dominators import Graph

#: What has at most so many statements, of so many instructions, is repeated rather than jumped to: ways out of the
#: function, and ways to where others lead, too.
_TINY = 2
_TINY_NODES = 24
_JOIN_NODES = 8
#: So many ways at most lead to what is repeated.
_COPIES = 6
#: So many of them at most follow each other.
_CHAIN = 2
#: So many loops within each other at most are put into a loop that they follow.
_HEIGHT = 3


def is_small(block: Block, nodes: int) -> bool:
    """Whether a block is worth repeating."""
    if len(block.stmts) > _TINY:
        return False
    pending = block.exprs()
    while pending and nodes >= 0:
        nodes -= 1
        pending += pending.pop().args
    return nodes >= 0


class Exits:
    """Decides for every loop of a graph, innermost first.

    `behind` gives the blocks behind each loop, by its header; `outside` is all of those; `copied` are blocks with
    several ways to them that each of those repeats. Unless `nest`, hardly anything is put into loops.
    """

    def __init__(self, graph: Graph, nest: bool) -> None:
        self.graph = graph
        self.nest = nest
        count = len(graph.blocks)
        self.merges = [
            len(before) > 1 and sum(source < number for source in before) > 1
            for number, before in enumerate(graph.before)
        ]
        self.short = {number for number in range(count) if self._is_way_out(number)}
        self.tiny = {number for number in self.short if self.merges[number]}
        self.behind: dict[int, list[int]] = {}
        self.outside: set[int] = set()
        self.copied: dict[int, int] = {}  # block → how many that are copied follow each other from it on
        self.candidates = self._candidates()
        if self.candidates:
            self._decide()

    def _is_way_out(self, number: int) -> bool:
        block = self.graph.blocks[number]
        return (type(block.end) is Return or type(block.end) is Unreachable) and is_small(block, _TINY_NODES)

    def _candidates(self) -> dict[int, list[int]]:
        """The blocks that each loop leaves to and that only the loop leads to, with the outermost such loop."""
        graph = self.graph
        seen: set[int] = set()
        result: dict[int, list[int]] = {}
        self.bodies = {header: graph.loop(header) for header, is_header in enumerate(graph.headers) if is_header}
        for header, body in self.bodies.items():
            found = [
                child for inside in body for child in graph.children[inside] if child not in body and child not in seen
            ]
            seen.update(found)
            result[header] = sorted(found)
        return result

    def _decide(self) -> None:
        graph = self.graph
        count = len(graph.blocks)
        self.leads_to = [0] * count
        self.heights = [0] * count
        waiting = {number for found in self.candidates.values() for number in found}
        for number in range(count - 1, -1, -1):
            children = graph.children[number]
            out = self._successors(number)
            for child in children:
                out |= self.leads_to[child]
            for child in (*children, number):
                out &= ~(1 << child)
            self.leads_to[number] = out
            height = max((self.heights[child] for child in children if child not in waiting), default=0)
            if graph.headers[number]:
                height = self._place(number, height)
            self.heights[number] = height

    def _successors(self, number: int) -> int:
        """The labels that a block goes to, as a bit set."""
        labels = 0
        for after in self.graph.after[number]:
            if after not in self.tiny:
                labels |= 1 << after
        return labels

    def _place(self, header: int, height: int) -> int:
        """Decide for one loop; gives how many loops stand within each other from here."""
        found = self.candidates[header]
        behind = self._behind(header, found) if found else set()
        height += 1
        for number in reversed(found):
            if number in behind:
                continue
            if self.merges[number]:
                self._copy(number, behind)
                continue
            height = max(height, self.heights[number] + 1)
            if number not in self.short:
                self._leave_inner(header, number)
        self._put_behind(header, behind)
        return max(height, *(self.heights[number] for number in behind), 0)

    def _copy(self, number: int, behind: set[int]) -> None:
        """Repeat a block, unless it leads to others that are repeated: that might go on and on."""
        end = self.graph.blocks[number].end
        follow = self.copied.get(self.graph.number[end.target.id], 0) if isinstance(end, Jump) else 0
        if follow == _CHAIN:
            behind.add(number)
        else:
            self.copied[number] = follow + 1
            self.outside.add(number)

    def _put_behind(self, header: int, chosen: set[int]) -> None:
        if chosen:
            self.behind.setdefault(header, []).extend(chosen)
            self.behind[header].sort()
            self.outside.update(chosen)

    def _leave_inner(self, header: int, number: int) -> None:
        """What stays in one loop stands behind a loop in that one from which it is reached."""
        source = self.graph.idom[number]
        for inner in range(header + 1, source + 1):
            if inner in self.bodies and source in self.bodies[inner] and number not in self.bodies[inner]:
                self._put_behind(inner, {number})
                return

    def _behind(self, header: int, found: list[int]) -> set[int]:
        """Which of the candidates to put behind a loop, so that it leads to as few places as may be."""
        fixed = self._elsewhere(header, found)
        movable = []
        for number in found:
            if number in self.tiny:
                continue
            if self._may_move(number):
                movable.append(number)
            else:
                fixed |= 1 << number
        stay = [number for number in movable if self._stays(header, number, fixed)]
        movable = [number for number in movable if number not in stay]
        chosen = {number for number in found if number not in stay and number not in movable}
        return chosen | self._best(header, movable, fixed)

    def _elsewhere(self, header: int, found: list[int]) -> int:
        """The labels that a loop leaves to, but for the candidates."""
        body = self.bodies[header]
        labels = inside = 0
        for number in body:
            labels |= self._successors(number)
            inside |= 1 << number
        for number in found:
            inside |= 1 << number
        return labels & ~inside

    def _may_move(self, number: int) -> bool:
        """Whether a candidate can stand where it is reached from."""
        if not self.merges[number]:
            return self.heights[number] <= _HEIGHT
        block = self.graph.blocks[number]
        if not isinstance(block.end, Jump) or self.graph.headers[number]:
            return False
        if len(self.graph.before[number]) > _COPIES:
            return False
        target = self.graph.number[block.end.target.id]
        return is_small(block, _JOIN_NODES) and self.graph.idom[target] != number

    def _stays(self, header: int, number: int, fixed: int) -> bool:
        """Whether a candidate is so small that it had better stay in the loop whatever becomes of the others.

        A short way out of the function may, unless it is what ends a `while`; so may a few statements on the way to
        where others break to.
        """
        block = self.graph.blocks[number]
        if number in self.short:
            return self.graph.idom[number] != header
        if self.graph.children[number] or (self.merges[number] and not self.leads_to[number]):
            return False
        return is_small(block, _TINY_NODES) and isinstance(block.end, Jump) and not self.leads_to[number] & ~fixed

    def _best(self, header: int, movable: list[int], fixed: int) -> set[int]:
        """All behind the loop, or none, or just one: what leaves the fewest places to tell apart."""
        every = set(movable)
        if not self.nest or len(movable) > _COPIES:
            return every
        bits = {number: 1 << number for number in movable}
        ways = [(self._places(fixed, every, bits), 0, every)]
        for number in sorted(movable, key=lambda number: (self.graph.idom[number] != header, -number)):
            places = self._places(fixed, {number}, bits)
            if self.graph.idom[number] == header and not self.graph.blocks[header].stmts:
                places = max(places - 1, 1)  # `while … else`
            ways.append((places, 1, {number}))
        ways.append((self._places(fixed, set(), bits), 2, set()))
        return min(ways, key=lambda way: way[:2])[2]

    def _places(self, fixed: int, behind: set[int], bits: dict[int, int]) -> int:
        """To how many labels a loop leads that has just `behind` behind it."""
        within = [number for number in bits if number not in behind]
        for number in within:
            fixed |= self.leads_to[number]
        for number in within:  # no longer a place of its own
            fixed &= ~bits[number]
        return max((fixed | sum(bits[number] for number in behind)).bit_count(), 1)
