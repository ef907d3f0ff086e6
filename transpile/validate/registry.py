"""Where the rules for instructions are registered, by family in `instructions.py` and `aggregates.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from wasm2py.transpile.opcodes import Immediate, Op
from wasm2py.transpile.validate.stacks import Stacks

#: Checks an instruction and does to the stacks what it does; the last argument is its immediate.
Rule: TypeAlias = Callable[[Stacks, Op, Any], None]
_R = TypeVar("_R", bound=Rule)

#: The rules for an immediate alone, by its kind.
IMMEDIATE_RULES: dict[Immediate, Rule] = {}
#: The rules for whole instructions, by mnemonic.
INSTRUCTION_RULES: dict[str, Rule] = {}


def immediate(*kinds: Immediate) -> Callable[[_R], _R]:
    """Register a rule for these kinds of immediates."""

    def register(rule: _R) -> _R:
        IMMEDIATE_RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return register


def instruction(*mnemonics: str) -> Callable[[_R], _R]:
    """Register a rule for these instructions."""

    def register(rule: _R) -> _R:
        INSTRUCTION_RULES.update(dict.fromkeys(mnemonics, rule))
        return rule

    return register
