"""What `forget` adds to the loops of a function, as text."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from translation import outcome, program_of, python
from wasm2py.runtime.instance import instantiate
from wasm2py.transpile.emit.forget import forget


def forgetful(source: str) -> str:
    """A function's source after the pass."""
    tree = ast.parse(dedent(source))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    forget(function)
    return ast.unparse(tree)


def same(source: str) -> str:
    return ast.unparse(ast.parse(dedent(source)))


CASES = {
    "what a loop's else reads stays": (
        """
        def f(n):
            while n:
                x = n * 2
                y = x + 1
                n = y - 3
                if n == 7:
                    break
            else:
                return x
            return n
        """,
        """
        def f(n):
            while n:
                x = n * 2
                y = x + 1
                n = y - 3
                if n == 7:
                    break
                y = None
            else:
                return x
            return n
        """,
    ),
    "at the end of a turn": (
        """
        def f(n):
            while n:
                x = n * 2
                n = x - 3
        """,
        """
        def f(n):
            while n:
                x = n * 2
                n = x - 3
                x = None
        """,
    ),
    "what the next turn, the test or the end reads stays": (
        """
        def f(n):
            x = y = 0
            while y < n:
                z = x
                x = y + z
                y = y + 1
                last = x
            return last
        """,
        """
        def f(n):
            x = y = 0
            while y < n:
                z = x
                x = y + z
                y = y + 1
                last = x
                z = None
            return last
        """,
    ),
    "what only the way out reads": (
        """
        def f(n):
            while True:
                x = n * 2
                if x > 9:
                    break
                n += 1
            return x
        """,
        """
        def f(n):
            while True:
                x = n * 2
                if x > 9:
                    break
                n += 1
                x = None
            return x
        """,
    ),
    "before continue, and not where the end is not reached": (
        """
        def f(n):
            while True:
                x = n * 2
                if x > 9:
                    n += 1
                    continue
                return x
        """,
        """
        def f(n):
            while True:
                x = n * 2
                if x > 9:
                    n += 1
                    x = None
                    continue
                return x
        """,
    ),
    "inner loops": (
        """
        def f(n):
            while n:
                m = n
                while m:
                    x = m & 7
                    m -= x + 1
                n -= 1
        """,
        """
        def f(n):
            while n:
                m = n
                while m:
                    x = m & 7
                    m -= x + 1
                    x = None
                n -= 1
                m = x = None
        """,
    ),
    "globals, and what an expression assigns before it reads": (
        """
        def f(n):
            global counter
            while n:
                counter = n
                n = (t if not (t := mem[n]) & 3 else g(t)) - counter
        """,
        """
        def f(n):
            global counter
            while n:
                counter = n
                n = (t if not (t := mem[n]) & 3 else g(t)) - counter
                t = None
        """,
    ),
    "for": (
        """
        def f(n):
            for i in range(n):
                x = mem[i]
                mem[x] = i
            return x
        """,
        """
        def f(n):
            for i in range(n):
                x = mem[i]
                mem[x] = i
                i = None
            return x
        """,
    ),
    "anything else": (
        """
        def f(n):
            while n:
                x = n
                with n:
                    n = x
        """,
        """
        def f(n):
            while n:
                x = n
                with n:
                    n = x
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_forgets(name: str) -> None:
    before, after = CASES[name]
    assert forgetful(before) == same(after)


WAT = """(module (func (export "f") (param i32) (result i32) (local i32 i32)
    (loop $again
        (local.set 1 (i32.mul (local.get 0) (i32.const 3)))
        (local.set 2 (i32.add (local.get 2) (i32.xor (local.get 1) (i32.shl (local.get 1) (i32.const 2)))))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 2)))"""


def test_only_in_the_portable_dialect_and_unless_disabled() -> None:
    assert "None" in python(WAT, dialect="portable")
    assert "None" not in python(WAT)
    assert "None" not in python(WAT, dialect="portable", disabled=("forget",))


@pytest.mark.parametrize("disabled", [(), ("forget",)])
def test_changes_nothing(disabled: tuple[str, ...]) -> None:
    translator, module, program = program_of(WAT, "portable", disabled)
    instance = instantiate(program, lambda unit: translator.unit(module, program, unit))
    assert outcome(instance, "f", 10) == sum(n * 3 ^ n * 12 for n in range(1, 11))


def test_what_is_read_where_an_else_leaves_the_loop_around_stays() -> None:
    source = """
        def f(n):
            while True:
                for i in range(n):
                    x = i * 2
                    if x == 6:
                        return i
                else:
                    break
            return x
    """
    assert "x = None" not in forgetful(source)
