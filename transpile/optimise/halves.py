"""`halves`: what is done to bytes as 16-bit lanes is done to the even and the odd ones, not to the lower and the upper.

Compilers make sixteen bytes two vectors of eight lanes, calculate with each, and put the results together again. In one
integer the even bytes are 16-bit lanes as they stand, and so are the odd ones, moved down by eight bits; it takes no
more to put them together. So where both halves are calculated with alike, lane by lane, they are so divided.

Needs whole expressions (`inline`).
"""

from __future__ import annotations

from wasm2py.transpile.ir.cfg import FunctionIR, map_end
from wasm2py.transpile.ir.expr import CONSTS, EVEN, LOCAL_GET, ODD, SCALED, ZIPPED, ZIPPED_FITTING, Expr, Var, const
from wasm2py.transpile.opcodes import OPS

_LOW, _HIGH = OPS["i16x8.extend_low_i8x16_u"], OPS["i16x8.extend_high_i8x16_u"]
_TIMES_LOW, _TIMES_HIGH = OPS["i16x8.extmul_low_i8x16_u"], OPS["i16x8.extmul_high_i8x16_u"]
_NARROW, _SHUFFLE = OPS["i8x16.narrow_i16x8_u"], OPS["i8x16.shuffle"]
_MUL, _AND, _SHIFTED, _SPLAT = OPS["i16x8.mul"], OPS["v128.and"], OPS["i16x8.shr_u"], OPS["i16x8.splat"]
#: The lower bytes of the lanes of two vectors.
_LOWER_BYTES = bytes(range(0, 32, 2))
_ONES = (1 << 128) // 65535
_BYTES = _ONES * 255
#: What is done to each lane by itself.
_LANEWISE = frozenset(
    OPS[name]
    for name in (
        *("v128.not", "v128.and", "v128.andnot", "v128.or", "v128.xor", "v128.bitselect", "i16x8.neg", "i16x8.abs"),
        *(f"i16x8.{name}" for name in ("add", "sub", "mul", "shl", "shr_s", "shr_u", "avgr_u", "q15mulr_sat_s", "eq")),
        *(f"i16x8.{name}_s" for name in ("min", "max", "add_sat", "sub_sat", "lt", "le", "gt", "ge")),
        *(f"i16x8.{name}_u" for name in ("min", "max", "add_sat", "sub_sat", "lt", "le", "gt", "ge")),
        "i16x8.ne",
    )
)  # fmt: skip
Pair = tuple[Expr, Expr]


def divide_by_parity(function: FunctionIR) -> bool:
    """Rewrite such expressions in place; whether there were any."""
    if not any(variable.type == "v128" for variable in function.variables):
        return False
    halves, changed = _Halves(function), False
    for block in function.reverse_postorder():
        for stmt in block.stmts:
            expr = halves.rewritten(stmt.expr)
            changed = changed or expr is not stmt.expr
            stmt.expr = expr
        ends = block.end.exprs
        rewritten = [halves.rewritten(expr) for expr in ends]
        if any(new is not old for new, old in zip(rewritten, ends, strict=True)):
            block.end, changed = map_end(block.end, rewritten), True
    return changed


class _Halves:
    def __init__(self, function: FunctionIR) -> None:
        self._function = function
        self._uniform: dict[Var, bool] | None = None

    def rewritten(self, expr: Expr) -> Expr:
        """An expression with all that puts halves together rewritten, where it can be."""
        if not expr.args:
            return expr
        args = tuple([self.rewritten(arg) for arg in expr.args])
        if any(new is not old for new, old in zip(args, expr.args, strict=True)):
            expr = expr.with_args(args)
        if expr.op is _NARROW or (expr.op is _SHUFFLE and expr.imm == _LOWER_BYTES):
            pair = self._pair(*expr.args)
            if pair is not None:
                return _joined(expr, *pair)
        return expr

    def _pair(self, low: Expr, high: Expr) -> Pair | None:
        """The even and the odd lanes that two expressions for the lower and the upper ones are."""
        if self._is_uniform(low):
            return (low, low) if _same(low, high) else None
        if low.op is _LOW and high.op is _HIGH:
            return _by_parity(low.args[0], high.args[0])
        if low.op is _TIMES_LOW and high.op is _TIMES_HIGH:
            return self._products(low, high)
        if low.op is not high.op or low.op not in _LANEWISE:
            return None
        pairs: list[Pair] = []
        for one, other in zip(low.args, high.args, strict=True):
            pair = self._pair(one, other) if one.type == "v128" else (one, other) if _same(one, other) else None
            if pair is None:
                return None
            pairs.append(pair)
        even, odd = (low.with_args(tuple(pair[which] for pair in pairs)) for which in (0, 1))
        return (self._scaled(even), self._scaled(odd)) if low.op is _MUL else (even, odd)

    def _products(self, low: Expr, high: Expr) -> Pair | None:
        """Products of bytes, if one factor is the same for all: others are multiplied as quickly before they move."""
        for one, factor in (low.args, low.args[::-1]):
            if factor.op not in CONSTS or factor.imm != (factor.imm & 255) * (_ONES * 257):
                continue
            pair = _by_parity(one, high.args[low.args.index(one)])
            if pair is None or not _same(factor, high.args[low.args.index(factor)]):
                return None
            wide = const("v128", (factor.imm & 255) * _ONES, factor.offset)
            even, odd = (Expr(SCALED, "v128", (half, wide), None, low.offset) for half in pair)
            return even, odd
        return None

    def _scaled(self, product: Expr) -> Expr:
        """A product of bytes with one number."""
        for lanes, factor in (product.args, product.args[::-1]):
            if _fits(lanes) and self._is_uniform(factor):
                return Expr(SCALED, "v128", (lanes, factor), None, product.offset)
        return product

    def _is_uniform(self, expr: Expr) -> bool:
        """Whether all lanes of 16 bits are the same."""
        if expr.op in CONSTS:
            return _is_repeated(expr.imm)
        return expr.op is LOCAL_GET and self._uniform_variables().get(expr.imm, False)

    def _uniform_variables(self) -> dict[Var, bool]:
        """The variables that are assigned: whether they only ever have such vectors."""
        if self._uniform is None:
            self._uniform = dict.fromkeys(self._function.params, False)
            for block in self._function.reverse_postorder():
                for stmt in block.stmts:
                    expr = stmt.expr
                    uniform = expr.op is _SPLAT or (
                        expr.type == "v128" and expr.op in CONSTS and _is_repeated(expr.imm)
                    )
                    for target in stmt.targets:
                        self._uniform[target] = uniform and self._uniform.get(target, True)
        return self._uniform


def _is_repeated(vector: int) -> bool:
    return vector == (vector & 65535) * _ONES


def _by_parity(low: Expr, high: Expr) -> Pair | None:
    """The even and the odd bytes of a variable."""
    if low.op is not LOCAL_GET or not _same(low, high):
        return None
    return Expr(EVEN, "v128", (low,), None, low.offset), Expr(ODD, "v128", (low,), None, low.offset)


def _same(one: Expr, other: Expr) -> bool:
    """Whether two expressions are the same, and have always the same value."""
    if one.effects or one.op is not other.op or one.imm != other.imm:
        return False
    return all(_same(arg, other_arg) for arg, other_arg in zip(one.args, other.args, strict=True))


def _joined(expr: Expr, even: Expr, odd: Expr) -> Expr:
    """The bytes in turn; `expr` makes them of halves: it cuts what does not fit, or takes the number next to it."""
    fitting = _fits(even) and _fits(odd)
    if expr.op is _NARROW and not fitting:
        return Expr(ZIPPED, "v128", (even, odd), None, expr.offset)
    if not fitting:
        even, odd = (
            Expr(_AND, "v128", (half, const("v128", _BYTES, expr.offset)), None, expr.offset) for half in (even, odd)
        )
    return Expr(ZIPPED_FITTING, "v128", (even, odd), None, expr.offset)


def _fits(lanes: Expr) -> bool:
    """Whether all 16-bit lanes are less than 256."""
    if lanes.op in CONSTS:
        return not lanes.imm & ~_BYTES
    if lanes.op is _SHIFTED:
        return lanes.args[1].op in CONSTS and lanes.args[1].imm & 15 >= 8
    return lanes.op in (EVEN, ODD) or (lanes.op is _AND and any(map(_fits, lanes.args)))
