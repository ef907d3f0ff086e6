"""The rules for modules, types and constant expressions (spec: Validation / Modules, Types)."""

from __future__ import annotations

import pytest
from unit.wasm_builder import (
    CODE,
    DATA,
    ELEM,
    EXPORT,
    FUNCTION,
    GLOBAL,
    IMPORT,
    MEMORY,
    START,
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
from wasm2py.runtime.errors import ValidationError
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.validate import validate

TYPES = vec_section(TYPE, func_type("->"), func_type("i32 ->"))
FUNCTIONS = vec_section(FUNCTION, b"\0", b"\1")
CODES = vec_section(CODE, body(""), body(""))
FUNCREFS = vec_section(TABLE, b"\x70\0\1")
ONE_MEMORY = vec_section(MEMORY, b"\0\1")
IMPORTED_GLOBALS = vec_section(IMPORT, import_(3, b"\x7f\0"), import_(3, b"\x7f\1"), import_(3, b"\x6f\0"))


def i32_global(init: str) -> bytes:
    return module(TYPES, IMPORTED_GLOBALS, vec_section(GLOBAL, b"\x7f\0" + bytes.fromhex(init) + b"\x0b"))


VALID: dict[str, bytes] = {
    "empty": module(),
    "several memories and tables": module(vec_section(TABLE, b"\x70\0\0", b"\x6f\1\0\0"),
                                          vec_section(MEMORY, b"\0\0", b"\1\1\2")),
    "the largest sizes": module(vec_section(TABLE, b"\x70\1\0\xff\xff\xff\xff\x0f"),
                                vec_section(MEMORY, b"\1\x80\x80\4\x80\x80\4")),
    "imported global": i32_global("2300"),
    "extended constant": i32_global("2300 4102 6c 4101 6a 4107 6b"),
    "earlier global": module(vec_section(GLOBAL, b"\x7f\0\x41\1\x0b", b"\x7f\0\x23\0\x0b")),
    "function reference": module(TYPES, FUNCTIONS, vec_section(GLOBAL, b"\x70\0\xd2\1\x0b"), CODES),
    "start": module(TYPES, FUNCTIONS, section(START, b"\0"), CODES),
    "same names in imports": module(TYPES, vec_section(IMPORT, import_(0, b"\0"), import_(0, b"\0"))),
    "one thing under two names": module(ONE_MEMORY, vec_section(EXPORT, export("a", "memory", 0),
                                                                export("b", "memory", 0))),
    "a reference declared by an export": module(TYPES, FUNCTIONS, vec_section(EXPORT, export("f", "func", 1)),
                                                vec_section(CODE, body("d201 1a"), body(""))),
    "a reference declared by a global": module(TYPES, FUNCTIONS, vec_section(GLOBAL, b"\x70\0\xd2\1\x0b"),
                                               vec_section(CODE, body("d201 1a"), body(""))),
    "segments": module(TYPES, FUNCTIONS, FUNCREFS, ONE_MEMORY, vec_section(ELEM, b"\0\x41\0\x0b\1\1"), CODES,
                       vec_section(DATA, b"\0\x41\0\x0b\1a")),
}  # fmt: skip


@pytest.mark.parametrize("data", VALID.values(), ids=VALID)
def test_valid(data: bytes) -> None:
    validate(decode_module(data))


MINIMUM = "size minimum must not be greater than maximum"
MEMORY_SIZE = "memory size must be at most 65536 pages (4GiB)"
TABLE_SIZE = "table size must be at most 2^32-1"
CONSTANT = "constant expression required"

INVALID: list[tuple[bytes, str, int | None]] = [
    (module(vec_section(MEMORY, b"\1\2\1")), MINIMUM, 11),
    (module(vec_section(MEMORY, b"\0\0", b"\0\x81\x80\4")), MEMORY_SIZE, 13),
    (module(vec_section(MEMORY, b"\1\0\x80\x80\x80\x80\x10")), MEMORY_SIZE, 11),
    (module(vec_section(TABLE, b"\x70\1\2\1")), MINIMUM, 11),
    (module(vec_section(TABLE, b"\x70\0\x80\x80\x80\x80\x10")), TABLE_SIZE, 11),
    (module(vec_section(IMPORT, import_(2, b"\0\x81\x80\4"))), MEMORY_SIZE, 11),
    (module(vec_section(IMPORT, import_(1, b"\x70\1\2\1"))), MINIMUM, 11),
    (module(vec_section(IMPORT, import_(0, b"\0"))), "unknown type 0", 11),
    (module(vec_section(FUNCTION, b"\4"), vec_section(CODE, body(""))), "unknown type 4", 17),
    (i32_global(""), "type mismatch: end expects i32, found nothing", 45),
    (i32_global("4200"), "type mismatch: end expects i32, found i64", 47),
    (i32_global("4100 4100"), "type mismatch: end leaves 1 too many operands in the body", 49),
    (i32_global("4200 4200 6a"), "type mismatch: i32.add expects i32, found i64", 51),
    (i32_global("2302"), "type mismatch: end expects i32, found externref", 47),
    (i32_global("2303"), "unknown global 3", 47),
    (i32_global("2301"), CONSTANT, 47),
    (i32_global("4100 67"), CONSTANT, 49),
    (i32_global("4100 4101 6d"), CONSTANT, 51),
    (i32_global("01"), CONSTANT, 47),
    (i32_global("2000"), CONSTANT, 47),
    (i32_global("027f 4100 0b"), CONSTANT, 47),
    (i32_global("d200"), "unknown function 0", 47),
    (module(vec_section(GLOBAL, b"\x7f\0\x23\0\x0b")), "unknown global 0", 13),
    (module(vec_section(GLOBAL, b"\x7f\0\x23\1\x0b", b"\x7f\0\x41\0\x0b")), "unknown global 1", 13),
    (module(vec_section(GLOBAL, b"\x7f\1\x41\0\x0b", b"\x7f\0\x23\0\x0b")), CONSTANT, 18),
    (module(vec_section(ELEM, b"\0\x41\0\x0b\0")), "unknown table 0", 11),
    (module(FUNCREFS, vec_section(ELEM, b"\2\1\x41\0\x0b\0\0")), "unknown table 1", 17),
    (module(FUNCREFS, vec_section(ELEM, b"\1\0\1\7")), "unknown function 7", 20),
    (module(FUNCREFS, vec_section(ELEM, b"\0\x42\0\x0b\0")), "type mismatch: end expects i32, found i64", 18),
    (module(FUNCREFS, vec_section(ELEM, b"\6\0\x41\0\x0b\x6f\0")),
     "type mismatch: element segment of externref for a table of funcref", 17),
    (module(vec_section(ELEM, b"\5\x70\1\xd0\x6f\x0b")), "type mismatch: end expects funcref, found externref", 14),
    (module(vec_section(DATA, b"\0\x41\0\x0b\0")), "unknown memory 0", 11),
    (module(ONE_MEMORY, vec_section(DATA, b"\2\1\x41\0\x0b\0")), "unknown memory 1", 16),
    (module(ONE_MEMORY, vec_section(DATA, b"\0\x42\0\x0b\0")), "type mismatch: end expects i32, found i64", 17),
    (module(ONE_MEMORY, vec_section(DATA, b"\0\x0b\0")), "type mismatch: end expects i32, found nothing", 16),
    (module(section(START, b"\0")), "unknown function 0", None),
    (module(TYPES, FUNCTIONS, section(START, b"\1"), CODES),
     "start function must not have parameters or results", None),
    (module(vec_section(EXPORT, export("f", "func", 0))), "unknown function 0", 11),
    (module(vec_section(EXPORT, export("f", "table", 0))), "unknown table 0", 11),
    (module(vec_section(EXPORT, export("f", "memory", 0))), "unknown memory 0", 11),
    (module(vec_section(EXPORT, export("f", "global", 0))), "unknown global 0", 11),
    (module(ONE_MEMORY, vec_section(EXPORT, export("m", "memory", 0), export("m", "memory", 0))),
     "duplicate export name 'm'", 20),
    (module(vec_section(TYPE, func_type("i32 " * 1001 + "->"))),
     "too many parameters in type 0: 1001 exceed the limit of 1000", None),
    (module(vec_section(TYPE, func_type("-> " + "i32 " * 1001))),
     "too many results in type 0: 1001 exceed the limit of 1000", None),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message", "offset"), INVALID)
def test_invalid(data: bytes, message: str, offset: int | None) -> None:
    with pytest.raises(ValidationError) as caught:
        validate(decode_module(data))
    assert (caught.value.message, caught.value.function, caught.value.offset) == (message, None, offset)


def test_the_start_section_declares_no_reference() -> None:
    data = module(TYPES, FUNCTIONS, section(START, b"\0"), vec_section(CODE, body("d200 1a"), body("")))
    with pytest.raises(ValidationError, match="undeclared function reference in function 0"):
        validate(decode_module(data))
