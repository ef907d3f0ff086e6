"""Puts one statement in the place of a loop, and gives the variables that live on what the loop leaves in them."""

from __future__ import annotations

from typing import NamedTuple

from wasm2py.transpile.ir.cfg import Block, FunctionIR, Jump, Stmt
from wasm2py.transpile.ir.expr import Var
from wasm2py.transpile.ir.liveness import live_before
from wasm2py.transpile.optimise.bulk.affine import Affine
from wasm2py.transpile.optimise.bulk.entry import Entry
from wasm2py.transpile.optimise.bulk.turn import Turn
from wasm2py.transpile.optimise.bulk.turns import Turns
from wasm2py.transpile.optimise.linear import signed


class Replacement(NamedTuple):
    """What takes a loop's place: the statement for all of its turns, if how many they are is not all that it is for.

    Without `turns` nothing can be said of the variables that the loop changes.
    """

    turns: Turns | None
    stmt: Stmt | None


class Site(NamedTuple):
    """Where a loop is: what is known on the way in, and the variables live at the start of each block outside."""

    entry: Entry
    live: dict[int, int]
    function: FunctionIR

    def wanted(self, turn: Turn, exit_: Block) -> list[Var]:
        """The variables that the loop assigns and somebody reads after one of its exits."""
        live = live_before(exit_, self.live[exit_.id])
        return [variable for variable in turn.after if live >> variable.index & 1]


def replace(turn: Turn, by: Replacement, site: Site) -> bool:
    """Replace the loop; False where a variable would be left without its value."""
    done = by.stmt.targets if by.stmt is not None else ()
    wanted = [variable for variable in site.wanted(turn, turn.exit) if variable not in done]
    if by.turns is None and wanted:
        return False
    turns = by.turns or Turns(Affine(), 1)
    finals = final_values(turn, turns, wanted, site)
    if finals is None:
        return False
    work = [*turns.stmts] if by.stmt is None else [*turns.stmts, by.stmt]
    block = turn.blocks[0]
    block.stmts = [*work, *assignments(finals, site.function, work[-1].expr.offset)]
    block.end = Jump(turn.exit)
    return True


def final_values(turn: Turn, turns: Turns, wanted: list[Var], site: Site) -> dict[Var, Affine] | None:
    """What variables hold when the loop has ended after its last turn; None if that cannot be said of one."""
    finals: dict[Var, Affine] = {}
    for variable in wanted:
        final = _final(turn, turns, variable, site.function)
        if final is None:
            return None
        finals[variable] = site.entry.value(final)
    return finals


def _final(turn: Turn, turns: Turns, variable: Var, function: FunctionIR) -> Affine | None:
    """What a variable holds at the end of the last turn."""
    value = turn.after[variable]
    if value is None:
        return None
    last = dict(turns.last)
    for term in value.terms:
        if term in turn.loads and term not in last:
            return None
        if term in turn.after:
            step = turn.steps.get(term)
            if step is None or step.known is None:
                return None
            last[term] = Affine.of(term).plus(_grown(turns, signed(step.known), function)).plus(step, -1)
    return value.substituted(last)


def _grown(turns: Turns, step: int, function: FunctionIR) -> Affine:
    """By how much something has grown after all turns."""
    if step % turns.step:
        count, factor = turns.count(1, 0)
        assert factor == 1
        variable = function.variable("i32")
        turns.stmts.append(Stmt((variable,), count))
        turns.total, turns.step = Affine.of(variable), 1
    return turns.total.times(step // turns.step)


def assignments(finals: dict[Var, Affine], function: FunctionIR, offset: int) -> list[Stmt]:
    """All at once: none is assigned before the others that read what it held."""
    stmts: list[Stmt] = []
    pending = dict(finals)
    while pending:
        free = next(
            (v for v in pending if not any(v in pending[other].terms for other in pending if other is not v)), None
        )
        if free is None:
            free = next(iter(pending))
            kept = function.variable("i32")
            stmts.append(Stmt((kept,), Affine.of(free).expr(offset)))
            pending = {v: value.substituted({free: Affine.of(kept)}) for v, value in pending.items()}
        stmts.append(Stmt((free,), pending.pop(free).expr(offset)))
    return stmts
