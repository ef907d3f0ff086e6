"""Bounds of integer expressions: the least and the greatest value that an unsigned i32 or i64 can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from wasm2py.runtime.types import LARGEST_ARRAY
from wasm2py.transpile.ir.expr import CONSTS, FIXED_FIELDS, LOCAL_GET, Expr
from wasm2py.transpile.opcodes import OPS, Op

Interval: TypeAlias = tuple[int, int]

FULL: dict[str, Interval] = {"i32": (0, 0xFFFFFFFF), "i64": (0, 0xFFFFFFFFFFFFFFFF)}
SIZES: dict[str, int] = {"i32": 32, "i64": 64}
_ANY: Interval = (0, 0)


def interval(expr: Expr, known: Mapping[int, Interval] | None = None) -> Interval:
    """Bounds of an integer expression; floats and references have (0, 0).

    What is known of variables is given by Var index, or else read from the marks of the `ranges` pass.
    """
    op = expr.op
    if op is LOCAL_GET:
        bounds = expr.range if known is None else known.get(expr.imm.index)
        return bounds or FULL.get(expr.type, _ANY)  # type: ignore[arg-type]
    fixed = _FIXED.get(op)
    if fixed is not None:
        return fixed
    if expr.type not in FULL:
        return _ANY
    if op in CONSTS:
        return expr.imm, expr.imm
    rule = _RULES.get(op)
    result = None if rule is None else rule(expr, [interval(arg, known) for arg in expr.args])
    return FULL[expr.type] if result is None else result


def may_wrap(expr: Expr) -> bool:
    """Whether a sum is one of which nothing is known."""
    return interval(expr) == FULL[expr.type]  # type: ignore[index]


_Rule: TypeAlias = Callable[[Expr, list[Interval]], "Interval | None"]
_RULES: dict[Op, _Rule] = {}
#: What has the same bounds whatever its operands are.
_FIXED: dict[Op, Interval] = {}


def _rule(*names: str) -> Callable[[_Rule], _Rule]:
    """Register for both integer types, or for a full mnemonic."""

    def register(rule: _Rule) -> _Rule:
        for name in names:
            for mnemonic in [name] if "." in name or name == "select" else [f"i32.{name}", f"i64.{name}"]:
                _RULES[OPS[mnemonic]] = rule
        return rule

    return register


def _fits(expr: Expr, low: int, high: int) -> Interval | None:
    """The bounds, unless a value could have wrapped."""
    assert expr.type is not None
    return (low, high) if low >= 0 and high <= FULL[expr.type][1] else None


@_rule("add")
def _add(expr: Expr, args: list[Interval]) -> Interval | None:
    (a, b), (c, d) = args
    size = FULL[expr.type][1] + 1  # type: ignore[index]
    if a + c >= size:  # adding a negative constant
        return a + c - size, b + d - size
    return _fits(expr, a + c, b + d)


@_rule("sub")
def _sub(expr: Expr, args: list[Interval]) -> Interval | None:
    (a, b), (c, d) = args
    return _fits(expr, a - d, b - c)


@_rule("mul")
def _mul(expr: Expr, args: list[Interval]) -> Interval | None:
    (a, b), (c, d) = args
    return _fits(expr, a * c, b * d)


@_rule("and")
def _and(expr: Expr, args: list[Interval]) -> Interval | None:
    (a, b), (c, d) = args
    if c == d:
        length = b.bit_length()
        kept = c & (1 << length) - 1
        if kept + (kept & -kept) == 1 << length:  # only low bits are cleared, if any
            return a & c, b & c
    return 0, min(b, d)


@_rule("or", "xor")
def _or(expr: Expr, args: list[Interval]) -> Interval | None:
    low = max(args[0][0], args[1][0]) if expr.op.mnemonic.endswith(".or") else 0
    return low, (1 << max(args[0][1].bit_length(), args[1][1].bit_length())) - 1


@_rule("shl")
def _shl(expr: Expr, args: list[Interval]) -> Interval | None:
    (a, b), (c, d) = args
    return _fits(expr, a << c, b << d) if d < SIZES[expr.type] else None  # type: ignore[index]


@_rule("shr_u")
def _shr_u(expr: Expr, args: list[Interval]) -> Interval | None:
    (a, b), (c, d) = args
    return (a >> d, b >> c) if d < SIZES[expr.type] else (0, b)  # type: ignore[index]


@_rule("shr_s")
def _shr_s(expr: Expr, args: list[Interval]) -> Interval | None:
    return _shr_u(expr, args) if args[0][1] <= FULL[expr.type][1] >> 1 else None  # type: ignore[index]


@_rule("div_u")
def _div_u(expr: Expr, args: list[Interval]) -> Interval | None:
    (a, b), (c, d) = args
    return (a // d if d else 0), b // max(c, 1)


@_rule("rem_u")
def _rem_u(expr: Expr, args: list[Interval]) -> Interval | None:
    return 0, min(args[0][1], max(args[1][1] - 1, 0))


@_rule("select")
def _select(expr: Expr, args: list[Interval]) -> Interval | None:
    (a, b), (c, d), _ = args
    first, second, condition = expr.args
    if condition.op in _BELOW and _same(condition.args, (first, second)):
        return min(a, c), min(b, d)
    if condition.op in _ABOVE and _same(condition.args, (first, second)):
        return max(a, c), max(b, d)
    return min(a, c), max(b, d)


_BELOW = frozenset(OPS[f"{type_}.{name}"] for type_ in SIZES for name in ("lt_u", "le_u"))
_ABOVE = frozenset(OPS[f"{type_}.{name}"] for type_ in SIZES for name in ("gt_u", "ge_u"))


def _same(exprs: tuple[Expr, ...], others: tuple[Expr, ...]) -> bool:
    """Whether these are the same leaves."""
    return all(
        one.op is other.op and one.imm == other.imm and not one.args for one, other in zip(exprs, others, strict=True)
    )


@_rule("i32.wrap_i64")
def _wrap(expr: Expr, args: list[Interval]) -> Interval | None:
    return _fits(expr, *args[0])


@_rule("i64.extend_i32_u")
def _extend_u(expr: Expr, args: list[Interval]) -> Interval | None:
    return args[0]


@_rule("i64.extend_i32_s")
def _extend_s(expr: Expr, args: list[Interval]) -> Interval | None:
    return args[0] if args[0][1] <= 0x7FFFFFFF else None


def _fixed(op: Op) -> Interval | None:
    if op.family == "compare":
        return 0, 1
    if op.family == "load" and op.mnemonic.endswith("_u"):
        return 0, (1 << 8 * op.width) - 1
    if op.mnemonic.endswith((".clz", ".ctz", ".popcnt")) and op.mnemonic[:3] in SIZES:
        return 0, SIZES[op.mnemonic[:3]]
    if op.family == "vector" and op.results == ("i32",):
        return _of_vector(op)
    if op in _RULES or op in CONSTS or op.results is None or len(op.results) != 1:
        return None
    return FULL.get(op.results[0], _ANY)


def _of_vector(op: Op) -> Interval:
    """What a vector tells as an i32: a lane, or something of all its lanes."""
    shape, _, name = op.mnemonic.partition(".")
    if name.endswith("_true"):
        return 0, 1
    bits, _, lanes = shape[1:].partition("x")
    if name == "bitmask":
        return 0, (1 << int(lanes)) - 1
    return (0, (1 << int(bits)) - 1) if name == "extract_lane_u" else FULL["i32"]


_FIXED.update(
    {
        OPS["ref.eq"]: (0, 1),
        OPS["ref.test"]: (0, 1),
        OPS["ref.test_null"]: (0, 1),
        OPS["i31.get_u"]: (0, 0x7FFFFFFF),
        OPS["array.len"]: (0, LARGEST_ARRAY),
        **dict.fromkeys((OPS["struct.get_u"], FIXED_FIELDS[OPS["struct.get_u"]], OPS["array.get_u"]), (0, 0xFFFF)),
    }
)
_FIXED.update((op, bounds) for op in OPS.values() if (bounds := _fixed(op)) is not None)
