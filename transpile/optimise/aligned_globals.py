"""Globals that hold an aligned address whatever the module does: above all the stack pointer of compiled programs.

A global can be trusted that only this module can write, that starts aligned, and that every `global.set` keeps
aligned if it was before. The proof looks at each function that may set it, in one pass over its instructions for
each round, with no regard to control flow: a local is as aligned as the worst value that it is ever given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from wasm2py.transpile.decode import decode_body
from wasm2py.transpile.module import Function, Instr, Module
from wasm2py.transpile.opcodes import OPS, Op

#: C's stack is aligned to 16 bytes; more is of no use to any access.
_WANTED = 4
#: Bounds on the work: programs have one such global or two, and few of their locals pass values on in a long chain.
_MOST_CANDIDATES = 4
_MOST_ROUNDS = 16
_ZERO = 64

_SET_GLOBAL = OPS["global.set"]


def aligned_globals(module: Module) -> dict[int, int]:
    """globalidx → how many low bits of its value are always zero, for the globals of which that can be shown."""
    first = len(module.imported("global"))
    exported = {item.index for item in module.exports if item.kind == "global"}
    candidates: dict[int, int] = {}
    for index, item in enumerate(module.globals, first):
        if item.type.mutable and item.type.valtype == "i32" and index not in exported and len(item.init) == 1:
            op, value, _ = item.init[0]
            zeros = min(_trailing(value), _WANTED) if op is OPS["i32.const"] else 0
            if zeros >= 2 and len(candidates) < _MOST_CANDIDATES:
                candidates[index] = zeros
    functions = [f for f in module.functions if any(_may_set(module, f, index) for index in candidates)]
    for _ in range(len(candidates) + 1):
        before = len(candidates)
        for function in functions:
            _drop_broken(module, function, candidates)
        if len(candidates) == before:  # else what was shown may have leant on what was not
            break
    return candidates


def _trailing(value: int) -> int:
    return (value & -value).bit_length() - 1 if value else _ZERO


def _may_set(module: Module, function: Function, index: int) -> bool:
    """Whether the bytes of a `global.set` stand anywhere in a body (as they may by chance)."""
    if index >= 0x80:
        return True
    return module.data.find(bytes((_SET_GLOBAL.code, index)), function.start, function.end) >= 0


def _drop_broken(module: Module, function: Function, candidates: dict[int, int]) -> None:
    """Take out the candidates that a function does not keep aligned."""
    scan = _Scan(decode_body(module, function), len(module.types[function.type_index].params), candidates)
    for index, zeros in scan.run().items():
        if zeros < candidates.get(index, 0):
            del candidates[index]


class _Scan:
    """One function: how aligned its locals are, and what it gives to globals."""

    def __init__(self, body: list[Instr], params: int, globals_: dict[int, int]) -> None:
        self.body = body
        self.globals = globals_
        self.locals: dict[int, int] = dict.fromkeys(range(params), 0)
        self.stack: list[int] = []
        self.given: dict[int, int] = {}

    def run(self) -> dict[int, int]:
        """globalidx → the fewest low zero bits of any value that the function gives it."""
        for _ in range(_MOST_ROUNDS):
            before = dict(self.locals)
            self.given = {}
            self.stack.clear()
            for op, imm, _ in self.body:
                _STEPS.get(op, _other)(self, op, imm)
            if self.locals == before:
                return self.given
        return dict.fromkeys(self.given, 0)

    def pop(self) -> int:
        """The topmost operand's zero bits; none are known of what was there before control last forked or joined."""
        return self.stack.pop() if self.stack else 0

    def operands(self) -> Iterator[int]:
        yield self.pop()
        yield self.pop()


_Step: TypeAlias = Callable[[_Scan, Op, Any], None]


def _other(scan: _Scan, op: Op, imm: Any) -> None:
    """Any other instruction: nothing is known of its results, or, where the table has none, of anything."""
    if op.params is None or op.results is None:
        scan.stack.clear()
        return
    for _ in op.params:
        scan.pop()
    scan.stack.extend(0 for _ in op.results)


def _const(scan: _Scan, op: Op, imm: int) -> None:
    scan.stack.append(_trailing(imm))


def _local_get(scan: _Scan, op: Op, imm: int) -> None:
    scan.stack.append(scan.locals.get(imm, _ZERO))


def _local_set(scan: _Scan, op: Op, imm: int) -> None:
    scan.locals[imm] = min(scan.locals.get(imm, _ZERO), scan.pop())


def _local_tee(scan: _Scan, op: Op, imm: int) -> None:
    value = scan.pop()
    scan.locals[imm] = min(scan.locals.get(imm, _ZERO), value)
    scan.stack.append(value)


def _global_get(scan: _Scan, op: Op, imm: int) -> None:
    scan.stack.append(scan.globals.get(imm, 0))


def _global_set(scan: _Scan, op: Op, imm: int) -> None:
    scan.given[imm] = min(scan.given.get(imm, _ZERO), scan.pop())


def _least(scan: _Scan, op: Op, imm: Any) -> None:
    scan.stack.append(min(scan.operands()))


def _most(scan: _Scan, op: Op, imm: Any) -> None:
    scan.stack.append(max(scan.operands()))


_STEPS: dict[Op, _Step] = {
    OPS["i32.const"]: _const,
    OPS["local.get"]: _local_get,
    OPS["local.set"]: _local_set,
    OPS["local.tee"]: _local_tee,
    OPS["global.get"]: _global_get,
    OPS["global.set"]: _global_set,
    OPS["i32.add"]: _least,
    OPS["i32.sub"]: _least,
    OPS["i32.and"]: _most,
}
