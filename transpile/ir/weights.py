"""How often blocks are taken to run, for passes that weigh what is gained here against what is lost there.

A loop counts for many turns, unless it is only entered where something has just the value of a constant.
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.ir.expr import CONSTS, NOT
from wasm2py.transpile.opcodes import OPS

#: A turn of a loop counts so many times what stands outside; deeper nesting than this counts no more.
TURNS = 32
_DEEPEST = 4
#: What a loop does not do in every turn is taken to be done in one of so many.
_SELDOM = 16
#: A loop that is entered at one value only is taken to be entered, and to go round, so many times less often.
_RARELY = 64
#: So many blocks before a loop are looked at for the test that it is entered by.
_NEAR = 8
_EQZ = OPS["i32.eqz"]
_EQUALITY = {OPS[f"{type_}.{name}"]: name == "eq" for type_ in ("i32", "i64") for name in ("eq", "ne")}


def weights(function: FunctionIR) -> dict[int, int]:
    """Block id → a power of `TURNS`, by how many loops are around it, less where a loop may pass it by."""
    graph = function.graph()
    if graph.weights is None:
        graph.weights = _weights(graph)
    return graph.weights


def _weights(graph: Graph) -> dict[int, int]:
    depth = [0] * len(graph.blocks)
    share = [1] * len(graph.blocks)
    rarely = [False] * len(graph.blocks)
    for number, header in enumerate(graph.headers):
        if header:
            turns, rare = _turns(graph, number), _rarely_entered(graph, number)
            for inside in graph.loop(number):
                depth[inside] += 1
                share[inside] = turns.get(inside, _SELDOM)
                rarely[inside] |= rare
    result = {}
    for number, block in enumerate(graph.blocks):
        weight = TURNS ** min(depth[number], _DEEPEST) // share[number]
        result[block.id] = max(weight // _RARELY, 1) if rarely[number] else weight
    return result


def _turns(graph: Graph, header: int) -> dict[int, int]:
    """The blocks that dominate a way back to a loop's header, with one in how many turns they run: each way is taken to
    be as likely as the others.
    """
    latches = [before for before in graph.before[header] if before >= header]
    ways: dict[int, int] = {}
    for latch in latches:
        at = latch
        while at > header:
            ways[at] = ways.get(at, 0) + 1
            at = graph.idom[at]
    ways[header] = len(latches)
    return {block: -(-len(latches) // count) for block, count in ways.items()}


def _rarely_entered(graph: Graph, header: int) -> bool:
    """Whether a test for equality with a constant is between a loop and the one around it, or the function's start."""
    at = header
    for _ in range(_NEAR):
        if not at or (graph.headers[at] and at != header):
            return False
        above = graph.idom[at]
        outside = [before for before in graph.before[at] if before < at]
        if outside == [above] and _is_unlikely(graph.blocks[above], graph.blocks[at]):
            return True
        at = above
    return False


def _is_unlikely(block: Block, successor: Block) -> bool:
    """Whether a block leads to another only if something is equal to a constant other than zero."""
    end = block.end
    if not isinstance(end, Branch) or end.then is end.other:
        return False
    condition, holds = end.condition, end.then is successor
    while condition.op is NOT or condition.op is _EQZ:
        condition, holds = condition.args[0], not holds
    equal = _EQUALITY.get(condition.op)
    return equal == holds and condition.args[1].op in CONSTS and bool(condition.args[1].imm)
