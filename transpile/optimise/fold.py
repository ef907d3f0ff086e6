"""`fold`: constant folding, algebraic identities and simpler conditions.

Needs nothing; never removes what can trap.
"""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.transpile.ir.bulk import BIT
from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, map_end
from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, NOT, SELECT, Expr, const
from wasm2py.transpile.opcodes import OPS, Op

_BITS = {"i32": 32, "i64": 64}


def fold(function: FunctionIR) -> bool:
    """Rewrite every expression in place, operands first; whether any changed."""
    changed = False
    for block in function.reverse_postorder():
        changed = _fold_block(block) or changed
        changed = _fold_branch(block) or changed
    if changed:
        function.statements_changed()
    return changed


def _fold_block(block: Block) -> bool:
    """Fold every expression of a block; whether any changed."""
    changed = False
    for stmt in block.stmts:
        expr = stmt.expr
        if expr.args and not expr.folded:
            stmt.expr = _fold(expr)
            changed = changed or stmt.expr is not expr
    ends = block.end.exprs
    for expr in ends:
        if expr.args and not expr.folded:
            folded = [_fold(expr) for expr in ends]
            if any(new is not old for new, old in zip(folded, ends, strict=True)):
                block.end = map_end(block.end, folded)
                return True
    return changed


def _fold(expr: Expr) -> Expr:
    if not expr.args or expr.folded:
        return expr
    args = tuple([_fold(arg) if arg.args else arg for arg in expr.args])
    if args != expr.args:
        expr = expr.with_args(args)
    rule = _RULES.get(expr.op)
    if rule is not None:
        expr = rule(expr)
    expr.folded = True
    return expr


def _fold_branch(block: Block) -> bool:
    """Branches test for zero themselves; whether this one does now."""
    before = end = block.end
    while isinstance(end, Branch):
        condition = end.condition
        if condition.op in (_EQZ32, NOT):
            end = Branch(condition.args[0], end.other, end.then)
        elif condition.op is _NE32 and _is_const(condition.args[1], 0):
            end = Branch(condition.args[0], end.then, end.other)
        else:
            break
        block.end = end
    return end is not before


def _is_const(expr: Expr, value: int | None = None) -> bool:
    return expr.op in CONSTS and (value is None or expr.imm == value)


# Rules: instruction → what it becomes.

_RULES: dict[Op, Callable[[Expr], Expr]] = {}
_ADD32, _EQZ32, _NE32 = OPS["i32.add"], OPS["i32.eqz"], OPS["i32.ne"]
_INVERSE = {"eq": "ne", "lt_s": "ge_s", "lt_u": "ge_u", "gt_s": "le_s", "gt_u": "le_u"}
_INVERSE |= {there: back for back, there in _INVERSE.items()}


def inverse(op: Op) -> Op | None:
    """The integer comparison that holds just when `op` does not."""
    type_, _, relation = op.mnemonic.partition(".")
    name = _INVERSE.get(relation)
    return OPS[f"{type_}.{name}"] if name is not None and type_ in _BITS else None


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _by_bits(bits: int) -> dict[str, Callable[[int, int], int]]:
    """The integer operators that cannot trap, on unsigned values."""
    shift = bits - 1
    return {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "and": lambda x, y: x & y,
        "or": lambda x, y: x | y,
        "xor": lambda x, y: x ^ y,
        "shl": lambda x, y: x << (y & shift),
        "shr_u": lambda x, y: x >> (y & shift),
        "shr_s": lambda x, y: _signed(x, bits) >> (y & shift),
        "eq": lambda x, y: x == y,
        "ne": lambda x, y: x != y,
        "lt_u": lambda x, y: x < y,
        "gt_u": lambda x, y: x > y,
        "le_u": lambda x, y: x <= y,
        "ge_u": lambda x, y: x >= y,
        "lt_s": lambda x, y: _signed(x, bits) < _signed(y, bits),
        "gt_s": lambda x, y: _signed(x, bits) > _signed(y, bits),
        "le_s": lambda x, y: _signed(x, bits) <= _signed(y, bits),
        "ge_s": lambda x, y: _signed(x, bits) >= _signed(y, bits),
    }


_COMMUTATIVE = frozenset({"add", "mul", "and", "or", "xor", "eq", "ne"})
_RIGHT_ZERO_IS_LEFT = frozenset({"add", "sub", "or", "xor", "shl", "shr_u", "shr_s"})


def _binary_rule(name: str, bits: int, compute: Callable[[int, int], int]) -> Callable[[Expr], Expr]:
    def rule(expr: Expr) -> Expr:
        left, right = expr.args
        if _is_const(left) and _is_const(right):
            return _result(expr, int(compute(left.imm, right.imm)))
        if _is_const(left) and name in _COMMUTATIVE:
            left, right = right, left
            expr = expr.with_args((left, right))
        if _is_const(right):
            return _right_constant(expr, name, bits)
        if name == "add":
            return _constants_outside(expr)
        return _without_opposites(expr) if name == "sub" else expr

    return rule


def _without_opposites(expr: Expr) -> Expr:
    """y + (x - y) → x, and (x + y) - y, however deep in a sum."""
    left, right = expr.args
    if not left.variables & right.variables:
        return expr
    for term in left.reads():
        if right.variables >> term.imm.index & 1:
            less = _less(expr, term, True)
            rest = None if less is None else _less(less, term, False)
            if rest is not None:
                return rest
    return expr


def _less(sum_: Expr, term: Expr, positive: bool) -> Expr | None:
    """A sum without one such term, which it adds (or else subtracts); None where it has none."""
    if not sum_.variables & term.variables or sum_.op.mnemonic not in _SUMS:
        return None
    left, right = sum_.args
    subtracts = sum_.op.mnemonic.endswith("sub")
    if positive is not subtracts and right.op is LOCAL_GET and right.imm is term.imm:
        return left
    if positive and not subtracts and left.op is LOCAL_GET and left.imm is term.imm:
        return right
    rest = _less(left, term, positive)
    if rest is not None:
        return sum_.with_args((rest, right))
    rest = _less(right, term, positive is not subtracts)
    return None if rest is None else sum_.with_args((left, rest))


_SUMS = frozenset({"i32.add", "i32.sub", "i64.add", "i64.sub"})


def _constants_outside(expr: Expr) -> Expr:
    """x + (y + a) → (x + y) + a, and (x + a) + y likewise: constants meet at the root of a sum."""
    left, right = expr.args
    if right.op is expr.op and _is_const(right.args[1]):
        inner = _constants_outside(expr.with_args((left, right.args[0])))
        return _add_rule(expr.with_args((inner, right.args[1])))
    if left.op is expr.op and _is_const(left.args[1]) and right.depth < left.depth:  # no tree gets deeper
        inner = _without_opposites(expr.with_args((left.args[0], right)))
        return _add_rule(expr.with_args((inner, left.args[1])))
    return _without_opposites(expr)


def _result(expr: Expr, value: int) -> Expr:
    assert expr.type is not None
    return const(expr.type, value & ((1 << _BITS[expr.type]) - 1), expr.offset)


def _right_constant(expr: Expr, name: str, bits: int) -> Expr:
    """Identities of x op constant."""
    left, right = expr.args
    value, full = right.imm, (1 << bits) - 1
    if (
        (value == 0 and name in _RIGHT_ZERO_IS_LEFT)
        or (value == 1 and name == "mul")
        or (value == full and name == "and")
    ):
        return left
    if value == 0 and name in ("and", "mul") and not left.effects:
        return _result(expr, 0)
    if name == "sub":
        # One way to say it: adding is folded further.
        return _add_rule(Expr(OPS[f"{expr.type}.add"], expr.type, (left, _negative(right, full)), None, expr.offset))
    if name == "add":
        return _add_rule(expr)
    if name in ("eq", "ne"):
        return _equal_rule(expr)
    if name == "xor" and value == 0x80 and left.op is _ADD32 and _is_const(left.args[1], value):
        return _byte_again(expr, left.args[0])
    if name == "and" and left.op is OPS[f"{expr.type}.add"] and _is_const(left.args[1]):
        return _masked_sum(expr, full)
    return expr


def _byte_again(expr: Expr, signed: Expr) -> Expr:
    """(byte + 128) ^ 128 of a signed byte is the unsigned one."""
    if signed.op is not OPS["i32.extend8_s"]:
        return expr
    return Expr(OPS["i32.and"], "i32", (signed.args[0], const("i32", 255, expr.offset)), None, expr.offset)


def _masked_sum(expr: Expr, full: int) -> Expr:
    """Of a constant that is added before low bits are taken only those bits count: the least of its forms is best."""
    left, right = expr.args
    size = right.imm + 1
    if right.imm & size or right.imm == full:
        return expr
    constant = left.args[1].imm % size
    constant = (constant - size) & full if constant > size >> 1 else constant
    if constant == left.args[1].imm:
        return expr
    reduced = left.args[0] if not constant else left.with_args((left.args[0], _result(left, constant)))
    return expr.with_args((reduced, right))


def _negative(constant: Expr, full: int) -> Expr:
    assert constant.type is not None
    return const(constant.type, -constant.imm & full, constant.offset)


def _add_rule(expr: Expr) -> Expr:
    """(x + a) + b → x + (a + b)."""
    left, right = expr.args
    if left.op is expr.op and _is_const(left.args[1]):
        total = _result(expr, left.args[1].imm + right.imm)
        return left.args[0] if total.imm == 0 else expr.with_args((left.args[0], total))
    return expr


def _equal_rule(expr: Expr) -> Expr:
    """x + a = b → x = b - a."""
    left, right = expr.args
    if left.op.mnemonic == f"{left.type}.add" and _is_const(left.args[1]):
        return expr.with_args((left.args[0], _result(right, right.imm - left.args[1].imm)))
    return expr


def _eqz(expr: Expr) -> Expr:
    """Not of a comparison is the inverse comparison."""
    arg = expr.args[0]
    if _is_const(arg):
        return const("i32", int(arg.imm == 0), expr.offset)
    if arg.op.mnemonic in ("i32.eqz", "i64.eqz"):
        tested = arg.args[0]
        assert tested.type is not None
        return Expr(OPS[f"{tested.type}.ne"], "i32", (tested, const(tested.type, 0, expr.offset)), None, expr.offset)
    opposite = inverse(arg.op)
    if opposite is not None:
        return Expr(opposite, "i32", arg.args, None, expr.offset)
    return expr


def _select(expr: Expr) -> Expr:
    first, second, condition = expr.args
    if _is_const(condition):
        return first if condition.imm else second
    if condition.op is _EQZ32:
        return expr.with_args((second, first, condition.args[0]))
    return expr


def _ctz(expr: Expr) -> Expr:
    """Where the only bit is."""
    return expr.args[0].args[0] if expr.args[0].op is BIT else expr


def _extract_lane(expr: Expr) -> Expr:
    """Every lane of a splat of bytes is the number's lowest byte."""
    if expr.args[0].op is not _SPLAT:
        return expr
    return Expr(OPS["i32.and"], "i32", (expr.args[0].args[0], const("i32", 255, expr.offset)), None, expr.offset)


def _wrap(expr: Expr) -> Expr:
    """The low half of an extended i32 is that i32."""
    arg = expr.args[0]
    if arg.op.mnemonic in ("i64.extend_i32_s", "i64.extend_i32_u"):
        return arg.args[0]
    return const("i32", arg.imm & 0xFFFFFFFF, expr.offset) if _is_const(arg) else expr


def _extend(expr: Expr) -> Expr:
    arg = expr.args[0]
    if not _is_const(arg):
        return expr
    value = _signed(arg.imm, 32) if expr.op.mnemonic.endswith("_s") else arg.imm
    return _result(expr, value)


#: The lanes of a shuffle that half of a vector gives: whether it is the second operand's, and which half.
_HALVES = {bytes(range(8 * part, 8 * part + 8)): (part >> 1, ("low", "high")[part & 1]) for part in range(4)}


def _extend_lanes(expr: Expr) -> Expr:
    """Half of a vector is made wider where it is: compilers move an upper half down first."""
    shuffle = expr.args[0]
    found = _HALVES.get(shuffle.imm[:8]) if shuffle.op is _SHUFFLE else None
    if found is None or shuffle.args[not found[0]].effects:
        return expr
    which, half = found
    op = OPS[expr.op.mnemonic.replace("_low_", f"_{half}_")]
    return Expr(op, "v128", (shuffle.args[which],), None, expr.offset)


_SHUFFLE, _SPLAT = OPS["i8x16.shuffle"], OPS["i8x16.splat"]


def _register() -> None:
    for type_, bits in _BITS.items():
        for name, compute in _by_bits(bits).items():
            _RULES[OPS[f"{type_}.{name}"]] = _binary_rule(name, bits, compute)
        _RULES[OPS[f"{type_}.eqz"]] = _eqz
    _RULES[OPS["i32.ctz"]] = _ctz
    _RULES[OPS["i8x16.extract_lane_u"]] = _extract_lane
    _RULES[SELECT] = _select
    for op in OPS.values():
        if ".extend_low_" in op.mnemonic:
            _RULES[op] = _extend_lanes
    _RULES[OPS["i32.wrap_i64"]] = _wrap
    _RULES[OPS["i64.extend_i32_s"]] = _RULES[OPS["i64.extend_i32_u"]] = _extend


_register()
