"""Whatever a module's names are, its identifiers are distinct, and nothing that Python or the runtime claims."""

from __future__ import annotations

import builtins
import keyword
import re

from hypothesis import given
from hypothesis import strategies as st
from property.encoder import ModuleBuilder, code
from wasm2py.runtime.numerics import HELPERS
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.names import VECTOR_NAMES, Names, identifier

_TRICKY = (
    "",
    "f",
    "f_2",
    "f_2_2",
    "if",
    "match",
    "len",
    "__import__",
    "__wasm__",
    "memory",
    "memory1",
    "mem_u8",
    "mem2_i16",
)
_TRICKY += (
    "table",
    "table1_type0",
    "funcrefs",
    "func0",
    "func1",
    "global0",
    "a b",
    "a\nb",
    "'",
    '"""',
    "1",
    "é",
    "eval",
)
_TRICKY += (
    "func1_2",
    "f" * 59,
    "f" * 60,
    "f" * 61,
    "global",
    "_",
    "__",
    "None",
    "print",
    "\0",
    "data_segments",
    *sorted(HELPERS),
    *sorted(VECTOR_NAMES),
)
wasm_names = st.one_of(st.sampled_from(_TRICKY), st.text(st.characters(exclude_categories=["Cs"]), max_size=70))
RUNTIME = re.compile(
    r"(memory|mem|table)\d*|mem\d*_[uif]\d+|table\d*_type\d+|data_segments|elem_segments|funcrefs|__([^_]|[^_]\w*[^_])__"
)


def _claimed(name: str) -> bool:
    python = keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name)
    return python or name in HELPERS or name in VECTOR_NAMES or RUNTIME.fullmatch(name) is not None


def _names(functions: list[str], globals_: list[str], locals_: list[str]) -> Names:
    builder = ModuleBuilder()
    for _ in functions:
        builder.function((), (), b"", ["i32"] * len(locals_))
    for index, name in enumerate(globals_):
        builder.global_("i32", code(("i32.const", 0)))
        builder.export(f"{name}#{index}", "global", index)
    builder.names(dict(enumerate(functions)), {0: dict(enumerate(locals_))})
    return Names(decode_module(builder.build()))


@given(st.lists(wasm_names, min_size=1), st.lists(wasm_names), st.lists(wasm_names))
def test_identifiers_are_distinct_and_unclaimed(functions: list[str], globals_: list[str], locals_: list[str]) -> None:
    names = _names(functions, globals_, locals_)
    namespace = names.functions + names.globals
    local = list(names.locals(0)[1].values())
    assert len(set(namespace + local)) == len(functions) + len(globals_) + len(locals_)
    for name in namespace + local:
        assert name.isidentifier() and name.isascii() and not _claimed(name), name


@given(st.lists(wasm_names, min_size=1))
def test_functions_are_shown_under_their_own_names(functions: list[str]) -> None:
    assert _names(functions, [], []).display == [name or f"func[{i}]" for i, name in enumerate(functions)]


@given(wasm_names)
def test_a_name_that_is_free_is_kept(name: str) -> None:
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,59}", name) and name.strip("_") and not _claimed(name)
    assert identifier(name) == name if plain else identifier(name) != name or not name


@given(wasm_names, wasm_names)
def test_temporaries_of_a_function_are_distinct(first: str, second: str) -> None:
    scope, _ = _names(["f"], [], []).locals(0)
    made = [scope.make(first, "t"), scope.make(second, "t"), scope.make(first, "t")]
    assert len({*made, "f"}) == 4
