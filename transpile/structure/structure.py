"""The entry: a function's graph in, Python-shaped statements out."""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR
from wasm2py.transpile.ir.dominators import Graph
from wasm2py.transpile.structure.counting import counted
from wasm2py.transpile.structure.dispatch import Dispatch
from wasm2py.transpile.structure.lower import Lowering, TooDeepError
from wasm2py.transpile.structure.nodes import Python
from wasm2py.transpile.structure.tree import TreeBuilder


def structure(function: FunctionIR) -> list[Python]:
    """The function's statements; its variables may grow by some of ours."""
    graph = function.graph()
    for nest in (True, False):
        try:
            return _lowered(function, graph, nest)
        except TooDeepError:
            continue
    return Dispatch(function, graph).lower()


def _lowered(function: FunctionIR, graph: Graph, nest: bool) -> list[Python]:
    """With Python's own control flow; raises TooDeepError."""
    builder = TreeBuilder(graph, nest)
    tree = builder.build()
    body = Lowering(function, graph, builder.tiny).lower(tree)
    return counted(body) if function.counting else body
