"""Globals that hold an aligned address whatever the module does: above all the stack pointer of compiled programs.

A global can be trusted that only this module can write, that starts aligned, and that every `global.set` keeps
aligned if it was before. The proof follows the operand of each `global.set` back to where it comes from, with no regard
to control flow: a local is as aligned as the worst value that it is ever given.

Every function has to be read for it, so it is best done on the way, while they are validated (`AlignedGlobals.look`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from wasm2py.transpile.decode import decode_body
from wasm2py.transpile.module import Function, Instr, Module
from wasm2py.transpile.opcodes import OPS, Op

#: C's stack is aligned to 16 bytes; more is of no use to any access.
_WANTED = 4
#: Programs have one such global or two.
_MOST_CANDIDATES = 4
_ZERO = 64

_SET_GLOBAL = OPS["global.set"]
_ASSIGNMENTS = frozenset({OPS["local.set"], OPS["local.tee"]})


def aligned_globals(module: Module) -> dict[int, int]:
    """globalidx → how many low bits of its value are always zero, for the globals of which that can be shown."""
    if module.aligned_globals is not None:
        return module.aligned_globals
    found = AlignedGlobals(module)
    for function in module.functions:
        if found.concerns(function):
            found.look(function, decode_body(module, function))
    return found.result()


class AlignedGlobals:
    """The proof for one module: every function has to be looked at."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.candidates = _candidates(module)
        #: globalidx → the globals that its proof takes to be aligned.
        self.leans_on: dict[int, set[int]] = {index: set() for index in self.candidates}
        self._sets = _sets(self.candidates)

    def concerns(self, function: Function) -> bool:
        """Whether the bytes of a `global.set` stand anywhere in a body (as they may by chance)."""
        return self._sets.search(self.module.data, function.start, function.end) is not None

    def look(self, function: Function, body: Sequence[Instr]) -> None:
        """Take out the candidates that a function does not keep aligned."""
        if not self.concerns(function):
            return
        params = len(self.module.function_type(function.type_index).params)
        for position, (op, index, _) in enumerate(body):
            if op is _SET_GLOBAL and index in self.candidates:
                origin = _Origin(body, params, self.candidates, self.candidates[index])
                if origin.is_aligned(position - 1):
                    self.leans_on[index] |= origin.globals
                else:
                    del self.candidates[index]
                    self._sets = _sets(self.candidates)

    def result(self) -> dict[int, int]:
        """The globals of which it is shown, when every function has been looked at."""
        while True:
            unproven = [index for index in self.candidates if not self.leans_on[index] <= self.candidates.keys()]
            if not unproven:
                return self.candidates
            for index in unproven:
                del self.candidates[index]


def _sets(candidates: Iterable[int]) -> re.Pattern[bytes]:
    """What the bytes of a `global.set` of one of these begin with: an index is one byte, or more, all but the last of
    which have their top bit set.
    """
    first = bytes(byte for index in candidates for byte in (index & 0x7F | 0x80, min(index, 0xFF)))
    return re.compile(re.escape(bytes((_SET_GLOBAL.code,))) + b"[" + re.escape(first) + b"]") if first else _NEVER


_NEVER = re.compile(b"(?!)")


def _candidates(module: Module) -> dict[int, int]:
    """The globals that might be: globalidx → how many low bits are zero at first."""
    exported = {item.index for item in module.exports if item.kind == "global"}
    found: dict[int, int] = {}
    for index, item in enumerate(module.globals, len(module.imported("global"))):
        if item.type.mutable and item.type.valtype == "i32" and index not in exported and len(item.init) == 1:
            op, value, _ = item.init[0]
            zeros = min(_trailing(value), _WANTED) if op is OPS["i32.const"] else 0
            if zeros >= 2 and len(found) < _MOST_CANDIDATES:
                found[index] = zeros
    return found


def _trailing(value: int) -> int:
    return (value & -value).bit_length() - 1 if value else _ZERO


class _Origin:
    """Where one value comes from, in a function's instructions.

    `pending` are instructions whose results must be multiples of 2**zeros, too; `globals` those that are taken to be.
    """

    def __init__(self, body: Sequence[Instr], params: int, candidates: dict[int, int], zeros: int) -> None:
        self.body = body
        self.params = params
        self.candidates = candidates
        self.zeros = zeros
        self.pending: list[int] = []
        self.locals: set[int] = set()
        self.globals: set[int] = set()

    def is_aligned(self, position: int) -> bool:
        """Whether the result of the instruction at a position is a multiple of 2**zeros for certain."""
        self.pending = [position]
        while self.pending:
            position = self.pending.pop()
            rule = _RULES.get(self.body[position][0]) if position >= 0 else None
            if rule is None or not rule(self, position, self.body[position][1]):
                return False
        return True

    def start(self, position: int) -> int:
        """Where the expression begins whose last instruction is at a position; -1 where that is not plain to see."""
        wanted = 1
        while position >= 0:
            op = self.body[position][0]
            params, results = _ARITY.get(op, (op.params, op.results))
            if params is None or results is None or len(results) != 1:
                return -1
            wanted += len(params) - 1
            if not wanted:
                return position
            position -= 1
        return -1


_Rule: TypeAlias = Callable[[_Origin, int, Any], bool]

#: The operands and results of instructions whose types depend on the function's.
_ARITY: dict[Op, tuple[tuple[str, ...], tuple[str, ...]]] = {
    OPS["local.get"]: ((), ("i32",)),
    OPS["local.tee"]: (("i32",), ("i32",)),
    OPS["global.get"]: ((), ("i32",)),
}


def _const(origin: _Origin, position: int, value: int) -> bool:
    return _trailing(value) >= origin.zeros


def _local_get(origin: _Origin, position: int, local: int) -> bool:
    """Whatever is assigned to the local anywhere must be aligned."""
    if local < origin.params:
        return False
    if local not in origin.locals:
        origin.locals.add(local)
        origin.pending += [
            at - 1 for at, (op, assigned, _) in enumerate(origin.body) if op in _ASSIGNMENTS and assigned == local
        ]
    return True


def _local_tee(origin: _Origin, position: int, local: int) -> bool:
    origin.pending.append(position - 1)
    return True


def _global_get(origin: _Origin, position: int, index: int) -> bool:
    origin.globals.add(index)
    return origin.candidates.get(index, 0) >= origin.zeros


def _both(origin: _Origin, position: int, _: None) -> bool:
    """Sums and differences of multiples are multiples."""
    start = origin.start(position - 1)
    origin.pending += (position - 1, start - 1)
    return start > 0


def _and(origin: _Origin, position: int, _: None) -> bool:
    """A mask does it alone."""
    op, mask, _offset = origin.body[position - 1]
    return (op is OPS["i32.const"] and _trailing(mask) >= origin.zeros) or _both(origin, position, None)


_RULES: dict[Op, _Rule] = {
    OPS["i32.const"]: _const,
    OPS["local.get"]: _local_get,
    OPS["local.tee"]: _local_tee,
    OPS["global.get"]: _global_get,
    OPS["i32.add"]: _both,
    OPS["i32.sub"]: _both,
    OPS["i32.and"]: _and,
}
