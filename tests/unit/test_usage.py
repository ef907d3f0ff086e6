"""Which features a module uses."""

from __future__ import annotations

import pytest
from unit.wasm_builder import (
    CODE,
    DATA,
    DATA_COUNT,
    ELEM,
    EXPORT,
    FUNCTION,
    GLOBAL,
    IMPORT,
    MEMORY,
    TABLE,
    TYPE,
    body,
    export,
    func_type,
    import_,
    module,
    section,
    vec_section,
)
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.usage import features_used
from wasm2py.transpile.validate import validate

MUTABLE = b"\x7f\1\x41\0\x0b"


def code(instructions: str) -> bytes:
    """A module with that body, of type `->`, and types with parameters or several results to refer to."""
    types = vec_section(TYPE, func_type("->"), func_type("i32 -> i32"))
    return module(types, vec_section(FUNCTION, b"\0"), vec_section(CODE, body(instructions)))


@pytest.mark.parametrize(
    ("data", "features"),
    [
        (module(), ()),
        (code("4100 45 1a 0240 0b"), ()),
        (code("4100 c0 1a"), ("sign-extension",)),
        (code("4300000000 fc00 1a"), ("saturating-float-to-int",)),
        (code("4100 4100 4100 1c017f 1a"), ("reference-types",)),
        (code("1200"), ("tail-call",)),
        (code("4100 0201 0b 1a"), ("multi-value",)),
        (module(vec_section(TYPE, func_type("-> i32 i32"))), ("multi-value",)),
        (module(vec_section(TYPE, func_type("externref ->"))), ("reference-types",)),
        (module(vec_section(TABLE, b"\x70\0\0")), ()),
        (module(vec_section(TABLE, b"\x6f\0\0")), ("reference-types",)),
        (module(vec_section(TABLE, b"\x70\0\0", b"\x70\0\0")), ("reference-types",)),
        (module(vec_section(GLOBAL, b"\x70\0\xd0\x70\x0b")), ("reference-types",)),
        (module(vec_section(ELEM, b"\3\0\0")), ("bulk-memory", "reference-types")),
        (module(vec_section(MEMORY, b"\0\0")), ()),
        (module(vec_section(IMPORT, import_(2, b"\0\0")), vec_section(MEMORY, b"\0\0")), ("multi-memory",)),
        (module(section(DATA_COUNT, b"\0")), ("bulk-memory",)),
        (module(vec_section(DATA, b"\1\0")), ("bulk-memory",)),
        (module(vec_section(GLOBAL, MUTABLE)), ()),
        (module(vec_section(GLOBAL, MUTABLE), vec_section(EXPORT, export("g", "global", 0))), ("mutable-globals",)),
        (module(vec_section(IMPORT, import_(3, b"\x7f\1"))), ("mutable-globals",)),
        (module(vec_section(GLOBAL, b"\x7f\0\x41\0\x41\0\x6a\x0b")), ("extended-const",)),
    ],
)  # fmt: skip
def test_features(data: bytes, features: tuple[str, ...]) -> None:
    decoded = decode_module(data)
    validate(decoded)
    assert features_used(decoded) == features
