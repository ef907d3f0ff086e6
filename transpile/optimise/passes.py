"""The passes in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wasm2py.transpile.ir.cfg import FunctionIR
from wasm2py.transpile.optimise.alignments import find_alignments
from wasm2py.transpile.optimise.cleanup import cleanup
from wasm2py.transpile.optimise.conditions import short_circuit
from wasm2py.transpile.optimise.copies import propagate_copies
from wasm2py.transpile.optimise.dead import remove_dead
from wasm2py.transpile.optimise.fold import fold
from wasm2py.transpile.optimise.inline import inline_uses
from wasm2py.transpile.optimise.pointers import step_pointers
from wasm2py.transpile.optimise.ranges import find_ranges

Pass: TypeAlias = Callable[[FunctionIR], None]

#: Every pass by name.
PASSES: dict[str, Pass] = {
    "cleanup": cleanup,
    "copies": propagate_copies,
    "fold": fold,
    "dead": remove_dead,
    "inline": inline_uses,
    "conditions": short_circuit,
    "pointers": step_pointers,
    "ranges": find_ranges,
    "alignments": find_alignments,
}

_ORDER = (
    "cleanup", "copies", "fold", "dead", "inline", "fold", "cleanup", "copies", "dead", "inline",
    "conditions", "cleanup", "pointers", "copies", "fold", "cleanup", "dead", "inline", "alignments", "ranges",
)  # fmt: skip


def optimise(
    function: FunctionIR, disabled: tuple[str, ...] = (), check: Callable[[FunctionIR], None] | None = None
) -> None:
    """Run every pass that is not `disabled`; `check` (the verifier) runs after each."""
    for name in _ORDER:
        if name not in disabled:
            PASSES[name](function)
            if check is not None:
                check(function)
