"""`bulk`: loops that fill or copy memory become one operation on slices.

Needs loops in their final shape, each one block that is its own successor (`cleanup`), in whatever way its statements
are cut. A loop is known by its shape: stores side by side of a value that stays, or of loads side by side, at
addresses that move on by just as much each turn, and an end whose turn can be told before the loop starts. What
`runtime/bulk` then does is what the loop did, up to and including a trap. Variables that live on get what the loop
would have left in them.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR, predecessors
from wasm2py.transpile.ir.liveness import live_out
from wasm2py.transpile.optimise.bulk.entry import Entry
from wasm2py.transpile.optimise.bulk.exits import replace_index
from wasm2py.transpile.optimise.bulk.loads import find_search, find_sum
from wasm2py.transpile.optimise.bulk.merge import merge_pairs
from wasm2py.transpile.optimise.bulk.rewrite import Site, replace
from wasm2py.transpile.optimise.bulk.stores import find_stores
from wasm2py.transpile.optimise.bulk.turn import find_chains, read_turn

#: What loops can be, each by what recognises it.
_KINDS = (find_stores, find_search, find_sum)


def make_bulk(function: FunctionIR) -> None:
    """Rewrite the loops that can be, in place."""
    blocks = function.reverse_postorder()
    turns = [turn for chain in find_chains(blocks) if (turn := read_turn(chain)) is not None]
    if not turns:
        return
    before, live = predecessors(blocks), live_out(blocks)
    for turn in turns:
        site = Site(Entry(turn.blocks, function, before), live, function)
        found = next((found for find in _KINDS if (found := find(turn, site.entry, function)) is not None), None)
        if found is not None:
            replace(turn, found, site)
        else:
            replace_index(turn, site)
    function.edges_changed()
    merge_pairs(function, live)
