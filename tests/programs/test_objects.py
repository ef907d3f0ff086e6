"""Programs of garbage-collected objects: examples of our own, and a whole application that Dart's compiler made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import wasm2py
from programs.downloads import FLET_WEB
from wasm2py.runtime.program import Options
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.translate import PythonTranslator
from wasm2py.transpile.usage import features_used
from wasm2py.transpile.validate import validate

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(params=["cpython", "portable"])
def engine(request: pytest.FixtureRequest) -> wasm2py.Engine:
    return wasm2py.Engine(wasm2py.Config(cache=None, dialect=request.param))


def exports(name: str, engine: wasm2py.Engine) -> Any:
    return wasm2py.load((EXAMPLES / f"{name}.wasm").read_bytes(), engine=engine).exports


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
def test_lisp(text: str, value: int, engine: wasm2py.Engine) -> None:
    lisp = exports("lisp", engine)
    lisp.memory.write(lisp.input(), text.encode())
    assert lisp.evaluate(len(text)) == value


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


def test_dart_is_decoded_validated_and_translated() -> None:
    """37,656 functions, of which one in two hundred is translated."""
    module = decode_module(FLET_WEB.read("flet_web/web/main.dart.wasm"))
    validate(module)
    assert {"gc", "function-references"} <= set(features_used(module))
    translator = PythonTranslator(check=True)
    program = translator.program(module, Options())
    defined = range(program.imported_count("func"), len(program.functions))
    assert (len(module.types), len(defined)) == (13_987, 37_656)
    for index in defined[::200]:
        assert translator.function_code(module, program, index).co_name == program.functions[index].identifier
