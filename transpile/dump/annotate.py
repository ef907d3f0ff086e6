"""The wasm text beside each statement of a function.

The two are joined through the line numbers of the function's AST, which are byte offsets in the module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from textwrap import wrap

from wasm2py.transpile.dump import wat
from wasm2py.transpile.module import Instr

#: Columns of one comment line.
_WIDTH = 96
#: Instructions that belong with what comes before them.
_ENDING = frozenset({
    "local.set", "local.tee", "global.set", "drop", "br", "br_if", "br_table", "return", "end", "if", "else",
})  # fmt: skip


def annotate(function: ast.FunctionDef, body: Sequence[Instr]) -> dict[int, list[str]]:
    """Comment lines for each statement, by its `id`: every instruction of `body` stands at exactly one statement.

    An instruction belongs to the first statement with a node at its offset.  One that left no node behind belongs with
    the instruction before if it ends something (a value is set, a block left), else with the one after.
    """
    chosen: dict[int, list[Instr]] = {}
    for instr, owner in zip(body, _assigned(function, body), strict=True):
        chosen.setdefault(id(owner), []).append(instr)
    return {key: _lines(instrs) for key, instrs in chosen.items()}


def _assigned(function: ast.FunctionDef, body: Sequence[Instr]) -> list[ast.stmt]:
    """The statement of each instruction."""
    owners = _owners(function)
    found: list[ast.stmt | None] = []
    for op, _, offset in body:
        before = found[-1] if found and op.mnemonic in _ENDING else None
        found.append(owners.get(offset, before))
    following = _last_statement(function)
    assigned: list[ast.stmt] = []
    for owner in reversed(found):
        following = owner or following
        assigned.append(following)
    return assigned[::-1]


def _owners(function: ast.FunctionDef) -> dict[int, ast.stmt]:
    owners: dict[int, ast.stmt] = {}
    for statement in _statements(function.body):
        for offset in _offsets(statement):
            owners.setdefault(offset, statement)
    return owners


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of the bodies within, in source order."""
    pending = list(reversed(body))
    while pending:
        statement = pending.pop()
        yield statement
        nested = [child for child in _blocks(statement) if isinstance(child, ast.stmt)]
        pending.extend(reversed(nested))


def _blocks(statement: ast.stmt) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.ExceptHandler):
            yield from child.body
        else:
            yield child


def _offsets(statement: ast.stmt) -> Iterator[int]:
    """The offsets of a statement's own nodes, those of the statements within it left out."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        offset = getattr(node, "lineno", None)
        if offset is not None:
            yield offset
        pending.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt))


def _last_statement(function: ast.FunctionDef) -> ast.stmt:
    return list(_statements(function.body))[-1]


def _lines(instrs: Sequence[Instr]) -> list[str]:
    # a zero stands for the spaces that no line may break at
    texts = [wat.instruction(instr).replace(" ", "\0") for instr in instrs]
    text = f"{instrs[0][2]:#x}: {'; '.join(texts)}"
    lines = wrap(text, _WIDTH, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
    return [line.replace("\0", " ") for line in lines]
