"""`bulk`: loops that fill memory, copy it, search it, compare it or add it up become one operation on slices.

Needs loops in their final shape (`cleanup`): a chain of blocks that control goes back from the end of, in whatever way
their statements are cut. A loop is known by its shape: accesses side by side that move on by just as much each turn; a
stored value that stays, or was loaded alike; and an end whose turn can be told before the loop starts. Ways out of
the midst of it must all ask the next byte for the same. Where the loop's end and its variables afterwards cannot be
told, it stays.

What `runtime/bulk` then does is what the loop did, up to and including a trap; variables that live on get what the loop
would have left in them.

- `turn` reads one turn; `entry` knows what holds on the way in, `turns` how many there will be, in sums (`affine`);
- `stores`, `loads` and `exits` know the kinds of loops; `rewrite` puts a statement in a loop's place;
- `vectorturn` reads one turn of a search by vectors, `hits` what that looks for; `blocks` puts one operation in its
  place, `blocksend` what it leaves;
- `merge` puts an unrolled loop and what was left over from it together, by what holds on the `ways` through both.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, FunctionIR, predecessors
from wasm2py.transpile.ir.liveness import live_out
from wasm2py.transpile.optimise.bulk.blocks import search_blocks
from wasm2py.transpile.optimise.bulk.entry import Entry
from wasm2py.transpile.optimise.bulk.exits import replace_index
from wasm2py.transpile.optimise.bulk.loads import find_search, find_sum
from wasm2py.transpile.optimise.bulk.merge import merge_pairs
from wasm2py.transpile.optimise.bulk.rewrite import Site, replace
from wasm2py.transpile.optimise.bulk.stores import find_stores
from wasm2py.transpile.optimise.bulk.turn import Turn, find_loops, read_turn, with_last_test

#: What loops can be, each by what recognises it.
_KINDS = (find_stores, find_search, find_sum)


def make_bulk(function: FunctionIR) -> bool:
    """Rewrite the loops that can be, in place; whether there were any."""
    loops = find_loops(function.reverse_postorder())
    searched = search_blocks(function, loops)
    if searched:
        loops = find_loops(function.reverse_postorder())
    return _replace_all(function, loops) or searched


def _replace_all(function: FunctionIR, loops: list[list[Block]]) -> bool:
    turns = [turn for chain in loops if (turn := read_turn(with_last_test(chain))) is not None]
    if not turns:
        return False
    before, live = predecessors(function.reverse_postorder()), live_out(function)
    changed: set[Block] = set()
    for turn in turns:
        if not changed.isdisjoint(turn.blocks):  # two loops can have a header in common
            continue
        if _replaced(turn, Site(Entry(turn.blocks, function, before), live, function)):
            changed.update(turn.blocks)
            function.edges_changed()
            before = predecessors(function.reverse_postorder())
    if changed:
        merge_pairs(function, live)
        function.statements_changed()
    return bool(changed)


def _replaced(turn: Turn, site: Site) -> bool:
    """Replace one loop, if it is known."""
    found = next((found for find in _KINDS if (found := find(turn, site.entry, site.function)) is not None), None)
    return replace_index(turn, site) if found is None else replace(turn, found, site)
