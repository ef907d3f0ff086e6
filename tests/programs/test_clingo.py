"""npm's clingo-wasm, C++ with exceptions as they were before WebAssembly 3.0, against searches in plain Python and the
package's own JavaScript in node."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest
from programs.clingo import Clingo
from programs.downloads import CLINGO_WASM
from programs.guests import Wasm2pyGuest, wasm2py_module
from wasm2py.transpile.usage import features_used

QUEENS = """
    row(1..5). {queen(R, C) : row(C)} = 1 :- row(R).
    :- queen(R, C), queen(S, C), R < S.
    :- queen(R, C), queen(S, D), R < S, |C - D| = S - R.
    #show queen/2.
"""
EDGES = ((1, 2), (2, 3), (3, 4), (4, 5), (5, 1), (1, 3), (2, 6), (4, 6))
COVER = f"""
    {"".join(f"edge({a}, {b}). " for a, b in EDGES)}
    {{cover(X)}} :- edge(X, _). {{cover(X)}} :- edge(_, X).
    :- edge(X, Y), not cover(X), not cover(Y).
    #minimize {{1, X : cover(X)}}. #show cover/1.
"""
FIBONACCI = "f(0, 0). f(1, 1). f(N + 1, A + B) :- f(N, A), f(N - 1, B), N < 20."
SYNTAX = "-:2:1-2: error: syntax error, unexpected EOF\n\n*** ERROR: (clingo): parsing failed\n"


@pytest.fixture(scope="module")
def clingo() -> Clingo:
    return Clingo(Wasm2pyGuest)


def test_it_throws_as_before() -> None:
    module = wasm2py_module(CLINGO_WASM.read("package/dist/clingo.wasm"))
    assert "legacy-exception-handling" in features_used(module.decoded)


def test_all_models(clingo: Clingo) -> None:
    solution = clingo.solve(QUEENS, "0")
    assert (solution.status, solution.errors) == (30, "")
    found = {tuple(sorted(model)) for model in solution.models}
    assert len(found) == len(solution.models)
    assert found == {
        tuple(f"queen({row},{column})" for row, column in enumerate(columns, 1))
        for columns in permutations(range(1, 6))
        if all(abs(columns[i] - columns[j]) != j - i for i, j in combinations(range(5), 2))
    }


def test_an_optimum(clingo: Clingo) -> None:
    solution = clingo.solve(COVER, "0")
    assert (solution.status, solution.result["Result"]) == (30, "OPTIMUM FOUND")
    chosen = {int(atom[len("cover(") : -1]) for atom in solution.models[-1]}
    assert all(chosen & set(edge) for edge in EDGES)
    smaller = combinations(range(1, 7), len(chosen) - 1)
    assert not any(all(set(cover) & set(edge) for edge in EDGES) for cover in smaller)


def test_arithmetic(clingo: Clingo) -> None:
    (model,) = clingo.solve(FIBONACCI).models
    assert {"f(19,4181)", "f(20,6765)"} <= set(model)
    assert len(model) == 21


def test_no_model(clingo: Clingo) -> None:
    solution = clingo.solve("a :- not a.", "0")
    assert (solution.status, solution.result["Result"]) == (20, "UNSATISFIABLE")


def test_errors_are_caught(clingo: Clingo) -> None:
    solution = clingo.solve("a :- not")
    assert (solution.status, solution.errors) == (65, SYNTAX)
    assert clingo.solve("a.").models == [["a"]]


SCRIPT = """
const {init} = require("./clingo.node.js");
console.info = () => {};
init({singleThreaded: true}).then(run => {
    console.log(JSON.stringify(JSON.parse(process.argv[2]).map(program => run(program, 0))));
});
"""


def _node(folder: Path, programs: list[str]) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    for name in ("clingo.node.js", "clingo.wasm"):
        (folder / name).write_bytes(CLINGO_WASM.read(f"package/dist/{name}"))
    (folder / "run.js").write_text(SCRIPT)
    command = [node, "run.js", json.dumps(programs)]
    return json.loads(subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout)


def _timeless(result: Any) -> Any:
    """The result without what differs from run to run."""
    if isinstance(result, list):
        return [_timeless(item) for item in result]
    if not isinstance(result, dict):
        return result
    ignored = ("Time", "Start", "Stop", "Input", "Warnings")
    return {key: _timeless(value) for key, value in result.items() if key not in ignored}


def test_node_agrees(clingo: Clingo, tmp_path: Path) -> None:
    programs = [QUEENS, COVER, FIBONACCI, "a :- not a.", "{a; b}. c :- a, not b."]
    *theirs, error = _node(tmp_path, [*programs, "a :- not"])
    assert [_timeless(clingo.solve(program, "0").result) for program in programs] == _timeless(theirs)
    assert error == {"Result": "ERROR", "Error": SYNTAX.strip()}
