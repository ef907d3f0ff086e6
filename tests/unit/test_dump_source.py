"""Source text of functions: every AST comes back equal from its text, and reads well."""

from __future__ import annotations

import ast

import pytest
from wasm2py.transpile.dump.source import function_source

ROUND_TRIPS = [
    "return a + b & 0xFFFFFFFF",
    "return (a + b) * (c - (d - e)) >> (1 << 2)",
    "return -(-1) + ~a ** -2",
    "return (a if b else c) if d else e",
    "return a < b == (c > d), not (a and b or c)",
    "while (x := f(x)) != 0:\n    x -= 1\nelse:\n    pass",
    "if a:\n    pass\nelif b:\n    return 1\nelse:\n    if c:\n        pass\n    return 2",
    "if a:\n    pass\nelse:\n    while True:\n        break",
    "mem_u32[(a + 4) >> 2] = mem_u8[a]; x, y = f(x, y); (z,) = g()",
    "a = b = (yield_, 1.5e300, 1e-320, 0.1)\nglobal g\ng = b'\\x00\\xff'",
    "try:\n    f()\nexcept (IndexError, Trap) as e:\n    raise\nfinally:\n    g()",
    "for i in range(10):\n    continue\nelse:\n    del a[i]",
    "return a[1:2], a[:], a[1:], a[:n:2], f(*a, k=1, **b), (lambda x: x + 1)(3)",
    "mem[a] = x = -5 & 255 | -9223372036854775808",
    "return (5).bit_length() + (-5).bit_length() + (a + b).real + f(a)(b)[c]",
    "return [x for x in y if x], {1: 2}, {1, 2}, 'a\\'b\\n\"', None, True, ...",
]


def function(body: str) -> ast.FunctionDef:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    node = ast.parse(f"def f(a, b, *c):\n{lines}").body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


@pytest.mark.parametrize("body", ROUND_TRIPS)
def test_source_parses_to_the_same_ast(body: str) -> None:
    node = function(body)
    before = ast.dump(node)
    assert ast.dump(ast.parse(function_source(node)).body[0]) == before


@pytest.mark.parametrize("value", [-1, -65536, -1.5, -0.0, -(2**63)])
def test_negative_constants_keep_their_precedence(value: float) -> None:
    power = ast.BinOp(ast.Constant(value), ast.Pow(), ast.Constant(2))
    node = ast.FunctionDef("f", ast.arguments([], [], None, [], [], None, []), [ast.Return(power)], [])
    source = function_source(node)
    scope: dict[str, object] = {}
    exec(source, scope)
    assert eval("f()", scope) == value**2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a & 4294967295", "a & 0xFFFFFFFF"),
        ("return a ^ 2147483648", "a ^ 0x80000000"),
        ("return a & 255 | 7", "(a & 0xFF) | 7"),
        ("return a + 1 & 255 < b ^ 7", "((a + 1) & 0xFF) < (b ^ 7)"),
        ("return a + 1 >> 2 | b | a << 3", "((a + 1) >> 2) | b | (a << 3)"),
        ("return a * b + 1 < b - a", "a * b + 1 < b - a"),
        ("return a + 65535 + 65536", "a + 65535 + 0x10000"),
        ("return a << 24", "a << 24"),
        ("return f('x')", 'f("x")'),
    ],
)
def test_integers_read_as_what_they_are(body: str, expected: str) -> None:
    assert function_source(function(body)).splitlines()[-1] == f"    return {expected}"


def test_shared_nodes_are_parenthesised_by_where_they_stand() -> None:
    shared = ast.BinOp(ast.Name("a", ast.Load()), ast.Add(), ast.Name("b", ast.Load()))
    body: list[ast.stmt] = [
        ast.Expr(shared),
        ast.Return(ast.Subscript(shared, ast.Constant(0), ast.Load())),
    ]
    node = ast.FunctionDef("f", ast.arguments([], [], None, [], [], None, []), body, [])
    assert "return (a + b)[0]" in function_source(node)


def test_notes_stand_above_their_statements() -> None:
    node = function("if a:\n    a = 1\nelif b:\n    return 2")
    branch = node.body[0]
    assert isinstance(branch, ast.If)
    notes = {id(branch): ["if"], id(branch.body[0]): ["one", "two"], id(branch.orelse[0]): ["elif"]}
    assert function_source(node, notes).splitlines()[1:] == [
        "    # if",
        "    if a:",
        "        # one",
        "        # two",
        "        a = 1",
        "    # elif",
        "    elif b:",
        "        return 2",
    ]


def test_deep_expressions_print_within_any_recursion_limit() -> None:
    deep: ast.expr = ast.Name("a", ast.Load())
    for _ in range(150):
        deep = ast.BinOp(ast.Constant(1), ast.Sub(), deep)
    node = ast.FunctionDef("f", ast.arguments([], [], None, [], [], None, []), [ast.Return(deep)], [])
    assert function_source(node).count("1 - ") == 150
