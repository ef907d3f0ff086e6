"""What vector instructions ask of bytes that were loaded: which of them set a lane, and so end a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from wasm2py.transpile.ir.expr import CONSTS, LOCAL_GET, Expr, Var
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise.bulk.turn import Access

_LOAD, _SPLAT = OPS["v128.load"], OPS["i8x16.splat"]
_EVERY = (1 << 256) - 1
_ONES = (1 << 128) // 255
#: Comparisons with a byte: whether they hold, of both as unsigned numbers.
_RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
    "lt": lambda x, y: x < y,
    "le": lambda x, y: x <= y,
    "gt": lambda x, y: x > y,
    "ge": lambda x, y: x >= y,
}
_SWAPPED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


class Wanted(NamedTuple):
    """Bytes: a bit set of values, and variables, whose lowest byte is meant (in a v128 all are the same)."""

    values: int
    variables: frozenset[Var] = frozenset()

    def either(self, other: Wanted) -> Wanted:
        """The bytes of both."""
        return Wanted(self.values | other.values, self.variables | other.variables)


NONZERO, ZERO = Wanted(_EVERY ^ 1), Wanted(1)
NEGATIVE, NOT_NEGATIVE = Wanted(_EVERY >> 128 << 128), Wanted(_EVERY >> 128)


class Lanes(NamedTuple):
    """A vector of bytes: what it was loaded from, and which bytes there set a lane.

    A mask's lane is all ones if any of the bytes is `wanted` (if `inverse`: unless any is), else zero. What is no mask
    (`wanted` is None) was loaded; of several loads it is each time the least byte.
    """

    loads: tuple[Access, ...]
    wanted: Wanted | None = None
    inverse: bool = False

    def mask(self, inverse: bool) -> Wanted | None:
        """The bytes of a mask of which any sets a lane, or of which any leaves one zero."""
        if self.wanted is None or self.inverse == inverse:
            return self.wanted
        alone = len(self.loads) == 1 and not self.wanted.variables
        return Wanted(_EVERY ^ self.wanted.values) if alone else None

    def set_by(self, raw: Wanted) -> Wanted | None:
        """The bytes of which any sets a lane; `raw` are those that do where no mask is."""
        if self.wanted is None:
            return raw if len(self.loads) == 1 else None
        return self.mask(False)

    def cleared_by(self) -> Wanted | None:
        """The bytes of which any makes a lane zero."""
        return ZERO if self.wanted is None else self.mask(True)


#: The byte that all lanes of a variable have: a number, or only the variable; None if lanes can differ.
Uniform: TypeAlias = Callable[[Var], "int | Var | None"]


class Reader:
    """Reads vectors within a turn of a loop: `known` are those in variables that it has assigned, None if not known.

    `load` tells where something was loaded from; `uniform` is about variables from outside.
    """

    def __init__(self, load: Callable[[Expr], Access | None], uniform: Uniform) -> None:
        self.known: dict[Var, Lanes | None] = {}
        self._load = load
        self._uniform = uniform

    def lanes(self, expr: Expr) -> Lanes | None:
        """What a vector is, if it is made of loaded bytes."""
        if expr.op is LOCAL_GET:
            return self.known.get(expr.imm)
        if expr.op is _LOAD:
            access = self._load(expr)
            return None if access is None else Lanes((access,))
        rule = _RULES.get(expr.op.mnemonic)
        if rule is not None:
            return rule(self, expr)
        shape, _, relation = expr.op.mnemonic.partition(".")
        name, _, sign = relation.partition("_")
        return self._compared(expr, name, sign == "s") if shape == "i8x16" and name in _RELATIONS else None

    def _compared(self, expr: Expr, name: str, signed: bool) -> Lanes | None:
        left, right = map(self.lanes, expr.args)
        if (left is None) == (right is None):
            return None
        lanes, other = (left, expr.args[1]) if left is not None else (right, expr.args[0])
        byte = self._byte(other)
        assert lanes is not None
        if byte is None:
            return None
        return _compared_with(lanes, name if left is not None else _SWAPPED[name], byte, 128 if signed else 0)

    def _byte(self, expr: Expr) -> int | Var | None:
        """What all lanes of a vector are that is the same in each turn."""
        if expr.op in CONSTS:
            return uniform_byte(expr.imm)
        if expr.op is _SPLAT:
            expr = expr.args[0]
            if expr.op in CONSTS:
                byte: int = expr.imm & 255
                return byte
            return expr.imm if expr.op is LOCAL_GET and self._uniform(expr.imm) is not None else None
        return self._uniform(expr.imm) if expr.op is LOCAL_GET else None


def uniform_byte(vector: int) -> int | None:
    """The byte that is in all lanes, if that is so."""
    return vector & 255 if vector == (vector & 255) * _ONES else None


def _compared_with(lanes: Lanes, name: str, byte: int | Var, flip: int) -> Lanes | None:
    """Where lanes are so related to one byte; `flip` is 128 for signed numbers."""
    if lanes.wanted is not None:
        flips = {"eq": True, "ne": False}.get(name)
        return None if byte != 0 or flips is None else lanes._replace(inverse=lanes.inverse != flips)
    if isinstance(byte, Var):
        wanted = Wanted(0, frozenset({byte})) if name in ("eq", "ne") and len(lanes.loads) == 1 else None
    elif len(lanes.loads) > 1:
        wanted = ZERO if byte == 0 and name in ("eq", "ne") else None
    else:
        holds = _RELATIONS["eq" if name == "ne" else name]
        wanted = Wanted(sum(1 << value for value in range(256) if holds(value ^ flip, byte ^ flip)))
    return None if wanted is None else Lanes(lanes.loads, wanted, name == "ne")


def _either(reader: Reader, expr: Expr, inverse: bool = False) -> Lanes | None:
    """One mask or the other; `inverse`: both, which is not so where either is not."""
    left, right = map(reader.lanes, expr.args)
    if left is None or right is None:
        return None
    one, other = left.mask(inverse), right.mask(inverse)
    if one is None or other is None:
        return None
    if set(left.loads) == set(right.loads) or one == other:
        loads = (*left.loads, *(load for load in right.loads if load not in left.loads))
        return Lanes(loads, one.either(other), inverse)
    return None


def _not(reader: Reader, expr: Expr) -> Lanes | None:
    lanes = reader.lanes(expr.args[0])
    return None if lanes is None or lanes.wanted is None else lanes._replace(inverse=not lanes.inverse)


def _least(reader: Reader, expr: Expr) -> Lanes | None:
    left, right = map(reader.lanes, expr.args)
    if left is None or right is None or left.wanted is not None or right.wanted is not None:
        return None
    return Lanes(left.loads + right.loads)


_RULES: Mapping[str, Callable[[Reader, Expr], Lanes | None]] = {
    "v128.or": _either,
    "v128.and": lambda reader, expr: _either(reader, expr, True),
    "v128.not": _not,
    "i8x16.min_u": _least,
}
