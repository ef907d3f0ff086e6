"""Text modules → binary modules (spec: Text Format / Modules)."""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.transpile.text.annotations import annotated_name, refuse_misplaced
from wasm2py.transpile.text.builder import ModuleBuilder
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.fields import declare_fields, define_fields
from wasm2py.transpile.text.tokens import tokenize


def assemble(text: str | bytes, step: Callable[[], object] = lambda: None) -> bytes:
    """Translate a module from the text format to the binary format.

    `text` holds one `(module …)`, or only its fields; bytes are taken as UTF-8.  Symbolic names of the module, its
    functions, locals and globals go into a name section.  Raises `TextError` where the text is malformed; what the
    binary says is not validated.  `step` is called now and then, to show that the work goes on.
    """
    cursor = Cursor(tokenize(text, step))
    if not cursor.opens("module"):
        return _finished(cursor, assemble_fields(cursor, None, step))
    cursor.at += 2
    name = cursor.take_id()
    binary = assemble_body(cursor, name, step)
    cursor.close()
    return _finished(cursor, binary)


def _finished(cursor: Cursor, binary: bytes) -> bytes:
    if cursor.kind != "end":
        raise cursor.unexpected()
    return binary


def assemble_body(cursor: Cursor, name: str | None, step: Callable[[], object]) -> bytes:
    """What stands in a `(module name? …)`: `binary` and strings, `quote` and strings, or fields."""
    if cursor.take_keyword("binary"):
        return cursor.strings()
    if cursor.take_keyword("quote"):
        return assemble(cursor.strings(), step)
    return assemble_fields(cursor, name, step)


def assemble_fields(cursor: Cursor, name: str | None, step: Callable[[], object] = lambda: None) -> bytes:
    """Module fields, up to the `)` or the end after them."""
    module, start = ModuleBuilder(annotated_name(cursor, "module") or name), cursor.at
    cursor.type_index = module.spaces["type"].index
    declare_fields(cursor, module)
    cursor.at = start
    define_fields(cursor, module, step)
    refuse_misplaced(cursor, start)
    return module.encode()
