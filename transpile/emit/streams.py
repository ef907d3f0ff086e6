"""What `for` loops go through: numbers, items of memory (`structure/streams.py`), or both at once."""

from __future__ import annotations

import ast

from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.access import format_of
from wasm2py.transpile.emit.bulk import plus
from wasm2py.transpile.emit.emitter import NODES, Emitter
from wasm2py.transpile.emit.places import with_offset
from wasm2py.transpile.ir.bulk import ITEMS
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr
from wasm2py.transpile.ir.intervals import FULL, SIZES, Interval
from wasm2py.transpile.structure.nodes import For, Item
from wasm2py.transpile.structure.strides import base_of


def iteration(emitter: Emitter, node: For) -> tuple[list[str], ast.expr]:
    """The names of a loop's variables, and what they go through."""
    line = emitter.line
    targets = [emitter.variables[variable.index] for item in node.items for variable in item.variables]
    sequences = [argument for item in node.items for argument in _arguments(emitter, node, item)]
    if node.counts:
        targets.insert(0, emitter.variables[node.variable.index])
        sequences.insert(0, _numbers(emitter, node, line))
    return targets, sequences[0] if len(targets) == 1 else nodes.call("zip", sequences, line)


def _arguments(emitter: Emitter, node: For, item: Item) -> list[ast.expr]:
    """What `zip` is given for an item: an iterator so many times as there are elements in a turn.

    The iterator stays in the temporary variable, and with it a slice. That does no harm where a view is released
    before the slice is gone, but for bytes: their view is the memory itself.
    """
    sequence = _sequence(emitter, node, item)
    times = len(item.variables)
    if times == 1:
        return [sequence]
    line = emitter.line
    iterator = nodes.call("iter", [sequence], line)
    if item.load.op.width == 1:
        repeated = nodes.BinOp(nodes.tuple_([iterator], line), nodes.MUL, nodes.constant(times, line), line)
        return [nodes.starred(repeated, line)]
    again = [nodes.Name(emitter.temporary, line) for _ in range(times - 1)]
    return [nodes.named(emitter.temporary, iterator, line), *again]


def _numbers(emitter: Emitter, node: For, line: int) -> ast.expr:
    start = emitter.node(node.start)
    if node.wraps and node.step < 0 and not (node.start.op in CONSTS and node.start.imm):
        start = nodes.either(start, _all_the_way(node, line), line)
    args = [start, _end(emitter, node, line)]
    if node.step != 1:
        args.append(nodes.constant(node.step, line))
    elif node.start.op in CONSTS and not node.start.imm:
        del args[0]
    return nodes.call("range", args, line)


def _end(emitter: Emitter, node: For, line: int) -> ast.expr:
    if node.step > 0 and node.end.op in CONSTS and not node.end.imm:
        return _all_the_way(node, line)
    end = emitter.node(node.end)
    return nodes.either(end, _all_the_way(node, line), line) if node.wraps and node.step > 0 else end


def _all_the_way(node: For, line: int) -> ast.expr:
    return nodes.constant(1 << SIZES[node.variable.type], line)


def _sequence(emitter: Emitter, node: For, item: Item) -> ast.expr:
    """A slice of a view; where it may not lie inside the memory, by way of a helper that tests it."""
    load = item.load
    line = load.offset or emitter.line
    emitter.line = line
    if item.row is not None:
        return nodes.Name(emitter.variables[item.row.index], line)
    address, (_, offset, memory) = load.args[0], load.imm
    view = names.view_name(memory, format_of(load.op, item.variables[0].signed))
    first = with_offset(emitter.canonical(address).node, offset, line)
    end = _slice_end(emitter, node, item, line) if item.inside else None
    if end is None:
        args = [
            nodes.Name(view, line),
            first,
            _size(emitter, node, item, line),
            nodes.constant(item.stride, line),
        ]
        return nodes.call("items", args, line)
    step = nodes.constant(item.stride, line) if item.stride > 1 else None
    return nodes.item(view, ast.Slice(first, end, step, lineno=line, col_offset=0), line)


def _items(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    """All that a loop goes through, read at once."""
    return nodes.call("list", [_sequence(emitter, *expr.imm)], line)


NODES[ITEMS] = _items


def _slice_end(emitter: Emitter, node: For, item: Item, line: int) -> ast.expr | None:
    """Where a slice that is inside ends, if that is said shortly."""
    address, offset = item.load.args[0], item.load.imm[1]
    base, ahead = base_of(address)
    if base is not None and _wraps(emitter.bounds(base), ahead):
        return None
    if node.turns is not None:
        size = node.turns * item.stride * len(item.variables)
        if base is None:
            return nodes.constant(ahead + offset + size, line)
        return plus(emitter.canonical(base).node, ahead + offset + size, line) if base.op is LOCAL_GET else None
    if base is None or base.op is not LOCAL_GET or node.start.op is not LOCAL_GET or base.imm is not node.start.imm:
        return None
    if item.stride * len(item.variables) != node.step:
        return None
    return plus(_end(emitter, node, line), ahead + offset, line)


def _wraps(bounds: Interval, more: int) -> bool:
    """Whether what is so much more, or less, than something within these bounds may wrap."""
    return bounds[0] + more < 0 or bounds[1] + more > FULL["i32"][1]


def _size(emitter: Emitter, node: For, item: Item, line: int) -> ast.expr:
    """How many bytes all turns go through, the last one's whole stride included."""
    stride = item.stride * len(item.variables)
    if node.turns is not None:
        return nodes.constant(node.turns * stride, line)
    distance = _end(emitter, node, line)
    if not (node.start.op in CONSTS and not node.start.imm):
        distance = nodes.BinOp(distance, nodes.SUB, emitter.node(node.start), line)
    if stride == node.step:
        return distance
    return nodes.BinOp(distance, nodes.MUL, nodes.constant(stride // node.step, line), line)
