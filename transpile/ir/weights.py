"""How often blocks are taken to run, for passes that weigh what is gained here against what is lost there."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR
from wasm2py.transpile.ir.dominators import Graph

#: A turn of a loop counts so many times what stands outside; deeper nesting than this counts no more.
TURNS = 32
_DEEPEST = 4


#: What a loop does not do in every turn is taken to be done in one of so many.
_SELDOM = 16


def weights(function: FunctionIR) -> dict[int, int]:
    """Block id → a power of `TURNS`, by how many loops are around it, less where a loop may pass it by."""
    graph = function.graph()
    depth = [0] * len(graph.blocks)
    seldom = [False] * len(graph.blocks)
    for number, header in enumerate(graph.headers):
        if header:
            always = _every_turn(graph, number)
            for inside in graph.loop(number):
                depth[inside] += 1
                seldom[inside] = inside not in always
    return {
        block.id: TURNS ** min(depth[number], _DEEPEST) // (_SELDOM if seldom[number] else 1)
        for number, block in enumerate(graph.blocks)
    }


def _every_turn(graph: Graph, header: int) -> set[int]:
    """The blocks that dominate one of the ways back to a loop's header."""
    result = {header}
    for at in graph.before[header]:
        while at > header and at not in result:
            result.add(at)
            at = graph.idom[at]
    return result
