"""One turn of a loop that searches memory by vectors: what it loads where, what ends it, and what else it does."""

from __future__ import annotations

from typing import NamedTuple

from wasm2py.transpile.ir.cfg import Block, Branch, Jump, Stmt
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, NOT, OWN_EFFECTS, READS_MEMORY, TRAPS, WRITES, Expr, Var
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.bulk.hits import NEGATIVE, NONZERO, NOT_NEGATIVE, Lanes, Reader, Uniform, Wanted
from wasm2py.transpile.optimise.bulk.turn import Access, Test, Turn, find_steps, read_test

_LOAD = OPS["v128.load"]
BITMASK, _ANY, _ALL = OPS["i8x16.bitmask"], OPS["v128.any_true"], OPS["i8x16.all_true"]
#: What ends a search.
TESTS = frozenset({BITMASK, _ANY, _ALL})
_EQ, _NE, _EQZ = OPS["i32.eq"], OPS["i32.ne"], OPS["i32.eqz"]
#: The sign bits of all lanes.
_ALL_SIGNS = 0xFFFF
_OBSERVED = READS_MEMORY | TRAPS | WRITES


class Hits(NamedTuple):
    """What ends a search: any of these bytes, in any of what was loaded."""

    loads: tuple[Access, ...]
    wanted: Wanted


class Search(NamedTuple):
    """A loop that goes on until it has loaded such bytes (the test at the end of its block of that number says so), and
    while `tests` hold. `masks` are the variables that have the sign bits of lanes.
    """

    turn: Turn
    hits: Hits
    found_in: int
    exit: Block
    tests: list[Test]
    masks: dict[Var, Lanes]
    reader: Reader


def read_search(chain: list[Block], uniform: Uniform) -> Search | None:
    """The search that a chain of blocks is, if it does nothing else that can be seen."""
    return _Reading(chain, uniform).search()


class _Reading:
    def __init__(self, chain: list[Block], uniform: Uniform) -> None:
        self._turn = Turn(chain)
        self._reader = Reader(self._turn.access, uniform)
        self._masks: dict[Var, Lanes] = {}
        self._conditions: dict[Var, Expr] = {}
        self._conclusions: dict[tuple[Var, bool], Hits | Test | None] = {}
        self._loads = 0

    def search(self) -> Search | None:
        """All blocks, one after the other."""
        blocks = self._turn.blocks
        ends: list[tuple[int, Block, Hits]] = []
        tests: list[Test] = []
        for number, block in enumerate(blocks):
            if not all(self._take(stmt) for stmt in block.stmts):
                return None
            if isinstance(block.end, Jump):
                continue
            assert isinstance(block.end, Branch)
            following = blocks[(number + 1) % len(blocks)]
            goes_on, exit_ = block.end.then is following, block.end.other
            told = block.end.then is not exit_ and self._loads_only(block.end.condition)
            found = self._concluded(block.end.condition, goes_on) if told else None
            if isinstance(found, Hits):
                ends.append((number, exit_ if goes_on else block.end.then, found))
            elif found is not None:
                tests.append(found)
            else:
                return None
        if len(ends) != 1 or len(ends[0][2].loads) != self._loads:
            return None
        self._turn.steps = find_steps(self._turn)
        return Search(self._turn, ends[0][2], ends[0][0], ends[0][1], tests, self._masks, self._reader)

    def _take(self, stmt: Stmt) -> bool:
        """Take up one statement, if it does no more than load vectors and compute."""
        if len(stmt.targets) != 1 or not self._loads_only(stmt.expr):
            return False
        target, expr = stmt.targets[0], stmt.expr
        if expr.type == "v128":
            self._reader.known[target] = self._reader.lanes(expr)
            self._turn.after[target] = None
            return True
        mask = self._mask(expr)
        for goes_on in (False, True):
            self._conclusions[target, goes_on] = self._concluded(expr, goes_on)
        self._turn.after[target] = self._turn.value(expr)
        if mask is None:
            self._masks.pop(target, None)
        else:
            self._masks[target] = mask
        return True

    def _loads_only(self, expr: Expr) -> bool:
        if not expr.effects & _OBSERVED:
            return True
        for each in expr.walk():
            if each.op is _LOAD:
                self._loads += 1
            elif OWN_EFFECTS[each.op] & _OBSERVED:
                return False
        return True

    def _mask(self, expr: Expr) -> Lanes | None:
        """The lanes of which an expression has the sign bits."""
        if expr.op is BITMASK:
            return self._reader.lanes(expr.args[0])
        return self._masks.get(expr.imm) if expr.op is LOCAL_GET else None

    def _concluded(self, test: Expr, goes_on: bool) -> Hits | Test | None:
        """What a test says that the loop goes on after if it is true, or if it is not."""
        while test.op is NOT or test.op is _EQZ:
            test, goes_on = test.args[0], not goes_on
        if test.op in (_EQ, _NE) and test.args[1].op in CONSTS and self._mask(test.args[0]) is not None:
            return self._of_mask(test, goes_on)
        mask = self._mask(test)
        if mask is not None:
            return None if goes_on else _hits(mask, mask.set_by(NEGATIVE))
        if test.op is LOCAL_GET and (test.imm, goes_on) in self._conclusions:
            return self._conclusions[test.imm, goes_on] or read_test(test, goes_on, self._turn)
        lanes = self._reader.lanes(test.args[0]) if test.op in (_ANY, _ALL) else None
        if lanes is None:
            return read_test(test, goes_on, self._turn)
        if (test.op is _ALL) is not goes_on:
            return None
        return _hits(lanes, lanes.cleared_by() if goes_on else lanes.set_by(NONZERO))

    def _of_mask(self, test: Expr, goes_on: bool) -> Hits | None:
        """A mask compared with that of no lane, or of all."""
        mask, value = self._mask(test.args[0]), test.args[1].imm
        holds = goes_on is (test.op is _EQ)
        if mask is None or not holds or value not in (0, _ALL_SIGNS):
            return None
        if value == 0:
            return _hits(mask, mask.set_by(NEGATIVE))
        return _hits(mask, mask.mask(True) if mask.wanted is not None else mask.set_by(NOT_NEGATIVE))


def _hits(lanes: Lanes, wanted: Wanted | None) -> Hits | None:
    return None if wanted is None else Hits(lanes.loads, wanted)
