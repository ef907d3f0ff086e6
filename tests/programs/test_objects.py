"""Programs of garbage-collected objects: examples of our own, and a whole application that Dart's compiler made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import wasm2py
from programs.downloads import FLET_WEB
from programs.guests import LOADERS, Loader
from wasm2py.runtime.program import Options
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.translate import PythonTranslator
from wasm2py.transpile.usage import features_used
from wasm2py.transpile.validate import validate

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(params=["cpython", "portable"])
def engine(request: pytest.FixtureRequest) -> wasm2py.Engine:
    return wasm2py.Engine(wasm2py.Config(cache=None, dialect=request.param))


@pytest.fixture(params=LOADERS)
def load(request: pytest.FixtureRequest) -> Loader:
    return LOADERS[request.param]


def module(name: str) -> bytes:
    return (EXAMPLES / f"{name}.wasm").read_bytes()


def exports(name: str, engine: wasm2py.Engine) -> Any:
    return wasm2py.load(module(name), engine=engine).exports


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("(+ 1 (* 2 3) 4)", 11),
        ("(+)", 0),
        ("(* (+ 1 2) (+ 3 4) )", 21),
        (" (* 1000 (* 1000 (+ 536 0)))", 536_000_000),
    ],
)
def test_lisp(text: str, value: int, load: Loader) -> None:
    lisp = load(module("lisp"), {})
    lisp.write(lisp.call("input"), text.encode())
    assert lisp.call("evaluate", len(text)) == value


@pytest.mark.parametrize(
    ("text", "kind"), [("(1 2)", "cast failure"), ("(+ +)", "cast failure"), ("(+ 1", "unreachable")]
)
def test_lisp_traps(text: str, kind: str, engine: wasm2py.Engine) -> None:
    lisp = exports("lisp", engine)
    lisp.memory.write(lisp.input(), text.encode())
    with pytest.raises(wasm2py.Trap) as caught:
        lisp.evaluate(len(text))
    assert caught.value.kind == kind


def test_closures(engine: wasm2py.Engine) -> None:
    closures = exports("closures", engine)
    add, count = closures.adder(5), closures.counter(100)
    assert [closures.call(add, 2), closures.twice(add, -3), add.n] == [7, 7, 5]
    assert [closures.call(count, 1), closures.call(count, 1), closures.twice(count, 1), count.count] == [
        101, 102, 206, 206,
    ]  # fmt: skip


def test_a_chain_of_closures(load: Loader) -> None:
    assert load(module("closures"), {}).call("chain", 5, 1) == 26
    closures, x = load(module("closures"), {}), 3
    counts = list(range(1, 20, 2))
    for _ in range(2):
        for i in range(20):
            if i % 2:
                counts[i // 2] = x = counts[i // 2] + x
            else:
                x += i
    assert closures.call("chain", 20, 3) == x


def _height(keys: list[int]) -> int:
    """Of the search tree to which the keys were added in this order."""
    if not keys:
        return 0
    left, right = [key for key in keys if key < keys[0]], [key for key in keys if key > keys[0]]
    return 1 + max(_height(left), _height(right))


def test_trees(load: Loader) -> None:
    trees = load(module("trees"), {})
    assert [trees.call("sorted"), trees.call("height"), trees.call("has", 7)] == [0, 0, 0]
    keys, seen = [i * i * 2654435761 % 1009 * 10**15 - 5 * 10**17 for i in range(300)], set[int]()
    for key in keys:
        assert trees.call("insert", key) == (key not in seen)
        seen.add(key)
    assert trees.call("sorted") == len(seen)
    assert [trees.call("key", i) for i in range(len(seen))] == sorted(seen)
    assert all(trees.call("has", key) for key in keys)
    assert not any(trees.call("has", key + 1) for key in keys)
    assert trees.call("height") == _height(keys)
    assert [trees.call("perfect", height) for height in (1, 2, 10)] == [1, 6, 1023 * 1024 // 2]


def test_dart_is_decoded_validated_and_translated() -> None:
    """37,656 functions, of which one in two hundred is translated."""
    dart = decode_module(FLET_WEB.read("flet_web/web/main.dart.wasm"))
    validate(dart)
    assert {"gc", "function-references"} <= set(features_used(dart))
    translator = PythonTranslator(check=True)
    program = translator.program(dart, Options())
    defined = range(program.imported_count("func"), len(program.functions))
    assert (len(dart.types), len(defined)) == (13_987, 37_656)
    for index in defined[::200]:
        assert translator.function_code(dart, program, index).co_name == program.functions[index].identifier
