"""What a failing access was to: an element of an array, or something else that generated code indexes.

Python says no more than that an index is out of range. But the attribute `items`, which is what arrays keep elements
in, is read in the same place of the source: as part of the same instruction of the module (whose offset is the line),
or, in a dump, of an expression that begins in the same place.
"""

from __future__ import annotations

import dis
import sys
from types import CodeType, TracebackType

_ITEMS = "items"


def is_array_access(entry: TracebackType, message: str) -> bool:
    """Whether a traceback's entry, of an IndexError in generated code that has arrays, failed in accessing one."""
    if message.startswith(("list assignment", "array")):
        return True
    code = entry.tb_frame.f_code
    positions = getattr(code, "co_positions", None)
    if sys.implementation.name == "pypy":
        return _container_is_items(code, entry.tb_lasti)
    if positions is None or code.co_filename.startswith("<wasm "):
        return _on_line(code, entry.tb_lineno)
    return _begins_there(code, entry.tb_lasti, list(positions()))


def _container_is_items(code: CodeType, failed: int) -> bool:
    """The same for PyPy, whose code knows no more than the lines of statements: what was put on the stack below the
    index.
    """
    before = [instruction for instruction in dis.get_instructions(code) if instruction.offset < failed]
    wanted = 1
    while before and wanted:
        instruction = before.pop()
        wanted -= dis.stack_effect(instruction.opcode, instruction.arg)
    return bool(before) and before[-1].opname == "LOAD_ATTR" and before[-1].argval == _ITEMS


def _on_line(code: CodeType, line: int | None) -> bool:
    """Whether elements of arrays are accessed by the instruction at an offset of the module."""
    starts = list(dis.findlinestarts(code))
    ends = [start for start, _ in starts[1:]] + [len(code.co_code)]
    spans = [(start, end) for (start, at), end in zip(starts, ends, strict=True) if at == line]
    return any(
        instruction.argval == _ITEMS and any(start <= instruction.offset < end for start, end in spans)
        for instruction in dis.get_instructions(code)
    )


def _begins_there(code: CodeType, failed: int, positions: list[tuple[int | None, ...]]) -> bool:
    """Whether `items` is read by an expression that is the beginning of the one that failed, and nothing longer is."""
    line, last_line, column, last_column = positions[failed // 2]
    found = []
    for instruction in dis.get_instructions(code):
        start, *end = (positions[instruction.offset // 2][i] or 0 for i in (0, 1, 3))
        begins = start == line and positions[instruction.offset // 2][2] == column
        if begins and (0, 0) < tuple(end) < (last_line or 0, last_column or 0):
            found.append((tuple(end), instruction.argval == _ITEMS))
    return bool(found) and any(is_items for end, is_items in found if end == max(found)[0])
