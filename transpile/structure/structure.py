"""The entry: a function's graph in, Python-shaped statements out."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR, Return, Unreachable
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.structure.counting import counted
from wasm2py.transpile.structure.dispatch import Dispatch
from wasm2py.transpile.structure.lower import Lowering, TooDeepError
from wasm2py.transpile.structure.nodes import Python
from wasm2py.transpile.structure.tree import TreeBuilder


def structure(function: FunctionIR) -> list[Python]:
    """The function's statements; its variables may grow by some of ours."""
    graph = Graph(function.reverse_postorder())
    builder = TreeBuilder(graph)
    tree = builder.build()
    tiny = {}
    for number in builder.tiny:
        block = graph.blocks[number]
        assert isinstance(block.end, Return | Unreachable)
        tiny[number] = (block.stmts, block.end)
    try:
        return counted(Lowering(function, tiny).lower(tree))
    except TooDeepError:
        return Dispatch(function, graph).lower()
