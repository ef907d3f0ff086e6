"""Atomic instructions: methods of the memory (`runtime/atomics.py`), which are told how wide the access is.

An address is the operand plus the static offset, and does not wrap; a 64-bit one is unsigned in both dialects.
"""

from __future__ import annotations

import ast

from wasm2py.transpile import names
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.calls import memory_size
from wasm2py.transpile.emit.emitter import INTEGERS, NODES, Emitter
from wasm2py.transpile.emit.places import address_of, with_offset
from wasm2py.transpile.emit.values import MASKS
from wasm2py.transpile.ir.expr import SHARED_SIZE, WIDE_ATOMICS, Expr
from wasm2py.transpile.opcodes import Op


def _method(op: Op) -> tuple[str, tuple[str, ...]]:
    """The method, and what it is given before the kind of access: for `rmw`, which operation."""
    _, _, name, *operation = op.mnemonic.split(".")
    if not operation:
        return f"atomic_{name.rstrip('_u0123456789')}", ()
    which = operation[0].removesuffix("_u")
    return ("atomic_cmpxchg", ()) if which == "cmpxchg" else ("atomic_rmw", (which,))


def _atomic(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    method, before = _METHODS[expr.op]
    words = [*before] if method == "atomic_notify" else [*before, _kind(emitter, expr.op)]
    args = [nodes.word(word, line) for word in words]
    args += [_address(emitter, expr, line), *emitter.nodes(expr.args[1:])]
    return nodes.method(names.memory_name(expr.imm[2]), method, args, line)


def _kind(emitter: Emitter, op: Op) -> str:
    """What is accessed: unsigned integers, but 64 bits as a word where the dialect has those."""
    return "i64" if op.width == 8 and emitter.dialect == "portable" else f"u{8 * op.width}"


def _address(emitter: Emitter, expr: Expr, line: int) -> ast.expr:
    where = expr.args[0]
    if where.type == "i32":
        return address_of(emitter, expr, line)
    value = emitter.canonical(where)
    unsigned = value.node
    if value.low < 0:
        unsigned = nodes.BinOp(unsigned, nodes.AND, nodes.constant(MASKS[64], line), line)
    return with_offset(unsigned, expr.imm[1], line)


_METHODS = {op: _method(base) for base, wide in WIDE_ATOMICS.items() for op in (base, wide)}
NODES.update((op, _atomic) for op in _METHODS)
INTEGERS[SHARED_SIZE] = memory_size
