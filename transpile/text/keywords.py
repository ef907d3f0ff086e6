"""The words of the text grammar, apart from instructions: they tell a misplaced word from an unknown one."""

from __future__ import annotations

from wasm2py.runtime.references import ABSTRACT
from wasm2py.transpile.opcodes import CATCHES, OPS

#: Words of modules, types and scripts.
WORDS = frozenset(
    {
        *("module", "func", "type", "param", "result", "local", "import", "export"),
        *("table", "memory", "global", "tag", "do"),
        *("elem", "data", "start", "offset", "item", "declare", "mut", "extern", "ref", "then", "binary", "quote"),
        *("null", "rec", "sub", "final", "struct", "array", "field", "i8", "i16"),
        *ABSTRACT,
        *ABSTRACT.values(),
        *("i32", "i64", "f32", "f64", "v128", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2"),
        *("nan:canonical", "nan:arithmetic"),
        *("definition", "instance", "register", "invoke", "get", "either", "ref.extern", "ref.host"),
        *("ref.any", "ref.struct", "ref.array"),
        *("assert_return", "assert_trap", "assert_exhaustion", "assert_exception", "assert_invalid"),
        *("assert_malformed", "assert_unlinkable", "assert_invalid_custom", "assert_malformed_custom"),
        *("script", "input", "output"),
        *CATCHES,
    }
)


def is_keyword(word: str) -> bool:
    """Whether the grammar knows `word`."""
    return word in WORDS or word in OPS or word.startswith(("offset=", "align="))
