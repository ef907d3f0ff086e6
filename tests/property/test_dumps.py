"""The dump of any module, run as Python source, behaves as the module does."""

from __future__ import annotations

import ast

from hypothesis import given, settings
from hypothesis import strategies as st
from property import subject
from property.modules import Case, generate

cases = st.binary(min_size=80, max_size=1200).map(generate)


@settings(max_examples=60)
@given(cases, st.sampled_from(subject.DIALECTS))
def test_a_dump_behaves_as_the_module(case: Case, dialect: str) -> None:
    assert subject.run(case, dialect, dumped=True) == subject.run(case, dialect)


@settings(max_examples=40)
@given(cases, st.sampled_from(subject.DIALECTS))
def test_a_dump_parses_to_what_was_printed(case: Case, dialect: str) -> None:
    source = subject.source(case.ours, dialect)
    for index in range(source.program.imported_count("func"), len(source.program.functions)):
        printed, _ = source.function(index)
        definition = source.translator.function_ast(source.module, source.program, index)
        assert _shown(ast.parse(printed).body[0]) == _shown(definition)


def _shown(tree: ast.AST) -> str:
    """The tree; from Python 3.12 on a parsed function has type parameters, if none."""
    return ast.dump(tree).replace(", type_params=[]", "")
