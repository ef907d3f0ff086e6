"""The names that generated code uses besides the instance's own: `HELPERS`.

Every helper is a plain function that takes raw values by position, or a constant.  They stand in `integers`, `words`,
`floats`, `access` and `bulk`, those for vectors in `vectors`; none of them looks at the instance, so one dict serves
all.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

from wasm2py.runtime import access, bulk, floats, integers, words
from wasm2py.runtime.dialects import vector_table
from wasm2py.runtime.errors import Trap, WasmException, thrown
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.references import non_null
from wasm2py.runtime.tails import run_tail


def _public_names(module: ModuleType, prefixes: tuple[str, ...]) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if name.startswith(prefixes)}


#: Names that mean something in `aggregates`, which is only loaded where code uses them.
AGGREGATE_HELPERS = frozenset(
    {
        *("Struct", "Array", "array_new", "array_packed", "array_new_data", "array_new_elem", "array_fill"),
        *("array_copy", "array_init_data", "array_init_elem", "cast_failure", "is_comparable", "is_function_of"),
        *("extern_to_any", "any_to_extern"),
    }
)
#: Name in the namespace → function or constant.
HELPERS: dict[str, object] = {
    "Trap": Trap,
    "WasmException": WasmException,
    "thrown": thrown,
    "INF": floats.INF,
    "NAN": floats.NAN,
    "sqrt": floats.sqrt,
    "run_tail": run_tail,
    "non_null": non_null,
    **_public_names(integers, ("i32_", "i64_")),
    **_public_names(floats, ("f32", "f_", "i32_", "i64_")),
    **_public_names(words, ("int_", "uint_", "word_", "f64_", "f32_from_unsigned")),
    **_public_names(access, ("load_", "store_", "pack_", "unpack_", "f32_", "f64_", "narrowed")),
    **_public_names(bulk, ("fill_", "copy_", "find_", "mismatch_", "sum_", "turns_", "items")),
}
#: What the names of vector instructions begin with, which are in `vectors`, a package that only those need who use any.
_VECTORS = ("v128_", "i8x16_", "i16x8_", "i32x4_", "i64x2_", "f32x4_", "f64x2_")


def vector_helpers(names: Iterable[str], dialect: Dialect) -> dict[str, Any]:
    """Of some names those of vector instructions, with the functions of a dialect."""
    wanted = [name for name in names if name.startswith(_VECTORS)]
    if not wanted:
        return {}
    helpers = vector_table(dialect)
    return {name: helpers[name] for name in wanted if name in helpers}


def is_helper(name: str, value: object, dialect: Dialect) -> bool:
    """Whether it is a helper that has this name in a namespace of a dialect."""
    return HELPERS.get(name) is value or vector_helpers([name], dialect).get(name) is value
