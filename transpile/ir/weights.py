"""How often blocks are taken to run, for passes that weigh what is gained here against what is lost there."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block
from wasm2py.transpile.ir.dominators import Graph

#: A turn of a loop counts so many times what stands outside; deeper nesting than this counts no more.
TURNS = 8
_DEEPEST = 4


def weights(blocks: list[Block]) -> dict[int, int]:
    """Block id → a power of `TURNS`, by how many loops are around it."""
    graph = Graph(blocks)
    depth = [0] * len(blocks)
    for number, header in enumerate(graph.headers):
        if header:
            for inside in graph.loop(number):
                depth[inside] += 1
    return {block.id: TURNS ** min(depth[number], _DEEPEST) for number, block in enumerate(blocks)}
