"""Instructions that wasm has not: loops over memory in one piece (made by `optimise/bulk`, run by `runtime/bulk`).

Each touches memory as the loop did and traps as it did; `Run` says how its elements lie in memory.
"""

from __future__ import annotations

from typing import NamedTuple

from wasm2py.runtime.types import ValType
from wasm2py.transpile.ir import expr
from wasm2py.transpile.opcodes import Family, Op


class Run(NamedTuple):
    """Elements of `width` bytes of a memory, `unroll` of them in each of a loop's turns.

    `displacements` are added to the address operands, outside of 32 bits. `order` is in which order a turn goes
    through its elements, if not upwards.
    """

    memory: int
    width: int
    unroll: int
    displacements: tuple[int, ...]
    order: tuple[int, ...] = ()


class Blocks(NamedTuple):
    """Blocks of `step` bytes of a memory, one after the other, and the bytes that are looked for: these `values`, and
    what the operands after the address are. `displacement` is added to the address, outside of 32 bits.

    `tests` are for each pair of further operands, the lesser first, what is added to their difference, and how much
    smaller it gets with each block: there are to be no more blocks than that.
    """

    memory: int
    displacement: int
    step: int
    values: bytes
    tests: tuple[tuple[int, int], ...] = ()


def _op(
    mnemonic: str, params: tuple[ValType, ...] | None, results: tuple[ValType, ...], effects: int, family: Family
) -> Op:
    op = Op(-1, mnemonic, None, params, results, family, "mvp", False, 0)
    expr.OWN_EFFECTS[op] = effects
    if effects:
        expr.LOOKED_UP.add(op)
    return op


_READS = expr.READS_MEMORY | expr.TRAPS_MEMORY
_WRITES = _READS | expr.WRITES

#: (address, count of turns, value): the value in every element. imm: Run.
FILL = _op("bulk.fill", None, (), _WRITES, "memory")
#: (address, value, counter, limit, step): a byte in every `step`-th place; counter and limit are signed if imm says so.
FILL_STRIDED = _op("bulk.fill_strided", ("i32",) * 5, (), _WRITES, "memory")
#: (to, from, count of turns): element after element. imm: Run.
COPY = _op("bulk.copy", ("i32",) * 3, (), _WRITES, "memory")
#: The same from the last element to the first: the addresses are the last one's.
COPY_DOWN = _op("bulk.copy_down", ("i32",) * 3, (), _WRITES, "memory")
#: (address, value): where the first byte of this value is, from the address on. imm: Run.
FIND = _op("bulk.find", ("i32",) * 2, ("i32",), _READS, "memory")
#: (address, count of turns, value): the index of the first byte of this value, or -1. imm: Run.
FIND_WITHIN = _op("bulk.find_within", ("i32",) * 3, ("i32",), _READS, "memory")
#: (address, address, count of turns): the index of the first byte in which two runs differ, or -1. imm: Run.
MISMATCH = _op("bulk.mismatch", ("i32",) * 3, ("i32",), _READS, "memory")
#: (address, …): the index of the first byte that is looked for, in a block all of which is in memory. imm: Blocks.
FIND_BLOCK = _op("bulk.find_block", None, ("i32",), _READS, "memory")
#: (address, …): the same, less than 2**31, of so many blocks as are in memory; or what is less than 2**32 - 1 by the
#: size of the blocks that it is not in. imm: Blocks.
FIND_IN_BLOCKS = _op("bulk.find_in_blocks", None, ("i32",), expr.READS_MEMORY, "memory")
#: (address, count of turns): the sum of all elements, unsigned. imm: Run.
SUM = _op("bulk.sum", ("i32",) * 2, ("i32",), _READS, "integer")
#: (first, limit): the turns of a loop that goes on while its counter is below the limit; 0 if it wraps first.
#: imm: the step, and whether the limit is the last value below.
TURNS_BELOW = _op("bulk.turns_below", ("i32",) * 2, ("i32",), 0, "integer")
#: (total): the operand if it is a multiple of the immediate, else 0.
TURNS_WHOLE = _op("bulk.turns_whole", ("i32",), ("i32",), 0, "integer")
#: (address, index): where a byte is that was found inside the memory. imm: where the first one is, from the address.
PLACE = _op("bulk.place", ("i32",) * 2, ("i32",), 0, "integer")
#: (place): a number of which that bit, one of 32, is set and no other.
BIT = _op("bulk.bit", ("i32",), ("i32",), 0, "integer")
#: (address): the elements that a loop goes through, as a list. imm: the loop and its item.
ITEMS = _op("bulk.items", ("i32",), ("externref",), _READS, "memory")
