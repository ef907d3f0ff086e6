"""Which operands and results of instructions are addresses, indices or sizes of a memory or table: those have its index
type (spec: Validation / Instructions).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wasm2py.runtime.types import IndexType, MemoryType, TableType
from wasm2py.transpile.opcodes import OPS, Immediate, Op

#: For each operand, or the last if the instruction has others before: `x` is of the index type of the memory or table,
#: `d` and `s` of that of the destination and source, `m` of the smaller of those; `-` is something else.
_OPERANDS: dict[str, str] = {
    "memory.size": "",
    "memory.grow": "x",
    "memory.fill": "x-x",
    "memory.copy": "dsm",
    "memory.init": "x--",
    "table.get": "x",
    "table.set": "x-",
    "table.size": "",
    "table.grow": "-x",
    "table.fill": "x-x",
    "table.copy": "dsm",
    "table.init": "x--",
    "call_indirect": "x",
    "return_call_indirect": "x",
}
_BY_FAMILY = {"load": "x", "store": "x-", "vector_store": "x-"}
_SIZES = frozenset(OPS[f"{space}.{name}"] for space in ("memory", "table") for name in ("size", "grow"))
#: Instructions that have an operand or a result of some memory's or table's index type → their operands.
INDEXED: dict[Op, str] = {OPS[mnemonic]: operands for mnemonic, operands in _OPERANDS.items()} | {
    op: _BY_FAMILY[op.family] for op in OPS.values() if op.family in _BY_FAMILY
}
INDEXED.update(
    (op, "x" + "-" * (len(op.params) - 1))
    for op in OPS.values()
    if op.family in ("atomic", "vector_load") and op.immediate in ("memarg", "memarg_lane") and op.params
)
#: For the kinds of immediate: whether it is about tables, and the indices of destination and source in it.
_PLACES: dict[Immediate, tuple[bool, Callable[[Any], tuple[int, int]]]] = {
    "memarg": (False, lambda memarg: (memarg[2], memarg[2])),
    "memarg_lane": (False, lambda memarg: (memarg[2], memarg[2])),
    "memory": (False, lambda memory: (memory, memory)),
    "memories": (False, lambda memories: memories),
    "data_memory": (False, lambda indices: (indices[1], indices[1])),
    "table": (True, lambda table: (table, table)),
    "tables": (True, lambda tables: tables),
    "elem_table": (True, lambda indices: (indices[1], indices[1])),
    "call_indirect": (True, lambda indices: (indices[1], indices[1])),
}


def any_wide(memories: Iterable[MemoryType], tables: Iterable[TableType]) -> bool:
    """Whether any memory or table has 64-bit indices."""
    return any(memory.index == "i64" for memory in memories) or any(table.index == "i64" for table in tables)


def index_types(
    op: Op, immediate: Any, memories: Sequence[MemoryType], tables: Sequence[TableType]
) -> tuple[tuple[IndexType | None, ...], IndexType | None]:
    """The index types of the last operands of an instruction of `INDEXED`, and that of its result; None for what is
    something else.
    """
    assert op.immediate is not None
    of_tables, places = _PLACES[op.immediate]
    space: Sequence[MemoryType | TableType] = tables if of_tables else memories
    to, from_ = (space[index].index for index in places(immediate))
    smaller: IndexType = "i64" if to == from_ == "i64" else "i32"
    types: dict[str, IndexType | None] = {"x": to, "d": to, "s": from_, "m": smaller, "-": None}
    return tuple(types[operand] for operand in INDEXED[op]), to if op in _SIZES else None
